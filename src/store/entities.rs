//! The registry of entities: its part of a result's commit (`identify`, `replace_article_entities`), and what
//! EntityService reads and changes.
//!
//! Whoever writes here holds the advisory lock of `lock` until its transaction ends, so that two processes never make two
//! of one. The lock comes before the log's head in every transaction, so that they cannot wait for each other.

mod changing;
mod identify;
mod reading;
mod rows;

pub use changing::{ChangeKey, EntityChange, MergeOutcome, SplitOutcome};
pub use identify::{identify, replace_article_entities};
pub use rows::{
    EntityFilter, EntityKey, EntityRecord, EntityRow, MentionKey, MentionRow, Period, RelatedRow,
    TimelineRow, Unit,
};

use super::{StoreError, Tx};

/// One writer of the registry at a time, over all processes, until the transaction ends.
async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('copydesk.entities'))").fetch_one(&mut *tx.0).await?;
    Ok(())
}
