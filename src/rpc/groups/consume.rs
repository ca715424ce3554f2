//! One member's stream: joins, hands on deliveries, answers what the member says, and says why it ends.
//!
//! Requests are read by a task of their own, which asks the group at once and leaves the answer to the stream; as the
//! stream makes a message only when the connection takes one, a member that does not read stops being read.

use std::pin::Pin;

use copydesk_proto::v1::{self, consume_request, consume_response::Message};
use futures_util::{Stream, stream};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tonic::{Status, Streaming};
use tracing::warn;

use super::{
    super::{
        convert::Reading,
        feed::FeedRpcOptions,
        status::{UNAVAILABLE_RETRY_DELAY, from_app, invalid, unavailable},
    },
    messages::{self, Sending},
    settings, stored_filter,
};
use crate::{
    app::{App, AppError},
    article::{View, Violation},
    feed::{Assignment, GroupEnd, JoinOptions, Member, MemberInput, Said},
};

const DEFAULT_IN_FLIGHT: usize = 100;
const MAX_IN_FLIGHT: usize = 1_000;
const MAX_NAME_BYTES: usize = 200;
/// Answers that wait for the member to read them; then its requests wait.
const MAX_UNREAD_ANSWERS: usize = 64;
/// Deliveries in one message.
const MAX_BATCH: usize = 100;
/// A message closes at about this size.
const MAX_BATCH_BYTES: usize = 1 << 20;

pub(in crate::rpc) type MessageStream =
    Pin<Box<dyn Stream<Item = Result<v1::ConsumeResponse, Status>> + Send>>;

type Answer = Pin<Box<dyn Future<Output = Result<v1::SettleResults, GroupEnd>> + Send>>;

/// What the task that reads the requests has come to.
enum Heard {
    /// The group was asked; this is what it will answer.
    Asked(Answer),
    /// A request that cannot be.
    Invalid(Status),
    /// The member has ended its requests.
    Done,
    /// The connection is broken.
    Broken,
}

/// Reads the first request, joins, and makes the stream.
pub(in crate::rpc) async fn consume(
    app: &App,
    options: &FeedRpcOptions,
    mut requests: Streaming<v1::ConsumeRequest>,
) -> Result<MessageStream, Status> {
    let first = tokio::select! {
        () = options.closing.cancelled() => return Err(unavailable()),
        first = requests.message() => first?,
    };
    let Some(consume_request::Message::Join(join)) = first.and_then(|request| request.message) else {
        let rule = "must be the first message of the stream; say which group you join";
        return Err(invalid(vec![Violation::new("join", rule)]));
    };
    let joining = read_join(&join)?;
    let group = app.find_group(&join.group_id).await.map_err(from_app)?;
    let mut filter = Reading::default().filter(stored_filter(&group));
    filter.entity_ids = app.entity_families(&filter.entity_ids).await.map_err(from_app)?;
    let join_options = JoinOptions { name: join.member_name, max_in_flight: joining.max_in_flight, filter };
    let joined = app.groups().join(&group, join_options).await;
    let Some(member) = joined.map_err(|error| from_app(AppError::from(error)))? else {
        return Err(from_app(AppError::GroupNotFound(join.group_id)));
    };

    let (sender, heard) = mpsc::channel(MAX_UNREAD_ANSWERS);
    let reading = tokio::spawn(read(requests, member.input(), sender));
    let consumer = Consumer {
        app: app.clone(),
        sending: Sending { view: joining.view, encoding: joining.encoding },
        max_in_flight: joining.max_in_flight,
        closing: options.closing.clone(),
        ends_at: options
            .max_stream_age
            .map(|age| Instant::now() + age.mul_f64(1.0 - 0.1 * rand::random::<f64>())),
        member,
        heard,
        answer: None,
        is_opening: true,
        is_closed: false,
        _reading: AbortOnDropHandle::new(reading),
    };
    let messages = stream::unfold(consumer, |mut consumer| async move {
        let message = consumer.next().await?;
        Some((message.map(|message| v1::ConsumeResponse { message: Some(message) }), consumer))
    });
    Ok(Box::pin(messages))
}

struct Joining {
    max_in_flight: usize,
    view: View,
    encoding: v1::OffsetEncoding,
}

fn read_join(join: &v1::Join) -> Result<Joining, Status> {
    let mut reading = Reading::default();
    if join.group_id.is_empty() {
        reading.refuse("join.group_id", "is empty; say which group you join");
    }
    if join.member_name.len() > MAX_NAME_BYTES {
        let given = join.member_name.len();
        reading.refuse(
            "join.member_name",
            format!("is {given} bytes long; at most {MAX_NAME_BYTES} are allowed"),
        );
    }
    let max_in_flight = match usize::try_from(join.max_in_flight) {
        Ok(0) => DEFAULT_IN_FLIGHT,
        Ok(given) if given <= MAX_IN_FLIGHT => given,
        _ => {
            let rule = format!("must be 1 to {MAX_IN_FLIGHT}, or 0 for {DEFAULT_IN_FLIGHT}");
            reading.refuse("join.max_in_flight", rule);
            DEFAULT_IN_FLIGHT
        }
    };
    let encoding = reading.encoding(join.offset_encoding);
    let view = reading.view(join.view, v1::ArticleView::Basic, encoding);
    reading.finish()?;
    Ok(Joining { max_in_flight, view, encoding })
}

/// Reads requests until they end, or the stream does.
async fn read(mut requests: Streaming<v1::ConsumeRequest>, input: MemberInput, heard: mpsc::Sender<Heard>) {
    loop {
        let (word, is_last) = match requests.message().await {
            Ok(Some(request)) => match ask(&input, request) {
                Ok(answer) => (Heard::Asked(answer), false),
                Err(status) => (Heard::Invalid(status), true),
            },
            Ok(None) => (Heard::Done, true),
            Err(_) => (Heard::Broken, true),
        };
        if heard.send(word).await.is_err() || is_last {
            return;
        }
    }
}

fn ask(input: &MemberInput, request: v1::ConsumeRequest) -> Result<Answer, Status> {
    let mut reading = Reading::default();
    match request.message {
        Some(consume_request::Message::Settle(settle)) => {
            let settlements = messages::settlements(&mut reading, settle);
            reading.finish()?;
            let ids: Vec<i64> = settlements.iter().map(|settlement| settlement.delivery_id).collect();
            let settled = input.settle(settlements);
            Ok(Box::pin(async move { Ok(messages::settled(&ids, settled.await?)) }))
        }
        Some(consume_request::Message::Extend(extend)) => {
            let lease = messages::lease(&mut reading, &extend, input.default_lease());
            reading.finish()?;
            let ids = extend.delivery_ids.clone();
            let extended = input.extend(extend.delivery_ids, lease);
            Ok(Box::pin(async move { Ok(messages::extended(&ids, extended.await?)) }))
        }
        Some(consume_request::Message::Join(_)) => {
            Err(invalid(vec![Violation::new("join", "must come once, first")]))
        }
        None => Err(invalid(vec![Violation::new("message", "is empty; send settle or extend")])),
    }
}

struct Consumer {
    app: App,
    sending: Sending,
    max_in_flight: usize,
    closing: CancellationToken,
    ends_at: Option<Instant>,
    member: Member,
    heard: mpsc::Receiver<Heard>,
    /// The one that the member gets next.
    answer: Option<Answer>,
    /// Until Ready was said.
    is_opening: bool,
    is_closed: bool,
    _reading: AbortOnDropHandle<()>,
}

/// What happens next to a stream.
enum Event {
    Shutdown,
    TooOld,
    Heard(Option<Heard>),
    Answered(Result<v1::SettleResults, GroupEnd>),
    Said(Option<Said>),
}

impl Consumer {
    async fn next(&mut self) -> Option<Result<Message, Status>> {
        if self.is_closed {
            return None;
        }
        if std::mem::take(&mut self.is_opening) {
            return Some(Ok(Message::Ready(v1::GroupReady {
                member_id: self.member.member_id().to_string(),
                settings: Some(settings(self.member.settings())),
                max_in_flight: i32::try_from(self.max_in_flight).unwrap_or(i32::MAX),
            })));
        }
        loop {
            match self.event().await {
                Event::Shutdown => {
                    let text = "the server is shutting down; join again, on another server if there is one";
                    return Some(Ok(self.close(v1::ClosingReason::Shutdown, text)));
                }
                Event::TooOld => {
                    let text = "the stream has reached its greatest age; join again";
                    return Some(Ok(self.close(v1::ClosingReason::MaxAge, text)));
                }
                Event::Heard(Some(Heard::Asked(answer))) => self.answer = Some(answer),
                Event::Heard(Some(Heard::Invalid(status))) => {
                    self.is_closed = true;
                    return Some(Err(status));
                }
                Event::Heard(Some(Heard::Done)) => {
                    self.is_closed = true;
                    self.member.give_back();
                    return None;
                }
                Event::Heard(Some(Heard::Broken) | None) => {
                    self.is_closed = true;
                    return None;
                }
                Event::Answered(Ok(results)) => {
                    self.answer = None;
                    return Some(Ok(Message::Results(results)));
                }
                Event::Answered(Err(end)) | Event::Said(Some(Said::Ended(end))) => {
                    return Some(Ok(self.close_for(&end)));
                }
                Event::Said(None) => return None,
                Event::Said(Some(Said::Delivery(first))) => {
                    if let Some(message) = self.deliver(first).await {
                        return Some(Ok(message));
                    }
                }
            }
        }
    }

    async fn event(&mut self) -> Event {
        let ends_at = self.ends_at;
        let too_old = async {
            match ends_at {
                Some(ends_at) => sleep_until(ends_at).await,
                None => std::future::pending().await,
            }
        };
        let answer = &mut self.answer;
        let heard = &mut self.heard;
        let talk = async {
            match answer {
                Some(answer) => Event::Answered(answer.await),
                None => Event::Heard(heard.recv().await),
            }
        };
        tokio::select! {
            biased;
            () = self.closing.cancelled() => Event::Shutdown,
            () = too_old => Event::TooOld,
            event = talk => event,
            said = self.member.next() => Event::Said(said),
        }
    }

    /// A message of what is there; none if all leases of it have ended already.
    async fn deliver(&mut self, first: Assignment) -> Option<Message> {
        let is_full_view = self.sending.view != View::Basic;
        let mut bytes = first.weight(is_full_view);
        let mut batch = vec![first];
        let mut end = None;
        while batch.len() < MAX_BATCH && bytes < MAX_BATCH_BYTES {
            match self.member.try_next() {
                Some(Said::Delivery(assignment)) => {
                    bytes += assignment.weight(is_full_view);
                    batch.push(assignment);
                }
                Some(Said::Ended(ended)) => {
                    end = Some(ended);
                    break;
                }
                None => break,
            }
        }
        if let Some(end) = end {
            // Of a group that has ended nothing can be settled.
            return Some(self.close_for(&end));
        }
        let now = Instant::now();
        batch.retain(|assignment| assignment.ends_at > now);
        if batch.is_empty() {
            return None;
        }
        match self.sending.deliveries(&self.app, &batch).await {
            Ok(deliveries) => Some(Message::Deliveries(v1::Deliveries { deliveries })),
            Err(error) => {
                let unsent = batch.iter().map(|assignment| assignment.delivery_id).collect();
                self.member.input().give_back(unsent);
                Some(self.close_for(&GroupEnd::Store(std::sync::Arc::new(error))))
            }
        }
    }

    fn close_for(&mut self, end: &GroupEnd) -> Message {
        match end {
            GroupEnd::Deleted => self
                .close(v1::ClosingReason::GroupDeleted, "the group was deleted; nothing is left to settle"),
            GroupEnd::Store(error) => {
                warn!(error = &**error as &dyn std::error::Error, "a group's stream is closed");
                let text = "the store is not available; join again later";
                self.close(v1::ClosingReason::StoreUnavailable, text)
            }
        }
    }

    fn close(&mut self, reason: v1::ClosingReason, message: &str) -> Message {
        self.is_closed = true;
        // Jitter, so that many members do not come back in one instant.
        let delay = UNAVAILABLE_RETRY_DELAY.mul_f64(0.5 + rand::random::<f64>());
        Message::Closing(v1::Closing {
            reason: i32::from(reason),
            resume_cursor: Vec::new(),
            retry_delay: prost_types::Duration::try_from(delay).ok(),
            message: message.to_owned(),
        })
    }
}
