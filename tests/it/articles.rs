//! Submitting, reading, listing, deleting.

use copydesk_proto::v1;
use tonic::Code;
use tonic_types::StatusExt;

use crate::app::{STORY, TestApp, from_beginning, text, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_submitted_article_is_cleaned_recognized_stored_and_can_be_read() {
    let (mut app, _database) = TestApp::start().await;
    let processed = app.process(text("ferry", STORY)).await;
    assert_eq!(processed.state(), v1::ArticleState::Processed);
    assert_eq!(processed.title, "Harbour board approves new ferry line");
    let names: Vec<&str> = processed.entities.iter().map(|entity| entity.name.as_str()).collect();
    for name in ["Lisbon", "Reuters", "Helena Duarte", "NATO"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    for mention in processed.entities.iter().flat_map(|entity| &entity.mentions) {
        let span = mention.span.expect("a span");
        assert_eq!(processed.text[span.begin as usize..span.end as usize], mention.text);
        assert_eq!(STORY[span.raw_begin as usize..span.raw_end as usize], mention.text);
    }

    let said: Vec<(&str, bool)> = processed.quotations.iter().map(|q| (q.text.as_str(), q.direct)).collect();
    assert_eq!(said, [("We waited ten years for this,", true), ("NATO had no objection", false)]);
    for quotation in &processed.quotations {
        let speaker = quotation.speaker.as_ref().expect("a speaker");
        let entity =
            processed.entities.iter().find(|entity| entity.entity_id == speaker.entity_id).expect("is known");
        assert!(
            entity.name.ends_with("Duarte")
                && entity.mentions.contains(speaker.mention.as_ref().expect("is one"))
        );
        assert_eq!(quotation.cue.as_ref().expect("a cue").text, "said");
        let span = quotation.span.expect("a span");
        assert_eq!(STORY[span.raw_begin as usize..span.raw_end as usize], quotation.text);
    }
    assert!(processed.dates.iter().any(|date| date.text == "Tuesday" && date.value.is_empty()));

    let read = app.get(&processed.article_id).await.expect("is stored");
    assert_eq!(read, processed);
    app.stop().await.expect("a clean end");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_id_is_answered_with_the_first_result() {
    let (mut app, _database) = TestApp::start().await;
    let mut submit = async |body: &str| {
        let request = v1::SubmitArticleRequest {
            request_id: "7c1f".to_owned(),
            article: Some(text("", body)),
            ..Default::default()
        };
        within(app.articles.submit_article(request)).await.expect("is accepted").into_inner()
    };
    let first = submit("One body").await;
    let again = submit("Another body").await;
    let id = |response: &v1::SubmitArticleResponse| response.article.as_ref().map(|a| a.article_id.clone());
    assert!(!first.already_known && again.already_known);
    assert_eq!(id(&first), id(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_comes_after_the_deletion_brings_nothing_back() {
    let (mut app, _database) = TestApp::start().await;
    let request = |request_id: &str| v1::SubmitArticleRequest {
        request_id: request_id.to_owned(),
        article: Some(text("late", STORY)),
        ..Default::default()
    };
    let first = within(app.articles.submit_article(request("7c1f"))).await.expect("is accepted").into_inner();
    let first = first.article.expect("an article");
    let delete = v1::DeleteArticleRequest { article_id: first.article_id.clone(), ..Default::default() };
    within(app.articles.delete_article(delete)).await.expect("is deleted");

    let late = within(app.articles.submit_article(request("7c1f"))).await.expect_err("was answered before");
    assert_eq!(late.code(), Code::NotFound);
    let missing = late.get_details_resource_info().expect("details").resource_name;
    assert_eq!(missing, format!("{} version 1", first.article_id));
    assert_eq!(app.get(&first.article_id).await.expect_err("is gone").code(), Code::NotFound);

    let meant = within(app.articles.submit_article(request("8d2e"))).await.expect("is accepted").into_inner();
    let meant = meant.article.expect("an article");
    assert_eq!((meant.article_id, meant.version), (first.article_id, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_is_known_and_new_content_is_a_new_version() {
    let (mut app, _database) = TestApp::start().await;
    let first = app.submit(text("a", "First body")).await;
    let again = app.submit(text("a", "First body")).await;
    let changed = app.submit(text("a", "Second body")).await;
    let other = app.submit(text("b", "First body")).await;
    let of = |response: &v1::SubmitArticleResponse| {
        let article = response.article.clone().expect("an article");
        (article.article_id, article.version, response.already_known)
    };
    let id = of(&first).0;
    assert_eq!(of(&first), (id.clone(), 1, false));
    assert_eq!(of(&again), (id.clone(), 1, true));
    assert_eq!(of(&changed), (id.clone(), 2, false));
    assert_ne!(of(&other).0, id);

    let request = v1::GetArticleRequest { article_id: id, version: 1, ..Default::default() };
    let old = within(app.articles.get_article(request)).await.expect("is kept").into_inner();
    assert_eq!(old.article.expect("an article").version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_submit_one_article_at_once_store_it_once() {
    let database = crate::cluster::database().await;
    let one = TestApp::start_on(&database.url, &[], Default::default()).await;
    let two = TestApp::start_on(&database.url, &[], Default::default()).await;
    let mut calls = Vec::new();
    for index in 0..40 {
        let mut articles = [&one, &two][index % 2].articles.clone();
        calls.push(tokio::spawn(async move {
            let request =
                v1::SubmitArticleRequest { article: Some(text("same", STORY)), ..Default::default() };
            within(articles.submit_article(request)).await.expect("is accepted").into_inner()
        }));
    }
    let mut ids = Vec::new();
    let mut new = 0;
    for call in calls {
        let response = call.await.expect("no panic");
        new += usize::from(!response.already_known);
        ids.push(response.article.expect("an article").article_id);
    }
    ids.dedup();
    assert_eq!((new, ids.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_violation_is_named_at_once_with_its_field() {
    let (mut app, _database) = TestApp::start().await;
    let article = v1::RawArticle { url: "nowhere".to_owned(), ..text("x", "") };
    let request = v1::SubmitArticleRequest {
        request_id: "r".repeat(300),
        article: Some(article),
        wait_for: 99,
        priority: -1,
        ..Default::default()
    };
    let refused = within(app.articles.submit_article(request)).await.expect_err("is refused");
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = refused.get_details_bad_request().expect("details");
    let mut fields: Vec<&str> = details.field_violations.iter().map(|v| v.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["article.text", "article.url", "priority", "request_id", "wait_for"]);
    assert_eq!(refused.get_details_error_info().expect("info").reason, "INVALID_FIELDS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_article_in_a_stream_ends_itself_only_and_answers_keep_their_order() {
    let (mut app, _database) = TestApp::start().await;
    let requests = (0..50).map(|index| v1::SubmitArticlesRequest {
        request_id: format!("r{index}"),
        article: Some(text(&format!("a{index}"), if index % 7 == 3 { "" } else { "A body" })),
        ..Default::default()
    });
    let requests = tokio_stream::iter(requests.collect::<Vec<_>>());
    let mut answers = within(app.articles.submit_articles(requests)).await.expect("opens").into_inner();
    for index in 0..50 {
        let answer = within(answers.message()).await.expect("no error").expect("one for each");
        assert_eq!((answer.index, answer.request_id), (index, format!("r{index}")));
        match answer.result.expect("a result") {
            v1::submit_articles_response::Result::Article(article) => {
                assert_ne!(index % 7, 3);
                assert_eq!(article.state(), v1::ArticleState::Accepted);
            }
            v1::submit_articles_response::Result::Error(status) => {
                assert_eq!(index % 7, 3);
                assert_eq!(status.code, i32::from(Code::InvalidArgument));
                assert!(!status.details.is_empty());
            }
        }
    }
    assert!(within(answers.message()).await.expect("no error").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn offsets_come_in_the_unit_that_was_asked_for() {
    let (mut app, _database) = TestApp::start().await;
    let story = format!("😀 É\n\n{STORY}");
    let processed = app.process(text("units", &story)).await;
    for encoding in [v1::OffsetEncoding::Utf16, v1::OffsetEncoding::CodePoint] {
        let request = v1::GetArticleRequest {
            article_id: processed.article_id.clone(),
            offset_encoding: i32::from(encoding),
            ..Default::default()
        };
        let read = within(app.articles.get_article(request)).await.expect("is stored").into_inner();
        let read = read.article.expect("an article");
        let units = |text: &str| -> Vec<String> {
            match encoding {
                v1::OffsetEncoding::Utf16 => text.encode_utf16().map(|unit| unit.to_string()).collect(),
                _ => text.chars().map(|c| c.to_string()).collect(),
            }
        };
        let (clean, raw) = (units(&read.text), units(&story));
        assert!(!read.entities.is_empty());
        for mention in read.entities.iter().flat_map(|entity| &entity.mentions) {
            let span = mention.span.expect("a span");
            let wanted = units(&mention.text);
            assert_eq!(clean[span.begin as usize..span.end as usize], wanted);
            assert_eq!(raw[span.raw_begin as usize..span.raw_end as usize], wanted);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_filtered_and_its_pages_do_not_shift() {
    let (mut app, _database) = TestApp::start().await;
    for index in 0..7 {
        app.process(text(&format!("ferry-{index}"), STORY)).await;
    }
    app.process(v1::RawArticle { source: "other".to_owned(), ..text("x", STORY) }).await;
    let mut list = async |page_token: String, filter: &str| {
        let request = v1::ListArticlesRequest {
            page_size: 3,
            page_token,
            filter: filter.to_owned(),
            ..Default::default()
        };
        within(app.articles.list_articles(request)).await.map(tonic::Response::into_inner)
    };
    let filter = r#"source = "test" AND state = PROCESSED AND language = "en" AND entity.name = "nato""#;
    let mut ids = Vec::new();
    let mut token = String::new();
    loop {
        let page = list(token, filter).await.expect("a page");
        ids.extend(page.articles.into_iter().map(|article| article.external_id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, ["ferry-6", "ferry-5", "ferry-4", "ferry-3", "ferry-2", "ferry-1", "ferry-0"]);
    assert_eq!(list(String::new(), r#"entity.name = "Atlantis""#).await.expect("a page").articles.len(), 0);

    let token = list(String::new(), filter).await.expect("a page").next_page_token;
    let refused = list(token, "state = FAILED").await.expect_err("another filter");
    assert_eq!(refused.get_details_bad_request().expect("details").field_violations[0].field, "page_token");
    let refused = list(String::new(), "colour = red").await.expect_err("no filter");
    assert_eq!(refused.get_details_bad_request().expect("details").field_violations[0].field, "filter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_article_is_gone_from_every_read_and_its_content_from_the_log() {
    let (mut app, _database) = TestApp::start().await;
    let article = app.process(text("gone", STORY)).await;
    let kept = app.process(text("kept", STORY)).await;
    let delete = |etag: &str| v1::DeleteArticleRequest {
        article_id: article.article_id.clone(),
        etag: etag.to_owned(),
    };
    let refused = within(app.articles.delete_article(delete("stale"))).await.expect_err("another etag");
    assert_eq!(refused.code(), Code::Aborted);
    within(app.articles.delete_article(delete(&article.etag))).await.expect("is deleted");

    let missing = app.get(&article.article_id).await.expect_err("is gone");
    assert_eq!(missing.code(), Code::NotFound);
    assert_eq!(missing.get_details_resource_info().expect("details").resource_name, article.article_id);
    let again = within(app.articles.delete_article(delete(""))).await.expect_err("is gone");
    assert_eq!(again.code(), Code::NotFound);
    let batch = v1::BatchGetArticlesRequest {
        article_ids: vec![kept.article_id.clone(), article.article_id.clone()],
        ..Default::default()
    };
    assert_eq!(within(app.articles.batch_get_articles(batch)).await.expect_err("one").code(), Code::NotFound);

    let mut updates = app.subscribe(from_beginning()).await;
    let updates = updates.until(|update| update.kind() == v1::UpdateKind::Deleted).await;
    let last = updates.last().and_then(|update| update.article.as_ref()).expect("an article");
    assert_eq!(
        (last.article_id.as_str(), last.state()),
        (article.article_id.as_str(), v1::ArticleState::Deleted)
    );

    let again = app.process(text("gone", STORY)).await;
    assert_eq!((again.article_id, again.version), (article.article_id, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_is_what_would_be_stored_and_stores_nothing() {
    let (mut app, _database) = TestApp::start().await;
    let request = v1::AnalyzeRequest { article: Some(text("ferry", STORY)), ..Default::default() };
    let analyzed = within(app.analysis.analyze(request.clone())).await.expect("is analyzed").into_inner();
    let analyzed = analyzed.article.expect("an article");
    let list = v1::ListArticlesRequest::default();
    assert_eq!(within(app.articles.list_articles(list)).await.expect("a page").into_inner().articles, []);

    let stored = app.process(text("ferry", STORY)).await;
    assert_eq!(
        (analyzed.text, analyzed.entities, analyzed.removed, analyzed.title),
        (stored.text, stored.entities, stored.removed, stored.title)
    );

    let only_clean = v1::AnalyzeRequest { features: vec![i32::from(v1::Feature::Removed)], ..request };
    let cleaned = within(app.analysis.analyze(only_clean)).await.expect("is analyzed").into_inner();
    assert_eq!(cleaned.article.expect("an article").entities, []);
}
