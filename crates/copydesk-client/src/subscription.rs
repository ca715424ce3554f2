//! The feed as one unbroken sequence, over as many connections as it takes.
//!
//! Every message must start where the one before it ended; a new connection resumes after the last cursor that was handed
//! out. So what a caller sees is complete and in order, or it ends with an error that says otherwise.

use std::{fmt, time::Duration};

use copydesk_proto::v1::{self, subscribe_request, subscribe_response::Message};
use futures_util::{FutureExt, Stream, future::BoxFuture, stream};
use tokio::time::Instant;
use tonic::{Response, Status, Streaming};

use crate::{
    Client, Error,
    retry::{ends_a_subscription, server_delay},
};

/// Where a subscription starts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Start {
    /// With what is committed after the subscription is registered.
    #[default]
    Now,
    /// With the oldest update still held.
    Beginning,
    /// With all articles as they are at one moment, then what happens after it.
    Snapshot,
    /// After this cursor, which an earlier subscription ended with.
    After(Vec<u8>),
}

/// What a subscription asks for.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct SubscriptionOptions {
    /// Where to start.
    pub start: Start,
    /// Which updates are wanted; all unless set.
    pub filter: v1::UpdateFilter,
    /// How much of each article an update carries; unspecified: basic.
    pub view: v1::ArticleView,
    /// The most updates in one message; 0: the server's default.
    pub max_batch: i32,
    /// What the offsets of articles count; unspecified: bytes of UTF-8.
    pub offset_encoding: v1::OffsetEncoding,
    /// How often an idle stream says `Progress`; the server's default unless set.
    pub progress_interval: Option<Duration>,
}

/// What a subscription says.
#[derive(Clone, Debug)]
pub enum Event {
    /// A connection is made and registered; said again after every reconnect.
    Ready(v1::Ready),
    /// A part of the snapshot that was asked for. If the connection breaks before the last part, another `Ready` and all
    /// parts of a new snapshot follow.
    Snapshot(v1::Snapshot),
    /// What happened, proven to follow what was handed out before.
    Updates(v1::Updates),
    /// Nothing that the filter wants happened up to this cursor.
    Progress(v1::Progress),
    /// From here on, updates come as they are committed.
    CaughtUp(v1::CaughtUp),
    /// From here on, updates come from the table, until `CaughtUp`.
    FellBehind(v1::FellBehind),
    /// The server ends this connection; the subscription resumes by itself.
    Closing(v1::Closing),
    /// The connection was lost or could not be made; the subscription tries again after the delay.
    Interrupted {
        /// What the server or the transport said; none after a `Closing`, or when the stream just ended.
        status: Option<Status>,
        /// The pause before the next try.
        retry_delay: Duration,
    },
}

/// Follows the feed until an error that a retry cannot mend. Dropping it ends the stream.
#[derive(Debug)]
pub struct Subscription {
    client: Client,
    request: v1::SubscribeRequest,
    /// What the last message handed out ended with; none before the first `Ready`, unless resumed.
    cursor: Option<Vec<u8>>,
    connection: Connection,
    /// In a row; back to zero with every message after `Ready`.
    failures: u32,
}

#[derive(Debug)]
enum Connection {
    /// None yet, or the last one is gone: the next is due at this time.
    Due(Instant),
    /// Under way.
    Connecting(Connecting),
    /// `Ready` has not come yet.
    Fresh(Box<Streaming<v1::SubscribeResponse>>),
    Open(Box<Streaming<v1::SubscribeResponse>>),
    /// The server said `Closing` and how long to wait; only the end of the stream follows.
    Closing(Duration),
    /// An error was handed out.
    Over,
}

/// Kept over calls of `next`: a caller whose patience is shorter than a round trip would never connect otherwise.
struct Connecting(BoxFuture<'static, Result<Response<Streaming<v1::SubscribeResponse>>, Status>>);

impl fmt::Debug for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connecting")
    }
}

impl Subscription {
    pub(crate) fn new(client: Client, options: SubscriptionOptions) -> Subscription {
        let cursor = match &options.start {
            Start::After(cursor) => Some(cursor.clone()),
            Start::Now | Start::Beginning | Start::Snapshot => None,
        };
        let start = match options.start {
            Start::Now => subscribe_request::Start::Now(true),
            Start::Beginning => subscribe_request::Start::Beginning(true),
            Start::Snapshot => subscribe_request::Start::Snapshot(true),
            Start::After(cursor) => subscribe_request::Start::AfterCursor(cursor),
        };
        let request = v1::SubscribeRequest {
            start: Some(start),
            filter: Some(options.filter),
            view: options.view as i32,
            max_batch: options.max_batch,
            offset_encoding: options.offset_encoding as i32,
            // A contract's Duration holds 315 billion seconds; what is longer than that is no interval.
            progress_interval: options.progress_interval.and_then(|interval| interval.try_into().ok()),
        };
        Subscription { client, request, cursor, connection: Connection::Due(Instant::now()), failures: 0 }
    }

    /// The cursor to resume from later: everything up to it was handed out by [`Subscription::next`]. None before the
    /// first `Ready`. To lose nothing, keep it only after acting on what was handed out.
    pub fn cursor(&self) -> Option<&[u8]> {
        self.cursor.as_deref()
    }

    /// Goes on after the cursor with another filter: no update is lost or handed out twice, and what was handed out before
    /// was held against the old one. Before the end of a snapshot, it starts anew.
    pub fn set_filter(&mut self, filter: v1::UpdateFilter) {
        self.request.filter = Some(filter);
        if !matches!(self.connection, Connection::Over) {
            self.connection = Connection::Due(Instant::now());
        }
    }

    /// The next event; none only after an error was returned. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        loop {
            match &mut self.connection {
                Connection::Due(at) => {
                    tokio::time::sleep_until(*at).await;
                    let (mut feed, request) = (self.client.feed(), self.request.clone());
                    let connecting = async move { feed.subscribe(request).await }.boxed();
                    self.connection = Connection::Connecting(Connecting(connecting));
                }
                Connection::Connecting(Connecting(connecting)) => match connecting.await {
                    Ok(answer) => self.connection = Connection::Fresh(Box::new(answer.into_inner())),
                    Err(status) => return Some(self.interrupted(Some(status))),
                },
                Connection::Fresh(stream) | Connection::Open(stream) => {
                    return Some(match stream.message().await {
                        Ok(Some(message)) => self.receive(message),
                        Ok(None) => self.interrupted(None),
                        Err(status) => self.interrupted(Some(status)),
                    });
                }
                Connection::Closing(retry_delay) => {
                    let retry_delay = *retry_delay;
                    return Some(self.retry_after(None, Some(retry_delay)));
                }
                Connection::Over => return None,
            }
        }
    }

    /// As a stream of the same events.
    pub fn into_stream(self) -> impl Stream<Item = Result<Event, Error>> + Send {
        stream::unfold(self, |mut subscription| async move {
            let event = subscription.next().await?;
            Some((event, subscription))
        })
    }

    fn receive(&mut self, response: v1::SubscribeResponse) -> Result<Event, Error> {
        let checked = match response.message {
            Some(message) => self.check(message),
            None => Err(Error::Protocol("an empty message in the feed")),
        };
        if checked.is_err() {
            self.connection = Connection::Over;
        }
        checked
    }

    /// Holds a message against what came before, and moves the cursor over it.
    fn check(&mut self, message: Message) -> Result<Event, Error> {
        let is_fresh = matches!(self.connection, Connection::Fresh(_));
        if let Message::Ready(ready) = message {
            if !is_fresh {
                return Err(Error::Protocol("a second Ready in one stream"));
            }
            // Before the first Ready there is nothing that it could have to follow.
            if self.cursor.is_some() {
                self.expect_cursor(&ready.start_cursor)?;
            }
            if !self.wants_snapshot() {
                self.advance(&ready.start_cursor);
            }
            if let Connection::Fresh(stream) = std::mem::replace(&mut self.connection, Connection::Over) {
                self.connection = Connection::Open(stream);
            }
            return Ok(Event::Ready(ready));
        }
        if is_fresh {
            return Err(Error::Protocol("the first message of the feed is not Ready"));
        }
        self.failures = 0;
        Ok(match message {
            Message::Ready(ready) => Event::Ready(ready),
            Message::Updates(updates) => {
                self.expect_cursor(&updates.after_cursor)?;
                self.advance(&updates.through_cursor);
                Event::Updates(updates)
            }
            Message::Progress(progress) => {
                self.advance(&progress.cursor);
                Event::Progress(progress)
            }
            Message::CaughtUp(caught_up) => {
                self.advance(&caught_up.cursor);
                Event::CaughtUp(caught_up)
            }
            Message::FellBehind(fell_behind) => {
                self.advance(&fell_behind.cursor);
                Event::FellBehind(fell_behind)
            }
            Message::Snapshot(snapshot) => {
                // Until it is complete there is nothing to resume from.
                if snapshot.complete {
                    self.advance(&snapshot.cursor);
                }
                Event::Snapshot(snapshot)
            }
            Message::Closing(closing) => {
                if !closing.resume_cursor.is_empty() {
                    self.advance(&closing.resume_cursor);
                }
                let delay = closing.retry_delay.and_then(|delay| delay.try_into().ok()).unwrap_or_default();
                self.connection = Connection::Closing(delay);
                Event::Closing(closing)
            }
        })
    }

    fn wants_snapshot(&self) -> bool {
        matches!(self.request.start, Some(subscribe_request::Start::Snapshot(_)))
    }

    fn expect_cursor(&self, found: &[u8]) -> Result<(), Error> {
        let expected = self.cursor.as_deref().unwrap_or_default();
        if found == expected {
            return Ok(());
        }
        Err(Error::Gap { expected: expected.to_vec(), found: found.to_vec() })
    }

    fn advance(&mut self, cursor: &[u8]) {
        self.cursor = Some(cursor.to_vec());
        self.request.start = Some(subscribe_request::Start::AfterCursor(cursor.to_vec()));
    }

    fn interrupted(&mut self, status: Option<Status>) -> Result<Event, Error> {
        let delay = match status {
            Some(status) if ends_a_subscription(&status) => {
                self.connection = Connection::Over;
                return Err(status.into());
            }
            Some(ref status) => server_delay(status),
            None => None,
        };
        self.retry_after(status, delay)
    }

    fn retry_after(&mut self, status: Option<Status>, delay: Option<Duration>) -> Result<Event, Error> {
        self.failures = self.failures.saturating_add(1);
        let retry_delay = self.client.retry_policy().delay(self.failures, delay);
        self.connection = Connection::Due(Instant::now() + retry_delay);
        Ok(Event::Interrupted { status, retry_delay })
    }
}
