//! FeedService: a `Reader` on the wire.
//!
//! The stream makes a message only when the connection takes one, so a client that does not read costs one message and
//! its cursor. The server ends a stream for a reason of its own only after saying so.

mod frame;
mod service;
mod subscriber;

use std::{pin::Pin, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use copydesk_proto::v1::{self, feed_service_server::FeedService};
use futures_util::{Stream, StreamExt, stream};
use prost::Message;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, Streaming};

use super::{
    convert::Reading,
    groups,
    status::{from_app, refused},
};
use crate::{
    app::{App, AppError},
    article::{Position, View},
    feed::{Cursor, Filter, ReaderOptions, Snapshot},
    store::{Head, StoreError},
};
pub use service::FeedServer;

use frame::Frame;
use subscriber::Subscriber;

const DEFAULT_BATCH: usize = 100;
const MAX_BATCH: usize = 1_000;
const DEFAULT_PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
/// Most articles in a snapshot: its ids are held in memory, 24 bytes each.
const MAX_SNAPSHOT_ARTICLES: i64 = 1_000_000;

/// How streams are ended.
#[derive(Clone, Debug)]
pub struct FeedRpcOptions {
    /// Streams say Closing and end once this is cancelled.
    pub closing: CancellationToken,
    /// Streams end at about this age; a tenth is taken off at random, so that they do not all come back at once.
    pub max_stream_age: Option<Duration>,
    /// A stream beyond these is told at once to come back later.
    pub max_subscribers: usize,
}

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct FeedRpc {
    app: App,
    options: FeedRpcOptions,
}

impl FeedRpc {
    /// On top of the feed.
    pub fn new(app: App, options: FeedRpcOptions) -> FeedRpc {
        FeedRpc { app, options }
    }

    fn start_position(&self, request: &v1::SubscribeRequest, head: Head) -> Result<Position, Status> {
        use v1::subscribe_request::Start;
        let mut reading = Reading::default();
        let position = match &request.start {
            None | Some(Start::Now(true) | Start::Snapshot(true)) => head.position,
            Some(Start::Beginning(true)) => head.trimmed_position,
            Some(Start::AfterCursor(bytes)) => match Cursor::decode(bytes) {
                Some(cursor) => return resume_position(cursor, head),
                None => {
                    reading.refuse(
                        "after_cursor",
                        "is no cursor of this service; use one from an earlier message",
                    );
                    0
                }
            },
            Some(Start::Beginning(false)) => {
                reading.refuse("beginning", "must be true when set");
                0
            }
            Some(Start::Now(false)) => {
                reading.refuse("now", "must be true when set");
                0
            }
            Some(Start::Snapshot(false)) => {
                reading.refuse("snapshot", "must be true when set");
                0
            }
        };
        reading.finish()?;
        Ok(position)
    }

    /// Registers a subscription; all that it says.
    async fn open(&self, request: v1::SubscribeRequest) -> Result<FrameStream, Status> {
        let head = self.app.feed().head().await.map_err(|error| from_app(AppError::from(error)))?;
        let after_position = self.start_position(&request, head)?;
        let mut reading = Reading::default();
        let encoding = reading.encoding(request.offset_encoding);
        let view = reading.view(request.view, v1::ArticleView::Basic, encoding);
        let mut options = ReaderOptions {
            after_position,
            max_batch: reading.max_batch(request.max_batch, DEFAULT_BATCH, MAX_BATCH),
            progress_interval: reading.duration(
                "progress_interval",
                request.progress_interval,
                DEFAULT_PROGRESS_INTERVAL,
                Duration::from_secs(1)..=Duration::from_secs(300),
            ),
            is_full_view: view != View::Basic,
            filter: reading.filter(request.filter.clone().unwrap_or_default()),
        };
        reading.finish()?;
        // Older updates have ids that were given up since.
        options.filter.entity_ids =
            self.app.entity_families(&options.filter.entity_ids).await.map_err(from_app)?;
        // The cursor may come from another process, and be ahead of what this one has heard of.
        self.app.feed().look();

        let is_overloaded = self.app.feed().followers().count >= self.options.max_subscribers;
        let snapshot = match request.start {
            Some(v1::subscribe_request::Start::Snapshot(_)) if !is_overloaded => {
                Some(self.snapshot(options.filter.clone(), view).await?)
            }
            _ => None,
        };
        let after_position = snapshot.as_ref().map_or(options.after_position, Snapshot::position);
        let subscriber = Subscriber {
            reader: self.app.feed().read(ReaderOptions { after_position, ..options }),
            app: self.app.clone(),
            view,
            encoding,
            closing: self.options.closing.clone(),
            ends_at: self
                .options
                .max_stream_age
                .map(|age| Instant::now() + age.mul_f64(1.0 - 0.1 * rand::random::<f64>())),
            opening: Some(head),
            snapshot,
            is_overloaded,
            is_closed: false,
        };
        let frames = stream::unfold(subscriber, |mut subscriber| async move {
            let frame = subscriber.next().await?;
            Some((Ok(frame), subscriber))
        });
        Ok(Box::pin(frames))
    }

    async fn snapshot(&self, filter: Filter, view: View) -> Result<Snapshot, Status> {
        match self.app.feed().snapshot(filter, view, MAX_SNAPSHOT_ARTICLES).await {
            Ok(snapshot) => Ok(snapshot),
            Err(StoreError::TooMany { max }) => Err(refused(
                Code::ResourceExhausted,
                "SNAPSHOT_TOO_LARGE",
                format!(
                    "the filter matches more than {max} articles; narrow it, or start from the beginning"
                ),
                [("max_articles", max.to_string())],
            )),
            Err(error) => Err(from_app(AppError::from(error))),
        }
    }
}

type FrameStream = Pin<Box<dyn Stream<Item = Result<Frame, Status>> + Send>>;
type MessageStream = Pin<Box<dyn Stream<Item = Result<v1::SubscribeResponse, Status>> + Send>>;

#[tonic::async_trait]
impl FeedService for FeedRpc {
    type SubscribeStream = MessageStream;
    type ConsumeStream = groups::MessageStream;

    async fn create_group(
        &self,
        request: Request<v1::CreateGroupRequest>,
    ) -> Result<Response<v1::CreateGroupResponse>, Status> {
        groups::create(&self.app, request.into_inner()).await.map(Response::new)
    }

    async fn get_group(
        &self,
        request: Request<v1::GetGroupRequest>,
    ) -> Result<Response<v1::GetGroupResponse>, Status> {
        groups::get(&self.app, request.into_inner()).await.map(Response::new)
    }

    async fn list_groups(
        &self,
        request: Request<v1::ListGroupsRequest>,
    ) -> Result<Response<v1::ListGroupsResponse>, Status> {
        groups::list(&self.app, request.into_inner()).await.map(Response::new)
    }

    async fn delete_group(
        &self,
        request: Request<v1::DeleteGroupRequest>,
    ) -> Result<Response<v1::DeleteGroupResponse>, Status> {
        groups::delete(&self.app, request.into_inner()).await.map(Response::new)
    }

    async fn replay_parked(
        &self,
        request: Request<v1::ReplayParkedRequest>,
    ) -> Result<Response<v1::ReplayParkedResponse>, Status> {
        groups::replay_parked(&self.app, request.into_inner()).await.map(Response::new)
    }

    async fn consume(
        &self,
        request: Request<Streaming<v1::ConsumeRequest>>,
    ) -> Result<Response<groups::MessageStream>, Status> {
        groups::consume(&self.app, &self.options, request.into_inner()).await.map(Response::new)
    }

    /// For those who mount the generated server: `FeedServer` sends the frames as they are.
    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<MessageStream>, Status> {
        let frames = self.open(request.into_inner()).await?;
        let messages = frames.map(|frame| {
            let mut bytes = Vec::new();
            frame?.encode(&mut bytes).map_err(|_| Status::internal("a message cannot be encoded"))?;
            v1::SubscribeResponse::decode(bytes.as_slice())
                .map_err(|_| Status::internal("a message cannot be decoded"))
        });
        Ok(Response::new(Box::pin(messages)))
    }
}

/// Where a cursor of the client's leads.
pub(super) fn resume_position(cursor: Cursor, head: Head) -> Result<Position, Status> {
    if cursor.incarnation != head.incarnation {
        return Err(refused(
            Code::FailedPrecondition,
            "CURSOR_OF_ANOTHER_LOG",
            "the cursor is of another log: the database was restored or replaced; start from the beginning or from now"
                .to_owned(),
            [],
        ));
    }
    let name = |position| shown(Cursor { incarnation: head.incarnation, position });
    if cursor.position < head.trimmed_position {
        return Err(refused(
            Code::OutOfRange,
            "CURSOR_TRIMMED",
            "the updates after this cursor are no longer held; start from the oldest cursor or read the articles anew"
                .to_owned(),
            [("oldest_cursor", name(head.trimmed_position))],
        ));
    }
    if cursor.position > head.position {
        return Err(refused(
            Code::OutOfRange,
            "CURSOR_PAST_END",
            "the cursor is past the end of the log; start from the head cursor".to_owned(),
            [("head_cursor", name(head.position))],
        ));
    }
    Ok(cursor.position)
}

/// A cursor as text, for error details.
fn shown(cursor: Cursor) -> String {
    URL_SAFE_NO_PAD.encode(cursor.encode())
}
