//! Wiring: builds the rooms, opens the ports, and takes everything down in order.
//!
//! `serve` runs the service on listeners that the caller has bound; `work` runs a worker alone. Both return once all is
//! down. Nothing here knows what a request means.

mod background;
mod grpc;
mod loading;

use std::{io, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    app::{Admission, App, AppParts, queue_reprocessings},
    article::{Event, EventKind},
    commit::Committer,
    config::{Config, ConfigError},
    feed::{Feed, Groups, follow_hints},
    pipeline::Current,
    postgres::{EmbeddedPostgres, Options, PostgresError, default_data_dir},
    store::{GazetteerMark, Store, StoreError, StoreOptions},
    telemetry::{self, Health},
    work::{Processor, WorkOptions, Worker},
};

/// How long a starting service waits for a Postgres that is not there yet.
const START_PATIENCE: Duration = Duration::from_secs(30);
const START_RETRY_INTERVAL: Duration = Duration::from_millis(500);
/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the service did not start, or ended.
#[derive(Debug, Error)]
pub enum ServerError {
    /// A setting cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The embedded Postgres did not start.
    #[error("the embedded Postgres did not start; give --database-url to use another")]
    Postgres(#[from] PostgresError),
    /// There is no place for the embedded Postgres.
    #[error("no data folder is known here; give --data-dir DIR or --database-url URL")]
    NoDataDir,
    /// The store cannot be used.
    #[error("the database cannot be used; check --database-url")]
    Store(#[from] StoreError),
    /// A model cannot be used.
    #[error("the recognizer's model {name} cannot be used: {problem}")]
    Model {
        /// Its file, or "built in".
        name: String,
        /// Why.
        problem: String,
    },
    /// A port failed.
    #[error("a port failed")]
    Io(#[from] io::Error),
    /// The gRPC server failed.
    #[error("the gRPC server failed")]
    Grpc(#[from] tonic::transport::Error),
}

/// The bound ports.
#[derive(Debug)]
pub struct Listeners {
    /// For gRPC and gRPC-Web.
    pub grpc: TcpListener,
    /// For /metrics and /healthz.
    pub metrics: TcpListener,
}

/// What `serve` does besides what the configuration says.
#[derive(Clone, Default)]
pub struct ServeOptions {
    /// Leave the articles to `work` processes.
    pub no_workers: bool,
    /// In place of the embedded pipeline, for tests that need one to fail.
    pub processor: Option<Processor>,
}

/// What both kinds of process share.
struct Base {
    store: Store,
    postgres: Option<EmbeddedPostgres>,
    pipeline: Current,
    /// The name lists that `pipeline` was loaded with.
    gazetteers: GazetteerMark,
}

/// Runs the service until `shutdown`, then takes it down within the grace. `on_ready` is called once it answers.
pub async fn serve(
    listeners: Listeners,
    config: Config,
    options: ServeOptions,
    shutdown: CancellationToken,
    on_ready: impl FnOnce() + Send,
) -> Result<(), ServerError> {
    let base = start_base(&config).await?;
    let stop = CancellationToken::new();
    let wake = Arc::new(Notify::new());
    let reload = Arc::new(Notify::new());
    let feed = Feed::open(base.store.clone(), config.feed_memory_events).await?;
    let groups = Groups::new(feed.clone(), background::process_name(listeners.grpc.local_addr()?));
    let (committer, commit_loop) = Committer::new(base.store.clone(), {
        let (feed, wake) = (feed.clone(), wake.clone());
        Box::new(move |events| {
            wake_for(&events, &wake);
            feed.publish(events);
        })
    });
    let committing = tokio::spawn(commit_loop.run());
    let (health, health_seen) = watch::channel(Health::Serving);
    let admission = Admission::new(config.admission());
    let mut tasks = vec![
        tokio::spawn({
            let (feed, stop) = (feed.clone(), stop.clone());
            async move { feed.run(stop).await }
        }),
        tokio::spawn(background::watch_store(base.store.clone(), health.clone(), stop.clone())),
        tokio::spawn(background::retain(
            base.store.clone(),
            config.partition_sizes(),
            config.retention(),
            stop.clone(),
        )),
        tokio::spawn(loading::follow_gazetteers(
            base.store.clone(),
            base.pipeline.clone(),
            base.gazetteers,
            reload.clone(),
            stop.clone(),
        )),
        tokio::spawn(background::measure(
            base.store.clone(),
            Some((feed.clone(), admission.clone())),
            stop.clone(),
        )),
        tokio::spawn(show_metrics(listeners.metrics, health_seen.clone(), stop.clone())),
        tokio::spawn(queue_reprocessings(base.store.clone(), stop.clone())),
        tokio::spawn({
            let (feed, wake, reload) = (feed.clone(), wake.clone(), reload.clone());
            let groups = groups.clone();
            follow_hints(base.store.clone(), stop.clone(), move || {
                feed.look();
                groups.look();
                wake.notify_one();
                reload.notify_one();
            })
        }),
    ];
    let work_stop = CancellationToken::new();
    let working = (!options.no_workers).then(|| {
        let processor = options.processor.unwrap_or_else(|| processor_of(base.pipeline.clone()));
        let worker = Worker::new(
            base.store.clone(),
            committer.clone(),
            processor,
            work_options(&config, config.serve_threads()),
            wake.clone(),
        );
        tokio::spawn(worker.run(work_stop.clone(), config.grace()))
    });

    let app = App::new(AppParts {
        store: base.store.clone(),
        committer,
        feed,
        groups: groups.clone(),
        pipeline: base.pipeline.clone(),
        reload_gazetteers: reload,
        limits: config.limits(),
        admission,
        analysis_threads: config.serve_threads(),
    });
    let closing = CancellationToken::new();
    let grpc = tokio::spawn(grpc::run(
        listeners.grpc,
        app,
        grpc::Options {
            max_body_bytes: config.max_body_bytes,
            max_stream_age: config.max_stream_age(),
            max_subscribers: config.max_subscribers,
            closing: closing.clone(),
            health: health_seen,
        },
    ));
    on_ready();

    shutdown.cancelled().await;
    info!(grace.seconds = config.shutdown_grace, "shutting down");
    let ends_at = Instant::now() + config.grace();
    health.send_replace(Health::ShuttingDown);
    closing.cancel();
    work_stop.cancel();
    let result = end_grpc(grpc, ends_at).await;
    groups.finish().await;
    if let Some(working) = working {
        end("the worker", working, ends_at + Duration::from_secs(2)).await;
    }
    // Every handle on the committer is gone now, or goes with a request that is cut off.
    end("the committer", committing, ends_at + Duration::from_secs(2)).await;
    stop.cancel();
    for task in tasks.drain(..) {
        end("a background task", task, Instant::now() + Duration::from_secs(1)).await;
    }
    stop_base(base).await;
    info!("shut down");
    result
}

/// Runs a worker alone until `shutdown`, then takes it down within the grace.
pub async fn work(
    metrics: TcpListener,
    config: Config,
    shutdown: CancellationToken,
    on_ready: impl FnOnce() + Send,
) -> Result<(), ServerError> {
    let base = start_base(&config).await?;
    let stop = CancellationToken::new();
    let wake = Arc::new(Notify::new());
    let reload = Arc::new(Notify::new());
    let (committer, commit_loop) = Committer::new(base.store.clone(), Box::new(|_| {}));
    let committing = tokio::spawn(commit_loop.run());
    let (health, health_seen) = watch::channel(Health::Serving);
    let mut tasks = vec![
        tokio::spawn(background::watch_store(base.store.clone(), health.clone(), stop.clone())),
        tokio::spawn(background::retain(
            base.store.clone(),
            config.partition_sizes(),
            config.retention(),
            stop.clone(),
        )),
        tokio::spawn(loading::follow_gazetteers(
            base.store.clone(),
            base.pipeline.clone(),
            base.gazetteers,
            reload.clone(),
            stop.clone(),
        )),
        tokio::spawn(background::measure(base.store.clone(), None, stop.clone())),
        tokio::spawn(show_metrics(metrics, health_seen, stop.clone())),
        tokio::spawn({
            let (wake, reload) = (wake.clone(), reload.clone());
            follow_hints(base.store.clone(), stop.clone(), move || {
                wake.notify_one();
                reload.notify_one();
            })
        }),
    ];
    let processor = processor_of(base.pipeline.clone());
    let options = work_options(&config, config.work_threads());
    let worker = Worker::new(base.store.clone(), committer, processor, options, wake);
    let working = tokio::spawn(worker.run(shutdown.clone(), config.grace()));
    on_ready();

    shutdown.cancelled().await;
    info!(grace.seconds = config.shutdown_grace, "shutting down");
    health.send_replace(Health::ShuttingDown);
    let ends_at = Instant::now() + config.grace() + Duration::from_secs(2);
    end("the worker", working, ends_at).await;
    end("the committer", committing, ends_at).await;
    stop.cancel();
    for task in tasks.drain(..) {
        end("a background task", task, Instant::now() + Duration::from_secs(1)).await;
    }
    stop_base(base).await;
    info!("shut down");
    Ok(())
}

/// Brings the schema up to date and ends.
pub async fn migrate(config: &Config) -> Result<(), ServerError> {
    let (store, postgres) = open_store(config).await?;
    store.close().await;
    if let Some(postgres) = postgres {
        postgres.stop().await;
    }
    Ok(())
}

async fn start_base(config: &Config) -> Result<Base, ServerError> {
    config.check()?;
    telemetry::metrics();
    let pipeline = Current::new(loading::models(config).await?);
    let (store, postgres) = open_store(config).await?;
    let gazetteers = loading::gazetteers(&store, &pipeline).await?;
    Ok(Base { store, postgres, pipeline, gazetteers })
}

/// Finds or starts Postgres, and brings its schema up to date.
async fn open_store(config: &Config) -> Result<(Store, Option<EmbeddedPostgres>), ServerError> {
    let postgres = match &config.database_url {
        Some(_) => None,
        None => {
            let data_dir = config.data_dir.clone().or_else(default_data_dir).ok_or(ServerError::NoDataDir)?;
            let bin_dir = config.postgres_bin_dir.clone();
            Some(EmbeddedPostgres::start(&Options { data_dir, bin_dir }).await?)
        }
    };
    let embedded_url = postgres.as_ref().map(|postgres| postgres.url().to_owned());
    let store = Store::new(&StoreOptions {
        url: config.database_url.clone().or(embedded_url).unwrap_or_default(),
        max_connections: config.max_connections,
        acquire_timeout: ACQUIRE_TIMEOUT,
    })?;
    let started = Instant::now();
    loop {
        match store.migrate().await {
            Ok(()) => break,
            Err(error) if error.is_transient() && started.elapsed() < START_PATIENCE => {
                warn!(error = &error as &dyn std::error::Error, "waiting for Postgres");
                sleep(START_RETRY_INTERVAL).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    store.add_partitions(config.partition_sizes()).await?;
    Ok((store, postgres))
}

async fn stop_base(base: Base) {
    // Connections in use belong to requests that were cut off.
    let _ = timeout(Duration::from_secs(2), base.store.close()).await;
    if let Some(postgres) = base.postgres {
        postgres.stop().await;
    }
}

fn wake_for(events: &[Event], wake: &Notify) {
    if events.iter().any(|event| event.kind == EventKind::Accepted) {
        wake.notify_one();
    }
}

fn processor_of(pipeline: Current) -> Processor {
    Arc::new(move |draft, finished| pipeline.get().process(draft, finished))
}

fn work_options(config: &Config, threads: usize) -> WorkOptions {
    WorkOptions {
        threads,
        lease: config.lease(),
        job_timeout: Duration::from_secs_f64(config.job_timeout_seconds),
        max_attempts: config.max_attempts,
        max_crashes: config.max_crashes,
        retry_delay: Duration::from_secs(1),
        duplicate_window: config.duplicate_window(),
    }
}

async fn show_metrics(listener: TcpListener, health: watch::Receiver<Health>, stop: CancellationToken) {
    if let Err(error) = telemetry::serve(listener, health, stop).await {
        warn!(error = &error as &dyn std::error::Error, "the metrics port failed");
    }
}

/// Waits for the open calls, and cuts off those that outlast the grace.
async fn end_grpc(
    mut grpc: JoinHandle<Result<(), tonic::transport::Error>>,
    ends_at: Instant,
) -> Result<(), ServerError> {
    match tokio::time::timeout_at(ends_at, &mut grpc).await {
        Ok(Ok(result)) => Ok(result?),
        Ok(Err(_)) => Ok(()),
        Err(_) => {
            warn!("the grace is over; open calls are cut off");
            grpc.abort();
            let _ = grpc.await;
            Ok(())
        }
    }
}

async fn end(name: &str, mut task: JoinHandle<()>, ends_at: Instant) {
    match tokio::time::timeout_at(ends_at, &mut task).await {
        Ok(Ok(())) => {}
        Ok(Err(crash)) => warn!(error = &crash as &dyn std::error::Error, "{name} crashed"),
        Err(_) => {
            warn!("{name} did not end in time");
            task.abort();
        }
    }
}
