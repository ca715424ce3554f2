//! One transaction of a group: settle what members said, then deliver what there is room for.
//!
//! Both in one, because what is settled makes room and lets the next update of its article go, and because it costs one
//! commit. The log is read before the transaction, so that nothing waits for it under the group's lock.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Assignment, Groups,
    hub::{Hub, Request},
    plan::{Plan, events_after, paired, plan, share},
};
use crate::{
    article::{Event, Position},
    store::{
        StoreError, Tx,
        groups::{
            Claim, Delivered, LockedGroup, SettledAs, Settlement, apply_settlements, blocked_articles,
            claim_due, count_deliveries, extend_leases, give_back, insert_deliveries, lock_group,
            park_exhausted, read_events, remove_members, see_members,
        },
    },
};

/// Events read at once.
const PAGE_EVENTS: usize = 1_000;
/// What was read and not delivered is read again after so long: its article may have been deleted.
const MAX_PAGE_AGE: Duration = Duration::from_secs(1);
/// Events looked at in one transaction beyond those that there is room for: some are not wanted, or held up.
const MIN_LOOK_AHEAD: usize = 256;
/// How often the rows are looked at although nothing was heard: hints may be lost.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Deliveries made in one transaction.
const MAX_CLAIM: usize = 512;
/// Updates that may wait behind others of their articles, beyond what may be in flight.
const MAX_BLOCKED: i64 = 1_000;
/// A fifth of how long a member counts that nobody sees.
const SEE_INTERVAL: Duration = Duration::from_secs(3);
/// What this process leaves to the others' members is looked at again after so long.
const LEFT_TO_OTHERS: Duration = Duration::from_millis(20);

/// When to run again, unless something happens before.
pub(super) enum Next {
    At(Instant),
    /// The group was deleted.
    Gone,
}

pub(super) struct Cycle {
    groups: Groups,
    hub: Arc<Hub>,
    /// Where the group has read to, as far as this process knows.
    read_position: Position,
    /// What was read of the log and may not be delivered yet, so that a small window does not read it over and over.
    unread: Vec<Arc<Event>>,
    read_time: Instant,
    /// The rows must be looked at then, though nothing happens before.
    due: Instant,
    seen: Option<Instant>,
    /// What the requests of the last run did.
    settled: HashMap<i64, SettledAs>,
    extended: HashMap<i64, Duration>,
}

/// What a transaction did, once it is committed.
struct Claimed {
    delivered: Vec<(Delivered, Arc<Event>)>,
    read_position: Position,
    has_more: bool,
    is_shared: bool,
    next_due: Option<Duration>,
}

/// What was read of the log, from `after` on.
struct Page {
    after: Position,
    events: Vec<Arc<Event>>,
    /// Positions of those that the group's filter wants.
    wanted: HashSet<Position>,
    /// The log may go on behind it unless this is set.
    is_whole: bool,
}

impl Cycle {
    pub(super) fn new(groups: Groups, hub: Arc<Hub>) -> Cycle {
        let read_position = hub.start_position;
        let now = Instant::now();
        Cycle {
            groups,
            hub,
            read_position,
            unread: Vec::new(),
            read_time: now,
            due: now,
            seen: None,
            settled: HashMap::new(),
            extended: HashMap::new(),
        }
    }

    /// Without `looks_at_rows` only the log has grown. Errors leave everything to be done again.
    pub(super) async fn run(
        &mut self,
        requests: &[Request],
        looks_at_rows: bool,
    ) -> Result<Next, StoreError> {
        let started = Instant::now();
        let slots = {
            let mut windows = self.hub.windows();
            windows.expire(started);
            windows.slots(MAX_CLAIM)
        };
        // What is about to be settled makes room too.
        let has_room = !slots.is_empty() || !requests.is_empty();
        let page = self.read_page(if has_room { MIN_LOOK_AHEAD + slots.len() } else { 0 }).await?;
        let sees = self.seen.is_none_or(|seen| seen.elapsed() >= SEE_INTERVAL);
        let wants_page = !page.is_whole || !page.wanted.is_empty();
        let has_work = !slots.is_empty() && (looks_at_rows || wants_page);
        if requests.is_empty() && !sees && !has_work {
            return Ok(Next::At(self.due));
        }

        let mut tx = self.groups.shared.store.begin().await?;
        let Some(locked) = lock_group(&mut tx, self.hub.group_key).await? else { return Ok(Next::Gone) };
        let (settled, extended) = self.apply(&mut tx, requests).await?;
        if sees {
            let members = self.hub.windows().ids();
            see_members(&mut tx, self.hub.group_key, &members).await?;
        }
        // What was just settled has made room; only now is known how much.
        let slots = self.slots_after(&settled);
        let claimed = self.claim(&mut tx, locked, &slots, page).await?;
        tx.commit().await?;

        self.seen = if sees { Some(started) } else { self.seen };
        self.take_in(settled, extended);
        self.due = self.hand_over(claimed, started).min(started + POLL_INTERVAL);
        Ok(Next::At(self.due))
    }

    /// Tells those who asked in the run before what it did.
    pub(super) fn answer(&mut self, requests: impl Iterator<Item = Request>) {
        for request in requests {
            match request {
                Request::Settle { settlements, reply } => {
                    // A delivery is settled once: of two settlements of one only the first finds it.
                    let outcome = |settlement: &Settlement| self.settled.remove(&settlement.delivery_id);
                    let _ = reply.send(Ok(settlements.iter().map(outcome).collect()));
                }
                Request::Extend { delivery_ids, reply, .. } => {
                    let is_extended = |id: &i64| self.extended.contains_key(id);
                    let _ = reply.send(Ok(delivery_ids.iter().map(is_extended).collect()));
                }
                Request::GiveBack(_) | Request::Leave(_) => {}
            }
        }
        self.settled.clear();
        self.extended.clear();
    }

    /// The next of the log, at most `limit`; nothing if there is room for nothing.
    async fn read_page(&mut self, limit: usize) -> Result<Page, StoreError> {
        let after = self.read_position;
        if limit == 0 {
            return Ok(Page { after, events: Vec::new(), wanted: HashSet::new(), is_whole: true });
        }
        let is_old = self.read_time.elapsed() >= MAX_PAGE_AGE;
        let known = events_after(&self.unread, after);
        if is_old || known.first().is_none_or(|event| event.position != after + 1) {
            self.unread = match self.groups.shared.feed.page(after, PAGE_EVENTS).await {
                Ok(events) => events,
                // The lock moves the group on.
                Err(StoreError::Trimmed { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            self.read_time = Instant::now();
        }
        let known = events_after(&self.unread, after);
        let is_whole = known.len() <= limit && self.unread.len() < PAGE_EVENTS;
        let events: Vec<_> = known.iter().take(limit).cloned().collect();
        let is_wanted = self.groups.shared.feed.wanted(&self.hub.filter, &events).await?;
        let wanted = events.iter().zip(is_wanted).filter(|(_, is)| *is).map(|(event, _)| event.position);
        let wanted = wanted.collect();
        Ok(Page { after, events, wanted, is_whole })
    }

    async fn apply(
        &self,
        tx: &mut Tx,
        requests: &[Request],
    ) -> Result<(HashMap<i64, SettledAs>, HashMap<i64, Duration>), StoreError> {
        let mut leases: HashMap<i64, Duration> = HashMap::new();
        let mut settlements: Vec<Settlement> = Vec::new();
        let mut seen = HashSet::new();
        let mut back = Vec::new();
        let mut left = Vec::new();
        for request in requests {
            match request {
                Request::Extend { delivery_ids, lease, .. } => {
                    leases.extend(delivery_ids.iter().map(|id| (*id, *lease)));
                }
                Request::Settle { settlements: asked, .. } => {
                    let first = |asked: &&Settlement| seen.insert(asked.delivery_id);
                    settlements.extend(asked.iter().filter(first).cloned());
                }
                Request::GiveBack(ids) => back.extend_from_slice(ids),
                Request::Leave(member_id) => left.push(*member_id),
            }
        }
        let key = self.hub.group_key;
        let mut extended = HashMap::new();
        if !leases.is_empty() {
            let (ids, durations): (Vec<i64>, Vec<Duration>) = leases.iter().unzip();
            let found = extend_leases(tx, key, &ids, &durations).await?;
            extended.extend(found.into_iter().filter_map(|id| Some((id, *leases.get(&id)?))));
        }
        let mut settled = HashMap::new();
        if !settlements.is_empty() {
            let done = apply_settlements(tx, key, self.hub.settings, &settlements).await?;
            settled.extend(done.into_iter().map(|settled| (settled.delivery_id, settled.outcome)));
        }
        if !back.is_empty() {
            give_back(tx, key, &back).await?;
        }
        if !left.is_empty() {
            remove_members(tx, &left).await?;
        }
        Ok((settled, extended))
    }

    fn slots_after(&self, settled: &HashMap<i64, SettledAs>) -> Vec<Uuid> {
        let mut windows = self.hub.windows();
        // Released before the commit: if that fails, the next run finds them settled or delivers them again.
        for delivery_id in settled.keys() {
            windows.release(*delivery_id);
        }
        windows.slots(MAX_CLAIM)
    }

    async fn claim(
        &self,
        tx: &mut Tx,
        locked: LockedGroup,
        slots: &[Uuid],
        page: Page,
    ) -> Result<Claimed, StoreError> {
        let (key, settings) = (self.hub.group_key, self.hub.settings);
        let mut claimed = Claimed {
            delivered: Vec::new(),
            read_position: locked.read_position,
            has_more: false,
            is_shared: false,
            next_due: None,
        };
        if slots.is_empty() {
            return Ok(claimed);
        }
        park_exhausted(tx, key, locked.now, settings.max_attempts).await?;
        let counts = count_deliveries(tx, key, locked.now, &self.groups.shared.server).await?;
        claimed.next_due = counts.next_due;
        let free = usize::try_from(i64::from(settings.max_in_flight) - counts.in_flight).unwrap_or_default();
        let free = free.min(slots.len());
        // Another process has read since, or this one has never: the page may start too late or be known already.
        let is_usable = page.after <= locked.read_position;
        let unread = if is_usable { events_after(&page.events, locked.read_position) } else { &[] };
        let wanted = unread.iter().filter(|event| page.wanted.contains(&event.position)).count();
        let waiting = usize::try_from(counts.open - counts.in_flight).unwrap_or_default();
        let limit = share(free, usize::try_from(counts.others_room).unwrap_or_default(), waiting + wanted);
        claimed.is_shared = limit < free.min(waiting + wanted);

        let claim = Claim {
            group_key: key,
            now: locked.now,
            lease: settings.lease,
            members: slots.get(..limit).unwrap_or_default(),
        };
        let due = if waiting > 0 { claim_due(tx, claim).await? } else { Vec::new() };
        let positions: Vec<Position> = due.iter().map(|delivered| delivered.position).collect();
        let events = if due.is_empty() { Vec::new() } else { read_events(tx, &positions).await? };
        claimed.delivered = paired(due, events.into_iter().map(Arc::new));

        let slots_left = slots.get(positions.len()..limit).unwrap_or_default();
        let room_to_block = usize::try_from(i64::from(settings.max_in_flight) + MAX_BLOCKED - counts.open)
            .unwrap_or_default();
        let plan = if slots_left.is_empty() && wanted > 0 {
            Plan { new: Vec::new(), read_position: locked.read_position }
        } else {
            let blocked = self.blocked(tx, unread, &page.wanted).await?;
            plan(&page.wanted, locked.read_position, unread, slots_left, blocked, room_to_block)
        };
        if plan.read_position > locked.read_position {
            let made = insert_deliveries(tx, claim, &plan.new, plan.read_position).await?;
            claimed.delivered.extend(paired(made, unread.iter().cloned()));
        }
        claimed.read_position = plan.read_position;
        let is_at_end = unread.last().is_none_or(|last| last.position <= plan.read_position);
        let has_moved = plan.read_position > page.after && (!is_at_end || !page.is_whole);
        let has_room = claimed.delivered.len() < free && !claimed.is_shared;
        claimed.has_more = has_room && (has_moved || !is_usable);
        Ok(claimed)
    }

    /// Articles of the unread events that have an update waiting or in flight.
    async fn blocked(
        &self,
        tx: &mut Tx,
        unread: &[Arc<Event>],
        wanted: &HashSet<Position>,
    ) -> Result<HashSet<Uuid>, StoreError> {
        let wanted = unread.iter().filter(|event| wanted.contains(&event.position));
        let ids: Vec<Uuid> = wanted.map(|event| event.summary.article_id).collect();
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        blocked_articles(tx, self.hub.group_key, &ids).await
    }

    fn take_in(&mut self, settled: HashMap<i64, SettledAs>, extended: HashMap<i64, Duration>) {
        let now = Instant::now();
        let mut windows = self.hub.windows();
        for (delivery_id, lease) in &extended {
            windows.extend(*delivery_id, now + *lease);
        }
        drop(windows);
        self.settled = settled;
        self.extended = extended;
    }

    /// Gives the deliveries to their members; when to run again.
    fn hand_over(&mut self, claimed: Claimed, started: Instant) -> Instant {
        self.read_position = claimed.read_position;
        let ends_at = started + self.hub.settings.lease;
        let mut windows = self.hub.windows();
        let mut homeless = Vec::new();
        for (delivered, event) in claimed.delivered {
            let assignment = Assignment {
                delivery_id: delivered.delivery_id,
                attempts: delivered.attempts,
                ends_at,
                event,
            };
            if !windows.hand_over(delivered.member_id, assignment) {
                homeless.push(delivered.delivery_id);
            }
        }
        drop(windows);
        if !homeless.is_empty() {
            self.hub.ask(Request::GiveBack(homeless));
        }
        let now = Instant::now();
        if claimed.has_more {
            return now;
        }
        let mut next = self.next_end(now);
        if let Some(due) = claimed.next_due {
            // Rounded up, so that it is due then.
            next = next.min(now + due + Duration::from_millis(1));
        }
        if claimed.is_shared { next.min(now + LEFT_TO_OTHERS) } else { next }
    }

    fn next_end(&self, now: Instant) -> Instant {
        let lease_end = self.hub.windows().next_end();
        lease_end.map_or(now + SEE_INTERVAL, |end| end.min(now + SEE_INTERVAL))
    }
}
