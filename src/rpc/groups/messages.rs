//! The messages of a Consume stream: settlements as the store knows them, deliveries and results as the contract does.

use std::{collections::HashMap, sync::Arc, time::Duration};

use copydesk_proto::v1;
use tokio::time::{Instant, sleep};

use super::{
    super::{answer, convert::Reading},
    DAY, LONGEST_LEASE, SHORTEST_LEASE, cursor,
};
use crate::{
    app::App,
    article::{Article, Event, State, VersionId, View},
    feed::Assignment,
    store::{
        StoreError,
        groups::{SettledAs, Settlement, SettlementAction},
    },
    wire::{self, timestamp},
};

const MAX_SETTLEMENTS: usize = 1_000;
const MAX_REASON_BYTES: usize = 1_000;
/// Deliveries that need a read wait so long for a Postgres that is away.
const STORE_PATIENCE: Duration = Duration::from_secs(10);
const STORE_RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// How a member wants its updates.
pub(super) struct Sending {
    pub(super) view: View,
    pub(super) encoding: v1::OffsetEncoding,
}

impl Sending {
    pub(super) async fn deliveries(
        &self,
        app: &App,
        batch: &[Assignment],
    ) -> Result<Vec<v1::Delivery>, StoreError> {
        let full = match self.view {
            View::Basic => HashMap::new(),
            View::Full | View::FullWithBody => self.read_results(app, batch).await?,
        };
        let now = Instant::now();
        let delivery = |assignment: &Assignment| {
            let event = &assignment.event;
            let result = if event.kind.state() == State::Processed {
                full.get(&event.summary.version_id())
            } else {
                None
            };
            v1::Delivery {
                delivery_id: assignment.delivery_id,
                attempt: assignment.attempts,
                lease_duration: assignment.ends_at.saturating_duration_since(now).try_into().ok(),
                update: Some(self.update(app, event, result)),
            }
        };
        Ok(batch.iter().map(delivery).collect())
    }

    fn update(&self, app: &App, event: &Arc<Event>, result: Option<&Article>) -> v1::Update {
        v1::Update {
            cursor: cursor(app, event.position),
            kind: event.kind as i32,
            time: Some(timestamp(event.time)),
            reprocessing: wire::reprocessing(&event.summary),
            article: Some(match result {
                Some(article) => answer::article(article, self.encoding),
                None => wire::article(&event.summary),
            }),
        }
    }

    async fn read_results(
        &self,
        app: &App,
        batch: &[Assignment],
    ) -> Result<HashMap<VersionId, Article>, StoreError> {
        let ids: Vec<VersionId> = batch
            .iter()
            .filter(|assignment| assignment.event.kind.state() == State::Processed)
            .map(|assignment| assignment.event.summary.version_id())
            .collect();
        let started = Instant::now();
        loop {
            match app.store().get_versions(&ids, self.view).await {
                Err(error) if error.is_transient() && started.elapsed() < STORE_PATIENCE => {
                    sleep(STORE_RETRY_INTERVAL).await;
                }
                result => return result,
            }
        }
    }
}

pub(super) fn settlements(reading: &mut Reading, settle: v1::Settle) -> Vec<Settlement> {
    let count = settle.settlements.len();
    if count == 0 || count > MAX_SETTLEMENTS {
        reading.refuse("settle.settlements", format!("has {count} settlements; send 1 to {MAX_SETTLEMENTS}"));
        return Vec::new();
    }
    let read = |(index, given): (usize, v1::Settlement)| settlement(reading, index, given);
    settle.settlements.into_iter().enumerate().map(read).collect()
}

fn settlement(reading: &mut Reading, index: usize, given: v1::Settlement) -> Settlement {
    let field = |name: &str| format!("settle.settlements[{index}].{name}");
    let own_delay = given.retry_delay.map(|delay| {
        reading.duration(&field("retry_delay"), Some(delay), Duration::ZERO, Duration::ZERO..=DAY)
    });
    let action = match v1::SettleAction::try_from(given.action) {
        Ok(v1::SettleAction::Ack | v1::SettleAction::Skip) => SettlementAction::Finish,
        Ok(v1::SettleAction::Retry) => SettlementAction::Retry(own_delay),
        Ok(v1::SettleAction::Park) => SettlementAction::Park,
        Ok(v1::SettleAction::Unspecified) | Err(_) => {
            let number = given.action;
            reading.refuse(&field("action"), format!("{number} is no action; use ACK, RETRY, PARK or SKIP"));
            SettlementAction::Retry(None)
        }
    };
    Settlement { delivery_id: given.delivery_id, action, reason: kept_reason(given.reason) }
}

/// As many whole characters as are kept. Postgres' text cannot hold a zero.
fn kept_reason(reason: String) -> String {
    let end = (0..=MAX_REASON_BYTES.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
    reason.get(..end.unwrap_or_default()).unwrap_or_default().replace('\0', "\u{fffd}")
}

pub(super) fn lease(reading: &mut Reading, extend: &v1::Extend, default: Duration) -> Duration {
    let count = extend.delivery_ids.len();
    if count == 0 || count > MAX_SETTLEMENTS {
        reading.refuse("extend.delivery_ids", format!("has {count} ids; send 1 to {MAX_SETTLEMENTS}"));
    }
    let bounds = SHORTEST_LEASE..=LONGEST_LEASE;
    reading.duration("extend.lease_duration", extend.lease_duration, default, bounds)
}

pub(super) fn settled(ids: &[i64], outcomes: Vec<Option<SettledAs>>) -> v1::SettleResults {
    let status = |outcome| match outcome {
        Some(SettledAs::Done) => v1::SettleStatus::Done,
        Some(SettledAs::Parked) => v1::SettleStatus::Parked,
        None => v1::SettleStatus::Stale,
    };
    results(ids, outcomes.into_iter().map(status))
}

pub(super) fn extended(ids: &[i64], outcomes: Vec<bool>) -> v1::SettleResults {
    let status = |is_extended| if is_extended { v1::SettleStatus::Done } else { v1::SettleStatus::Stale };
    results(ids, outcomes.into_iter().map(status))
}

fn results(ids: &[i64], statuses: impl Iterator<Item = v1::SettleStatus>) -> v1::SettleResults {
    let result =
        |(id, status): (&i64, v1::SettleStatus)| v1::SettleResult { delivery_id: *id, status: status.into() };
    v1::SettleResults { results: ids.iter().zip(statuses).map(result).collect() }
}
