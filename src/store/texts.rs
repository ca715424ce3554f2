//! The full-text index: written with each result, read from the newest article back.
//!
//! However common a word is, and however rare, a read costs what it returns: it looks at the newest few thousand articles
//! first, and at eight times the time before them as long as it has not found enough.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Store, StoreError, Tx};
use crate::article::{
    Processed, Summary, VersionId,
    search::{TimeRange, article_tags},
};

/// Articles in the first look.
const FIRST_LOOK_ARTICLES: i64 = 4_000;
/// How much longer each further look is.
const LOOK_GROWTH: i32 = 8;
/// Weights of text, (unused), subtitle and title: a word in the title counts as ten in the text.
const RANK_WEIGHTS: [f32; 4] = [0.1, 0.1, 0.4, 1.0];

/// What is looked for.
#[derive(Clone, Debug)]
pub struct TextSearch {
    /// Parts of a `tsquery`, joined by AND; at least one.
    pub conditions: Vec<String>,
    /// The `tsquery` that ranks; `None` ranks nothing.
    pub rank: Option<String>,
    /// When it was accepted.
    pub accepted: TimeRange,
    /// When it was published.
    pub published: TimeRange,
    /// Behind this one, in the order of answers.
    pub after: Option<(OffsetDateTime, Uuid)>,
    /// Leave out articles that have a newer version.
    pub only_latest: bool,
}

/// A match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextMatch {
    /// Which version.
    pub id: VersionId,
    /// Its place in the order.
    pub accepted_time: OffsetDateTime,
    /// 0 to about 1; 0 if nothing ranks.
    pub rank: f32,
}

impl Store {
    /// The newest matches, at most `limit`, newest first. One to eight statements.
    pub async fn newest_texts(&self, search: &TextSearch, limit: i64) -> Result<Vec<TextMatch>, StoreError> {
        let mut found = Vec::new();
        let oldest = search.accepted.from;
        let mut until = search.accepted.until;
        if let Some((time, _)) = search.after {
            // The key's own time is looked at too: several articles may share it.
            let bound = time + Duration::MICROSECOND;
            until = Some(until.map_or(bound, |until| until.min(bound)));
        }
        let mut from = self.first_look(until).await?;
        loop {
            let left = limit - i64::try_from(found.len()).unwrap_or(limit);
            let is_last = from.is_none_or(|from| oldest.is_some_and(|oldest| from <= oldest));
            let range = TimeRange { from: if is_last { oldest } else { from }, until };
            found.extend(self.texts_in(search, range, left).await?);
            if is_last || i64::try_from(found.len()).unwrap_or(limit) >= limit {
                return Ok(found);
            }
            let start = from.unwrap_or(OffsetDateTime::UNIX_EPOCH);
            let length = until.unwrap_or_else(OffsetDateTime::now_utc) - start;
            until = Some(start);
            // A look that reaches before all articles is the last.
            let length = (length * LOOK_GROWTH).max(Duration::MINUTE);
            from = start.checked_sub(length).filter(|from| from.year() > 2_000);
        }
    }

    /// Where the newest few thousand articles begin; `None` if there are no more.
    async fn first_look(&self, until: Option<OffsetDateTime>) -> Result<Option<OffsetDateTime>, StoreError> {
        let time = sqlx::query_scalar!(
            "select accepted_time from articles
             where deleted_time is null and ($1::timestamptz is null or accepted_time < $1)
             order by accepted_time desc, article_id desc offset $2 limit 1",
            until,
            FIRST_LOOK_ARTICLES
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(time)
    }

    async fn texts_in(
        &self,
        search: &TextSearch,
        range: TimeRange,
        limit: i64,
    ) -> Result<Vec<TextMatch>, StoreError> {
        let mut conditions = search.conditions.clone();
        conditions.extend(range.accepted_condition());
        let rows = sqlx::query!(
            r#"select article_id as "article_id!", version as "version!", accepted_time as "accepted_time!",
                   case when $2::text is null then 0 else ts_rank($3::real[], vector, $2::text::tsquery, 1) end as "rank!"
               from newest_texts($1::text::tsquery, coalesce($4::timestamptz, '-infinity'),
                   coalesce($5::timestamptz, 'infinity'), $6, $7, $8, $9,
                   $10, $11)"#,
            conditions.join(" & "),
            search.rank,
            RANK_WEIGHTS.as_slice(),
            range.from,
            range.until,
            search.after.map(|(time, _)| time),
            search.after.map(|(_, id)| id),
            search.published.from,
            search.published.until,
            search.only_latest,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let found = rows.into_iter().map(|row| TextMatch {
            id: VersionId { article_id: row.article_id, version: row.version },
            accepted_time: row.accepted_time,
            rank: row.rank,
        });
        Ok(found.collect())
    }

    /// Languages that articles were found in.
    pub async fn article_languages(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar!("select language from article_languages order by language")
            .fetch_all(&self.pool)
            .await?)
    }
}

/// Puts results into the index, in place of earlier ones of the same articles. Two statements.
pub(super) async fn insert_texts(
    tx: &mut Tx,
    results: &[(Summary, Option<Arc<Processed>>)],
) -> Result<(), StoreError> {
    let results: Vec<(&Summary, &Processed)> =
        results.iter().filter_map(|(summary, result)| Some((summary, result.as_deref()?))).collect();
    if results.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = results.iter().map(|(summary, _)| summary.article_id).collect();
    let versions: Vec<i32> = results.iter().map(|(summary, _)| summary.version).collect();
    let accepted: Vec<OffsetDateTime> = results.iter().map(|(summary, _)| summary.accepted_time).collect();
    let published: Vec<Option<OffsetDateTime>> =
        results.iter().map(|(summary, _)| summary.published_time).collect();
    let vectors: Vec<String> = results
        .iter()
        .map(|(summary, result)| format!("{} {}", result.index.words, article_tags(summary, result)))
        .collect();
    sqlx::query!(
        "insert into article_texts (article_id, version, accepted_time, published_time, vector)
         select article_id, version, accepted_time, published_time, vector::tsvector
         from unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::timestamptz[], $5::text[])
             as t (article_id, version, accepted_time, published_time, vector)
         on conflict (article_id) do update
             set version = excluded.version, accepted_time = excluded.accepted_time,
                 published_time = excluded.published_time, vector = excluded.vector
             where article_texts.version <= excluded.version",
        &ids,
        &versions,
        &accepted,
        &published as &[Option<OffsetDateTime>],
        &vectors
    )
    .execute(&mut *tx.0)
    .await?;
    let mut languages: Vec<&str> =
        results.iter().filter_map(|(summary, _)| Some(summary.language.as_ref()?.code.as_str())).collect();
    languages.sort_unstable();
    languages.dedup();
    sqlx::query!(
        "insert into article_languages select * from unnest($1::text[]) on conflict do nothing",
        &languages as &[&str]
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}
