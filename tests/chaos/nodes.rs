//! The processes under test: servers behind proxies, workers, and one Postgres that outlives them. Whatever dies is
//! started again.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    time::Duration,
};

use copydesk::postgres::{EmbeddedPostgres, Options};

use crate::proxy::Proxy;

/// Longest start of a process: Postgres may be down meanwhile.
const START_PATIENCE: Duration = Duration::from_secs(90);
/// What every process runs with: leases that end soon, and no limit on what chaos may do to an article.
const SETTINGS: [&str; 8] = [
    "--lease-seconds",
    "1.5",
    "--max-crashes",
    "1000000",
    "--max-attempts",
    "1000000",
    // The validators know of what becomes of one article, not of what it has in common with others.
    "--duplicate-days",
    "0",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Serves and works.
    Server,
    /// Serves only.
    Front,
    /// Works only.
    Worker,
}

/// One process and its place.
pub(crate) struct Node {
    pub(crate) role: Role,
    /// In front of a server.
    pub(crate) proxy: Option<Proxy>,
    child: Option<Child>,
    database_url: String,
    log: PathBuf,
}

impl Node {
    pub(crate) async fn new(role: Role, index: usize, database_url: &str, folder: &Path) -> Node {
        let proxy = if role == Role::Worker { None } else { Some(Proxy::start().await) };
        let log = folder.join(format!("node-{index}.log"));
        Node { role, proxy, child: None, database_url: database_url.to_owned(), log }
    }

    /// Starts the process; `failpoint` is a step at which it will die. Returns once it is ready.
    pub(crate) fn start(&mut self, failpoint: Option<&str>) {
        self.start_with(failpoint, &[]);
    }

    /// The same with further flags.
    pub(crate) fn start_with(&mut self, failpoint: Option<&str>, flags: &[&str]) {
        let command = if self.role == Role::Worker { "work" } else { "serve" };
        let log = std::fs::File::options().create(true).append(true).open(&self.log).expect("a log");
        // A release build has no steps to die at, but shows what a crowd costs where it counts.
        let built = env!("CARGO_BIN_EXE_copydesk").to_owned();
        let mut program = Command::new(std::env::var("COPYDESK_CHAOS_BIN").unwrap_or(built));
        program.arg(command).args(SETTINGS).args(["--metrics-listen", "127.0.0.1:0"]);
        program.args(["--database-url", &self.database_url]).args(flags);
        if self.role != Role::Worker {
            program.args(["--listen", "127.0.0.1:0"]);
        }
        if self.role == Role::Front {
            program.arg("--no-workers");
        }
        if let Some(failpoint) = failpoint {
            program.env("FAILPOINTS", failpoint);
        }
        let mut child = program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Read on to the end: a full pipe would stop the process.
                let _ = tell.send(line);
            }
        });
        self.child = Some(child);
        // A process that dies before it is ready is started again by whoever looks after it.
        let is_ready = |line: &String| line.starts_with("listening on") || line.starts_with("working");
        let ready = std::iter::from_fn(|| told.recv_timeout(START_PATIENCE).ok()).find(is_ready);
        if let (Some(proxy), Some(line)) = (&self.proxy, ready) {
            proxy.point_at(address_in(&line));
        }
    }

    pub(crate) fn is_dead(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().expect("can be asked").is_some())
    }

    pub(crate) fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            // It may be dead already: then there is nothing to kill.
            let _ = child.kill();
            child.wait().expect("it is gone");
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        if let Some(child) = &self.child {
            signal(child.id(), name);
        }
    }

    /// The most memory it ever held, as Linux tells it; none elsewhere.
    pub(crate) fn peak_memory_mb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.as_ref()?.id())).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(peak.split_whitespace().next()?.parse::<u64>().ok()? / 1_000)
    }

    /// In order; says how it ended.
    pub(crate) fn stop(&mut self) -> Option<ExitStatus> {
        self.signal("TERM");
        self.wait()
    }

    /// How it ends that was told to.
    pub(crate) fn wait(&mut self) -> Option<ExitStatus> {
        self.child.take().map(|mut child| child.wait().expect("it ends"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn address_in(line: &str) -> SocketAddr {
    let words = line.split(|c: char| c.is_whitespace() || c == '/' || c == ',');
    words.filter_map(|word| word.parse().ok()).next().unwrap_or_else(|| panic!("no address in {line:?}"))
}

/// The database of the run, in a folder of its own.
pub(crate) struct Database {
    pub(crate) postgres: EmbeddedPostgres,
    folder: PathBuf,
}

impl Database {
    pub(crate) async fn start(folder: &Path) -> Database {
        let options = Options { data_dir: folder.to_owned(), bin_dir: None };
        let postgres = EmbeddedPostgres::start(&options).await.expect("Postgres starts");
        Database { postgres, folder: folder.to_owned() }
    }

    /// KILL: it crashes; QUIT: the same, for its children too; INT: it disconnects everyone and stops. Its supervisor
    /// starts it again.
    pub(crate) fn signal(&self, name: &str) {
        let pid = std::fs::read_to_string(self.folder.join("postgres/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next().and_then(|line| line.trim().parse().ok()) {
            signal(pid, name);
        }
    }
}

fn signal(pid: u32, name: &str) {
    // Who is gone already needs no signal.
    let _ = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .stderr(Stdio::null())
        .status()
        .expect("kill is there");
}
