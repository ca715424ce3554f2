//! The use cases of the request side: what each request means, free of gRPC and of SQL.
//!
//! Owns the decision when an answer may be given: a submission is answered once it is durable. Called by `rpc`.

mod admin;
mod admission;
mod analyze;
mod diff;
mod entities;
mod groups;
mod listing;
mod page_token;
mod reprocess;
mod search;
mod submit;

pub use admin::PutGazetteer;
pub use admission::{Admission, AdmissionLimits};
pub use diff::VersionsDiff;
pub use entities::{EntityPage, MentionPage, PageQuery, RelatedPage, TimelineQuery};
pub use groups::{CreateGroup, GroupStatus};
pub use listing::{ListPage, ListQuery};
pub use reprocess::{ReprocessCommand, queue_reprocessings};
pub use search::{SearchCommand, SearchPage, SearchResult};
pub use submit::{Accepted, SubmitCommand, WaitFor};

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use crate::{
    article::{Article, Limits, View, Violation},
    commit::{CommitError, Committer, Deleted},
    feed::{Feed, Groups},
    pipeline::{Current, Pipeline},
    store::{Store, StoreError},
};

/// Analyses that may wait for a thread, for each thread that does them.
const WAITING_ANALYSES_A_THREAD: usize = 16;

/// Why a request was not done.
#[derive(Debug, Error)]
pub enum AppError {
    /// The request breaks rules; all of them are listed.
    #[error("the request has {} invalid fields", .0.len())]
    Invalid(Vec<Violation>),
    /// There is no such article or version, or it was deleted.
    #[error("there is no article {0}")]
    NotFound(String),
    /// There is no such entity.
    #[error("there is no entity {0}")]
    EntityNotFound(Uuid),
    /// There is no such group.
    #[error("there is no group {0}")]
    GroupNotFound(String),
    /// There is a group of that name, and it is another one.
    #[error("there is another group {0}")]
    GroupExists(String),
    /// The article is not as the caller last saw it.
    #[error("the article has changed since the etag was read")]
    Changed,
    /// Too much is waiting; nothing was done.
    #[error("too many requests are waiting")]
    Busy {
        /// Worth waiting before another try.
        retry_delay: Duration,
    },
    /// Postgres is away.
    #[error("the store is not available")]
    Unavailable(#[source] Arc<StoreError>),
    /// A bug here, or damaged data.
    #[error("internal error: {0}")]
    Internal(String, #[source] Option<Arc<StoreError>>),
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct App {
    store: Store,
    committer: Committer,
    feed: Feed,
    groups: Groups,
    pipeline: Current,
    /// Notified when the stored name lists have changed.
    reload_gazetteers: Arc<Notify>,
    limits: Limits,
    admission: Admission,
    analysis_threads: Arc<Semaphore>,
    /// Those in work and those that may wait.
    analysis_places: Arc<Semaphore>,
}

/// What the use cases stand on.
pub struct AppParts {
    /// Reads.
    pub store: Store,
    /// Writes.
    pub committer: Committer,
    /// Follows.
    pub feed: Feed,
    /// Works consumer groups.
    pub groups: Groups,
    /// Analyzes.
    pub pipeline: Current,
    /// Notified when the stored name lists have changed.
    pub reload_gazetteers: Arc<Notify>,
    /// What a draft may be.
    pub limits: Limits,
    /// When submissions are refused.
    pub admission: Admission,
    /// Analyses done at the same time.
    pub analysis_threads: usize,
}

impl App {
    /// The use cases on top of `parts`.
    pub fn new(parts: AppParts) -> App {
        let threads = parts.analysis_threads;
        App {
            store: parts.store,
            committer: parts.committer,
            feed: parts.feed,
            groups: parts.groups,
            pipeline: parts.pipeline,
            reload_gazetteers: parts.reload_gazetteers,
            limits: parts.limits,
            admission: parts.admission,
            analysis_threads: Arc::new(Semaphore::new(threads)),
            analysis_places: Arc::new(Semaphore::new(threads * (1 + WAITING_ANALYSES_A_THREAD))),
        }
    }

    /// The feed, to subscribe to.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The consumer groups, to join.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// What processes articles now.
    pub fn pipeline(&self) -> Pipeline {
        self.pipeline.get()
    }

    /// The store, to read articles for the feed's full view.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// One article; `version` 0 is the latest.
    pub async fn get(&self, article_id: Uuid, version: i32, view: View) -> Result<Article, AppError> {
        let mut found = self.store.get_articles(&[article_id], version, view).await?;
        found.remove(&article_id).ok_or_else(|| {
            let wanted = if version == 0 { String::new() } else { format!(" version {version}") };
            AppError::NotFound(format!("{article_id}{wanted}"))
        })
    }

    /// Many articles in the order asked for, or `NotFound` naming the first that is missing.
    pub async fn batch_get(&self, article_ids: &[Uuid], view: View) -> Result<Vec<Article>, AppError> {
        let found = self.store.get_articles(article_ids, 0, view).await?;
        let lookup = |id: &Uuid| found.get(id).cloned().ok_or_else(|| AppError::NotFound(id.to_string()));
        article_ids.iter().map(lookup).collect()
    }

    /// Erases an article. A non-empty `etag` must be its current one.
    pub async fn delete(&self, article_id: Uuid, etag: String) -> Result<(), AppError> {
        let expected =
            Box::new(move |summary: &crate::article::Summary| etag.is_empty() || summary.etag() == etag);
        match self.committer.delete(article_id, expected).await? {
            Deleted::Erased => Ok(()),
            Deleted::NotFound => Err(AppError::NotFound(article_id.to_string())),
            Deleted::Changed => Err(AppError::Changed),
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> AppError {
        AppError::from(Arc::new(error))
    }
}

impl From<Arc<StoreError>> for AppError {
    fn from(error: Arc<StoreError>) -> AppError {
        if error.is_transient() {
            return AppError::Unavailable(error);
        }
        AppError::Internal("the store failed".to_owned(), Some(error))
    }
}

impl From<CommitError> for AppError {
    fn from(error: CommitError) -> AppError {
        match error {
            CommitError::Store(error) => AppError::from(error),
            CommitError::Stopped => AppError::Unavailable(Arc::new(StoreError::timed_out())),
        }
    }
}
