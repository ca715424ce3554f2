//! From the service's vocabulary to the contract's.

use copydesk_proto::v1;
use time::OffsetDateTime;

use crate::article::{Failure, Language, LeadImage, State, Summary, SummaryEntity};

/// The basic view.
pub fn article(summary: &Summary) -> v1::Article {
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
        entities: summary.entities.iter().map(entity).collect(),
        word_count: summary.word_count,
        pipeline: pipeline(summary.made_by.as_ref(), summary.gazetteer_revision),
        accepted_time: Some(timestamp(summary.accepted_time)),
        processed_time: summary.processed_time.map(timestamp),
        failure: summary.failure.as_ref().map(failure),
        duplicate: summary.duplicate.map(|duplicate| v1::Duplicate {
            of_article_id: duplicate.of_article_id.to_string(),
            similarity: duplicate.similarity,
        }),
        reprocessing_failure: summary.reprocessing_failure.as_ref().map(failure),
        etag: summary.etag(),
        labels: summary.labels.clone(),
        description: summary.description.clone().unwrap_or_default(),
        topics: summary.topics.clone(),
        lead_image: summary.lead_image.as_ref().map(lead_image),
        is_accessible_for_free: summary.is_accessible_for_free,
        ..v1::Article::default()
    }
}

/// An entity without its mentions.
pub fn entity(entity: &SummaryEntity) -> v1::Entity {
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

/// Seconds and nanoseconds since 1970.
pub fn timestamp(time: OffsetDateTime) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: time.unix_timestamp(),
        // Below 1,000,000,000 by definition.
        nanos: i32::try_from(time.nanosecond()).unwrap_or_default(),
    }
}

fn pipeline(made_by: Option<&(String, String)>, gazetteer_revision: i64) -> Option<v1::Pipeline> {
    let (version, model) = made_by.cloned()?;
    Some(v1::Pipeline { version, model, gazetteer_revision })
}

/// What became of the earlier result, if the event tells of one.
pub fn reprocessing(summary: &Summary) -> Option<v1::Reprocessing> {
    let told = summary.reprocessing.as_deref()?;
    let list = |entities: &[SummaryEntity]| entities.iter().map(entity).collect();
    let [added, removed, changed] = told.counts;
    Some(v1::Reprocessing {
        entities_added: list(&told.added),
        entities_removed: list(&told.removed),
        entities_changed: told
            .changed
            .iter()
            .map(|change| v1::ChangedEntity {
                before: Some(entity(&change.before)),
                after: Some(entity(&change.after)),
            })
            .collect(),
        entities_added_count: added,
        entities_removed_count: removed,
        entities_changed_count: changed,
        previous_pipeline: pipeline(told.previously_made_by.as_ref(), told.previous_gazetteer_revision),
        failure: told.failure.as_ref().map(failure),
    })
}

fn lead_image(image: &LeadImage) -> v1::LeadImage {
    v1::LeadImage {
        url: image.url.clone(),
        caption: image.caption.clone().unwrap_or_default(),
        credit: image.credit.clone().unwrap_or_default(),
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
