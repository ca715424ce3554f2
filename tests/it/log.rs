//! The log itself, under transactions that dawdle and roll back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use copydesk::{
    article::{EventKind, Summary},
    store::{NewEvent, PartitionSizes, Store, StoreOptions, append},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection};
use tokio::time::sleep;

use crate::{app::within, cluster::database};

const CASES: u64 = 6;
const WRITERS: u64 = 5;
const TRANSACTIONS: u64 = 15;

/// What was committed: the name of the event at each position.
type Committed = BTreeMap<i64, String>;

/// Transactions of one to four events on a connection of its own, with pauses before, between and after its statements;
/// a third of them is rolled back.
async fn write(store: Store, seed: u64, writer: u64) -> Committed {
    let mut random = StdRng::seed_from_u64(seed * 100 + writer);
    let mut committed = Committed::new();
    for transaction in 0..TRANSACTIONS {
        let events = (0..random.random_range(1..=4))
            .map(|event| {
                let name = format!("{seed}-{writer}-{transaction}-{event}");
                NewEvent {
                    kind: EventKind::Accepted,
                    summary: Summary { external_id: Some(name), ..Summary::empty() },
                }
            })
            .collect();
        let mut tx = store.begin().await.expect("begins");
        sleep(Duration::from_micros(random.random_range(0..3_000))).await;
        let logged = append(&mut tx, events).await.expect("appends");
        sleep(Duration::from_micros(random.random_range(0..3_000))).await;
        if random.random_range(0..3) == 0 {
            drop(tx);
            continue;
        }
        tx.commit().await.expect("commits");
        let named = |event: copydesk::article::Event| {
            (event.position, event.summary.external_id.expect("each has a name"))
        };
        committed.extend(logged.events.into_iter().map(named));
        sleep(Duration::from_micros(random.random_range(0..2_000))).await;
    }
    committed
}

/// Reads on and on, in pages of any size, until the writers are done and the end is reached.
async fn read(store: Store, after: i64, seed: u64, is_over: Arc<AtomicBool>) -> Committed {
    let mut random = StdRng::seed_from_u64(seed);
    let mut seen = Committed::new();
    let mut at = after;
    loop {
        let was_over = is_over.load(Ordering::SeqCst);
        let page = store.read_log(at, random.random_range(1..20)).await.expect("reads without a hole");
        if page.is_empty() && was_over {
            return seen;
        }
        for event in page {
            assert_eq!(event.position, at + 1, "dense and in order");
            at = event.position;
            seen.insert(at, event.summary.external_id.expect("each has a name"));
        }
        sleep(Duration::from_micros(random.random_range(0..1_500))).await;
    }
}

/// A store with room in its log.
async fn open(url: &str) -> Store {
    let options =
        StoreOptions { url: url.to_owned(), max_connections: 12, acquire_timeout: Duration::from_secs(10) };
    let store = Store::new(&options).expect("a URL");
    let sizes = PartitionSizes { log_positions: 1_000_000, articles: Duration::from_secs(604_800) };
    store.add_partitions(sizes).await.expect("room");
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn every_readers_log_is_what_was_committed_whoever_dawdles_or_rolls_back() {
    let database = database().await;
    let store = open(&database.url).await;
    for seed in 0..CASES {
        let after = store.head().await.expect("a head").position;
        let is_over = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..3)
            .map(|reader| tokio::spawn(read(store.clone(), after, seed * 10 + reader, is_over.clone())))
            .collect();
        let writers: Vec<_> =
            (0..WRITERS).map(|writer| tokio::spawn(write(store.clone(), seed, writer))).collect();
        let mut committed = Committed::new();
        for writer in writers {
            committed.extend(within(writer).await.expect("no panic"));
        }
        is_over.store(true, Ordering::SeqCst);
        let count = i64::try_from(committed.len()).expect("not so many");
        assert!(committed.keys().copied().eq(after + 1..=after + count), "positions are dense");
        for reader in readers {
            assert_eq!(within(reader).await.expect("no panic"), committed);
        }
    }
}

#[tokio::test]
async fn an_event_that_an_older_version_has_stored_is_still_read() {
    let database = database().await;
    let store = open(&database.url).await;
    let mut connection = PgConnection::connect(&database.url).await.expect("connects");
    let summary = Summary { title: Some("Old news".to_owned()), ..Summary::empty() };
    let write = "with head as (update log_head set position = position + 1 returning position)
        insert into log_events (position, kind, time, article_id, version, summary)
        select position, 1, now(), $1, 1, $2 from head";
    sqlx::query(write)
        .bind(summary.article_id)
        .bind(sqlx::types::Json(&summary))
        .execute(&mut connection)
        .await
        .expect("writes as it was");
    let at = store.head().await.expect("a head").position - 1;
    let read = store.read_log(at, 1).await.expect("reads").pop().expect("one");
    assert_eq!(read.summary, summary);
    let entry = store.read_entries(at, 1).await.expect("reads").pop().expect("one");
    assert_eq!((entry.position, entry.content), (at + 1, read.content));
}
