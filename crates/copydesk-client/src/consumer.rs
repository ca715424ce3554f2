//! A member of a consumer group, over as many connections as it takes.
//!
//! The caller's half: events and deliveries. The connection is held by a task in `membership`.

use std::time::Duration;

use copydesk_proto::v1;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tonic::Status;

use crate::{
    Client, Delivery, Error,
    delivery::Command,
    membership::{Heard, Membership},
};

/// A little more than the task itself takes at most.
const LEAVE_PATIENCE: Duration = Duration::from_secs(11);

/// How to join a group.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerOptions {
    /// The group; must exist.
    pub group_id: String,
    /// For people who look at the group.
    pub member_name: String,
    /// The most deliveries in hand, from 1 to 1,000; 0: the server's default. More than are worked on at a time hides
    /// the way to the server.
    pub max_in_flight: i32,
    /// How much of each article an update carries; unspecified: basic.
    pub view: v1::ArticleView,
    /// What the offsets of articles count; unspecified: bytes of UTF-8.
    pub offset_encoding: v1::OffsetEncoding,
    /// How long the lease of an unsettled delivery is extended for; then it is left to end, since whoever works on it
    /// seems to hang. Zero: never extended. One hour unless set.
    pub max_extension: Duration,
}

impl ConsumerOptions {
    /// The defaults, for this group.
    pub fn new(group_id: impl Into<String>) -> ConsumerOptions {
        ConsumerOptions {
            group_id: group_id.into(),
            member_name: String::new(),
            max_in_flight: 0,
            view: v1::ArticleView::Unspecified,
            offset_encoding: v1::OffsetEncoding::Unspecified,
            max_extension: Duration::from_secs(3_600),
        }
    }
}

/// What a consumer says.
#[derive(Debug)]
pub enum ConsumerEvent {
    /// The member has joined; said again after every reconnect.
    Joined(v1::GroupReady),
    /// An update to work on.
    Delivery(Delivery),
    /// The server ends this connection; the consumer joins again by itself. What is in hand can still be settled.
    Closing(v1::Closing),
    /// The connection was lost or could not be made; the consumer tries again after the delay.
    Interrupted {
        /// What the server or the transport said; none after a `Closing`, or when the stream just ended.
        status: Option<Status>,
        /// The pause before the next try.
        retry_delay: Duration,
    },
}

/// A member of a group, until an error that a retry cannot mend. Dropping it leaves the group: what was settled is still
/// sent, and everything else in hand goes to other members at once.
#[derive(Debug)]
pub struct Consumer {
    heard: mpsc::UnboundedReceiver<Result<Heard, Error>>,
    commands: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
}

impl Consumer {
    pub(crate) fn start(client: Client, options: ConsumerOptions) -> Consumer {
        // Deliveries in it are bounded by max_in_flight.
        let (says, heard) = mpsc::unbounded_channel();
        let (commands, received) = mpsc::unbounded_channel();
        let task = tokio::spawn(Membership::new(client, options, says, received).run());
        Consumer { heard, commands, task }
    }

    /// The next event; none only after an error was returned. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<ConsumerEvent, Error>> {
        let heard = match self.heard.recv().await? {
            Ok(heard) => heard,
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(match heard {
            Heard::Joined(ready) => ConsumerEvent::Joined(ready),
            Heard::Delivery(delivery) => {
                ConsumerEvent::Delivery(Delivery::new(*delivery, self.commands.clone()))
            }
            Heard::Closing(closing) => ConsumerEvent::Closing(closing),
            Heard::Interrupted { status, retry_delay } => ConsumerEvent::Interrupted { status, retry_delay },
        }))
    }

    /// The next delivery, whatever happens in between; none only after an error was returned.
    pub async fn next_delivery(&mut self) -> Option<Result<Delivery, Error>> {
        loop {
            match self.next().await? {
                Ok(ConsumerEvent::Delivery(delivery)) => return Some(Ok(delivery)),
                Ok(
                    ConsumerEvent::Joined(_) | ConsumerEvent::Closing(_) | ConsumerEvent::Interrupted { .. },
                ) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Leaves the group and returns once the server has what was settled, or after ten seconds of trying. Deliveries
    /// still in hand go to other members; settling them afterwards is an error.
    pub async fn leave(self) {
        let Consumer { heard, commands, task } = self;
        let abort = task.abort_handle();
        drop(heard);
        drop(commands);
        // A server that takes connections and says nothing must not hold up the caller.
        if timeout(LEAVE_PATIENCE, task).await.is_err() {
            abort.abort();
        }
    }
}
