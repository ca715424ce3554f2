//! Full text: what is searched is found, whatever its form, and shown where it stands.

use copydesk_proto::v1;
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, text, within},
    cluster::database,
    queue::faulty,
};

fn query(query: &str) -> v1::SearchArticlesRequest {
    v1::SearchArticlesRequest { query: query.to_owned(), ..Default::default() }
}

async fn search(app: &mut TestApp, request: v1::SearchArticlesRequest) -> v1::SearchArticlesResponse {
    within(app.articles.search_articles(request)).await.expect("is answered").into_inner()
}

/// External ids of what is found, best first.
async fn found(app: &mut TestApp, text: &str, filter: &str) -> Vec<String> {
    let request = v1::SearchArticlesRequest { filter: filter.to_owned(), ..query(text) };
    let page = search(app, request).await;
    page.results.into_iter().map(|found| found.article.expect("an article").external_id).collect()
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn words_phrases_beginnings_and_exclusions_find_what_they_say() {
    let (mut app, _database) = TestApp::start().await;
    app.process(text(
        "visit",
        "Erdoğan visits Athens\n\nPresident Erdoğan met ministers near the Black Sea on Tuesday.",
    ))
    .await;
    let english = |article: v1::RawArticle| v1::RawArticle { language: "en".to_owned(), ..article };
    app.process(english(text(
        "sport",
        "Turkish sprinters win\n\nTurkish sprinters won in Athens, and sport fans cheered.",
    )))
    .await;
    let german = v1::RawArticle {
        language: "de".to_owned(),
        ..text("haus", "Neue Häuser in Köln\n\nDie Stadt Köln baut neue Häuser für junge Familien am Rhein.")
    };
    app.process(german).await;
    for (asked, expected) in [
        ("erdogan", vec!["visit"]),
        ("ERDOĞAN athens", vec!["visit"]),
        ("athens", vec!["sport", "visit"]),
        ("athens -sport", vec!["visit"]),
        ("\"black sea\"", vec!["visit"]),
        ("\"sea black\"", vec![]),
        ("turk*", vec!["sport"]),
        ("turk", vec![]),
        ("meeting OR minister", vec!["visit"]),
        ("winning", vec!["sport"]),
        ("haus", vec!["haus"]),
        ("\"haus\"", vec![]),
        ("koln", vec!["haus"]),
        ("it's & | ! (nothing) :* '", vec![]),
    ] {
        assert_eq!(sorted(found(&mut app, asked, "").await), expected, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_in_the_title_counts_most_and_what_was_found_is_shown_where_it_stands() {
    let (mut app, _database) = TestApp::start().await;
    app.process(text(
        "text",
        "Évora council meets\n\nThe council of Évora spoke of a ferry once, and of many other things.",
    ))
    .await;
    app.process(text("title", STORY)).await;
    let request = v1::SearchArticlesRequest {
        offset_encoding: i32::from(v1::OffsetEncoding::CodePoint),
        view: i32::from(v1::ArticleView::Full),
        ..query("ferry")
    };
    let page = search(&mut app, request).await;
    let [first, second] = page.results.as_slice() else { panic!("{page:?}") };
    assert!(first.score > second.score && !page.limited);
    let article = first.article.as_ref().expect("an article");
    assert_eq!(article.external_id, "title");
    let shown = |text: &str, marks: &[v1::Highlight]| -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        let cut = |mark: &v1::Highlight| letters[mark.begin as usize..mark.end as usize].iter().collect();
        marks.iter().map(cut).collect()
    };
    assert_eq!(shown(&article.title, &first.title_highlights), ["ferry"]);
    for found in [first, second] {
        let snippet = found.snippet.as_ref().expect("a snippet");
        assert!(shown(&snippet.text, &snippet.highlights).contains(&"ferry".to_owned()));
        let text = &found.article.as_ref().expect("an article").text;
        assert!(text.replace('\n', " ").contains(&snippet.text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_a_search_as_they_narrow_a_list() {
    let (mut app, _database) = TestApp::start().await;
    let ferry = v1::RawArticle {
        published_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        ..text("ferry", STORY)
    };
    let ferry = app.process(ferry).await;
    let mut other = text(
        "other",
        "Ferry strike in Porto\n\nThe ferry crews of Porto began a strike on Monday, Maria Lopes reported.",
    );
    other.source = "the \"wire\"\\".to_owned();
    app.process(other).await;
    let nato =
        ferry.entities.iter().find(|entity| entity.name == "NATO").expect("is named").entity_id.clone();
    for (filter, expected) in [
        ("", vec!["ferry", "other"]),
        ("source = test", vec!["ferry"]),
        (r#"source = "the \"wire\"\\""#, vec!["other"]),
        ("language = en AND state = PROCESSED", vec!["ferry", "other"]),
        ("state = FAILED", vec![]),
        ("entity.name = nato", vec!["ferry"]),
        ("entity.name = nato AND entity.type = ORG", vec!["ferry"]),
        ("entity.name = nato AND entity.type = PERSON", vec![]),
        ("(entity.name = porto OR entity.name = nato)", vec!["ferry", "other"]),
        ("speaker = \"Helena DUARTE\"", vec!["ferry"]),
        ("speaker:\"NATO\"", vec![]),
        (
            "published_time >= \"2023-11-14T00:00:00Z\" AND published_time < \"2023-11-15T00:00:00Z\"",
            vec!["ferry"],
        ),
        ("published_time > \"2023-11-14T22:13:20Z\"", vec![]),
        ("published_time <= \"2023-11-14T22:13:20Z\"", vec!["ferry"]),
        ("accepted_time < \"2023-11-14T22:13:20Z\"", vec![]),
        ("accepted_time > \"2023-11-14T22:13:20Z\"", vec!["ferry", "other"]),
    ] {
        assert_eq!(sorted(found(&mut app, "ferry", filter).await), expected, "{filter}");
        let request = v1::ListArticlesRequest { filter: filter.to_owned(), ..Default::default() };
        let listed = within(app.articles.list_articles(request)).await.expect("is answered").into_inner();
        let listed = listed.articles.into_iter().map(|article| article.external_id).collect();
        assert_eq!(sorted(listed), expected, "a list with {filter}");
    }
    assert_eq!(found(&mut app, "ferry", &format!("entity.id = {nato}")).await, ["ferry"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_every_match_once_while_articles_come_in() {
    let (mut app, _database) = TestApp::start().await;
    let story = |number: usize| {
        text(
            &number.to_string(),
            &format!("Ferry number {number}\n\nThe ferry sails at {number} past nine from Lisbon."),
        )
    };
    for number in 0..25 {
        app.process(story(number)).await;
    }
    let mut seen = Vec::new();
    let mut request = v1::SearchArticlesRequest { page_size: 7, ..query("ferry") };
    let mut extra = 100;
    loop {
        let page = search(&mut app, request.clone()).await;
        seen.extend(page.results.into_iter().map(|found| found.article.expect("an article").external_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        app.process(story(extra)).await;
        extra += 1;
    }
    let numbers: std::collections::BTreeSet<usize> =
        seen.iter().map(|id| id.parse().expect("a number")).collect();
    assert_eq!(seen.len(), 25);
    assert_eq!(numbers, (0..25).collect());
    let strange = v1::SearchArticlesRequest { query: "lisbon".to_owned(), ..request };
    let refused = within(app.articles.search_articles(strange)).await.expect_err("is of another search");
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_published_long_before_it_came_is_found_page_by_page() {
    let (mut app, _database) = TestApp::start().await;
    // 2026-01-10 and, outside of what is asked for, 2026-03-01.
    for (index, seconds) in
        [1_768_000_000, 1_768_050_000, 1_768_100_000, 1_772_400_000].into_iter().enumerate()
    {
        let published_time = Some(prost_types::Timestamp { seconds, nanos: 0 });
        app.process(v1::RawArticle { published_time, ..text(&index.to_string(), STORY) }).await;
    }
    let filter = "published_time >= \"2026-01-01T00:00:00Z\" AND published_time < \"2026-02-01T00:00:00Z\"";
    let mut request = v1::SearchArticlesRequest { filter: filter.to_owned(), page_size: 2, ..query("ferry") };
    let mut ids = Vec::new();
    loop {
        let page = search(&mut app, request.clone()).await;
        ids.extend(page.results.into_iter().map(|found| found.article.expect("an article").external_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(sorted(ids), ["0", "1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_is_found_by_its_newest_result_and_not_once_it_is_deleted() {
    let database = database().await;
    let options = faulty(|draft| assert_ne!(draft.title.as_deref(), Some("Poison"), "boom"));
    let mut app = TestApp::start_on(&database.url, &[], options).await;
    let first = app
        .process(text("a", "Old ferry plan\n\nThe board of Lisbon wants an old ferry to sail again."))
        .await;
    app.process(text(
        "a",
        "New tunnel plan\n\nThe board of Lisbon wants a tunnel instead of all other plans.",
    ))
    .await;
    assert_eq!(found(&mut app, "ferry", "").await, Vec::<String>::new());
    assert_eq!(found(&mut app, "tunnel", "").await, ["a"]);
    let poison =
        v1::RawArticle { title: "Poison".to_owned(), ..text("a", "A third text of the same article.") };
    assert_eq!(app.process(poison).await.state(), v1::ArticleState::Failed);
    assert_eq!(found(&mut app, "tunnel", "").await, ["a"], "the newest result is still the second");
    let listed = |filter: &str| v1::ListArticlesRequest { filter: filter.to_owned(), ..Default::default() };
    for (filter, expected) in
        [("source = test AND state = FAILED", 1), ("source = test AND state = PROCESSED", 0)]
    {
        let page = within(app.articles.list_articles(listed(filter))).await.expect("lists").into_inner();
        assert_eq!(page.articles.len(), expected, "{filter}: an article is listed as its latest version");
    }
    let request = v1::DeleteArticleRequest { article_id: first.article_id, ..Default::default() };
    within(app.articles.delete_article(request)).await.expect("is deleted");
    assert_eq!(found(&mut app, "tunnel", "").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_cannot_be_answered_is_refused_with_every_fault_at_once() {
    let (mut app, _database) = TestApp::start().await;
    let request = v1::SearchArticlesRequest {
        page_size: 101,
        page_token: "made up".to_owned(),
        filter: "colour = red".to_owned(),
        ..query("-sport")
    };
    let refused = within(app.articles.search_articles(request)).await.expect_err("is refused");
    let details = refused.get_details_bad_request().expect("details");
    let mut fields: Vec<&str> =
        details.field_violations.iter().map(|violation| violation.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        (refused.code(), fields),
        (Code::InvalidArgument, vec!["filter", "page_size", "page_token", "query"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_any_kind_can_be_stored_and_searched() {
    let (mut app, _database) = TestApp::start().await;
    let quotes = "' '' \\ \\' :* & | ! ( ) <-> ".repeat(50);
    let long = "Donaudampfschifffahrtsgesellschaft".repeat(100);
    let many: String = (0..20_000).map(|number| format!("wort{number} ")).collect();
    for (id, body) in
        [("quotes", quotes), ("long", long), ("many", many), ("names", "Anna Berg. ".repeat(3_000))]
    {
        let processed = app.process(text(id, &format!("Title of {id}\n\n{body} needle{id}"))).await;
        assert_eq!(processed.state(), v1::ArticleState::Processed, "{id}");
    }
    assert_eq!(found(&mut app, "needlequotes", "").await, ["quotes"]);
    assert_eq!(found(&mut app, "wort15000", "").await, ["many"]);
}
