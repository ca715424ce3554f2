//! Processing again: requests, the jobs they become slice by slice, and how such a job ends.
//!
//! A request by filter is a row with the place it has come to; one short transaction makes the jobs of the next slice and
//! moves the place, so that an archive is never one transaction and a crash repeats nothing. A job of an article that is
//! processed is a job to process it again: that is how a worker and its end know.

use std::collections::HashMap;

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{ListFilter, ListKey, NewEvent, Store, StoreError, Tx};
use crate::article::{EventKind, Failure, Priority, Reprocessing, State, Summary, VersionId};

/// A request to process again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReprocessingRow {
    /// Its id.
    pub reprocessing_id: Uuid,
    /// As the caller wrote it; empty for one by ids.
    pub filter: String,
    /// By the database's clock.
    pub created_time: OffsetDateTime,
    /// Jobs made so far.
    pub article_count: i64,
    /// Where the last slice ended.
    pub through: Option<(OffsetDateTime, Uuid)>,
    /// There are jobs for all of it since then.
    pub finished_time: Option<OffsetDateTime>,
}

/// A row of the table.
struct StoredReprocessing {
    reprocessing_id: Uuid,
    filter: String,
    created_time: OffsetDateTime,
    article_count: i64,
    through_time: Option<OffsetDateTime>,
    through_id: Option<Uuid>,
    finished_time: Option<OffsetDateTime>,
}

impl From<StoredReprocessing> for ReprocessingRow {
    fn from(row: StoredReprocessing) -> ReprocessingRow {
        ReprocessingRow {
            reprocessing_id: row.reprocessing_id,
            filter: row.filter,
            created_time: row.created_time,
            article_count: row.article_count,
            through: row.through_time.zip(row.through_id),
            finished_time: row.finished_time,
        }
    }
}

/// Which articles.
#[derive(Clone, Debug)]
pub enum ReprocessingScope<'a> {
    /// These; their jobs are made at once.
    Ids(&'a [Uuid]),
    /// What this filter, written out, matches.
    Filter(&'a str),
}

impl Store {
    /// Stores a request, and the jobs of one by ids. A `request_id` that was used before answers with that request; `false`
    /// says so. One transaction.
    pub async fn request_reprocessing(
        &self,
        request_id: Option<&str>,
        scope: ReprocessingScope<'_>,
    ) -> Result<(ReprocessingRow, bool), StoreError> {
        let (filter, ids) = match scope {
            ReprocessingScope::Ids(ids) => ("", ids),
            ReprocessingScope::Filter(filter) => (filter, [].as_slice()),
        };
        let mut tx = self.begin().await?;
        let inserted = sqlx::query_scalar!(
            "insert into reprocessings (reprocessing_id, request_id, filter) values ($1, $2, $3)
             on conflict (request_id) do nothing returning reprocessing_id",
            Uuid::now_v7(),
            request_id,
            filter
        )
        .fetch_optional(&mut *tx.0)
        .await?;
        if let (Some(id), ReprocessingScope::Ids(_)) = (inserted, scope) {
            let count = queue_again(&mut tx, ids).await?;
            sqlx::query!(
                "update reprocessings set article_count = $2, finished_time = now() where reprocessing_id = $1",
                id,
                count
            )
            .execute(&mut *tx.0)
            .await?;
        }
        let row = sqlx::query_as!(
            StoredReprocessing,
            "select reprocessing_id, filter, created_time, article_count, through_time, through_id, finished_time
             from reprocessings where reprocessing_id = $1 or request_id = $2",
            inserted,
            request_id
        )
        .fetch_one(&mut *tx.0)
        .await?;
        tx.commit().await?;
        Ok((row.into(), inserted.is_some()))
    }

    /// One request by its id.
    pub async fn get_reprocessing(&self, id: Uuid) -> Result<Option<ReprocessingRow>, StoreError> {
        let row = sqlx::query_as!(
            StoredReprocessing,
            "select reprocessing_id, filter, created_time, article_count, through_time, through_id, finished_time
             from reprocessings where reprocessing_id = $1",
            id
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(ReprocessingRow::from))
    }

    /// Makes jobs for the next slice of the oldest unfinished request; of several processes one does it. `read` reads its
    /// filter; one that it cannot read any more is finished as it is. False: there is nothing to do, or the queue has
    /// `max_waiting` such jobs. Proportional to the slice, and to what the filter passes over to find it.
    pub async fn advance_reprocessing(
        &self,
        slice: i64,
        max_waiting: i64,
        read: impl Fn(&str) -> Option<ListFilter>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            r#"select reprocessing_id, filter, created_time, through_time, through_id,
                   (select count(*) from jobs where priority = 0) as "waiting!"
               from reprocessings where finished_time is null
               order by created_time limit 1 for update skip locked"#
        )
        .fetch_optional(&mut *tx.0)
        .await?;
        let Some(row) = row.filter(|row| row.waiting < max_waiting) else { return Ok(false) };
        let found = match read(&row.filter) {
            Some(filter) => {
                // What is accepted later is processed by the new rules anyway.
                let until = filter.accepted_until.unwrap_or(row.created_time).min(row.created_time);
                let filter = ListFilter { accepted_until: Some(until), ..filter };
                let after = row.through_time.zip(row.through_id);
                let after = after.map(|(accepted_time, article_id)| ListKey { accepted_time, article_id });
                self.list_articles(&filter, after, slice).await?
            }
            None => Vec::new(),
        };
        let ids: Vec<Uuid> = found.iter().map(|summary| summary.article_id).collect();
        let count = queue_again(&mut tx, &ids).await?;
        let is_last = i64::try_from(ids.len()).unwrap_or(slice) < slice;
        sqlx::query!(
            "update reprocessings
             set article_count = article_count + $2, through_time = coalesce($3, through_time),
                 through_id = coalesce($4, through_id), finished_time = case when $5 then now() end
             where reprocessing_id = $1",
            row.reprocessing_id,
            count,
            found.last().map(|summary| summary.accepted_time),
            found.last().map(|summary| summary.article_id),
            is_last
        )
        .execute(&mut *tx.0)
        .await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Makes background jobs for those among `ids` that are processed and not deleted; returns how many. One that is in work
/// already is taken from its worker: it began with the old rules.
async fn queue_again(tx: &mut Tx, ids: &[Uuid]) -> Result<i64, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let queued = sqlx::query!(
        "with latest as (
             -- The lock keeps a deletion out until there is a job for it to delete.
             select a.article_id, a.latest_version, a.source from articles a
             where a.article_id = any($1) and a.deleted_time is null
             order by a.article_id
             for key share
         )
         insert into jobs (article_id, version, source, priority, due_time, queued_time)
         select l.article_id, l.latest_version, l.source, $2, now(), now()
         from latest l
         join article_versions v on v.article_id = l.article_id and v.version = l.latest_version
         where v.state = 2
         on conflict (article_id, version) do update
             set lease = null, due_time = case when jobs.lease is null then jobs.due_time else now() end",
        ids,
        Priority::Background as i16
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(i64::try_from(queued.rows_affected()).unwrap_or(i64::MAX))
}

/// Jobs that ended whose articles had a result before: what it was, and those that keep it.
#[derive(Default)]
pub(super) struct Earlier {
    results: HashMap<VersionId, Summary>,
    kept: Vec<Summary>,
}

impl Earlier {
    /// The article had a result when the job was claimed.
    pub(super) fn is_of(summary: &Summary) -> bool {
        summary.state == State::Processed
    }

    pub(super) fn replaced(&mut self, earlier: Summary) {
        self.results.insert(earlier.version_id(), earlier);
    }

    pub(super) fn kept(&mut self, earlier: Summary, failure: Failure) {
        self.kept.push(Summary { reprocessing_failure: Some(failure), ..earlier });
    }

    /// Stores what is said of failures and forgets the names of the earlier results. Two statements.
    pub(super) async fn store(&self, tx: &mut Tx) -> Result<(), StoreError> {
        if !self.results.is_empty() {
            let (ids, versions) = columns(self.results.keys());
            sqlx::query!(
                "delete from article_entity_names n
                 using unnest($1::uuid[], $2::integer[]) as t (article_id, version)
                 where n.article_id = t.article_id and n.version = t.version",
                &ids,
                &versions
            )
            .execute(&mut *tx.0)
            .await?;
        }
        if !self.kept.is_empty() {
            let ids: Vec<VersionId> = self.kept.iter().map(Summary::version_id).collect();
            let (ids, versions) = columns(ids.iter());
            let summaries: Vec<Json<&Summary>> = self.kept.iter().map(Json).collect();
            sqlx::query!(
                "update article_versions v set summary = t.summary
                 from unnest($1::uuid[], $2::integer[], $3::jsonb[]) as t (article_id, version, summary)
                 where v.article_id = t.article_id and v.version = t.version",
                &ids,
                &versions,
                &summaries as &[Json<&Summary>]
            )
            .execute(&mut *tx.0)
            .await?;
        }
        Ok(())
    }

    /// The event of a new result: PROCESSED, or REPROCESSED with what changed.
    pub(super) fn event(&mut self, summary: Summary) -> NewEvent {
        let Some(earlier) = self.results.remove(&summary.version_id()) else {
            return NewEvent { kind: EventKind::Processed, summary };
        };
        let change = Reprocessing {
            previously_made_by: earlier.made_by,
            previous_gazetteer_revision: earlier.gazetteer_revision,
            ..Reprocessing::between(&earlier.entities, &summary.entities)
        };
        let summary = Summary { reprocessing: Some(Box::new(change)), ..summary };
        NewEvent { kind: EventKind::Reprocessed, summary }
    }

    /// The events of those that failed.
    pub(super) fn failures(self) -> impl Iterator<Item = NewEvent> {
        self.kept.into_iter().map(|summary| {
            let change = Reprocessing {
                previously_made_by: summary.made_by.clone(),
                previous_gazetteer_revision: summary.gazetteer_revision,
                failure: summary.reprocessing_failure.clone(),
                ..Reprocessing::default()
            };
            let summary = Summary { reprocessing: Some(Box::new(change)), ..summary };
            NewEvent { kind: EventKind::Reprocessed, summary }
        })
    }
}

fn columns<'a>(ids: impl Iterator<Item = &'a VersionId>) -> (Vec<Uuid>, Vec<i32>) {
    ids.map(|id| (id.article_id, id.version)).unzip()
}
