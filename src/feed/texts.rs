//! The texts that queries are held against: read once a process for each processed version, however many ask.

use std::{collections::HashMap, sync::Arc};

use quick_cache::{Weighter, sync::Cache};
use time::OffsetDateTime;
use tokio::sync::Mutex;

use crate::{
    article::{Event, FoldedText, State, VersionId},
    store::{Store, StoreError},
};

/// Bytes of folded text kept.
const MAX_BYTES: u64 = 16 << 20;
/// About how many texts that is.
const ESTIMATED_TEXTS: usize = 4_096;

pub(super) struct Texts {
    cache: Cache<Key, Arc<FoldedText>, TextBytes>,
    /// Held while texts are read, so that a batch that wakes a hundred readers is read once.
    reading: Mutex<()>,
}

/// A version and when its result was made: processed again, it may have another text.
type Key = (VersionId, Option<OffsetDateTime>);

#[derive(Clone)]
struct TextBytes;

impl Weighter<Key, Arc<FoldedText>> for TextBytes {
    fn weight(&self, _: &Key, text: &Arc<FoldedText>) -> u64 {
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
        let known = self.known(events);
        if known.iter().all(Option::is_some) {
            return Ok(known.into_iter().flatten().collect());
        }
        // Held until the texts are in the cache, so that whoever waited finds them there.
        let _turn = self.reading.lock().await;
        let known = self.known(events);
        let missing = events.iter().zip(&known).filter(|(_, known)| known.is_none());
        let ids: Vec<VersionId> = missing.map(|(event, _)| event.summary.version_id()).collect();
        let read = if ids.is_empty() { HashMap::new() } else { store.get_texts(&ids).await? };
        let texts = events.iter().zip(known);
        Ok(texts.map(|(event, known)| known.unwrap_or_else(|| self.take_in(event, &read))).collect())
    }

    /// What needs no reading: texts in the cache, and of events that have none their summary.
    fn known(&self, events: &[&Event]) -> Vec<Option<Arc<FoldedText>>> {
        let known = |event: &&Event| match has_text(event) {
            true => self.cache.get(&key(event)),
            false => Some(Arc::new(folded(event, None))),
        };
        events.iter().map(known).collect()
    }

    fn take_in(&self, event: &Event, read: &HashMap<VersionId, String>) -> Arc<FoldedText> {
        let id = event.summary.version_id();
        let text = read.get(&id).map(String::as_str);
        let folded = Arc::new(folded(event, text));
        // One that is gone from the store by now is not to be remembered without its text.
        if text.is_some() {
            self.cache.insert(key(event), folded.clone());
        }
        folded
    }
}

/// Whether there is a clean text; else the summary says all.
fn has_text(event: &Event) -> bool {
    event.kind.state() == State::Processed
}

fn key(event: &Event) -> Key {
    (event.summary.version_id(), event.summary.processed_time)
}

fn folded(event: &Event, text: Option<&str>) -> FoldedText {
    let summary = &event.summary;
    let mut folded = FoldedText::default();
    for part in [summary.title.as_deref(), summary.subtitle.as_deref(), text].into_iter().flatten() {
        folded.push(part);
    }
    folded
}
