//! The windows of one process's members: who has how much room, and who gets the next delivery. No clock of its own.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use tokio::{sync::mpsc, time::Instant};
use uuid::Uuid;

use super::{Assignment, GroupEnd, Said};

/// Members and what each has in hand.
#[derive(Default)]
pub(super) struct Windows {
    members: HashMap<Uuid, Window>,
    /// Where each delivery is, and when its lease ends.
    held: HashMap<i64, Held>,
    /// Deliveries handed over so far.
    turn: u64,
}

struct Window {
    max_in_flight: usize,
    in_flight: usize,
    /// When it last got something: of members with the same room, who waited longest is next.
    turn: u64,
    said: mpsc::UnboundedSender<Said>,
}

struct Held {
    member_id: Uuid,
    ends_at: Instant,
}

impl Windows {
    pub(super) fn add(&mut self, member_id: Uuid, max_in_flight: usize, said: mpsc::UnboundedSender<Said>) {
        self.members.insert(member_id, Window { max_in_flight, in_flight: 0, turn: 0, said });
    }

    /// Forgets a member and returns what it had in hand.
    pub(super) fn remove(&mut self, member_id: Uuid) -> Vec<i64> {
        self.members.remove(&member_id);
        let of_member = |held: &Held| held.member_id == member_id;
        let ids: Vec<i64> = self.held.iter().filter(|(_, held)| of_member(held)).map(|(id, _)| *id).collect();
        self.held.retain(|_, held| !of_member(held));
        ids
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn ids(&self) -> Vec<Uuid> {
        self.members.keys().copied().collect()
    }

    /// Who gets the next deliveries, at most `limit`: at each step the member with most room.
    pub(super) fn slots(&self, limit: usize) -> Vec<Uuid> {
        let mut turn = self.turn;
        let mut room: BinaryHeap<(usize, Reverse<u64>, Uuid)> = self
            .members
            .iter()
            .map(|(id, window)| {
                let free = window.max_in_flight.saturating_sub(window.in_flight);
                (free, Reverse(window.turn), *id)
            })
            .filter(|(free, ..)| *free > 0)
            .collect();
        let mut slots = Vec::new();
        while slots.len() < limit
            && let Some((free, _, id)) = room.pop()
        {
            slots.push(id);
            turn += 1;
            if free > 1 {
                room.push((free - 1, Reverse(turn), id));
            }
        }
        slots
    }

    /// Hands a delivery to its member; false if that has left.
    pub(super) fn hand_over(&mut self, member_id: Uuid, assignment: Assignment) -> bool {
        let Some(window) = self.members.get_mut(&member_id) else { return false };
        let (delivery_id, ends_at) = (assignment.delivery_id, assignment.ends_at);
        if window.said.send(Said::Delivery(assignment)).is_err() {
            return false;
        }
        window.in_flight += 1;
        self.turn += 1;
        window.turn = self.turn;
        self.held.insert(delivery_id, Held { member_id, ends_at });
        true
    }

    /// The delivery is in nobody's hand any more.
    pub(super) fn release(&mut self, delivery_id: i64) {
        let Some(held) = self.held.remove(&delivery_id) else { return };
        if let Some(window) = self.members.get_mut(&held.member_id) {
            window.in_flight = window.in_flight.saturating_sub(1);
        }
    }

    pub(super) fn extend(&mut self, delivery_id: i64, ends_at: Instant) {
        if let Some(held) = self.held.get_mut(&delivery_id) {
            held.ends_at = ends_at;
        }
    }

    /// Makes room for what a member keeps beyond its lease: it is given to another, perhaps to the same.
    pub(super) fn expire(&mut self, now: Instant) {
        let ended: Vec<i64> =
            self.held.iter().filter(|(_, held)| held.ends_at <= now).map(|(id, _)| *id).collect();
        for id in ended {
            self.release(id);
        }
    }

    pub(super) fn next_end(&self) -> Option<Instant> {
        self.held.values().map(|held| held.ends_at).min()
    }

    /// Tells every member, and forgets them all.
    pub(super) fn end(&mut self, end: &GroupEnd) {
        for window in self.members.values() {
            // One that has left needs no word.
            let _ = window.said.send(Said::Ended(end.clone()));
        }
        self.members.clear();
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::{
        article::{Event, EventKind},
        feed::filter::tests::summary,
    };

    fn assignment(delivery_id: i64, ends_at: Instant) -> Assignment {
        let event = Event {
            position: delivery_id,
            kind: EventKind::Processed,
            time: time::OffsetDateTime::UNIX_EPOCH,
            summary: summary(),
            content: Bytes::new(),
        };
        Assignment { delivery_id, attempts: 1, ends_at, event: Arc::new(event) }
    }

    #[test]
    fn the_next_delivery_goes_to_the_member_with_most_room() {
        let mut windows = Windows::default();
        let [small, large] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let (said, _heard) = mpsc::unbounded_channel();
        windows.add(small, 2, said.clone());
        windows.add(large, 5, said);
        let slots = windows.slots(100);
        assert_eq!(slots.len(), 7);
        assert_eq!(slots[..3], [large, large, large]);
        assert_eq!(slots[3..].iter().filter(|id| **id == small).count(), 2);

        let now = Instant::now();
        for id in 0..5 {
            assert!(windows.hand_over(large, assignment(id, now)));
        }
        assert_eq!(windows.slots(100), [small, small]);
        windows.release(0);
        windows.release(1);
        assert_eq!(windows.slots(4), [small, large, small, large], "taking turns at the same room");
        windows.expire(now);
        assert_eq!(windows.slots(100).len(), 7);
        assert_eq!(windows.remove(large), [] as [i64; 0]);
        assert!(!windows.hand_over(large, assignment(9, now)));
    }
}
