//! Durable consumer groups: making, finding, listing and deleting them, and how far each is.
//!
//! What a group is not done with is in `deliveries`, its open streams in `members`. The filter is opaque here: who reads
//! the log for a group decides what it wants. Called by `app` (the requests) and `feed` (the deliveries).

mod deliveries;
mod members;
mod parked;
mod settling;

pub use deliveries::{
    Claim, Counts, Delivered, LockedGroup, NewDelivery, blocked_articles, claim_due, count_deliveries,
    insert_deliveries, lock_group, park_exhausted, read_events,
};
pub use members::{GroupMember, NewMember, add_member, remove_members, see_members};
pub use parked::ParkedUpdate;
pub use settling::{
    Settled, SettledAs, Settlement, SettlementAction, apply_settlements, extend_leases, give_back,
};

use std::time::Duration;

use time::OffsetDateTime;

use super::{Store, StoreError};
use crate::article::Position;

/// Where a group was created to start; the numbers are those of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupStart {
    /// With the oldest update held.
    Beginning = 1,
    /// After a position of the caller's.
    After = 2,
    /// At the end of the log.
    Now = 3,
}

/// How a group treats its deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSettings {
    /// Of one delivery, unless it is extended.
    pub lease: Duration,
    /// Deliveries before an update is parked.
    pub max_attempts: i32,
    /// Over all members.
    pub max_in_flight: i32,
    /// After the first retry; doubles.
    pub min_retry_delay: Duration,
    /// The bound of the doubling.
    pub max_retry_delay: Duration,
}

/// A group to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewGroup {
    /// Unique.
    pub group_id: String,
    /// Kind of start.
    pub start: GroupStart,
    /// Exclusive.
    pub start_position: Position,
    /// As the contract encodes it.
    pub filter: Vec<u8>,
    /// How it treats its deliveries.
    pub settings: GroupSettings,
}

/// A group and how far it is.
#[derive(Clone, Debug)]
pub struct Group {
    /// Another for each group, also of one that is made anew under an old name.
    pub group_key: i64,
    /// As it was made.
    pub made: NewGroup,
    /// By the database's clock.
    pub created_time: OffsetDateTime,
    /// Everything up to here was looked at.
    pub read_position: Position,
    /// Everything up to here is settled.
    pub checkpoint: Position,
    /// The end of the log.
    pub head_position: Position,
    /// Positions that retention took too early.
    pub lost_positions: i64,
    /// Read and not delivered now.
    pub waiting_count: i64,
    /// Under a lease.
    pub in_flight_count: i64,
    /// Put aside.
    pub parked_count: i64,
    /// Of the oldest that is waiting or unread.
    pub oldest_undelivered_time: Option<OffsetDateTime>,
}

/// As `read_groups.sql` returns it.
struct GroupRow {
    group_key: i64,
    group_id: String,
    start_kind: i16,
    start_position: i64,
    filter: Vec<u8>,
    lease_ms: i64,
    max_attempts: i32,
    max_in_flight: i32,
    min_retry_delay_ms: i64,
    max_retry_delay_ms: i64,
    created_time: OffsetDateTime,
    read_position: i64,
    lost_positions: i64,
    checkpoint: i64,
    head_position: i64,
    waiting_count: i64,
    in_flight_count: i64,
    parked_count: i64,
    oldest_undelivered_time: Option<OffsetDateTime>,
}

impl Store {
    /// Makes a group; `None` if there is one of that name.
    pub async fn create_group(&self, new: &NewGroup) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query!(
            "insert into consumer_groups (group_id, start_kind, start_position, filter, lease_ms, max_attempts,
                 max_in_flight, min_retry_delay_ms, max_retry_delay_ms, created_time, read_position)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now(), $3)
             on conflict (group_id) do nothing
             returning group_key",
            new.group_id,
            new.start as i16,
            new.start_position,
            new.filter,
            milliseconds(new.settings.lease),
            new.settings.max_attempts,
            new.settings.max_in_flight,
            milliseconds(new.settings.min_retry_delay),
            milliseconds(new.settings.max_retry_delay)
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|row| row.group_key))
    }

    /// One group.
    pub async fn get_group(&self, group_id: &str) -> Result<Option<Group>, StoreError> {
        let only = [group_id.to_owned()];
        Ok(self.read_groups(Some(&only), "", 1).await?.pop())
    }

    /// Groups by name, after a name. Costs a walk over their unsettled deliveries.
    pub async fn list_groups(&self, after_group_id: &str, limit: i64) -> Result<Vec<Group>, StoreError> {
        self.read_groups(None, after_group_id, limit).await
    }

    /// False if there is none of that name. Its deliveries and members go with it.
    pub async fn delete_group(&self, group_id: &str) -> Result<bool, StoreError> {
        let done = sqlx::query!("delete from consumer_groups where group_id = $1", group_id)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// The lowest checkpoint of all groups, `None` without groups: positions after it are still needed by one, and
    /// retention that takes them makes that group lose them (`Group::lost_positions`). One index look-up a group.
    pub async fn lowest_checkpoint(&self) -> Result<Option<Position>, StoreError> {
        let row = sqlx::query!(
            r#"select min(least(g.read_position, lowest.position - 1)) as checkpoint
               from consumer_groups g
               left join lateral (
                   select d.position from group_deliveries d where d.group_key = g.group_key
                   order by d.position limit 1
               ) lowest on true"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(row.checkpoint)
    }

    async fn read_groups(
        &self,
        only: Option<&[String]>,
        after_group_id: &str,
        limit: i64,
    ) -> Result<Vec<Group>, StoreError> {
        let rows =
            sqlx::query_file_as!(GroupRow, "src/store/groups/read_groups.sql", only, after_group_id, limit)
                .fetch_all(&self.pool)
                .await?;
        let group = |row: GroupRow| -> Result<Group, StoreError> {
            let start = [GroupStart::Beginning, GroupStart::After, GroupStart::Now]
                .into_iter()
                .find(|start| *start as i16 == row.start_kind)
                .ok_or_else(|| StoreError::Damaged(format!("group {} has an unknown start", row.group_id)))?;
            Ok(Group {
                group_key: row.group_key,
                made: NewGroup {
                    group_id: row.group_id,
                    start,
                    start_position: row.start_position,
                    filter: row.filter,
                    settings: GroupSettings {
                        lease: duration(row.lease_ms),
                        max_attempts: row.max_attempts,
                        max_in_flight: row.max_in_flight,
                        min_retry_delay: duration(row.min_retry_delay_ms),
                        max_retry_delay: duration(row.max_retry_delay_ms),
                    },
                },
                created_time: row.created_time,
                read_position: row.read_position,
                checkpoint: row.checkpoint,
                head_position: row.head_position,
                lost_positions: row.lost_positions,
                waiting_count: row.waiting_count,
                in_flight_count: row.in_flight_count,
                parked_count: row.parked_count,
                oldest_undelivered_time: row.oldest_undelivered_time,
            })
        };
        rows.into_iter().map(group).collect()
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn duration(milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}
