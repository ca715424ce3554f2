//! Logs and metrics of the process, and the port that shows them.

use std::{io::IsTerminal, sync::OnceLock};

use axum::{Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// From a tenth of a millisecond to a minute, about three steps a decade.
const SECONDS_BUCKETS: [f64; 17] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    60.0,
];

/// Writes logs to standard error: as text on a terminal, else as JSON. `RUST_LOG` chooses what ("info" if unset).
/// A second call does nothing.
pub fn install_logs() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,h2=warn,hyper=warn,tonic=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    let is_terminal = std::io::stderr().is_terminal();
    // It fails only when a subscriber is set already, as in a test that starts two servers.
    let _ = if is_terminal {
        registry.with(fmt::layer().with_writer(std::io::stderr).with_target(false)).try_init()
    } else {
        registry.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init()
    };
}

/// The recorder of this process; made at the first call.
pub fn metrics() -> Option<PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let handle =
                PrometheusBuilder::new().set_buckets(&SECONDS_BUCKETS).ok()?.install_recorder().ok()?;
            describe();
            Some(handle)
        })
        .clone()
}

fn describe() {
    use Unit::{Count, Seconds};
    describe_histogram!("copydesk_rpc_seconds", Seconds, "Time to the first answer, by method and code");
    describe_histogram!("copydesk_stage_seconds", Seconds, "Processing time of an article, by stage");
    describe_histogram!("copydesk_job_seconds", Seconds, "Processing time of an article, all stages");
    describe_histogram!("copydesk_queue_to_processed_seconds", Seconds, "From accepted to processed");
    describe_histogram!("copydesk_commit_seconds", Seconds, "Time of one group commit");
    describe_histogram!("copydesk_commit_requests", Count, "Requests that shared one commit");
    describe_counter!("copydesk_commit_errors_total", Count, "Group commits that failed");
    describe_counter!("copydesk_commit_collisions_total", Count, "Group commits that were tried again");
    describe_counter!("copydesk_claim_errors_total", Count, "Claims that failed");
    describe_counter!("copydesk_jobs_total", Count, "Jobs ended by this process, by outcome");
    describe_gauge!("copydesk_jobs_held", Count, "Jobs claimed by this process");
    describe_gauge!("copydesk_queue_depth", Count, "Articles waiting or in work, over all processes");
    describe_gauge!("copydesk_queue_oldest_age_seconds", Seconds, "Age of the oldest of them");
    describe_gauge!("copydesk_subscribers", Count, "Open subscriptions of this process");
    describe_gauge!("copydesk_subscriber_max_lag", Count, "Positions between the log's end and the slowest");
    describe_gauge!(
        "copydesk_group_lag",
        Count,
        "Updates and unread positions still to be delivered, by group"
    );
    describe_gauge!("copydesk_group_in_flight", Count, "Updates that members work on, by group");
    describe_gauge!("copydesk_group_parked", Count, "Updates that were put aside, by group");
    describe_gauge!("copydesk_store_up", Count, "1 while Postgres answers");
}

/// What /healthz says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Postgres answers.
    Serving,
    /// Postgres is away; the process is fine.
    StoreAway,
    /// Going down.
    ShuttingDown,
}

#[derive(Clone)]
struct Shown {
    health: watch::Receiver<Health>,
    metrics: Option<PrometheusHandle>,
}

/// Serves /metrics and /healthz until stopped.
pub async fn serve(
    listener: TcpListener,
    health: watch::Receiver<Health>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/metrics", get(show_metrics))
        .route("/healthz", get(show_health))
        .with_state(Shown { health, metrics: metrics() });
    axum::serve(listener, routes).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn show_metrics(State(shown): State<Shown>) -> impl IntoResponse {
    match shown.metrics {
        Some(metrics) => {
            ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
        }
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn show_health(State(shown): State<Shown>) -> (StatusCode, &'static str) {
    match *shown.health.borrow() {
        Health::Serving => (StatusCode::OK, "ok\n"),
        Health::StoreAway => (StatusCode::SERVICE_UNAVAILABLE, "Postgres does not answer\n"),
        Health::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n"),
    }
}
