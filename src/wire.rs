//! An event as the contract writes it: encoded once, when it is committed, and copied from then on.
//!
//! The log's table and the ring hold these bytes, so that a subscriber without a filter costs no more than their copy. Pure;
//! beside `rpc`, `server` and `cli` the only room that names generated types, because `store` and `commit` must not.

use bytes::Bytes;
use copydesk_proto::v1;
use prost::Message;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::article::{EntityLink, EntityType, EventKind, Failure, Language, State, Summary, SummaryEntity};

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

/// An `Update` without its cursor and time, which are not known before it is committed and are added where it is sent.
/// Linear in the summary.
pub fn encode(kind: EventKind, summary: &Summary) -> Bytes {
    let update =
        v1::Update { cursor: Vec::new(), kind: kind as i32, time: None, article: Some(article(summary)) };
    update.encode_to_vec().into()
}

/// The summary that `encode` was given, but for what the basic view does not show: the history of a failure.
/// Errors: bytes of another origin.
pub fn decode(content: &[u8]) -> Result<Summary, WireError> {
    let article = v1::Update::decode(content)?.article.ok_or(WireError::Field("article"))?;
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
        published_time: time(article.published_time)?,
        modified_time: time(article.modified_time)?,
        language: article.language.map(|language| Language {
            code: language.code,
            probability: language.probability,
            supported: language.supported,
        }),
        dateline: unless_empty(article.dateline),
        word_count: article.word_count,
        made_by: article.pipeline.map(|pipeline| (pipeline.version, pipeline.model)),
        entities: article.entities.into_iter().map(decode_entity).collect::<Result<_, _>>()?,
        failure: article.failure.map(|failure| Failure {
            reason: failure.reason,
            message: failure.message,
            attempts: failure.attempts,
            errors: Vec::new(),
        }),
    })
}

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
        pipeline: summary.made_by.clone().map(|(version, model)| v1::Pipeline { version, model }),
        accepted_time: Some(timestamp(summary.accepted_time)),
        processed_time: summary.processed_time.map(timestamp),
        failure: summary.failure.as_ref().map(failure),
        etag: summary.etag(),
        labels: summary.labels.clone(),
        description: summary.description.clone().unwrap_or_default(),
        topics: summary.topics.clone(),
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

fn decode_entity(entity: v1::Entity) -> Result<SummaryEntity, WireError> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_comes_back_as_it_was() {
        let summary: Summary = serde_json::from_value(json!({
            "article_id": Uuid::from_u128(5), "version": 3, "state": "Failed", "source": "wire", "external_id": "e-1",
            "url": "https://example.org/a", "labels": {"desk": "world"}, "accepted_time": "2026-01-01T00:00:00.123456Z",
            "processed_time": "2026-01-01T00:00:01Z", "title": "A title", "subtitle": "And another",
            "authors": ["Ana Duarte"], "site_name": "The Site", "canonical_url": "https://example.org/b",
            "description": "What it says", "topics": ["rivers"], "published_time": "1969-12-31T23:59:59.5Z",
            "modified_time": "2026-01-01T00:00:00Z", "dateline": "LISBON",
            "language": {"code": "en", "probability": 0.5, "supported": true}, "word_count": 9,
            "made_by": ["1", "a model"], "failure": {"reason": "PANIC", "message": "why", "attempts": 4},
            "entities": [
                {"entity_id": Uuid::from_u128(6), "kind": "WORK_OF_ART", "name": "The Weir", "salience": 0.25,
                 "mention_count": 2, "aliases": ["Weir"],
                 "links": [{"scheme": "wikidata", "id": "Q1", "url": ""}], "gazetteer": "plays"},
                {"entity_id": Uuid::from_u128(7), "kind": "VESSEL", "name": "Ana", "salience": 0.0, "mention_count": 1},
            ],
        }))
        .expect("a summary");
        let content = encode(EventKind::Failed, &summary);
        assert_eq!(decode(&content).expect("an event"), summary);
        let nothing = Summary::empty();
        assert_eq!(decode(&encode(EventKind::Accepted, &nothing)).expect("an event"), nothing);
    }

    #[test]
    fn bytes_of_another_origin_are_an_error() {
        assert!(matches!(decode(b"\xff\xff"), Err(WireError::Encoding(_))));
        assert!(matches!(decode(b""), Err(WireError::Field("article"))));
        let update = v1::Update { article: Some(v1::Article::default()), ..v1::Update::default() };
        assert!(matches!(decode(&update.encode_to_vec()), Err(WireError::Field("article_id"))));
    }
}
