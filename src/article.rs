//! The vocabulary of the service: what an article is, before and after processing.
//!
//! Plain data and the rules it must obey; no I/O, no clock, nothing of the wire and nothing of the database. Every other
//! room speaks in these types.

mod change;
mod diff;
mod draft;
mod event;
mod fingerprint;
mod identity;
mod knowledge;
mod processed;
mod query;
pub mod search;

pub use change::{ChangedEntity, Reprocessing};
pub use diff::{ParagraphChange, diff_paragraphs};
pub use draft::{Accuracy, Body, Draft, Limits, RawDraft, Violation};
pub use event::{Event, EventKind, LogEntry, Position, Summary, SummaryEntity};
pub use fingerprint::{Duplicate, Fingerprint, MIN_SIMILARITY};
pub use identity::subjects;
pub use knowledge::{
    Amount, AmountKind, DateValue, Granularity, MentionKind, Quotation, Speaker, Unresolved,
};
pub use processed::{
    Caption, ENTITY_TYPES, Entity, EntityLink, EntityType, IndexParts, Language, LeadImage, Mention, Note,
    Paragraph, ParagraphKind, Processed, RawSpan, Removed, Span, UpdateNote, name_key,
};
pub use query::{FoldedText, TextQuery};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// One version of one article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionId {
    /// Shared by all versions.
    pub article_id: Uuid,
    /// From 1.
    pub version: i32,
}

/// How far a version is. The numbers are those of the contract and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Durable, waiting to be processed.
    Accepted = 1,
    /// The result is stored.
    Processed = 2,
    /// Given up.
    Failed = 3,
    /// Erased; only seen in the feed.
    Deleted = 4,
}

impl State {
    /// From the contract's number.
    pub fn from_number(number: i16) -> Option<State> {
        [State::Accepted, State::Processed, State::Failed, State::Deleted]
            .into_iter()
            .find(|state| *state as i16 == number)
    }
}

/// Which articles are processed first. The numbers are those of the contract and of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Behind everything that anybody waits for; not to be asked for.
    Background = 0,
    /// After everything else.
    Low = 1,
    /// In order of arrival.
    Normal = 2,
    /// Before everything else.
    High = 3,
}

/// Why a version was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable, in UPPER_SNAKE_CASE.
    pub reason: String,
    /// For people; nothing of the inside.
    pub message: String,
    /// How often it was tried, crashes included.
    pub attempts: i32,
    /// What each try ended with, oldest first.
    #[serde(default)]
    pub errors: Vec<AttemptError>,
}

/// What one try ended with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptError {
    /// By the database's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// For people.
    pub message: String,
}

/// A stored version with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Article {
    /// Everything of the basic view.
    pub summary: Summary,
    /// Text, spans and mentions; present in state processed when the full view was asked for.
    pub result: Option<Processed>,
    /// The submitted body, present only when it was asked for (to convert raw offsets).
    pub body: Option<Body>,
}

/// What is asked of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// The summary.
    Basic,
    /// The result too.
    Full,
    /// The result and the submitted body.
    FullWithBody,
}
