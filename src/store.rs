//! Postgres: the only room that names sqlx. One statement a function, each on the caller's connection.
//!
//! Others hold a `Store` to read and a `Tx` to write, and see `StoreError` only. The rules that the database itself
//! states (unique, check, foreign key) are in migrations/.

mod articles;
mod duplicates;
pub mod entities;
mod error;
mod gazetteers;
pub mod groups;
mod hints;
mod jobs;
mod listing;
mod log;
mod outcomes;
mod queue;
mod reprocessing;
mod retention;
mod snapshot;
mod submissions;
mod texts;

pub use articles::{DeleteOutcome, erase};
pub use error::StoreError;
pub use gazetteers::{GazetteerMark, GazetteerRow};
pub use hints::HintListener;
pub use jobs::{Claimed, ClaimedBody};
pub use listing::{ListFilter, ListKey};
pub use log::{Head, LoggedEvents, NewEvent, append, decode};
pub use outcomes::{Finish, Outcome, apply_finishes};
pub use queue::{QueueDetails, QueueState, SourceQueue, requeue_failed};
pub use reprocessing::{ReprocessingRow, ReprocessingScope};
pub use retention::{PartitionSizes, Retained, Retention};
pub use snapshot::SnapshotFilter;
pub use submissions::{Submission, Submitted, insert_submissions};
pub use texts::{TextMatch, TextSearch};

use std::{str::FromStr, time::Duration};

use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

/// How to reach Postgres.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// Connections of this process; two more are used for hints.
    pub max_connections: u32,
    /// How long a read or a write may wait for a connection before it counts as unavailable.
    pub acquire_timeout: Duration,
}

/// A pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    /// One connection that does not wait for the disk: a hint that a crash loses is made up for by polling.
    hint_pool: PgPool,
}

/// A transaction: dropped without `commit`, it never happened.
#[derive(Debug)]
pub struct Tx(Transaction<'static, Postgres>);

impl Store {
    /// Prepares the pools; connections are made when first needed, so an absent Postgres shows as `Unavailable` later.
    /// Errors: a URL that is none.
    pub fn new(options: &StoreOptions) -> Result<Store, StoreError> {
        let connect = PgConnectOptions::from_str(&options.url)?.application_name("copydesk").options([
            // A writer that hangs must not hold up the log for everyone.
            ("lock_timeout", "10s"),
            ("statement_timeout", "60s"),
            ("idle_in_transaction_session_timeout", "10s"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .connect_lazy_with(connect.clone());
        let hint_pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(2))
            .connect_lazy_with(connect.options([("synchronous_commit", "off")]));
        Ok(Store { pool, hint_pool })
    }

    /// Brings the schema up to date. Safe to call from many processes at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        sqlx::migrate!().run(&self.pool).await.map_err(StoreError::from)
    }

    /// One round trip.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query!("select 1 as one").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Starts a transaction.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(Tx(self.pool.begin().await?))
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
        self.hint_pool.close().await;
    }
}

impl Tx {
    /// Makes it durable. An `Unavailable` error leaves open whether it was.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}
