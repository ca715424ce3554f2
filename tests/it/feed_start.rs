//! Where a stream starts and what it wants: snapshots, queries, a filter that changes, one stream too many.

use std::collections::BTreeMap;

use copydesk_client::{Client, Event, Start, SubscriptionOptions};
use copydesk_proto::v1::{self, subscribe_request, subscribe_response::Message};
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, from_beginning, text, within},
    cluster::database,
};

const OTHER_STORY: &str = "Snow closes mountain road\n\n\
    Heavy snow closed the road over the Brenner on Monday, the police in Innsbruck said.\n\n\
    Drivers were asked to wait. The black ice is expected to melt by Thursday.";

fn from_snapshot(filter: v1::UpdateFilter) -> v1::SubscribeRequest {
    v1::SubscribeRequest {
        start: Some(subscribe_request::Start::Snapshot(true)),
        filter: Some(filter),
        ..Default::default()
    }
}

fn processed_about(entity: &str) -> v1::UpdateFilter {
    v1::UpdateFilter {
        kinds: vec![i32::from(v1::UpdateKind::Processed)],
        entity_names: vec![entity.to_owned()],
        ..Default::default()
    }
}

/// Reads the parts of a snapshot up to the last one.
async fn snapshot_of(stream: &mut crate::app::Subscription) -> (Vec<v1::Article>, Vec<u8>) {
    let mut articles = Vec::new();
    loop {
        match stream.next().await.expect("an open stream") {
            Message::Snapshot(part) => {
                articles.extend(part.articles);
                if part.complete {
                    return (articles, part.cursor);
                }
            }
            other => panic!("the snapshot is not complete, but {other:?} came"),
        }
    }
}

fn ids(articles: &[v1::Article]) -> Vec<&str> {
    let mut ids: Vec<&str> = articles.iter().map(|article| article.external_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_shows_what_the_filter_wants_and_then_what_happens_after_it() {
    let (mut app, _database) = TestApp::start().await;
    app.process(text("ferry", STORY)).await;
    app.process(text("snow", OTHER_STORY)).await;
    let gone = app.process(text("gone", STORY)).await;
    let delete = v1::DeleteArticleRequest { article_id: gone.article_id, ..Default::default() };
    within(app.articles.delete_article(delete)).await.expect("is deleted");

    let mut stream = app.subscribe(from_snapshot(processed_about("NATO"))).await;
    let (articles, cursor) = snapshot_of(&mut stream).await;
    assert_eq!(ids(&articles), ["ferry"]);
    assert_eq!(articles[0].state(), v1::ArticleState::Processed);
    assert_eq!(cursor, stream.cursor, "the snapshot shows the moment that Ready named");

    app.process(text("snow-2", &format!("{OTHER_STORY} Again."))).await;
    app.process(text("ferry-2", &format!("{STORY} Again."))).await;
    let seen = stream.until(|_| true).await;
    assert_eq!(seen[0].article.as_ref().map(|article| article.external_id.as_str()), Some("ferry-2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_nothing_is_complete_at_once() {
    let (mut app, _database) = TestApp::start().await;
    let mut stream = app.subscribe(from_snapshot(v1::UpdateFilter::default())).await;
    let (articles, _) = snapshot_of(&mut stream).await;
    assert_eq!(articles, []);
}

/// Whatever is submitted and deleted while snapshots are taken: snapshot and updates after it give the final state.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_and_the_updates_after_it_add_up_at_any_moment() {
    let (mut app, _database) = TestApp::start().await;
    let mut writer = app.articles.clone();
    let writing = tokio::spawn(async move {
        for index in 0..60 {
            let request = v1::SubmitArticleRequest {
                article: Some(text(&index.to_string(), &format!("{STORY} {index}"))),
                ..Default::default()
            };
            let stored = writer.submit_article(request).await.expect("is accepted").into_inner();
            if index % 4 == 0 {
                let article_id = stored.article.expect("an article").article_id;
                let delete = v1::DeleteArticleRequest { article_id, ..Default::default() };
                writer.delete_article(delete).await.expect("is deleted");
            }
        }
    });
    let mut copies = Vec::new();
    while !writing.is_finished() || copies.is_empty() {
        let mut stream = app.subscribe(from_snapshot(v1::UpdateFilter::default())).await;
        let (articles, _) = snapshot_of(&mut stream).await;
        let copy: BTreeMap<String, v1::ArticleState> =
            articles.iter().map(|article| (article.external_id.clone(), article.state())).collect();
        copies.push((stream, copy));
    }
    writing.await.expect("no panic");
    // Deletions of articles that were never processed end in DELETED, all others in PROCESSED.
    let is_final = |copy: &BTreeMap<String, v1::ArticleState>| {
        copy.len() == 45 && copy.values().all(|state| *state == v1::ArticleState::Processed)
    };
    for (mut stream, mut copy) in copies {
        while !is_final(&copy) {
            let Some(Message::Updates(updates)) = stream.next().await else { continue };
            for article in updates.updates.into_iter().filter_map(|update| update.article) {
                match article.state() {
                    v1::ArticleState::Deleted => copy.remove(&article.external_id),
                    state => copy.insert(article.external_id.clone(), state),
                };
            }
        }
        assert!(copy.keys().all(|id| id.parse::<u32>().expect("a number") % 4 != 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_held_against_title_and_text_live_from_the_table_and_in_a_snapshot() {
    let database = database().await;
    let mut app = TestApp::start_on(&database.url, &["--feed-memory-events", "1"], Default::default()).await;
    let query = |query: &str| v1::UpdateFilter {
        kinds: vec![i32::from(v1::UpdateKind::Processed)],
        query: query.to_owned(),
        ..Default::default()
    };
    let mut live = app
        .subscribe(v1::SubscribeRequest { filter: Some(query("\"BLACK ice\"")), ..Default::default() })
        .await;
    app.process(text("ferry", STORY)).await;
    app.process(text("snow", OTHER_STORY)).await;
    let seen = live.until(|_| true).await;
    assert_eq!(seen[0].article.as_ref().map(|article| article.external_id.as_str()), Some("snow"));

    let mut found = async |filter: v1::UpdateFilter| {
        let mut stream =
            app.subscribe(v1::SubscribeRequest { filter: Some(filter.clone()), ..from_beginning() }).await;
        let mut from_table = Vec::new();
        loop {
            match stream.next().await.expect("an open stream") {
                Message::Updates(updates) => {
                    from_table.extend(updates.updates.into_iter().filter_map(|update| update.article));
                }
                Message::CaughtUp(_) => break,
                _ => {}
            }
        }
        let mut stream = app.subscribe(from_snapshot(filter)).await;
        let (from_snapshot, _) = snapshot_of(&mut stream).await;
        assert_eq!(ids(&from_table), ids(&from_snapshot));
        ids(&from_table).join(" ")
    };
    assert_eq!(found(query("ferr* -snow")).await, "ferry");
    assert_eq!(found(query("lisbon OR innsbruck")).await, "ferry snow");
    assert_eq!(found(query("\"road mountain\"")).await, "");

    let wrong = v1::SubscribeRequest { filter: Some(query("\"open")), ..Default::default() };
    let wrong = within(app.feed.subscribe(wrong)).await.map(|_| ()).expect_err("is refused");
    assert_eq!(wrong.get_details_bad_request().expect("details").field_violations[0].field, "filter.query");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_changes_in_mid_stream_without_a_loss() {
    let (mut app, _database) = TestApp::start().await;
    let client = Client::connect(&app.url).await.expect("connects");
    let source = |name: &str| v1::UpdateFilter {
        sources: vec![name.to_owned()],
        kinds: vec![i32::from(v1::UpdateKind::Accepted)],
        ..Default::default()
    };
    let from = |source: &str, id: &str| v1::RawArticle { source: source.to_owned(), ..text(id, STORY) };
    let mut subscription = client.subscribe(SubscriptionOptions {
        start: Start::Beginning,
        filter: source("a"),
        ..Default::default()
    });
    let next_ids = async |subscription: &mut copydesk_client::Subscription, count: usize| {
        let mut ids = Vec::new();
        while ids.len() < count {
            let event = within(subscription.next()).await.expect("an open stream").expect("no error");
            if let Event::Updates(updates) = event {
                ids.extend(updates.updates.into_iter().filter_map(|u| Some(u.article?.external_id)));
            }
        }
        ids
    };
    app.submit(from("a", "1")).await;
    assert_eq!(next_ids(&mut subscription, 1).await, ["1"]);
    // Committed while the stream still has the old filter, behind what it has handed out.
    app.submit(from("b", "2")).await;
    subscription.set_filter(source("b"));
    app.submit(from("a", "3")).await;
    app.submit(from("b", "4")).await;
    assert_eq!(next_ids(&mut subscription, 2).await, ["2", "4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stream_too_many_is_told_when_and_where_to_come_back() {
    let database = database().await;
    let mut app = TestApp::start_on(&database.url, &["--max-subscribers", "2"], Default::default()).await;
    let _one = app.subscribe(from_beginning()).await;
    let _two = app.subscribe(from_beginning()).await;
    let mut three = app.subscribe(from_beginning()).await;
    match three.next().await.expect("Closing comes before the end") {
        Message::Closing(closing) => {
            assert_eq!(closing.reason(), v1::ClosingReason::Overloaded);
            assert_eq!(closing.resume_cursor, three.cursor);
            assert!(closing.retry_delay.is_some());
        }
        other => panic!("unexpected {other:?}"),
    }
    assert_eq!(three.next().await, None);
    let code = within(app.feed.subscribe(v1::SubscribeRequest {
        start: Some(subscribe_request::Start::Snapshot(false)),
        ..Default::default()
    }))
    .await
    .map(|_| ())
    .expect_err("is refused")
    .code();
    assert_eq!(code, Code::InvalidArgument);
}
