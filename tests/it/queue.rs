//! The queue's promises: fences, reclaim, retries, dead letters, quarantine, isolation of panics.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use copydesk::{
    article::{Draft, EventKind, Failure, Priority, RawDraft},
    commit::Committer,
    pipeline::Pipeline,
    server::ServeOptions,
    store::{Finish, Outcome, PartitionSizes, Store, StoreOptions, Submission, Submitted},
    work::Processor,
};
use copydesk_proto::v1;
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::{
    app::{STORY, TestApp, text, within},
    cluster::{TestDatabase, database},
};

/// On a database that has no server to make room in the log.
async fn store(database: &TestDatabase) -> Store {
    let store = Store::new(&StoreOptions {
        url: database.url.clone(),
        max_connections: 4,
        acquire_timeout: Duration::from_secs(5),
    })
    .expect("a URL");
    let sizes = PartitionSizes { log_positions: 1_000_000, articles: Duration::from_secs(604_800) };
    store.add_partitions(sizes).await.expect("room");
    store
}

fn committer(store: &Store) -> Committer {
    let (committer, commit_loop) = Committer::new(store.clone(), Box::new(|_| {}));
    tokio::spawn(commit_loop.run());
    committer
}

async fn submit(committer: &Committer, external_id: &str) {
    submit_from(committer, "", external_id).await;
}

async fn submit_from(committer: &Committer, source: &str, external_id: &str) {
    let body = copydesk::article::Body::Text(STORY.to_owned());
    let source = source.to_owned();
    let raw =
        RawDraft { source, external_id: external_id.to_owned(), body: Some(body), ..Default::default() };
    let limits = copydesk::article::Limits { max_body_bytes: 10_000 };
    let draft = Draft::new(raw, limits).expect("valid");
    let submission = Submission {
        new_article_id: Uuid::now_v7(),
        request_id: None,
        priority: Priority::Normal,
        content_hash: draft.content_hash(),
        draft,
    };
    let submitted = committer.submit(submission).await.expect("is stored");
    assert!(matches!(submitted, Submitted::New(_)));
}

/// The embedded pipeline, with a fault in front of it.
pub(crate) fn faulty(fault: impl Fn(&Draft) + Send + Sync + 'static) -> ServeOptions {
    let pipeline = Arc::new(Pipeline::embedded().expect("the embedded model"));
    let processor: Processor = Arc::new(move |draft, finished| {
        fault(draft);
        pipeline.process(draft, finished)
    });
    ServeOptions { processor: Some(processor), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_fails_its_article_and_nothing_else() {
    let database = database().await;
    let options = faulty(|draft| assert_ne!(draft.external_id.as_deref(), Some("poison"), "boom"));
    let mut app = TestApp::start_on(&database.url, &[], options).await;
    let failed = app.process(text("poison", STORY)).await;
    let failure = failed.failure.clone().expect("a failure");
    assert_eq!((failed.state(), failure.reason.as_str()), (v1::ArticleState::Failed, "PANICKED"));
    assert!(!failure.message.contains("boom"), "nothing of the inside reaches a client");
    assert_eq!(app.process(text("sound", STORY)).await.state(), v1::ArticleState::Processed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_takes_too_long_is_tried_again_and_then_given_up() {
    let database = database().await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    let options = faulty(move |draft| {
        if draft.external_id.as_deref() == Some("slow") {
            counted.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_secs(2));
        }
    });
    let flags = ["--job-timeout-seconds", "1", "--max-attempts", "2", "--threads", "4"];
    let mut app = TestApp::start_on(&database.url, &flags, options).await;
    let failed = app.process(text("slow", STORY)).await;
    let failure = failed.failure.clone().expect("a failure");
    assert_eq!((failure.reason.as_str(), failure.attempts), ("ATTEMPTS_EXHAUSTED", 2));
    assert_eq!(tries.load(Ordering::Relaxed), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_writes_nothing_and_the_next_claim_has_a_higher_fence() {
    let database = database().await;
    let store = store(&database).await;
    let committer = committer(&store);
    submit(&committer, "fenced").await;

    let first = store.claim(10, Duration::from_millis(1)).await.expect("claims").remove(0);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = store.claim(10, Duration::from_secs(60)).await.expect("claims").remove(0);
    assert_eq!((first.id, first.crashes, second.crashes), (second.id, 0, 1));
    assert!(second.lease > first.lease);

    let failure =
        Failure { reason: "LATE".to_owned(), message: String::new(), attempts: 1, errors: Vec::new() };
    let end = |lease| Finish {
        id: first.id,
        lease,
        summary: first.summary.clone(),
        outcome: Outcome::Failed(failure.clone()),
        duplicate_window: Duration::ZERO,
    };
    committer.finish(end(first.lease)).await.expect("is taken, and writes nothing");
    assert_eq!(store.read_log(1, 10).await.expect("reads"), []);
    committer.finish(end(second.lease)).await.expect("is taken");
    committer.finish(end(second.lease)).await.expect("is taken, and writes nothing");
    let kinds: Vec<_> =
        store.read_log(0, 10).await.expect("reads").into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Accepted, EventKind::Failed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_extended_without_waiting_for_a_job_that_is_just_ending() {
    let database = database().await;
    let store = store(&database).await;
    let committer = committer(&store);
    submit(&committer, "ending").await;
    submit(&committer, "running").await;
    let lease = Duration::from_secs(30);
    let claimed = within(store.claim(2, lease)).await.expect("claims");
    let held: Vec<_> = claimed.iter().map(|job| (job.id, job.lease)).collect();
    assert_eq!(held.len(), 2);

    let mut connection = PgConnection::connect(&database.url).await.expect("connects");
    let mut ending = connection.begin().await.expect("begins");
    sqlx::query("delete from jobs where article_id = $1")
        .bind(held[0].0.article_id)
        .execute(&mut *ending)
        .await
        .expect("is locked");
    let kept = timeout(Duration::from_secs(5), store.keep_leases(&held, 10 * lease)).await;
    kept.expect("it does not wait for the transaction").expect("no error");
    let extended: i64 =
        sqlx::query_scalar("select count(*) from jobs where due_time > now() + interval '60 seconds'")
            .fetch_one(&mut *ending)
            .await
            .expect("counts");
    assert_eq!(extended, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandoned_article_is_reclaimed_within_seconds_and_a_deadly_one_is_quarantined() {
    let database = database().await;
    let store = store(&database).await;
    let committer = committer(&store);
    submit(&committer, "abandoned").await;
    submit(&committer, "deadly").await;
    // Claimed and never heard of again: once, and three times.
    for round in 0..3 {
        for job in store.claim(10, Duration::from_millis(1)).await.expect("claims") {
            if round > 0 && job.summary.external_id.as_deref() == Some("abandoned") {
                store.release_leases(&[(job.id, job.lease)]).await.expect("gives back");
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut app = TestApp::start_on(&database.url, &[], ServeOptions::default()).await;
    let abandoned = app.process(text_default("abandoned")).await;
    let deadly = app.process(text_default("deadly")).await;
    assert_eq!(abandoned.state(), v1::ArticleState::Processed);
    assert_eq!(deadly.failure.expect("a failure").reason, "QUARANTINED");
}

/// The same article as `submit` stored, so that it is known.
fn text_default(external_id: &str) -> v1::RawArticle {
    v1::RawArticle { source: "default".to_owned(), ..text(external_id, STORY) }
}

#[tokio::test(flavor = "multi_thread")]
async fn urgent_articles_are_processed_before_those_that_wait() {
    let database = database().await;
    let store = store(&database).await;
    let committer = committer(&store);
    for index in 0..3 {
        submit(&committer, &index.to_string()).await;
    }
    let mut app =
        TestApp::start_on(&database.url, &[], ServeOptions { no_workers: true, ..Default::default() }).await;
    let request = v1::SubmitArticleRequest {
        article: Some(text("urgent", STORY)),
        priority: i32::from(v1::Priority::High),
        ..Default::default()
    };
    within(app.articles.submit_article(request)).await.expect("is accepted");
    let claimed = store.claim(1, Duration::from_secs(5)).await.expect("claims").remove(0);
    assert_eq!(claimed.summary.external_id.as_deref(), Some("urgent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_with_many_waiting_articles_does_not_hold_up_the_others() {
    let database = database().await;
    let store = store(&database).await;
    let committer = committer(&store);
    let flood = (0..300).map(|index| {
        let committer = committer.clone();
        tokio::spawn(async move { submit_from(&committer, "flood", &index.to_string()).await })
    });
    for task in flood.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    submit_from(&committer, "small", "only").await;
    submit_from(&committer, "tiny", "only").await;

    let claimed = store.claim(8, Duration::from_secs(60)).await.expect("claims");
    let of = |source: &str| claimed.iter().filter(|job| job.summary.source == source).count();
    assert_eq!((of("flood"), of("small"), of("tiny")), (6, 1, 1));
    let rest = store.claim(1_000, Duration::from_secs(60)).await.expect("claims");
    assert_eq!(rest.len(), 294, "each job is claimed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_too_long_refuses_before_anything_is_stored_and_says_when_to_come_back() {
    let database = database().await;
    let options = ServeOptions { no_workers: true, ..Default::default() };
    let mut app = TestApp::start_on(&database.url, &["--max-queue-depth", "3"], options).await;
    let mut refused = None;
    for index in 0..10 {
        let article = Some(text(&index.to_string(), STORY));
        let request = v1::SubmitArticleRequest { article, ..Default::default() };
        if let Err(status) = within(app.articles.submit_article(request)).await {
            refused = Some(status);
        }
    }
    let refused = refused.expect("more than the limit");
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    assert!(refused.get_details_retry_info().is_some_and(|info| info.retry_delay.is_some()));
    let stored = store(&database).await.queue_state().await.expect("is counted").depth;
    assert!((3..10).contains(&stored), "{stored} were stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn committers_of_many_processes_leave_a_dense_log_in_commit_order() {
    let database = database().await;
    let reader = store(&database).await;
    let mut writers = Vec::new();
    for writer in 0..4 {
        let committer = committer(&store(&database).await);
        for task in 0..5 {
            let committer = committer.clone();
            writers.push(tokio::spawn(async move {
                for index in 0..10 {
                    submit(&committer, &format!("{writer}-{task}-{index}")).await;
                }
            }));
        }
    }
    // A reader at n never misses n + 1: it reads while they write, and sees each position in turn.
    let reading = async {
        let mut seen = Vec::new();
        while seen.len() < 200 {
            let events = reader.read_log(seen.len() as i64, 50).await.expect("reads without a hole");
            seen.extend(events);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        seen
    };
    let seen = within(reading).await;
    for writer in writers {
        writer.await.expect("no panic");
    }
    let mut names: Vec<_> = seen.iter().map(|event| event.summary.external_id.clone()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 200);
    assert!(seen.iter().zip(1..).all(|(event, position)| event.position == position));
    assert!(seen.windows(2).all(|pair| pair[0].time <= pair[1].time));
}
