//! Updates that were put aside, for people to look at and to put back.

use time::OffsetDateTime;
use uuid::Uuid;

use super::super::{Store, StoreError};
use crate::article::Position;

/// An update that was put aside.
#[derive(Clone, Debug)]
pub struct ParkedUpdate {
    /// Where it stands in the log.
    pub position: Position,
    /// Whose it is.
    pub article_id: Uuid,
    /// How often it was delivered.
    pub attempts: i32,
    /// Why.
    pub reason: String,
    /// Since when.
    pub parked_time: OffsetDateTime,
}

impl Store {
    /// The oldest parked updates of a group.
    pub async fn list_parked(&self, group_key: i64, limit: i64) -> Result<Vec<ParkedUpdate>, StoreError> {
        let parked = sqlx::query_as!(
            ParkedUpdate,
            r#"select position, article_id, attempts, coalesce(parked_reason, '') as "reason!",
                   due_time as parked_time
               from group_deliveries where group_key = $1 and state = 3 order by position limit $2"#,
            group_key,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(parked)
    }

    /// Puts parked updates back, oldest first: those at `positions`, or all; at most `limit`. How many.
    pub async fn replay_parked(
        &self,
        group_key: i64,
        positions: Option<&[Position]>,
        limit: i64,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query!(
            "update group_deliveries set state = 1, attempts = 0, due_time = now(), parked_reason = null
             where group_key = $1 and position in (
                 select position from group_deliveries
                 where group_key = $1 and state = 3 and ($2::bigint[] is null or position = any($2))
                 order by position limit $3 for update)",
            group_key,
            positions,
            limit
        )
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}
