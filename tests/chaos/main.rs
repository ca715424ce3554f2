//! Everything goes wrong, again and again, and nothing acknowledged is lost, doubled, left out or out of order.
//!
//! Three processes on one Postgres, load and subscribers that reach them through proxies, and a driver that kills, stops
//! and cuts by chance. What the clients saw is recorded and held against what they were promised (`history`). A short run
//! by default; `make chaos` injects 500 faults. COPYDESK_CHAOS_FAULTS sets their number, COPYDESK_CHAOS_SEED repeats their
//! order. Beside it: a crowd of subscribers with sleepers in it (`crowd`), a worker killed under load (`recovery`).

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it waits for, and passes over the rest"
)]

mod clients;
mod crowd;
mod faults;
mod history;
mod nodes;
mod proxy;
mod recovery;

use std::{
    collections::BTreeMap,
    env,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rand::{SeedableRng, rngs::StdRng};
use tokio::time::{Instant, sleep, timeout};

use clients::Load;
use faults::Chaos;
use history::{History, Kind, Position, Seen};
use nodes::{Database, Node, Role};

const DEFAULT_FAULTS: u32 = 40;
const SOURCES: usize = 4;
/// All that must happen once nothing goes wrong any more.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_nothing_is_lost_doubled_left_out_or_out_of_order() {
    let faults = setting("COPYDESK_CHAOS_FAULTS", u64::from(DEFAULT_FAULTS));
    let seed = setting("COPYDESK_CHAOS_SEED", rand::random());
    println!("{faults} faults, COPYDESK_CHAOS_SEED={seed}");
    let folder = env::temp_dir().join(format!("copydesk-chaos-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a writable temporary folder");

    let database = Database::start(&folder).await;
    let mut nodes = Vec::new();
    for (index, role) in [Role::Server, Role::Front, Role::Worker].into_iter().enumerate() {
        let mut node = Node::new(role, index, database.postgres.url(), &folder).await;
        node.start(None);
        nodes.push(node);
    }
    let load = Load {
        proxies: Arc::new(nodes.iter().filter_map(|node| node.proxy.clone()).collect()),
        ledger: Arc::default(),
        is_over: Arc::default(),
        count: Arc::default(),
    };
    let (tell_end, end) = tokio::sync::watch::channel(None);
    let submitters: Vec<_> =
        (0..SOURCES).map(|source| tokio::spawn(load.clone().submit(format!("source-{source}")))).collect();
    let filters = [None, None, None, Some("source-0".to_owned()), Some("nobody".to_owned())];
    let subscribers: Vec<_> =
        filters.into_iter().map(|source| tokio::spawn(load.clone().follow(source, end.clone()))).collect();

    let started = Instant::now();
    let mut chaos = Chaos { nodes, database, injected: BTreeMap::new() };
    chaos.run(u32::try_from(faults).expect("not so many"), &mut StdRng::seed_from_u64(seed)).await;
    println!("injected in {:.0?}: {:?}", started.elapsed(), chaos.injected);

    load.is_over.store(true, Ordering::Relaxed);
    for submitter in submitters {
        timeout(PATIENCE, submitter).await.expect("it ends").expect("no panic");
    }
    let log = timeout(PATIENCE, settled_log(&load, &chaos.database)).await.expect("all work is done");
    tell_end.send_replace(log.last().map(|seen| seen.position));
    let mut history = History { log, ..History::default() };
    for subscriber in subscribers {
        let subscriber = timeout(PATIENCE, subscriber).await.expect("it catches up").expect("no panic");
        history.subscribers.push(subscriber);
    }
    {
        let ledger = load.ledger.lock().expect("not poisoned");
        history.acknowledged.clone_from(&ledger.acknowledged);
        history.deleted.clone_from(&ledger.deleted);
    }
    println!(
        "{} acknowledged, {} of them deleted; {} updates; {} streams",
        history.acknowledged.len(),
        history.deleted.len(),
        history.log.len(),
        history.subscribers.iter().map(|subscriber| subscriber.streams.len()).sum::<usize>()
    );
    for node in &mut chaos.nodes {
        let status = node.stop().expect("it runs");
        assert!(status.success(), "an ordered shutdown ends with 0, not {status}");
    }
    chaos.database.postgres.stop().await;
    let violations = history.violations();
    assert!(violations.is_empty(), "logs are in {}: {violations:#?}", folder.display());
    assert!(history.acknowledged.len() > faults as usize, "too little load to prove anything");
    std::fs::remove_dir_all(&folder).expect("it is ours");
}

/// The whole log, once every article in it has come to its end.
async fn settled_log(load: &Load, database: &Database) -> Vec<Seen> {
    loop {
        let head = head_position(database).await;
        let (_tell, end) = tokio::sync::watch::channel(Some(head));
        let log: Vec<Seen> = load.clone().follow(None, end).await.updates().cloned().collect();
        let mut last: BTreeMap<&str, Kind> = BTreeMap::new();
        for seen in &log {
            last.insert(&seen.name, seen.kind);
        }
        if last.values().all(|kind| *kind != Kind::Accepted) && head == head_position(database).await {
            return log;
        }
        sleep(Duration::from_millis(200)).await;
    }
}

async fn head_position(database: &Database) -> Position {
    use sqlx::Connection;

    loop {
        let head = async {
            let mut connection = sqlx::PgConnection::connect(database.postgres.url()).await?;
            sqlx::query_scalar("select position from log_head").fetch_one(&mut connection).await
        };
        if let Ok(position) = head.await {
            return position;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}
