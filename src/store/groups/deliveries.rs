//! What groups are not done with: one narrow row an update, from the moment it is read until it is settled.
//!
//! Every function is one statement of a transaction that holds the group's row (`lock_group`), so claims of several
//! processes take turns.

use std::{collections::HashSet, time::Duration};

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::{
    StoreError, Tx,
    log::{EntryRow, decode},
};
use crate::article::{Event, Position, Summary};

/// A group under its lock.
#[derive(Clone, Copy, Debug)]
pub struct LockedGroup {
    /// Everything up to here was looked at; never below what is held of the log.
    pub read_position: Position,
    /// By the database's clock, taken under the lock.
    pub now: OffsetDateTime,
}

/// What a group has open, and when the next of it is due.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Under a lease.
    pub in_flight: i64,
    /// Waiting or under a lease.
    pub open: i64,
    /// Until the next lease ends or the next wait does.
    pub next_due: Option<Duration>,
    /// What members of other processes have room for.
    pub others_room: i64,
}

/// A row to be.
#[derive(Clone, Copy, Debug)]
pub struct NewDelivery {
    /// In the log.
    pub position: Position,
    /// Whose update it is.
    pub article_id: Uuid,
    /// When it was committed.
    pub event_time: OffsetDateTime,
    /// In flight with this member at once; otherwise waiting.
    pub member_id: Option<Uuid>,
}

/// For whom, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The group.
    pub group_key: i64,
    /// Under the lock.
    pub now: OffsetDateTime,
    /// Of the deliveries.
    pub lease: Duration,
    /// One for each delivery that may be made, in the order in which they get them.
    pub members: &'a [Uuid],
}

/// A delivery that was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delivered {
    /// In the log.
    pub position: Position,
    /// Grows with every delivery, over all groups and processes.
    pub delivery_id: i64,
    /// To whom.
    pub member_id: Uuid,
    /// From 1.
    pub attempts: i32,
}

/// Locks a group's row until the transaction ends; `None` if it is gone. Goes on behind what retention has taken, and
/// counts it. One statement, three when something was taken.
pub async fn lock_group(tx: &mut Tx, group_key: i64) -> Result<Option<LockedGroup>, StoreError> {
    let row = sqlx::query!(
        r#"select g.read_position, clock_timestamp() as "now!",
               (select trimmed_position from log_head) as "trimmed_position!",
               coalesce((select min(position) from group_deliveries where group_key = $1), g.read_position + 1)
                   as "lowest!"
           from consumer_groups g where g.group_key = $1 for no key update"#,
        group_key
    )
    .fetch_optional(&mut *tx.0)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // The time of the row's select may be before a wait for its lock.
    let read_position = row.read_position.max(row.trimmed_position);
    if row.lowest <= row.trimmed_position {
        lose(tx, group_key, row.trimmed_position, row.now).await?;
    } else if read_position > row.read_position {
        advance(tx, group_key, read_position, read_position - row.read_position).await?;
    }
    Ok(Some(LockedGroup { read_position, now: row.now }))
}

/// Takes what retention has taken from a group, but for what a member has in hand.
async fn lose(
    tx: &mut Tx,
    group_key: i64,
    trimmed_position: Position,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with gone as (
             delete from group_deliveries
             where group_key = $1 and position <= $2 and not (state = 2 and due_time > $3) returning 1)
         update consumer_groups set read_position = greatest(read_position, $2),
             lost_positions = lost_positions + greatest($2 - read_position, 0) + (select count(*) from gone)
         where group_key = $1",
        group_key,
        trimmed_position,
        now
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

/// Moves the read position; `lost` are positions that were never looked at.
async fn advance(tx: &mut Tx, group_key: i64, read_position: Position, lost: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "update consumer_groups set read_position = $2, lost_positions = lost_positions + $3 where group_key = $1",
        group_key,
        read_position,
        lost
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

/// One walk over what is open.
pub async fn count_deliveries(
    tx: &mut Tx,
    group_key: i64,
    now: OffsetDateTime,
    own_server: &str,
) -> Result<Counts, StoreError> {
    let row = sqlx::query!(
        r#"select count(*) filter (where state = 2 and due_time > $2) as "in_flight!", count(*) as "open!",
               min(due_time) filter (where due_time > $2) as next_due,
               (select coalesce(sum(greatest(0, m.max_in_flight - (
                    select count(*) from group_deliveries o
                    where o.group_key = $1 and o.state = 2 and o.due_time > $2 and o.member_id = m.member_id))), 0)
                from group_members m
                where m.group_key = $1 and m.server <> $3 and m.seen_time > $2 - interval '15 seconds')::bigint
                   as "others_room!"
           from group_deliveries where group_key = $1 and state < 3"#,
        group_key,
        now,
        own_server
    )
    .fetch_one(&mut *tx.0)
    .await?;
    let next_due = row.next_due.map(|due| Duration::try_from(due - now).unwrap_or_default());
    Ok(Counts { in_flight: row.in_flight, open: row.open, next_due, others_room: row.others_room })
}

/// Parks what was delivered often enough and whose lease has ended again.
pub async fn park_exhausted(
    tx: &mut Tx,
    group_key: i64,
    now: OffsetDateTime,
    max_attempts: i32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update group_deliveries set state = 3, delivery_id = null, member_id = null, due_time = $2,
             parked_reason = 'delivered ' || attempts || ' times; the last lease ended without a word'
         where group_key = $1 and state = 2 and due_time <= $2 and attempts >= $3",
        group_key,
        now,
        max_attempts
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

/// Delivers what waits and is due, oldest first, but for what another update of its article holds up.
pub async fn claim_due(tx: &mut Tx, claim: Claim<'_>) -> Result<Vec<Delivered>, StoreError> {
    let mut delivered = sqlx::query_file_as!(
        Delivered,
        "src/store/groups/claim_due.sql",
        claim.group_key,
        claim.now,
        i64::try_from(claim.members.len()).unwrap_or(i64::MAX),
        claim.now + claim.lease,
        claim.members
    )
    .fetch_all(&mut *tx.0)
    .await?;
    delivered.sort_unstable_by_key(|delivered| delivered.position);
    Ok(delivered)
}

/// Those of `article_ids` that have an update waiting or in flight.
pub async fn blocked_articles(
    tx: &mut Tx,
    group_key: i64,
    article_ids: &[Uuid],
) -> Result<HashSet<Uuid>, StoreError> {
    let rows = sqlx::query!(
        "select distinct article_id from group_deliveries
         where group_key = $1 and state < 3 and article_id = any($2)",
        group_key,
        article_ids
    )
    .fetch_all(&mut *tx.0)
    .await?;
    Ok(rows.into_iter().map(|row| row.article_id).collect())
}

/// Adds what was read up to `read_position`; returns what is in flight at once, in log order. Two statements.
pub async fn insert_deliveries(
    tx: &mut Tx,
    claim: Claim<'_>,
    new: &[NewDelivery],
    read_position: Position,
) -> Result<Vec<Delivered>, StoreError> {
    advance(tx, claim.group_key, read_position, 0).await?;
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let positions: Vec<i64> = new.iter().map(|new| new.position).collect();
    let article_ids: Vec<Uuid> = new.iter().map(|new| new.article_id).collect();
    let times: Vec<OffsetDateTime> = new.iter().map(|new| new.event_time).collect();
    let members: Vec<Option<Uuid>> = new.iter().map(|new| new.member_id).collect();
    let rows = sqlx::query_file!(
        "src/store/groups/insert_deliveries.sql",
        claim.group_key,
        claim.now,
        claim.now + claim.lease,
        &positions,
        &article_ids,
        &times,
        &members as &[Option<Uuid>]
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let mut delivered: Vec<Delivered> = rows
        .into_iter()
        .filter_map(|row| {
            let (delivery_id, member_id) = row.delivery_id.zip(row.member_id)?;
            Some(Delivered { position: row.position, delivery_id, member_id, attempts: row.attempts })
        })
        .collect();
    delivered.sort_unstable_by_key(|delivered| delivered.position);
    Ok(delivered)
}

/// Events at positions, in order; those that are gone are missing.
pub async fn read_events(tx: &mut Tx, positions: &[Position]) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query_as!(
        EntryRow,
        r#"select position, kind, time, article_id, version, content, summary as "summary: Json<Summary>"
           from log_events where position = any($1) order by position"#,
        positions
    )
    .fetch_all(&mut *tx.0)
    .await?;
    rows.into_iter().map(|row| decode(row.entry()?)).collect()
}
