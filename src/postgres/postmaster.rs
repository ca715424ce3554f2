//! The server process: start it, or adopt one that outlived an earlier service; see it end; stop it.
//!
//! What it is doing is read from its own pid file, which Postgres writes, checks and removes itself.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::{
    PostgresError,
    cluster::{Cluster, tail},
};

/// A start may include replaying the log after a crash: `max_wal_size` of it, which takes well under a minute.
pub(super) const START_LIMIT: Duration = Duration::from_secs(300);
/// A fast shutdown writes a checkpoint; an immediate one does not, and the next start replays the log.
const FAST_STOP_LIMIT: Duration = Duration::from_secs(30);
const IMMEDIATE_STOP_LIMIT: Duration = Duration::from_secs(10);
/// How often the pid file and processes that are not our children are looked at.
const POLL: Duration = Duration::from_millis(20);
const ADOPTED_POLL: Duration = Duration::from_millis(200);
/// The log is started anew beyond this; one older log is kept.
const LOG_LIMIT_BYTES: u64 = 8 << 20;

/// Enough for one node beside the service, on a machine of any size. What durability needs is said aloud, so that an
/// edited postgresql.conf cannot take it away.
const SETTINGS: [&str; 14] = [
    "listen_addresses=127.0.0.1",
    // The port is all that is needed: a socket's path would have to be short and in a folder that others can enter.
    "unix_socket_directories=",
    "max_connections=200",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "shared_buffers=128MB",
    "max_wal_size=1GB",
    "checkpoint_timeout=15min",
    "random_page_cost=1.1",
    // Every statement here is short; compiling one takes longer than running it.
    "jit=off",
    // Articles must not get into the log by way of a failed statement or of the values in its message.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_min_messages=warning",
];

/// A running server. Dropped without `stop`, it is told to stop and not waited for.
#[derive(Debug)]
pub(super) struct Postmaster {
    pid: Pid,
    /// None if an earlier service started it.
    child: Option<Child>,
    folder: PathBuf,
    has_ended: bool,
}

/// What the pid file says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PidFile {
    pub(super) pid: Pid,
    pub(super) port: u16,
    pub(super) is_ready: bool,
}

impl Postmaster {
    /// Takes over the server of `cluster` if one is running, and tells its port.
    /// One that is starting is waited for, one that is stopping until it is gone.
    pub(super) async fn adopt(cluster: &Cluster) -> Result<Option<(Postmaster, u16)>, PostgresError> {
        let started = Instant::now();
        while let Some(found) = PidFile::read(&cluster.folder)? {
            if !is_live(found.pid, &cluster.folder) {
                if is_alive(found.pid) {
                    forget_stranger(&cluster.folder)?;
                }
                return Ok(None);
            }
            if found.is_ready {
                let folder = cluster.folder.clone();
                return Ok(Some((
                    Postmaster { pid: found.pid, child: None, folder, has_ended: false },
                    found.port,
                )));
            }
            if started.elapsed() > START_LIMIT {
                return Err(not_ready(cluster));
            }
            sleep(POLL).await;
        }
        Ok(None)
    }

    /// Starts the server of `cluster` and waits until it takes connections.
    pub(super) async fn start(cluster: &Cluster, port: u16) -> Result<Postmaster, PostgresError> {
        let log_path = log_path(cluster);
        let (log, log_start_bytes) = open_log(&log_path).map_err(PostgresError::file("open", &log_path))?;
        let mut command = Command::new(cluster.binaries.program("postgres"));
        command.arg("-D").arg(&cluster.folder).args(["-p", &port.to_string()]);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        cluster.account.run(&mut command, &cluster.data_dir);
        // A group of its own: Ctrl-C is for the service, which still needs the server while it shuts down.
        command.process_group(0).env("LC_ALL", "C").stdin(Stdio::null());
        command.stdout(log.try_clone().map_err(PostgresError::file("open", &log_path))?).stderr(log);
        let child =
            command.spawn().map_err(PostgresError::file("run", cluster.binaries.program("postgres")))?;
        let pid = Pid::from_raw(child.id().map_or(0, u32::cast_signed));
        let mut postmaster =
            Postmaster { pid, child: Some(child), folder: cluster.folder.clone(), has_ended: false };

        let started = Instant::now();
        loop {
            if let Ok(status) = timeout(POLL, postmaster.ended()).await {
                let output = read_from(&log_path, log_start_bytes).unwrap_or_default();
                return Err(PostgresError::Ended { status, log: log_path, output: tail(&output) });
            }
            let file = PidFile::read(&cluster.folder)?;
            if file.is_some_and(|file| file.pid == pid && file.is_ready) {
                return Ok(postmaster);
            }
            if started.elapsed() > START_LIMIT {
                return Err(not_ready(cluster));
            }
        }
    }

    /// Its process number.
    pub(super) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// Waits for its end and says how it ended. Cancel safe.
    pub(super) async fn ended(&mut self) -> String {
        let status = match &mut self.child {
            Some(child) => match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
            None => {
                while is_live(self.pid, &self.folder) {
                    sleep(ADOPTED_POLL).await;
                }
                "its process is gone".to_owned()
            }
        };
        self.has_ended = true;
        status
    }

    /// Ends it: connections are closed and open transactions rolled back at once. Bounded; true if it is gone.
    pub(super) async fn stop(mut self) -> bool {
        for (signal, limit) in [(Signal::SIGINT, FAST_STOP_LIMIT), (Signal::SIGQUIT, IMMEDIATE_STOP_LIMIT)] {
            // Cannot fail but by its being gone, which the wait finds out.
            let _ = kill(self.pid, signal);
            if timeout(limit, self.ended()).await.is_ok() {
                return true;
            }
        }
        false
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if !self.has_ended && is_live(self.pid, &self.folder) {
            let _ = kill(self.pid, Signal::SIGINT);
        }
    }
}

impl PidFile {
    /// Reads the pid file of the cluster in `folder`; none if there is none, or it is not written to its end yet.
    pub(super) fn read(folder: &Path) -> Result<Option<PidFile>, PostgresError> {
        let path = folder.join("postmaster.pid");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(PidFile::parse(&text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(PostgresError::File { action: "read", path, source }),
        }
    }

    /// The same, if its process is there.
    pub(super) fn read_live(folder: &Path) -> Result<Option<PidFile>, PostgresError> {
        Ok(PidFile::read(folder)?.filter(|file| is_live(file.pid, folder)))
    }

    /// Lines: pid, folder, start time, port, socket folder, address, shared memory, status (padded).
    fn parse(text: &str) -> Option<PidFile> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let pid = Pid::from_raw(lines.first()?.parse().ok()?);
        // A file that is being written has no port yet, and its server is not ready.
        let port = lines.get(3).and_then(|port| port.parse().ok()).unwrap_or(0);
        Some(PidFile { pid, port, is_ready: lines.get(7) == Some(&"ready") })
    }
}

/// Whether the process is there at all.
fn is_alive(pid: Pid) -> bool {
    kill(pid, None) != Err(nix::errno::Errno::ESRCH)
}

/// Whether the process is there and is a server of the cluster in `folder`: numbers are given to other processes after
/// a reboot, and in a container soon. A server's working folder is its data folder. Elsewhere than on Linux the number
/// has to do.
fn is_live(pid: Pid, folder: &Path) -> bool {
    if !cfg!(target_os = "linux") {
        return is_alive(pid);
    }
    works_in(&Path::new("/proc").join(pid.to_string()), folder)
}

fn works_in(process: &Path, folder: &Path) -> bool {
    let there = fs::read_link(process.join("cwd"));
    there.is_ok_and(|there| fs::canonicalize(folder).is_ok_and(|folder| folder == there))
}

/// Removes a pid file whose number is another process's by now, for Postgres would refuse to start. It stays if any
/// process still works in `folder`: such a one may be writing there, and Postgres has ways to find out that we do not.
fn forget_stranger(folder: &Path) -> Result<(), PostgresError> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    if processes.into_iter().any(|process| works_in(&process.path(), folder)) {
        return Ok(());
    }
    let file = folder.join("postmaster.pid");
    tracing::warn!(postgres.pid_file = %file.display(), "removing the pid file of a server that is gone");
    fs::remove_file(&file).map_err(PostgresError::file("remove", &file))
}

fn not_ready(cluster: &Cluster) -> PostgresError {
    PostgresError::NotReady { seconds: START_LIMIT.as_secs(), log: log_path(cluster) }
}

fn log_path(cluster: &Cluster) -> PathBuf {
    cluster.data_dir.join("postgres.log")
}

/// Opens the server's log to append to it, and tells how long it is.
fn open_log(path: &Path) -> std::io::Result<(fs::File, u64)> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LOG_LIMIT_BYTES) {
        fs::rename(path, path.with_extension("log.old"))?;
    }
    let log = OpenOptions::new().create(true).append(true).open(path)?;
    let length_bytes = log.metadata()?.len();
    Ok((log, length_bytes))
}

fn read_from(path: &Path, start_bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut log = fs::File::open(path)?;
    log.seek(SeekFrom::Start(start_bytes))?;
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_tells_its_process_port_and_readiness_however_far_it_is_written() {
        let file = |pid, port, is_ready| Some(PidFile { pid: Pid::from_raw(pid), port, is_ready });
        let check = |text: &str, expected| assert_eq!(PidFile::parse(text), expected, "{text:?}");
        check("12\n/data\n1790000000\n5433\n\n127.0.0.1\n  4001 7\nready   \n", file(12, 5433, true));
        check("12\n/data\n1790000000\n5433\n\n127.0.0.1\n  4001 7\nstopping\n", file(12, 5433, false));
        check("12\n/data\n1790000000\n5433\n", file(12, 5433, false));
        check("12\n", file(12, 0, false));
        check("", None);
    }
}
