//! The queue: claiming under a lease, keeping the lease, giving it back.
//!
//! A claim is one short statement; the work happens without a lock. `due_time` is both "not before" and "lease ends", so
//! one index finds what waits and what was abandoned. Ending a job is in `outcomes`, fenced by the lease.

use std::{sync::Arc, time::Duration};

use sqlx::types::Json;
use time::OffsetDateTime;

use super::{Store, StoreError};
use crate::article::{AttemptError, Body, Draft, Summary, VersionId};

/// A job under a lease, with all that is needed to do it.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Which version.
    pub id: VersionId,
    /// Grows with every claim, over all processes.
    pub lease: i64,
    /// Tries that ended with an error.
    pub attempts: i32,
    /// Leases that ended without a word.
    pub crashes: i32,
    /// What those tries ended with.
    pub errors: Vec<AttemptError>,
    /// When it was queued.
    pub queued_time: OffsetDateTime,
    /// The article as submitted.
    pub body: ClaimedBody,
    /// The article as accepted.
    pub summary: Summary,
}

/// What is to be processed. A damaged row must not keep the others from being claimed.
#[derive(Clone, Debug)]
pub enum ClaimedBody {
    /// As submitted.
    Draft(Arc<Draft>),
    /// The stored bytes are not what they were.
    Damaged,
}

/// How the queue is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueState {
    /// Jobs waiting or under a lease.
    pub depth: i64,
    /// Age of the oldest; zero if there is none.
    pub oldest_age: Duration,
}

impl Store {
    /// Claims up to `limit` jobs that are due, most urgent first. Nobody else gets them before `lease` has passed.
    pub async fn claim(&self, limit: i64, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        let rows = sqlx::query!(
            r#"with due as (
                   select article_id, version from jobs
                   where due_time <= now()
                   order by priority desc, due_time
                   limit $1
                   for update skip locked
               ), claimed as (
                   update jobs
                   set lease = nextval('job_lease'), due_time = now() + make_interval(secs => $2),
                       crashes = crashes + (lease is not null)::integer
                   from due
                   where jobs.article_id = due.article_id and jobs.version = due.version
                   returning jobs.article_id, jobs.version, jobs.lease, jobs.attempts, jobs.crashes, jobs.errors,
                       jobs.queued_time, jobs.priority
               )
               select claimed.article_id as "article_id!", claimed.version as "version!", claimed.lease as "lease!",
                   claimed.attempts as "attempts!", claimed.crashes as "crashes!",
                   claimed.errors as "errors!: Json<Vec<AttemptError>>", claimed.queued_time as "queued_time!",
                   v.body_kind, v.body, v.content_type, v.given_title, v.given_published_time, v.given_language,
                   v.summary as "summary: Json<Summary>"
               from claimed join article_versions v using (article_id, version)
               order by claimed.priority desc, claimed.queued_time"#,
            limit,
            lease.as_secs_f64()
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let Json(summary) = row.summary;
                let body = Body::from_parts(row.body_kind, row.body, row.content_type);
                let body = body.map_or(ClaimedBody::Damaged, |body| {
                    ClaimedBody::Draft(Arc::new(Draft {
                        source: summary.source.clone(),
                        external_id: summary.external_id.clone(),
                        url: summary.url.clone(),
                        body,
                        title: row.given_title,
                        published_time: row.given_published_time,
                        language: row.given_language,
                        labels: summary.labels.clone(),
                    }))
                });
                Claimed {
                    id: VersionId { article_id: row.article_id, version: row.version },
                    lease: row.lease,
                    attempts: row.attempts,
                    crashes: row.crashes,
                    errors: row.errors.0,
                    queued_time: row.queued_time,
                    body,
                    summary,
                }
            })
            .collect())
    }

    /// Extends leases to `lease` from now; those that were lost are left alone. One statement for all.
    pub async fn keep_leases(&self, held: &[(VersionId, i64)], lease: Duration) -> Result<(), StoreError> {
        let (article_ids, versions, leases) = columns(held);
        sqlx::query!(
            "update jobs set due_time = now() + make_interval(secs => $4)
             from unnest($1::uuid[], $2::integer[], $3::bigint[]) as t (article_id, version, lease)
             where jobs.article_id = t.article_id and jobs.version = t.version and jobs.lease = t.lease",
            &article_ids,
            &versions,
            &leases,
            lease.as_secs_f64()
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Gives jobs back, to be claimed by anyone at once; their crash counts stay as they were.
    pub async fn release_leases(&self, held: &[(VersionId, i64)]) -> Result<(), StoreError> {
        let (article_ids, versions, leases) = columns(held);
        sqlx::query!(
            "update jobs set lease = null, due_time = now()
             from unnest($1::uuid[], $2::integer[], $3::bigint[]) as t (article_id, version, lease)
             where jobs.article_id = t.article_id and jobs.version = t.version and jobs.lease = t.lease",
            &article_ids,
            &versions,
            &leases
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Counts the whole queue; for a timer.
    pub async fn queue_state(&self) -> Result<QueueState, StoreError> {
        let row = sqlx::query!(
            r#"select count(*) as "depth!",
                   coalesce(extract(epoch from now() - min(queued_time)), 0)::double precision as "oldest_seconds!"
               from jobs"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(QueueState {
            depth: row.depth,
            oldest_age: Duration::try_from_secs_f64(row.oldest_seconds).unwrap_or_default(),
        })
    }
}

/// Ids and leases as the columns that `unnest` takes.
pub(super) fn columns(held: &[(VersionId, i64)]) -> (Vec<uuid::Uuid>, Vec<i32>, Vec<i64>) {
    (
        held.iter().map(|(id, _)| id.article_id).collect(),
        held.iter().map(|(id, _)| id.version).collect(),
        held.iter().map(|(_, lease)| *lease).collect(),
    )
}
