//! Processing again: who asks for what, and the task that turns a filter into jobs, a slice at a time.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use super::{App, AppError, listing::filter, submit::check_request_id};
use crate::{
    article::{State, Violation},
    store::{ListFilter, ReprocessingRow, ReprocessingScope, Store},
};

/// Most ids in one call.
const MAX_IDS: usize = 1_000;
/// Articles of one slice: one short transaction.
const SLICE_ARTICLES: i64 = 250;
/// Jobs in the background that wait at a time; more would only make the queue's tables large.
const MAX_WAITING_JOBS: i64 = 1_000;
/// How often the requests are looked at.
const INTERVAL: Duration = Duration::from_millis(500);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct ReprocessCommand {
    /// Empty: none.
    pub request_id: String,
    /// Empty: by filter.
    pub article_ids: Vec<Uuid>,
    /// Empty: by ids.
    pub filter: String,
    /// What was wrong already when the request was read.
    pub violations: Vec<Violation>,
}

impl App {
    /// Durable when it returns; `true` if it was asked for before.
    pub async fn reprocess(&self, command: ReprocessCommand) -> Result<(ReprocessingRow, bool), AppError> {
        let mut violations = command.violations;
        check_request_id(&command.request_id, &mut violations);
        if command.article_ids.len() > MAX_IDS {
            let description = format!("has {} ids; send at most {MAX_IDS}", command.article_ids.len());
            violations.push(Violation::new("article_ids", description));
        }
        let has_filter = !command.filter.trim().is_empty();
        if command.article_ids.is_empty() != has_filter {
            violations.push(Violation::new(
                "filter",
                "and article_ids: exactly one must be set; `state = PROCESSED` asks for all articles",
            ));
        }
        if let Err(problem) = filter::parse(&command.filter) {
            violations.push(problem);
        }
        if !violations.is_empty() {
            return Err(AppError::Invalid(violations));
        }
        let scope = match has_filter {
            true => ReprocessingScope::Filter(&command.filter),
            false => ReprocessingScope::Ids(&command.article_ids),
        };
        let request_id = Some(command.request_id.as_str()).filter(|id| !id.is_empty());
        let (row, is_new) = self.store.request_reprocessing(request_id, scope).await?;
        // A hint that is lost costs a poll.
        let _ = self.store.hint().await;
        Ok((row, !is_new))
    }

    /// How far it is.
    pub async fn reprocessing(&self, id: Uuid) -> Result<ReprocessingRow, AppError> {
        let found = self.store.get_reprocessing(id).await?;
        found.ok_or_else(|| AppError::NotFound(format!("reprocessing {id}")))
    }
}

/// Turns requests by filter into jobs, as the queue has room for them; until stopped. Every process may run it: of one
/// slice only one takes hold.
pub async fn queue_reprocessings(store: Store, stop: CancellationToken) {
    loop {
        match store.advance_reprocessing(SLICE_ARTICLES, MAX_WAITING_JOBS, read).await {
            Ok(true) => {
                let _ = store.hint().await;
                if !stop.is_cancelled() {
                    continue;
                }
            }
            Ok(false) => {}
            Err(error) if error.is_transient() => {}
            Err(error) => {
                warn!(error = &error as &dyn std::error::Error, "articles to process again were not queued");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(INTERVAL) => {}
        }
    }
}

/// A filter that asks for other states than PROCESSED asks for nothing.
fn read(text: &str) -> Option<ListFilter> {
    let mut filter = filter::parse(text).ok()?;
    let processed = State::Processed as i16;
    if !filter.states.is_empty() && !filter.states.contains(&processed) {
        return None;
    }
    filter.states = vec![processed];
    Some(filter)
}
