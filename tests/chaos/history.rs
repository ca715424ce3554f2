//! What clients saw, and what it must obey: the six promises that etcd's validators check of a watch, and what was
//! acknowledged.

use std::collections::{BTreeMap, BTreeSet};

/// A place in the log.
pub(crate) type Position = i64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Accepted,
    Processed,
    Failed,
    Deleted,
}

/// One update, as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) position: Position,
    pub(crate) kind: Kind,
    pub(crate) source: String,
    /// `source/external_id`.
    pub(crate) name: String,
    pub(crate) version: (String, i32),
}

/// One message of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Updates {
        after: Position,
        through: Position,
        updates: Vec<Seen>,
    },
    /// Progress, CaughtUp or FellBehind.
    Mark(Position),
}

/// One connection of a subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) started_after: Position,
    pub(crate) messages: Vec<Message>,
}

/// A subscriber over all its connections; each resumes after the last position that it was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscriber {
    /// The only source wanted, if any.
    pub(crate) source: Option<String>,
    pub(crate) streams: Vec<Stream>,
}

/// Everything that was recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// The log, read once more at the end, from the beginning.
    pub(crate) log: Vec<Seen>,
    pub(crate) subscribers: Vec<Subscriber>,
    /// Names whose submission was acknowledged.
    pub(crate) acknowledged: BTreeSet<String>,
    /// Names whose deletion was acknowledged.
    pub(crate) deleted: BTreeSet<String>,
}

impl History {
    /// Every broken promise, in words.
    pub(crate) fn violations(&self) -> Vec<String> {
        let mut found = self.log_is_dense();
        found.extend(self.effects_are_whole());
        for (index, subscriber) in self.subscribers.iter().enumerate() {
            let broken = subscriber.violations(&self.log);
            found.extend(broken.into_iter().map(|what| format!("subscriber {index}: {what}")));
        }
        found
    }

    fn log_is_dense(&self) -> Vec<String> {
        let is_off = |(seen, position): &(&Seen, Position)| seen.position != *position;
        let off = self.log.iter().zip(1..).find(is_off);
        off.map(|(seen, position)| format!("the log has {} where {position} belongs", seen.position))
            .into_iter()
            .collect()
    }

    /// Atomic: an article is accepted once, ends once, and is deleted at most once; what was acknowledged is there.
    fn effects_are_whole(&self) -> Vec<String> {
        let mut kinds: BTreeMap<&str, Vec<Kind>> = BTreeMap::new();
        let mut versions: BTreeMap<&str, BTreeSet<&(String, i32)>> = BTreeMap::new();
        for seen in &self.log {
            kinds.entry(&seen.name).or_default().push(seen.kind);
            versions.entry(&seen.name).or_default().insert(&seen.version);
        }
        let mut found = Vec::new();
        for (name, kinds) in &kinds {
            let is_whole = matches!(
                kinds.as_slice(),
                [Kind::Accepted, Kind::Processed]
                    | [Kind::Accepted, Kind::Deleted]
                    | [Kind::Accepted, Kind::Processed, Kind::Deleted]
            );
            if !is_whole {
                found.push(format!("{name} went through {kinds:?}"));
            }
            if versions[name].len() != 1 {
                found.push(format!("{name} was stored {} times", versions[name].len()));
            }
        }
        let lost = self.acknowledged.iter().filter(|name| !kinds.contains_key(name.as_str()));
        found.extend(lost.map(|name| format!("{name} was acknowledged and is not in the log")));
        let is_back =
            |name: &&String| kinds.get(name.as_str()).and_then(|k| k.last()) != Some(&Kind::Deleted);
        let back = self.deleted.iter().filter(is_back);
        found.extend(
            back.map(|name| format!("the deletion of {name} was acknowledged and is not in the log")),
        );
        found
    }
}

impl Subscriber {
    /// All that it was told, in the order in which it was.
    pub(crate) fn updates(&self) -> impl Iterator<Item = &Seen> {
        let messages = self.streams.iter().flat_map(|stream| &stream.messages);
        messages.flat_map(|message| match message {
            Message::Updates { updates, .. } => updates.as_slice(),
            Message::Mark(_) => &[],
        })
    }

    fn wants(&self, seen: &Seen) -> bool {
        self.source.as_ref().is_none_or(|source| *source == seen.source)
    }

    fn violations(&self, log: &[Seen]) -> Vec<String> {
        let mut found = Vec::new();
        let mut told = 0;
        for (index, stream) in self.streams.iter().enumerate() {
            if stream.started_after != told {
                found.push(format!("stream {index} resumed after {}, not {told}", stream.started_after));
            }
            told = stream.started_after;
            for message in &stream.messages {
                if let Err(what) = self.follow(&mut told, message, log) {
                    found.push(format!("stream {index}: {what}"));
                }
            }
        }
        found
    }

    /// Ordered, Unique and Reliable: each message covers what follows what was told, and holds just what the log has
    /// there. Bookmarkable: a mark never steps back, and nothing wanted lies between it and what was told before.
    /// Resumable follows, because streams are checked as one sequence.
    fn follow(&self, told: &mut Position, message: &Message, log: &[Seen]) -> Result<(), String> {
        let (after, through, updates) = match message {
            Message::Updates { after, through, updates } => (*after, *through, updates.as_slice()),
            Message::Mark(at) => (*told, *at, [].as_slice()),
        };
        if after != *told {
            return Err(format!("a message covers what is after {after}, but {told} was told before"));
        }
        if through < after {
            return Err(format!("a message steps back from {after} to {through}"));
        }
        let covered = log.iter().skip(index_after(after)).take(index_after(through) - index_after(after));
        let wanted: Vec<&Seen> = covered.filter(|seen| self.wants(seen)).collect();
        if wanted != updates.iter().collect::<Vec<_>>() {
            return Err(format!("of ({after}, {through}] came {updates:?}, the log has {wanted:?}"));
        }
        *told = through;
        Ok(())
    }
}

/// The log is dense from 1, so what is after a position starts at that index.
fn index_after(position: Position) -> usize {
    usize::try_from(position).unwrap_or_default()
}

/// The validators must see what they are there to see.
#[cfg(test)]
mod tests {
    use super::*;

    fn seen(position: Position, kind: Kind, name: &str) -> Seen {
        Seen { position, kind, source: "s".into(), name: name.into(), version: (name.into(), 1) }
    }

    fn sound() -> History {
        let log = vec![
            seen(1, Kind::Accepted, "a"),
            seen(2, Kind::Accepted, "b"),
            seen(3, Kind::Processed, "a"),
            seen(4, Kind::Processed, "b"),
            seen(5, Kind::Deleted, "b"),
        ];
        let first = Stream {
            started_after: 0,
            messages: vec![
                Message::Updates { after: 0, through: 2, updates: log[..2].to_vec() },
                Message::Mark(2),
            ],
        };
        let second = Stream {
            started_after: 2,
            messages: vec![Message::Updates { after: 2, through: 5, updates: log[2..].to_vec() }],
        };
        History {
            subscribers: vec![Subscriber { source: None, streams: vec![first, second] }],
            acknowledged: ["a".to_owned(), "b".to_owned()].into(),
            deleted: ["b".to_owned()].into(),
            log,
        }
    }

    fn broken(change: impl FnOnce(&mut History)) -> Vec<String> {
        let mut history = sound();
        change(&mut history);
        history.violations()
    }

    fn messages(history: &mut History, stream: usize) -> &mut Vec<Message> {
        &mut history.subscribers[0].streams[stream].messages
    }

    type Change = fn(&mut History);

    #[test]
    fn a_sound_history_has_no_violation() {
        assert_eq!(sound().violations(), Vec::<String>::new());
    }

    #[test]
    fn each_broken_promise_is_found() {
        let changes: [(&str, Change); 11] = [
            ("a hole in the log", |h| drop(h.log.remove(2))),
            ("a result twice", |h| h.log.push(seen(6, Kind::Processed, "a"))),
            ("no result", |h| h.log[2].name = "b".into()),
            ("stored twice", |h| h.log[2].version.1 = 2),
            ("acknowledged and lost", |h| assert!(h.acknowledged.insert("c".into()))),
            ("deleted and back", |h| assert!(h.deleted.insert("a".into()))),
            ("out of order", |h| {
                if let Message::Updates { updates, .. } = &mut messages(h, 0)[0] {
                    updates.swap(0, 1);
                }
            }),
            ("seen twice", |h| {
                let again = messages(h, 0)[0].clone();
                messages(h, 0).insert(1, again);
            }),
            ("one left out", |h| {
                if let Message::Updates { updates, .. } = &mut messages(h, 1)[0] {
                    updates.remove(1);
                }
            }),
            ("a mark ahead of the data", |h| messages(h, 0)[1] = Message::Mark(3)),
            ("resumed elsewhere", |h| h.subscribers[0].streams[1].started_after = 3),
        ];
        for (name, change) in changes {
            assert_ne!(broken(change), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn a_filtered_subscriber_must_see_its_source_and_nothing_else() {
        let filtered = |source: &str| broken(|h| h.subscribers[0].source = Some(source.to_owned()));
        assert_eq!(filtered("s"), Vec::<String>::new());
        assert_ne!(filtered("other"), Vec::<String>::new());
    }
}
