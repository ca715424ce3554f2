//! Pages of the log's table for readers that are behind: read once, however many are behind at the same place.
//!
//! A page begins at a multiple of `PAGE_EVENTS`, so that readers share it whatever their positions. Without sharing, a
//! thousand readers that fell behind together hold a thousand copies of the same entries.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use tokio::sync::{Mutex, Semaphore};

use crate::{
    article::{LogEntry, Position},
    store::{Store, StoreError},
};

/// Events of a page.
pub(super) const PAGE_EVENTS: usize = 256;
const PAGE: Position = PAGE_EVENTS as Position;
/// Bytes of pages kept.
const MAX_BYTES: u64 = 16 << 20;
/// Pages read from the table at a time: a crowd that is behind must not take every connection from those that write.
const MAX_TABLE_READS: usize = 3;
/// Locks, so that a page is read once and pages side by side do not wait for each other.
const LOCKS: usize = 8;

pub(super) struct Pages {
    /// By the number of the page. The newest page of the log is kept as far as it was there, and read on from there.
    cache: Cache<Position, Arc<[LogEntry]>, PageBytes>,
    reading: [Mutex<()>; LOCKS],
    turns: Semaphore,
}

#[derive(Clone)]
struct PageBytes;

impl Weighter<Position, Arc<[LogEntry]>> for PageBytes {
    fn weight(&self, _: &Position, page: &Arc<[LogEntry]>) -> u64 {
        page.iter().map(|entry| (size_of::<LogEntry>() + entry.content.len()) as u64).sum()
    }
}

impl Pages {
    pub(super) fn new() -> Pages {
        Pages {
            cache: Cache::with_weighter(64, MAX_BYTES, PageBytes),
            reading: Default::default(),
            turns: Semaphore::new(MAX_TABLE_READS),
        }
    }

    /// What the page that `at` lies in holds after it: in order, dense, empty only at the end of the log.
    /// At most one read of the table, in its turn; an entry's content is shared by all that hold it.
    /// Errors: the store's; `Trimmed` if the next position is no longer held.
    pub(super) async fn after(&self, store: &Store, at: Position) -> Result<Vec<LogEntry>, StoreError> {
        let number = at.div_euclid(PAGE);
        if let Some(rest) = self.known(number, at) {
            return Ok(rest);
        }
        let lock = usize::try_from(number).unwrap_or_default() % LOCKS;
        let _reading = self.reading[lock].lock().await;
        if let Some(rest) = self.known(number, at) {
            return Ok(rest);
        }
        let known = self.cache.get(&number);
        let start = number * PAGE;
        let last = known.as_ref().and_then(|page| page.last());
        let read_to = last.map_or(start, |entry| entry.position);
        // It is never closed: without a permit only in a process that is coming down.
        let _turn = self.turns.acquire().await.ok();
        let new = match store.read_entries(read_to, start + PAGE - read_to).await {
            Ok(new) => new,
            // Retention has passed the start of the page, not the reader.
            Err(StoreError::Trimmed { .. }) if at > read_to => {
                return store.read_entries(at, start + PAGE - at).await;
            }
            Err(error) => return Err(error),
        };
        let page: Arc<[LogEntry]> = known.iter().flat_map(|page| page.iter().cloned()).chain(new).collect();
        self.cache.insert(number, page.clone());
        Ok(rest(&page, at))
    }

    fn known(&self, number: Position, at: Position) -> Option<Vec<LogEntry>> {
        let rest = rest(&self.cache.get(&number)?, at);
        (!rest.is_empty()).then_some(rest)
    }
}

fn rest(page: &[LogEntry], at: Position) -> Vec<LogEntry> {
    page.iter().filter(|entry| entry.position > at).cloned().collect()
}
