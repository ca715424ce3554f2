//! What runs beside the requests: watching Postgres, keeping room in the log, measuring.

use std::{collections::BTreeSet, net::SocketAddr, process, time::Duration};

use metrics::gauge;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    app::Admission,
    feed::Feed,
    store::{PartitionSizes, Retained, Retention, Store, StoreError},
    telemetry::Health,
};

const WATCH_INTERVAL: Duration = Duration::from_secs(1);
const PING_TIMEOUT: Duration = Duration::from_secs(3);
/// More would make too many series.
const MAX_MEASURED_GROUPS: i64 = 200;
const MEASURE_INTERVAL: Duration = Duration::from_secs(2);
/// There is room for two partitions' worth when this is done.
const RETENTION_INTERVAL: Duration = Duration::from_secs(5);

/// What other processes see of this one: host, port and process.
pub(super) fn process_name(address: SocketAddr) -> String {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
    format!("{host}:{} (process {})", address.port(), process::id())
}

/// Says whether Postgres answers, until stopped.
pub(super) async fn watch_store(store: Store, health: watch::Sender<Health>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(WATCH_INTERVAL) => {}
        }
        let is_up = matches!(timeout(PING_TIMEOUT, store.ping()).await, Ok(Ok(())));
        gauge!("copydesk_store_up").set(f64::from(u8::from(is_up)));
        health.send_if_modified(|health| {
            let now = match (*health, is_up) {
                (Health::ShuttingDown, _) => Health::ShuttingDown,
                (_, true) => Health::Serving,
                (_, false) => Health::StoreAway,
            };
            let is_changed = *health != now;
            match (is_changed, now) {
                (true, Health::StoreAway) => warn!("Postgres does not answer"),
                (true, Health::Serving) => info!("Postgres answers again"),
                _ => {}
            }
            *health = now;
            is_changed
        });
    }
}

/// Adds partitions ahead of time and drops what is not kept any longer; until stopped.
pub(super) async fn retain(store: Store, sizes: PartitionSizes, keep: Retention, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(RETENTION_INTERVAL) => {}
        }
        match store.add_partitions(sizes).await {
            Err(error) if !error.is_transient() => {
                error!(error = &error as &dyn std::error::Error, "the tables could not be given room");
            }
            _ => {}
        }
        match store.retain(keep).await {
            Ok(retained) if retained == Retained::default() => {}
            Ok(retained) => info!(
                partitions.log = retained.log_partitions,
                partitions.articles = retained.article_partitions,
                "what was old is dropped"
            ),
            // Readers were in the way, or Postgres is: the next turn tries again.
            Err(error) if error.is_transient() => {}
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "what is old could not be dropped");
            }
        }
    }
}

/// Keeps the gauges of the queue and the feed up to date; until stopped.
pub(super) async fn measure(store: Store, served: Option<(Feed, Admission)>, stop: CancellationToken) {
    let mut measured = BTreeSet::new();
    loop {
        if let Err(error) = measure_once(&store, served.as_ref(), &mut measured).await
            && !error.is_transient()
        {
            warn!(error = &error as &dyn std::error::Error, "the queue could not be measured");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(MEASURE_INTERVAL) => {}
        }
    }
}

/// The labels of deleted groups stay, at zero: the exporter cannot forget them.
async fn measure_groups(store: &Store, measured: &mut BTreeSet<String>) -> Result<(), StoreError> {
    let groups = store.list_groups("", MAX_MEASURED_GROUPS).await?;
    for name in measured.iter() {
        show_group(name, 0, 0, 0);
    }
    for group in groups {
        let unread = (group.head_position - group.read_position).max(0);
        let name = group.made.group_id;
        show_group(&name, unread + group.waiting_count, group.in_flight_count, group.parked_count);
        measured.insert(name);
    }
    Ok(())
}

fn show_group(name: &str, lag: i64, in_flight: i64, parked: i64) {
    gauge!("copydesk_group_lag", "group" => name.to_owned()).set(lag as f64);
    gauge!("copydesk_group_in_flight", "group" => name.to_owned()).set(in_flight as f64);
    gauge!("copydesk_group_parked", "group" => name.to_owned()).set(parked as f64);
}

async fn measure_once(
    store: &Store,
    served: Option<&(Feed, Admission)>,
    measured: &mut BTreeSet<String>,
) -> Result<(), StoreError> {
    if let Some((feed, _)) = served {
        let followers = feed.followers();
        gauge!("copydesk_subscribers").set(followers.count as f64);
        gauge!("copydesk_subscriber_max_lag").set(followers.max_lag as f64);
    }
    measure_groups(store, measured).await?;
    let queue = store.queue_state().await?;
    if let Some((_, admission)) = served {
        admission.counted(queue);
    }
    gauge!("copydesk_queue_depth").set(queue.depth as f64);
    gauge!("copydesk_queue_oldest_age_seconds").set(queue.oldest_age.as_secs_f64());
    Ok(())
}
