//! Keeping the ring up to date with what other processes commit.

use std::{sync::PoisonError, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Feed;
use crate::store::{Store, StoreError};

/// How often the table is looked at although no hint came: hints may be lost.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Events read at once.
const PAGE_EVENTS: i64 = 1_000;
/// Between two tries to reach a Postgres that is away.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

impl Feed {
    /// Runs until stopped.
    pub async fn run(&self, stop: CancellationToken) {
        let mut is_failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.shared.behind.notified() => {}
                () = sleep(POLL_INTERVAL) => {}
            }
            match self.read_new().await {
                Ok(()) if is_failing => {
                    is_failing = false;
                    info!("the log can be read again");
                }
                Ok(()) => {}
                // Said once for an outage, not for every poll of it.
                Err(error) if is_failing => drop(error),
                Err(error) => {
                    is_failing = true;
                    warn!(error = &error as &dyn std::error::Error, "the log cannot be read; trying again");
                }
            }
        }
    }

    async fn read_new(&self) -> Result<(), StoreError> {
        loop {
            let tail = *self.shared.tail.borrow();
            match self.shared.store.read_log(tail, PAGE_EVENTS).await {
                Ok(events) if events.is_empty() => return Ok(()),
                // A hole cannot be: the page starts right after the tail, or what was appended meanwhile overlaps it.
                Ok(events) => drop(self.append(events)),
                Err(StoreError::Trimmed { trimmed_position }) => self.skip_to(trimmed_position),
                Err(error) => return Err(error),
            }
        }
    }

    /// Starts the ring anew where the log now starts; its readers will be told that they fell below what is held.
    fn skip_to(&self, position: i64) {
        let mut ring = self.shared.ring.write().unwrap_or_else(PoisonError::into_inner);
        ring.restart(position);
        self.shared.tail.send_replace(position);
    }
}

/// Calls `on_hint` for every hint of any process, and after each loss of the connection, until stopped.
pub async fn follow_hints(store: Store, stop: CancellationToken, on_hint: impl Fn() + Send) {
    let listening = async {
        loop {
            if let Ok(mut hints) = store.listen().await {
                on_hint();
                while hints.heard().await.is_ok() {
                    on_hint();
                }
            }
            sleep(RETRY_INTERVAL).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = listening => {}
    }
}
