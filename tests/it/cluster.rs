//! One Postgres cluster for the whole run, and a fresh, migrated database for each test that asks.
//!
//! Nothing has to run beforehand, and nothing is left behind: a guard process holds the end of a pipe whose other end is
//! ours, so that it sees this process end, by whatever signal, and then stops the cluster and removes its folder.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use copydesk::{
    postgres::{EmbeddedPostgres, Options},
    store::{Store, StoreOptions},
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Tests with a database of their own that run at a time: each may run several servers, and the cluster has 200
/// connections.
static PLACES: Semaphore = Semaphore::const_new(4);

/// A database with the newest schema and nothing in it. It goes with the cluster.
pub(crate) struct TestDatabase {
    /// For `Store`, or for the server's `--database-url`.
    pub(crate) url: String,
    _place: SemaphorePermit<'static>,
}

/// A database of the caller's own: 0.1 seconds, and 4 more for the first one of a run.
pub(crate) async fn database() -> TestDatabase {
    static NEXT: AtomicU32 = AtomicU32::new(1);

    let place = PLACES.acquire().await.expect("the semaphore is never closed");
    let cluster = tokio::task::spawn_blocking(Cluster::shared).await.expect("a cluster for the run");
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut admin = connect(&cluster.url).await;
    let create = format!("create database {name} template {TEMPLATE}");
    sqlx::query(AssertSqlSafe(create)).execute(&mut admin).await.expect("a new database");
    admin.close().await.expect("a clean goodbye");
    let url = on_database(&cluster.url, &name);
    // A copy is another log, as a restored backup is: a cursor of one must not be good for the other.
    let mut owner = connect(&url).await;
    let renew = "update log_head set incarnation = gen_random_uuid()";
    sqlx::query(renew).execute(&mut owner).await.expect("a log of its own");
    owner.close().await.expect("a clean goodbye");
    TestDatabase { url, _place: place }
}

/// A folder for one test's files, removed at its end. The user that Postgres runs as can get into it.
pub(crate) struct TestFolder(PathBuf);

impl TestFolder {
    /// `name` is unique among the tests of this run.
    pub(crate) fn new(name: &str) -> TestFolder {
        let folder = std::env::temp_dir().join(format!("copydesk-it-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a writable temporary folder");
        TestFolder(folder)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        // What a test that failed left running may still be writing there; the folder is temporary anyway.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The database that every test's database is a copy of.
const TEMPLATE: &str = "copydesk_template";

struct Cluster {
    /// Of the database `copydesk`, which no test touches.
    url: String,
    /// Closed by the kernel when this process ends.
    _guard_pipe: std::process::ChildStdin,
}

impl Cluster {
    fn shared() -> &'static Cluster {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Cluster::start)
    }

    fn start() -> Cluster {
        let data_dir = std::env::temp_dir().join(format!("copydesk-it-{}", std::process::id()));
        let guard_pipe = guard(&data_dir);
        let (tell_url, url) = mpsc::channel();
        // A thread of its own: the runtime of the test that came first ends with that test.
        thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let options = Options { data_dir, bin_dir: None };
                let postgres = EmbeddedPostgres::start(&options).await.expect("a cluster for the tests");
                make_template(postgres.url()).await;
                tell_url.send(postgres.url().to_owned()).expect("the test that asked waits");
                std::future::pending::<()>().await;
            });
        });
        let url = url.recv_timeout(Duration::from_secs(120)).expect("a cluster within two minutes");
        Cluster { url, _guard_pipe: guard_pipe }
    }
}

/// Starts the guard: it waits for the end of its input, then stops the server and removes the folder.
fn guard(data_dir: &Path) -> std::process::ChildStdin {
    use std::os::unix::process::CommandExt;

    const SCRIPT: &str = r#"
        cat > /dev/null
        if read -r pid < "$1/postgres/postmaster.pid" && kill -INT "$pid"; then
            tries=0
            while kill -0 "$pid" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
            kill -QUIT "$pid" && sleep 1
        fi
        rm -rf "$1"
    "#;
    #[allow(clippy::zombie_processes, reason = "the guard outlives this process; that is what it is for")]
    let mut guard = Command::new("sh")
        .args(["-c", SCRIPT, "guard"])
        .arg(data_dir)
        .stdin(Stdio::piped())
        // The test runner waits for everyone who could still write to its output.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C must end the tests, not the one who cleans up after them.
        .process_group(0)
        .spawn()
        .expect("a shell");
    guard.stdin.take().expect("a pipe was asked for")
}

async fn make_template(url: &str) {
    let mut admin = connect(url).await;
    let create = format!("create database {TEMPLATE}");
    sqlx::query(AssertSqlSafe(create)).execute(&mut admin).await.expect("a template");
    admin.close().await.expect("a clean goodbye");
    let url = on_database(url, TEMPLATE);
    let store =
        Store::new(&StoreOptions { url, max_connections: 1, acquire_timeout: Duration::from_secs(10) })
            .expect("a URL of our own making");
    store.migrate().await.expect("migrations that apply");
    // A database that someone is connected to cannot be copied.
    store.close().await;
}

async fn connect(url: &str) -> PgConnection {
    url.parse::<PgConnectOptions>().expect("a URL of our own making").connect().await.expect("a connection")
}

/// The URL of another database of the same cluster.
fn on_database(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}")
}
