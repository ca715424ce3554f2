//! Pages of articles, newest accepted first, by key and not by offset, so that inserts do not shift later pages.

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Store, StoreError};
use crate::article::Summary;

/// Which articles; an empty list or `None` wants all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListFilter {
    /// Any of these.
    pub sources: Vec<String>,
    /// Any of these, as `State` numbers.
    pub states: Vec<i16>,
    /// Any of these ISO 639-1 codes.
    pub languages: Vec<String>,
    /// Any of these, as `name_key` makes them.
    pub entity_name_keys: Vec<String>,
    /// Any of these; with names or types, one entity must match all.
    pub entity_ids: Vec<Uuid>,
    /// Any of these, as contract numbers; with names, one entity must match both.
    pub entity_types: Vec<i16>,
    /// Published at or after.
    pub published_from: Option<OffsetDateTime>,
    /// Published before.
    pub published_until: Option<OffsetDateTime>,
    /// Accepted at or after.
    pub accepted_from: Option<OffsetDateTime>,
    /// Accepted before.
    pub accepted_until: Option<OffsetDateTime>,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListKey {
    /// Of the last article.
    pub accepted_time: OffsetDateTime,
    /// Of the last article.
    pub article_id: Uuid,
}

impl Store {
    /// Up to `limit` articles after `after`.
    pub async fn list_articles(
        &self,
        filter: &ListFilter,
        after: Option<ListKey>,
        limit: i64,
    ) -> Result<Vec<Summary>, StoreError> {
        let rows = sqlx::query!(
            r#"select v.summary as "summary: Json<Summary>"
               from articles a
               join article_versions v on v.article_id = a.article_id and v.version = a.latest_version
               where a.deleted_time is null
                 and ($1::timestamptz is null or (a.accepted_time, a.article_id) < ($1, $2::uuid))
                 and (cardinality($3::text[]) = 0 or a.source = any($3))
                 and (cardinality($4::smallint[]) = 0 or v.state = any($4))
                 and (cardinality($5::text[]) = 0 or v.language = any($5))
                 and ((cardinality($6::text[]) = 0 and cardinality($7::smallint[]) = 0
                       and cardinality($13::uuid[]) = 0) or exists (
                     select from article_entity_names n
                     where n.article_id = v.article_id and n.version = v.version
                       and (cardinality($6::text[]) = 0 or n.name_key = any($6))
                       and (cardinality($7::smallint[]) = 0 or n.entity_type = any($7))
                       and (cardinality($13::uuid[]) = 0 or n.entity_id = any($13))))
                 and ($8::timestamptz is null or v.published_time >= $8)
                 and ($9::timestamptz is null or v.published_time < $9)
                 and ($10::timestamptz is null or a.accepted_time >= $10)
                 and ($11::timestamptz is null or a.accepted_time < $11)
               order by a.accepted_time desc, a.article_id desc
               limit $12"#,
            after.map(|key| key.accepted_time),
            after.map(|key| key.article_id),
            &filter.sources,
            &filter.states,
            &filter.languages,
            &filter.entity_name_keys,
            &filter.entity_types,
            filter.published_from,
            filter.published_until,
            filter.accepted_from,
            filter.accepted_until,
            limit,
            &filter.entity_ids
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| row.summary.0).collect())
    }
}
