//! One subscriber's way through the log: its cursor, its filter, and the proof that nothing was left out.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, atomic::AtomicI64, atomic::Ordering},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{Feed, Filter, pages::PAGE_EVENTS, ring::Found};
use crate::{
    article::{Event, LogEntry, Position},
    store::{StoreError, decode},
};

/// A batch closes at about this size, so that a window of a few batches stays small.
const MAX_BATCH_BYTES: usize = 1 << 20;
/// About the bytes that a word of the text costs in the full view: the word itself, spans and mentions.
const FULL_VIEW_BYTES_A_WORD: usize = 12;

/// What a reader wants.
#[derive(Clone, Debug)]
pub struct ReaderOptions {
    /// Exclusive.
    pub after_position: Position,
    /// Which events.
    pub filter: Filter,
    /// Most events in one `Step::Updates`.
    pub max_batch: usize,
    /// Longest silence.
    pub progress_interval: Duration,
    /// Whether whole articles will be sent: batches close earlier.
    pub is_full_view: bool,
}

/// What a reader has to say next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// All that the filter wants of (after, through], at least one event.
    Updates {
        /// What the step before ended with.
        after: Position,
        /// In order.
        entries: Vec<LogEntry>,
        /// Resume from here.
        through: Position,
    },
    /// The filter wants nothing up to here.
    Progress(Position),
    /// The end of the log is reached; from here on it is live.
    CaughtUp(Position),
    /// The ring has moved on; from here on it reads the table.
    FellBehind(Position),
}

/// An entry that was found and not passed over yet.
struct Ahead {
    entry: LogEntry,
    /// About what it takes to send it.
    bytes: usize,
    is_wanted: bool,
}

/// A page of the table that is being read.
struct PageAhead {
    after: Position,
    reading: JoinHandle<Result<Vec<LogEntry>, StoreError>>,
}

/// Follows the log. Dropping it ends the subscription.
pub struct Reader {
    feed: Feed,
    options: ReaderOptions,
    tail: watch::Receiver<Position>,
    /// The first is the one after `at`.
    page: VecDeque<Ahead>,
    /// Everything up to here was looked at.
    at: Arc<AtomicI64>,
    /// The position that the last step ended with.
    said: Position,
    is_live: bool,
    last_step_time: Instant,
    /// The page after the one in hand, under way while that one is sent. Only of a reader that is behind.
    ahead: Option<PageAhead>,
}

impl Feed {
    /// A reader after a position that the caller has checked to be held.
    pub fn read(&self, options: ReaderOptions) -> Reader {
        let at = Arc::new(AtomicI64::new(options.after_position));
        let mut readers = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.push(Arc::downgrade(&at));
        Reader {
            feed: self.clone(),
            tail: self.shared.tail.subscribe(),
            page: VecDeque::new(),
            said: options.after_position,
            at,
            options,
            is_live: false,
            last_step_time: Instant::now(),
            ahead: None,
        }
    }
}

impl Reader {
    /// The position to resume from: everything up to it was said.
    pub fn said(&self) -> Position {
        self.said
    }

    /// Waits for the next thing to say. Dropping the future loses nothing.
    /// Errors: the store's; `Trimmed` if the position fell below what is held. The call may be repeated.
    pub async fn next(&mut self) -> Result<Step, StoreError> {
        loop {
            if let Some(step) = self.take() {
                return Ok(step);
            }
            let at = self.at.load(Ordering::Relaxed);
            let found = {
                let ring = self.feed.shared.ring.read().unwrap_or_else(PoisonError::into_inner);
                ring.after(at, PAGE_EVENTS)
            };
            match found {
                Found::Events(events) => self.open(events).await?,
                Found::AtTail if !self.is_live => {
                    self.is_live = true;
                    return Ok(self.say(at, Step::CaughtUp(at)));
                }
                Found::AtTail => {
                    if !self.wait_for_more(at).await {
                        return Ok(self.say(at, Step::Progress(at)));
                    }
                }
                Found::Older if self.is_live => {
                    self.is_live = false;
                    return Ok(self.say(at, Step::FellBehind(at)));
                }
                Found::Older => {
                    let page = self.read_table(at).await?;
                    self.open_stored(page).await?;
                }
            }
        }
    }

    /// The rest of the page that `at` lies in, and the one after that is begun: Postgres reads while this process sends.
    async fn read_table(&mut self, at: Position) -> Result<Vec<LogEntry>, StoreError> {
        let under_way = match &mut self.ahead {
            Some(ahead) if ahead.after == at => Some((&mut ahead.reading).await),
            _ => None,
        };
        if let Some(ahead) = self.ahead.take() {
            ahead.reading.abort();
        }
        let page = match under_way {
            Some(Ok(page)) => page?,
            // None was begun, or it was lost with its task.
            _ => self.feed.read_table(at).await?,
        };
        let last = page.last().map_or(at, |entry| entry.position);
        if last > at && last % PAGE_EVENTS as Position == 0 {
            let feed = self.feed.clone();
            let reading = tokio::spawn(async move { feed.read_table(last).await });
            self.ahead = Some(PageAhead { after: last, reading });
        }
        Ok(page)
    }

    async fn open(&mut self, events: Vec<Arc<Event>>) -> Result<(), StoreError> {
        let wanted = self.feed.wanted(&self.options.filter, &events).await?;
        let ahead = |(event, is_wanted): (&Arc<Event>, bool)| Ahead {
            bytes: event.content.len() + if self.options.is_full_view { full_view_bytes(event) } else { 0 },
            entry: event.entry(),
            is_wanted,
        };
        self.page = events.iter().zip(wanted).map(ahead).collect();
        Ok(())
    }

    /// What comes from the table is understood only for those who ask what is in it.
    async fn open_stored(&mut self, entries: Vec<LogEntry>) -> Result<(), StoreError> {
        if self.options.is_full_view || !self.options.filter.is_empty() {
            let events = entries.into_iter().map(|entry| decode(entry).map(Arc::new));
            return self.open(events.collect::<Result<_, _>>()?).await;
        }
        let ahead = |entry: LogEntry| Ahead { bytes: entry.content.len(), entry, is_wanted: true };
        self.page = entries.into_iter().map(ahead).collect();
        Ok(())
    }

    /// Passes over the page, up to the bounds of a batch.
    fn take(&mut self) -> Option<Step> {
        let mut wanted = Vec::new();
        let mut bytes = 0;
        while wanted.len() < self.options.max_batch && bytes < MAX_BATCH_BYTES {
            let Some(ahead) = self.page.pop_front() else { break };
            self.at.store(ahead.entry.position, Ordering::Relaxed);
            if ahead.is_wanted {
                bytes += ahead.bytes;
                wanted.push(ahead.entry);
            }
        }
        let at = self.at.load(Ordering::Relaxed);
        if !wanted.is_empty() {
            let after = self.said;
            return Some(self.say(at, Step::Updates { after, entries: wanted, through: at }));
        }
        let is_due = at > self.said && self.last_step_time.elapsed() >= self.options.progress_interval;
        is_due.then(|| self.say(at, Step::Progress(at)))
    }

    /// True when there is more than `at`, false when it is time to say something.
    async fn wait_for_more(&mut self, at: Position) -> bool {
        let deadline = self.last_step_time + self.options.progress_interval;
        match timeout_at(deadline, self.tail.wait_for(|tail| *tail > at)).await {
            Ok(changed) => changed.is_ok(),
            Err(_) => false,
        }
    }

    fn say(&mut self, position: Position, step: Step) -> Step {
        self.said = position;
        self.last_step_time = Instant::now();
        step
    }
}

/// About what the full view adds to the content of an event.
pub(super) fn full_view_bytes(event: &Event) -> usize {
    usize::try_from(event.summary.word_count).unwrap_or_default() * FULL_VIEW_BYTES_A_WORD
}
