//! The load, and those who follow it. Everything they are told is recorded.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use copydesk::feed::Cursor;
use copydesk_proto::v1::{
    self, article_service_client::ArticleServiceClient, feed_service_client::FeedServiceClient,
    subscribe_response::Message as Told,
};
use rand::{RngExt, seq::IndexedRandom};
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use crate::{
    history::{Kind, Message, Position, Seen, Stream, Subscriber},
    proxy::Proxy,
};

/// Longest wait for an answer: a server may be stopped in the middle of it.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);
/// A stream that says nothing for so long is given up; servers say Progress each second.
const SILENCE_PATIENCE: Duration = Duration::from_secs(4);
const STORY: &str = "Harbour board approves ferry line\n\n\
    The harbour board of Lisbon approved a ferry line to Barreiro on Tuesday, Reuters reported.";

/// What submitters were told.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) acknowledged: BTreeSet<String>,
    pub(crate) deleted: BTreeSet<String>,
}

/// Shared by all clients.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) proxies: Arc<Vec<Proxy>>,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) is_over: Arc<AtomicBool>,
    /// Answers and messages that came, to see that there was load.
    pub(crate) count: Arc<AtomicU64>,
}

impl Load {
    fn channel(&self) -> Channel {
        let proxy = self.proxies.choose(&mut rand::rng()).expect("a server");
        Channel::from_shared(format!("http://{}", proxy.address)).expect("a URL").connect_lazy()
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Submits article after article under one source, each until it is acknowledged, and deletes some.
    pub(crate) async fn submit(self, source: String) {
        for index in 0_u64.. {
            let name = format!("{source}/{index}");
            let Some(article_id) = self.submit_one(&source, index).await else { return };
            self.ledger.lock().expect("not poisoned").acknowledged.insert(name.clone());
            if index.is_multiple_of(10) {
                if self.delete_one(&article_id).await.is_none() {
                    return;
                }
                self.ledger.lock().expect("not poisoned").deleted.insert(name);
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The article's id once it is acknowledged; `None` at the end of the run.
    async fn submit_one(&self, source: &str, index: u64) -> Option<String> {
        while !self.is_over() {
            let article = v1::RawArticle {
                source: source.to_owned(),
                external_id: index.to_string(),
                body: Some(v1::raw_article::Body::Text(format!("{STORY} {index}"))),
                ..Default::default()
            };
            let request = v1::SubmitArticleRequest {
                // A retry of every second article is known by its request id, of the others by its content.
                request_id: if index.is_multiple_of(2) { format!("{source}-{index}") } else { String::new() },
                article: Some(article),
                ..Default::default()
            };
            let mut client = ArticleServiceClient::new(self.channel());
            if let Ok(Ok(answer)) = timeout(ANSWER_PATIENCE, client.submit_article(request)).await {
                self.count.fetch_add(1, Ordering::Relaxed);
                return answer.into_inner().article.map(|article| article.article_id);
            }
            sleep(Duration::from_millis(20)).await;
        }
        None
    }

    async fn delete_one(&self, article_id: &str) -> Option<()> {
        while !self.is_over() {
            let request =
                v1::DeleteArticleRequest { article_id: article_id.to_owned(), ..Default::default() };
            let mut client = ArticleServiceClient::new(self.channel());
            match timeout(ANSWER_PATIENCE, client.delete_article(request)).await {
                Ok(Ok(_)) => return Some(()),
                // An earlier try was carried out, and its answer lost.
                Ok(Err(status)) if status.code() == tonic::Code::NotFound => return Some(()),
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
        None
    }

    /// Follows the log over all interruptions, from the beginning to `until` once that is set.
    pub(crate) async fn follow(
        self,
        source: Option<String>,
        until: tokio::sync::watch::Receiver<Option<Position>>,
    ) -> Subscriber {
        let mut subscriber = Subscriber { source, streams: Vec::new() };
        let mut told = 0;
        let mut incarnation = None;
        while until.borrow().is_none_or(|until| told < until) {
            let start = match incarnation {
                Some(incarnation) => {
                    v1::subscribe_request::Start::AfterCursor(Cursor { incarnation, position: told }.encode())
                }
                None => v1::subscribe_request::Start::Beginning(true),
            };
            let request = v1::SubscribeRequest {
                start: Some(start),
                filter: Some(v1::UpdateFilter {
                    sources: subscriber.source.clone().into_iter().collect(),
                    ..Default::default()
                }),
                max_batch: rand::rng().random_range(1..=50),
                progress_interval: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
                ..Default::default()
            };
            let mut client = FeedServiceClient::new(self.channel());
            let Ok(Ok(answer)) = timeout(ANSWER_PATIENCE, client.subscribe(request)).await else {
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let mut answer = answer.into_inner();
            let mut stream = Stream { started_after: told, messages: Vec::new() };
            while let Ok(Ok(Some(message))) = timeout(SILENCE_PATIENCE, answer.message()).await {
                self.count.fetch_add(1, Ordering::Relaxed);
                match record(&mut stream, message.message.expect("a message")) {
                    Recorded::Ready(cursor) => incarnation = Some(cursor.incarnation),
                    Recorded::Told(position) => told = position,
                    Recorded::Closing => break,
                }
                let is_done = until.borrow().is_some_and(|until| told >= until);
                // Leaving without a reason is a fault too.
                if is_done || rand::rng().random_range(0..2_000) == 0 {
                    break;
                }
            }
            subscriber.streams.push(stream);
        }
        subscriber
    }
}

enum Recorded {
    Ready(Cursor),
    Told(Position),
    Closing,
}

fn record(stream: &mut Stream, told: Told) -> Recorded {
    match told {
        Told::Ready(ready) => {
            let cursor = cursor_of(&ready.start_cursor);
            stream.started_after = cursor.position;
            Recorded::Ready(cursor)
        }
        Told::Updates(updates) => {
            let through = cursor_of(&updates.through_cursor).position;
            stream.messages.push(Message::Updates {
                after: cursor_of(&updates.after_cursor).position,
                through,
                updates: updates.updates.into_iter().map(seen).collect(),
            });
            Recorded::Told(through)
        }
        Told::Progress(v1::Progress { cursor, .. })
        | Told::CaughtUp(v1::CaughtUp { cursor })
        | Told::FellBehind(v1::FellBehind { cursor }) => {
            let at = cursor_of(&cursor).position;
            stream.messages.push(Message::Mark(at));
            Recorded::Told(at)
        }
        Told::Closing(_) => Recorded::Closing,
        Told::Snapshot(_) => panic!("no snapshot was asked for"),
    }
}

fn cursor_of(bytes: &[u8]) -> Cursor {
    Cursor::decode(bytes).expect("a cursor")
}

fn seen(update: v1::Update) -> Seen {
    let kind = match update.kind() {
        v1::UpdateKind::Accepted => Kind::Accepted,
        v1::UpdateKind::Processed => Kind::Processed,
        v1::UpdateKind::Failed => Kind::Failed,
        v1::UpdateKind::Deleted => Kind::Deleted,
        other => panic!("an update of kind {other:?}"),
    };
    let article = update.article.expect("an article");
    Seen {
        position: cursor_of(&update.cursor).position,
        kind,
        name: format!("{}/{}", article.source, article.external_id),
        source: article.source,
        version: (article.article_id, article.version),
    }
}
