//! The queue: claiming under a lease, keeping the lease, giving it back.
//!
//! A claim is a short statement; the work happens without a lock. `due_time` is both "not before" and "lease ends", so one
//! index finds what waits and what was abandoned. Ending a job is in `outcomes`, fenced by the lease.

use std::{sync::Arc, time::Duration};

use sqlx::types::Json;
use time::OffsetDateTime;

use super::{Store, StoreError};
use crate::article::{Accuracy, AttemptError, Body, Draft, Priority, Summary, VersionId};

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

/// From the most urgent; those in the background are claimed apart.
const PRIORITIES: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];
/// Jobs looked at for each one that is claimed: claims that run side by side see the same oldest ones.
const CANDIDATES_A_JOB: i64 = 4;

impl Store {
    /// Claims up to `limit` jobs that are due, most urgent first; within a priority sources take turns, each with its
    /// oldest. Nobody else gets them before `lease` has passed. One statement for each priority that is looked at.
    pub async fn claim(&self, limit: i64, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        let mut claimed = Vec::new();
        for priority in PRIORITIES {
            let left = limit - i64::try_from(claimed.len()).unwrap_or(limit);
            if left <= 0 {
                break;
            }
            claimed.extend(self.claim_of_priority(priority, left, lease).await?);
        }
        Ok(claimed)
    }

    /// Claims up to `limit` jobs that nobody waits for; for when `claim` finds none. One statement.
    pub async fn claim_background(&self, limit: i64, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        self.claim_of_priority(Priority::Background, limit, lease).await
    }

    async fn claim_of_priority(
        &self,
        priority: Priority,
        limit: i64,
        lease: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        let rows = sqlx::query_file!(
            "src/store/claim.sql",
            priority as i16,
            limit,
            limit * CANDIDATES_A_JOB,
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
                        accuracy: row.given_accuracy.and_then(Accuracy::from_number),
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

    /// Extends leases to `lease` from now; those that were lost are left alone, and those whose jobs are just ending: it
    /// never waits for a commit, which may be waiting for it. One statement for all.
    pub async fn keep_leases(&self, held: &[(VersionId, i64)], lease: Duration) -> Result<(), StoreError> {
        let (article_ids, versions, leases) = columns(held);
        sqlx::query!(
            "with held as (
                 select article_id, version
                 from jobs join unnest($1::uuid[], $2::integer[], $3::bigint[]) as t (article_id, version, lease)
                     using (article_id, version, lease)
                 for update of jobs skip locked
             )
             update jobs set due_time = now() + make_interval(secs => $4)
             from held
             where jobs.article_id = held.article_id and jobs.version = held.version",
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
            "with held as (
                 select article_id, version
                 from jobs join unnest($1::uuid[], $2::integer[], $3::bigint[]) as t (article_id, version, lease)
                     using (article_id, version, lease)
                 for update of jobs skip locked
             )
             update jobs set lease = null, due_time = now()
             from held
             where jobs.article_id = held.article_id and jobs.version = held.version",
            &article_ids,
            &versions,
            &leases
        )
        .execute(&self.pool)
        .await?;
        Ok(())
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
