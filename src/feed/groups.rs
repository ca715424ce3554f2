//! Durable consumer groups: this process's share in working them.
//!
//! Each group with an open Consume stream here has one hub: a task that settles, claims and hands on in short transactions
//! under the group's row lock, so any number of processes may have a hub for the same group. State that must survive is
//! in Postgres; a hub knows only the windows of its own members. Called by `rpc::groups`.

mod cycle;
mod hub;
mod plan;
mod windows;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::{Feed, Filter, reader::full_view_bytes, ring::Found};
use crate::{
    article::{Event, Position},
    store::{
        Store, StoreError,
        groups::{Group, GroupSettings, NewMember, SettledAs, Settlement, add_member},
    },
};
use hub::{Hub, Request};

/// How long a process that goes down waits for what its members said last.
const FINISH_PATIENCE: Duration = Duration::from_secs(2);

/// The groups as this process works them. Cheap to clone.
#[derive(Clone)]
pub struct Groups {
    shared: Arc<Shared>,
}

struct Shared {
    feed: Feed,
    store: Store,
    /// Names this process among the members.
    server: String,
    hubs: Mutex<HashMap<i64, Arc<Hub>>>,
    tasks: TaskTracker,
}

/// Who joins.
#[derive(Clone, Debug)]
pub struct JoinOptions {
    /// As the member calls itself.
    pub name: String,
    /// At least 1.
    pub max_in_flight: usize,
    /// What the group wants.
    pub filter: Filter,
}

/// One delivery to one member.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Settles it.
    pub delivery_id: i64,
    /// From 1.
    pub attempts: i32,
    /// The lease ends then, unless it is extended.
    pub ends_at: Instant,
    /// The update.
    pub event: Arc<Event>,
}

impl Assignment {
    /// About the bytes that it takes on the wire.
    pub fn weight(&self, is_full_view: bool) -> usize {
        self.event.content.len() + if is_full_view { full_view_bytes(&self.event) } else { 0 }
    }
}

/// Why a group serves its members no longer.
#[derive(Clone, Debug)]
pub enum GroupEnd {
    /// It was deleted.
    Deleted,
    /// The store cannot be used now.
    Store(Arc<StoreError>),
}

/// What a group says to a member.
#[derive(Debug)]
pub enum Said {
    /// Work.
    Delivery(Assignment),
    /// Nothing comes after it.
    Ended(GroupEnd),
}

/// An open membership. Dropping it leaves the group: leases run on, unless the member gave back first.
pub struct Member {
    member_id: Uuid,
    hub: Arc<Hub>,
    said: mpsc::UnboundedReceiver<Said>,
    gives_back: bool,
}

/// The half of a membership that settles. Cheap to clone.
#[derive(Clone)]
pub struct MemberInput {
    hub: Arc<Hub>,
}

impl Groups {
    /// The groups of `feed`'s log; `server` names this process among the members.
    pub fn new(feed: Feed, server: String) -> Groups {
        let store = feed.shared.store.clone();
        let shared = Shared { feed, store, server, hubs: Mutex::default(), tasks: TaskTracker::new() };
        Groups { shared: Arc::new(shared) }
    }

    /// Joins a group; `None` if it was deleted meanwhile. Deliveries may come at once.
    pub async fn join(&self, group: &Group, options: JoinOptions) -> Result<Option<Member>, StoreError> {
        let member_id = Uuid::now_v7();
        let new = NewMember {
            member_id,
            name: options.name,
            server: self.shared.server.clone(),
            max_in_flight: i32::try_from(options.max_in_flight).unwrap_or(i32::MAX),
        };
        let mut tx = self.shared.store.begin().await?;
        if !add_member(&mut tx, group.group_key, &new).await? {
            return Ok(None);
        }
        tx.commit().await?;
        let (sender, said) = mpsc::unbounded_channel();
        let hub = {
            let mut hubs = self.shared.hubs.lock().unwrap_or_else(PoisonError::into_inner);
            let hub = hubs.entry(group.group_key).or_insert_with(|| self.open_hub(group, options.filter));
            hub.add(member_id, options.max_in_flight, sender);
            hub.clone()
        };
        Ok(Some(Member { member_id, hub, said, gives_back: false }))
    }

    /// Says that something may have changed in any group: a hint was heard.
    pub fn look(&self) {
        for hub in self.shared.hubs.lock().unwrap_or_else(PoisonError::into_inner).values() {
            hub.look();
        }
    }

    /// Waits, not for long, until what members said last is stored. For a process that goes down.
    pub async fn finish(&self) {
        self.shared.tasks.close();
        let _ = timeout(FINISH_PATIENCE, self.shared.tasks.wait()).await;
    }

    fn open_hub(&self, group: &Group, filter: Filter) -> Arc<Hub> {
        let (hub, requests) = Hub::new(group, filter);
        let hub = Arc::new(hub);
        self.shared.tasks.spawn(hub::run(self.clone(), hub.clone(), requests));
        hub
    }

    /// Ends a hub that can serve no more. One that joins afterwards gets another.
    fn end_hub(&self, hub: &Hub, end: GroupEnd) {
        let mut hubs = self.shared.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        hubs.remove(&hub.group_key);
        hub.end_with(end);
    }

    /// Ends a hub without members; false if one has joined meanwhile.
    fn close_hub(&self, hub: &Hub) -> bool {
        let mut hubs = self.shared.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = hub.is_idle();
        if is_idle {
            hubs.remove(&hub.group_key);
        }
        is_idle
    }
}

impl Member {
    /// Given to this stream.
    pub fn member_id(&self) -> Uuid {
        self.member_id
    }

    /// How the group treats its deliveries.
    pub fn settings(&self) -> GroupSettings {
        self.hub.settings
    }

    /// The half that settles.
    pub fn input(&self) -> MemberInput {
        MemberInput { hub: self.hub.clone() }
    }

    /// What the group says next; `None` after its end. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Said> {
        self.said.recv().await
    }

    /// What the group has said already.
    pub fn try_next(&mut self) -> Option<Said> {
        self.said.try_recv().ok()
    }

    /// The member is done: what it has not settled goes to others when this is dropped, not when its leases end.
    pub fn give_back(&mut self) {
        self.gives_back = true;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // What was never sent is nobody's work yet.
        self.said.close();
        let mut unsent = Vec::new();
        while let Ok(said) = self.said.try_recv() {
            if let Said::Delivery(assignment) = said {
                unsent.push(assignment.delivery_id);
            }
        }
        self.hub.remove(self.member_id, unsent, self.gives_back);
    }
}

impl MemberInput {
    /// Settles deliveries: asked at once, durable when the future is done; an outcome each, none if stale.
    pub fn settle(
        &self,
        settlements: Vec<Settlement>,
    ) -> impl Future<Output = Result<Vec<Option<SettledAs>>, GroupEnd>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        self.hub.ask(Request::Settle { settlements, reply });
        let hub = self.hub.clone();
        async move { answer.await.unwrap_or_else(|_| Err(hub.end())) }
    }

    /// Extends leases: asked at once; whether each was still the latest when the future is done.
    pub fn extend(
        &self,
        delivery_ids: Vec<i64>,
        lease: Duration,
    ) -> impl Future<Output = Result<Vec<bool>, GroupEnd>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        self.hub.ask(Request::Extend { delivery_ids, lease, reply });
        let hub = self.hub.clone();
        async move { answer.await.unwrap_or_else(|_| Err(hub.end())) }
    }

    /// These were never sent: they go to others at once.
    pub fn give_back(&self, delivery_ids: Vec<i64>) {
        self.hub.ask(Request::GiveBack(delivery_ids));
    }

    /// How long a lease lasts unless asked otherwise.
    pub fn default_lease(&self) -> Duration {
        self.hub.settings.lease
    }
}

impl Feed {
    /// Up to `limit` events after a position, without holes: from memory if they are there, else from the table.
    async fn page(&self, after: Position, limit: usize) -> Result<Vec<Arc<Event>>, StoreError> {
        let found = {
            let ring = self.shared.ring.read().unwrap_or_else(PoisonError::into_inner);
            ring.after(after, limit)
        };
        match found {
            Found::Events(events) => Ok(events),
            Found::AtTail => Ok(Vec::new()),
            Found::Older => {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                let events = self.shared.store.read_log(after, limit).await?;
                Ok(events.into_iter().map(Arc::new).collect())
            }
        }
    }
}
