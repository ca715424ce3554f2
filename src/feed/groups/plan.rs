//! What a transaction delivers, decided without one: order within articles, and the share of this process. Pure.

use std::{collections::HashSet, sync::Arc};

use uuid::Uuid;

use crate::{
    article::{Event, Position},
    store::groups::{Delivered, NewDelivery},
};

/// What is read now.
pub(super) struct Plan {
    pub(super) new: Vec<NewDelivery>,
    pub(super) read_position: Position,
}

/// Which of the unread events are delivered now, which wait behind others of their article, and how far that is.
/// `blocked` are articles with an update waiting or in flight.
pub(super) fn plan(
    wanted: &HashSet<Position>,
    read_position: Position,
    unread: &[Arc<Event>],
    slots: &[Uuid],
    mut blocked: HashSet<Uuid>,
    room_to_block: usize,
) -> Plan {
    let mut plan = Plan { new: Vec::new(), read_position };
    let mut slots = slots.iter().copied();
    for event in unread {
        if wanted.contains(&event.position) {
            let article_id = event.summary.article_id;
            let is_blocked = blocked.contains(&article_id);
            let member_id = if is_blocked { None } else { slots.next() };
            if member_id.is_none() && (!is_blocked || plan.new.len() >= room_to_block) {
                break;
            }
            blocked.insert(article_id);
            plan.new.push(NewDelivery {
                position: event.position,
                article_id,
                event_time: event.time,
                member_id,
            });
        }
        plan.read_position = event.position;
    }
    plan
}

/// How many of `available` this process takes: all that it has room for, unless that would leave members of others, who
/// have room too, without their part.
pub(super) fn share(own_room: usize, others_room: usize, available: usize) -> usize {
    let all_room = own_room + others_room;
    if others_room == 0 || available >= all_room || all_room == 0 {
        return own_room;
    }
    (available * own_room).div_ceil(all_room).max(1).min(own_room)
}

pub(super) fn events_after(events: &[Arc<Event>], position: Position) -> &[Arc<Event>] {
    let known = events.partition_point(|event| event.position <= position);
    events.get(known..).unwrap_or_default()
}

/// Both in position order; an event that is gone leaves its delivery out, to be counted as lost when its lease ends.
pub(super) fn paired(
    delivered: Vec<Delivered>,
    events: impl Iterator<Item = Arc<Event>>,
) -> Vec<(Delivered, Arc<Event>)> {
    let mut events = events.peekable();
    let mut pairs = Vec::new();
    for delivered in delivered {
        while events.next_if(|event| event.position < delivered.position).is_some() {}
        if let Some(event) = events.next_if(|event| event.position == delivered.position) {
            pairs.push((delivered, event));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_leaves_the_others_their_part_and_takes_all_it_can_of_plenty() {
        for (own, others, available, expected) in [
            (10, 0, 3, 10),
            (10, 10, 100, 10),
            (10, 10, 10, 5),
            (10, 30, 1, 1),
            (1, 99, 50, 1),
            (0, 5, 5, 0),
            (0, 0, 5, 0),
        ] {
            assert_eq!(share(own, others, available), expected, "{own} {others} {available}");
        }
    }
}
