//! Articles as the contract shows them.

use copydesk_proto::v1;

use super::{
    knowledge::{Telling, forget_absent_speakers},
    offsets::Offsets,
};
use crate::{
    article::{Article, Body, Entity, Processed, RawSpan, Summary, SummaryEntity},
    wire,
};

/// The article with as much as was read of it.
pub(super) fn article(article: &Article, encoding: v1::OffsetEncoding) -> v1::Article {
    let mut answer = wire::article(&article.summary);
    if let Some(result) = &article.result {
        full(&mut answer, result, article.body.as_ref(), encoding);
    }
    answer
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
    let mut answer = wire::article(&stored.processed(result, time));
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
            ..wire::entity(&SummaryEntity::from(entity))
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
