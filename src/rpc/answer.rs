//! Articles as the contract shows them.

use copydesk_proto::v1;

use super::{
    convert::timestamp,
    knowledge::{Telling, forget_absent_speakers},
    offsets::Offsets,
};
use crate::article::{
    Article, Body, Entity, Failure, Language, LeadImage, Processed, RawSpan, State, Summary, SummaryEntity,
};

/// The article with as much as was read of it.
pub(super) fn article(article: &Article, encoding: v1::OffsetEncoding) -> v1::Article {
    let mut answer = summary(&article.summary);
    if let Some(result) = &article.result {
        full(&mut answer, result, article.body.as_ref(), encoding);
    }
    answer
}

/// The basic view.
pub(super) fn summary(summary: &Summary) -> v1::Article {
    v1::Article {
        article_id: summary.article_id.to_string(),
        version: summary.version,
        source: summary.source.clone(),
        external_id: summary.external_id.clone().unwrap_or_default(),
        url: summary.url.clone(),
        canonical_url: summary.canonical_url.clone().unwrap_or_default(),
        state: i32::from(match summary.state {
            State::Accepted => v1::ArticleState::Accepted,
            State::Processed => v1::ArticleState::Processed,
            State::Failed => v1::ArticleState::Failed,
            State::Deleted => v1::ArticleState::Deleted,
        }),
        title: summary.title.clone().unwrap_or_default(),
        subtitle: summary.subtitle.clone().unwrap_or_default(),
        authors: summary.authors.clone(),
        site_name: summary.site_name.clone().unwrap_or_default(),
        published_time: summary.published_time.map(timestamp),
        modified_time: summary.modified_time.map(timestamp),
        language: summary.language.as_ref().map(language),
        dateline: summary.dateline.clone().unwrap_or_default(),
        entities: summary.entities.iter().map(summary_entity).collect(),
        word_count: summary.word_count,
        pipeline: summary.made_by.clone().map(|(version, model)| v1::Pipeline { version, model }),
        accepted_time: Some(timestamp(summary.accepted_time)),
        processed_time: summary.processed_time.map(timestamp),
        failure: summary.failure.as_ref().map(failure),
        etag: summary.etag(),
        labels: summary.labels.clone(),
        description: summary.description.clone().unwrap_or_default(),
        topics: summary.topics.clone(),
        lead_image: summary.lead_image.as_ref().map(lead_image),
        is_accessible_for_free: summary.is_accessible_for_free,
        ..v1::Article::default()
    }
}

/// An analysis: an article that was never stored.
pub(super) fn analysis(
    draft: &crate::article::Draft,
    result: &Processed,
    encoding: v1::OffsetEncoding,
) -> v1::Article {
    let stored = Summary {
        article_id: uuid::Uuid::nil(),
        version: 0,
        source: draft.source.clone(),
        external_id: draft.external_id.clone(),
        url: draft.url.clone(),
        labels: draft.labels.clone(),
        ..Summary::empty()
    };
    let time = stored.accepted_time;
    let mut answer = summary(&stored.processed(result, time));
    full(&mut answer, result, Some(&draft.body), encoding);
    v1::Article {
        article_id: String::new(),
        accepted_time: None,
        processed_time: None,
        etag: String::new(),
        ..answer
    }
}

/// Leaves out mentions that the recognizer is not sure enough of, and entities that have none left.
pub(super) fn keep_probable(article: &mut v1::Article, min_probability: f32) {
    if min_probability <= 0.0 {
        return;
    }
    let has_mentions = article.entities.iter().any(|entity| !entity.mentions.is_empty());
    for entity in &mut article.entities {
        entity.mentions.retain(|mention| mention.probability >= min_probability);
        entity.mention_count = i32::try_from(entity.mentions.len()).unwrap_or(i32::MAX);
    }
    // In the basic view there are no mentions to judge by.
    article.entities.retain(|entity| !has_mentions || !entity.mentions.is_empty());
    forget_absent_speakers(article);
}

/// Adds what the basic view leaves out.
fn full(answer: &mut v1::Article, result: &Processed, body: Option<&Body>, encoding: v1::OffsetEncoding) {
    let raw = match body {
        Some(Body::Text(text) | Body::Html(text)) => Offsets::new(text, encoding),
        Some(Body::Page { .. }) | None => Offsets::bytes(),
    };
    let telling = Telling { result, clean: Offsets::new(&result.text, encoding), raw };
    let raw_span = |span: &RawSpan| {
        Some(v1::RawSpan { begin: telling.raw.convert(span.begin), end: telling.raw.convert(span.end) })
    };
    answer.text = result.text.clone();
    answer.paragraphs = result
        .paragraphs
        .iter()
        .map(|paragraph| v1::Paragraph { span: telling.span(&paragraph.span), kind: paragraph.kind as i32 })
        .collect();
    answer.captions = result
        .captions
        .iter()
        .map(|caption| v1::Caption {
            text: caption.text.clone(),
            credit: caption.credit.clone().unwrap_or_default(),
            raw_span: raw_span(&caption.raw),
        })
        .collect();
    answer.removed = result
        .removed
        .iter()
        .map(|removed| v1::Removed {
            raw_span: raw_span(&removed.raw),
            text: removed.text.clone(),
            reason: removed.reason.clone(),
        })
        .collect();
    answer.updates = result
        .updates
        .iter()
        .map(|update| v1::UpdateNote { text: update.text.clone(), raw_span: raw_span(&update.raw) })
        .collect();
    answer.entities = result
        .entities
        .iter()
        .map(|entity: &Entity| v1::Entity {
            mentions: entity.mentions.iter().map(|mention| telling.mention(mention)).collect(),
            ..summary_entity(&SummaryEntity::from(entity))
        })
        .collect();
    answer.quotations = telling.quotations();
    answer.dates = result.dates.iter().map(|date| telling.date(date)).collect();
    answer.amounts = result.amounts.iter().map(|amount| telling.amount(amount)).collect();
    answer.notes = result
        .notes
        .iter()
        .map(|note| v1::Note { code: note.code.clone(), message: note.message.clone() })
        .collect();
}

fn lead_image(image: &LeadImage) -> v1::LeadImage {
    v1::LeadImage {
        url: image.url.clone(),
        caption: image.caption.clone().unwrap_or_default(),
        credit: image.credit.clone().unwrap_or_default(),
    }
}

fn summary_entity(entity: &SummaryEntity) -> v1::Entity {
    let number = entity.kind.number();
    let is_custom = number == i32::from(v1::EntityType::Custom) as i16;
    v1::Entity {
        entity_id: entity.entity_id.to_string(),
        r#type: i32::from(number),
        name: entity.name.clone(),
        aliases: entity.aliases.clone(),
        salience: entity.salience,
        mentions: Vec::new(),
        custom_type: if is_custom { entity.kind.label().to_owned() } else { String::new() },
        mention_count: entity.mention_count,
        links: entity
            .links
            .iter()
            .map(|link| v1::EntityLink {
                scheme: link.scheme.clone(),
                id: link.id.clone(),
                url: link.url.clone(),
            })
            .collect(),
        gazetteer: entity.gazetteer.clone().unwrap_or_default(),
    }
}

fn language(language: &Language) -> v1::Language {
    v1::Language {
        code: language.code.clone(),
        probability: language.probability,
        supported: language.supported,
    }
}

fn failure(failure: &Failure) -> v1::Failure {
    v1::Failure {
        reason: failure.reason.clone(),
        message: failure.message.clone(),
        attempts: failure.attempts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_offsets_as_asked() {
        let result: Processed = serde_json::from_value(serde_json::json!({
            "title": null, "subtitle": null, "authors": [], "site_name": null, "canonical_url": null,
            "description": null, "topics": [], "published_time": null, "modified_time": null, "language": null,
            "dateline": null, "text": "É😀 x", "paragraphs": [{"span":
                {"begin": 0, "end": 8, "raw_begin": 2, "raw_end": 10}, "kind": "body"}],
            "captions": [], "removed": [], "entities": [], "word_count": 1, "notes": [], "pipeline_version": "0",
            "model": "",
        }))
        .expect("a result");
        let mut answer = v1::Article::default();
        full(&mut answer, &result, Some(&Body::Text("  É😀 x".into())), v1::OffsetEncoding::Utf16);
        let span = answer.paragraphs[0].span.expect("a span");
        assert_eq!((span.begin, span.end, span.raw_begin, span.raw_end), (0, 5, 2, 7));
    }
}
