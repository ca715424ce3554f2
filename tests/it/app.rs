//! A real server on a database of its own, with real clients, in this process.

use std::{future::Future, time::Duration};

use copydesk::{
    config::Config,
    server::{self, Listeners, ServeOptions, ServerError},
};
use copydesk_proto::v1::{
    self, analysis_service_client::AnalysisServiceClient, article_service_client::ArticleServiceClient,
    feed_service_client::FeedServiceClient, subscribe_response::Message,
};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Streaming, transport::Channel};

use crate::cluster::{TestDatabase, database};

/// Longest wait for anything that must happen; reached only when it does not.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) metrics_url: String,
    pub(crate) articles: ArticleServiceClient<Channel>,
    pub(crate) analysis: AnalysisServiceClient<Channel>,
    pub(crate) feed: FeedServiceClient<Channel>,
    pub(crate) shutdown: CancellationToken,
    server: JoinHandle<Result<(), ServerError>>,
}

/// The settings that a test may change.
#[derive(clap::Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

impl TestApp {
    /// A server with the defaults, and its database.
    pub(crate) async fn start() -> (TestApp, TestDatabase) {
        let database = database().await;
        (TestApp::start_on(&database.url, &[], ServeOptions::default()).await, database)
    }

    pub(crate) async fn start_on(url: &str, flags: &[&str], options: ServeOptions) -> TestApp {
        TestApp::start_listening(bind().await, url, flags, options).await
    }

    /// Without workers, on an address of the test's choice.
    pub(crate) async fn start_at(url: &str, address: std::net::SocketAddr) -> TestApp {
        let options = ServeOptions { no_workers: true, ..Default::default() };
        let listener = TcpListener::bind(address).await.expect("a free port");
        TestApp::start_listening(listener, url, &[], options).await
    }

    async fn start_listening(
        listener: TcpListener,
        url: &str,
        flags: &[&str],
        options: ServeOptions,
    ) -> TestApp {
        // Tests send one story many times; those about copies say so.
        let ours = ["test", "--database-url", url, "--max-connections", "8"];
        let is_about_copies = flags.contains(&"--duplicate-days");
        let no_copies: &[&str] = if is_about_copies { &[] } else { &["--duplicate-days", "0"] };
        let flags = [&ours, flags, no_copies].concat();
        let config = <Flags as clap::Parser>::try_parse_from(flags).expect("valid flags").config;
        let listeners = Listeners { grpc: listener, metrics: bind().await };
        let grpc = format!("http://{}", listeners.grpc.local_addr().expect("bound"));
        let metrics = format!("http://{}", listeners.metrics.local_addr().expect("bound"));
        let shutdown = CancellationToken::new();
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let mut server = tokio::spawn(server::serve(listeners, config, options, shutdown.clone(), || {
            ready.send(()).expect("the test waits");
        }));
        tokio::select! {
            result = &mut server => panic!("the server ended early: {result:?}"),
            _ = is_ready => {}
        }
        // A test may hold many streams that it does not read for a while; they must not use up what the others need.
        let endpoint = Channel::from_shared(grpc.clone()).expect("a URL");
        let channel = endpoint.initial_connection_window_size(256 << 20).connect().await.expect("connects");
        TestApp {
            url: grpc,
            metrics_url: metrics,
            articles: ArticleServiceClient::new(channel.clone()).max_decoding_message_size(256 << 20),
            analysis: AnalysisServiceClient::new(channel.clone()).max_decoding_message_size(256 << 20),
            feed: FeedServiceClient::new(channel).max_decoding_message_size(256 << 20),
            shutdown,
            server,
        }
    }

    pub(crate) async fn stop(self) -> Result<(), ServerError> {
        self.shutdown.cancel();
        within(self.server).await.expect("the server does not panic")
    }

    /// Submits and waits for the end.
    pub(crate) async fn process(&mut self, article: v1::RawArticle) -> v1::Article {
        let request = v1::SubmitArticleRequest {
            article: Some(article),
            wait_for: i32::from(v1::WaitFor::Processed),
            ..Default::default()
        };
        let response = within(self.articles.submit_article(request)).await.expect("is accepted").into_inner();
        response.article.expect("an article")
    }

    pub(crate) async fn submit(&mut self, article: v1::RawArticle) -> v1::SubmitArticleResponse {
        let request = v1::SubmitArticleRequest { article: Some(article), ..Default::default() };
        within(self.articles.submit_article(request)).await.expect("is accepted").into_inner()
    }

    pub(crate) async fn get(&mut self, article_id: &str) -> Result<v1::Article, tonic::Status> {
        let request = v1::GetArticleRequest { article_id: article_id.to_owned(), ..Default::default() };
        let response = within(self.articles.get_article(request)).await?.into_inner();
        Ok(response.article.expect("an article"))
    }

    pub(crate) async fn subscribe(&mut self, request: v1::SubscribeRequest) -> Subscription {
        let stream = within(self.feed.subscribe(request)).await.expect("subscribes").into_inner();
        let mut subscription = Subscription { stream, cursor: Vec::new() };
        match subscription.next().await {
            Some(Message::Ready(ready)) => subscription.cursor = ready.start_cursor,
            other => panic!("the first message is {other:?}"),
        }
        subscription
    }
}

/// A stream whose proof of contiguity is checked at each message.
pub(crate) struct Subscription {
    stream: Streaming<v1::SubscribeResponse>,
    pub(crate) cursor: Vec<u8>,
}

impl Subscription {
    /// The next message; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let message = within(self.stream.message()).await.expect("no error")?.message.expect("a message");
        match &message {
            Message::Updates(updates) => {
                assert_eq!(updates.after_cursor, self.cursor, "a hole between two messages");
                self.cursor.clone_from(&updates.through_cursor);
            }
            Message::Progress(progress) => self.cursor.clone_from(&progress.cursor),
            Message::CaughtUp(v1::CaughtUp { cursor }) | Message::FellBehind(v1::FellBehind { cursor }) => {
                self.cursor.clone_from(cursor);
            }
            Message::Snapshot(_) | Message::Ready(_) | Message::Closing(_) => {}
        }
        Some(message)
    }

    /// Updates until `is_last` says so, that one included.
    pub(crate) async fn until(&mut self, mut is_last: impl FnMut(&v1::Update) -> bool) -> Vec<v1::Update> {
        let mut seen = Vec::new();
        while let Some(message) = self.next().await {
            if let Message::Updates(updates) = message {
                for update in updates.updates {
                    let is_end = is_last(&update);
                    seen.push(update);
                    if is_end {
                        return seen;
                    }
                }
            }
        }
        panic!("the stream ended after {} updates", seen.len());
    }
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

/// Fails the test when something that must happen does not.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("happens in time")
}

pub(crate) fn text(external_id: &str, text: &str) -> v1::RawArticle {
    v1::RawArticle {
        source: "test".to_owned(),
        external_id: external_id.to_owned(),
        body: Some(v1::raw_article::Body::Text(text.to_owned())),
        ..Default::default()
    }
}

pub(crate) fn from_beginning() -> v1::SubscribeRequest {
    v1::SubscribeRequest { start: Some(v1::subscribe_request::Start::Beginning(true)), ..Default::default() }
}

pub(crate) fn after(cursor: &[u8]) -> v1::SubscribeRequest {
    v1::SubscribeRequest {
        start: Some(v1::subscribe_request::Start::AfterCursor(cursor.to_vec())),
        ..Default::default()
    }
}

/// A short invented story.
pub(crate) const STORY: &str = "Harbour board approves new ferry line\n\n\
    The harbour board of Lisbon approved a ferry line to Barreiro on Tuesday, Reuters reported.\n\n\
    “We waited ten years for this,” said Helena Duarte, who chairs the board. Duarte said that NATO had no objection.";
