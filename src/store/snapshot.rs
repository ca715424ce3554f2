//! All articles at one position of the log.

use std::collections::BTreeMap;

use sqlx::types::Json;
use uuid::Uuid;

use super::{Store, StoreError};
use crate::article::{Position, State, VersionId};

/// Which articles; an empty field wants all. What is not here must be compared afterwards.
#[derive(Clone, Debug)]
pub struct SnapshotFilter<'a> {
    /// Any of these.
    pub sources: &'a [String],
    /// Any of these, as `State` numbers.
    pub states: Vec<i16>,
    /// Any of these ISO 639-1 codes.
    pub languages: &'a [String],
    /// Any of these, as `name_key` makes them; joined by OR with the ids.
    pub entity_name_keys: &'a [String],
    /// Any of these, as contract numbers; with names or ids, one entity must match both.
    pub entity_types: &'a [i16],
    /// Any of these.
    pub entity_ids: &'a [Uuid],
    /// All of these.
    pub labels: &'a BTreeMap<String, String>,
}

impl Store {
    /// The head of the log and the latest versions at that position, in the order of their ids, with their states. One
    /// transaction; proportional to the articles that match.
    /// Errors: `TooMany` if there are more than `max_articles`.
    pub async fn snapshot_ids(
        &self,
        filter: &SnapshotFilter<'_>,
        max_articles: i64,
    ) -> Result<(Position, Vec<(VersionId, State)>), StoreError> {
        let mut tx = self.pool.begin().await?;
        // One snapshot for both statements: the articles are as the log says at that position.
        sqlx::raw_sql("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
        let head = sqlx::query!("select position from log_head").fetch_one(&mut *tx).await?;
        let rows = sqlx::query!(
            r#"select v.article_id, v.version, v.state
               from articles a
               join article_versions v on v.article_id = a.article_id and v.version = a.latest_version
               where a.deleted_time is null
                 and (cardinality($1::text[]) = 0 or a.source = any($1))
                 and (cardinality($2::smallint[]) = 0 or v.state = any($2))
                 and (cardinality($3::text[]) = 0 or v.language = any($3))
                 and ((cardinality($4::text[]) = 0 and cardinality($5::smallint[]) = 0 and cardinality($6::uuid[]) = 0)
                     or exists (
                         select from article_entity_names n
                         where n.article_id = v.article_id and n.version = v.version
                           and ((cardinality($4::text[]) = 0 and cardinality($6::uuid[]) = 0)
                               or n.name_key = any($4) or n.entity_id = any($6))
                           and (cardinality($5::smallint[]) = 0 or n.entity_type = any($5))))
                 and coalesce(v.summary -> 'labels', '{}') @> $7
               order by v.article_id
               limit $8"#,
            filter.sources,
            &filter.states,
            filter.languages,
            filter.entity_name_keys,
            filter.entity_types,
            filter.entity_ids,
            Json(filter.labels) as _,
            max_articles + 1
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.rollback().await?;
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) > max_articles {
            return Err(StoreError::TooMany { max: max_articles });
        }
        let ids = rows
            .into_iter()
            .map(|row| {
                let state = State::from_number(row.state).ok_or_else(|| {
                    StoreError::Damaged(format!(
                        "article {} has the unknown state {}",
                        row.article_id, row.state
                    ))
                })?;
                Ok((VersionId { article_id: row.article_id, version: row.version }, state))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok((head.position, ids))
    }
}
