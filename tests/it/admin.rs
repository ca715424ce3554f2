//! AdminService: the queue and its failures, models, and name lists that every process uses.

use std::time::Duration;

use copydesk::server::ServeOptions;
use copydesk_proto::v1::{self, admin_service_client::AdminServiceClient};
use tonic::{Code, transport::Channel};
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, text, within},
    cluster::database,
    queue::faulty,
};

async fn admin(app: &TestApp) -> AdminServiceClient<Channel> {
    within(AdminServiceClient::connect(app.url.clone())).await.expect("connects")
}

fn list(name: &str, content: &str) -> v1::PutGazetteerRequest {
    v1::PutGazetteerRequest {
        name: name.to_owned(),
        options: Some(v1::GazetteerOptions { fold_case: true, fold_diacritics: true, inside_words: false }),
        format: i32::from(v1::GazetteerFormat::Csv),
        content: content.as_bytes().to_vec(),
    }
}

async fn analyze(app: &mut TestApp, article: v1::RawArticle) -> v1::Article {
    let request = v1::AnalyzeRequest { article: Some(article), ..Default::default() };
    within(app.analysis.analyze(request))
        .await
        .expect("is analyzed")
        .into_inner()
        .article
        .expect("an article")
}

/// Analyzes until the lists in use say so; every process loads them by itself.
async fn until(
    app: &mut TestApp,
    article: v1::RawArticle,
    is_so: impl Fn(&v1::Article) -> bool,
) -> v1::Article {
    within(async {
        loop {
            let analyzed = analyze(app, article.clone()).await;
            if is_so(&analyzed) {
                return analyzed;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gazetteer_is_used_by_every_process_decides_type_and_links_and_goes_when_deleted() {
    let database = database().await;
    let mut one = TestApp::start_on(&database.url, &[], Default::default()).await;
    let mut two = TestApp::start_on(&database.url, &[], Default::default()).await;
    let content = "name,type,id,links\nharbour board,COMMITTEE,hb-1,wikidata=Q42\nBarreiro,GPE,b-2,\n";
    let mut client = admin(&one).await;
    let stored =
        within(client.put_gazetteer(list("harbour", content))).await.expect("is stored").into_inner();
    assert_eq!((stored.gazetteer.expect("a list").entry_count, stored.problems.len()), (2, 0));

    for app in [&mut one, &mut two] {
        let is_listed = |article: &v1::Article| article.entities.iter().any(|e| e.gazetteer == "harbour");
        let article = until(app, text("", STORY), is_listed).await;
        let board = article.entities.iter().find(|e| e.custom_type == "COMMITTEE").expect("the board");
        assert_eq!((board.name.as_str(), board.r#type()), ("harbour board", v1::EntityType::Custom));
        let links: Vec<_> = board.links.iter().map(|link| (link.scheme.as_str(), link.id.as_str())).collect();
        assert_eq!(links, [("harbour", "hb-1"), ("wikidata", "Q42")]);
        let surfaces: Vec<&str> = board.mentions.iter().map(|mention| mention.text.as_str()).collect();
        assert_eq!(surfaces, ["harbour board"]);
        assert!(board.mentions.iter().all(|mention| mention.probability == 1.0));
        let person = article.entities.iter().find(|e| e.name == "Helena Duarte").expect("the recognizer's");
        assert_eq!(person.gazetteer, "");
    }

    let lists =
        within(client.list_gazetteers(v1::ListGazetteersRequest {})).await.expect("a list").into_inner();
    assert_eq!(lists.gazetteers.len(), 1);
    let delete = v1::DeleteGazetteerRequest { name: "harbour".to_owned() };
    within(client.delete_gazetteer(delete.clone())).await.expect("is deleted");
    assert_eq!(within(client.delete_gazetteer(delete)).await.expect_err("is gone").code(), Code::NotFound);
    until(&mut two, text("", STORY), |article| article.entities.iter().all(|e| e.gazetteer.is_empty())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_in_a_language_without_a_model_is_still_matched_against_gazetteers() {
    let (mut app, _database) = TestApp::start().await;
    let french = "Le port\n\nLe conseil du port a approuvé mardi une nouvelle ligne de bateaux entre Barreiro et la \
                  rive nord, selon le journal local et plusieurs élus de la région.";
    within(admin(&app).await.put_gazetteer(list("places", "name,type\nBarreiro,GPE\n")))
        .await
        .expect("is stored");
    let article = until(&mut app, text("", french), |article| !article.entities.is_empty()).await;
    let language = article.language.expect("a language");
    assert_eq!((language.code.as_str(), language.supported), ("fr", false));
    assert_eq!((article.entities.len(), article.entities[0].name.as_str()), (1, "Barreiro"));
    assert_eq!(article.pipeline.expect("a pipeline").model, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_lines_of_a_gazetteer_are_named_and_a_list_without_a_good_one_is_refused() {
    let (app, _database) = TestApp::start().await;
    let mut client = admin(&app).await;
    let content = "name,type\nLisbon,GPE\n,GPE\n";
    let stored = within(client.put_gazetteer(list("mixed", content))).await.expect("is stored").into_inner();
    assert_eq!(stored.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [3]);

    let refused = within(client.put_gazetteer(list("bad name!", ""))).await.expect_err("is refused");
    let fields: Vec<String> = refused
        .get_details_bad_request()
        .expect("details")
        .field_violations
        .into_iter()
        .map(|v| v.field)
        .collect();
    assert_eq!(fields, ["name", "content"]);
    let refused = within(client.put_gazetteer(list("none", "name,type\n,\n"))).await.expect_err("is refused");
    assert_eq!(refused.get_details_bad_request().expect("details").field_violations[0].field, "content");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_articles_are_listed_with_their_reason_and_can_be_tried_again() {
    let database = database().await;
    let options = faulty(|draft| assert_ne!(draft.external_id.as_deref(), Some("poison"), "boom"));
    let mut app = TestApp::start_on(&database.url, &[], options).await;
    let failed = app.process(text("poison", STORY)).await;
    app.process(text("sound", STORY)).await;
    let mut client = admin(&app).await;
    let request = v1::ListFailedArticlesRequest { source: "test".to_owned(), ..Default::default() };
    let listed = within(client.list_failed_articles(request)).await.expect("a page").into_inner();
    let ids: Vec<String> = listed
        .failed_articles
        .iter()
        .filter_map(|f| f.article.as_ref().map(|a| a.external_id.clone()))
        .collect();
    assert_eq!(ids, ["poison"]);
    app.stop().await.expect("a clean end");

    // The next release can read it.
    let mut app = TestApp::start_on(&database.url, &[], ServeOptions::default()).await;
    let mut client = admin(&app).await;
    let request = v1::RetryArticlesRequest { article_ids: vec![failed.article_id.clone()] };
    let retried = within(client.retry_articles(request.clone())).await.expect("is put back").into_inner();
    assert_eq!(retried.retried_article_ids, std::slice::from_ref(&failed.article_id));
    let again = app.process(text("poison", STORY)).await;
    assert_eq!((again.state(), again.article_id), (v1::ArticleState::Processed, failed.article_id));
    let retried = within(client.retry_articles(request)).await.expect("is no error").into_inner();
    assert_eq!(retried.retried_article_ids, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_counted_by_source_and_the_pipeline_names_its_model() {
    let database = database().await;
    let mut app =
        TestApp::start_on(&database.url, &[], ServeOptions { no_workers: true, ..Default::default() }).await;
    for index in 0..3 {
        app.submit(text(&index.to_string(), STORY)).await;
    }
    app.submit(v1::RawArticle { source: "other".to_owned(), ..text("x", STORY) }).await;
    let mut client = admin(&app).await;
    let queue = within(client.get_queue(v1::GetQueueRequest {})).await.expect("is counted").into_inner();
    let sources: Vec<_> = queue.sources.iter().map(|part| (part.source.as_str(), part.depth)).collect();
    assert_eq!((queue.depth, queue.leased, sources), (4, 0, vec![("test", 3), ("other", 1)]));
    assert!(queue.oldest_age.is_some());
    let pipeline =
        within(client.get_pipeline(v1::GetPipelineRequest {})).await.expect("is there").into_inner();
    assert_eq!(pipeline.models[0].name, "en_core_web_md-3.8.0");
    assert!(pipeline.models[0].labels.iter().any(|label| label == "PERSON"));
}
