//! Hints between processes: "something was committed, look". They carry no content and may be lost; everyone who listens
//! also polls.
//!
//! A hint is never sent inside a writing transaction: NOTIFY takes a database-wide lock at commit.

use sqlx::postgres::PgListener;

use super::{Store, StoreError};

const CHANNEL: &str = "copydesk";

/// Hears the hints of every process on the database, its own included.
#[derive(Debug)]
pub struct HintListener(PgListener);

impl Store {
    /// Says that something was committed. The caller debounces.
    pub async fn hint(&self) -> Result<(), StoreError> {
        sqlx::query!("select pg_notify($1, '') as sent", CHANNEL).execute(&self.hint_pool).await?;
        Ok(())
    }

    /// Listens on a connection of its own.
    pub async fn listen(&self) -> Result<HintListener, StoreError> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(HintListener(listener))
    }
}

impl HintListener {
    /// Returns at the next hint, and also when the connection was lost and is back: hints may have been missed then.
    pub async fn heard(&mut self) -> Result<(), StoreError> {
        self.0.try_recv().await?;
        Ok(())
    }
}
