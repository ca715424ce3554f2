//! What an article says, beyond the names in it: who said what, when, and how much. Stored with `Processed` as JSON, so a
//! renamed field is a migration.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Span;

/// How a mention names its entity. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MentionKind {
    /// By a name.
    #[default]
    Name = 1,
    /// By what it is: "the spokesman".
    Nominal = 2,
    /// By a pronoun.
    Pronoun = 3,
}

impl MentionKind {
    /// Results of older pipelines have no other.
    pub(super) fn is_name(&self) -> bool {
        *self == MentionKind::Name
    }
}

/// Something said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quotation {
    /// The words without their marks; several parts where a cue interrupts them or a paragraph ends.
    pub parts: Vec<Span>,
    /// In the speaker's words, between marks.
    pub direct: bool,
    /// Who said it, if the text tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<Speaker>,
    /// The verb of saying, or "according to".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cue: Option<Span>,
}

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speaker {
    /// The words that name the speaker.
    pub span: Span,
    /// See `Entity::entity_id`; none if the article does not tell who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<Uuid>,
}

/// When something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateValue {
    /// The words.
    pub span: Span,
    /// ISO 8601; none if unresolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// How much time the value covers.
    pub granularity: Granularity,
    /// "morning", "afternoon", "evening" or "night".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of_day: Option<String>,
    /// About then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub approximate: bool,
    /// Counted from the publication.
    #[serde(default, skip_serializing_if = "is_false")]
    pub relative: bool,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unresolved: Option<Unresolved>,
}

/// How much time a date covers. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// Unresolved.
    Unknown = 0,
    /// Ten years.
    Decade = 1,
    /// A year.
    Year = 2,
    /// A quarter or a season.
    Quarter = 3,
    /// A month.
    Month = 4,
    /// A week.
    Week = 5,
    /// A day.
    Day = 6,
    /// A part of a day.
    PartOfDay = 7,
    /// A minute.
    Minute = 8,
    /// A length of time.
    Duration = 9,
    /// From one to another.
    Interval = 10,
    /// Again and again.
    Recurring = 11,
}

/// Why a date or an amount has no value. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unresolved {
    /// Relative, and the time of publication is not known.
    NoReferenceTime = 1,
    /// Not understood.
    NotUnderstood = 2,
    /// The words name no certain value.
    Vague = 3,
    /// No day of the calendar, or too large.
    OutOfRange = 4,
}

/// How much something is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// The words.
    pub span: Span,
    /// What is measured.
    pub kind: AmountKind,
    /// In `unit`; none if unresolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The upper end of a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_value: Option<f64>,
    /// ISO 4217 for money, UCUM otherwise; empty if not certain.
    pub unit: String,
    /// About so much.
    #[serde(default, skip_serializing_if = "is_false")]
    pub approximate: bool,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unresolved: Option<Unresolved>,
}

/// What an amount measures. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountKind {
    /// Money.
    Money = 1,
    /// A share of a hundred.
    Percent = 2,
    /// A measure.
    Quantity = 3,
}

fn is_false(value: &bool) -> bool {
    !value
}
