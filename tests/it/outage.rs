//! Postgres goes away under load and comes back: callers are told, nothing acknowledged is lost, nothing hangs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use copydesk::postgres::{EmbeddedPostgres, Options};
use copydesk_proto::v1;
use tokio::time::sleep;
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, from_beginning, text, within},
    cluster::TestFolder,
    http,
};

/// Clients that submit during the outage.
const LOADS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_postgres_is_told_and_nothing_acknowledged_is_lost() {
    let folder = TestFolder::new("outage");
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    let postgres = EmbeddedPostgres::start(&options).await.expect("starts");
    let url = postgres.url().to_owned();
    let mut app = TestApp::start_on(&url, &[], Default::default()).await;

    let is_over = Arc::new(AtomicBool::new(false));
    let loads_refused = Arc::new(AtomicUsize::new(0));
    let mut loads = Vec::new();
    for load in 0..LOADS {
        let (is_over, loads_refused, mut articles) =
            (is_over.clone(), loads_refused.clone(), app.articles.clone());
        loads.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            let mut refusals = Vec::new();
            for index in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let article = Some(text(&format!("{load}-{index}"), STORY));
                let request = v1::SubmitArticleRequest { article, ..Default::default() };
                match within(articles.submit_article(request)).await {
                    Ok(_) => acknowledged.push(format!("{load}-{index}")),
                    Err(status) => {
                        if refusals.is_empty() {
                            loads_refused.fetch_add(1, Ordering::Relaxed);
                        }
                        refusals.push(status);
                    }
                }
                sleep(Duration::from_millis(20)).await;
            }
            (acknowledged, refusals)
        }));
    }

    sleep(Duration::from_millis(700)).await;
    postgres.stop().await;
    within(async {
        let healthz = format!("{}/healthz", app.metrics_url);
        while !http::send(&healthz, "GET", "", b"").await.0.starts_with("HTTP/1.1 503") {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    // However long a call holds out for a connection, at least one of each load has met the outage by then.
    within(async {
        while loads_refused.load(Ordering::Relaxed) < LOADS {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let postgres = EmbeddedPostgres::start(&options).await.expect("starts again");
    assert_eq!(postgres.url(), url);
    within(async {
        while app
            .articles
            .get_article(v1::GetArticleRequest::default())
            .await
            .is_err_and(|status| status.code() == Code::Unavailable)
        {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    sleep(Duration::from_millis(700)).await;
    is_over.store(true, Ordering::Relaxed);

    let mut acknowledged = Vec::new();
    let mut refusals = Vec::new();
    for load in loads {
        let (stored, refused) = load.await.expect("no panic");
        acknowledged.extend(stored);
        refusals.extend(refused);
    }
    for status in refusals {
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        assert!(status.get_details_retry_info().is_some_and(|info| info.retry_delay.is_some()));
    }
    // What was not acknowledged may have been stored all the same, so the last one is looked for by name.
    app.process(text("last", STORY)).await;
    let mut left: std::collections::BTreeSet<String> = acknowledged.into_iter().collect();
    let mut stream = app.subscribe(from_beginning()).await;
    within(stream.until(|update| {
        let id = &update.article.as_ref().expect("an article").external_id;
        let is_processed = update.kind() == v1::UpdateKind::Processed;
        is_processed && {
            left.remove(id);
            left.is_empty()
        }
    }))
    .await;
    app.stop().await.expect("a clean end");
    postgres.stop().await;
}
