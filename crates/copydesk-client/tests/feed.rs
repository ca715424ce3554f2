//! What a `Subscription` promises, held against a scripted FeedService on a loopback port.
//!
//! Each connection plays the next script; every request that arrives is recorded.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step, and says where")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use copydesk_client::{
    Client, Error, Event, RetryPolicy, Start, Subscription, SubscriptionOptions,
    v1::{
        self,
        feed_service_server::{FeedService, FeedServiceServer},
        subscribe_request,
        subscribe_response::Message,
    },
};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::{Code, Request, Response, Status, Streaming, transport::Server};

enum Step {
    Say(Message),
    Fail(Status),
    /// Keeps the stream open and silent.
    Hang,
}
use Step::{Fail, Hang, Say};

#[derive(Clone, Default)]
struct ScriptedFeed {
    scripts: Arc<Mutex<VecDeque<Vec<Step>>>>,
    requests: Arc<Mutex<Vec<v1::SubscribeRequest>>>,
}

#[tonic::async_trait]
impl FeedService for ScriptedFeed {
    type SubscribeStream = ReceiverStream<Result<v1::SubscribeResponse, Status>>;
    type ConsumeStream = ReceiverStream<Result<v1::ConsumeResponse, Status>>;

    async fn create_group(
        &self,
        _: Request<v1::CreateGroupRequest>,
    ) -> Result<Response<v1::CreateGroupResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn get_group(
        &self,
        _: Request<v1::GetGroupRequest>,
    ) -> Result<Response<v1::GetGroupResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn list_groups(
        &self,
        _: Request<v1::ListGroupsRequest>,
    ) -> Result<Response<v1::ListGroupsResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn delete_group(
        &self,
        _: Request<v1::DeleteGroupRequest>,
    ) -> Result<Response<v1::DeleteGroupResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn replay_parked(
        &self,
        _: Request<v1::ReplayParkedRequest>,
    ) -> Result<Response<v1::ReplayParkedResponse>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn consume(
        &self,
        _: Request<Streaming<v1::ConsumeRequest>>,
    ) -> Result<Response<Self::ConsumeStream>, Status> {
        Err(Status::unimplemented("not scripted"))
    }

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        self.requests.lock().unwrap().push(request.into_inner());
        let script = self.scripts.lock().unwrap().pop_front().unwrap_or_default();
        if let [Fail(status)] = script.as_slice() {
            return Err(status.clone());
        }
        let (messages, stream) = mpsc::channel(1);
        tokio::spawn(async move {
            for step in script {
                let said = match step {
                    Say(message) => Ok(v1::SubscribeResponse { message: Some(message) }),
                    Fail(status) => Err(status),
                    Hang => return messages.closed().await,
                };
                if messages.send(said).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}

impl ScriptedFeed {
    async fn start(scripts: impl IntoIterator<Item = Vec<Step>>) -> (ScriptedFeed, Client) {
        let feed = ScriptedFeed {
            scripts: Arc::new(Mutex::new(scripts.into_iter().collect())),
            ..ScriptedFeed::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = FeedServiceServer::new(feed.clone());
        tokio::spawn(
            Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)),
        );
        let impatient = RetryPolicy { initial_backoff: Duration::from_millis(1), ..RetryPolicy::default() };
        let client = Client::lazy(&url).unwrap().with_retry(impatient);
        (feed, client)
    }

    fn starts(&self) -> Vec<subscribe_request::Start> {
        self.requests.lock().unwrap().iter().map(|request| request.start.clone().unwrap()).collect()
    }
}

fn ready(start: u8) -> Step {
    Say(Message::Ready(v1::Ready { start_cursor: vec![start], ..Default::default() }))
}

fn updates(after: u8, through: u8) -> Step {
    Say(Message::Updates(v1::Updates {
        updates: vec![v1::Update { cursor: vec![through], ..Default::default() }],
        after_cursor: vec![after],
        through_cursor: vec![through],
    }))
}

fn progress(cursor: u8) -> Step {
    Say(Message::Progress(v1::Progress { cursor: vec![cursor], time: None }))
}

fn after(cursor: u8) -> subscribe_request::Start {
    subscribe_request::Start::AfterCursor(vec![cursor])
}

fn from_beginning() -> SubscriptionOptions {
    SubscriptionOptions { start: Start::Beginning, ..Default::default() }
}

/// Reads until `count` batches of updates came; their through cursors.
async fn batches(subscription: &mut Subscription, count: usize) -> Vec<u8> {
    let mut through = Vec::new();
    while through.len() < count {
        if let Event::Updates(updates) = subscription.next().await.unwrap().unwrap() {
            through.push(updates.through_cursor[0]);
        }
    }
    through
}

/// Reads until the subscription ends.
async fn error(mut subscription: Subscription) -> Error {
    loop {
        if let Err(error) = subscription.next().await.expect("an error comes before the end") {
            assert!(subscription.next().await.is_none(), "nothing follows an error");
            return error;
        }
    }
}

#[tokio::test]
async fn a_broken_stream_is_resumed_after_the_last_cursor() {
    let (feed, client) = ScriptedFeed::start([
        vec![ready(0), updates(0, 3), progress(5), Fail(Status::internal("lost"))],
        vec![ready(5), updates(5, 6)],
        vec![ready(6), updates(6, 7), Hang],
    ])
    .await;
    let mut subscription = client.subscribe(from_beginning());
    assert_eq!(batches(&mut subscription, 3).await, [3, 6, 7]);
    assert_eq!(subscription.cursor(), Some(&[7][..]));
    assert_eq!(feed.starts(), [subscribe_request::Start::Beginning(true), after(5), after(6)]);
}

#[tokio::test]
async fn the_filter_is_sent_again_on_every_connection() {
    let (feed, client) =
        ScriptedFeed::start([vec![ready(0), updates(0, 1)], vec![ready(1), updates(1, 2)]]).await;
    let filter = v1::UpdateFilter { sources: vec!["desk".into()], ..Default::default() };
    let mut subscription =
        client.subscribe(SubscriptionOptions { filter: filter.clone(), ..from_beginning() });
    batches(&mut subscription, 2).await;
    assert!(feed.requests.lock().unwrap().iter().all(|request| request.filter == Some(filter.clone())));
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for() {
    let away = || vec![Fail(Status::unavailable("starting"))];
    let (feed, client) = ScriptedFeed::start([away(), away(), vec![ready(4), updates(4, 5), Hang]]).await;
    let mut subscription = client.subscribe(SubscriptionOptions::default());
    for _ in 0..2 {
        let event = subscription.next().await.unwrap().unwrap();
        assert!(matches!(event, Event::Interrupted { status: Some(_), .. }), "{event:?}");
    }
    assert_eq!(batches(&mut subscription, 1).await, [5]);
    // Nothing was promised before the first Ready, so "now" is still now.
    assert_eq!(feed.starts(), vec![subscribe_request::Start::Now(true); 3]);
}

#[tokio::test]
async fn closing_is_handed_out_and_its_delay_is_kept() {
    let delay = Duration::from_millis(80);
    let closing = v1::Closing {
        reason: v1::ClosingReason::Shutdown as i32,
        resume_cursor: vec![2],
        retry_delay: Some(delay.try_into().unwrap()),
        message: String::new(),
    };
    let (feed, client) = ScriptedFeed::start([
        vec![ready(0), updates(0, 1), Say(Message::Closing(closing.clone()))],
        vec![ready(2), updates(2, 3), Hang],
    ])
    .await;
    let mut subscription = client.subscribe(from_beginning());
    batches(&mut subscription, 1).await;
    let event = subscription.next().await.unwrap().unwrap();
    assert!(matches!(event, Event::Closing(said) if said == closing));
    let closed = std::time::Instant::now();
    assert_eq!(batches(&mut subscription, 1).await, [3]);
    assert!(closed.elapsed() >= delay);
    assert_eq!(feed.starts()[1], after(2));
}

#[tokio::test]
async fn a_hole_between_two_messages_is_an_error() {
    let (_, client) = ScriptedFeed::start([vec![ready(0), updates(0, 3), updates(4, 5), Hang]]).await;
    let error = error(client.subscribe(from_beginning())).await;
    assert!(
        matches!(&error, Error::Gap { expected, found } if (expected[0], found[0]) == (3, 4)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_hole_between_two_connections_is_an_error() {
    let (_, client) = ScriptedFeed::start([vec![ready(0), updates(0, 3)], vec![ready(4), Hang]]).await;
    assert!(matches!(error(client.subscribe(from_beginning())).await, Error::Gap { .. }));
    let (_, client) = ScriptedFeed::start([vec![ready(9), Hang]]).await;
    let options = SubscriptionOptions { start: Start::After(vec![8]), ..Default::default() };
    assert!(matches!(error(client.subscribe(options)).await, Error::Gap { .. }));
}

#[tokio::test]
async fn data_before_ready_is_an_error() {
    let (_, client) = ScriptedFeed::start([vec![updates(0, 1), Hang]]).await;
    assert!(matches!(error(client.subscribe(from_beginning())).await, Error::Protocol(_)));
}

#[tokio::test]
async fn a_cursor_that_is_gone_ends_the_subscription() {
    for code in [Code::InvalidArgument, Code::OutOfRange, Code::FailedPrecondition, Code::Unimplemented] {
        let (feed, client) = ScriptedFeed::start([vec![Fail(Status::new(code, "no"))]]).await;
        let error = error(client.subscribe(from_beginning())).await;
        assert_eq!(error.status().map(Status::code), Some(code));
        assert_eq!(feed.starts().len(), 1);
    }
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let (_, client) = ScriptedFeed::start([
        vec![ready(0), updates(0, 1)],
        vec![ready(1), updates(1, 2), updates(2, 3), Hang],
    ])
    .await;
    let mut subscription = client.subscribe(from_beginning());
    let mut through = Vec::new();
    while through.len() < 3 {
        let patience = Duration::from_micros(300);
        match tokio::time::timeout(patience, subscription.next()).await {
            Ok(event) => {
                if let Event::Updates(updates) = event.unwrap().unwrap() {
                    through.push(updates.through_cursor[0]);
                }
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
    assert_eq!(through, [1, 2, 3]);
}
