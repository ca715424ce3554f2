//! What members say of their deliveries. It names the delivery, and only the latest one of an update is found, so a member
//! whose lease was lost changes nothing.

use std::{collections::HashSet, time::Duration};

use super::{
    super::{StoreError, Tx},
    GroupSettings, milliseconds,
};

/// What a member says became of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum SettlementAction {
    /// Done, or not wanted any more.
    Finish,
    /// Deliver it again, after a wait of its own or the group's.
    Retry(Option<Duration>),
    /// Put it aside.
    Park,
}

/// A settlement of one delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// Which.
    pub delivery_id: i64,
    /// What became of it.
    pub action: SettlementAction,
    /// Why, for people.
    pub reason: String,
}

/// What a settlement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which.
    pub delivery_id: i64,
    /// What.
    pub outcome: SettledAs,
}

/// What a settlement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettledAs {
    /// What was asked for.
    Done,
    /// It was the last retry.
    Parked,
}

/// Settles what is settled by its latest delivery, and returns those; the others were stale. At most two statements.
pub async fn apply_settlements(
    tx: &mut Tx,
    group_key: i64,
    settings: GroupSettings,
    settlements: &[Settlement],
) -> Result<Vec<Settled>, StoreError> {
    let (finished, others): (Vec<_>, Vec<_>) =
        settlements.iter().partition(|settlement| settlement.action == SettlementAction::Finish);
    let mut settled = finish(tx, group_key, &finished).await?;
    if others.is_empty() {
        return Ok(settled);
    }
    let ids: Vec<i64> = others.iter().map(|settlement| settlement.delivery_id).collect();
    let parks: Vec<bool> =
        others.iter().map(|settlement| settlement.action == SettlementAction::Park).collect();
    let delays: Vec<Option<i64>> = others
        .iter()
        .map(|settlement| match settlement.action {
            SettlementAction::Retry(delay) => delay.map(milliseconds),
            SettlementAction::Finish | SettlementAction::Park => None,
        })
        .collect();
    let reasons: Vec<String> = others.iter().map(|settlement| settlement.reason.clone()).collect();
    let rows = sqlx::query_file!(
        "src/store/groups/put_back.sql",
        group_key,
        &ids,
        &parks,
        &delays as &[Option<i64>],
        &reasons,
        settings.max_attempts,
        milliseconds(settings.min_retry_delay) as f64,
        milliseconds(settings.max_retry_delay) as f64
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let asked_to_park: HashSet<i64> =
        ids.iter().zip(&parks).filter(|(_, park)| **park).map(|(id, _)| *id).collect();
    settled.extend(rows.into_iter().map(|row| {
        let is_last_retry = row.state == 3 && !asked_to_park.contains(&row.delivery_id);
        let outcome = if is_last_retry { SettledAs::Parked } else { SettledAs::Done };
        Settled { delivery_id: row.delivery_id, outcome }
    }));
    Ok(settled)
}

async fn finish(tx: &mut Tx, group_key: i64, finished: &[&Settlement]) -> Result<Vec<Settled>, StoreError> {
    if finished.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = finished.iter().map(|settlement| settlement.delivery_id).collect();
    let rows = sqlx::query!(
        r#"delete from group_deliveries where group_key = $1 and delivery_id = any($2)
           returning delivery_id as "delivery_id!""#,
        group_key,
        &ids
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let done = |delivery_id| Settled { delivery_id, outcome: SettledAs::Done };
    Ok(rows.into_iter().map(|row| done(row.delivery_id)).collect())
}

/// Gives deliveries another lease from now on; returns those that are still the latest.
pub async fn extend_leases(
    tx: &mut Tx,
    group_key: i64,
    delivery_ids: &[i64],
    leases: &[Duration],
) -> Result<Vec<i64>, StoreError> {
    let leases: Vec<i64> = leases.iter().map(|lease| milliseconds(*lease)).collect();
    let rows = sqlx::query!(
        r#"update group_deliveries d set due_time = clock_timestamp() + e.lease_ms * interval '1 millisecond'
           from unnest($2::bigint[], $3::bigint[]) as e (delivery_id, lease_ms)
           where d.group_key = $1 and d.delivery_id = e.delivery_id
           returning d.delivery_id as "delivery_id!""#,
        group_key,
        delivery_ids,
        &leases
    )
    .fetch_all(&mut *tx.0)
    .await?;
    Ok(rows.into_iter().map(|row| row.delivery_id).collect())
}

/// Back to waiting, at once and as if they had never been delivered.
pub async fn give_back(tx: &mut Tx, group_key: i64, delivery_ids: &[i64]) -> Result<(), StoreError> {
    sqlx::query!(
        "update group_deliveries set state = 1, delivery_id = null, member_id = null, due_time = clock_timestamp(),
             attempts = greatest(attempts - 1, 0)
         where group_key = $1 and delivery_id = any($2)",
        group_key,
        delivery_ids
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}
