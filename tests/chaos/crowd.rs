//! A crowd on one server, some of it asleep, and the end of the server under all of them.
//!
//! A short run has 250 subscribers; `make chaos` sets COPYDESK_CHAOS_SUBSCRIBERS=1000. What it took is printed beside.
//! COPYDESK_CHAOS_BIN names another build of the server than the one beside the tests.

use std::time::{Duration, SystemTime};

use copydesk::feed::Cursor;
use copydesk_proto::v1::{
    self, article_service_client::ArticleServiceClient, feed_service_client::FeedServiceClient,
    subscribe_response::Message,
};
use tokio::{task::JoinSet, time::timeout};
use tonic::{Streaming, transport::Channel};

use crate::{
    nodes::{Database, Node, Role},
    setting,
};

const PATIENCE: Duration = Duration::from_secs(120);
/// One in twenty never reads while the load lasts.
const SLEEPERS_IN: usize = 20;
const STREAMS_A_CONNECTION: usize = 50;
const ARTICLES: usize = 300;
/// What a sleeper's connection takes in before it is full: far less than the load, so that none of them keeps up unread.
const SLEEPER_WINDOW_BYTES: u32 = 65_535;
/// The memory that the server may take.
const MAX_MEMORY_MB: u64 = 400;

/// A stream that is registered, and how far it has read.
struct Follower {
    stream: Streaming<v1::SubscribeResponse>,
    position: i64,
    has_fallen_behind: bool,
    delays: Vec<Duration>,
}

impl Follower {
    async fn open(channel: Channel) -> Follower {
        let request = v1::SubscribeRequest { max_batch: 10, ..Default::default() };
        let stream = FeedServiceClient::new(channel).subscribe(request).await.expect("subscribes");
        let mut follower = Follower {
            stream: stream.into_inner(),
            position: 0,
            has_fallen_behind: false,
            delays: Vec::new(),
        };
        match follower.next().await {
            Message::Ready(ready) => follower.position = position(&ready.start_cursor),
            other => panic!("the first message is {other:?}"),
        }
        follower
    }

    async fn next(&mut self) -> Message {
        let message = timeout(PATIENCE, self.stream.message()).await.expect("in time").expect("no error");
        message.expect("Closing comes before the end").message.expect("a message")
    }

    /// Reads until `last` was told; each position must follow the one before it.
    async fn read_through(mut self, last: i64) -> Follower {
        while self.position < last {
            match self.next().await {
                Message::Updates(updates) => {
                    let now = SystemTime::now();
                    for update in &updates.updates {
                        self.position += 1;
                        assert_eq!(position(&update.cursor), self.position, "a hole, or a step back");
                        let time = SystemTime::try_from(update.time.expect("a time")).expect("a time");
                        self.delays.push(now.duration_since(time).unwrap_or_default());
                    }
                }
                Message::FellBehind(_) => self.has_fallen_behind = true,
                Message::CaughtUp(_) | Message::Progress(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
        self
    }

    /// Reads to the end that the server makes.
    async fn read_closing(mut self) {
        loop {
            match self.next().await {
                Message::Closing(closing) => {
                    assert_eq!(closing.reason(), v1::ClosingReason::Shutdown);
                    assert_eq!(position(&closing.resume_cursor), self.position);
                    assert!(closing.retry_delay.is_some());
                    break;
                }
                Message::CaughtUp(_) | Message::Progress(_) | Message::FellBehind(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
        assert!(self.stream.message().await.expect("a clean end").is_none());
    }
}

fn position(cursor: &[u8]) -> i64 {
    Cursor::decode(cursor).expect("a cursor").position
}

async fn read_all(followers: Vec<Follower>, last: i64) -> Vec<Follower> {
    let mut reading = JoinSet::new();
    for follower in followers {
        reading.spawn(follower.read_through(last));
    }
    reading.join_all().await
}

/// The 99th of a hundred delays, in milliseconds; takes them out.
fn p99_ms(followers: &mut [Follower]) -> f64 {
    let mut delays: Vec<Duration> = followers.iter_mut().flat_map(|f| f.delays.drain(..)).collect();
    delays.sort_unstable();
    delays.get(delays.len() * 99 / 100).map_or(0.0, |delay| delay.as_secs_f64() * 1e3)
}

/// Updates of several KB, so that a stream that is not read is full soon.
async fn submit(channel: Channel, round: &str) {
    let requests: Vec<_> = (0..ARTICLES)
        .map(|index| v1::SubmitArticlesRequest {
            article: Some(v1::RawArticle {
                source: "crowd".to_owned(),
                external_id: format!("{round}-{index}"),
                title: "A long title that fills the window. ".repeat(50),
                labels: (0..10).map(|label| (format!("label-{label}"), "n".repeat(200))).collect(),
                body: Some(v1::raw_article::Body::Text("Short.".to_owned())),
                ..Default::default()
            }),
            ..Default::default()
        })
        .collect();
    let mut answers = ArticleServiceClient::new(channel)
        .submit_articles(tokio_stream::iter(requests))
        .await
        .expect("opens")
        .into_inner();
    while answers.message().await.expect("no error").is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn sleepers_in_a_crowd_cost_little_delay_nobody_and_miss_nothing_and_a_shutdown_tells_everyone() {
    let subscribers = usize::try_from(setting("COPYDESK_CHAOS_SUBSCRIBERS", 250)).expect("not so many");
    let folder = std::env::temp_dir().join(format!("copydesk-crowd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a writable temporary folder");
    let database = Database::start(&folder).await;
    let mut node = Node::new(Role::Front, 0, database.postgres.url(), &folder).await;
    node.start_with(None, &["--feed-memory-events", "50"]);
    let url = format!("http://{}", node.proxy.as_ref().expect("a server").address);
    let connect =
        async || Channel::from_shared(url.clone()).expect("a URL").connect().await.expect("connects");

    let mut awake = Vec::new();
    let mut channel = connect().await;
    for index in 0..subscribers - subscribers / SLEEPERS_IN {
        if index % STREAMS_A_CONNECTION == 0 {
            channel = connect().await;
        }
        awake.push(Follower::open(channel.clone()).await);
    }
    let writer = connect().await;
    let articles = ARTICLES as i64;
    let (_, mut awake) = tokio::join!(submit(writer.clone(), "before"), read_all(awake, articles));
    let before_ms = p99_ms(&mut awake);

    let mut asleep = Vec::new();
    for _ in 0..subscribers / SLEEPERS_IN {
        // On connections of their own: streams that share one share its window.
        // It falls asleep once it is live: who was never told that it is, is not told either that it no longer is.
        let narrow = Channel::from_shared(url.clone()).expect("a URL");
        let narrow =
            narrow.initial_stream_window_size(SLEEPER_WINDOW_BYTES).connect().await.expect("connects");
        let mut follower = Follower::open(narrow).await;
        while !matches!(follower.next().await, Message::CaughtUp(_)) {}
        asleep.push(follower);
    }
    let (_, mut awake) = tokio::join!(submit(writer, "beside"), read_all(awake, 2 * articles));
    let beside_ms = p99_ms(&mut awake);
    let asleep = read_all(asleep, 2 * articles).await;
    assert!(asleep.iter().all(|follower| follower.has_fallen_behind), "a sleeper was not told");
    let memory_mb = node.peak_memory_mb();
    println!(
        "{subscribers} subscribers, {} of them asleep: p99 {before_ms:.0} ms before, {beside_ms:.0} ms beside the sleepers; \
         the server took {memory_mb:?} MB",
        asleep.len()
    );
    assert!(memory_mb.is_none_or(|memory| memory < MAX_MEMORY_MB));

    let mut ending = JoinSet::new();
    for follower in awake.into_iter().chain(asleep) {
        ending.spawn(follower.read_closing());
    }
    node.signal("TERM");
    ending.join_all().await;
    assert!(node.wait().expect("it ran").success(), "an ordered shutdown within the grace ends with 0");
    database.postgres.stop().await;
    std::fs::remove_dir_all(&folder).expect("it is ours");
}
