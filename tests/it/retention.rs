//! What is old goes, and everyone who still wants it is told.

use std::time::Duration;

use copydesk::{feed::Cursor, server::ServeOptions};
use copydesk_proto::v1::{self, subscribe_response::Message};
use tokio::time::sleep;
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, after, from_beginning, text, within},
    cluster::database,
};

/// Articles whose updates are of some KB, so that a reader who does not read is far behind soon.
async fn submit_many(app: &mut TestApp, count: usize, from: usize) {
    let requests: Vec<_> = (from..from + count)
        .map(|index| v1::SubmitArticlesRequest {
            article: Some(v1::RawArticle {
                title: "A long title that fills the window. ".repeat(50),
                labels: (0..10).map(|label| (format!("label-{label}"), "n".repeat(200))).collect(),
                ..text(&index.to_string(), "Short.")
            }),
            ..Default::default()
        })
        .collect();
    let mut answers =
        within(app.articles.submit_articles(tokio_stream::iter(requests))).await.expect("opens").into_inner();
    while within(answers.message()).await.expect("no error").is_some() {}
}

/// The oldest position that can be resumed from.
async fn oldest_position(app: &mut TestApp) -> i64 {
    let mut stream = within(app.feed.subscribe(from_beginning())).await.expect("subscribes").into_inner();
    let first = within(stream.message()).await.expect("no error").and_then(|response| response.message);
    let Some(Message::Ready(ready)) = first else { panic!("the first message is {first:?}") };
    Cursor::decode(&ready.oldest_cursor).expect("a cursor").position
}

async fn until_trimmed(app: &mut TestApp, position: i64) {
    within(async {
        while oldest_position(app).await < position {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_beyond_the_bound_go_and_a_cursor_below_it_is_answered_with_the_oldest() {
    let database = database().await;
    let flags =
        ["--log-partition-updates", "1000", "--retain-updates-count", "1500", "--feed-memory-events", "64"];
    let options = ServeOptions { no_workers: true, ..Default::default() };
    let mut app = TestApp::start_on(&database.url, &flags, options).await;
    let first = app.subscribe(v1::SubscribeRequest::default()).await.cursor;
    // One update a message, and nobody reads: it stays far behind what is kept.
    let mut stalled = app.subscribe(v1::SubscribeRequest { max_batch: 1, ..from_beginning() }).await;
    submit_many(&mut app, 3_600, 0).await;
    until_trimmed(&mut app, 2_000).await;
    assert_eq!(oldest_position(&mut app).await, 2_000, "1,500 and what completes their partition is kept");

    let refused = within(app.feed.subscribe(after(&first))).await.map(|_| ()).expect_err("is refused");
    assert_eq!(refused.code(), Code::OutOfRange);
    let info = refused.get_details_error_info().expect("info");
    assert!(info.metadata.contains_key("oldest_cursor"));

    let mut whole = app.subscribe(from_beginning()).await;
    let mut count = 0;
    whole
        .until(|_| {
            count += 1;
            count == 1_600
        })
        .await;

    let closing = within(async {
        loop {
            let message = stalled.next().await.expect("Closing comes before the end");
            if let Message::Closing(closing) = message {
                return closing;
            }
        }
    })
    .await;
    assert_eq!(closing.reason(), v1::ClosingReason::Retention);
    assert_eq!(closing.resume_cursor, stalled.cursor);
    // The log goes on growing.
    submit_many(&mut app, 100, 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_updates_go_by_age_too() {
    let database = database().await;
    let flags = ["--log-partition-updates", "1000", "--retain-updates-hours", "0.0001"];
    let options = ServeOptions { no_workers: true, ..Default::default() };
    let mut app = TestApp::start_on(&database.url, &flags, options).await;
    submit_many(&mut app, 2_200, 0).await;
    until_trimmed(&mut app, 2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_article_is_gone_from_every_answer_and_comes_back_as_a_new_one() {
    let database = database().await;
    let flags = ["--article-partition-hours", "0.001", "--retain-articles-days", "0.00001"];
    let mut app = TestApp::start_on(&database.url, &flags, ServeOptions::default()).await;
    let old = app.process(text("1", STORY)).await;
    within(async {
        while app.get(&old.article_id).await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    assert_eq!(app.get(&old.article_id).await.expect_err("is gone").code(), Code::NotFound);
    let again = app.process(text("1", STORY)).await;
    assert_ne!(again.article_id, old.article_id);
    assert_eq!(again.version, 1);
    // The log has its own bounds: what happened is still told.
    let mut stream = app.subscribe(from_beginning()).await;
    let seen = stream.until(|update| {
        update.kind() == v1::UpdateKind::Processed
            && update.article.as_ref().is_some_and(|article| article.article_id == again.article_id)
    });
    assert!(seen.await.len() >= 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_articles_are_kept_by_count() {
    let database = database().await;
    let flags = ["--article-partition-hours", "0.0005", "--retain-articles-count", "3"];
    let mut app = TestApp::start_on(&database.url, &flags, ServeOptions::default()).await;
    let old = app.process(text("old", STORY)).await;
    let mut newest = Vec::new();
    for index in 0..4 {
        sleep(Duration::from_secs(2)).await;
        newest.push(app.process(text(&index.to_string(), STORY)).await);
    }
    within(async {
        while app.get(&old.article_id).await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    for article in newest.iter().rev().take(3) {
        assert!(app.get(&article.article_id).await.is_ok(), "{}", article.external_id);
    }
}
