//! What an open stream says next, and why it ends.

use std::time::{Duration, SystemTime};

use copydesk_proto::v1::{self, subscribe_response::Message};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use prost::Message as _;

use super::{
    super::{answer, status::UNAVAILABLE_RETRY_DELAY},
    frame::{Frame, StoredUpdates},
};
use crate::{
    app::App,
    article::{Article, LogEntry, Position, State, VersionId, View},
    feed::{Cursor, Reader, Snapshot, Step},
    store::{Head, StoreError},
    wire::timestamp,
};

/// A stream that must read the table waits this long for a Postgres that is away before it closes.
const STORE_PATIENCE: Duration = Duration::from_secs(10);
const STORE_RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// Articles in one part of a snapshot.
const SNAPSHOT_PAGE: usize = 100;

/// One open stream.
pub(super) struct Subscriber {
    pub(super) reader: Reader,
    pub(super) app: App,
    pub(super) view: View,
    pub(super) encoding: v1::OffsetEncoding,
    pub(super) closing: CancellationToken,
    pub(super) ends_at: Option<Instant>,
    /// Until Ready was said.
    pub(super) opening: Option<Head>,
    /// Until all of it was said; there is no cursor to resume from before.
    pub(super) snapshot: Option<Snapshot>,
    /// Nothing but Ready and Closing will be said.
    pub(super) is_overloaded: bool,
    pub(super) is_closed: bool,
}

impl Subscriber {
    /// The next message; `None` once Closing was said.
    pub(super) async fn next(&mut self) -> Option<Frame> {
        if self.is_closed {
            return None;
        }
        if let Some(head) = self.opening.take() {
            return Some(framed(Message::Ready(v1::Ready {
                start_cursor: self.cursor(self.reader.said()),
                head_cursor: self.cursor(head.position.max(self.reader.said())),
                oldest_cursor: self.cursor(head.trimmed_position),
            })));
        }
        if self.is_overloaded {
            let resume_from = self.reader.said();
            return Some(self.close(
                resume_from,
                v1::ClosingReason::Overloaded,
                "the server has as many streams as it takes; subscribe again later, or to another server",
            ));
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
            message = self.say_more() => Some(message),
        }
    }

    async fn say_more(&mut self) -> Frame {
        let resume_from = self.reader.said();
        let Some(snapshot) = &mut self.snapshot else { return self.step().await };
        let articles = match next_part(snapshot).await {
            Ok(articles) => articles,
            Err(error) => return self.close_for(resume_from, &error),
        };
        let (position, complete) = (snapshot.position(), snapshot.is_complete());
        if complete {
            self.snapshot = None;
        }
        framed(Message::Snapshot(v1::Snapshot {
            articles: articles.iter().map(|article| answer::article(article, self.encoding)).collect(),
            cursor: self.cursor(position),
            complete,
        }))
    }

    /// The next step of the reader as a message, or the Closing it leads to.
    async fn step(&mut self) -> Frame {
        let resume_from = self.reader.said();
        let patience = Patience::new();
        let step = loop {
            match self.reader.next().await {
                Ok(step) => break step,
                Err(error) => {
                    if let Err(error) = patience.wait_out(error).await {
                        return self.close_for(resume_from, &error);
                    }
                }
            }
        };
        let message = match step {
            Step::Updates { after, entries, through } if self.view == View::Basic => {
                let incarnation = self.app.feed().incarnation();
                return Frame::Updates(StoredUpdates { incarnation, after, entries, through });
            }
            Step::Updates { after, entries, through } => match self.full_updates(&entries).await {
                Ok(updates) => Message::Updates(v1::Updates {
                    updates,
                    after_cursor: self.cursor(after),
                    through_cursor: self.cursor(through),
                }),
                // What the reader has said was not sent.
                Err(error) => return self.close_for(after, &error),
            },
            Step::Progress(at) => Message::Progress(v1::Progress {
                cursor: self.cursor(at),
                time: Some(prost_types::Timestamp::from(SystemTime::now())),
            }),
            Step::CaughtUp(at) => Message::CaughtUp(v1::CaughtUp { cursor: self.cursor(at) }),
            Step::FellBehind(at) => Message::FellBehind(v1::FellBehind { cursor: self.cursor(at) }),
        };
        framed(message)
    }

    /// With the stored result in the place of what the log holds, where there is one.
    async fn full_updates(&self, entries: &[LogEntry]) -> Result<Vec<v1::Update>, StoreError> {
        let results = self.read_results(entries).await?;
        let update = |entry: &LogEntry| {
            let is_result = entry.kind.state() == State::Processed;
            let result = if is_result { results.get(&entry.id) } else { None };
            let logged = v1::Update::decode(entry.content.as_ref())
                .map_err(|_| StoreError::Damaged(format!("log position {}", entry.position)))?;
            Ok(v1::Update {
                cursor: self.cursor(entry.position),
                time: Some(timestamp(entry.time)),
                article: match result {
                    Some(article) => Some(answer::article(article, self.encoding)),
                    None => logged.article,
                },
                ..logged
            })
        };
        entries.iter().map(update).collect()
    }

    async fn read_results(
        &self,
        entries: &[LogEntry],
    ) -> Result<std::collections::HashMap<VersionId, Article>, StoreError> {
        let results = entries.iter().filter(|entry| entry.kind.state() == State::Processed);
        let ids: Vec<VersionId> = results.map(|entry| entry.id).collect();
        let patience = Patience::new();
        loop {
            match self.app.store().get_versions(&ids, self.view).await {
                Ok(articles) => return Ok(articles),
                Err(error) => patience.wait_out(error).await?,
            }
        }
    }

    fn close_for(&mut self, resume_from: Position, error: &StoreError) -> Frame {
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

    fn close(&mut self, resume_from: Position, reason: v1::ClosingReason, message: &str) -> Frame {
        self.is_closed = true;
        // Jitter, so that a thousand streams do not come back in one instant.
        let delay = UNAVAILABLE_RETRY_DELAY.mul_f64(0.5 + rand::random::<f64>());
        framed(Message::Closing(v1::Closing {
            reason: i32::from(reason),
            resume_cursor: if self.snapshot.is_some() { Vec::new() } else { self.cursor(resume_from) },
            retry_delay: prost_types::Duration::try_from(delay).ok(),
            message: message.to_owned(),
        }))
    }

    fn cursor(&self, position: Position) -> Vec<u8> {
        Cursor { incarnation: self.app.feed().incarnation(), position }.encode()
    }
}

fn framed(message: Message) -> Frame {
    Frame::Message(Box::new(message))
}

/// The next articles of a snapshot; empty only at its end.
async fn next_part(snapshot: &mut Snapshot) -> Result<Vec<Article>, StoreError> {
    let patience = Patience::new();
    loop {
        match snapshot.next_page(SNAPSHOT_PAGE).await {
            // The query wanted nothing of this page.
            Ok(articles) if articles.is_empty() && !snapshot.is_complete() => {}
            Ok(articles) => return Ok(articles),
            Err(error) => patience.wait_out(error).await?,
        }
    }
}

/// Waits for a Postgres that is away, up to a bound.
struct Patience(Instant);

impl Patience {
    fn new() -> Patience {
        Patience(Instant::now())
    }

    /// Returns after a pause if another try may succeed, else the error.
    async fn wait_out(&self, error: StoreError) -> Result<(), StoreError> {
        if !error.is_transient() || self.0.elapsed() >= STORE_PATIENCE {
            return Err(error);
        }
        sleep(STORE_RETRY_INTERVAL).await;
        Ok(())
    }
}
