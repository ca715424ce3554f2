//! Storing submissions, many in one transaction.
//!
//! Idempotency is decided here, by two unique keys: `request_id`, and (source, external_id) with the content's hash. Two
//! processes that store the same submission at once meet at the unique index: the second waits for the first, then finds
//! it known.

use std::collections::HashMap;

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{StoreError, Tx};
use crate::article::{Draft, Language, Priority, State, Summary, VersionId};

/// An article to be stored.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The id it gets if it is new.
    pub new_article_id: Uuid,
    /// The caller's idempotency key.
    pub request_id: Option<String>,
    /// When it is processed.
    pub priority: Priority,
    /// See `Draft::content_hash`.
    pub content_hash: [u8; 32],
    /// The article.
    pub draft: Draft,
}

/// What became of a submission.
#[derive(Clone, Debug)]
pub enum Submitted {
    /// Stored as this.
    New(Box<Summary>),
    /// Known already, as this version; nothing was stored.
    Known(VersionId),
}

/// An article row that a submission met or made.
struct Met {
    article_id: Uuid,
    latest_version: i32,
    latest_content_hash: Vec<u8>,
    is_deleted: bool,
}

/// Stores submissions with their jobs; the caller appends the ACCEPTED events of those that are new.
/// No two of `submissions` may share a `request_id` or a (source, external_id). Six statements, whatever their number.
pub async fn insert_submissions(
    tx: &mut Tx,
    submissions: &[&Submission],
) -> Result<Vec<Submitted>, StoreError> {
    let answered = reserve_request_ids(tx, submissions).await?;
    let open: Vec<&Submission> = submissions
        .iter()
        .copied()
        .filter(|submission| !submission.request_id.as_ref().is_some_and(|id| answered.contains_key(id)))
        .collect();
    let (now, met) = meet_articles(tx, &open).await?;

    let mut fresh: Vec<(&Submission, Summary)> = Vec::new();
    let mut resolved: HashMap<Uuid, Submitted> = HashMap::new();
    for submission in open {
        let met = met.get(&submission.new_article_id).ok_or_else(|| {
            StoreError::Damaged("an article that was just inserted was not returned".to_owned())
        })?;
        let is_new_article = met.article_id == submission.new_article_id;
        let is_same = !met.is_deleted && met.latest_content_hash == submission.content_hash;
        let latest = VersionId { article_id: met.article_id, version: met.latest_version };
        if !is_new_article && is_same {
            resolved.insert(submission.new_article_id, Submitted::Known(latest));
            continue;
        }
        let version = if is_new_article { 1 } else { met.latest_version + 1 };
        let summary = accepted_summary(submission, VersionId { version, ..latest }, now);
        resolved.insert(submission.new_article_id, Submitted::New(Box::new(summary.clone())));
        fresh.push((submission, summary));
    }

    raise_latest_versions(tx, &fresh).await?;
    insert_versions(tx, &fresh).await?;
    insert_jobs(tx, &fresh).await?;
    record_request_ids(tx, submissions, &resolved).await?;

    submissions
        .iter()
        .map(|submission| {
            let known = submission.request_id.as_ref().and_then(|id| answered.get(id));
            known
                .map(|id| Submitted::Known(*id))
                .or_else(|| resolved.remove(&submission.new_article_id))
                .ok_or_else(|| StoreError::Damaged("a submission was neither answered nor stored".to_owned()))
        })
        .collect()
}

fn accepted_summary(submission: &Submission, id: VersionId, now: OffsetDateTime) -> Summary {
    let draft = &submission.draft;
    Summary {
        article_id: id.article_id,
        version: id.version,
        state: State::Accepted,
        source: draft.source.clone(),
        external_id: draft.external_id.clone(),
        url: draft.url.clone(),
        labels: draft.labels.clone(),
        accepted_time: now,
        title: draft.title.clone(),
        published_time: draft.published_time,
        language: draft.language.as_ref().map(|tag| Language {
            code: tag.split('-').next().unwrap_or(tag).to_owned(),
            probability: 1.0,
            supported: false,
        }),
        ..Summary::empty()
    }
}

/// Takes the request ids that nobody had; returns what the others were answered with.
async fn reserve_request_ids(
    tx: &mut Tx,
    submissions: &[&Submission],
) -> Result<HashMap<String, VersionId>, StoreError> {
    let (ids, article_ids): (Vec<String>, Vec<Uuid>) = submissions
        .iter()
        .filter_map(|submission| Some((submission.request_id.clone()?, submission.new_article_id)))
        .unzip();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    // Version 0 stands for "being resolved": it is seen by this transaction only, see record_request_ids.
    sqlx::query!(
        "insert into submit_requests (request_id, article_id, version, time)
         select request_id, article_id, 0, now() from unnest($1::text[], $2::uuid[]) as t (request_id, article_id)
         order by request_id
         on conflict (request_id) do nothing",
        &ids,
        &article_ids
    )
    .execute(&mut *tx.0)
    .await?;
    let answered = sqlx::query!(
        "select request_id, article_id, version from submit_requests where request_id = any($1) and version > 0",
        &ids
    )
    .fetch_all(&mut *tx.0)
    .await?;
    Ok(answered
        .into_iter()
        .map(|row| (row.request_id, VersionId { article_id: row.article_id, version: row.version }))
        .collect())
}

/// Inserts the articles that are new and locks those that are known, in key order, so that writers queue up instead of
/// deadlocking. Keyed by `new_article_id`.
async fn meet_articles(
    tx: &mut Tx,
    open: &[&Submission],
) -> Result<(OffsetDateTime, HashMap<Uuid, Met>), StoreError> {
    let ids: Vec<Uuid> = open.iter().map(|submission| submission.new_article_id).collect();
    let sources: Vec<String> = open.iter().map(|submission| submission.draft.source.clone()).collect();
    let external_ids: Vec<Option<String>> =
        open.iter().map(|submission| submission.draft.external_id.clone()).collect();
    let hashes: Vec<Vec<u8>> = open.iter().map(|submission| submission.content_hash.to_vec()).collect();
    let rows = sqlx::query!(
        r#"insert into articles
               (article_id, source, external_id, latest_version, latest_content_hash, accepted_time)
           select article_id, source, external_id, 1, content_hash, now()
           from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])
               as t (article_id, source, external_id, content_hash)
           order by source, external_id
           on conflict on constraint articles_source_external_id_key do update set source = excluded.source
           returning article_id, source, external_id, latest_version, latest_content_hash,
               deleted_time is not null as "is_deleted!", now() as "now!""#,
        &ids,
        &sources,
        &external_ids as &[Option<String>],
        &hashes
    )
    .fetch_all(&mut *tx.0)
    .await?;

    let by_key: HashMap<(&str, &str), Uuid> = open
        .iter()
        .filter_map(|submission| {
            let external_id = submission.draft.external_id.as_deref()?;
            Some(((submission.draft.source.as_str(), external_id), submission.new_article_id))
        })
        .collect();
    let now = rows.first().map_or(OffsetDateTime::UNIX_EPOCH, |row| row.now);
    let met = rows
        .into_iter()
        .map(|row| {
            let key = row.external_id.as_deref().map(|id| (row.source.as_str(), id));
            let new_article_id = key.and_then(|key| by_key.get(&key).copied()).unwrap_or(row.article_id);
            let met = Met {
                article_id: row.article_id,
                latest_version: row.latest_version,
                latest_content_hash: row.latest_content_hash,
                is_deleted: row.is_deleted,
            };
            (new_article_id, met)
        })
        .collect();
    Ok((now, met))
}

/// Makes the new versions of known articles their latest; undoes a deletion.
async fn raise_latest_versions(tx: &mut Tx, fresh: &[(&Submission, Summary)]) -> Result<(), StoreError> {
    let raised: Vec<&(&Submission, Summary)> =
        fresh.iter().filter(|(_, summary)| summary.version > 1).collect();
    if raised.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = raised.iter().map(|(_, summary)| summary.article_id).collect();
    let versions: Vec<i32> = raised.iter().map(|(_, summary)| summary.version).collect();
    let hashes: Vec<Vec<u8>> =
        raised.iter().map(|(submission, _)| submission.content_hash.to_vec()).collect();
    sqlx::query!(
        "update articles
         set latest_version = t.version, latest_content_hash = t.content_hash, accepted_time = now(), deleted_time = null
         from unnest($1::uuid[], $2::integer[], $3::bytea[]) as t (article_id, version, content_hash)
         where articles.article_id = t.article_id",
        &ids,
        &versions,
        &hashes
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

async fn insert_versions(tx: &mut Tx, fresh: &[(&Submission, Summary)]) -> Result<(), StoreError> {
    if fresh.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = fresh.iter().map(|(_, summary)| summary.article_id).collect();
    let versions: Vec<i32> = fresh.iter().map(|(_, summary)| summary.version).collect();
    let hashes: Vec<Vec<u8>> = fresh.iter().map(|(submission, _)| submission.content_hash.to_vec()).collect();
    let kinds: Vec<i16> = fresh.iter().map(|(submission, _)| submission.draft.body.kind_number()).collect();
    let bodies: Vec<&[u8]> = fresh.iter().map(|(submission, _)| submission.draft.body.bytes()).collect();
    let content_types: Vec<&str> =
        fresh.iter().map(|(submission, _)| submission.draft.body.content_type()).collect();
    let titles: Vec<Option<&str>> =
        fresh.iter().map(|(submission, _)| submission.draft.title.as_deref()).collect();
    let times: Vec<Option<OffsetDateTime>> =
        fresh.iter().map(|(submission, _)| submission.draft.published_time).collect();
    let languages: Vec<Option<&str>> =
        fresh.iter().map(|(submission, _)| submission.draft.language.as_deref()).collect();
    let accuracies: Vec<Option<i16>> = fresh
        .iter()
        .map(|(submission, _)| submission.draft.accuracy.map(|accuracy| accuracy as i16))
        .collect();
    let summaries: Vec<Json<&Summary>> = fresh.iter().map(|(_, summary)| Json(summary)).collect();
    sqlx::query!(
        "insert into article_versions (article_id, version, content_hash, body_kind, body, content_type, given_title,
             given_published_time, given_language, given_accuracy, state, language, published_time, summary)
         select article_id, version, content_hash, body_kind, body, content_type, title, published_time, language, accuracy, 1,
             summary -> 'language' ->> 'code', published_time, summary
         from unnest($1::uuid[], $2::integer[], $3::bytea[], $4::smallint[], $5::bytea[], $6::text[], $7::text[],
                 $8::timestamptz[], $9::text[], $10::jsonb[], $11::smallint[])
             as t (article_id, version, content_hash, body_kind, body, content_type, title, published_time, language,
                 summary, accuracy)",
        &ids,
        &versions,
        &hashes,
        &kinds,
        &bodies as &[&[u8]],
        &content_types as &[&str],
        &titles as &[Option<&str>],
        &times as &[Option<OffsetDateTime>],
        &languages as &[Option<&str>],
        &summaries as &[Json<&Summary>],
        &accuracies as &[Option<i16>]
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

async fn insert_jobs(tx: &mut Tx, fresh: &[(&Submission, Summary)]) -> Result<(), StoreError> {
    if fresh.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = fresh.iter().map(|(_, summary)| summary.article_id).collect();
    let versions: Vec<i32> = fresh.iter().map(|(_, summary)| summary.version).collect();
    let sources: Vec<&str> = fresh.iter().map(|(_, summary)| summary.source.as_str()).collect();
    let priorities: Vec<i16> = fresh.iter().map(|(submission, _)| submission.priority as i16).collect();
    sqlx::query!(
        "insert into jobs (article_id, version, source, priority, due_time, queued_time)
         select article_id, version, source, priority, now(), now()
         from unnest($1::uuid[], $2::integer[], $3::text[], $4::smallint[])
             as t (article_id, version, source, priority)",
        &ids,
        &versions,
        &sources as &[&str],
        &priorities
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

/// Writes down what each reserved request id was resolved to.
async fn record_request_ids(
    tx: &mut Tx,
    submissions: &[&Submission],
    resolved: &HashMap<Uuid, Submitted>,
) -> Result<(), StoreError> {
    let mut ids = Vec::new();
    let mut article_ids = Vec::new();
    let mut versions = Vec::new();
    for submission in submissions {
        let (Some(request_id), Some(outcome)) =
            (&submission.request_id, resolved.get(&submission.new_article_id))
        else {
            continue;
        };
        let id = match outcome {
            Submitted::New(summary) => summary.version_id(),
            Submitted::Known(id) => *id,
        };
        ids.push(request_id.clone());
        article_ids.push(id.article_id);
        versions.push(id.version);
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update submit_requests set article_id = t.article_id, version = t.version
         from unnest($1::text[], $2::uuid[], $3::integer[]) as t (request_id, article_id, version)
         where submit_requests.request_id = t.request_id",
        &ids,
        &article_ids,
        &versions
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}
