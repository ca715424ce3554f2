//! What the log holds: one event for each change, with the article as it was then, in the basic view.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Duplicate, EntityLink, EntityType, Failure, Language, LeadImage, Processed, Reprocessing, State,
    VersionId,
};

/// A place in the log. Dense, from 1, in commit order; 0 is before everything.
pub type Position = i64;

/// What happened. The numbers are those of the contract and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A new article or version became durable.
    Accepted = 1,
    /// Its result became durable.
    Processed = 2,
    /// It was given up.
    Failed = 3,
    /// It was erased.
    Deleted = 4,
    /// A new result replaced the one it had, or was tried to and failed.
    Reprocessed = 5,
    /// It says what another article said before.
    DuplicateFound = 6,
}

impl EventKind {
    /// From the contract's number.
    pub fn from_number(number: i16) -> Option<EventKind> {
        [
            EventKind::Accepted,
            EventKind::Processed,
            EventKind::Failed,
            EventKind::Deleted,
            EventKind::Reprocessed,
            EventKind::DuplicateFound,
        ]
        .into_iter()
        .find(|kind| *kind as i16 == number)
    }

    /// Where an article is after it.
    pub fn state(self) -> State {
        match self {
            EventKind::Accepted => State::Accepted,
            EventKind::Processed | EventKind::Reprocessed | EventKind::DuplicateFound => State::Processed,
            EventKind::Failed => State::Failed,
            EventKind::Deleted => State::Deleted,
        }
    }
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Where it stands.
    pub position: Position,
    /// What happened.
    pub kind: EventKind,
    /// When, by the database's clock.
    pub time: OffsetDateTime,
    /// The article as it was then.
    pub summary: Summary,
    /// The same as it goes out; see `wire`.
    pub content: Bytes,
}

/// One entry of the log as it is stored and sent: what a reader needs that wants everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Where it stands.
    pub position: Position,
    /// What happened.
    pub kind: EventKind,
    /// When, by the database's clock.
    pub time: OffsetDateTime,
    /// To which article.
    pub id: VersionId,
    /// See `wire`.
    pub content: Bytes,
}

impl Event {
    /// Shares the content.
    pub fn entry(&self) -> LogEntry {
        LogEntry {
            position: self.position,
            kind: self.kind,
            time: self.time,
            id: self.summary.version_id(),
            content: self.content.clone(),
        }
    }
}

/// An article in the basic view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Shared by all versions.
    pub article_id: Uuid,
    /// From 1.
    pub version: i32,
    /// How far it is.
    pub state: State,
    /// Never empty.
    pub source: String,
    /// The sender's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The sender's marks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// When the submission became durable.
    #[serde(with = "time::serde::rfc3339")]
    pub accepted_time: OffsetDateTime,
    /// When the result became durable.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub processed_time: Option<OffsetDateTime>,
    /// Given, or found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// Found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<String>,
    /// Found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_image: Option<LeadImage>,
    /// What the page says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_accessible_for_free: Option<bool>,
    /// Given, or found.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub published_time: Option<OffsetDateTime>,
    /// Found.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub modified_time: Option<OffsetDateTime>,
    /// Given, or found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dateline: Option<String>,
    /// Words of the clean text.
    #[serde(default)]
    pub word_count: i32,
    /// What made the result: pipeline version and model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<(String, String)>,
    /// Without mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<SummaryEntity>,
    /// In state failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The revision of the name lists that the result was made with; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gazetteer_revision: i64,
    /// Processing it again failed since; the result is the earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reprocessing_failure: Option<Failure>,
    /// What it is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Duplicate>,
    /// In the log only, of an event REPROCESSED: what became of the earlier result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reprocessing: Option<Box<Reprocessing>>,
}

/// An entity without its mentions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SummaryEntity {
    /// See `Entity::entity_id`.
    pub entity_id: Uuid,
    /// What it is.
    pub kind: EntityType,
    /// The fullest name.
    pub name: String,
    /// Other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// 0 to 1.
    pub salience: f32,
    /// How many.
    pub mention_count: i32,
    /// From a gazetteer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<EntityLink>,
    /// The gazetteer that named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gazetteer: Option<String>,
}

impl Summary {
    /// Which version this is.
    pub fn version_id(&self) -> VersionId {
        VersionId { article_id: self.article_id, version: self.version }
    }

    /// Changes whenever the article does.
    pub fn etag(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.article_id.as_bytes());
        hasher.update(&self.version.to_le_bytes());
        hasher.update(&(self.state as u8).to_le_bytes());
        let changed = self.processed_time.unwrap_or(self.accepted_time);
        hasher.update(&changed.unix_timestamp_nanos().to_le_bytes());
        hasher.finalize().to_hex().chars().take(16).collect()
    }

    /// The same article once its result is stored.
    pub fn processed(mut self, result: &Processed, time: OffsetDateTime) -> Summary {
        self.state = State::Processed;
        self.processed_time = Some(time);
        self.title = result.title.clone();
        self.subtitle = result.subtitle.clone();
        self.authors = result.authors.clone();
        self.site_name = result.site_name.clone();
        self.canonical_url = result.canonical_url.clone();
        self.description = result.description.clone();
        self.topics = result.topics.clone();
        self.lead_image = result.lead_image.clone();
        self.is_accessible_for_free = result.is_accessible_for_free;
        self.published_time = result.published_time;
        self.modified_time = result.modified_time;
        self.language = result.language.clone();
        self.dateline = result.dateline.clone();
        self.word_count = result.word_count;
        self.made_by = Some((result.pipeline_version.clone(), result.model.clone()));
        self.gazetteer_revision = result.gazetteer_revision;
        self.reprocessing_failure = None;
        self.entities = result.entities.iter().map(SummaryEntity::from).collect();
        self
    }

    /// What is left of an article after deletion: who it was, and nothing it said.
    pub fn deleted(self) -> Summary {
        Summary {
            article_id: self.article_id,
            version: self.version,
            state: State::Deleted,
            source: self.source,
            external_id: self.external_id,
            labels: self.labels,
            accepted_time: self.accepted_time,
            ..Summary::empty()
        }
    }

    /// Nothing known yet.
    pub fn empty() -> Summary {
        Summary {
            article_id: Uuid::nil(),
            version: 1,
            state: State::Accepted,
            source: String::new(),
            external_id: None,
            url: String::new(),
            labels: BTreeMap::new(),
            accepted_time: OffsetDateTime::UNIX_EPOCH,
            processed_time: None,
            title: None,
            subtitle: None,
            authors: Vec::new(),
            site_name: None,
            canonical_url: None,
            description: None,
            topics: Vec::new(),
            lead_image: None,
            is_accessible_for_free: None,
            published_time: None,
            modified_time: None,
            language: None,
            dateline: None,
            word_count: 0,
            made_by: None,
            entities: Vec::new(),
            failure: None,
            gazetteer_revision: 0,
            reprocessing_failure: None,
            duplicate: None,
            reprocessing: None,
        }
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
