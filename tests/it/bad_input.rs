//! Bad input is normal: a clear error that names the field, or a recorded note; never a crash, a hang or a silent loss.

use copydesk_proto::v1::{self, raw_article::Body};
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, text, within},
    cluster::database,
};

fn page(name: &str, content: Vec<u8>, content_type: &str) -> v1::RawArticle {
    let page = v1::Page { content, content_type: content_type.to_owned() };
    v1::RawArticle { body: Some(Body::Page(page)), ..text(name, "") }
}

fn html(name: &str, html: String) -> v1::RawArticle {
    v1::RawArticle { body: Some(Body::Html(html)), ..text(name, "") }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_body_is_the_article_ends_and_the_service_goes_on() {
    let (mut app, _database) = TestApp::start().await;
    let paragraph =
        "<p>The harbour board of Lisbon approved a ferry line on Tuesday, Reuters reported.</p>\n";
    let noise: Vec<u8> = (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let utf16: Vec<u8> = STORY.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases = [
        page("bytes that are no text", noise, "application/octet-stream"),
        page("a picture", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0; 5_000]].concat(), "image/png"),
        page("UTF-16 without a mark", utf16, "text/plain"),
        page("an unknown charset", STORY.as_bytes().to_vec(), "text/plain; charset=klingon"),
        html("20 MB of paragraphs", paragraph.repeat((20 << 20) / paragraph.len())),
        html(
            "nesting 100,000 deep",
            format!("{}{paragraph}{}", "<div>".repeat(100_000), "</div>".repeat(100_000)),
        ),
        html("unclosed everything", format!("<html><body>{}", "<div><p><b><i>Text ".repeat(20_000))),
        html("a million attributes", format!("<p {}>{STORY}</p>", "a=1 ".repeat(1_000_000))),
        html("only a script", "<script>for (;;) {}</script>".to_owned()),
        text("white space", " \n\t\u{a0}\n "),
        text(
            "control characters",
            "A body with \0 and \u{1} and \u{feff} and \u{202e} in it, for good measure.",
        ),
        text("one long word", &"x".repeat(2_000_000)),
        text("only quotation marks", &"“”\"'«»".repeat(1_000)),
        text("only names", &"Ana Reyes, Luis Duarte, NATO, Lisbon. ".repeat(2_000)),
    ];
    for case in cases {
        let name = case.external_id.clone();
        let article = app.process(case).await;
        assert_eq!(article.state(), v1::ArticleState::Processed, "{name}");
        let is_explained = !article.text.is_empty() || !article.notes.is_empty();
        assert!(is_explained, "{name}: neither text nor a note");
        for paragraph in &article.paragraphs {
            let span = paragraph.span.expect("a span");
            assert!(
                span.begin <= span.end && article.text.get(span.begin as usize..span.end as usize).is_some()
            );
        }
    }
    assert_eq!(app.process(text("afterwards", STORY)).await.state(), v1::ArticleState::Processed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_the_limit_is_refused_with_the_limit() {
    let database = database().await;
    let mut app = TestApp::start_on(&database.url, &["--max-body-bytes", "100000"], Default::default()).await;
    let mut refused = async |bytes: usize| {
        let request = v1::SubmitArticleRequest {
            article: Some(text("large", &"x".repeat(bytes))),
            ..Default::default()
        };
        within(app.articles.submit_article(request)).await.expect_err("is refused")
    };
    let above = refused(100_001).await;
    assert_eq!(above.code(), Code::InvalidArgument);
    let violation = above.get_details_bad_request().expect("details").field_violations.remove(0);
    assert_eq!(violation.field, "article.text");
    assert!(violation.description.contains("at most 100000"), "{}", violation.description);
    // Far above it the message is not even taken in.
    assert!(matches!(refused(1_000_000).await.code(), Code::OutOfRange | Code::ResourceExhausted));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_ids_versions_and_numbers_out_of_range_are_named() {
    let (mut app, _database) = TestApp::start().await;
    let mut fields = async |article: v1::RawArticle| {
        let request = v1::AnalyzeRequest {
            article: Some(article),
            features: vec![0, 42],
            offset_encoding: -7,
            ..Default::default()
        };
        let refused = within(app.analysis.analyze(request)).await.expect_err("is refused");
        let details = refused.get_details_bad_request().expect("details");
        details.field_violations.into_iter().map(|violation| violation.field).collect::<Vec<_>>()
    };
    for seconds in [i64::MIN, i64::MAX, 253_402_300_800] {
        let time = Some(prost_types::Timestamp { seconds, nanos: 0 });
        let article = v1::RawArticle { published_time: time, ..text("time", STORY) };
        assert_eq!(
            fields(article).await,
            ["offset_encoding", "features", "features", "article.published_time"]
        );
    }
    assert_eq!(app.get("not an id").await.expect_err("is refused").code(), Code::InvalidArgument);
    let missing = app.get("00000000-0000-7000-8000-000000000000").await.expect_err("is not there");
    assert_eq!(missing.code(), Code::NotFound);
    let stored = app.process(text("1", STORY)).await;
    let request = v1::GetArticleRequest { article_id: stored.article_id, version: -3, ..Default::default() };
    assert_eq!(
        within(app.articles.get_article(request)).await.expect_err("no version").code(),
        Code::NotFound
    );
    let batch = v1::BatchGetArticlesRequest { article_ids: vec![], ..Default::default() };
    let refused = within(app.articles.batch_get_articles(batch)).await.expect_err("is refused");
    assert_eq!(refused.code(), Code::InvalidArgument);
}
