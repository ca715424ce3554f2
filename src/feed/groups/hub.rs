//! One group's task in this process: waits for something to do, and runs cycles until there is nothing.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};
use tracing::warn;
use uuid::Uuid;

use super::{
    GroupEnd, Groups, Said,
    cycle::{Cycle, Next},
    windows::Windows,
};
use crate::{
    feed::Filter,
    store::{
        StoreError,
        groups::{Group, GroupSettings, SettledAs, Settlement},
    },
};

/// A store that is away for longer ends the streams of the group's members.
const STORE_PATIENCE: Duration = Duration::from_secs(10);
const STORE_RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// Requests that share a transaction.
const MAX_REQUESTS: usize = 256;

/// What members ask of a group.
pub(super) enum Request {
    Settle {
        settlements: Vec<Settlement>,
        reply: oneshot::Sender<Result<Vec<Option<SettledAs>>, GroupEnd>>,
    },
    Extend {
        delivery_ids: Vec<i64>,
        lease: Duration,
        reply: oneshot::Sender<Result<Vec<bool>, GroupEnd>>,
    },
    /// Deliveries that nobody works on.
    GiveBack(Vec<i64>),
    /// A member left.
    Leave(Uuid),
}

/// One group in this process.
pub(super) struct Hub {
    pub(super) group_key: i64,
    pub(super) group_id: String,
    pub(super) settings: GroupSettings,
    pub(super) filter: Filter,
    pub(super) start_position: i64,
    windows: Mutex<Windows>,
    requests: mpsc::UnboundedSender<Request>,
    wake: Notify,
    end: Mutex<Option<GroupEnd>>,
}

impl Hub {
    pub(super) fn new(group: &Group, filter: Filter) -> (Hub, mpsc::UnboundedReceiver<Request>) {
        let (requests, received) = mpsc::unbounded_channel();
        let hub = Hub {
            group_key: group.group_key,
            group_id: group.made.group_id.clone(),
            settings: group.made.settings,
            filter,
            start_position: group.read_position,
            windows: Mutex::default(),
            requests,
            wake: Notify::new(),
            end: Mutex::default(),
        };
        (hub, received)
    }

    pub(super) fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, member_id: Uuid, max_in_flight: usize, said: mpsc::UnboundedSender<Said>) {
        self.windows().add(member_id, max_in_flight, said);
        self.wake.notify_one();
    }

    /// `unsent` goes back at once, the rest of what the member has only if it gives back.
    pub(super) fn remove(&self, member_id: Uuid, unsent: Vec<i64>, gives_back: bool) {
        let held = self.windows().remove(member_id);
        let back = if gives_back { held } else { unsent };
        if !back.is_empty() {
            self.ask(Request::GiveBack(back));
        }
        self.ask(Request::Leave(member_id));
    }

    pub(super) fn ask(&self, request: Request) {
        // Fails only when the hub has ended; the reply's sender is dropped with the request.
        let _ = self.requests.send(request);
    }

    pub(super) fn look(&self) {
        self.wake.notify_one();
    }

    pub(super) fn is_idle(&self) -> bool {
        self.windows().is_empty()
    }

    /// Why it has ended; of a hub that ended because all had left, nobody asks.
    pub(super) fn end(&self) -> GroupEnd {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        end.clone().unwrap_or_else(|| GroupEnd::Store(Arc::new(StoreError::timed_out())))
    }

    pub(super) fn end_with(&self, end: GroupEnd) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end.clone());
        self.windows().end(&end);
    }
}

/// Runs until the last member has left, or the group can serve no more.
pub(super) async fn run(groups: Groups, hub: Arc<Hub>, mut received: mpsc::UnboundedReceiver<Request>) {
    let mut tail = groups.shared.feed.shared.tail.subscribe();
    let mut cycle = Cycle::new(groups.clone(), hub.clone());
    let mut requests = Vec::new();
    let mut looks_at_rows = true;
    loop {
        while let Ok(request) = received.try_recv() {
            requests.push(request);
            if requests.len() >= MAX_REQUESTS {
                break;
            }
        }
        let due = match run_cycle(&mut cycle, &requests, looks_at_rows).await {
            Ok(Next::At(next)) => next,
            Ok(Next::Gone) => {
                return groups.end_hub(&hub, GroupEnd::Deleted);
            }
            Err(error) => {
                warn!(
                    group.id = hub.group_id,
                    error = &error as &dyn std::error::Error,
                    "the group cannot be worked; its streams are closed"
                );
                return groups.end_hub(&hub, GroupEnd::Store(Arc::new(error)));
            }
        };
        let gave_back = requests.iter().any(|request| matches!(request, Request::GiveBack(_)));
        cycle.answer(requests.drain(..));
        if gave_back {
            // Members of other processes may have room. A hint that is lost costs them a poll.
            let _ = groups.shared.store.hint().await;
        }
        if hub.is_idle() && received.is_empty() && groups.close_hub(&hub) {
            // A request that came in between finds the task gone, and its member has left.
            return;
        }
        looks_at_rows = tokio::select! {
            biased;
            count = received.recv_many(&mut requests, MAX_REQUESTS) => count > 0,
            () = hub.wake.notified() => true,
            () = sleep_until(due) => true,
            changed = tail.changed() => changed.is_err(),
        };
    }
}

/// With patience for a store that is away for a while.
async fn run_cycle(cycle: &mut Cycle, requests: &[Request], looks_at_rows: bool) -> Result<Next, StoreError> {
    let started = Instant::now();
    loop {
        match cycle.run(requests, looks_at_rows).await {
            Err(error) if error.is_transient() && started.elapsed() < STORE_PATIENCE => {
                sleep(STORE_RETRY_INTERVAL).await;
            }
            result => return result,
        }
    }
}
