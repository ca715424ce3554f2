//! Many submissions over one stream: bounded, in order, and sent again when the stream breaks.
//!
//! What was sent and not yet answered is kept; a new stream starts with it. The request ids make that harmless for
//! submissions that had got through before the stream broke.

use std::{
    collections::VecDeque,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use copydesk_proto::v1::{self, submit_articles_response};
use futures_util::{Stream, StreamExt, TryFutureExt, stream::FusedStream};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

use crate::{
    Client, Error, Stored, Submission,
    retry::{is_worth_a_retry, server_delay},
};

/// What became of one of many submissions.
#[derive(Debug)]
pub struct Answer {
    /// Counts the submissions from 0, in the order they were read.
    pub index: u64,
    /// Of the submission.
    pub request_id: String,
    /// Stored, or why not. A refusal that may pass was retried before it got here.
    pub result: Result<Stored, Status>,
}

/// The answers to `Client::submit_all`, one for each submission, in order.
///
/// A submission that is refused gets its own answer and the rest go on. An `Err` is the end: the stream broke and could
/// not be opened again. Submissions that have no answer by then may or may not be stored; submitting clones of them
/// again is safe. Dropping this stops the work; what was sent may still be stored.
#[derive(Debug)]
pub struct SubmitAll {
    answers: mpsc::Receiver<Result<Answer, Error>>,
}

impl SubmitAll {
    pub(crate) fn start<S>(client: Client, submissions: S, max_in_flight: usize) -> SubmitAll
    where
        S: Stream<Item = Submission> + Send + 'static,
    {
        let max_in_flight = max_in_flight.max(1);
        let (answers_in, answers) = mpsc::channel(max_in_flight);
        tokio::spawn(async move {
            let pump = Pump { client, max_in_flight, unanswered: VecDeque::new(), next_index: 0, answers_in };
            pump.run(submissions).await;
        });
        SubmitAll { answers }
    }

    /// The next answer; none when all are in, or after an error.
    pub async fn next(&mut self) -> Option<Result<Answer, Error>> {
        self.answers.recv().await
    }
}

impl Stream for SubmitAll {
    type Item = Result<Answer, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.answers.poll_recv(context)
    }
}

struct Pump {
    client: Client,
    max_in_flight: usize,
    /// Sent on the present stream, oldest first.
    unanswered: VecDeque<Submission>,
    /// Of the oldest unanswered.
    next_index: u64,
    answers_in: mpsc::Sender<Result<Answer, Error>>,
}

/// Why one stream ended.
enum End {
    /// Everything is answered.
    Complete,
    /// Nobody reads the answers any more.
    Unwanted,
    /// The stream broke after this many answers.
    Broken { status: Status, answered: u64 },
    /// The server broke the contract.
    Contract(&'static str),
}

impl Pump {
    async fn run(mut self, submissions: impl Stream<Item = Submission> + Send) {
        let mut submissions = pin!(submissions.fuse());
        let mut failures = 0;
        loop {
            let (status, answered) = match self.one_stream(submissions.as_mut()).await {
                End::Complete | End::Unwanted => return,
                End::Contract(what) => {
                    let _ = self.answers_in.send(Err(Error::Protocol(what))).await;
                    return;
                }
                End::Broken { status, answered } => (status, answered),
            };
            // A stream that got something done was no failure of the server as such.
            failures = if answered > 0 { 1 } else { failures + 1 };
            let policy = *self.client.retry_policy();
            if failures >= policy.max_attempts || !is_worth_a_retry(&status) {
                let _ = self.answers_in.send(Err(status.into())).await;
                return;
            }
            tokio::time::sleep(policy.delay(failures, server_delay(&status))).await;
        }
    }

    async fn one_stream(&mut self, mut submissions: Pin<&mut impl FusedStream<Item = Submission>>) -> End {
        // Never full: it holds at most what is unanswered.
        let (outgoing, requests) = mpsc::channel(self.max_in_flight);
        let mut outgoing = Some(outgoing);
        for submission in &self.unanswered {
            send(&outgoing, submission);
        }
        let mut articles = self.client.articles();
        let answers = async move { articles.submit_articles(ReceiverStream::new(requests)).await }
            .map_ok(tonic::Response::into_inner)
            .try_flatten_stream();
        let mut answers = pin!(answers);
        let mut answered = 0;

        loop {
            if submissions.is_terminated() {
                // Tells the server that no more requests follow.
                outgoing = None;
                if self.unanswered.is_empty() {
                    return End::Complete;
                }
            }
            let has_room = self.unanswered.len() < self.max_in_flight && !submissions.is_terminated();
            tokio::select! {
                submission = submissions.next(), if has_room => {
                    if let Some(submission) = submission {
                        send(&outgoing, &submission);
                        self.unanswered.push_back(submission);
                    }
                }
                answer = answers.next() => {
                    let answer = match answer {
                        Some(Ok(answer)) => answer,
                        Some(Err(status)) => return End::Broken { status, answered },
                        None => {
                            let status = Status::unavailable("the server ended the stream of submissions");
                            return End::Broken { status, answered };
                        }
                    };
                    if let Err(end) = self.pass_on(answer).await {
                        return end;
                    }
                    answered += 1;
                }
                () = self.answers_in.closed() => return End::Unwanted,
            }
        }
    }

    /// Matches an answer to the oldest unanswered submission and hands it on.
    async fn pass_on(&mut self, answer: v1::SubmitArticlesResponse) -> Result<(), End> {
        let Some(submission) = self.unanswered.front() else {
            return Err(End::Contract("an answer without a submission"));
        };
        if answer.request_id != submission.id() {
            return Err(End::Contract("answers to submissions are out of order"));
        }
        let result = match answer.result {
            Some(submit_articles_response::Result::Article(article)) => {
                Ok(Stored { article, already_known: answer.already_known })
            }
            Some(submit_articles_response::Result::Error(error)) => {
                let status = Status::with_details(
                    Code::from(error.code),
                    error.message.clone(),
                    error.encode_to_vec().into(),
                );
                self.client.submit_again(submission, status).await
            }
            None => return Err(End::Contract("a submission's answer is empty")),
        };
        let answer = Answer { index: self.next_index, request_id: submission.id().to_owned(), result };
        self.unanswered.pop_front();
        self.next_index += 1;
        self.answers_in.send(Ok(answer)).await.map_err(|_| End::Unwanted)
    }
}

fn send(outgoing: &Option<mpsc::Sender<v1::SubmitArticlesRequest>>, submission: &Submission) {
    if let Some(outgoing) = outgoing {
        // Fails only when the stream has ended, which its answers say.
        let _ = outgoing.try_send(submission.as_streamed());
    }
}
