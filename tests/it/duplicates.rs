//! What was said before is said to be so: by the first that said it, once, whoever processes it.

use copydesk::server::ServeOptions;
use copydesk_proto::v1;

use crate::{
    app::{TestApp, from_beginning, text, within},
    cluster::database,
    story::{Dice, story},
};

const ON: [&str; 2] = ["--duplicate-days", "30"];

async fn start(url: &str) -> TestApp {
    TestApp::start_on(url, &ON, ServeOptions::default()).await
}

fn copy_of(article: &v1::Article) -> Option<&str> {
    article.duplicate.as_ref().map(|duplicate| duplicate.of_article_id.as_str())
}

/// The paragraphs of a story under another headline, from another source, without the last `cut`.
fn copy(name: &str, paragraphs: &[String], cut: usize) -> v1::RawArticle {
    let kept = paragraphs.len() - cut;
    let mut copy = text(name, &format!("A headline of our own\n\n{}", paragraphs[..kept].join("\n\n")));
    copy.source = format!("paper-{name}");
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_point_to_the_first_with_an_update_right_after_processed() {
    let database = database().await;
    let mut app = start(&database.url).await;
    let paragraphs = story(&mut Dice(1), 10);
    let first = app.process(copy("first", &paragraphs, 0)).await;
    let equal = app.process(copy("equal", &paragraphs, 0)).await;
    let short = app.process(copy("short", &paragraphs, 2)).await;
    let shorter = app.process(copy("shorter", &paragraphs, 3)).await;
    let other = app.process(copy("other", &story(&mut Dice(2), 10), 0)).await;
    assert_eq!((copy_of(&first), copy_of(&other)), (None, None));
    for article in [&equal, &short, &shorter] {
        assert_eq!(copy_of(article), Some(first.article_id.as_str()), "a copy of a copy is one of the first");
    }
    let similarity = |article: &v1::Article| article.duplicate.as_ref().expect("a copy").similarity;
    assert_eq!(similarity(&equal), 1.0);
    assert!((0.6..0.95).contains(&similarity(&short)), "{}", similarity(&short));
    assert_eq!(app.get(&equal.article_id).await.expect("is there").duplicate, equal.duplicate);

    let last = other.article_id.clone();
    let updates = app
        .subscribe(from_beginning())
        .await
        .until(|update| {
            update.kind() == v1::UpdateKind::Processed
                && update.article.as_ref().is_some_and(|a| a.article_id == last)
        })
        .await;
    let found: Vec<usize> =
        (0..updates.len()).filter(|index| updates[*index].kind() == v1::UpdateKind::DuplicateFound).collect();
    assert_eq!(found.len(), 3);
    for index in found {
        let [processed, found] = &updates[index - 1..=index] else { panic!("two") };
        assert_eq!(processed.kind(), v1::UpdateKind::Processed);
        assert_eq!(processed.article, found.article);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_copies_that_two_servers_process_at_once_exactly_one_is_the_first() {
    let database = database().await;
    let (mut one, mut two) = (start(&database.url).await, start(&database.url).await);
    for seed in 10..16 {
        let paragraphs = story(&mut Dice(seed), 8);
        let requests = |side: &str| -> Vec<v1::SubmitArticlesRequest> {
            (0..6)
                .map(|number| v1::SubmitArticlesRequest {
                    article: Some(copy(&format!("{side}-{seed}-{number}"), &paragraphs, number % 2)),
                    wait_for: i32::from(v1::WaitFor::Processed),
                    ..Default::default()
                })
                .collect()
        };
        let (left, right) = (requests("one"), requests("two"));
        let submit = async |app: &mut TestApp, requests: Vec<v1::SubmitArticlesRequest>| {
            let answers = app.articles.submit_articles(tokio_stream::iter(requests)).await.expect("opens");
            let mut answers = answers.into_inner();
            let mut articles = Vec::new();
            while let Some(answer) = answers.message().await.expect("no error") {
                let Some(v1::submit_articles_response::Result::Article(article)) = answer.result else {
                    panic!("{answer:?}")
                };
                articles.push(article);
            }
            articles
        };
        let (left, right) =
            within(async { tokio::join!(submit(&mut one, left), submit(&mut two, right)) }).await;
        let articles: Vec<v1::Article> = left.into_iter().chain(right).collect();
        let firsts: Vec<&v1::Article> =
            articles.iter().filter(|article| article.duplicate.is_none()).collect();
        let [first] = firsts.as_slice() else { panic!("{} are the first", firsts.len()) };
        let copies: Vec<&str> = articles.iter().filter_map(copy_of).collect();
        assert_eq!(copies, vec![first.article_id.as_str(); 11]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_article_is_a_version_and_no_copy_of_itself() {
    let database = database().await;
    let mut app = start(&database.url).await;
    let mut paragraphs = story(&mut Dice(3), 8);
    let titled = |title: &str, paragraphs: &[String]| v1::RawArticle {
        title: title.to_owned(),
        ..text("a", &paragraphs.join("\n\n"))
    };
    let first = app.process(titled("A headline", &paragraphs)).await;
    let removed = paragraphs.remove(6);
    let corrected = format!("{} It was corrected.", paragraphs[1]);
    let changed = std::mem::replace(&mut paragraphs[1], corrected);
    paragraphs.push("The paper regrets an error in an earlier version of this story.".to_owned());
    let second = app.process(titled("Another headline", &paragraphs)).await;
    assert_eq!((second.version, copy_of(&second)), (2, None));
    assert_eq!(second.article_id, first.article_id);
    // A copy of either version is one of the article.
    let copied = app.process(copy("copied", &paragraphs, 0)).await;
    assert_eq!(copy_of(&copied), Some(first.article_id.as_str()));

    let request = v1::DiffVersionsRequest { article_id: first.article_id.clone(), ..Default::default() };
    let diff = within(app.articles.diff_versions(request)).await.expect("is answered").into_inner();
    assert_eq!((diff.from_version, diff.to_version), (1, 2));
    let title = diff.title.expect("another title");
    assert_eq!((title.before.as_str(), title.after.as_str()), ("A headline", "Another headline"));
    let kinds: Vec<v1::ParagraphChangeKind> = diff.paragraphs.iter().map(v1::ParagraphChange::kind).collect();
    use v1::ParagraphChangeKind::{Added, Changed, Removed};
    assert_eq!(kinds, [Changed, Removed, Added]);
    assert_eq!(
        (diff.paragraphs[0].before.as_str(), &diff.paragraphs[0].after),
        (changed.as_str(), &paragraphs[1])
    );
    assert_eq!(
        (diff.paragraphs[1].before.as_str(), diff.paragraphs[1].after.as_str()),
        (removed.as_str(), "")
    );
    assert!(diff.paragraphs[2].after.starts_with("The paper regrets"));
    assert_eq!(diff.unchanged_count, 6);
    let request = v1::DiffVersionsRequest { article_id: first.article_id, from_version: 1, to_version: 9 };
    let missing = within(app.articles.diff_versions(request)).await.expect_err("is not there");
    assert_eq!(missing.code(), tonic::Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_first_is_followed_by_the_next_and_processing_again_changes_nothing() {
    let database = database().await;
    let mut app = start(&database.url).await;
    let paragraphs = story(&mut Dice(4), 8);
    let first = app.process(copy("first", &paragraphs, 0)).await;
    let second = app.process(copy("second", &paragraphs, 0)).await;
    let request =
        v1::ReprocessArticlesRequest { article_ids: vec![second.article_id.clone()], ..Default::default() };
    within(app.articles.reprocess_articles(request)).await.expect("is taken");
    app.subscribe(from_beginning()).await.until(|update| update.kind() == v1::UpdateKind::Reprocessed).await;
    assert_eq!(app.get(&second.article_id).await.expect("is there").duplicate, second.duplicate);

    let request = v1::DeleteArticleRequest { article_id: first.article_id.clone(), ..Default::default() };
    within(app.articles.delete_article(request)).await.expect("is deleted");
    let third = app.process(copy("third", &paragraphs, 0)).await;
    assert_eq!(copy_of(&third), Some(second.article_id.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn short_texts_are_copies_only_if_they_are_equal_and_zero_days_look_for_none() {
    let database = database().await;
    let mut app = start(&database.url).await;
    let line = "Trains between Lisbon and Porto run every hour again since this morning.";
    let first = app.process(text("a", line)).await;
    assert_eq!(copy_of(&app.process(text("b", line)).await), Some(first.article_id.as_str()));
    assert_eq!(copy_of(&app.process(text("c", &line.replace("hour", "day"))).await), None);
    assert_eq!(copy_of(&app.process(text("d", "Too short.")).await), None);
    assert_eq!(copy_of(&app.process(text("e", "Too short.")).await), None);
    app.stop().await.expect("a clean end");
    let mut app = TestApp::start_on(&database.url, &["--duplicate-days", "0"], ServeOptions::default()).await;
    assert_eq!(copy_of(&app.process(text("f", line)).await), None);
}
