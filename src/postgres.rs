//! The embedded default: a private Postgres in the data folder, so that `copydesk serve` needs no database at hand.
//!
//! Finds installed server binaries, makes a cluster once, runs it and keeps it running. Only `cli` and tests call this;
//! everything else gets a URL and does not know where it leads. Durability is never relaxed here.
//!
//! Several processes may use one data folder: the first runs the server, the others use it, and when the first is gone
//! one of them carries on.

mod account;
mod binaries;
mod cluster;
mod error;
mod postmaster;

pub use error::PostgresError;

use std::{
    fs::{self, File, TryLockError},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::unistd::geteuid;
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::store::{Store, StoreOptions};
use cluster::Cluster;
use postmaster::{PidFile, Postmaster, START_LIMIT};

/// How long a first start is tried again: processes of a killed server can hold on to its memory for a moment.
const FIRST_START_LIMIT: Duration = Duration::from_secs(10);
/// The wait before the server is started again doubles from the first to the second of these.
const BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// A server that ran this long was well: the next wait is the shortest again.
const WELL: Duration = Duration::from_secs(60);
/// How often a process that only uses the server looks whether it is still being run.
const LOCK_POLL: Duration = Duration::from_secs(1);

/// Where the embedded Postgres lives.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data folder of the service; made if it is not there. The cluster is its subfolder `postgres`.
    pub data_dir: PathBuf,
    /// The folder with `postgres` and `initdb`; none: they are searched for.
    pub bin_dir: Option<PathBuf>,
}

/// A running Postgres that is kept running until `stop`. Dropped without it, the server is told to stop and not waited
/// for; after a kill -9 it goes on, and the next `start` adopts it.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    url: String,
    stopping: CancellationToken,
    keeper: Option<JoinHandle<()>>,
}

/// Where the data of a service goes that is not told: /var/lib/copydesk for root, whose home others cannot enter, else
/// `copydesk` in the user's data folder as the XDG specification has it. None without a home.
pub fn default_data_dir() -> Option<PathBuf> {
    if geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/copydesk"));
    }
    let absolute =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    let data_home = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))?;
    Some(data_home.join("copydesk"))
}

impl EmbeddedPostgres {
    /// Makes the cluster if there is none (2 to 4 seconds), starts it or takes over its running server (0.2 seconds, and
    /// more after a crash), and returns once it takes connections. From then on a task starts it again, at the same
    /// port, whenever it ends by itself.
    pub async fn start(options: &Options) -> Result<EmbeddedPostgres, PostgresError> {
        let data_dir = &options.data_dir;
        fs::create_dir_all(data_dir).map_err(PostgresError::file("create", data_dir))?;
        // Absolute and without links, as Postgres names it.
        let data_dir = fs::canonicalize(data_dir).map_err(PostgresError::file("read", data_dir))?;
        let mut keeper = Keeper::new(&data_dir, options.bin_dir.clone())?;

        let started = Instant::now();
        let url = loop {
            if let Some(url) = keeper.take_over(None).await? {
                break url;
            }
            if let Some(url) = keeper.find_running()? {
                break url;
            }
            if started.elapsed() > START_LIMIT {
                let log = data_dir.join("postgres.log");
                return Err(PostgresError::NotReady { seconds: START_LIMIT.as_secs(), log });
            }
            sleep(BACKOFF).await;
        };
        let stopping = CancellationToken::new();
        let keeper = tokio::spawn(keeper.keep(stopping.clone()));
        let postgres = EmbeddedPostgres { url, stopping, keeper: Some(keeper) };
        match ping(&postgres.url).await {
            Ok(()) => Ok(postgres),
            Err(error) => {
                postgres.stop().await;
                Err(PostgresError::Refused(error))
            }
        }
    }

    /// `postgres://USER:PASSWORD@127.0.0.1:PORT/copydesk`. The same for the life of this value. Holds the password: not
    /// for logs.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server, within 40 seconds: open transactions are rolled back. If another process runs it, it goes on.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        if let Some(keeper) = self.keeper.take()
            && let Err(error) = keeper.await
        {
            tracing::error!(error = %error, "the task that runs Postgres panicked");
        }
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// Runs the server while this process holds the data folder's lock, and waits for the lock while it does not.
struct Keeper {
    data_dir: PathBuf,
    bin_dir: Option<PathBuf>,
    /// Held by the process that runs the server, and released by the kernel however that process ends.
    lock: File,
    port: u16,
    running: Option<(Cluster, Postmaster)>,
}

impl Keeper {
    fn new(data_dir: &Path, bin_dir: Option<PathBuf>) -> Result<Keeper, PostgresError> {
        let path = data_dir.join("postgres.lock");
        let lock = File::create(&path).map_err(PostgresError::file("create", path))?;
        Ok(Keeper { data_dir: data_dir.to_owned(), bin_dir, lock, port: 0, running: None })
    }

    /// Becomes the one that runs the server; none if another process is. `port` is taken if there is one, else that of
    /// the last time if it is free.
    async fn take_over(&mut self, port: Option<u16>) -> Result<Option<String>, PostgresError> {
        match self.lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => {
                let path = self.data_dir.join("postgres.lock");
                return Err(PostgresError::File { action: "lock", path, source });
            }
        }
        let cluster = Cluster::open(&self.data_dir, self.bin_dir.as_deref()).await?;
        let port_file = self.data_dir.join("postgres.port");
        let started = Instant::now();
        let (postmaster, port) = loop {
            if let Some(adopted) = Postmaster::adopt(&cluster).await? {
                tracing::info!(postgres.pid = adopted.0.pid(), postgres.port = adopted.1, "adopted Postgres");
                break adopted;
            }
            let port = port.map_or_else(|| free_port(&port_file), Ok)?;
            match Postmaster::start(&cluster, port).await {
                Ok(postmaster) => {
                    tracing::info!(postgres.pid = postmaster.pid(), postgres.port = port, "started Postgres");
                    break (postmaster, port);
                }
                Err(PostgresError::Ended { .. }) if started.elapsed() < FIRST_START_LIMIT => {
                    sleep(BACKOFF).await;
                }
                Err(error) => return Err(error),
            }
        };
        fs::write(&port_file, format!("{port}\n")).map_err(PostgresError::file("write", &port_file))?;
        self.port = port;
        let url = cluster.url(port);
        self.running = Some((cluster, postmaster));
        Ok(Some(url))
    }

    /// The URL of the server that another process runs; none while it is not ready.
    fn find_running(&mut self) -> Result<Option<String>, PostgresError> {
        let Some(found) =
            PidFile::read_live(&self.data_dir.join(cluster::FOLDER))?.filter(|file| file.is_ready)
        else {
            return Ok(None);
        };
        self.port = found.port;
        cluster::url_of(&self.data_dir, found.port)
    }

    async fn keep(mut self, stopping: CancellationToken) {
        let mut backoff = BACKOFF;
        loop {
            let Some((cluster, mut postmaster)) = self.running.take() else {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = sleep(LOCK_POLL) => {}
                }
                let port = self.port;
                let taken_over = tokio::select! {
                    () = stopping.cancelled() => return,
                    taken_over = self.take_over(Some(port)) => taken_over,
                };
                if let Err(error) = taken_over {
                    tracing::error!(error = %error, "nobody runs Postgres any more, and it cannot be started here");
                }
                continue;
            };
            let started = Instant::now();
            let status = tokio::select! {
                () = stopping.cancelled() => {
                    if postmaster.stop().await {
                        tracing::info!("stopped Postgres");
                    } else {
                        tracing::error!("Postgres does not stop; the next start will adopt it");
                    }
                    return;
                }
                status = postmaster.ended() => status,
            };
            if started.elapsed() > WELL {
                backoff = BACKOFF;
            }
            tracing::error!(postgres.status = status, "Postgres ended by itself; starting it again");
            // The pools reconnect by themselves, to the same port.
            let restarted = loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = sleep(backoff) => {}
                }
                backoff = (backoff * 2).min(MAX_BACKOFF);
                let restarted = tokio::select! {
                    () = stopping.cancelled() => return,
                    restarted = Postmaster::start(&cluster, self.port) => restarted,
                };
                match restarted {
                    Ok(postmaster) => break postmaster,
                    Err(error) => tracing::error!(error = %error, "Postgres cannot be started again yet"),
                }
            };
            tracing::info!(postgres.pid = restarted.pid(), postgres.port = self.port, "started Postgres");
            self.running = Some((cluster, restarted));
        }
    }
}

/// The port of the last time if it is free, so that a URL that someone kept goes on working; else any that is.
fn free_port(port_file: &Path) -> Result<u16, PostgresError> {
    let last = fs::read_to_string(port_file).ok().and_then(|port| port.trim().parse().ok()).unwrap_or(0);
    let bind = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port))?.local_addr();
    let address =
        bind(last).or_else(|_| bind(0)).map_err(PostgresError::file("get a port for", port_file))?;
    Ok(address.port())
}

async fn ping(url: &str) -> Result<(), crate::store::StoreError> {
    let acquire_timeout = Duration::from_secs(10);
    let store = Store::new(&StoreOptions { url: url.to_owned(), max_connections: 1, acquire_timeout })?;
    let answer = store.ping().await;
    store.close().await;
    answer
}
