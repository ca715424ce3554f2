//! Consumer groups under fire: several servers, kill -9, random settlements, retention.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use copydesk::{
    server::ServeOptions,
    store::{Store, StoreOptions},
};
use copydesk_proto::v1::{
    self, SettleAction, SettleStatus, consume_response::Message, feed_service_client::FeedServiceClient,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use crate::{
    app::{PATIENCE, TestApp, within},
    cluster::database,
    groups::{
        accepting, submit,
        worker::{
            Worker, create, external_id, get, get_when, group, join_message, seconds, settlement, version,
        },
    },
};

async fn two_servers() -> (TestApp, TestApp, crate::cluster::TestDatabase) {
    let database = database().await;
    let accept_only = || ServeOptions { no_workers: true, ..Default::default() };
    let one = TestApp::start_on(&database.url, &[], accept_only()).await;
    let two = TestApp::start_on(&database.url, &[], accept_only()).await;
    (one, two, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn members_on_two_servers_share_one_group() {
    let (mut one, two, _database) = two_servers().await;
    create(&mut one, group("shared", Default::default())).await;
    let mut on_one = Worker::join(&one, "shared", 20).await;
    let mut on_two = Worker::join(&two, "shared", 20).await;
    let shown = get(&mut one, "shared").await;
    let servers: BTreeSet<_> = shown.members.iter().map(|member| member.server.as_str()).collect();
    assert_eq!(servers.len(), 2, "{servers:?}");
    for index in 0..60 {
        submit(&mut one, &index.to_string(), "").await;
    }
    // Both windows fill: nobody settles.
    let mut seen: Vec<String> = on_one.deliveries(20).await.iter().map(external_id).collect();
    let held = on_two.deliveries(20).await;
    seen.extend(held.iter().map(external_id));
    // What one gives back on one server goes to the other on the other, in time.
    on_one.leave().await;
    for delivery in &held {
        assert_eq!(on_two.ack(delivery).await, SettleStatus::Done);
    }
    let mut done: BTreeSet<String> = held.iter().map(external_id).collect();
    while done.len() < 60 {
        let delivery = on_two.delivery().await;
        assert!(done.insert(external_id(&delivery)), "settled and delivered again");
        assert_eq!(on_two.ack(&delivery).await, SettleStatus::Done);
    }
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), 40, "no update was with two members at a time");
    let shown = get_when(&mut one, "shared", |shown| shown.members.len() == 1).await.group;
    assert_eq!(shown.map(|group| (group.lag, group.in_flight_count)), Some((0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn few_updates_are_spread_over_the_members_of_all_servers() {
    let (mut one, two, _database) = two_servers().await;
    for index in 0..20 {
        submit(&mut one, &index.to_string(), "").await;
    }
    create(&mut one, group("few", Default::default())).await;
    let (mut on_one, mut on_two) =
        tokio::join!(Worker::join(&one, "few", 100), Worker::join(&two, "few", 100));
    // Whoever joined first may have taken the first ones alone; those that come now are shared.
    for index in 20..60 {
        submit(&mut one, &index.to_string(), "").await;
    }
    for worker in [&mut on_one, &mut on_two] {
        worker.deliveries(5).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_members_of_a_killed_server_had_goes_to_others_within_its_lease() {
    let (mut app, database) = accepting().await;
    let (mut server, url) = start_process(&database.url).await;
    let lease_duration = seconds(2.0);
    create(&mut app, group("killed", v1::GroupSettings { lease_duration, ..Default::default() })).await;
    for index in 0..20 {
        submit(&mut app, &index.to_string(), "").await;
    }
    let feed = FeedServiceClient::new(channel(&url));
    let mut doomed = Worker::open(feed, join_message("killed", 12)).await.expect("joins");
    let taken = doomed.deliveries(12).await;
    assert_eq!(doomed.ack(&taken[0]).await, SettleStatus::Done);
    server.kill().expect("SIGKILL is sent");
    server.wait().expect("it is gone");
    // What was on its way may still come; then the stream is cut without a word.
    while let Ok(message) = doomed.message().await {
        assert!(matches!(message, Some(Message::Deliveries(_))), "{message:?}");
    }

    let mut heir = Worker::join(&app, "killed", 5).await;
    let mut attempts = BTreeMap::new();
    while attempts.len() < 19 {
        let delivery = heir.delivery().await;
        assert!(attempts.insert(external_id(&delivery), delivery.attempt).is_none(), "delivered twice");
        assert_eq!(heir.ack(&delivery).await, SettleStatus::Done);
    }
    assert!(!attempts.contains_key(&external_id(&taken[0])), "what was settled stays settled");
    let again = attempts.values().filter(|attempt| **attempt == 2).count();
    // Between the last delivery that was read and the kill, one more may have been made for the free place.
    assert!((11..=12).contains(&again), "{attempts:?}");
    let shown = get(&mut app, "killed").await.group.expect("a group");
    assert_eq!((shown.lag, shown.in_flight_count), (0, 0));
}

/// The program as it is shipped, on this database; returns once it answers, with its URL.
async fn start_process(database_url: &str) -> (Child, String) {
    let database_url = database_url.to_owned();
    let started = tokio::task::spawn_blocking(move || {
        let mut server = Command::new(env!("CARGO_BIN_EXE_copydesk"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--metrics-listen",
                "127.0.0.1:0",
                "--duplicate-days",
                "0",
            ])
            .args(["--no-workers", "--database-url", &database_url])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let out = server.stdout.take().expect("piped");
        let address = BufReader::new(out)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .expect("it answers");
        (server, address)
    });
    let (server, address) = timeout(PATIENCE, started).await.expect("in time").expect("no panic");
    let address = address.split_whitespace().next().expect("an address").trim_end_matches(',').to_owned();
    let url = if address.starts_with("http") { address } else { format!("http://{address}") };
    (server, url)
}

fn channel(url: &str) -> Channel {
    Channel::from_shared(url.to_owned()).expect("a URL").connect_lazy()
}

const ARTICLES: usize = 12;
const VERSIONS: usize = 6;

/// What happened, in the order in which the members saw it.
#[derive(Clone, Debug)]
enum Recorded {
    /// `article/version`.
    Delivered(String),
    /// Before it is sent, so that nothing that follows from it can be recorded before it.
    AckSent(String),
    Acked(String),
}

type History = Arc<Mutex<Vec<Recorded>>>;

#[tokio::test(flavor = "multi_thread")]
async fn under_random_settlements_by_members_of_two_servers_nothing_is_lost_doubled_or_out_of_order() {
    let seed: u64 = rand::random();
    let (mut one, two, _database) = two_servers().await;
    let settings =
        v1::GroupSettings { lease_duration: seconds(1.0), max_attempts: 1_000, ..Default::default() };
    create(&mut one, group("random", settings)).await;
    let history = History::default();
    let members: Vec<_> = (0..4)
        .map(|index| {
            let app = if index % 2 == 0 { &one } else { &two };
            let rng = StdRng::seed_from_u64(seed.wrapping_add(index));
            tokio::spawn(behave(app.feed.clone(), rng, history.clone()))
        })
        .collect();
    for number in 1..=VERSIONS {
        for article in 0..ARTICLES {
            submit(&mut one, &article.to_string(), &format!("version {number}")).await;
        }
    }
    get_when(&mut one, "random", |shown| {
        shown.group.as_ref().is_some_and(|group| group.checkpoint_cursor == group.head_cursor)
    })
    .await;
    for member in &members {
        member.abort();
    }
    check(&history.lock().expect("not poisoned"), seed);
    let shown = get(&mut one, "random").await.group.expect("a group");
    assert_eq!((shown.lag, shown.parked_count, shown.in_flight_count), (0, 0, 0), "seed {seed}");
}

/// Takes updates and does anything with them, over and over.
async fn behave(feed: FeedServiceClient<Channel>, mut rng: StdRng, history: History) {
    let record = |what: Recorded| history.lock().expect("not poisoned").push(what);
    loop {
        let window = rng.random_range(1..=6);
        let mut worker = Worker::open(feed.clone(), join_message("random", window)).await.expect("joins");
        for _ in 0..rng.random_range(1..30) {
            let delivery = worker.delivery().await;
            let name = version(&delivery);
            record(Recorded::Delivered(name.clone()));
            match rng.random_range(0..10) {
                0..=4 => {
                    record(Recorded::AckSent(name.clone()));
                    if worker.ack(&delivery).await == SettleStatus::Done {
                        record(Recorded::Acked(name));
                    }
                }
                5 | 6 => {
                    worker.act(delivery.delivery_id, SettleAction::Retry).await;
                }
                7 => {
                    let now = v1::Settlement {
                        retry_delay: seconds(0.0),
                        ..settlement(delivery.delivery_id, SettleAction::Retry)
                    };
                    worker.settle(vec![now]).await;
                }
                8 => sleep(Duration::from_millis(rng.random_range(0..30))).await,
                // Forgotten until its lease ends, or until the member leaves.
                _ => {}
            }
        }
        if rng.random() {
            worker.leave().await;
        }
    }
}

fn check(history: &[Recorded], seed: u64) {
    let mut sent: BTreeSet<String> = BTreeSet::new();
    let mut acked: BTreeMap<&str, usize> = BTreeMap::new();
    for recorded in history {
        match recorded {
            Recorded::Delivered(name) => {
                let (article, number) = name.split_once('/').expect("article/version");
                for earlier in 1..number.parse().expect("a number") {
                    let earlier = format!("{article}/{earlier}");
                    assert!(sent.contains(&earlier), "{name} before {earlier} was done, seed {seed}");
                }
                assert!(!acked.contains_key(name.as_str()), "{name} after it was settled, seed {seed}");
            }
            Recorded::AckSent(name) => {
                sent.insert(name.clone());
            }
            Recorded::Acked(name) => *acked.entry(name).or_default() += 1,
        }
    }
    assert_eq!(acked.len(), ARTICLES * VERSIONS, "each is settled, seed {seed}");
    assert!(acked.values().all(|times| *times == 1), "each is settled once, seed {seed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_retention_overtakes_goes_on_behind_it_and_says_how_much_it_lost() {
    let (mut app, database) = accepting().await;
    create(&mut app, group("behind", Default::default())).await;
    for index in 1..=6 {
        submit(&mut app, &index.to_string(), "").await;
    }
    let mut worker = Worker::join(&app, "behind", 1).await;
    let first = worker.delivery().await;
    worker.act(first.delivery_id, SettleAction::Park).await;
    let second = worker.delivery().await;
    worker.ack(&second).await;
    let third = worker.delivery().await;
    let options = StoreOptions {
        url: database.url.clone(),
        max_connections: 1,
        acquire_timeout: Duration::from_secs(5),
    };
    let store = Store::new(&options).expect("a URL");
    assert_eq!(store.lowest_checkpoint().await.expect("read"), Some(0), "the first is parked");

    let mut connection = PgConnection::connect(&database.url).await.expect("connects");
    connection
        .execute("update log_head set trimmed_position = 4; delete from log_events where position <= 4")
        .await
        .expect("trims");
    // The third is in hand and can be settled; the first was parked and the fourth never read.
    assert_eq!(worker.ack(&third).await, SettleStatus::Done);
    assert_eq!(external_id(&worker.delivery().await), "5");
    let shown = get(&mut app, "behind").await;
    assert!(shown.parked.is_empty());
    assert_eq!(shown.group.map(|group| group.lost_positions), Some(2));
    assert_eq!(store.lowest_checkpoint().await.expect("read"), Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_member_does_not_read_goes_to_others() {
    let (mut app, _database) = accepting().await;
    let lease_duration = seconds(1.0);
    let settings = v1::GroupSettings { lease_duration, max_attempts: 1_000, ..Default::default() };
    create(&mut app, group("stalled", settings)).await;
    let stalled = Worker::join(&app, "stalled", 1_000).await;
    for index in 0..30 {
        submit(&mut app, &index.to_string(), "").await;
    }
    let mut working = Worker::join(&app, "stalled", 1_000).await;
    let mut done = BTreeSet::new();
    while done.len() < 30 {
        match within(working.message()).await.expect("no error") {
            Some(Message::Deliveries(deliveries)) => {
                for delivery in deliveries.deliveries {
                    working.send(ack_message(delivery.delivery_id)).await;
                    done.insert(external_id(&delivery));
                }
            }
            Some(Message::Results(_)) => {}
            other => panic!("{other:?}"),
        }
        // Leases of the one that does not read end; what ended with it in hand goes to whoever has room.
    }
    drop(stalled);
}

fn ack_message(delivery_id: i64) -> v1::consume_request::Message {
    let settlements = vec![settlement(delivery_id, SettleAction::Ack)];
    v1::consume_request::Message::Settle(v1::Settle { settlements })
}
