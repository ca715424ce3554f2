//! Room for what comes, and the end of what is old: partitions are added ahead of time and dropped whole.
//!
//! Nothing here waits for readers: a statement that cannot have its lock in a second is tried again at the next turn.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Store, StoreError};

/// How long dropping may hold up the log while it waits for a reader.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '1s'";
/// Room that is made ahead however small partitions are: what is written between two turns of the timer, and far more.
const MIN_LOG_POSITIONS: i64 = 100_000;
const MIN_ARTICLE_TIME: Duration = Duration::from_secs(60);
/// Narrow rows deleted in one statement.
const DELETED_ROWS: i64 = 5_000;
/// Partitions smaller than this are counted; the size of larger ones is known well enough from statistics.
const COUNTED_ROWS: f32 = 100_000.0;

/// Widths of partitions: what is old is dropped in steps of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionSizes {
    /// Positions of the log.
    pub log_positions: i64,
    /// Time in which the articles of one partition were accepted first.
    pub articles: Duration,
}

/// What is kept; `None` is for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Updates are kept at least so long.
    pub updates_age: Option<Duration>,
    /// At least so many of the newest updates are kept.
    pub updates_count: Option<i64>,
    /// Articles are kept at least so long after they were accepted first.
    pub articles_age: Option<Duration>,
    /// About so many of the newest articles are kept, at least.
    pub articles_count: Option<i64>,
}

/// What one turn of `retain` did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Partitions of the log that went.
    pub log_partitions: i32,
    /// Partitions of articles that went.
    pub article_partitions: i32,
}

/// A partition of articles.
struct Part {
    suffix: String,
    first_id: Uuid,
    end_id: Uuid,
    end_time: OffsetDateTime,
}

impl Store {
    /// Makes sure that there is room ahead, for two partitions' worth or more. Two statements; for a timer.
    pub async fn add_partitions(&self, sizes: PartitionSizes) -> Result<(), StoreError> {
        sqlx::query!(
            "select add_log_partitions(position + $1, $2) from log_head",
            MIN_LOG_POSITIONS.max(2 * sizes.log_positions),
            sizes.log_positions
        )
        .fetch_one(&self.pool)
        .await?;
        sqlx::query!(
            "select add_article_partitions(
                 now() + make_interval(secs => $1), make_interval(secs => $2))",
            MIN_ARTICLE_TIME.max(2 * sizes.articles).as_secs_f64(),
            sizes.articles.as_secs_f64()
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(())
    }

    /// Drops what `keep` does not hold. Cost: a few statements, and one for each 5,000 articles that go. For a timer; of
    /// many processes one does it.
    pub async fn retain(&self, keep: Retention) -> Result<Retained, StoreError> {
        if keep == Retention::default() {
            return Ok(Retained::default());
        }
        let mut lock = self.pool.begin().await?;
        // It idles, on purpose, as long as the turn takes.
        sqlx::raw_sql("set local idle_in_transaction_session_timeout = 0").execute(&mut *lock).await?;
        let is_ours =
            sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(hashtext('copydesk.retain')) as "is!""#)
                .fetch_one(&mut *lock)
                .await?;
        if !is_ours {
            return Ok(Retained::default());
        }
        let retained = Retained {
            log_partitions: self.trim_log(keep).await?,
            article_partitions: self.expire_articles(keep).await?,
        };
        lock.rollback().await?;
        Ok(retained)
    }

    /// Whichever of age and count is set and reached lets a partition go.
    async fn trim_log(&self, keep: Retention) -> Result<i32, StoreError> {
        let through = sqlx::query_scalar!(
            r#"select max(p.end_position - 1) as through
               from log_partitions p, log_head h
               where p.end_position - 1 <= h.position
                 and (p.end_position - 1 <= h.position - $1::bigint
                     or (select time from log_events e where e.position = p.end_position - 1)
                         < now() - make_interval(secs => $2))"#,
            keep.updates_count,
            keep.updates_age.map(|age| age.as_secs_f64())
        )
        .fetch_one(&self.pool)
        .await?;
        let Some(through) = through else { return Ok(0) };
        let mut tx = self.pool.begin().await?;
        sqlx::raw_sql(LOCK_TIMEOUT).execute(&mut *tx).await?;
        let dropped = sqlx::query_scalar!(r#"select drop_log_partitions($1) as "dropped!""#, through)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(dropped)
    }

    async fn expire_articles(&self, keep: Retention) -> Result<i32, StoreError> {
        let mut dropped = 0;
        for part in self.expired_parts(keep).await? {
            self.forget_articles(&part).await?;
            let mut tx = self.pool.begin().await?;
            sqlx::raw_sql(LOCK_TIMEOUT).execute(&mut *tx).await?;
            sqlx::query!("select drop_article_partition($1)", part.suffix).fetch_one(&mut *tx).await?;
            tx.commit().await?;
            dropped += 1;
        }
        Ok(dropped)
    }

    /// Oldest first.
    async fn expired_parts(&self, keep: Retention) -> Result<Vec<Part>, StoreError> {
        let parts = sqlx::query_as!(
            Part,
            "select suffix, first_id, end_id, end_time from article_partitions order by first_id desc"
        )
        .fetch_all(&self.pool)
        .await?;
        let oldest_kept = keep.articles_age.map(|age| OffsetDateTime::now_utc() - age);
        let mut newer = 0;
        let mut expired = Vec::new();
        for part in parts {
            let is_past = part.end_time <= OffsetDateTime::now_utc();
            let is_old = oldest_kept.is_some_and(|oldest| part.end_time <= oldest);
            let is_beyond = keep.articles_count.is_some_and(|count| newer >= count);
            if keep.articles_count.is_some() {
                newer += self.count_articles(&part).await?;
            }
            if is_past && (is_old || is_beyond) {
                expired.push(part);
            }
        }
        expired.reverse();
        Ok(expired)
    }

    async fn count_articles(&self, part: &Part) -> Result<i64, StoreError> {
        let estimate = sqlx::query_scalar!(
            r#"select reltuples as "rows!" from pg_class where relname = $1"#,
            format!("article_versions_{}", part.suffix)
        )
        .fetch_one(&self.pool)
        .await?;
        if estimate >= COUNTED_ROWS {
            return Ok(estimate as i64);
        }
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from articles where article_id >= $1 and article_id < $2"#,
            part.first_id,
            part.end_id
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }

    /// From here on they are gone from every answer; what they said goes with the partition.
    async fn forget_articles(&self, part: &Part) -> Result<(), StoreError> {
        loop {
            let forgotten = sqlx::query!(
                "with old as (
                     select article_id from articles where article_id >= $1 and article_id < $2
                     order by article_id limit $3
                 ), jobs_gone as (
                     delete from jobs where article_id in (select article_id from old)
                 ), requests_gone as (
                     delete from submit_requests where article_id in (select article_id from old)
                 )
                 delete from articles where article_id in (select article_id from old)",
                part.first_id,
                part.end_id,
                DELETED_ROWS
            )
            .execute(&self.pool)
            .await?;
            if forgotten.rows_affected() == 0 {
                break;
            }
        }
        // Those that were made meanwhile, to process an article again.
        sqlx::query!(
            "delete from jobs where article_id >= $1 and article_id < $2",
            part.first_id,
            part.end_id
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
