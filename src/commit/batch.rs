//! What shares a transaction: requests gathered by kind, as long as no two of them share a key.
//!
//! Within a transaction a second submission of one article would not see the first, so it waits for the next one.

use std::collections::HashSet;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::{CommitError, Deleted, Done, Expectation};
use crate::store::{Finish, Submission, Submitted};

pub(super) type Reply<T> = oneshot::Sender<Result<T, CommitError>>;

/// What is asked of the committer.
pub(super) enum Request {
    Submit(Box<Submission>, Reply<Submitted>),
    Finish(Box<Finish>, Reply<()>),
    Retry(Vec<Uuid>, Reply<Vec<Uuid>>),
    Delete(Uuid, Expectation, Reply<Deleted>),
}

/// The requests of one transaction, by kind. A deletion is always alone: it rewrites log events, and an event of the same
/// article appended beside it would escape that.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) submissions: Vec<(Submission, Reply<Submitted>)>,
    pub(super) finishes: Vec<(Finish, Reply<()>)>,
    pub(super) retries: Vec<(Vec<Uuid>, Reply<Vec<Uuid>>)>,
    pub(super) delete: Option<(Uuid, Expectation, Reply<Deleted>)>,
}

impl Batch {
    pub(super) fn add(&mut self, request: Request) {
        match request {
            Request::Submit(submission, reply) => self.submissions.push((*submission, reply)),
            Request::Finish(finish, reply) => self.finishes.push((*finish, reply)),
            Request::Retry(article_ids, reply) => self.retries.push((article_ids, reply)),
            Request::Delete(article_id, expected, reply) => self.delete = Some((article_id, expected, reply)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.submissions.len() + self.finishes.len() + self.retries.len() + usize::from(self.delete.is_some())
    }

    pub(super) fn split(self) -> impl Iterator<Item = Batch> {
        let submissions = self
            .submissions
            .into_iter()
            .map(|submission| Batch { submissions: vec![submission], ..Batch::default() });
        let finishes =
            self.finishes.into_iter().map(|finish| Batch { finishes: vec![finish], ..Batch::default() });
        let retries =
            self.retries.into_iter().map(|retry| Batch { retries: vec![retry], ..Batch::default() });
        let delete = self.delete.into_iter().map(|delete| Batch { delete: Some(delete), ..Batch::default() });
        submissions.chain(finishes).chain(retries).chain(delete)
    }

    // A caller that left before its answer is no error: what it asked for is done.
    pub(super) fn answer(self, done: Done) {
        for ((_, reply), submitted) in self.submissions.into_iter().zip(done.submitted) {
            let _ = reply.send(Ok(submitted));
        }
        for (_, reply) in self.finishes {
            let _ = reply.send(Ok(()));
        }
        for ((_, reply), retried) in self.retries.into_iter().zip(done.retried) {
            let _ = reply.send(Ok(retried));
        }
        if let (Some((_, _, reply)), Some(deleted)) = (self.delete, done.deleted) {
            let _ = reply.send(Ok(deleted));
        }
    }

    pub(super) fn refuse(self, error: CommitError) {
        for (_, reply) in self.submissions {
            let _ = reply.send(Err(error.clone()));
        }
        for (_, reply) in self.finishes {
            let _ = reply.send(Err(error.clone()));
        }
        for (_, reply) in self.retries {
            let _ = reply.send(Err(error.clone()));
        }
        if let Some((_, _, reply)) = self.delete {
            let _ = reply.send(Err(error));
        }
    }
}

/// What two requests of one transaction must not both have.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Key {
    Request(String),
    External(String, String),
    Article(Uuid),
}

/// Takes the request's keys, or none of them if one is taken.
pub(super) fn claim_keys(taken: &mut HashSet<Key>, request: &Request) -> bool {
    let keys = match request {
        Request::Submit(submission, _) => {
            let external = submission.draft.external_id.as_ref();
            let external = external.map(|id| Key::External(submission.draft.source.clone(), id.clone()));
            submission.request_id.clone().map(Key::Request).into_iter().chain(external).collect()
        }
        Request::Finish(finish, _) => vec![Key::Article(finish.id.article_id)],
        Request::Retry(article_ids, _) => article_ids.iter().copied().map(Key::Article).collect(),
        Request::Delete(article_id, ..) => vec![Key::Article(*article_id)],
    };
    if keys.iter().any(|key| taken.contains(key)) {
        return false;
    }
    taken.extend(keys);
    true
}

pub(super) fn body_bytes(request: &Request) -> usize {
    match request {
        Request::Submit(submission, _) => submission.draft.body.bytes().len(),
        Request::Finish(..) | Request::Retry(..) | Request::Delete(..) => 0,
    }
}
