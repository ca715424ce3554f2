//! What the registry knows of an article goes with the article, and changes with its result.

use std::time::Duration;

use copydesk::server::ServeOptions;
use copydesk_proto::v1::{self, admin_service_client::AdminServiceClient};
use tokio::time::sleep;

use crate::{
    app::{TestApp, within},
    cluster::database,
    entities::{FERRY, entities, get, id_of, mentions, story},
    reprocess::{by_ids, put_gazetteer, reprocess},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_retention_takes_is_in_no_mention_and_no_timeline() {
    let database = database().await;
    let flags = ["--article-partition-hours", "0.0005", "--retain-articles-count", "1"];
    let mut app = TestApp::start_on(&database.url, &flags, ServeOptions::default()).await;
    let old = app.process(story("old", FERRY)).await;
    let lisbon = id_of(&old, "Lisbon");
    // Partitions are a little less than two seconds wide.
    sleep(Duration::from_secs(2)).await;
    let new = app.process(story("new", FERRY)).await;
    assert_eq!(id_of(&new, "Lisbon"), lisbon);
    let mut client = entities(&app).await;
    within(async {
        while get(&mut client, &lisbon).await.entity.expect("an entity").article_count > 1 {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    assert_eq!(mentions(&mut client, &lisbon).await, [new.article_id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_result_takes_the_place_of_the_earlier_ones_mentions_and_counts_once() {
    let (mut app, _database) = TestApp::start().await;
    let body = format!("{FERRY}\n\nThe boats leave from Doca Velha every hour.");
    let article = app.process(story("ferry", &body)).await;
    let lisbon = id_of(&article, "Lisbon");
    let mut client = entities(&app).await;

    put_gazetteer(&app, "Doca Velha").await;
    reprocess(&mut app, by_ids(&[&article.article_id])).await;
    let with_list = until_processed_since(&mut app, &article).await;
    let pier = with_list.entities.iter().find(|entity| entity.custom_type == "PIER").expect("the pier");
    let pier = pier.entity_id.clone();
    assert_eq!(id_of(&with_list, "Lisbon"), lisbon);
    for id in [&pier, &lisbon] {
        assert_eq!(mentions(&mut client, id).await, std::slice::from_ref(&article.article_id), "{id}");
    }

    let mut admin = AdminServiceClient::connect(app.url.clone()).await.expect("connects");
    let request = v1::DeleteGazetteerRequest { name: "harbour".to_owned() };
    within(admin.delete_gazetteer(request)).await.expect("is deleted");
    within(async {
        loop {
            let pipeline = admin.get_pipeline(v1::GetPipelineRequest {}).await.expect("answers").into_inner();
            if pipeline.gazetteers.is_empty() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    reprocess(&mut app, by_ids(&[&article.article_id])).await;
    let without = until_processed_since(&mut app, &with_list).await;
    assert!(without.entities.iter().all(|entity| entity.custom_type != "PIER"));
    assert_eq!(mentions(&mut client, &pier).await, Vec::<String>::new());
    assert_eq!(mentions(&mut client, &lisbon).await, [article.article_id]);
}

/// The article once it has another result than this one.
async fn until_processed_since(app: &mut TestApp, before: &v1::Article) -> v1::Article {
    within(async {
        loop {
            let now = app.get(&before.article_id).await.expect("is there");
            if now.etag != before.etag {
                return now;
            }
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
}
