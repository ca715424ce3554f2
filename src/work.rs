//! Doing the jobs: claim, process on the blocking pool, hand the outcome to the committer.
//!
//! No transaction is open while text is processed. A lease is kept by one heartbeat for all jobs of the process; whoever
//! lost it is fenced off when it tries to finish. A panic fails its article. An article that was in hand when a process
//! died is tried again alone, so that it cannot take others down with it, and given up after `max_crashes`.

mod job;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use metrics::{counter, gauge};
use tokio::{
    sync::{Notify, RwLock, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    article::{Draft, Processed, VersionId},
    commit::Committer,
    pipeline::Stage,
    store::Store,
};

/// How often the queue is looked at although nobody said that there is work.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Between two tries to reach a Postgres that is away.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);
/// Jobs claimed for each thread: one in work, the others ready or being committed.
const JOBS_A_THREAD: usize = 8;
/// The same for jobs in the background: fewer, because each holds back a hand that could be free for others.
const BACKGROUND_JOBS_A_THREAD: usize = 2;

/// Makes the result of a draft; told of each finished stage.
pub type Processor = Arc<dyn Fn(&Draft, &mut dyn FnMut(Stage)) -> Processed + Send + Sync>;

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkOptions {
    /// Articles processed at the same time.
    pub threads: usize,
    /// How long a claim holds without a heartbeat.
    pub lease: Duration,
    /// An article that takes longer is put back.
    pub job_timeout: Duration,
    /// Tries that may end with an error before the article is given up.
    pub max_attempts: i32,
    /// Processes that an article may take down before it is given up.
    pub max_crashes: i32,
    /// First delay before another try; doubles with each.
    pub retry_delay: Duration,
    /// How far back copies are looked for; zero: not at all.
    pub duplicate_window: Duration,
}

/// The worker of one process.
pub struct Worker {
    shared: Arc<Shared>,
    wake: Arc<Notify>,
}

struct Shared {
    store: Store,
    committer: Committer,
    processor: Processor,
    options: WorkOptions,
    threads: Arc<Semaphore>,
    /// Threads that may be taken by what nobody waits for: all but one, so that one is always free for what somebody does.
    background_threads: Arc<Semaphore>,
    /// Jobs of that kind that may be in hand.
    background_places: Arc<Semaphore>,
    /// Read by jobs that never crashed a process, written by one that did.
    isolation: RwLock<()>,
    held: Mutex<HashMap<VersionId, i64>>,
}

impl Worker {
    /// `wake` is notified when there may be work.
    pub fn new(
        store: Store,
        committer: Committer,
        processor: Processor,
        options: WorkOptions,
        wake: Arc<Notify>,
    ) -> Worker {
        let threads = Arc::new(Semaphore::new(options.threads));
        let background = options.threads.saturating_sub(1).max(1);
        let shared = Shared {
            store,
            committer,
            processor,
            options,
            threads,
            background_threads: Arc::new(Semaphore::new(background)),
            background_places: Arc::new(Semaphore::new(background * BACKGROUND_JOBS_A_THREAD)),
            isolation: RwLock::new(()),
            held: Mutex::default(),
        };
        Worker { shared: Arc::new(shared), wake }
    }

    /// Works until `stop`; then finishes what is in work, for at most `grace`, and gives the other leases back.
    pub async fn run(self, stop: CancellationToken, grace: Duration) {
        let heartbeat = tokio::spawn(keep_leases(self.shared.clone()));
        let mut jobs = JoinSet::new();
        while !stop.is_cancelled() {
            let free = self.free();
            let claimed = if free == 0 { 0 } else { self.claim(free, &mut jobs, &stop).await };
            // A full hand means that there is more: look again as soon as something is done.
            let mut may_be_more = free == 0 || claimed == free;
            if claimed == 0 && free > 0 {
                may_be_more |= self.claim_background(&mut jobs, &stop).await;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = jobs.join_next(), if may_be_more => {}
                () = self.wake.notified(), if !may_be_more => {}
                () = sleep(POLL_INTERVAL) => {}
            }
            while jobs.try_join_next().is_some() {}
        }
        let finishing = async { while jobs.join_next().await.is_some() {} };
        if timeout(grace, finishing).await.is_err() {
            warn!(jobs = jobs.len(), "the grace is over; giving back the leases of unfinished jobs");
        }
        heartbeat.abort();
        self.give_back().await;
    }

    fn free(&self) -> usize {
        let held = self.shared.held.lock().unwrap_or_else(PoisonError::into_inner).len();
        (self.shared.options.threads * JOBS_A_THREAD).saturating_sub(held)
    }

    /// Claims and starts up to `limit` jobs; returns how many.
    async fn claim(&self, limit: usize, jobs: &mut JoinSet<()>, stop: &CancellationToken) -> usize {
        let lease = self.shared.options.lease;
        let claimed = match self.shared.store.claim(i64::try_from(limit).unwrap_or(1), lease).await {
            Ok(claimed) => claimed,
            Err(error) => {
                counter!("copydesk_claim_errors_total").increment(1);
                if error.is_transient() {
                    warn!(error = &error as &dyn std::error::Error, "no jobs could be claimed; trying again");
                } else {
                    error!(
                        error = &error as &dyn std::error::Error,
                        "no jobs could be claimed; trying again"
                    );
                }
                sleep(RETRY_INTERVAL).await;
                return 0;
            }
        };
        let count = claimed.len();
        for job in claimed {
            self.shared.hold(job.id, job.lease);
            jobs.spawn(job::run(self.shared.clone(), job, None, stop.clone()));
        }
        count
    }

    /// Claims and starts what nobody waits for; whether there may be more.
    async fn claim_background(&self, jobs: &mut JoinSet<()>, stop: &CancellationToken) -> bool {
        let free = self.shared.background_places.available_permits();
        if free == 0 {
            return true;
        }
        let lease = self.shared.options.lease;
        // An error is one of the next claim too, and told there.
        let claimed = self.shared.store.claim_background(i64::try_from(free).unwrap_or(1), lease).await;
        let claimed = claimed.unwrap_or_default();
        let count = claimed.len();
        for job in claimed {
            // Only this task takes places, so there is one for each.
            let place = self.shared.background_places.clone().try_acquire_owned().ok();
            self.shared.hold(job.id, job.lease);
            jobs.spawn(job::run(self.shared.clone(), job, place, stop.clone()));
        }
        count == free
    }

    async fn give_back(&self) {
        let held = self.shared.held();
        if held.is_empty() {
            return;
        }
        match self.shared.store.release_leases(&held).await {
            Ok(()) => info!(jobs = held.len(), "leases were given back"),
            Err(error) => warn!(
                error = &error as &dyn std::error::Error,
                jobs = held.len(),
                "leases could not be given back; they run out by themselves"
            ),
        }
    }
}

impl Shared {
    fn hold(&self, id: VersionId, lease: i64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(id, lease);
        gauge!("copydesk_jobs_held").set(held.len() as f64);
    }

    /// Forgets a lease, unless the job was claimed anew under a later one.
    fn let_go(&self, id: VersionId, lease: i64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&id) == Some(&lease) {
            held.remove(&id);
        }
        gauge!("copydesk_jobs_held").set(held.len() as f64);
    }

    fn held(&self) -> Vec<(VersionId, i64)> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().map(|(id, lease)| (*id, *lease)).collect()
    }
}

/// One statement for all leases, four times as often as they would run out.
async fn keep_leases(shared: Arc<Shared>) {
    loop {
        sleep(shared.options.lease / 4).await;
        let held = shared.held();
        if held.is_empty() {
            continue;
        }
        if let Err(error) = shared.store.keep_leases(&held, shared.options.lease).await {
            warn!(error = &error as &dyn std::error::Error, "leases could not be extended; trying again");
        }
    }
}
