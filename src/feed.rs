//! The ordered log's tail in memory, and those who follow it.
//!
//! A ring holds the newest events, fed by this process's committer and, for what other processes commit, from the table.
//! Each `Reader` owns its cursor and filter, reads the ring when it can and the table when it must: a slow one is late,
//! never robbed, and costs no memory. Called by `app` (waiting for a result) and `rpc::feed`.

mod cursor;
mod filter;
mod groups;
mod pages;
mod reader;
mod ring;
mod snapshot;
mod tail;
mod texts;

pub use cursor::Cursor;
pub use filter::Filter;
pub use groups::{Assignment, GroupEnd, Groups, JoinOptions, Member, MemberInput, Said};
pub use reader::{Reader, ReaderOptions, Step};
pub use snapshot::Snapshot;
pub use tail::follow_hints;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicI64, Ordering},
    },
};

use tokio::sync::{Notify, oneshot, watch};
use uuid::Uuid;

use crate::{
    article::{Event, EventKind, LogEntry, Position, VersionId},
    store::{Head, Store, StoreError},
};
use pages::Pages;
use ring::Ring;
use texts::Texts;

/// The feed of this process. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    incarnation: Uuid,
    ring: RwLock<Ring>,
    /// The newest position in the ring; changes after the ring does.
    tail: watch::Sender<Position>,
    /// Wakes the tail task: there is something in the table that is not in the ring.
    behind: Notify,
    waiters: Mutex<HashMap<VersionId, Vec<oneshot::Sender<()>>>>,
    /// Where each reader is.
    readers: Mutex<Vec<Weak<AtomicI64>>>,
    texts: Texts,
    pages: Pages,
}

/// How many follow the feed, and how far the last of them is behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Followers {
    /// Open readers.
    pub count: usize,
    /// Positions between the tail and the slowest reader.
    pub max_lag: Position,
}

impl Feed {
    /// A feed whose ring starts, empty, at the end of the log and holds up to `max_events`.
    pub async fn open(store: Store, max_events: usize) -> Result<Feed, StoreError> {
        let head = store.head().await?;
        let shared = Shared {
            store,
            incarnation: head.incarnation,
            ring: RwLock::new(Ring::new(head.position, max_events)),
            tail: watch::Sender::new(head.position),
            behind: Notify::new(),
            waiters: Mutex::default(),
            readers: Mutex::default(),
            texts: Texts::new(),
            pages: Pages::new(),
        };
        Ok(Feed { shared: Arc::new(shared) })
    }

    /// Names the log that this feed follows.
    pub fn incarnation(&self) -> Uuid {
        self.shared.incarnation
    }

    /// Where the log stands, by the database.
    pub async fn head(&self) -> Result<Head, StoreError> {
        self.shared.store.head().await
    }

    /// Takes a batch that this process has committed. If another process committed in between, the tail task reads both
    /// from the table instead.
    pub fn publish(&self, events: Vec<Event>) {
        if !self.append(events) {
            self.shared.behind.notify_one();
        }
    }

    /// Says that another process may have committed something.
    pub fn look(&self) {
        self.shared.behind.notify_one();
    }

    /// Completes once `id` is processed, has failed or is deleted, if that happens after this call. Register first, then
    /// look whether it has happened already.
    pub fn ended(&self, id: VersionId) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut waiters = self.shared.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiters.entry(id).or_default();
        waiting.retain(|waiter| !waiter.is_closed());
        waiting.push(sender);
        receiver
    }

    /// For metrics.
    pub fn followers(&self) -> Followers {
        let tail = *self.shared.tail.borrow();
        let mut readers = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|reader| reader.strong_count() > 0);
        let slowest = readers.iter().filter_map(Weak::upgrade).map(|at| at.load(Ordering::Relaxed)).min();
        Followers { count: readers.len(), max_lag: slowest.map_or(0, |slowest| (tail - slowest).max(0)) }
    }

    /// From the table, for a reader that is behind; see `Pages::after`.
    async fn read_table(&self, after: Position) -> Result<Vec<LogEntry>, StoreError> {
        self.shared.pages.after(&self.shared.store, after).await
    }

    /// Whether the whole filter wants each event, the query included. No statement without a query; else one at most.
    async fn wanted(&self, filter: &Filter, events: &[Arc<Event>]) -> Result<Vec<bool>, StoreError> {
        let mut wanted: Vec<bool> = events.iter().map(|event| filter.wants(event)).collect();
        let asked: Vec<usize> = (0..events.len())
            .filter(|index| wanted[*index] && filter.query_for(&events[*index]).is_some())
            .collect();
        if asked.is_empty() {
            return Ok(wanted);
        }
        let candidates: Vec<&Event> = asked.iter().map(|index| events[*index].as_ref()).collect();
        let texts = self.shared.texts.of(&self.shared.store, &candidates).await?;
        for (index, text) in asked.into_iter().zip(texts) {
            wanted[index] = filter.query.as_ref().is_none_or(|query| query.matches(&text));
        }
        Ok(wanted)
    }

    /// Adds events to the ring; false if there is a hole before them.
    fn append(&self, events: Vec<Event>) -> bool {
        let events: Vec<Arc<Event>> = events.into_iter().map(Arc::new).collect();
        let mut ring = self.shared.ring.write().unwrap_or_else(PoisonError::into_inner);
        let Some(new) = ring.append(&events) else { return false };
        // Under the lock, so that the tail never steps back when two callers append.
        self.shared.tail.send_replace(ring.tail());
        drop(ring);
        self.wake_waiters(new);
        true
    }

    fn wake_waiters(&self, events: &[Arc<Event>]) {
        let mut waiters = self.shared.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events.iter().filter(|event| event.kind != EventKind::Accepted) {
            for waiter in waiters.remove(&event.summary.version_id()).into_iter().flatten() {
                // A caller that stopped waiting is no error.
                let _ = waiter.send(());
            }
        }
    }
}
