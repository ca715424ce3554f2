//! FeedService: a `Reader` on the wire.
//!
//! The stream makes a message only when the connection takes one, so a client that does not read costs one message and
//! its cursor. The server ends a stream for a reason of its own only after saying so.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use copydesk_proto::v1::{self, feed_service_server::FeedService, subscribe_response::Message};
use futures_util::{Stream, stream};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status, Streaming};
use tracing::warn;

use super::{
    answer,
    convert::{Reading, timestamp},
    groups,
    status::{UNAVAILABLE_RETRY_DELAY, from_app, refused},
};
use crate::{
    app::{App, AppError},
    article::{Article, Event, EventKind, Position, VersionId, View},
    feed::{Cursor, Reader, ReaderOptions, Step},
    store::{Head, StoreError},
};

const DEFAULT_BATCH: usize = 100;
const MAX_BATCH: usize = 1_000;
const DEFAULT_PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
/// A stream that must read the table waits this long for a Postgres that is away before it closes.
const STORE_PATIENCE: Duration = Duration::from_secs(10);
const STORE_RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// How streams are ended.
#[derive(Clone, Debug)]
pub struct FeedRpcOptions {
    /// Streams say Closing and end once this is cancelled.
    pub closing: CancellationToken,
    /// Streams end at about this age; a tenth is taken off at random, so that they do not all come back at once.
    pub max_stream_age: Option<Duration>,
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
            None | Some(Start::Now(true)) => head.position,
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
        };
        reading.finish()?;
        Ok(position)
    }
}

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

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<MessageStream>, Status> {
        let request = request.into_inner();
        let head = self.app.feed().head().await.map_err(|error| from_app(AppError::from(error)))?;
        let after_position = self.start_position(&request, head)?;
        let mut reading = Reading::default();
        let encoding = reading.encoding(request.offset_encoding);
        let view = reading.view(request.view, v1::ArticleView::Basic, encoding);
        let options = ReaderOptions {
            after_position,
            max_batch: reading.max_batch(request.max_batch, DEFAULT_BATCH, MAX_BATCH),
            progress_interval: reading.duration(
                "progress_interval",
                request.progress_interval,
                DEFAULT_PROGRESS_INTERVAL,
                Duration::from_secs(1)..=Duration::from_secs(300),
            ),
            is_full_view: view != View::Basic,
            filter: reading.filter(request.filter.unwrap_or_default()),
        };
        reading.finish()?;
        // The cursor may come from another process, and be ahead of what this one has heard of.
        self.app.feed().look();

        let subscriber = Subscriber {
            reader: self.app.feed().read(options),
            app: self.app.clone(),
            view,
            encoding,
            closing: self.options.closing.clone(),
            ends_at: self
                .options
                .max_stream_age
                .map(|age| Instant::now() + age.mul_f64(1.0 - 0.1 * rand::random::<f64>())),
            opening: Some(head),
            is_closed: false,
        };
        let messages = stream::unfold(subscriber, |mut subscriber| async move {
            let message = subscriber.next().await?;
            Some((Ok(v1::SubscribeResponse { message: Some(message) }), subscriber))
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

struct Subscriber {
    reader: Reader,
    app: App,
    view: View,
    encoding: v1::OffsetEncoding,
    closing: CancellationToken,
    ends_at: Option<Instant>,
    /// Until Ready was said.
    opening: Option<Head>,
    is_closed: bool,
}

impl Subscriber {
    async fn next(&mut self) -> Option<Message> {
        if self.is_closed {
            return None;
        }
        if let Some(head) = self.opening.take() {
            return Some(Message::Ready(v1::Ready {
                start_cursor: self.cursor(self.reader.said()),
                head_cursor: self.cursor(head.position),
                oldest_cursor: self.cursor(head.trimmed_position),
            }));
        }
        let closing = self.closing.clone();
        let ends_at = self.ends_at;
        let too_old = async {
            match ends_at {
                Some(ends_at) => sleep_until(ends_at).await,
                None => std::future::pending().await,
            }
        };
        let resume_from = self.reader.said();
        tokio::select! {
            biased;
            () = closing.cancelled() => Some(self.close(
                resume_from,
                v1::ClosingReason::Shutdown,
                "the server is shutting down; subscribe again, to another server if there is one",
            )),
            () = too_old => Some(self.close(
                resume_from,
                v1::ClosingReason::MaxAge,
                "the stream has reached its greatest age; subscribe again",
            )),
            message = self.step() => Some(message),
        }
    }

    /// The next step of the reader as a message, or the Closing it leads to.
    async fn step(&mut self) -> Message {
        let resume_from = self.reader.said();
        let started = Instant::now();
        let step = loop {
            match self.reader.next().await {
                Ok(step) => break step,
                Err(error) if error.is_transient() && started.elapsed() < STORE_PATIENCE => {
                    sleep(STORE_RETRY_INTERVAL).await;
                }
                Err(error) => return self.close_for(resume_from, &error),
            }
        };
        match step {
            Step::Updates { after, events, through } => match self.updates(&events).await {
                Ok(updates) => Message::Updates(v1::Updates {
                    updates,
                    after_cursor: self.cursor(after),
                    through_cursor: self.cursor(through),
                }),
                // What the reader has said was not sent.
                Err(error) => self.close_for(after, &error),
            },
            Step::Progress(at) => Message::Progress(v1::Progress {
                cursor: self.cursor(at),
                time: Some(prost_types::Timestamp::from(SystemTime::now())),
            }),
            Step::CaughtUp(at) => Message::CaughtUp(v1::CaughtUp { cursor: self.cursor(at) }),
            Step::FellBehind(at) => Message::FellBehind(v1::FellBehind { cursor: self.cursor(at) }),
        }
    }

    async fn updates(&self, events: &[Arc<Event>]) -> Result<Vec<v1::Update>, StoreError> {
        let mut full = match self.view {
            View::Basic => Default::default(),
            View::Full | View::FullWithBody => self.read_results(events).await?,
        };
        let update = |event: &Arc<Event>| {
            let result = if event.kind == EventKind::Processed {
                full.remove(&event.summary.version_id())
            } else {
                None
            };
            v1::Update {
                cursor: self.cursor(event.position),
                kind: event.kind as i32,
                time: Some(timestamp(event.time)),
                article: Some(match result {
                    Some(article) => answer::article(&article, self.encoding),
                    None => answer::summary(&event.summary),
                }),
            }
        };
        Ok(events.iter().map(update).collect())
    }

    async fn read_results(
        &self,
        events: &[Arc<Event>],
    ) -> Result<std::collections::HashMap<VersionId, Article>, StoreError> {
        let ids: Vec<VersionId> = events
            .iter()
            .filter(|event| event.kind == EventKind::Processed)
            .map(|event| event.summary.version_id())
            .collect();
        let started = Instant::now();
        loop {
            match self.app.store().get_versions(&ids, self.view).await {
                Err(error) if error.is_transient() && started.elapsed() < STORE_PATIENCE => {
                    sleep(STORE_RETRY_INTERVAL).await;
                }
                result => return result,
            }
        }
    }

    fn close_for(&mut self, resume_from: Position, error: &StoreError) -> Message {
        if let StoreError::Trimmed { .. } = error {
            return self.close(
                resume_from,
                v1::ClosingReason::Retention,
                "the next updates are no longer held; subscribe from the beginning or read the articles anew",
            );
        }
        warn!(error = error as &dyn std::error::Error, "a stream is closed: the log cannot be read");
        self.close(
            resume_from,
            v1::ClosingReason::StoreUnavailable,
            "the store is not available; subscribe again later",
        )
    }

    fn close(&mut self, resume_from: Position, reason: v1::ClosingReason, message: &str) -> Message {
        self.is_closed = true;
        // Jitter, so that a thousand streams do not come back in one instant.
        let delay = UNAVAILABLE_RETRY_DELAY.mul_f64(0.5 + rand::random::<f64>());
        Message::Closing(v1::Closing {
            reason: i32::from(reason),
            resume_cursor: self.cursor(resume_from),
            retry_delay: prost_types::Duration::try_from(delay).ok(),
            message: message.to_owned(),
        })
    }

    fn cursor(&self, position: Position) -> Vec<u8> {
        Cursor { incarnation: self.app.feed().incarnation(), position }.encode()
    }
}
