//! Open Consume streams, of all processes. A row counts while its process keeps saying that it is there.

use time::OffsetDateTime;
use uuid::Uuid;

use super::super::{Store, StoreError, Tx};

/// A member that was not seen for so long is gone with its process.
const SEEN_SECONDS: f64 = 15.0;
/// Its row is deleted some time later.
const FORGOTTEN_SECONDS: f64 = 60.0;

/// A stream that opens.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// New.
    pub member_id: Uuid,
    /// As it calls itself.
    pub name: String,
    /// The process that holds the stream.
    pub server: String,
    /// Its window.
    pub max_in_flight: i32,
}

/// An open stream.
#[derive(Clone, Debug)]
pub struct GroupMember {
    /// Of this stream.
    pub member_id: Uuid,
    /// As it calls itself.
    pub name: String,
    /// The process that holds the stream.
    pub server: String,
    /// Its window.
    pub max_in_flight: i32,
    /// By the database's clock.
    pub joined_time: OffsetDateTime,
    /// Under a lease with it.
    pub in_flight_count: i64,
}

impl Store {
    /// The open streams of a group over all processes, oldest first.
    pub async fn list_group_members(&self, group_key: i64) -> Result<Vec<GroupMember>, StoreError> {
        let members = sqlx::query_as!(
            GroupMember,
            r#"select m.member_id, m.name, m.server, m.max_in_flight, m.joined_time,
                   (select count(*) from group_deliveries d
                    where d.group_key = m.group_key and d.state = 2 and d.due_time > now()
                        and d.member_id = m.member_id) as "in_flight_count!"
               from group_members m
               where m.group_key = $1 and m.seen_time > now() - make_interval(secs => $2)
               order by m.joined_time, m.member_id"#,
            group_key,
            SEEN_SECONDS
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(members)
    }
}

/// Adds a member; false if the group is gone.
pub async fn add_member(tx: &mut Tx, group_key: i64, member: &NewMember) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "insert into group_members (member_id, group_key, name, server, max_in_flight, joined_time, seen_time)
         select $1, group_key, $3, $4, $5, now(), now() from consumer_groups where group_key = $2
         on conflict (member_id) do nothing",
        member.member_id,
        group_key,
        member.name,
        member.server,
        member.max_in_flight
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Says that these are still there, and forgets those of dead processes.
pub async fn see_members(tx: &mut Tx, group_key: i64, member_ids: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "update group_members set seen_time = clock_timestamp() where member_id = any($1)",
        member_ids
    )
    .execute(&mut *tx.0)
    .await?;
    sqlx::query!(
        "delete from group_members where group_key = $1
             and seen_time < clock_timestamp() - make_interval(secs => $2)",
        group_key,
        FORGOTTEN_SECONDS
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

/// Forgets members that left.
pub async fn remove_members(tx: &mut Tx, member_ids: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!("delete from group_members where member_id = any($1)", member_ids)
        .execute(&mut *tx.0)
        .await?;
    Ok(())
}
