//! The loads: as fast as it goes, to see rates; and a trickle, to see how long one article takes.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail};
use copydesk_proto::v1::{
    RawArticle, SubmitArticleRequest, SubmitArticlesRequest, SubscribeRequest, Update, UpdateFilter,
    UpdateKind, article_service_client::ArticleServiceClient, feed_service_client::FeedServiceClient,
    raw_article::Body, submit_articles_response, subscribe_request::Start, subscribe_response::Message,
};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_stream::StreamExt;
use tonic::{Streaming, transport::Channel};

use crate::{articles::text_of, limits::rate};

/// Nothing here takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(600);

/// Rates of one load, in articles per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// Until the last submission was durable and answered.
    pub(crate) submitted: f64,
    /// Until the last result was delivered to a subscriber.
    pub(crate) delivered: f64,
}

/// Milliseconds that articles took, sorted.
#[derive(Debug)]
pub(crate) struct Latencies(Vec<f64>);

/// What the trickle showed.
#[derive(Debug)]
pub(crate) struct LightLoad {
    /// From commit (`Update.time`) to the subscriber, for the updates of kind ACCEPTED and PROCESSED.
    pub(crate) commit_to_subscriber: Latencies,
    /// From the call of SubmitArticle to its answer: durable.
    pub(crate) submit: Latencies,
    /// From the call of SubmitArticle to its result at the subscriber.
    pub(crate) submit_to_result: Latencies,
}

/// Articles per second that are durable and answered, one call each, `in_flight` calls at a time.
pub(crate) async fn submit_unary(url: &str, articles: u64, in_flight: u64) -> Result<f64> {
    let client = ArticleServiceClient::connect(url.to_owned()).await?;
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..in_flight {
        let mut client = client.clone();
        callers.spawn(async move {
            for number in (caller..articles).step_by(in_flight as usize) {
                let request = SubmitArticleRequest { article: Some(article(number)), ..Default::default() };
                client.submit_article(request).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    Ok(rate(articles, started))
}

/// Sends `articles` over one stream while a subscriber waits for all their results.
pub(crate) async fn submit_stream(url: &str, articles: u64, wants_results: bool) -> Result<Rates> {
    let subscriber = match wants_results {
        true => Some(count_results(subscribe(url).await?, articles)),
        false => None,
    };
    let mut client = ArticleServiceClient::connect(url.to_owned()).await?;
    let started = Instant::now();
    let requests = tokio_stream::iter(
        (0..articles).map(|n| SubmitArticlesRequest { article: Some(article(n)), ..Default::default() }),
    );
    let mut answers = client.submit_articles(requests).await?.into_inner();
    let mut answered = 0;
    while let Some(answer) = answers.message().await? {
        if let Some(submit_articles_response::Result::Error(error)) = answer.result {
            bail!("article {} was refused: {}", answer.index, error.message);
        }
        answered += 1;
    }
    anyhow::ensure!(answered == articles, "{answered} of {articles} articles were answered");
    let submitted = rate(articles, started);
    if let Some(subscriber) = subscriber {
        timeout(PATIENCE, subscriber).await.context("results do not come")???;
    }
    Ok(Rates { submitted, delivered: rate(articles, started) })
}

/// Sends `per_second` articles a second for `span`, and times each.
pub(crate) async fn trickle(url: &str, per_second: u64, span: Duration) -> Result<LightLoad> {
    let articles = per_second * span.as_secs();
    let mut updates = subscribe(url).await?;
    let (tell_started, mut sent) = mpsc::unbounded_channel();
    let client = ArticleServiceClient::connect(url.to_owned()).await?;
    let sender = tokio::spawn(async move {
        let mut ticks = interval(Duration::from_secs(1) / u32::try_from(per_second)?);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut calls = JoinSet::new();
        for number in 0..articles {
            ticks.tick().await;
            let (mut client, tell_started) = (client.clone(), tell_started.clone());
            calls.spawn(async move {
                let request = SubmitArticleRequest { article: Some(article(number)), ..Default::default() };
                let started = Instant::now();
                let answer = client.submit_article(request).await?.into_inner();
                let took = started.elapsed();
                let article_id = answer.article.context("an article")?.article_id;
                tell_started.send((article_id, started, took))?;
                anyhow::Ok(())
            });
        }
        while let Some(call) = calls.join_next().await {
            call??;
        }
        anyhow::Ok(())
    });

    let mut commit_to_subscriber = Vec::new();
    let mut results = std::collections::HashMap::new();
    while (results.len() as u64) < articles {
        for (update, received) in next_updates(&mut updates).await? {
            let committed = SystemTime::try_from(update.time.context("a time")?)?;
            let wall = SystemTime::now() - received.elapsed();
            commit_to_subscriber.push(wall.duration_since(committed).unwrap_or_default());
            if update.kind() == UpdateKind::Processed {
                results.insert(update.article.unwrap_or_default().article_id, received);
            }
        }
    }
    sender.await??;
    let (mut submit, mut submit_to_result) = (Vec::new(), Vec::new());
    while let Some((article_id, started, took)) = sent.recv().await {
        submit.push(took);
        let received = results.get(&article_id).context("a result of another article")?;
        submit_to_result.push(received.duration_since(started));
    }
    Ok(LightLoad {
        commit_to_subscriber: Latencies::new(commit_to_subscriber),
        submit: Latencies::new(submit),
        submit_to_result: Latencies::new(submit_to_result),
    })
}

impl Latencies {
    pub(crate) fn new(durations: Vec<Duration>) -> Latencies {
        let mut milliseconds: Vec<f64> = durations.iter().map(|took| took.as_secs_f64() * 1e3).collect();
        milliseconds.sort_by(f64::total_cmp);
        Latencies(milliseconds)
    }

    /// The value that `percent` of all do not exceed; 0 if there are none.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

pub(crate) fn article(number: u64) -> RawArticle {
    RawArticle { source: "bench".to_owned(), body: Some(Body::Text(text_of(number))), ..Default::default() }
}

type Feed = Streaming<copydesk_proto::v1::SubscribeResponse>;

/// A subscription that nothing sent from now on escapes.
async fn subscribe(url: &str) -> Result<Feed> {
    let channel = Channel::from_shared(url.to_owned())?.connect().await?;
    let filter = UpdateFilter {
        kinds: vec![UpdateKind::Accepted.into(), UpdateKind::Processed.into(), UpdateKind::Failed.into()],
        ..Default::default()
    };
    let request =
        SubscribeRequest { start: Some(Start::Now(true)), filter: Some(filter), ..Default::default() };
    let mut feed = FeedServiceClient::new(channel).subscribe(request).await?.into_inner();
    match feed.message().await?.and_then(|response| response.message) {
        Some(Message::Ready(_)) => Ok(feed),
        other => bail!("the feed does not begin with Ready but with {other:?}"),
    }
}

/// The updates of the next message that has any, each with the time of its receipt.
async fn next_updates(feed: &mut Feed) -> Result<Vec<(Update, Instant)>> {
    loop {
        let response = timeout(PATIENCE, feed.next()).await?.context("the feed ended")??;
        let received = Instant::now();
        match response.message {
            Some(Message::Updates(updates)) => {
                return Ok(updates.updates.into_iter().map(|update| (update, received)).collect());
            }
            Some(Message::Closing(closing)) => bail!("the server closed the feed: {}", closing.message),
            _ => {}
        }
    }
}

fn count_results(mut feed: Feed, articles: u64) -> JoinHandle<Result<()>> {
    tokio::spawn(async move {
        let mut results = 0;
        while results < articles {
            for (update, _) in next_updates(&mut feed).await? {
                match update.kind() {
                    UpdateKind::Processed => results += 1,
                    UpdateKind::Failed => bail!("an article failed: {update:?}"),
                    UpdateKind::Accepted
                    | UpdateKind::Deleted
                    | UpdateKind::Reprocessed
                    | UpdateKind::DuplicateFound
                    | UpdateKind::Unspecified => {}
                }
            }
        }
        Ok(())
    })
}
