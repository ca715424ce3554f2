//! One update in the hands of its consumer, to be settled once.

use std::time::Duration;

use copydesk_proto::v1;
use tokio::sync::{mpsc, oneshot};

use crate::Error;

/// An update to work on. Its lease is extended until it is settled (see `ConsumerOptions::max_extension`). Dropping it
/// unsettled, in a panic for example, is a RETRY.
#[derive(Debug)]
pub struct Delivery {
    /// The work.
    pub update: Box<v1::Update>,
    /// From 1; more than 1 means that an earlier try may have done part of it.
    pub attempt: i32,
    delivery_id: i64,
    is_settled: bool,
    commands: mpsc::UnboundedSender<Command>,
}

/// Why an update is not done, and what is to become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nack {
    /// Deliver it again; after the group's most attempts it is parked.
    Retry {
        /// Wait this long before; the group's own waits unless set.
        delay: Option<Duration>,
        /// For people; kept if it is parked.
        reason: String,
    },
    /// Put it aside for people.
    Park {
        /// For people.
        reason: String,
    },
    /// Nobody needs to do it.
    Skip,
}

/// What a settlement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// What was asked for, durably.
    Done,
    /// It was the last retry: the update is parked.
    Parked,
    /// Nothing: the lease was lost and the update is with another by now, or an answer was lost and this is the second.
    Stale,
}

/// What a handle asks of its consumer.
#[derive(Debug)]
pub(crate) enum Command {
    Settle { settlement: v1::Settlement, reply: Option<oneshot::Sender<Settled>> },
    Extend { delivery_id: i64, lease: Duration, reply: oneshot::Sender<bool> },
}

impl Delivery {
    pub(crate) fn new(delivery: v1::Delivery, commands: mpsc::UnboundedSender<Command>) -> Delivery {
        Delivery {
            update: Box::new(delivery.update.unwrap_or_default()),
            attempt: delivery.attempt,
            delivery_id: delivery.delivery_id,
            is_settled: false,
            commands,
        }
    }

    /// Names this delivery of the update.
    pub fn delivery_id(&self) -> i64 {
        self.delivery_id
    }

    /// It is done. Durable when this returns `Done`; asked over further connections until it is answered.
    /// Errors: the consumer has left or failed; the update will be delivered again.
    pub async fn ack(self) -> Result<Settled, Error> {
        self.settle(v1::SettleAction::Ack, None, String::new()).await
    }

    /// It is not done. As `ack` otherwise.
    pub async fn nack(self, nack: Nack) -> Result<Settled, Error> {
        match nack {
            Nack::Retry { delay, reason } => self.settle(v1::SettleAction::Retry, delay, reason).await,
            Nack::Park { reason } => self.settle(v1::SettleAction::Park, None, reason).await,
            Nack::Skip => self.settle(v1::SettleAction::Skip, None, String::new()).await,
        }
    }

    /// Asks for a lease of this length from now on, beside the extensions made anyway; false if the lease is lost.
    pub async fn extend(&self, lease: Duration) -> Result<bool, Error> {
        let (reply, answer) = oneshot::channel();
        let command = Command::Extend { delivery_id: self.delivery_id, lease, reply };
        self.commands.send(command).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }

    async fn settle(
        mut self,
        action: v1::SettleAction,
        delay: Option<Duration>,
        reason: String,
    ) -> Result<Settled, Error> {
        let (reply, answer) = oneshot::channel();
        self.is_settled = true;
        self.send(action, delay, reason, Some(reply));
        answer.await.map_err(|_| gone())
    }

    fn send(
        &self,
        action: v1::SettleAction,
        delay: Option<Duration>,
        reason: String,
        reply: Option<oneshot::Sender<Settled>>,
    ) {
        let settlement = v1::Settlement {
            delivery_id: self.delivery_id,
            action: action.into(),
            retry_delay: delay.and_then(|delay| delay.try_into().ok()),
            reason,
        };
        // Of a consumer that is gone the reply is dropped with the command.
        let _ = self.commands.send(Command::Settle { settlement, reply });
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if !self.is_settled {
            self.send(v1::SettleAction::Retry, None, "dropped by its consumer".to_owned(), None);
        }
    }
}

fn gone() -> Error {
    Error::ConsumerGone
}
