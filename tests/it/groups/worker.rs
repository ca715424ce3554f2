//! A member of a group, driven by hand: what arrives while something else is waited for is kept.

use std::collections::VecDeque;

use copydesk_proto::v1::{
    self, SettleAction, SettleStatus, consume_request, consume_response::Message,
    feed_service_client::FeedServiceClient,
};
use tokio::{runtime::Runtime, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming, transport::Channel};

use crate::app::{TestApp, within};

pub(crate) struct Worker {
    pub(crate) requests: mpsc::Sender<v1::ConsumeRequest>,
    stream: Streaming<v1::ConsumeResponse>,
    pub(crate) ready: v1::GroupReady,
    kept: VecDeque<v1::Delivery>,
}

pub(crate) fn join_message(group_id: &str, max_in_flight: i32) -> v1::Join {
    v1::Join {
        group_id: group_id.to_owned(),
        member_name: format!("worker of {max_in_flight}"),
        max_in_flight,
        ..Default::default()
    }
}

impl Worker {
    pub(crate) async fn join(app: &TestApp, group_id: &str, max_in_flight: i32) -> Worker {
        Worker::open(app.feed.clone(), join_message(group_id, max_in_flight)).await.expect("joins")
    }

    pub(crate) async fn open(mut feed: FeedServiceClient<Channel>, join: v1::Join) -> Result<Worker, Status> {
        let (requests, outgoing) = mpsc::channel(100);
        let join = v1::ConsumeRequest { message: Some(consume_request::Message::Join(join)) };
        requests.send(join).await.expect("there is room");
        let mut stream = within(feed.consume(ReceiverStream::new(outgoing))).await?.into_inner();
        match within(stream.message()).await?.and_then(|response| response.message) {
            Some(Message::Ready(ready)) => Ok(Worker { requests, stream, ready, kept: VecDeque::new() }),
            other => panic!("the first message is {other:?}"),
        }
    }

    /// Joins over a connection that is cut without a word when the runtime it lives on is shut down, as it is when a
    /// client dies: a stream that is merely dropped may end its requests first, which is to leave in order.
    pub(crate) async fn join_mortal(app: &TestApp, group_id: &str, max_in_flight: i32) -> (Worker, Runtime) {
        let life = Runtime::new().expect("a runtime");
        let (url, join) = (app.url.clone(), join_message(group_id, max_in_flight));
        let joined = life.spawn(async move {
            let feed = FeedServiceClient::connect(url).await.expect("connects");
            Worker::open(feed, join).await.expect("joins")
        });
        (joined.await.expect("no panic"), life)
    }

    /// The next message; `None` at the end of the stream.
    pub(crate) async fn message(&mut self) -> Result<Option<Message>, Status> {
        Ok(within(self.stream.message()).await?.map(|response| response.message.expect("a message")))
    }

    pub(crate) async fn delivery(&mut self) -> v1::Delivery {
        loop {
            if let Some(delivery) = self.kept.pop_front() {
                return delivery;
            }
            match self.message().await.expect("no error") {
                Some(Message::Deliveries(deliveries)) => self.kept.extend(deliveries.deliveries),
                other => panic!("instead of a delivery came {other:?}"),
            }
        }
    }

    /// As many deliveries.
    pub(crate) async fn deliveries(&mut self, count: usize) -> Vec<v1::Delivery> {
        let mut deliveries = Vec::new();
        while deliveries.len() < count {
            deliveries.push(self.delivery().await);
        }
        deliveries
    }

    /// What has arrived already, without waiting for more.
    pub(crate) fn kept(&self) -> usize {
        self.kept.len()
    }

    pub(crate) async fn settle(&mut self, settlements: Vec<v1::Settlement>) -> Vec<SettleStatus> {
        let settle = v1::Settle { settlements };
        self.ask(consume_request::Message::Settle(settle)).await
    }

    pub(crate) async fn act(&mut self, delivery_id: i64, action: SettleAction) -> SettleStatus {
        self.settle(vec![settlement(delivery_id, action)]).await[0]
    }

    pub(crate) async fn ack(&mut self, delivery: &v1::Delivery) -> SettleStatus {
        self.act(delivery.delivery_id, SettleAction::Ack).await
    }

    pub(crate) async fn extend(&mut self, delivery_id: i64, seconds: i64) -> SettleStatus {
        let lease_duration = Some(prost_types::Duration { seconds, nanos: 0 });
        let extend = v1::Extend { delivery_ids: vec![delivery_id], lease_duration };
        self.ask(consume_request::Message::Extend(extend)).await[0]
    }

    pub(crate) async fn send(&mut self, message: consume_request::Message) {
        let request = v1::ConsumeRequest { message: Some(message) };
        self.requests.send(request).await.expect("the stream is open");
    }

    async fn ask(&mut self, message: consume_request::Message) -> Vec<SettleStatus> {
        self.send(message).await;
        loop {
            match self.message().await.expect("no error") {
                Some(Message::Deliveries(deliveries)) => self.kept.extend(deliveries.deliveries),
                Some(Message::Results(results)) => {
                    return results.results.iter().map(v1::SettleResult::status).collect();
                }
                other => panic!("instead of results came {other:?}"),
            }
        }
    }

    /// Until Closing, which must be the last message.
    pub(crate) async fn closing(&mut self) -> v1::Closing {
        loop {
            match self.message().await.expect("no error") {
                Some(Message::Closing(closing)) => {
                    assert!(self.message().await.expect("no error").is_none(), "Closing is last");
                    return closing;
                }
                Some(Message::Deliveries(deliveries)) => self.kept.extend(deliveries.deliveries),
                other => panic!("instead of Closing came {other:?}"),
            }
        }
    }

    /// Ends its requests and waits for the end of the stream.
    pub(crate) async fn leave(mut self) {
        let (closed, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.requests, closed));
        while self.message().await.expect("a clean end").is_some() {}
    }
}

pub(crate) fn settlement(delivery_id: i64, action: SettleAction) -> v1::Settlement {
    v1::Settlement { delivery_id, action: action.into(), ..Default::default() }
}

pub(crate) fn external_id(delivery: &v1::Delivery) -> String {
    let article = delivery.update.as_ref().and_then(|update| update.article.as_ref());
    article.expect("an article").external_id.clone()
}

/// `article/version`.
pub(crate) fn version(delivery: &v1::Delivery) -> String {
    let article = delivery.update.as_ref().and_then(|update| update.article.as_ref());
    let article = article.expect("an article");
    format!("{}/{}", article.external_id, article.version)
}

pub(crate) fn seconds(seconds: f64) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(std::time::Duration::from_secs_f64(seconds)).ok()
}

/// A group from the beginning of the log, with short waits.
pub(crate) fn group(group_id: &str, settings: v1::GroupSettings) -> v1::CreateGroupRequest {
    v1::CreateGroupRequest {
        group_id: group_id.to_owned(),
        start: Some(v1::create_group_request::Start::Beginning(true)),
        filter: None,
        settings: Some(v1::GroupSettings {
            min_retry_delay: settings.min_retry_delay.or(seconds(0.01)),
            max_retry_delay: settings.max_retry_delay.or(seconds(0.05)),
            ..settings
        }),
    }
}

pub(crate) async fn create(app: &mut TestApp, request: v1::CreateGroupRequest) -> v1::Group {
    let answer = within(app.feed.create_group(request)).await.expect("is created").into_inner();
    answer.group.expect("a group")
}

pub(crate) async fn get(app: &mut TestApp, group_id: &str) -> v1::GetGroupResponse {
    let request = v1::GetGroupRequest { group_id: group_id.to_owned() };
    within(app.feed.get_group(request)).await.expect("there is one").into_inner()
}

/// Looks at the group until it is as wanted.
pub(crate) async fn get_when(
    app: &mut TestApp,
    group_id: &str,
    is_wanted: impl Fn(&v1::GetGroupResponse) -> bool,
) -> v1::GetGroupResponse {
    within(async {
        loop {
            let found = get(app, group_id).await;
            if is_wanted(&found) {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
}
