//! The group committer: the one writer of this process to the log.
//!
//! Submissions, finished jobs and deletions queue up here while a transaction is committing, and the next transaction
//! takes them all: under load many share one commit, alone each goes at once. The log's head is locked last, see
//! `store::log`. Called by `app` and `work`; what was committed goes to the feed through a callback, so that this room
//! need not know it.

mod batch;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use metrics::{counter, histogram};
use thiserror::Error;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep, timeout, timeout_at},
};
use tracing::warn;
use uuid::Uuid;

use crate::{
    article::{Event, EventKind, Summary},
    failpoint::step,
    store::{
        DeleteOutcome, Finish, NewEvent, Store, StoreError, Submission, Submitted, append, apply_finishes,
        erase, insert_submissions, requeue_failed,
    },
};

/// Most requests in one transaction: beyond this the gain of sharing a commit is spent, and the wait for it grows.
const MAX_BATCH_ITEMS: usize = 256;
/// Most body bytes in one transaction, unless a single body is larger.
const MAX_BATCH_BYTES: usize = 8 << 20;
/// Requests waiting for a transaction; beyond this callers wait to be let in.
const QUEUE_ITEMS: usize = 1_024;
/// How often a transaction that collided is tried again.
const COLLISION_RETRIES: u32 = 8;
/// A transaction that takes longer counts as failed: Postgres hangs.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);
/// A result that comes so soon after the commit before it waits for company: a commit costs two dozen statements and a
/// message to each subscriber, however many results it has. One that comes alone, and what a caller waits for, goes at once.
const RESULTS_INTERVAL: Duration = Duration::from_millis(10);
/// Between two hints to other processes.
const HINT_INTERVAL: Duration = Duration::from_millis(2);

use batch::{Batch, Reply, Request, body_bytes, claim_keys};

/// Why a request was not committed. Shared by all requests of the transaction.
#[derive(Clone, Debug, Error)]
pub enum CommitError {
    /// The store said no, or cannot be reached.
    #[error("{0}")]
    Store(#[source] Arc<StoreError>),
    /// The process is shutting down.
    #[error("the committer has stopped")]
    Stopped,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// The article is gone.
    Erased,
    /// There was none.
    NotFound,
    /// Its state is not the one named in the request.
    Changed,
}

/// Tests an article before its deletion.
pub type Expectation = Box<dyn Fn(&Summary) -> bool + Send + Sync>;

/// Hands requests to the committer. Cheap to clone; the committer ends when the last one is dropped.
#[derive(Clone)]
pub struct Committer {
    requests: mpsc::Sender<Request>,
}

/// Hears of every committed batch, in commit order of this process.
pub type OnCommitted = Box<dyn Fn(Vec<Event>) + Send + Sync>;

/// The committer's task, not yet running.
pub struct CommitLoop {
    requests: mpsc::Receiver<Request>,
    /// Requests that must not share a transaction with one before them.
    carried: VecDeque<Request>,
    store: Store,
    on_committed: OnCommitted,
    hint: Arc<Notify>,
}

impl Committer {
    /// A committer and its task.
    pub fn new(store: Store, on_committed: OnCommitted) -> (Committer, CommitLoop) {
        let (sender, requests) = mpsc::channel(QUEUE_ITEMS);
        let hint = Arc::new(Notify::new());
        let carried = VecDeque::new();
        (Committer { requests: sender }, CommitLoop { requests, carried, store, on_committed, hint })
    }

    /// Durable when it returns. After a `Store` error that is `Unavailable` it may have been stored all the same; the
    /// same submission with a `request_id` or `external_id` may be sent again safely.
    pub async fn submit(&self, submission: Submission) -> Result<Submitted, CommitError> {
        self.ask(|reply| Request::Submit(Box::new(submission), reply)).await
    }

    /// Durable when it returns, unless the lease was lost; then nothing was written. Safe to repeat.
    pub async fn finish(&self, finish: Finish) -> Result<(), CommitError> {
        self.ask(|reply| Request::Finish(Box::new(finish), reply)).await
    }

    /// Puts articles that were given up back into the queue; returns which those were. Durable when it returns.
    pub async fn retry(&self, article_ids: Vec<Uuid>) -> Result<Vec<Uuid>, CommitError> {
        self.ask(|reply| Request::Retry(article_ids, reply)).await
    }

    /// Durable when it returns.
    pub async fn delete(&self, article_id: Uuid, expected: Expectation) -> Result<Deleted, CommitError> {
        self.ask(|reply| Request::Delete(article_id, expected, reply)).await
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, CommitError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| CommitError::Stopped)?;
        answer.await.map_err(|_| CommitError::Stopped)?
    }
}

/// What one transaction did.
struct Done {
    events: Vec<Event>,
    submitted: Vec<Submitted>,
    /// For each retry, the articles that were put back.
    retried: Vec<Vec<Uuid>>,
    deleted: Option<Deleted>,
}

impl CommitLoop {
    /// Runs until every `Committer` is dropped, and then commits what is left.
    pub async fn run(mut self) {
        let hinter = tokio::spawn(send_hints(self.store.clone(), self.hint.clone()));
        let mut last_began = Instant::now();
        while let Some(first) = self.next().await {
            if matches!(first, Request::Finish(..)) {
                self.wait_for_company(last_began + RESULTS_INTERVAL).await;
            }
            let batch = self.collect(first);
            last_began = Instant::now();
            self.commit(batch).await;
        }
        hinter.abort();
    }

    async fn next(&mut self) -> Option<Request> {
        match self.carried.pop_front() {
            Some(request) => Some(request),
            None => self.requests.recv().await,
        }
    }

    /// Lets results come in until `deadline`, or until something comes that is not one.
    async fn wait_for_company(&mut self, deadline: Instant) {
        let mut is_waiting = self.carried.is_empty();
        while is_waiting && self.carried.len() < MAX_BATCH_ITEMS {
            let Ok(Some(request)) = timeout_at(deadline, self.requests.recv()).await else { break };
            is_waiting = matches!(request, Request::Finish(..));
            self.carried.push_back(request);
        }
    }

    /// Takes what waits, up to the bounds, leaving for later what shares a key with something taken: within a transaction
    /// a second submission of one article would not see the first.
    fn collect(&mut self, first: Request) -> Batch {
        let mut batch = Batch::default();
        let mut keys = HashSet::new();
        let mut bytes = 0;
        let mut count = 0;
        let mut left = VecDeque::new();
        let mut next = Some(first);
        while let Some(request) = next {
            let fits = batch.delete.is_none() && (count == 0 || !matches!(request, Request::Delete(..)));
            if fits && claim_keys(&mut keys, &request) {
                bytes += body_bytes(&request);
                count += 1;
                batch.add(request);
            } else {
                left.push_back(request);
            }
            if count >= MAX_BATCH_ITEMS || bytes >= MAX_BATCH_BYTES || left.len() >= MAX_BATCH_ITEMS {
                break;
            }
            next = self.carried.pop_front().or_else(|| self.requests.try_recv().ok());
        }
        // What was left now came before whatever is still carried.
        left.append(&mut self.carried);
        self.carried = left;
        batch
    }

    async fn commit(&self, batch: Batch) {
        let started = Instant::now();
        match self.try_commit(&batch).await {
            Ok(done) => {
                histogram!("copydesk_commit_seconds").record(started.elapsed());
                histogram!("copydesk_commit_requests").record(batch.len() as f64);
                self.tell(&done);
                step("commit:told");
                batch.answer(done);
            }
            // One bad request must not fail the others: each gets a transaction of its own.
            Err(error) if !error.is_transient() && batch.len() > 1 => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "a batch failed; committing its requests one by one"
                );
                for single in batch.split() {
                    Box::pin(self.commit(single)).await;
                }
            }
            Err(error) => {
                counter!("copydesk_commit_errors_total").increment(1);
                batch.refuse(CommitError::Store(Arc::new(error)));
            }
        }
    }

    fn tell(&self, done: &Done) {
        if done.events.is_empty() {
            return;
        }
        (self.on_committed)(done.events.clone());
        self.hint.notify_one();
    }

    async fn try_commit(&self, batch: &Batch) -> Result<Done, StoreError> {
        let mut collisions = 0;
        loop {
            let result = match timeout(TRANSACTION_TIMEOUT, self.transact(batch)).await {
                Ok(result) => result,
                Err(_) => Err(StoreError::timed_out()),
            };
            match result {
                Err(StoreError::Collision(_)) if collisions < COLLISION_RETRIES => {
                    collisions += 1;
                    counter!("copydesk_commit_collisions_total").increment(1);
                    sleep(Duration::from_millis(u64::from(rand::random_range(1..=10 * collisions)))).await;
                }
                result => return result,
            }
        }
    }

    async fn transact(&self, batch: &Batch) -> Result<Done, StoreError> {
        let mut tx = self.store.begin().await?;
        step("commit:begun");
        let mut events = Vec::new();
        let mut deleted = None;
        if let Some((article_id, expected, _)) = &batch.delete {
            deleted = Some(match erase(&mut tx, *article_id, expected).await? {
                DeleteOutcome::Erased(event) => {
                    events.push(*event);
                    Deleted::Erased
                }
                DeleteOutcome::NotFound => Deleted::NotFound,
                DeleteOutcome::Changed => Deleted::Changed,
            });
        }
        if !batch.finishes.is_empty() {
            let finishes = batch.finishes.iter().map(|(finish, _)| finish.clone()).collect();
            events.extend(apply_finishes(&mut tx, finishes).await?);
        }
        let mut retried = Vec::new();
        for (article_ids, _) in &batch.retries {
            let requeued = requeue_failed(&mut tx, article_ids).await?;
            retried.push(requeued.iter().map(|event| event.summary.article_id).collect());
            events.extend(requeued);
        }
        let mut submitted = Vec::new();
        if !batch.submissions.is_empty() {
            let submissions: Vec<&Submission> =
                batch.submissions.iter().map(|(submission, _)| submission).collect();
            submitted = insert_submissions(&mut tx, &submissions).await?;
            events.extend(submitted.iter().filter_map(accepted_event));
        }
        step("commit:written");
        let logged = append(&mut tx, events).await?;
        step("commit:appended");
        tx.commit().await?;
        step("commit:committed");
        Ok(Done { events: logged.events, submitted, retried, deleted })
    }
}

fn accepted_event(submitted: &Submitted) -> Option<NewEvent> {
    match submitted {
        Submitted::New(summary) => {
            Some(NewEvent { kind: EventKind::Accepted, summary: summary.as_ref().clone() })
        }
        Submitted::Known(_) => None,
    }
}

/// Tells other processes, at most once an interval; a hint that fails is made up for by their polling.
async fn send_hints(store: Store, hint: Arc<Notify>) {
    loop {
        hint.notified().await;
        if let Err(error) = store.hint().await {
            warn!(error = &error as &dyn std::error::Error, "a hint to other processes was not sent");
        }
        sleep(HINT_INTERVAL).await;
    }
}
