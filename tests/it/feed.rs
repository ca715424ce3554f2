//! The feed's promises: first message, order, no hole, resume, filters, slow readers, closings.

use std::collections::HashMap;

use copydesk::server::ServeOptions;
use copydesk_proto::v1::{self, subscribe_response::Message};
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, after, from_beginning, text, within},
    cluster::database,
};

/// A server without workers: its log holds ACCEPTED events only.
async fn start_accepting_only(url: &str, flags: &[&str]) -> TestApp {
    TestApp::start_on(url, flags, ServeOptions { no_workers: true, ..Default::default() }).await
}

fn processed(update: &v1::Update) -> bool {
    update.kind() == v1::UpdateKind::Processed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_every_update_once_in_order_and_resumes_where_it_left() {
    let (mut app, _database) = TestApp::start().await;
    for index in 0..20 {
        app.process(text(&index.to_string(), STORY)).await;
    }
    let mut count = 0;
    let mut stream = app.subscribe(v1::SubscribeRequest { max_batch: 7, ..from_beginning() }).await;
    let first = stream
        .until(|_| {
            count += 1;
            count == 21
        })
        .await;
    // The batch that held the 21st was taken whole; what is behind the cursor of the 21st comes again.
    let resume = first.last().expect("21").cursor.clone();
    let mut stream = app.subscribe(after(&resume)).await;
    let mut count = 0;
    let second = stream
        .until(|_| {
            count += 1;
            count == 19
        })
        .await;

    let mut kinds: HashMap<String, Vec<v1::UpdateKind>> = HashMap::new();
    for update in first.iter().chain(&second) {
        let article = update.article.as_ref().expect("an article");
        kinds.entry(article.external_id.clone()).or_default().push(update.kind());
    }
    assert_eq!(kinds.len(), 20);
    for seen in kinds.values() {
        assert_eq!(seen, &[v1::UpdateKind::Accepted, v1::UpdateKind::Processed]);
    }
    match stream.next().await {
        Some(Message::CaughtUp(_)) => {}
        other => panic!("the stream is live, but says {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_choose_by_source_kind_language_entity_and_label() {
    let (mut app, _database) = TestApp::start().await;
    let labelled = v1::RawArticle {
        source: "wire".to_owned(),
        labels: [("desk".to_owned(), "sea".to_owned())].into(),
        ..text("1", STORY)
    };
    app.process(labelled).await;
    app.process(text(
        "2",
        "Le port\n\nLe conseil du port a approuvé mardi une nouvelle ligne de bateaux vers la rive sud.",
    ))
    .await;
    app.process(text("end", STORY)).await;
    let mut seen = async |filter: v1::UpdateFilter| {
        let kinds =
            if filter.kinds.is_empty() { vec![i32::from(v1::UpdateKind::Processed)] } else { filter.kinds };
        let request =
            v1::SubscribeRequest { filter: Some(v1::UpdateFilter { kinds, ..filter }), ..from_beginning() };
        let mut stream = app.subscribe(request).await;
        let mut ids = Vec::new();
        loop {
            match stream.next().await.expect("an open stream") {
                Message::Updates(updates) => {
                    ids.extend(
                        updates.updates.into_iter().map(|u| u.article.expect("an article").external_id),
                    );
                }
                Message::CaughtUp(_) => return ids,
                _ => {}
            }
        }
    };
    let strings = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    let all = v1::UpdateFilter::default;
    assert_eq!(seen(all()).await, ["1", "2", "end"]);
    assert_eq!(seen(v1::UpdateFilter { sources: strings(&["wire"]), ..all() }).await, ["1"]);
    assert_eq!(seen(v1::UpdateFilter { languages: strings(&["fr"]), ..all() }).await, ["2"]);
    assert_eq!(
        seen(v1::UpdateFilter { entity_names: strings(&["helena DUARTE"]), ..all() }).await,
        ["1", "end"]
    );
    let person = v1::UpdateFilter {
        entity_names: strings(&["Helena Duarte"]),
        entity_types: vec![i32::from(v1::EntityType::Gpe)],
        ..all()
    };
    assert_eq!(seen(person).await, Vec::<String>::new());
    let labels = [("desk".to_owned(), "sea".to_owned())].into();
    assert_eq!(seen(v1::UpdateFilter { labels, ..all() }).await, ["1"]);
    let accepted = v1::UpdateFilter { kinds: vec![i32::from(v1::UpdateKind::Accepted)], ..all() };
    assert_eq!(seen(accepted).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_and_an_idle_stream_say_progress_with_a_cursor_that_resumes() {
    let (mut app, _database) = TestApp::start().await;
    let request = v1::SubscribeRequest {
        filter: Some(v1::UpdateFilter { sources: vec!["nobody".to_owned()], ..Default::default() }),
        progress_interval: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        ..Default::default()
    };
    let mut stream = app.subscribe(request).await;
    let start = stream.cursor.clone();
    app.process(text("1", STORY)).await;
    loop {
        match stream.next().await.expect("an open stream") {
            Message::Progress(progress) if progress.cursor != start => break,
            Message::Progress(_) | Message::CaughtUp(_) => {}
            other => panic!("nothing is wanted, but {other:?} came"),
        }
    }
    app.process(text("2", STORY)).await;
    let mut rest = app.subscribe(after(&stream.cursor)).await;
    let seen = rest.until(processed).await;
    assert!(seen.iter().all(|update| update.article.as_ref().is_some_and(|a| a.external_id == "2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_full_view_carries_text_and_mentions_in_the_unit_asked_for() {
    let (mut app, _database) = TestApp::start().await;
    let stored = app.process(text("1", STORY)).await;
    let request = v1::SubscribeRequest {
        view: i32::from(v1::ArticleView::Full),
        offset_encoding: i32::from(v1::OffsetEncoding::CodePoint),
        ..from_beginning()
    };
    let updates = app.subscribe(request).await.until(processed).await;
    let article = updates.last().and_then(|update| update.article.clone()).expect("an article");
    assert_eq!(article.text, stored.text);
    let mention = &article.entities[0].mentions[0];
    let span = mention.span.expect("a span");
    let chars: Vec<char> = article.text.chars().collect();
    assert_eq!(chars[span.begin as usize..span.end as usize].iter().collect::<String>(), mention.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_cannot_be_resumed_is_refused_with_the_reason() {
    let (mut app, _database) = TestApp::start().await;
    let (mut other, _other_database) = TestApp::start().await;
    app.process(text("1", STORY)).await;
    let foreign = other.subscribe(v1::SubscribeRequest::default()).await.cursor;
    let mut refused = async |request: v1::SubscribeRequest| {
        within(app.feed.subscribe(request)).await.map(|_| ()).expect_err("is refused")
    };
    let broken = refused(after(b"not a cursor")).await;
    assert_eq!(broken.code(), Code::InvalidArgument);
    assert_eq!(broken.get_details_bad_request().expect("details").field_violations[0].field, "after_cursor");
    assert_eq!(refused(after(&foreign)).await.code(), Code::FailedPrecondition);
    let head = copydesk::feed::Cursor::decode(&app.subscribe(v1::SubscribeRequest::default()).await.cursor);
    let head = head.expect("our own cursor");
    let beyond = copydesk::feed::Cursor { position: head.position + 1_000, ..head };
    let mut refused = async |request: v1::SubscribeRequest| {
        within(app.feed.subscribe(request)).await.map(|_| ()).expect_err("is refused")
    };
    let beyond = refused(after(&beyond.encode())).await;
    assert_eq!(beyond.code(), Code::OutOfRange);
    assert!(beyond.get_details_error_info().expect("info").metadata.contains_key("head_cursor"));
    let wrong = v1::SubscribeRequest { max_batch: -1, view: 77, ..Default::default() };
    let wrong = refused(wrong).await;
    assert_eq!(wrong.get_details_bad_request().expect("details").field_violations.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_told_that_it_fell_behind_and_then_misses_nothing() {
    let database = database().await;
    let mut app = start_accepting_only(&database.url, &["--feed-memory-events", "64"]).await;
    let mut slow = app.subscribe(v1::SubscribeRequest { max_batch: 1, ..Default::default() }).await;
    assert!(matches!(slow.next().await, Some(Message::CaughtUp(_))));
    // More than the connection's window takes in while nobody reads, and far more than the memory holds.
    let name = "n".repeat(200);
    for round in 0..30 {
        let requests: Vec<_> = (0..100)
            .map(|index| v1::SubmitArticlesRequest {
                article: Some(v1::RawArticle {
                    title: "A long title that fills the window. ".repeat(50),
                    labels: (0..20).map(|label| (format!("label-{label}"), name.clone())).collect(),
                    ..text(&format!("{round}-{index}"), "Short.")
                }),
                ..Default::default()
            })
            .collect();
        let mut answers = within(app.articles.submit_articles(tokio_stream::iter(requests)))
            .await
            .expect("opens")
            .into_inner();
        while within(answers.message()).await.expect("no error").is_some() {}
    }
    let mut has_fallen = false;
    let mut accepted = 0;
    while accepted < 3_000 {
        match slow.next().await.expect("an open stream") {
            Message::FellBehind(_) => has_fallen = true,
            Message::Updates(updates) => {
                accepted += updates.updates.iter().filter(|u| u.kind() == v1::UpdateKind::Accepted).count();
            }
            _ => {}
        }
    }
    assert!(has_fallen);
    // From here it is live again.
    loop {
        if let Message::CaughtUp(_) = slow.next().await.expect("an open stream") {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_tells_each_stream_why_and_where_to_resume() {
    let (mut app, _database) = TestApp::start().await;
    app.process(text("1", STORY)).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = app.subscribe(from_beginning()).await;
        stream.until(processed).await;
        streams.push(stream);
    }
    let stopping = tokio::spawn(app.stop());
    for mut stream in streams {
        loop {
            match stream.next().await.expect("Closing comes before the end") {
                Message::Closing(closing) => {
                    assert_eq!(closing.reason(), v1::ClosingReason::Shutdown);
                    assert_eq!(closing.resume_cursor, stream.cursor);
                    assert!(closing.retry_delay.is_some());
                    break;
                }
                Message::CaughtUp(_) | Message::Progress(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        }
        assert_eq!(stream.next().await, None);
    }
    stopping.await.expect("no panic").expect("a clean end");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_stream_is_asked_to_come_back() {
    let database = database().await;
    let mut app =
        TestApp::start_on(&database.url, &["--max-stream-age-seconds", "1"], Default::default()).await;
    let mut stream = app.subscribe(from_beginning()).await;
    loop {
        if let Message::Closing(closing) = stream.next().await.expect("Closing comes before the end") {
            assert_eq!(closing.reason(), v1::ClosingReason::MaxAge);
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_of_one_server_see_what_another_commits() {
    let database = database().await;
    let mut one = TestApp::start_on(&database.url, &[], Default::default()).await;
    let mut two = TestApp::start_on(&database.url, &[], Default::default()).await;
    let mut on_one = one.subscribe(v1::SubscribeRequest::default()).await;
    let mut on_two = two.subscribe(v1::SubscribeRequest::default()).await;
    for index in 0..30 {
        let app = if index % 2 == 0 { &mut one } else { &mut two };
        app.submit(text(&index.to_string(), STORY)).await;
    }
    let mut seen = Vec::new();
    for stream in [&mut on_one, &mut on_two] {
        let mut count = 0;
        let updates = stream
            .until(|update| {
                count += usize::from(processed(update));
                count == 30
            })
            .await;
        seen.push(updates.into_iter().map(|update| update.cursor).collect::<Vec<_>>());
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_in_mid_stream_is_forgotten() {
    let (mut app, _database) = TestApp::start().await;
    let metrics = app.metrics_url.clone();
    for _ in 0..5 {
        app.process(text("", STORY)).await;
        let mut stream = app.subscribe(from_beginning()).await;
        stream.next().await;
        drop(stream);
    }
    within(async {
        loop {
            let shown = crate::http::get(&format!("{metrics}/metrics")).await;
            if shown.lines().any(|line| line == "copydesk_subscribers 0") {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    })
    .await;
    app.process(text("", STORY)).await;
}
