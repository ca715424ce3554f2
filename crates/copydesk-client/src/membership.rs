//! The task behind a `Consumer`: joins, passes deliveries on, extends leases, and asks for settlements until each is
//! answered, over as many connections as it takes.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use copydesk_proto::v1::{self, consume_request, consume_response::Message};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until, timeout_at},
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Status, Streaming};

use crate::{
    Client, ConsumerOptions, Error, Settled,
    delivery::Command,
    retry::{ends_a_subscription, server_delay},
};

/// The contract's bound on one request.
const MAX_SETTLEMENTS: usize = 1_000;
/// How long a member that leaves tries to get its settlements through.
const LEAVE_PATIENCE: Duration = Duration::from_secs(10);
/// Leases are extended when so much of them is left at least.
const EXTENSIONS_A_LEASE: u32 = 3;
const DEFAULT_LEASE: Duration = Duration::from_secs(30);

/// As a `ConsumerEvent`, but with what is not handed out yet.
pub(crate) enum Heard {
    Joined(v1::GroupReady),
    Delivery(Box<v1::Delivery>),
    Closing(v1::Closing),
    Interrupted { status: Option<Status>, retry_delay: Duration },
}

pub(crate) struct Membership {
    client: Client,
    options: ConsumerOptions,
    says: mpsc::UnboundedSender<Result<Heard, Error>>,
    commands: mpsc::UnboundedReceiver<Command>,
    /// Not answered yet; asked again over the next connection.
    settling: BTreeMap<i64, Settling>,
    extending: VecDeque<Extending>,
    /// Unsettled, and since when.
    held: HashMap<i64, Instant>,
    /// In a row; back to zero with every message after Ready.
    failures: u32,
    /// Set once the caller is gone: everything must be done by then.
    leave_by: Option<Instant>,
}

struct Settling {
    settlement: v1::Settlement,
    reply: Option<oneshot::Sender<Settled>>,
}

struct Extending {
    delivery_id: i64,
    lease: Duration,
    reply: oneshot::Sender<bool>,
}

/// What the next results answer.
enum Asked {
    Settle,
    /// The caller's own wish.
    Extend(Extending),
    ExtendAll,
}

/// An open stream.
struct Connection {
    requests: mpsc::UnboundedSender<v1::ConsumeRequest>,
    stream: Streaming<v1::ConsumeResponse>,
    asked: VecDeque<Asked>,
    extend_interval: Duration,
}

/// How a connection ended.
enum End {
    Left,
    Interrupted { status: Option<Status>, server_delay: Option<Duration> },
    Failed(Error),
}

impl Membership {
    pub(crate) fn new(
        client: Client,
        options: ConsumerOptions,
        says: mpsc::UnboundedSender<Result<Heard, Error>>,
        commands: mpsc::UnboundedReceiver<Command>,
    ) -> Membership {
        Membership {
            client,
            options,
            says,
            commands,
            settling: BTreeMap::new(),
            extending: VecDeque::new(),
            held: HashMap::new(),
            failures: 0,
            leave_by: None,
        }
    }

    pub(crate) async fn run(mut self) {
        loop {
            let end = match self.connect().await {
                Ok(mut connection) => self.serve(&mut connection).await,
                Err(end) => end,
            };
            match end {
                End::Left => return,
                End::Failed(error) => {
                    // The caller may have left.
                    let _ = self.says.send(Err(error));
                    return;
                }
                End::Interrupted { status, server_delay } => {
                    if !self.pause(status, server_delay).await {
                        return;
                    }
                }
            }
        }
    }

    /// Waits for the next try; false when there will be none.
    async fn pause(&mut self, status: Option<Status>, server_delay: Option<Duration>) -> bool {
        self.failures = self.failures.saturating_add(1);
        let retry_delay = self.client.retry_policy().delay(self.failures, server_delay);
        let _ = self.says.send(Ok(Heard::Interrupted { status, retry_delay }));
        let says = self.says.clone();
        tokio::select! {
            () = sleep(retry_delay) => {}
            () = says.closed(), if self.leave_by.is_none() => {}
        }
        self.take_commands();
        if self.says.is_closed() {
            self.leave_by.get_or_insert_with(|| Instant::now() + LEAVE_PATIENCE);
        }
        let is_late = self.leave_by.is_some_and(|by| by <= Instant::now());
        !(is_late || self.leave_by.is_some() && self.settling.is_empty())
    }

    async fn connect(&mut self) -> Result<Connection, End> {
        let (requests, outgoing) = mpsc::unbounded_channel();
        let join = v1::Join {
            group_id: self.options.group_id.clone(),
            member_name: self.options.member_name.clone(),
            max_in_flight: self.options.max_in_flight,
            view: self.options.view.into(),
            offset_encoding: self.options.offset_encoding.into(),
        };
        let _ = requests.send(request(consume_request::Message::Join(join)));
        let mut feed = self.client.feed();
        let answer = feed.consume(UnboundedReceiverStream::new(outgoing)).await;
        let mut stream = answer.map_err(interrupted)?.into_inner();
        let first = stream.message().await.map_err(interrupted)?;
        let Some(first) = first else { return Err(End::Interrupted { status: None, server_delay: None }) };
        match first.message {
            Some(Message::Ready(ready)) => {
                let settings = ready.settings.unwrap_or_default();
                let lease = settings.lease_duration.and_then(|lease| lease.try_into().ok());
                let extend_interval = lease.unwrap_or(DEFAULT_LEASE) / EXTENSIONS_A_LEASE;
                let _ = self.says.send(Ok(Heard::Joined(ready)));
                Ok(Connection { requests, stream, asked: VecDeque::new(), extend_interval })
            }
            // A server that goes down may have no time for more.
            Some(Message::Closing(closing)) => {
                let server_delay = closing.retry_delay.and_then(|delay| delay.try_into().ok());
                let _ = self.says.send(Ok(Heard::Closing(closing)));
                Err(End::Interrupted { status: None, server_delay })
            }
            Some(Message::Deliveries(_) | Message::Results(_)) | None => {
                Err(End::Failed(Error::Protocol("the first message of a group is not Ready")))
            }
        }
    }

    async fn serve(&mut self, connection: &mut Connection) -> End {
        self.take_commands();
        connection.ask_to_settle(self.settling.values().map(|settling| settling.settlement.clone()));
        connection.ask_to_extend(&mut self.extending);
        // What is held from before may have little of its lease left.
        let mut extend_at = Instant::now();
        let says = self.says.clone();
        let mut commands = Vec::new();
        let end = loop {
            if self.leave_by.is_some() && self.settling.is_empty() && self.commands.is_empty() {
                break self.leave(connection).await;
            }
            let leave_by = self.leave_by.unwrap_or_else(|| Instant::now() + LEAVE_PATIENCE);
            tokio::select! {
                message = connection.stream.message() => {
                    if let Some(end) = self.take(connection, message) {
                        break end;
                    }
                }
                _ = self.commands.recv_many(&mut commands, MAX_SETTLEMENTS), if !self.commands.is_closed() || !self.commands.is_empty() => {
                    let new = self.note(commands.drain(..));
                    connection.ask_to_settle(new.into_iter());
                    connection.ask_to_extend(&mut self.extending);
                }
                () = sleep_until(extend_at) => {
                    self.extend_all(connection);
                    extend_at = Instant::now() + connection.extend_interval;
                }
                () = says.closed(), if self.leave_by.is_none() => {
                    self.leave_by = Some(Instant::now() + LEAVE_PATIENCE);
                    // What comes from here on is given back with the rest.
                    self.commands.close();
                }
                () = sleep_until(leave_by), if self.leave_by.is_some() => break End::Left,
            }
        };
        for asked in connection.asked.drain(..) {
            if let Asked::Extend(extending) = asked {
                self.extending.push_back(extending);
            }
        }
        end
    }

    /// Ends the requests and waits until the server has ended the stream: then it has given back everything.
    async fn leave(&mut self, connection: &mut Connection) -> End {
        let (ended, _) = mpsc::unbounded_channel();
        connection.requests = ended;
        let by = self.leave_by.unwrap_or_else(Instant::now);
        let drained = async { while let Ok(Some(_)) = connection.stream.message().await {} };
        let _ = timeout_at(by, drained).await;
        End::Left
    }

    fn take(
        &mut self,
        connection: &mut Connection,
        message: Result<Option<v1::ConsumeResponse>, Status>,
    ) -> Option<End> {
        let message = match message {
            Ok(Some(response)) => response.message,
            Ok(None) => return Some(End::Interrupted { status: None, server_delay: None }),
            Err(status) => return Some(interrupted(status)),
        };
        self.failures = 0;
        match message {
            Some(Message::Deliveries(deliveries)) => {
                for delivery in deliveries.deliveries {
                    self.held.insert(delivery.delivery_id, Instant::now());
                    let _ = self.says.send(Ok(Heard::Delivery(Box::new(delivery))));
                }
                None
            }
            Some(Message::Results(results)) => match connection.asked.pop_front() {
                Some(asked) => {
                    self.answer(asked, results);
                    None
                }
                None => Some(End::Failed(Error::Protocol("results that nobody asked for"))),
            },
            Some(Message::Closing(closing)) => {
                let server_delay = closing.retry_delay.and_then(|delay| delay.try_into().ok());
                let _ = self.says.send(Ok(Heard::Closing(closing)));
                Some(End::Interrupted { status: None, server_delay })
            }
            Some(Message::Ready(_)) | None => {
                Some(End::Failed(Error::Protocol("an unexpected message of a group")))
            }
        }
    }

    fn answer(&mut self, asked: Asked, results: v1::SettleResults) {
        match asked {
            Asked::Settle => {
                for result in results.results {
                    let settled = match result.status() {
                        v1::SettleStatus::Done => Settled::Done,
                        v1::SettleStatus::Parked => Settled::Parked,
                        v1::SettleStatus::Stale | v1::SettleStatus::Unspecified => Settled::Stale,
                    };
                    let settling = self.settling.remove(&result.delivery_id);
                    if let Some(reply) = settling.and_then(|settling| settling.reply) {
                        // Who asked may have stopped waiting.
                        let _ = reply.send(settled);
                    }
                }
            }
            Asked::Extend(extending) => {
                let is_extended =
                    results.results.iter().any(|result| result.status() == v1::SettleStatus::Done);
                let _ = extending.reply.send(is_extended);
            }
            Asked::ExtendAll => {
                for result in results.results {
                    if result.status() == v1::SettleStatus::Stale {
                        self.held.remove(&result.delivery_id);
                    }
                }
            }
        }
    }

    fn take_commands(&mut self) {
        let mut commands = Vec::new();
        while let Ok(command) = self.commands.try_recv() {
            commands.push(command);
        }
        self.note(commands.into_iter());
    }

    /// Keeps what was asked for until it is answered; the new settlements.
    fn note(&mut self, commands: impl Iterator<Item = Command>) -> Vec<v1::Settlement> {
        let mut new = Vec::new();
        for command in commands {
            match command {
                Command::Settle { settlement, reply } => {
                    self.held.remove(&settlement.delivery_id);
                    new.push(settlement.clone());
                    self.settling.insert(settlement.delivery_id, Settling { settlement, reply });
                }
                Command::Extend { delivery_id, lease, reply } => {
                    self.extending.push_back(Extending { delivery_id, lease, reply });
                }
            }
        }
        new
    }

    fn extend_all(&mut self, connection: &mut Connection) {
        let max_extension = self.options.max_extension;
        self.held.retain(|_, since| since.elapsed() < max_extension);
        let ids: Vec<i64> = self.held.keys().copied().collect();
        for delivery_ids in ids.chunks(MAX_SETTLEMENTS) {
            let extend = v1::Extend { delivery_ids: delivery_ids.to_vec(), lease_duration: None };
            connection.ask(consume_request::Message::Extend(extend), Asked::ExtendAll);
        }
    }
}

impl Connection {
    fn ask(&mut self, message: consume_request::Message, asked: Asked) {
        // A broken stream is noticed where it is read.
        let _ = self.requests.send(request(message));
        self.asked.push_back(asked);
    }

    fn ask_to_settle(&mut self, settlements: impl Iterator<Item = v1::Settlement>) {
        let settlements: Vec<v1::Settlement> = settlements.collect();
        for settlements in settlements.chunks(MAX_SETTLEMENTS) {
            let settle = v1::Settle { settlements: settlements.to_vec() };
            self.ask(consume_request::Message::Settle(settle), Asked::Settle);
        }
    }

    fn ask_to_extend(&mut self, extending: &mut VecDeque<Extending>) {
        for extending in extending.drain(..) {
            let extend = v1::Extend {
                delivery_ids: vec![extending.delivery_id],
                lease_duration: extending.lease.try_into().ok(),
            };
            self.ask(consume_request::Message::Extend(extend), Asked::Extend(extending));
        }
    }
}

fn request(message: consume_request::Message) -> v1::ConsumeRequest {
    v1::ConsumeRequest { message: Some(message) }
}

fn interrupted(status: Status) -> End {
    if ends_a_subscription(&status) {
        return End::Failed(status.into());
    }
    let server_delay = server_delay(&status);
    End::Interrupted { status: Some(status), server_delay }
}
