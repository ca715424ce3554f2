//! The feed: many subscribers, and one that is far behind.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, bail};
use copydesk_proto::v1::{
    self, SubmitArticlesRequest, SubscribeRequest, SubscribeResponse,
    article_service_client::ArticleServiceClient,
    feed_service_client::FeedServiceClient,
    feed_service_server::{FeedService, FeedServiceServer},
    subscribe_request::Start,
    subscribe_response::Message,
};
use sqlx::{Connection, PgConnection};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{interval, timeout},
};
use tokio_stream::{Stream, StreamExt};
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Channel, server::TcpIncoming},
};

use crate::{
    limits::rate,
    load::{Latencies, article},
    times,
};

const PATIENCE: Duration = Duration::from_secs(300);
/// Streams on one connection: what a client that shares its channel has.
const STREAMS_A_CONNECTION: usize = 50;

type Feed = Streaming<SubscribeResponse>;

/// Opens `count` subscriptions, each registered when this returns.
async fn subscribe_many(url: &str, count: usize, start: Start) -> Result<Vec<Feed>> {
    let mut feeds = Vec::new();
    let mut channel = None;
    for index in 0..count {
        if index % STREAMS_A_CONNECTION == 0 {
            channel = Some(Channel::from_shared(url.to_owned())?.connect().await?);
        }
        let channel = channel.clone().context("a channel")?;
        let request = SubscribeRequest { start: Some(start.clone()), max_batch: 1_000, ..Default::default() };
        let mut client = FeedServiceClient::new(channel).max_decoding_message_size(64 << 20);
        let mut feed = client.subscribe(request).await?.into_inner();
        match feed.message().await?.and_then(|response| response.message) {
            Some(Message::Ready(_)) => feeds.push(feed),
            other => bail!("the feed does not begin with Ready but with {other:?}"),
        }
    }
    Ok(feeds)
}

/// Reads a feed until it has told `count` updates.
async fn read(mut feed: Feed, count: usize) -> Result<Vec<SubscribeResponse>> {
    let mut seen = 0;
    let mut messages = Vec::new();
    while seen < count {
        let message = timeout(PATIENCE, feed.next()).await?.context("the feed ended")??;
        if let Some(Message::Updates(updates)) = &message.message {
            seen += updates.updates.len();
            messages.push(message);
        }
    }
    Ok(messages)
}

/// The same without keeping them.
async fn count(mut feed: Feed, count: usize) -> Result<()> {
    let mut seen = 0;
    while seen < count {
        let message = timeout(PATIENCE, feed.next()).await?.context("the feed ended")??;
        if let Some(Message::Updates(updates)) = message.message {
            seen += updates.updates.len();
        }
    }
    Ok(())
}

async fn count_all(feeds: Vec<Feed>, updates: usize) -> Result<()> {
    let mut readers = JoinSet::new();
    for feed in feeds {
        readers.spawn(count(feed, updates));
    }
    while let Some(reader) = readers.join_next().await {
        reader??;
    }
    Ok(())
}

/// Fills the log of the database with copies of what it holds, up to `updates`, while no server runs.
pub(crate) async fn fill_log(database_url: &str, updates: i64) -> Result<()> {
    let mut connection = PgConnection::connect(database_url).await?;
    sqlx::query(
        "with head as (select position from log_head)
         insert into log_events (position, kind, time, article_id, version, content)
         select head.position + number, e.kind, e.time, e.article_id, e.version, e.content
         from head, generate_series(1, $1 - head.position) as number
         join log_events e on e.position = 1 + number % (select position from log_head)",
    )
    .bind(updates)
    .execute(&mut connection)
    .await?;
    sqlx::query("update log_head set position = $1").bind(updates).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Updates per second that one subscriber gets that starts `updates` behind.
pub(crate) async fn catch_up(url: &str, updates: usize) -> Result<f64> {
    let mut feeds = subscribe_many(url, 1, Start::Beginning(true)).await?;
    let started = Instant::now();
    count(feeds.pop().context("a feed")?, updates).await?;
    Ok(rate(updates as u64, started))
}

/// What fan-out did, in updates delivered per second over all subscribers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FanOut {
    pub(crate) service: f64,
    /// Plain tonic streams of the same messages.
    pub(crate) limit: f64,
}

/// Commits `articles` while `subscribers` follow, then sends the messages that one of them got over as many bare streams.
pub(crate) async fn fan_out(url: &str, subscribers: usize, articles: u64) -> Result<FanOut> {
    let updates = usize::try_from(articles)?;
    let mut feeds = subscribe_many(url, subscribers, Start::Now(true)).await?;
    let witness = tokio::spawn(read(feeds.pop().context("a feed")?, updates));
    let mut client = ArticleServiceClient::connect(url.to_owned()).await?;
    let started = Instant::now();
    let requests = tokio_stream::iter(
        (0..articles).map(|n| SubmitArticlesRequest { article: Some(article(n)), ..Default::default() }),
    );
    let sending = tokio::spawn(async move {
        let mut answers = client.submit_articles(requests).await?.into_inner();
        while answers.message().await?.is_some() {}
        anyhow::Ok(())
    });
    count_all(feeds, updates).await?;
    let service = rate(articles * subscribers as u64, started);
    sending.await??;
    let messages = witness.await??;
    Ok(FanOut { service, limit: bare_fan_out(messages, subscribers, updates).await? })
}

async fn bare_fan_out(messages: Vec<SubscribeResponse>, subscribers: usize, updates: usize) -> Result<f64> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let go = tokio::sync::watch::Sender::new(false);
    let server = tonic::transport::Server::builder()
        .add_service(FeedServiceServer::new(Bare { messages: Arc::new(messages), go: go.subscribe() }))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
    let server = tokio::spawn(server);
    let feeds = subscribe_many(&url, subscribers, Start::Now(true)).await?;
    let started = Instant::now();
    go.send_replace(true);
    count_all(feeds, updates).await?;
    server.abort();
    Ok(rate((updates * subscribers) as u64, started))
}

/// A server that does nothing but send the same messages on every stream.
struct Bare {
    messages: Arc<Vec<SubscribeResponse>>,
    go: tokio::sync::watch::Receiver<bool>,
}

#[tonic::async_trait]
impl FeedService for Bare {
    type SubscribeStream = Pin<Box<dyn Stream<Item = Result<SubscribeResponse, Status>> + Send>>;

    async fn subscribe(
        &self,
        _: Request<SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let (messages, mut go) = (self.messages.clone(), self.go.clone());
        let ready = SubscribeResponse { message: Some(Message::Ready(Default::default())) };
        let rest = async move {
            // The sender lives as long as the measurement.
            let _ = go.wait_for(|go| *go).await;
            tokio_stream::iter((0..messages.len()).map(move |index| Ok(messages[index].clone())))
        };
        let rest = futures_util::FutureExt::flatten_stream(rest);
        Ok(Response::new(Box::pin(tokio_stream::once(Ok(ready)).chain(rest))))
    }

    async fn create_group(
        &self,
        _: Request<v1::CreateGroupRequest>,
    ) -> Result<Response<v1::CreateGroupResponse>, Status> {
        Err(not_measured())
    }

    async fn get_group(
        &self,
        _: Request<v1::GetGroupRequest>,
    ) -> Result<Response<v1::GetGroupResponse>, Status> {
        Err(not_measured())
    }

    async fn list_groups(
        &self,
        _: Request<v1::ListGroupsRequest>,
    ) -> Result<Response<v1::ListGroupsResponse>, Status> {
        Err(not_measured())
    }

    async fn delete_group(
        &self,
        _: Request<v1::DeleteGroupRequest>,
    ) -> Result<Response<v1::DeleteGroupResponse>, Status> {
        Err(not_measured())
    }

    async fn replay_parked(
        &self,
        _: Request<v1::ReplayParkedRequest>,
    ) -> Result<Response<v1::ReplayParkedResponse>, Status> {
        Err(not_measured())
    }

    type ConsumeStream = Pin<Box<dyn Stream<Item = Result<v1::ConsumeResponse, Status>> + Send>>;

    async fn consume(
        &self,
        _: Request<Streaming<v1::ConsumeRequest>>,
    ) -> Result<Response<Self::ConsumeStream>, Status> {
        Err(not_measured())
    }
}

fn not_measured() -> Status {
    Status::unimplemented("this server only sends streams")
}

/// From commit to each of `subscribers` of the second server, while `per_second` articles a second are submitted to the
/// first for `span`.
pub(crate) async fn latency(
    [url, followed_url]: [&str; 2],
    subscribers: usize,
    per_second: u64,
    span: Duration,
) -> Result<Latencies> {
    let articles = per_second * span.as_secs();
    let mut readers = JoinSet::new();
    let mut channel = None;
    for index in 0..subscribers {
        if index % STREAMS_A_CONNECTION == 0 {
            channel = Some(Channel::from_shared(followed_url.to_owned())?.connect().await?);
        }
        let request =
            SubscribeRequest { start: Some(Start::Now(true)), max_batch: 1_000, ..Default::default() };
        let feed = times::subscribe(channel.clone().context("a channel")?, request).await?;
        readers.spawn(time_results(feed, articles));
    }
    let client = ArticleServiceClient::connect(url.to_owned()).await?;
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(per_second)?);
    let mut calls = JoinSet::new();
    for number in 0..articles {
        ticks.tick().await;
        let mut client = client.clone();
        calls.spawn(async move {
            let request = v1::SubmitArticleRequest { article: Some(article(number)), ..Default::default() };
            client.submit_article(request).await
        });
    }
    while let Some(call) = calls.join_next().await {
        call??;
    }
    let mut all = Vec::new();
    while let Some(reader) = readers.join_next().await {
        all.extend(reader??);
    }
    Ok(Latencies::new(all))
}

/// How old each update is when it comes, until `results` of them are results.
async fn time_results(mut feed: Streaming<times::Response>, results: u64) -> Result<Vec<Duration>> {
    let mut ages = Vec::new();
    let mut seen = 0;
    while seen < results {
        let message = timeout(PATIENCE, feed.next()).await?.context("the feed ended")??;
        let now = SystemTime::now();
        for update in message.committed()? {
            ages.push(now.duration_since(update.time).unwrap_or_default());
            seen += u64::from(update.is_result);
        }
    }
    Ok(ages)
}
