//! What is asked of the registry, and what it answers: rows, filters, and the keys where pages end.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::article::EntityLink;

/// An entity in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityRow {
    /// For ever.
    pub entity_id: Uuid,
    /// copydesk.v1.EntityType
    pub entity_type: i16,
    /// Tells custom types apart.
    pub label: String,
    /// The fullest.
    pub name: String,
    /// When it was registered.
    pub created_time: OffsetDateTime,
}

/// An entity in full.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityRecord {
    /// Who.
    pub row: EntityRow,
    /// Spelling and articles that ever wrote it so, most frequent first.
    pub names: Vec<(String, i64)>,
    /// In order of scheme.
    pub links: Vec<EntityLink>,
    /// Stored articles, at most 10,000.
    pub article_count: i64,
    /// There are more.
    pub has_more_articles: bool,
    /// The oldest and the newest article's.
    pub times: Option<(OffsetDateTime, OffsetDateTime)>,
    /// Given up for it.
    pub merged_ids: Vec<Uuid>,
}

/// Which entities; empty wants all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityFilter {
    /// Any of these, as contract numbers.
    pub types: Vec<i16>,
    /// As `name_key` makes it.
    pub name_prefix: String,
    /// Scheme and id.
    pub link: Option<(String, String)>,
}

/// Where a page of entities ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityKey {
    /// The name that it stood at.
    pub name_key: String,
    /// Of the last.
    pub entity_id: Uuid,
}

/// Bounds of time: from, inclusive, and until, exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// At or after.
    pub from: Option<OffsetDateTime>,
    /// Before.
    pub until: Option<OffsetDateTime>,
}

/// Where a page of mentions ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MentionKey {
    /// Of the last.
    pub time: OffsetDateTime,
    /// Of the last.
    pub article_id: Uuid,
}

/// An article that names an entity.
#[derive(Clone, Debug, PartialEq)]
pub struct MentionRow {
    /// Which.
    pub article_id: Uuid,
    /// Processed last.
    pub version: i32,
    /// Whose.
    pub source: String,
    /// Headline.
    pub title: Option<String>,
    /// Published, else accepted.
    pub time: OffsetDateTime,
    /// 0 to 1.
    pub salience: f32,
    /// How often.
    pub mention_count: i32,
}

/// An entity in the same articles.
#[derive(Clone, Debug, PartialEq)]
pub struct RelatedRow {
    /// Who.
    pub entity: EntityRow,
    /// Articles that name both.
    pub article_count: i64,
}

/// Width of a timeline's buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// From midnight UTC.
    Day,
    /// From Monday.
    Week,
    /// From the first.
    Month,
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Unit::Day => "day",
            Unit::Week => "week",
            Unit::Month => "month",
        }
    }
}

/// One bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// Its start.
    pub start: OffsetDateTime,
    /// Articles.
    pub article_count: i64,
    /// Mentions in them.
    pub mention_count: i64,
}
