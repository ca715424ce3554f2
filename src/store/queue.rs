//! The queue as those see it who run it: its parts, its failures, and putting those back.

use std::time::Duration;

use sqlx::types::Json;
use uuid::Uuid;

use super::{NewEvent, Store, StoreError, Tx};
use crate::article::{EventKind, State, Summary};

/// Most sources in `QueueDetails`.
const MAX_SOURCES: i64 = 50;

/// How the queue is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueState {
    /// Jobs waiting or under a lease.
    pub depth: i64,
    /// Of these, under a lease.
    pub leased: i64,
    /// Age of the oldest; zero if there is none.
    pub oldest_age: Duration,
    /// Jobs to process again, waiting or under a lease; not counted above, for nobody waits for them.
    pub reprocessing: i64,
}

/// How the queue is, and whose jobs are in it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueDetails {
    /// The whole.
    pub state: QueueState,
    /// The longest parts by source.
    pub sources: Vec<SourceQueue>,
    /// Processed in the last minute.
    pub processed_last_minute: i64,
    /// Given up in the last minute.
    pub failed_last_minute: i64,
}

/// One source's part.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceQueue {
    /// Its name.
    pub source: String,
    /// Jobs waiting or under a lease.
    pub depth: i64,
    /// Age of the oldest.
    pub oldest_age: Duration,
}

impl Store {
    /// Counts the whole queue; for a timer.
    pub async fn queue_state(&self) -> Result<QueueState, StoreError> {
        let row = sqlx::query!(
            r#"select count(*) filter (where priority > 0) as "depth!",
                   count(lease) filter (where priority > 0) as "leased!",
                   coalesce(extract(epoch from now() - min(queued_time) filter (where priority > 0)), 0)::double precision
                       as "oldest_seconds!",
                   count(*) filter (where priority = 0) as "reprocessing!"
               from jobs"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(QueueState {
            depth: row.depth,
            leased: row.leased,
            oldest_age: age(row.oldest_seconds),
            reprocessing: row.reprocessing,
        })
    }

    /// Counts the queue by source, and what the log says of the last minute.
    pub async fn queue_details(&self) -> Result<QueueDetails, StoreError> {
        let sources = sqlx::query!(
            r#"select source, count(*) as "depth!",
                   extract(epoch from now() - min(queued_time))::double precision as "oldest_seconds!"
               from jobs where priority > 0 group by source order by count(*) desc, source limit $1"#,
            MAX_SOURCES
        )
        .fetch_all(&self.pool)
        .await?;
        // The log is in order of time, so the last minute is its end: walk back from there, at most so far.
        let recent = sqlx::query!(
            r#"select count(*) filter (where kind in (2, 5)) as "processed!", count(*) filter (where kind = 3) as "failed!"
               from log_events
               where position > (select position - 100000 from log_head) and time > now() - interval '1 minute'"#
        )
        .fetch_one(&self.pool)
        .await?;
        let sources = sources.into_iter().map(|row| SourceQueue {
            source: row.source,
            depth: row.depth,
            oldest_age: age(row.oldest_seconds),
        });
        Ok(QueueDetails {
            state: self.queue_state().await?,
            sources: sources.collect(),
            processed_last_minute: recent.processed,
            failed_last_minute: recent.failed,
        })
    }
}

/// Puts the articles among `article_ids` whose latest version failed back into the queue, with a clean record; returns
/// their ACCEPTED events, to be appended. Two statements.
pub async fn requeue_failed(tx: &mut Tx, article_ids: &[Uuid]) -> Result<Vec<NewEvent>, StoreError> {
    let rows = sqlx::query!(
        r#"update article_versions v
           set state = 1,
               summary = (v.summary - 'failure' - 'processed_time') || '{"state": "Accepted"}'::jsonb
           from articles a
           where a.article_id = any($1) and a.deleted_time is null and v.article_id = a.article_id
             and v.version = a.latest_version and v.state = 3
           returning v.summary as "summary: Json<Summary>""#,
        article_ids
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let summaries: Vec<Summary> = rows.into_iter().map(|row| row.summary.0).collect();
    let ids: Vec<Uuid> = summaries.iter().map(|summary| summary.article_id).collect();
    let versions: Vec<i32> = summaries.iter().map(|summary| summary.version).collect();
    let sources: Vec<String> = summaries.iter().map(|summary| summary.source.clone()).collect();
    sqlx::query!(
        "insert into jobs (article_id, version, source, priority, due_time, queued_time)
         select article_id, version, source, 2, now(), now()
         from unnest($1::uuid[], $2::integer[], $3::text[]) as t (article_id, version, source)",
        &ids,
        &versions,
        &sources
    )
    .execute(&mut *tx.0)
    .await?;
    debug_assert!(summaries.iter().all(|summary| summary.state == State::Accepted));
    Ok(summaries.into_iter().map(|summary| NewEvent { kind: EventKind::Accepted, summary }).collect())
}

/// A clock that was set back must not make an age negative.
fn age(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
