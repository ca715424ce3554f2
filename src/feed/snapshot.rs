//! All articles as they are at one position, to start a stream with: first these, then what happens after it.
//!
//! Their ids are read in one transaction together with the head of the log; the articles follow page by page, so a slow
//! reader holds no transaction open. A version does not change once it is processed; one that is erased or leaves its
//! state meanwhile is left out, because an update after the position says so.

use std::sync::Arc;

use bytes::Bytes;

use super::{Feed, Filter};
use crate::{
    article::{Article, Event, EventKind, Position, State, VersionId, View},
    store::{SnapshotFilter, StoreError},
};

/// What is left to say of a snapshot. Costs 24 bytes an article.
pub struct Snapshot {
    feed: Feed,
    filter: Filter,
    view: View,
    /// The moment that it shows.
    position: Position,
    left: std::vec::IntoIter<(VersionId, State)>,
}

impl Feed {
    /// Fixes the moment and finds what the filter may want.
    /// Errors: `TooMany` above `max_articles`.
    pub async fn snapshot(
        &self,
        filter: Filter,
        view: View,
        max_articles: i64,
    ) -> Result<Snapshot, StoreError> {
        let wanted = SnapshotFilter {
            sources: &filter.sources,
            states: filter.kinds.iter().map(|kind| kind.state() as i16).collect(),
            languages: &filter.languages,
            entity_name_keys: &filter.entity_name_keys,
            entity_types: &filter.entity_types,
            entity_ids: &filter.entity_ids,
            labels: &filter.labels,
        };
        let (position, ids) = self.shared.store.snapshot_ids(&wanted, max_articles).await?;
        Ok(Snapshot { feed: self.clone(), filter, view, position, left: ids.into_iter() })
    }
}

impl Snapshot {
    /// The moment that it shows: what happens after it comes as updates.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Whether the last page was read.
    pub fn is_complete(&self) -> bool {
        self.left.len() == 0
    }

    /// Up to `limit` more articles. Two statements. After an error the same page may be asked for again.
    pub async fn next_page(&mut self, limit: usize) -> Result<Vec<Article>, StoreError> {
        let page: Vec<(VersionId, State)> = self.left.as_slice().iter().take(limit).copied().collect();
        let ids: Vec<VersionId> = page.iter().map(|(id, _)| *id).collect();
        let mut found = self.feed.shared.store.get_versions(&ids, self.view).await?;
        let is_unchanged = |id: &VersionId, state: State, article: &Article| {
            article.summary.version_id() == *id && article.summary.state == state
        };
        let articles: Vec<Article> = page
            .iter()
            .filter_map(|(id, state)| found.remove(id).filter(|article| is_unchanged(id, *state, article)))
            .collect();
        let wanted = self.wanted(articles).await?;
        self.left.by_ref().take(limit).for_each(drop);
        Ok(wanted)
    }

    /// What the whole filter wants, the query included.
    async fn wanted(&self, articles: Vec<Article>) -> Result<Vec<Article>, StoreError> {
        let events: Vec<Arc<Event>> =
            articles.iter().map(|article| Arc::new(self.as_event(article))).collect();
        let is_wanted = self.feed.wanted(&self.filter, &events).await?;
        Ok(articles.into_iter().zip(is_wanted).filter_map(|(article, is)| is.then_some(article)).collect())
    }

    /// The update that brought the article to where it is.
    fn as_event(&self, article: &Article) -> Event {
        let state = article.summary.state;
        let plain = match state {
            State::Accepted => EventKind::Accepted,
            State::Processed => EventKind::Processed,
            State::Failed => EventKind::Failed,
            State::Deleted => EventKind::Deleted,
        };
        // Several kinds lead to one state: whichever is wanted.
        let kind = self.filter.kinds.iter().copied().find(|kind| kind.state() == state).unwrap_or(plain);
        let summary = article.summary.clone();
        let time = summary.processed_time.unwrap_or(summary.accepted_time);
        Event { position: self.position, kind, time, summary, content: Bytes::new() }
    }
}
