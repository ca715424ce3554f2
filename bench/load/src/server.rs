//! The measured server: the release binary, in a process of its own, on a fresh database of the run's Postgres.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// A running `copydesk serve`. Killed when dropped without `stop`.
pub(crate) struct Server {
    process: Child,
    /// Of its gRPC port.
    pub(crate) url: String,
    /// Of its database.
    pub(crate) database_url: String,
}

impl Server {
    /// Starts it on a new database called `name`; `flags` go to `serve`.
    pub(crate) async fn start(
        binary: &Path,
        postgres_url: &str,
        name: &str,
        flags: &[&str],
    ) -> Result<Server> {
        let mut admin = PgConnection::connect(postgres_url).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await?;
        admin.close().await?;
        let (cluster, _) = postgres_url.rsplit_once('/').context("a URL with a database")?;
        Server::restart(binary, &format!("{cluster}/{name}"), flags).await
    }

    /// Starts it on a database that is there.
    pub(crate) async fn restart(binary: &Path, database_url: &str, flags: &[&str]) -> Result<Server> {
        let mut process = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--database-url"])
            .arg(database_url)
            .args(flags)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {}; build it with `make bench`", binary.display()))?;
        let stdout = process.stdout.take().context("the server's output")?;
        let mut lines = BufReader::new(stdout).lines();
        let said = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix("listening on ") {
                    return Ok(url.to_owned());
                }
            }
            bail!("the server ended while starting")
        };
        let url = timeout(START_LIMIT, said).await.context("the server does not start")??;
        // What it says later must not fill the pipe and block it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Server { process, url, database_url: database_url.to_owned() })
    }

    /// The most memory it ever held, in megabytes, as Linux tells it; none elsewhere.
    pub(crate) fn peak_memory_mb(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: f64 = peak.split_whitespace().next()?.parse().ok()?;
        Some(kilobytes * 1_024.0 / 1e6)
    }

    /// Ends it in order.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.process.id().context("the server ended by itself")?;
        kill(Pid::from_raw(pid.cast_signed()), Signal::SIGTERM)?;
        let status = timeout(STOP_LIMIT, self.process.wait()).await.context("the server does not stop")??;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}
