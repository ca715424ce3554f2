//! Pages of articles, newest accepted first, by key and not by offset, so that inserts do not shift later pages.
//!
//! What is rare is found by an index: of processed articles by the one of their texts (see `texts`), of the few others by
//! the one of those that are not in it. What is common is found on a walk back from the newest.

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Store, StoreError, TextSearch};
use crate::article::{
    State, Summary, VersionId, View,
    search::{TagFilter, TimeRange},
};

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
    /// Any of these, as contract numbers; with names, one entity must match both.
    pub entity_types: Vec<i16>,
    /// Any of these.
    pub entity_ids: Vec<Uuid>,
    /// Names of those quoted, any of these, as `name_key` makes them.
    pub speaker_name_keys: Vec<String>,
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

impl ListFilter {
    /// As parts of a `tsquery`; none if everything is wanted that the index of texts holds.
    pub fn conditions(&self) -> Vec<String> {
        let tags = TagFilter {
            sources: &self.sources,
            languages: &self.languages,
            entity_name_keys: &self.entity_name_keys,
            entity_types: &self.entity_types,
            entity_ids: &self.entity_ids,
            speaker_name_keys: &self.speaker_name_keys,
            published: self.published(),
        };
        tags.conditions()
    }

    /// When it was published.
    pub fn published(&self) -> TimeRange {
        TimeRange { from: self.published_from, until: self.published_until }
    }

    /// When it was accepted.
    pub fn accepted(&self) -> TimeRange {
        TimeRange { from: self.accepted_from, until: self.accepted_until }
    }

    fn wants(&self, state: State) -> bool {
        self.states.is_empty() || self.states.contains(&(state as i16))
    }
}

impl Store {
    /// Up to `limit` articles after `after`.
    pub async fn list_articles(
        &self,
        filter: &ListFilter,
        after: Option<ListKey>,
        limit: i64,
    ) -> Result<Vec<Summary>, StoreError> {
        let conditions = filter.conditions();
        if conditions.is_empty() && filter.wants(State::Processed) {
            return self.walk_articles(filter, after, limit).await;
        }
        let mut found = self.list_unindexed(filter, after, limit).await?;
        if filter.wants(State::Processed) {
            found.extend(self.list_indexed(filter, conditions, after, limit).await?);
            found.sort_by_key(|article| std::cmp::Reverse((article.accepted_time, article.article_id)));
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        Ok(found)
    }

    async fn list_indexed(
        &self,
        filter: &ListFilter,
        conditions: Vec<String>,
        after: Option<ListKey>,
        limit: i64,
    ) -> Result<Vec<Summary>, StoreError> {
        let search = TextSearch {
            conditions,
            rank: None,
            accepted: filter.accepted(),
            published: filter.published(),
            after: after.map(|key| (key.accepted_time, key.article_id)),
            only_latest: true,
        };
        let found: Vec<VersionId> =
            self.newest_texts(&search, limit).await?.into_iter().map(|found| found.id).collect();
        let mut articles = self.get_versions(&found, View::Basic).await?;
        Ok(found.iter().filter_map(|id| Some(articles.remove(id)?.summary)).collect())
    }

    async fn walk_articles(
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
                 and (cardinality($3::smallint[]) = 0 or v.state = any($3))
                 and ($4::timestamptz is null or a.accepted_time >= $4)
                 and ($5::timestamptz is null or a.accepted_time < $5)
               order by a.accepted_time desc, a.article_id desc
               limit $6"#,
            after.map(|key| key.accepted_time),
            after.map(|key| key.article_id),
            &filter.states,
            filter.accepted_from,
            filter.accepted_until,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| row.summary.0).collect())
    }

    /// Those without a result, and those whose result is older than the index. Proportional to their number.
    async fn list_unindexed(
        &self,
        filter: &ListFilter,
        after: Option<ListKey>,
        limit: i64,
    ) -> Result<Vec<Summary>, StoreError> {
        if !filter.speaker_name_keys.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query!(
            r#"select v.summary as "summary: Json<Summary>"
               from article_versions v
               join articles a on a.article_id = v.article_id and a.latest_version = v.version
               where not v.is_indexed and a.deleted_time is null
                 and ($1::timestamptz is null or (a.accepted_time, a.article_id) < ($1, $2::uuid))
                 and (cardinality($3::text[]) = 0 or a.source = any($3))
                 and (cardinality($4::smallint[]) = 0 or v.state = any($4))
                 and (cardinality($5::text[]) = 0 or v.language = any($5))
                 and ((cardinality($6::text[]) = 0 and cardinality($7::smallint[]) = 0) or exists (
                     select from article_entity_names n
                     where n.article_id = v.article_id and n.version = v.version
                       and (cardinality($6::text[]) = 0 or n.name_key = any($6))
                       and (cardinality($7::smallint[]) = 0 or n.entity_type = any($7))))
                 and ($8::timestamptz is null or v.published_time >= $8)
                 and ($9::timestamptz is null or v.published_time < $9)
                 and ($10::timestamptz is null or a.accepted_time >= $10)
                 and ($11::timestamptz is null or a.accepted_time < $11)
                 and (cardinality($12::uuid[]) = 0 or exists (
                     select from article_entity_names n
                     where n.article_id = v.article_id and n.version = v.version and n.entity_id = any($12)))
               order by a.accepted_time desc, a.article_id desc
               limit $13"#,
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
            &filter.entity_ids,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| row.summary.0).collect())
    }
}
