//! A worker dies under load: none of its articles is lost or done twice, and the others carry on.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use copydesk_proto::v1::{
    self, article_service_client::ArticleServiceClient, feed_service_client::FeedServiceClient,
    subscribe_response::Message,
};
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use crate::nodes::{Database, Node, Role};

const PATIENCE: Duration = Duration::from_secs(120);
/// Waiting before the first worker starts, so that the queue is never empty.
const ARTICLES: usize = 3_000;
const STORY: &str = "Harbour board approves ferry line\n\n\
    The harbour board of Lisbon approved a ferry line to Barreiro on Tuesday, Reuters reported.\n\n";
/// The rate is taken over so long.
const SPAN: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_under_load_loses_nothing_and_doubles_nothing() {
    let folder = std::env::temp_dir().join(format!("copydesk-recovery-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a writable temporary folder");
    let database = Database::start(&folder).await;
    let mut front = Node::new(Role::Front, 0, database.postgres.url(), &folder).await;
    front.start(None);
    let url = format!("http://{}", front.proxy.as_ref().expect("a server").address);
    let channel = Channel::from_shared(url).expect("a URL").connect().await.expect("connects");
    fill_queue(channel.clone()).await;

    let following = tokio::spawn(follow(channel));
    let mut workers = Vec::new();
    for index in 1..=2 {
        let mut worker = Node::new(Role::Worker, index, database.postgres.url(), &folder).await;
        worker.start(None);
        workers.push(worker);
    }
    sleep(Duration::from_secs(3)).await;
    let killed = Instant::now();
    workers[0].kill();
    workers[0].start(None);

    let results = timeout(PATIENCE, following).await.expect("all is done").expect("no panic");
    assert_eq!(results.len(), ARTICLES, "every article has a result");
    assert!(results.values().all(|times| times.len() == 1), "no article has two");
    let times: Vec<Instant> = results.into_values().flatten().collect();
    report(&times, killed);
    for node in workers.iter_mut().chain([&mut front]) {
        assert!(node.stop().expect("it runs").success());
    }
    database.postgres.stop().await;
    std::fs::remove_dir_all(&folder).expect("it is ours");
}

async fn fill_queue(channel: Channel) {
    let requests = (0..ARTICLES).map(|index| v1::SubmitArticlesRequest {
        article: Some(v1::RawArticle {
            external_id: index.to_string(),
            body: Some(v1::raw_article::Body::Text(format!("{}{index}", STORY.repeat(10)))),
            ..Default::default()
        }),
        ..Default::default()
    });
    let requests = tokio_stream::iter(requests.collect::<Vec<_>>());
    let mut answers =
        ArticleServiceClient::new(channel).submit_articles(requests).await.expect("opens").into_inner();
    while answers.message().await.expect("no error").is_some() {}
}

/// When each article's results came.
async fn follow(channel: Channel) -> BTreeMap<String, Vec<Instant>> {
    let request = v1::SubscribeRequest {
        start: Some(v1::subscribe_request::Start::Beginning(true)),
        filter: Some(v1::UpdateFilter {
            kinds: vec![i32::from(v1::UpdateKind::Processed), i32::from(v1::UpdateKind::Failed)],
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut stream = FeedServiceClient::new(channel).subscribe(request).await.expect("opens").into_inner();
    let mut results: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    while results.len() < ARTICLES {
        let message = stream.message().await.expect("no error").expect("an open stream").message;
        let Some(Message::Updates(updates)) = message else { continue };
        for update in updates.updates {
            assert_eq!(update.kind(), v1::UpdateKind::Processed);
            let article = update.article.expect("an article");
            results.entry(article.external_id).or_default().push(Instant::now());
        }
    }
    results
}

/// How long it took until as many results came in a span as before.
fn report(times: &[Instant], killed: Instant) {
    let rate_in = |from: Instant| {
        let count = times.iter().filter(|time| (from..from + SPAN).contains(*time)).count();
        count as f64 / SPAN.as_secs_f64()
    };
    let before = rate_in(killed - 2 * SPAN).max(rate_in(killed - SPAN));
    let steps = (0..).map(|step| killed + SPAN / 5 * step);
    let is_back = |at: &Instant| rate_in(*at) >= 0.9 * before;
    let last = times.iter().max().expect("there are results");
    let lowest = (0..5).map(|step| rate_in(killed + SPAN / 5 * step)).fold(f64::MAX, f64::min);
    let back = steps.take_while(|at| at < last).skip_while(|at| rate_in(*at) > lowest).find(is_back);
    println!(
        "{before:.0} results a second before the kill, {lowest:.0} after it, back at nine tenths after {:?}",
        back.map(|at| at.duration_since(killed))
    );
}
