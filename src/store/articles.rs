//! Reading articles by id, and erasing them.

use std::collections::HashMap;

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{NewEvent, Store, StoreError, Tx, log::redact};
use crate::article::{Article, Body, EventKind, Processed, Summary, VersionId, View};

/// What `erase` found.
#[derive(Clone, Debug)]
pub enum DeleteOutcome {
    /// It was erased; this event is to be appended.
    Erased(Box<NewEvent>),
    /// There is no such article, or it was deleted before.
    NotFound,
    /// It is not as the caller last saw it; nothing was done.
    Changed,
}

impl Store {
    /// The articles among `ids` that exist, at their latest version, or at `version` if it is not 0. Keyed by article.
    pub async fn get_articles(
        &self,
        ids: &[Uuid],
        version: i32,
        view: View,
    ) -> Result<HashMap<Uuid, Article>, StoreError> {
        let rows = sqlx::query!(
            r#"select v.article_id, v.version, v.summary as "summary: Json<Summary>",
                   case when $3 then v.result end as "result: Json<Processed>",
                   case when $4 then v.body end as body, v.body_kind, v.content_type
               from articles a
               join article_versions v
                   on v.article_id = a.article_id and v.version = coalesce(nullif($2, 0), a.latest_version)
               where a.article_id = any($1) and a.deleted_time is null"#,
            ids,
            version,
            view != View::Basic,
            view == View::FullWithBody
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let article = Article {
                    summary: row.summary.0,
                    result: row.result.map(|Json(result)| result),
                    body: row.body.and_then(|body| Body::from_parts(row.body_kind, body, row.content_type)),
                };
                (row.article_id, article)
            })
            .collect())
    }

    /// The same for exact versions; for the feed, which shows each update's own version.
    pub async fn get_versions(
        &self,
        ids: &[VersionId],
        view: View,
    ) -> Result<HashMap<VersionId, Article>, StoreError> {
        let article_ids: Vec<Uuid> = ids.iter().map(|id| id.article_id).collect();
        let versions: Vec<i32> = ids.iter().map(|id| id.version).collect();
        let rows = sqlx::query!(
            r#"select v.article_id, v.version, v.summary as "summary: Json<Summary>",
                   case when $3 then v.result end as "result: Json<Processed>",
                   case when $4 then v.body end as body, v.body_kind, v.content_type
               from unnest($1::uuid[], $2::integer[]) as t (article_id, version)
               join article_versions v on v.article_id = t.article_id and v.version = t.version"#,
            &article_ids,
            &versions,
            view != View::Basic,
            view == View::FullWithBody
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let article = Article {
                    summary: row.summary.0,
                    result: row.result.map(|Json(result)| result),
                    body: row.body.and_then(|body| Body::from_parts(row.body_kind, body, row.content_type)),
                };
                (VersionId { article_id: row.article_id, version: row.version }, article)
            })
            .collect())
    }

    /// The clean texts of those among `ids` that are processed.
    pub async fn get_texts(&self, ids: &[VersionId]) -> Result<HashMap<VersionId, String>, StoreError> {
        let article_ids: Vec<Uuid> = ids.iter().map(|id| id.article_id).collect();
        let versions: Vec<i32> = ids.iter().map(|id| id.version).collect();
        let rows = sqlx::query!(
            r#"select v.article_id, v.version, v.result ->> 'text' as text
               from unnest($1::uuid[], $2::integer[]) as t (article_id, version)
               join article_versions v on v.article_id = t.article_id and v.version = t.version"#,
            &article_ids,
            &versions
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                Some((VersionId { article_id: row.article_id, version: row.version }, row.text?))
            })
            .collect())
    }
}

/// Erases an article: its versions, jobs and names go, and the log keeps only who it was. The ids of its requests stay: a
/// retry that comes late is answered from them, and brings nothing back. `expected` is the state the
/// caller last saw, if it cares. Cost grows with the number of its log events.
pub async fn erase(
    tx: &mut Tx,
    article_id: Uuid,
    expected: impl Fn(&Summary) -> bool,
) -> Result<DeleteOutcome, StoreError> {
    let locked = sqlx::query!(
        "select latest_version from articles where article_id = $1 and deleted_time is null for update",
        article_id
    )
    .fetch_optional(&mut *tx.0)
    .await?;
    let Some(locked) = locked else { return Ok(DeleteOutcome::NotFound) };
    let row = sqlx::query!(
        r#"select summary as "summary: Json<Summary>" from article_versions
           where article_id = $1 and version = $2 for update"#,
        article_id,
        locked.latest_version
    )
    .fetch_one(&mut *tx.0)
    .await?;
    let Json(summary) = row.summary;
    if !expected(&summary) {
        return Ok(DeleteOutcome::Changed);
    }
    mark_deleted(tx, article_id).await?;
    redact(tx, article_id).await?;
    let event = NewEvent { kind: EventKind::Deleted, summary: summary.deleted() };
    Ok(DeleteOutcome::Erased(Box::new(event)))
}

async fn mark_deleted(tx: &mut Tx, article_id: Uuid) -> Result<OffsetDateTime, StoreError> {
    // A worker that still holds a lease finds its job gone and writes nothing.
    sqlx::query!("delete from jobs where article_id = $1", article_id).execute(&mut *tx.0).await?;
    sqlx::query!("delete from article_entity_names where article_id = $1", article_id)
        .execute(&mut *tx.0)
        .await?;
    sqlx::query!("delete from article_entities where article_id = $1", article_id)
        .execute(&mut *tx.0)
        .await?;
    sqlx::query!("delete from article_versions where article_id = $1", article_id)
        .execute(&mut *tx.0)
        .await?;
    sqlx::query!("delete from article_texts where article_id = $1", article_id).execute(&mut *tx.0).await?;
    sqlx::query!("delete from article_fingerprints where article_id = $1", article_id)
        .execute(&mut *tx.0)
        .await?;
    let row = sqlx::query!(
        r#"update articles set deleted_time = now() where article_id = $1 returning deleted_time as "time!""#,
        article_id
    )
    .fetch_one(&mut *tx.0)
    .await?;
    Ok(row.time)
}
