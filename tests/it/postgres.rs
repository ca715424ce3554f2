//! The embedded Postgres: what it promises to a service that is killed, restarted, or pointed at the wrong folder.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use copydesk::postgres::{EmbeddedPostgres, Options, PostgresError};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sqlx::{ConnectOptions, Connection, postgres::PgConnectOptions};
use tokio::time::sleep;

use crate::cluster::{TestFolder, database};

#[tokio::test]
async fn every_test_database_is_migrated_empty_and_its_own() {
    let (left, right) = (database().await, database().await);
    assert_ne!(left.url, right.url);
    assert_eq!(ask(&left.url, "select count(*)::text from articles").await.as_deref(), Ok("0"));
}

#[tokio::test]
async fn a_fresh_folder_gets_a_durable_private_cluster_that_stops_cleanly() {
    let folder = TestFolder::new("fresh");
    // Named as a person would, through a link, and with a folder that is not there yet.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).expect("a link");
    let options = Options { data_dir: link.join("new").join("data"), bin_dir: None };
    let postgres = EmbeddedPostgres::start(&options).await.expect("a server");

    let url = postgres.url().to_owned();
    for (setting, value) in [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on")] {
        assert_eq!(ask(&url, &format!("show {setting}")).await.as_deref(), Ok(value), "{setting}");
    }
    assert_eq!(ask(&url, "show listen_addresses").await.as_deref(), Ok("127.0.0.1"));
    assert_eq!(ask(&url, "select current_database()").await.as_deref(), Ok("copydesk"));
    assert_eq!(ask(&url, "select lower('ÉRDOĞAN')").await.as_deref(), Ok("érdoğan"));
    let wrong = url.replacen("copydesk:", "copydesk:not", 1);
    assert!(ask(&wrong, "select 'in'").await.is_err(), "a wrong password must not get in");
    for (name, mode) in [("postgres", 0o700), ("postgres.password", 0o600)] {
        let metadata = fs::metadata(options.data_dir.join(name)).expect(name);
        assert_eq!(metadata.mode() & 0o777, mode, "{name}");
    }

    postgres.stop().await;
    assert!(!options.data_dir.join("postgres/postmaster.pid").exists(), "a clean stop removes the pid file");
}

#[tokio::test]
async fn a_second_start_finds_the_data_and_the_port_of_the_first() {
    let folder = TestFolder::new("again");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    let postgres = EmbeddedPostgres::start(&options).await.expect("a first start");
    let first_url = postgres.url().to_owned();
    execute(&first_url, "create table kept as select 'still here' as what").await;
    postgres.stop().await;

    let postgres = EmbeddedPostgres::start(&options).await.expect("a second start");
    assert_eq!(postgres.url(), first_url);
    assert_eq!(ask(postgres.url(), "select what from kept").await.as_deref(), Ok("still here"));
    postgres.stop().await;
}

#[tokio::test]
async fn a_server_that_outlived_its_service_is_adopted_and_stopped_in_the_end() {
    let folder = TestFolder::new("adopted");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    let postgres = EmbeddedPostgres::start(&options).await.expect("a server");
    let port = postgres.url().rsplit(':').next().and_then(|rest| rest.split('/').next()).map(str::to_owned);
    let program = fs::read_link(format!("/proc/{}/exe", pid(folder.path()))).expect("the server's program");
    postgres.stop().await;
    // What a kill -9 of the service leaves: a server that is nobody's child here.
    let cluster = folder.path().join("postgres");
    let owner = fs::metadata(&cluster).expect("a cluster");
    let mut orphan = Command::new("sh");
    orphan.args(["-c", "\"$0\" -D \"$1\" -p \"$2\" -k '' -h 127.0.0.1 < /dev/null > /dev/null 2>&1 &"]);
    orphan.arg(program).arg(&cluster).arg(port.expect("a port")).current_dir(folder.path());
    if nix::unistd::geteuid().is_root() {
        orphan.uid(owner.uid()).gid(owner.gid());
    }
    assert!(orphan.stdout(Stdio::null()).status().expect("a shell").success());
    wait_until("the orphan is ready", async || {
        fs::read_to_string(cluster.join("postmaster.pid")).is_ok_and(|text| text.contains("\nready"))
    })
    .await;
    let orphan = pid(folder.path());

    let postgres = EmbeddedPostgres::start(&options).await.expect("an adoption");
    assert_eq!(pid(folder.path()), orphan);
    assert_eq!(ask(postgres.url(), "select 'in'").await.as_deref(), Ok("in"));
    postgres.stop().await;
    assert!(!cluster.join("postmaster.pid").exists(), "an adopted server is stopped like any other");
}

#[tokio::test]
async fn a_killed_server_comes_back_at_the_same_port_with_what_was_committed() {
    let folder = TestFolder::new("killed");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    let postgres = EmbeddedPostgres::start(&options).await.expect("a server");
    for round in 1..=3 {
        execute(postgres.url(), &format!("create table round_{round} ()")).await;
        let killed = pid(folder.path());
        kill(Pid::from_raw(killed), Signal::SIGKILL).expect("a running server");
        wait_until("the server is back", async || {
            ask(postgres.url(), "select 'back'").await.is_ok() && pid(folder.path()) != killed
        })
        .await;
        let tables =
            ask(postgres.url(), "select count(*)::text from pg_tables where tablename like 'round%'");
        assert_eq!(tables.await, Ok(round.to_string()));
    }
    postgres.stop().await;
}

#[tokio::test]
async fn a_second_service_shares_the_server_and_carries_on_when_the_first_is_gone() {
    let folder = TestFolder::new("shared");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    let first = EmbeddedPostgres::start(&options).await.expect("a server");
    let second = EmbeddedPostgres::start(&options).await.expect("a share of it");
    assert_eq!(first.url(), second.url());

    first.stop().await;
    wait_until("the second runs it", async || ask(second.url(), "select 'on'").await.is_ok()).await;
    second.stop().await;
    assert!(!folder.path().join("postgres/postmaster.pid").exists());
}

#[tokio::test]
async fn a_pid_file_whose_number_is_another_process_by_now_does_not_block_the_start() {
    let folder = TestFolder::new("recycled");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    EmbeddedPostgres::start(&options).await.expect("a server").stop().await;
    let mut stranger = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().expect("a process");
    let pid_file = folder.path().join("postgres/postmaster.pid");
    let text = format!("{}\n/elsewhere\n1790000000\n5432\n\n127.0.0.1\n0 0\nready   \n", stranger.id());
    fs::write(&pid_file, text).expect("a pid file");

    let started = EmbeddedPostgres::start(&options).await;
    stranger.kill().expect("it is running");
    stranger.wait().expect("it was running");
    started.expect("a server in spite of the stale file").stop().await;
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_and_left_alone() {
    let folder = TestFolder::new("major");
    fs::create_dir(folder.path().join("postgres")).expect("a folder");
    fs::write(folder.path().join("postgres/PG_VERSION"), "9.6\n").expect("a file");
    fs::write(folder.path().join("postgres.password"), "secret\n").expect("a file");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    let refused = EmbeddedPostgres::start(&options).await.expect_err("another major");
    assert!(matches!(&refused, PostgresError::OtherMajor { found, .. } if found == "9.6"), "{refused}");
    assert_eq!(fs::read_dir(folder.path().join("postgres")).expect("a folder").count(), 1);
}

#[tokio::test]
async fn files_in_the_way_are_never_written_over() {
    let folder = TestFolder::new("files");
    fs::create_dir(folder.path().join("postgres")).expect("a folder");
    fs::write(folder.path().join("postgres/thesis.txt"), "years of work").expect("a file");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    let refused = EmbeddedPostgres::start(&options).await.expect_err("files in the way");
    assert!(matches!(refused, PostgresError::NotACluster { .. }), "{refused}");
    let kept = fs::read_to_string(folder.path().join("postgres/thesis.txt"));
    assert_eq!(kept.expect("the file"), "years of work");
}

#[tokio::test]
async fn what_a_killed_initialization_left_is_cleared_away() {
    let folder = TestFolder::new("halfway");
    fs::create_dir_all(folder.path().join("postgres.new/cluster/base")).expect("a folder");
    fs::write(folder.path().join("postgres.new/cluster/PG_VERSION"), "15\n").expect("a file");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    EmbeddedPostgres::start(&options).await.expect("a server").stop().await;
    assert!(!folder.path().join("postgres.new").exists());
}

#[tokio::test]
async fn a_data_folder_that_only_root_can_reach_is_refused_with_the_folder_that_is_closed() {
    let folder = TestFolder::new("closed");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("our own folder");
    let options = Options { data_dir: folder.path().join("data"), bin_dir: None };
    match EmbeddedPostgres::start(&options).await {
        // Root hands the cluster to a user who cannot get there; any other user runs it as itself.
        Err(error) if nix::unistd::geteuid().is_root() => {
            let closed = fs::canonicalize(folder.path()).expect("a folder");
            let named =
                matches!(&error, PostgresError::Unreachable { closed: named, .. } if *named == closed);
            assert!(named, "{error}");
        }
        started => started.expect("a server").stop().await,
    }
}

#[tokio::test]
async fn a_folder_without_binaries_is_named_in_the_error() {
    let folder = TestFolder::new("binless");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: Some(folder.path().to_owned()) };
    let error = EmbeddedPostgres::start(&options).await.expect_err("no binaries there");
    assert!(error.to_string().contains("binless"), "{error}");
}

/// The server's process number, as its pid file says; 0 while there is none.
fn pid(data_dir: &Path) -> i32 {
    let text = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap_or_default();
    text.lines().next().and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

/// The first column of the first row, over a connection of its own.
async fn ask(url: &str, query: &str) -> Result<String, String> {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let asked = async {
        let mut connection = options.connect().await?;
        let answer = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut connection).await;
        connection.close().await?;
        answer
    };
    asked.await.map_err(|error: sqlx::Error| error.to_string())
}

async fn execute(url: &str, statement: &str) {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let mut connection = options.connect().await.expect("a connection");
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.expect("a good statement");
    connection.close().await.expect("a clean goodbye");
}

/// Fails after half a minute: everything waited for here takes a second or two.
async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if is_so().await {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("waited in vain until {what}");
}
