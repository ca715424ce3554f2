//! The newest events, dense by position, bounded by number and by bytes.

use std::{collections::VecDeque, sync::Arc};

use crate::article::{Event, Position};

/// About as many bytes are held at most; see `weight`.
const MAX_BYTES: usize = 32 << 20;

#[derive(Debug)]
pub(super) struct Ring {
    /// Everything up to here is older than the ring.
    before: Position,
    max_events: usize,
    events: VecDeque<Arc<Event>>,
    bytes: usize,
}

/// What a reader finds after its position.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// These, in order, without a hole.
    Events(Vec<Arc<Event>>),
    /// Nothing newer.
    AtTail,
    /// The next one is older than the ring.
    Older,
}

impl Ring {
    pub(super) fn new(before: Position, max_events: usize) -> Ring {
        Ring { before, max_events, events: VecDeque::new(), bytes: 0 }
    }

    /// Empties the ring; everything up to `before` is older than it.
    pub(super) fn restart(&mut self, before: Position) {
        *self = Ring::new(before, self.max_events);
    }

    pub(super) fn tail(&self) -> Position {
        self.before + self.events.len() as Position
    }

    /// Adds what is new of `events` and returns it; `None` if there is a hole before them.
    pub(super) fn append<'a>(&mut self, events: &'a [Arc<Event>]) -> Option<&'a [Arc<Event>]> {
        let tail = self.tail();
        let known = events.iter().take_while(|event| event.position <= tail).count();
        let new = events.get(known..).unwrap_or_default();
        if new.first().is_some_and(|event| event.position != tail + 1) {
            return None;
        }
        for event in new {
            self.bytes += weight(event);
            self.events.push_back(event.clone());
        }
        while self.events.len() > self.max_events || (self.bytes > MAX_BYTES && self.events.len() > 1) {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(weight(&oldest));
            self.before = oldest.position;
        }
        Some(new)
    }

    pub(super) fn after(&self, position: Position, limit: usize) -> Found {
        if position < self.before {
            return Found::Older;
        }
        // Not negative by the check above.
        let skip = usize::try_from(position - self.before).unwrap_or(usize::MAX);
        let events: Vec<_> = self.events.iter().skip(skip).take(limit).cloned().collect();
        if events.is_empty() { Found::AtTail } else { Found::Events(events) }
    }
}

/// About the bytes that an event takes in memory.
fn weight(event: &Event) -> usize {
    let summary = &event.summary;
    let entities: usize = summary
        .entities
        .iter()
        .map(|entity| {
            120 + entity.name.len() + entity.aliases.iter().map(|alias| 24 + alias.len()).sum::<usize>()
        })
        .sum();
    let labels: usize = summary.labels.iter().map(|(key, value)| 48 + key.len() + value.len()).sum();
    let texts = [&summary.title, &summary.subtitle, &summary.description, &summary.canonical_url];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    let topics: usize = summary.topics.iter().chain(&summary.authors).map(|topic| 24 + topic.len()).sum();
    let image = summary.lead_image.as_ref().map_or(0, |image| {
        let words = [&image.caption, &image.credit].into_iter().flatten().map(String::len).sum::<usize>();
        48 + image.url.len() + words
    });
    600 + event.content.len() + image + summary.url.len() + entities + labels + texts + topics
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{article::EventKind, feed::filter::tests::summary};

    fn events(positions: std::ops::RangeInclusive<Position>) -> Vec<Arc<Event>> {
        positions
            .map(|position| {
                let time = time::OffsetDateTime::UNIX_EPOCH;
                Arc::new(Event {
                    position,
                    kind: EventKind::Accepted,
                    time,
                    summary: summary(),
                    content: Bytes::new(),
                })
            })
            .collect()
    }

    fn positions(found: Found) -> Vec<Position> {
        match found {
            Found::Events(events) => events.iter().map(|event| event.position).collect(),
            Found::AtTail | Found::Older => Vec::new(),
        }
    }

    #[test]
    fn a_batch_behind_a_hole_is_refused_and_a_known_one_adds_nothing() {
        let mut ring = Ring::new(10, 100);
        assert!(ring.append(&events(12..=13)).is_none());
        assert_eq!(ring.append(&events(11..=13)).map(<[_]>::len), Some(3));
        assert_eq!(ring.append(&events(12..=14)).map(<[_]>::len), Some(1));
        assert_eq!(ring.append(&events(11..=14)).map(<[_]>::len), Some(0));
        assert_eq!(positions(ring.after(10, 10)), [11, 12, 13, 14]);
        assert_eq!(positions(ring.after(12, 1)), [13]);
        assert_eq!(ring.after(14, 10), Found::AtTail);
        assert_eq!(ring.after(9, 10), Found::Older);
    }

    #[test]
    fn the_ring_forgets_its_oldest_beyond_the_bound() {
        let mut ring = Ring::new(0, 100);
        let last = 105;
        ring.append(&events(1..=last));
        assert_eq!(ring.after(4, 1), Found::Older);
        assert_eq!(positions(ring.after(5, 1)), [6]);
        assert_eq!(ring.tail(), last);
    }
}
