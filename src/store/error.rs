//! What can go wrong with Postgres, told apart only where a caller acts differently. SQLSTATEs are named here and
//! nowhere else.

use sqlx::{error::DatabaseError, migrate::MigrateError};
use thiserror::Error;

/// An error of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Postgres cannot be reached or is not taking work now; the same call may succeed later. A commit that ends so may
    /// or may not have happened.
    #[error("Postgres is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The transaction collided with another; the same call may succeed at once.
    #[error("the transaction collided with another")]
    Collision(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be migrated")]
    Migration(#[source] MigrateError),
    /// Positions asked for are no longer held.
    #[error("log positions up to {trimmed_position} are no longer held")]
    Trimmed {
        /// The newest position that is gone.
        trimmed_position: i64,
    },
    /// More matches than the caller is ready for.
    #[error("more than {max} match")]
    TooMany {
        /// The caller's bound.
        max: i64,
    },
    /// Stored data that cannot be read back.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Anything else: a bug here or there.
    #[error("a statement failed")]
    Statement(#[source] sqlx::Error),
}

impl StoreError {
    /// The error of a caller that gave up waiting.
    pub fn timed_out() -> StoreError {
        StoreError::Unavailable(sqlx::Error::PoolTimedOut)
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, StoreError::Unavailable(_) | StoreError::Collision(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        if let sqlx::Error::Database(database) = &error {
            return match class_of(database.as_ref()) {
                Class::Collision => StoreError::Collision(error),
                Class::Unavailable => StoreError::Unavailable(error),
                Class::Statement => StoreError::Statement(error),
            };
        }
        let lost = matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
        );
        if lost { StoreError::Unavailable(error) } else { StoreError::Statement(error) }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> StoreError {
        let MigrateError::Execute(cause) = error else { return StoreError::Migration(error) };
        let cause = StoreError::from(cause);
        if let StoreError::Statement(statement) = cause {
            return StoreError::Migration(MigrateError::Execute(statement));
        }
        cause
    }
}

enum Class {
    Collision,
    Unavailable,
    Statement,
}

/// Classes 08 (connection), 53 (resources) and 57 (operator intervention) pass by themselves; so does class 40
/// (rollback by the system), and 55P03 (lock timeout) is a collision too. 25P03 is the idle-transaction guard.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn class_of(error: &dyn DatabaseError) -> Class {
    let code = error.code().unwrap_or_default();
    match code.get(..2) {
        Some("40") => Class::Collision,
        Some("08" | "53" | "57") => Class::Unavailable,
        _ if code == "55P03" => Class::Collision,
        _ if code == "25P03" => Class::Unavailable,
        // 55000 while shutting down, 58* (system errors) and 3D000 (database not there yet) are for people to look at.
        _ => Class::Statement,
    }
}
