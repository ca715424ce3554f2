//! From the contract's vocabulary back to the service's.

use copydesk_proto::v1;
use prost::Message;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::article::{
    ChangedEntity, Duplicate, EntityLink, EntityType, Failure, Language, LeadImage, Reprocessing, State,
    Summary, SummaryEntity,
};

/// These bytes are no event.
#[derive(Debug, Error)]
pub enum WireError {
    /// Not a message of the contract.
    #[error("an event cannot be decoded")]
    Encoding(#[from] prost::DecodeError),
    /// A message that an encoder of this service does not write.
    #[error("an event has no valid {0}")]
    Field(&'static str),
}

/// The summary that `encode` was given, but for what the basic view does not show: the history of a failure.
/// Errors: bytes of another origin.
pub fn decode(content: &[u8]) -> Result<Summary, WireError> {
    let update = v1::Update::decode(content)?;
    let article = update.article.ok_or(WireError::Field("article"))?;
    Ok(Summary {
        article_id: uuid(&article.article_id, "article_id")?,
        version: article.version,
        state: i16::try_from(article.state)
            .ok()
            .and_then(State::from_number)
            .ok_or(WireError::Field("state"))?,
        source: article.source,
        external_id: unless_empty(article.external_id),
        url: article.url,
        labels: article.labels,
        accepted_time: time(article.accepted_time)?.ok_or(WireError::Field("accepted_time"))?,
        processed_time: time(article.processed_time)?,
        title: unless_empty(article.title),
        subtitle: unless_empty(article.subtitle),
        authors: article.authors,
        site_name: unless_empty(article.site_name),
        canonical_url: unless_empty(article.canonical_url),
        description: unless_empty(article.description),
        topics: article.topics,
        lead_image: article.lead_image.map(lead_image),
        is_accessible_for_free: article.is_accessible_for_free,
        published_time: time(article.published_time)?,
        modified_time: time(article.modified_time)?,
        language: article.language.map(|language| Language {
            code: language.code,
            probability: language.probability,
            supported: language.supported,
        }),
        dateline: unless_empty(article.dateline),
        word_count: article.word_count,
        gazetteer_revision: article.pipeline.as_ref().map_or(0, |pipeline| pipeline.gazetteer_revision),
        made_by: article.pipeline.map(|pipeline| (pipeline.version, pipeline.model)),
        entities: entities(article.entities)?,
        failure: article.failure.map(failure),
        reprocessing_failure: article.reprocessing_failure.map(failure),
        duplicate: article.duplicate.map(duplicate).transpose()?,
        reprocessing: update.reprocessing.map(reprocessing).transpose()?.map(Box::new),
    })
}

fn entities(entities: Vec<v1::Entity>) -> Result<Vec<SummaryEntity>, WireError> {
    entities.into_iter().map(entity).collect()
}

fn duplicate(duplicate: v1::Duplicate) -> Result<Duplicate, WireError> {
    let of_article_id = uuid(&duplicate.of_article_id, "duplicate.of_article_id")?;
    Ok(Duplicate { of_article_id, similarity: duplicate.similarity })
}

fn reprocessing(told: v1::Reprocessing) -> Result<Reprocessing, WireError> {
    let changed = |change: v1::ChangedEntity| {
        Ok(ChangedEntity {
            before: entity(change.before.ok_or(WireError::Field("entity before"))?)?,
            after: entity(change.after.ok_or(WireError::Field("entity after"))?)?,
        })
    };
    Ok(Reprocessing {
        previous_gazetteer_revision: told
            .previous_pipeline
            .as_ref()
            .map_or(0, |pipeline| pipeline.gazetteer_revision),
        previously_made_by: told.previous_pipeline.map(|pipeline| (pipeline.version, pipeline.model)),
        added: entities(told.entities_added)?,
        removed: entities(told.entities_removed)?,
        changed: told.entities_changed.into_iter().map(changed).collect::<Result<_, WireError>>()?,
        counts: [told.entities_added_count, told.entities_removed_count, told.entities_changed_count],
        failure: told.failure.map(failure),
    })
}

fn lead_image(image: v1::LeadImage) -> LeadImage {
    LeadImage { url: image.url, caption: unless_empty(image.caption), credit: unless_empty(image.credit) }
}

fn failure(failure: v1::Failure) -> Failure {
    Failure {
        reason: failure.reason,
        message: failure.message,
        attempts: failure.attempts,
        errors: Vec::new(),
    }
}

fn entity(entity: v1::Entity) -> Result<SummaryEntity, WireError> {
    let label = match v1::EntityType::try_from(entity.r#type) {
        Ok(v1::EntityType::Custom) => entity.custom_type,
        Ok(known) => known.as_str_name().trim_start_matches("ENTITY_TYPE_").to_owned(),
        Err(_) => return Err(WireError::Field("entity type")),
    };
    Ok(SummaryEntity {
        entity_id: uuid(&entity.entity_id, "entity_id")?,
        kind: EntityType::from(label),
        name: entity.name,
        aliases: entity.aliases,
        salience: entity.salience,
        mention_count: entity.mention_count,
        links: entity
            .links
            .into_iter()
            .map(|link| EntityLink { scheme: link.scheme, id: link.id, url: link.url })
            .collect(),
        gazetteer: unless_empty(entity.gazetteer),
    })
}

fn uuid(text: &str, field: &'static str) -> Result<Uuid, WireError> {
    Uuid::parse_str(text).map_err(|_| WireError::Field(field))
}

fn unless_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn time(timestamp: Option<prost_types::Timestamp>) -> Result<Option<OffsetDateTime>, WireError> {
    let Some(timestamp) = timestamp else { return Ok(None) };
    let nanoseconds = i128::from(timestamp.seconds) * 1_000_000_000 + i128::from(timestamp.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map(Some).map_err(|_| WireError::Field("time"))
}
