//! Ending jobs: the fenced end of the lease, the result, the entities' names. The caller appends the events in the same
//! transaction, so the effect of a job is exactly once.

use std::{collections::HashSet, sync::Arc, time::Duration};

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    NewEvent, StoreError, Tx,
    duplicates::find_duplicates,
    entities::{identify, replace_article_entities},
    jobs::columns,
    reprocessing::Earlier,
    texts::insert_texts,
};
use crate::article::{AttemptError, EventKind, Failure, Processed, State, Summary, VersionId, name_key};

/// What a worker says of a job.
#[derive(Clone, Debug)]
pub struct Finish {
    /// Which version.
    pub id: VersionId,
    /// The lease it was claimed under.
    pub lease: i64,
    /// The article as accepted.
    pub summary: Summary,
    /// What became of it.
    pub outcome: Outcome,
    /// How far back copies are looked for; zero: not at all.
    pub duplicate_window: Duration,
}

/// How a try ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// With a result.
    Processed(Arc<Processed>),
    /// For good, without one.
    Failed(Failure),
    /// To be tried again after a delay.
    Retry {
        /// For people.
        message: String,
        /// Not before.
        delay: Duration,
    },
}

/// Ends jobs whose lease still holds and returns the events to append, in the order of `finishes`, failures of processing
/// again last. A lost lease writes nothing. Two dozen statements at most, whatever their number.
pub async fn apply_finishes(tx: &mut Tx, finishes: Vec<Finish>) -> Result<Vec<NewEvent>, StoreError> {
    let duplicate_window = finishes.iter().map(|finish| finish.duplicate_window).max().unwrap_or_default();
    let (retries, ends): (Vec<Finish>, Vec<Finish>) =
        finishes.into_iter().partition(|finish| matches!(finish.outcome, Outcome::Retry { .. }));
    put_back(tx, &retries).await?;

    let (now, held) = end_jobs(tx, &ends).await?;
    let mut ends = ends;
    ends.retain(|finish| held.contains(&finish.id));
    identify(tx, &mut ends).await?;
    let mut results: Vec<(Summary, Option<Arc<Processed>>)> = Vec::new();
    let mut earlier = Earlier::default();
    for finish in ends {
        let is_again = Earlier::is_of(&finish.summary);
        match finish.outcome {
            Outcome::Processed(result) => {
                if is_again {
                    earlier.replaced(finish.summary.clone());
                }
                results.push((finish.summary.processed(&result, now), Some(result)));
            }
            Outcome::Failed(failure) if is_again => earlier.kept(finish.summary, failure),
            Outcome::Failed(failure) => results.push((failed(finish.summary, failure, now), None)),
            Outcome::Retry { .. } => {}
        }
    }
    store_results(tx, &results).await?;
    earlier.store(tx).await?;
    insert_names(tx, &results).await?;
    replace_article_entities(tx, &results).await?;
    insert_texts(tx, &results).await?;
    let duplicates = find_duplicates(tx, &results, duplicate_window.as_secs_f64()).await?;
    let mut events = Vec::new();
    for (mut summary, result) in results {
        if result.is_none() {
            events.push(NewEvent { kind: EventKind::Failed, summary });
            continue;
        }
        let duplicate = duplicates.get(&summary.version_id()).copied();
        summary.duplicate = duplicate.or(summary.duplicate);
        let found = duplicate.map(|_| NewEvent { kind: EventKind::DuplicateFound, summary: summary.clone() });
        events.push(earlier.event(summary));
        events.extend(found);
    }
    events.extend(earlier.failures());
    Ok(events)
}

fn failed(summary: Summary, failure: Failure, now: OffsetDateTime) -> Summary {
    Summary { state: State::Failed, processed_time: Some(now), failure: Some(failure), ..summary }
}

/// Deletes the jobs that are still under the lease they were claimed under; returns which those were.
async fn end_jobs(tx: &mut Tx, ends: &[Finish]) -> Result<(OffsetDateTime, HashSet<VersionId>), StoreError> {
    if ends.is_empty() {
        return Ok((OffsetDateTime::UNIX_EPOCH, HashSet::new()));
    }
    let held: Vec<(VersionId, i64)> = ends.iter().map(|finish| (finish.id, finish.lease)).collect();
    let (article_ids, versions, leases) = columns(&held);
    let rows = sqlx::query!(
        r#"delete from jobs
           using unnest($1::uuid[], $2::integer[], $3::bigint[]) as t (article_id, version, lease)
           where jobs.article_id = t.article_id and jobs.version = t.version and jobs.lease = t.lease
           returning jobs.article_id, jobs.version, now() as "now!""#,
        &article_ids,
        &versions,
        &leases
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let now = rows.first().map_or(OffsetDateTime::UNIX_EPOCH, |row| row.now);
    let ended =
        rows.into_iter().map(|row| VersionId { article_id: row.article_id, version: row.version }).collect();
    Ok((now, ended))
}

async fn store_results(tx: &mut Tx, results: &[(Summary, Option<Arc<Processed>>)]) -> Result<(), StoreError> {
    if results.is_empty() {
        return Ok(());
    }
    let article_ids: Vec<Uuid> = results.iter().map(|(summary, _)| summary.article_id).collect();
    let versions: Vec<i32> = results.iter().map(|(summary, _)| summary.version).collect();
    let states: Vec<i16> = results.iter().map(|(summary, _)| summary.state as i16).collect();
    let published: Vec<Option<OffsetDateTime>> =
        results.iter().map(|(summary, _)| summary.published_time).collect();
    let summaries: Vec<Json<&Summary>> = results.iter().map(|(summary, _)| Json(summary)).collect();
    let bodies: Vec<Option<Json<&Processed>>> =
        results.iter().map(|(_, result)| result.as_deref().map(Json)).collect();
    sqlx::query!(
        "update article_versions
         set state = t.state, published_time = t.published_time, language = t.summary -> 'language' ->> 'code',
             summary = t.summary, result = t.result, is_indexed = t.result is not null
         from unnest($1::uuid[], $2::integer[], $3::smallint[], $4::timestamptz[], $5::jsonb[], $6::jsonb[])
             as t (article_id, version, state, published_time, summary, result)
         where article_versions.article_id = t.article_id and article_versions.version = t.version",
        &article_ids,
        &versions,
        &states,
        &published as &[Option<OffsetDateTime>],
        &summaries as &[Json<&Summary>],
        &bodies as &[Option<Json<&Processed>>]
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

async fn insert_names(tx: &mut Tx, results: &[(Summary, Option<Arc<Processed>>)]) -> Result<(), StoreError> {
    let mut article_ids = Vec::new();
    let mut versions = Vec::new();
    let mut entity_ids = Vec::new();
    let mut types = Vec::new();
    let mut keys = Vec::new();
    for (summary, _) in results {
        for entity in &summary.entities {
            for name in std::iter::once(&entity.name).chain(&entity.aliases) {
                article_ids.push(summary.article_id);
                versions.push(summary.version);
                entity_ids.push(entity.entity_id);
                types.push(entity.kind.number());
                keys.push(name_key(name));
            }
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into article_entity_names (article_id, version, entity_id, entity_type, name_key)
         select * from unnest($1::uuid[], $2::integer[], $3::uuid[], $4::smallint[], $5::text[])
         on conflict do nothing",
        &article_ids,
        &versions,
        &entity_ids,
        &types,
        &keys
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

/// Puts jobs back into the queue with one more attempt on record.
async fn put_back(tx: &mut Tx, retries: &[Finish]) -> Result<(), StoreError> {
    for finish in retries {
        let Outcome::Retry { message, delay } = &finish.outcome else { continue };
        let error = AttemptError { time: OffsetDateTime::UNIX_EPOCH, message: message.clone() };
        sqlx::query!(
            "update jobs
             set lease = null, due_time = now() + make_interval(secs => $4), attempts = attempts + 1,
                 errors = errors || jsonb_set($5::jsonb, '{time}', to_jsonb(now()))
             where article_id = $1 and version = $2 and lease = $3",
            finish.id.article_id,
            finish.id.version,
            finish.lease,
            delay.as_secs_f64(),
            Json(&error) as _
        )
        .execute(&mut *tx.0)
        .await?;
    }
    Ok(())
}
