//! What goes wrong, one fault after another, by chance.

use std::{collections::BTreeMap, time::Duration};

use rand::{Rng, RngExt, seq::IndexedRandom};
use sqlx::{Connection, PgConnection};
use tokio::time::{sleep, timeout};

use crate::nodes::{Database, Node, Role};

/// Steps of `copydesk::failpoint` at which processes die.
const STEPS: [&str; 8] = [
    "commit:begun",
    "commit:written",
    "commit:appended",
    "commit:committed",
    "commit:told",
    "work:claimed",
    "work:processed",
    "work:committed",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    ConnectionsCut,
    BackendsTerminated,
    ProcessStopped,
    ProcessKilled,
    ProcessDiesAtStep,
    PostgresKilled,
    PostgresRestarted,
}

/// Of a hundred faults, how many are of a kind. The dear ones (a start costs a second) are rare.
const WEIGHTS: [(Fault, u32); 7] = [
    (Fault::ConnectionsCut, 38),
    (Fault::BackendsTerminated, 25),
    (Fault::ProcessStopped, 12),
    (Fault::ProcessKilled, 10),
    (Fault::ProcessDiesAtStep, 10),
    (Fault::PostgresKilled, 3),
    (Fault::PostgresRestarted, 2),
];

pub(crate) struct Chaos {
    pub(crate) nodes: Vec<Node>,
    pub(crate) database: Database,
    pub(crate) injected: BTreeMap<Fault, u32>,
}

impl Chaos {
    /// Injects `count` faults; whatever died is running again at the end.
    pub(crate) async fn run(&mut self, count: u32, random: &mut impl Rng) {
        for _ in 0..count {
            let (fault, _) = WEIGHTS.choose_weighted(random, |(_, weight)| *weight).expect("weights");
            self.inject(*fault, random).await;
            *self.injected.entry(*fault).or_default() += 1;
            sleep(Duration::from_millis(random.random_range(50..350))).await;
            self.raise();
        }
    }

    /// Starts what is dead.
    pub(crate) fn raise(&mut self) {
        for node in &mut self.nodes {
            if node.is_dead() {
                node.kill();
                node.start(None);
            }
        }
    }

    async fn inject(&mut self, fault: Fault, random: &mut impl Rng) {
        match fault {
            Fault::ConnectionsCut => {
                let proxies: Vec<_> = self.nodes.iter().filter_map(|node| node.proxy.as_ref()).collect();
                proxies.choose(random).expect("a server").cut();
            }
            Fault::BackendsTerminated => self.terminate_backends().await,
            Fault::ProcessStopped => {
                let node = self.nodes.choose(random).expect("a process");
                node.signal("STOP");
                // Sometimes longer than a lease.
                sleep(Duration::from_millis(random.random_range(100..2_500))).await;
                node.signal("CONT");
            }
            Fault::ProcessKilled => {
                let index = random.random_range(0..self.nodes.len());
                self.nodes[index].kill();
            }
            Fault::ProcessDiesAtStep => self.die_at_step(random).await,
            Fault::PostgresKilled => self.database.signal("KILL"),
            Fault::PostgresRestarted => self.database.signal("INT"),
        }
    }

    /// Starts a process that dies at one step of a commit or a job, and waits until it has.
    async fn die_at_step(&mut self, random: &mut impl Rng) {
        let workers: Vec<usize> =
            (0..self.nodes.len()).filter(|index| self.nodes[*index].role != Role::Front).collect();
        let step = STEPS.choose(random).expect("a step");
        let node = &mut self.nodes[*workers.choose(random).expect("a worker")];
        node.kill();
        // The first few times pass, so that it dies in the middle of things.
        node.start(Some(&format!("{step}={}*off->return", random.random_range(0..20))));
        let died = timeout(Duration::from_secs(20), async {
            while !node.is_dead() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(died.await.is_ok(), "the load never came to {step}");
    }

    async fn terminate_backends(&self) {
        let terminate = async {
            let mut connection = PgConnection::connect(self.database.postgres.url()).await?;
            sqlx::query(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name = 'copydesk' and random() < 0.5",
            )
            .execute(&mut connection)
            .await?;
            connection.close().await
        };
        // Postgres may be down from an earlier fault: then they are gone too.
        let _ = timeout(Duration::from_secs(5), terminate).await;
    }
}
