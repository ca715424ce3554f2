//! Processing again: new results replace old ones with an update that says what changed, behind everything else.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use copydesk_proto::v1::{self, admin_service_client::AdminServiceClient};
use tokio::time::sleep;
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, from_beginning, text, within},
    cluster::database,
    queue::faulty,
};

pub(crate) fn by_ids(ids: &[&str]) -> v1::ReprocessArticlesRequest {
    let article_ids = ids.iter().map(|id| (*id).to_owned()).collect();
    v1::ReprocessArticlesRequest { article_ids, ..Default::default() }
}

fn by_filter(filter: &str) -> v1::ReprocessArticlesRequest {
    v1::ReprocessArticlesRequest { filter: filter.to_owned(), ..Default::default() }
}

pub(crate) async fn reprocess(
    app: &mut TestApp,
    request: v1::ReprocessArticlesRequest,
) -> (v1::ReprocessingOperation, bool) {
    let answer = within(app.articles.reprocess_articles(request)).await.expect("is taken").into_inner();
    (answer.operation.expect("an operation"), answer.already_known)
}

fn is_again(update: &v1::Update) -> bool {
    update.kind() == v1::UpdateKind::Reprocessed
}

/// Stores a list of one name, and waits until articles are processed with it.
pub(crate) async fn put_gazetteer(app: &TestApp, name: &str) -> i64 {
    let mut admin = AdminServiceClient::connect(app.url.clone()).await.expect("connects");
    let request = v1::PutGazetteerRequest {
        name: "harbour".to_owned(),
        format: i32::from(v1::GazetteerFormat::Csv),
        content: format!("name,type\n{name},PIER\n").into_bytes(),
        ..Default::default()
    };
    let put = within(admin.put_gazetteer(request)).await.expect("is stored").into_inner();
    let revision = put.gazetteer.expect("a list").revision;
    within(async {
        loop {
            let pipeline = admin.get_pipeline(v1::GetPipelineRequest {}).await.expect("answers").into_inner();
            if pipeline.gazetteers.iter().any(|list| list.revision == revision) {
                return revision;
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_result_replaces_the_earlier_one_with_an_update_that_says_what_changed() {
    let (mut app, _database) = TestApp::start().await;
    let story = format!("{STORY}\n\nThe boats leave from Doca Velha every hour.");
    let before = app.process(text("ferry", &story)).await;
    let revision = put_gazetteer(&app, "Doca Velha").await;
    let mut updates = app.subscribe(v1::SubscribeRequest::default()).await;
    let (operation, _) = reprocess(&mut app, by_ids(&[&before.article_id])).await;
    assert_eq!((operation.article_count, operation.all_queued), (1, true));

    let update = updates.until(is_again).await.pop().expect("the last");
    let told = update.reprocessing.expect("what changed");
    let article = update.article.expect("an article");
    let in_change = told.entities_changed.iter().filter_map(|change| change.after.as_ref());
    let is_told = |entity: &v1::Entity| entity.name == "Doca Velha" && entity.custom_type == "PIER";
    assert!(told.entities_added.iter().chain(in_change).any(is_told), "{told:?}");
    assert_eq!(told.entities_removed_count, i32::try_from(told.entities_removed.len()).expect("few"));
    assert_eq!(told.previous_pipeline, before.pipeline);
    let made_by = article.pipeline.expect("what made it");
    assert_eq!(made_by.gazetteer_revision, revision);
    assert_eq!(made_by.version, copydesk::pipeline::PIPELINE_VERSION);
    assert!(!made_by.model.is_empty());

    let after = app.get(&before.article_id).await.expect("is there");
    assert!(after.entities.iter().any(is_told));
    assert_eq!((after.version, after.accepted_time), (before.version, before.accepted_time));
    assert_ne!(after.etag, before.etag);
    let found = |filter: &str| v1::ListArticlesRequest { filter: filter.to_owned(), ..Default::default() };
    let listed = within(app.articles.list_articles(found("entity.name = \"doca velha\""))).await;
    assert_eq!(listed.expect("lists").into_inner().articles.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_fails_when_processed_again_keeps_its_result_and_says_so() {
    let database = database().await;
    let is_broken = Arc::new(AtomicBool::new(false));
    let breaks = is_broken.clone();
    let options = faulty(move |_| assert!(!breaks.load(Ordering::Relaxed), "boom"));
    let mut app = TestApp::start_on(&database.url, &[], options).await;
    let before = app.process(text("a", STORY)).await;
    is_broken.store(true, Ordering::Relaxed);
    let mut updates = app.subscribe(v1::SubscribeRequest::default()).await;
    reprocess(&mut app, by_ids(&[&before.article_id])).await;
    let update = updates.until(is_again).await.pop().expect("the last");
    let failure = update.reprocessing.and_then(|told| told.failure).expect("a failure");
    assert_eq!(failure.reason, "PANICKED");

    let after = app.get(&before.article_id).await.expect("is there");
    assert_eq!(after.reprocessing_failure.as_ref(), Some(&failure));
    assert_eq!(v1::Article { reprocessing_failure: None, ..after.clone() }, before);

    is_broken.store(false, Ordering::Relaxed);
    reprocess(&mut app, by_ids(&[&before.article_id])).await;
    updates.until(is_again).await;
    let mended = app.get(&before.article_id).await.expect("is there");
    assert_eq!(mended.reprocessing_failure, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_submitted_overtakes_what_is_processed_again() {
    let database = database().await;
    // Articles of the archive are held at the gate while it is shut.
    let gate = Arc::new((Mutex::new(true), Condvar::new()));
    let held = gate.clone();
    let options = faulty(move |draft| {
        if draft.source == "archive" {
            let open = held.0.lock().expect("not poisoned");
            drop(held.1.wait_while(open, |open| !*open).expect("not poisoned"));
        }
    });
    let mut app = TestApp::start_on(&database.url, &["--threads", "2"], options.clone()).await;
    for number in 0..20 {
        let mut article = text(&number.to_string(), "An old story from the archive of Lisbon.");
        article.source = "archive".to_owned();
        app.process(article).await;
    }
    app.stop().await.expect("a clean end");
    *gate.0.lock().expect("not poisoned") = false;
    // The limit counts only what somebody waits for.
    let mut app =
        TestApp::start_on(&database.url, &["--threads", "2", "--max-queue-depth", "15"], options).await;
    let mut updates = app.subscribe(v1::SubscribeRequest::default()).await;
    reprocess(&mut app, by_filter("source = \"archive\"")).await;
    let mut admin = AdminServiceClient::connect(app.url.clone()).await.expect("connects");
    within(async {
        while admin.get_queue(v1::GetQueueRequest {}).await.expect("answers").into_inner().reprocessing_depth
            < 20
        {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;

    // None of the twenty can end, yet what comes in is accepted and processed at once.
    for number in 0..10 {
        let mut article = text(&number.to_string(), STORY);
        article.source = "live".to_owned();
        assert_eq!(app.process(article).await.state(), v1::ArticleState::Processed);
    }
    let queue = within(admin.get_queue(v1::GetQueueRequest {})).await.expect("answers").into_inner();
    assert_eq!((queue.depth, queue.reprocessing_depth), (0, 20));
    *gate.0.lock().expect("not poisoned") = true;
    gate.1.notify_all();
    let mut again = 0;
    let seen = updates
        .until(|update| {
            again += usize::from(is_again(update));
            again == 20
        })
        .await;
    let live = |update: &v1::Update| update.article.as_ref().is_some_and(|article| article.source == "live");
    assert!(seen.iter().take(20).all(live), "ten accepted and ten processed come first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_turned_into_jobs_in_slices_that_a_crash_neither_loses_nor_repeats() {
    let database = database().await;
    let mut app = TestApp::start_on(&database.url, &["--threads", "2"], faulty(|_| {})).await;
    let requests: Vec<_> = (0..600)
        .map(|number| v1::SubmitArticlesRequest {
            article: Some(text(&number.to_string(), "Short.")),
            wait_for: i32::from(v1::WaitFor::Processed),
            ..Default::default()
        })
        .collect();
    let mut answers =
        within(app.articles.submit_articles(tokio_stream::iter(requests))).await.expect("opens").into_inner();
    while within(answers.message()).await.expect("no error").is_some() {}
    let (operation, _) = reprocess(&mut app, by_filter("state = PROCESSED")).await;
    // The process goes while it is at it; whoever is there next goes on.
    app.stop().await.expect("a clean end");
    let mut app = TestApp::start_on(&database.url, &["--threads", "2"], faulty(|_| {})).await;
    let mut again = std::collections::BTreeMap::<String, usize>::new();
    let mut updates = app.subscribe(from_beginning()).await;
    updates
        .until(|update| {
            if is_again(update) {
                let id = update.article.as_ref().expect("an article").article_id.clone();
                *again.entry(id).or_default() += 1;
            }
            again.len() == 600
        })
        .await;
    assert!(again.values().all(|count| *count == 1));
    let request = v1::GetReprocessingRequest { operation_id: operation.operation_id };
    within(async {
        loop {
            let answer = app.articles.get_reprocessing(request.clone()).await.expect("is known").into_inner();
            let operation = answer.operation.expect("an operation");
            if operation.all_queued {
                break assert_eq!(operation.article_count, 600);
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_waiting_and_failed_articles_are_left_alone_and_a_request_id_asks_once() {
    let database = database().await;
    let options = faulty(|draft| assert_ne!(draft.external_id.as_deref(), Some("poison"), "boom"));
    let mut app = TestApp::start_on(&database.url, &[], options).await;
    let sound = app.process(text("sound", STORY)).await.article_id;
    let failed = app.process(text("poison", STORY)).await.article_id;
    let deleted = app.process(text("gone", STORY)).await.article_id;
    let request = v1::DeleteArticleRequest { article_id: deleted.clone(), ..Default::default() };
    within(app.articles.delete_article(request)).await.expect("is deleted");
    let unknown = uuid::Uuid::nil().to_string();

    let mut request = by_ids(&[&sound, &failed, &deleted, &unknown]);
    request.request_id = "once".to_owned();
    let (first, was_known) = reprocess(&mut app, request.clone()).await;
    assert_eq!((first.article_count, was_known), (1, false));
    let (again, is_known) = reprocess(&mut app, request).await;
    assert_eq!((again, is_known), (first, true));
    let (nothing, _) = reprocess(&mut app, by_filter("state = FAILED AND source = \"test\"")).await;
    let last = app.process(text("last", STORY)).await.article_id;

    let mut again = Vec::new();
    app.subscribe(from_beginning())
        .await
        .until(|update| {
            let article_id = update.article.as_ref().expect("an article").article_id.clone();
            if is_again(update) {
                again.push(article_id.clone());
            }
            article_id == last && update.kind() == v1::UpdateKind::Processed
        })
        .await;
    assert!(again.is_empty() || again == [sound]);
    assert_eq!(app.get(&failed).await.expect("is there").state(), v1::ArticleState::Failed);
    assert_eq!(app.get(&deleted).await.expect_err("is gone").code(), Code::NotFound);
    assert_eq!(nothing.article_count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_nothing_or_for_two_things_is_refused_with_the_fix() {
    let (mut app, _database) = TestApp::start().await;
    let id = uuid::Uuid::nil().to_string();
    let both = v1::ReprocessArticlesRequest { filter: "state = PROCESSED".to_owned(), ..by_ids(&[&id]) };
    for request in
        [by_filter(""), both, by_filter("colour = red"), by_ids(&["x"]), by_ids(&vec![id.as_str(); 1_001])]
    {
        let refused = within(app.articles.reprocess_articles(request)).await.expect_err("is refused");
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(!refused.get_details_bad_request().expect("details").field_violations.is_empty());
    }
    let request = v1::GetReprocessingRequest { operation_id: id };
    let missing = within(app.articles.get_reprocessing(request)).await.expect_err("is not there");
    assert_eq!(missing.code(), Code::NotFound);
}
