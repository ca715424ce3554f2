//! The texts that queries are held against: read once a process for each processed version, however many ask.

use std::{collections::HashMap, sync::Arc};

use quick_cache::{Weighter, sync::Cache};
use tokio::sync::Mutex;

use crate::{
    article::{Event, EventKind, FoldedText, VersionId},
    store::{Store, StoreError},
};

/// Bytes of folded text kept.
const MAX_BYTES: u64 = 16 << 20;
/// About how many texts that is.
const ESTIMATED_TEXTS: usize = 4_096;

pub(super) struct Texts {
    cache: Cache<VersionId, Arc<FoldedText>, TextBytes>,
    /// Held while texts are read, so that a batch that wakes a hundred readers is read once.
    reading: Mutex<()>,
}

#[derive(Clone)]
struct TextBytes;

impl Weighter<VersionId, Arc<FoldedText>> for TextBytes {
    fn weight(&self, _: &VersionId, text: &Arc<FoldedText>) -> u64 {
        text.bytes() as u64 + 64
    }
}

impl Texts {
    pub(super) fn new() -> Texts {
        Texts { cache: Cache::with_weighter(ESTIMATED_TEXTS, MAX_BYTES, TextBytes), reading: Mutex::new(()) }
    }

    /// The text of each event, in their order. One statement at most, and none for what was read before.
    pub(super) async fn of(
        &self,
        store: &Store,
        events: &[&Event],
    ) -> Result<Vec<Arc<FoldedText>>, StoreError> {
        // Kept here too: the cache may drop a text before it is used.
        let mut read = HashMap::new();
        if events.iter().any(|event| self.is_missing(event)) {
            let _reading = self.reading.lock().await;
            let missing = events.iter().filter(|event| self.is_missing(event));
            let ids: Vec<VersionId> = missing.map(|event| event.summary.version_id()).collect();
            read = store.get_texts(&ids).await?;
        }
        Ok(events.iter().map(|event| self.text_of(event, &read)).collect())
    }

    fn is_missing(&self, event: &Event) -> bool {
        has_text(event) && self.cache.get(&event.summary.version_id()).is_none()
    }

    fn text_of(&self, event: &Event, read: &HashMap<VersionId, String>) -> Arc<FoldedText> {
        if !has_text(event) {
            return Arc::new(folded(event, None));
        }
        let id = event.summary.version_id();
        if let Some(known) = self.cache.get(&id) {
            return known;
        }
        let text = Arc::new(folded(event, read.get(&id).map(String::as_str)));
        self.cache.insert(id, text.clone());
        text
    }
}

/// Whether there is a clean text; else the summary says all.
fn has_text(event: &Event) -> bool {
    event.kind == EventKind::Processed
}

fn folded(event: &Event, text: Option<&str>) -> FoldedText {
    let summary = &event.summary;
    let mut folded = FoldedText::default();
    for part in [summary.title.as_deref(), summary.subtitle.as_deref(), text].into_iter().flatten() {
        folded.push(part);
    }
    folded
}
