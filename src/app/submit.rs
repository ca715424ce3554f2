//! Submitting: check, store, answer once durable, and wait for the result if asked to.

use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{App, AppError};
use crate::{
    article::{Article, Draft, Priority, RawDraft, State, VersionId, View, Violation},
    store::{Submission, Submitted},
};

/// Longest `request_id`, in bytes.
const MAX_REQUEST_ID_BYTES: usize = 200;

/// How long an answer waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// Until the article is durable.
    Accepted,
    /// Until it has ended, at the latest until then.
    Processed(Instant),
}

/// A submission as asked for.
#[derive(Clone, Debug)]
pub struct SubmitCommand {
    /// Empty: none.
    pub request_id: String,
    /// Not looked at yet.
    pub draft: RawDraft,
    /// When it is processed.
    pub priority: Priority,
    /// How long the answer waits.
    pub wait_for: WaitFor,
    /// Of the article in the answer.
    pub view: View,
    /// What was wrong already when the request was read.
    pub violations: Vec<Violation>,
}

/// A durable article.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// As it is now.
    pub article: Article,
    /// Nothing new was stored.
    pub is_known: bool,
}

impl App {
    /// Durable when it returns; `Busy` when the queue is too long, before anything is stored. After `Unavailable` it may have been stored all the same: the same call with a
    /// `request_id` or `external_id` is safe.
    pub async fn submit(&self, command: SubmitCommand) -> Result<Accepted, AppError> {
        let submission =
            self.check(command.request_id, command.draft, command.priority, command.violations)?;
        self.admission.enter()?;
        let (id, new) = match self.committer.submit(submission).await? {
            Submitted::New(summary) => (summary.version_id(), Some(summary)),
            Submitted::Known(id) => (id, None),
        };
        let is_known = new.is_none();
        let article = match (command.wait_for, new) {
            (WaitFor::Accepted, Some(summary)) => Article { summary: *summary, result: None, body: None },
            (WaitFor::Accepted, None) => self.get(id.article_id, id.version, command.view).await?,
            (WaitFor::Processed(deadline), _) => self.wait_for_end(id, command.view, deadline).await?,
        };
        Ok(Accepted { article, is_known })
    }

    fn check(
        &self,
        request_id: String,
        draft: RawDraft,
        priority: Priority,
        mut violations: Vec<Violation>,
    ) -> Result<Submission, AppError> {
        check_request_id(&request_id, &mut violations);
        let draft = match Draft::new(draft, self.limits) {
            Ok(draft) if violations.is_empty() => draft,
            Ok(_) => return Err(AppError::Invalid(violations)),
            Err(more) => {
                violations.extend(more);
                return Err(AppError::Invalid(violations));
            }
        };
        Ok(Submission {
            // Version 7: later articles have larger ids, which keeps the indexes on them compact.
            new_article_id: Uuid::now_v7(),
            request_id: Some(request_id).filter(|id| !id.is_empty()),
            priority,
            content_hash: draft.content_hash(),
            draft,
        })
    }

    /// The article once it has ended, or as it is at the deadline.
    async fn wait_for_end(&self, id: VersionId, view: View, deadline: Instant) -> Result<Article, AppError> {
        // Interest first, then the look: an end in between is not missed.
        let ended = self.feed.ended(id);
        let article = self.get(id.article_id, id.version, view).await?;
        if article.summary.state != State::Accepted {
            return Ok(article);
        }
        // At the deadline the article is answered as it then is.
        let _ = timeout_at(deadline, ended).await;
        self.get(id.article_id, id.version, view).await
    }
}

pub(super) fn check_request_id(request_id: &str, violations: &mut Vec<Violation>) {
    if request_id.len() > MAX_REQUEST_ID_BYTES || request_id.chars().any(char::is_control) {
        violations.push(Violation::new(
            "request_id",
            format!(
                "must be at most {MAX_REQUEST_ID_BYTES} bytes without control characters; a UUID is good"
            ),
        ));
    }
}
