//! The connection and the unary calls, each with retries.
//!
//! Streams are in `submit_all` and `subscription`; both start from a `Client`.

use std::time::Duration;

use copydesk_proto::v1::{
    self, analysis_service_client::AnalysisServiceClient, article_service_client::ArticleServiceClient,
    feed_service_client::FeedServiceClient,
};
use futures_util::{Stream, stream};
use tonic::{
    Code, Request, Status,
    transport::{Channel, Endpoint},
};

use crate::{
    Error, RetryPolicy, Stored, Submission, SubmitAll, Subscription, SubscriptionOptions,
    retry::{is_worth_a_retry, server_delay},
};

/// An answer holds a whole article with its removed pieces and mentions: several times the largest body.
const MAX_ANSWER_BYTES: usize = 256 << 20;

/// What a read returns of an article.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Reading {
    /// 0: the latest.
    pub version: i32,
    /// Unspecified: full.
    pub view: v1::ArticleView,
    /// Unspecified: bytes of UTF-8.
    pub offset_encoding: v1::OffsetEncoding,
    /// Mentions below it are left out; 0 keeps all.
    pub min_probability: f32,
}

/// A connection to one server. Cheap to clone; all clones share the connection, which mends itself.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
    retry: RetryPolicy,
    call_timeout: Duration,
}

impl Client {
    /// Connects to `http://host:port`. Fails at once when nothing answers there; see [`Client::lazy`] for a client that
    /// waits for the server to come up.
    pub async fn connect(url: &str) -> Result<Client, Error> {
        let endpoint = endpoint(url)?;
        match endpoint.connect().await {
            Ok(channel) => Ok(Client::from_channel(channel)),
            Err(source) => Err(Error::Unreachable { url: url.to_owned(), source }),
        }
    }

    /// Connects with the first call. Must be called in a tokio runtime.
    pub fn lazy(url: &str) -> Result<Client, Error> {
        Ok(Client::from_channel(endpoint(url)?.connect_lazy()))
    }

    /// Over a channel of the caller's own making: TLS, a Unix socket, a balanced set of servers.
    pub fn from_channel(channel: Channel) -> Client {
        Client { channel, retry: RetryPolicy::default(), call_timeout: Duration::from_secs(90) }
    }

    /// The connection, for calls of the contract that have no method here.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// With another patience.
    pub fn with_retry(mut self, retry: RetryPolicy) -> Client {
        self.retry = retry;
        self
    }

    /// With another deadline for every try of a unary call; 90 seconds unless set, a little more than a submission that
    /// waits for its result takes at most.
    pub fn with_call_timeout(mut self, call_timeout: Duration) -> Client {
        self.call_timeout = call_timeout;
        self
    }

    /// Stores one article. Durable when it returns.
    pub async fn submit(&self, submission: impl Into<Submission>) -> Result<Stored, Error> {
        let request = submission.into().as_unary();
        let answer = self
            .with_retries(&request, |client, request| async move {
                client.articles().submit_article(request).await
            })
            .await?;
        let article = answer.article.ok_or(Error::Protocol("a submission's answer holds no article"))?;
        Ok(Stored { article, already_known: answer.already_known })
    }

    /// Stores many over one stream, with at most `max_in_flight` (at least 1) sent and not yet answered. Reads
    /// `submissions` only as fast as the server answers. See [`SubmitAll`] for order and failures.
    pub fn submit_all<S>(&self, submissions: S, max_in_flight: usize) -> SubmitAll
    where
        S: Stream<Item = Submission> + Send + 'static,
    {
        SubmitAll::start(self.clone(), submissions, max_in_flight)
    }

    /// One article.
    pub async fn get(&self, article_id: &str, reading: Reading) -> Result<v1::Article, Error> {
        let request = v1::GetArticleRequest {
            article_id: article_id.to_owned(),
            version: reading.version,
            view: reading.view as i32,
            offset_encoding: reading.offset_encoding as i32,
            min_probability: reading.min_probability,
        };
        let answer =
            self.with_retries(&request, |client, request| async move {
                client.articles().get_article(request).await
            })
            .await?;
        answer.article.ok_or(Error::Protocol("a read's answer holds no article"))
    }

    /// One page of articles, newest first.
    pub async fn list(&self, request: v1::ListArticlesRequest) -> Result<v1::ListArticlesResponse, Error> {
        self.with_retries(&request, |client, request| async move {
            client.articles().list_articles(request).await
        })
        .await
    }

    /// All articles of all pages, fetched as they are read. Ends after the first error.
    pub fn list_all(
        &self,
        request: v1::ListArticlesRequest,
    ) -> impl Stream<Item = Result<v1::Article, Error>> + Send + use<> {
        let start = Pager { client: self.clone(), next: Some(request), page: Vec::new().into_iter() };
        stream::unfold(start, |mut pager| async move {
            loop {
                if let Some(article) = pager.page.next() {
                    return Some((Ok(article), pager));
                }
                let mut request = pager.next.take()?;
                match pager.client.list(request.clone()).await {
                    Ok(answer) => {
                        pager.page = answer.articles.into_iter();
                        if !answer.next_page_token.is_empty() {
                            request.page_token = answer.next_page_token;
                            pager.next = Some(request);
                        }
                    }
                    Err(error) => return Some((Err(error), pager)),
                }
            }
        })
    }

    /// One page of matches, best first.
    pub async fn search(
        &self,
        request: v1::SearchArticlesRequest,
    ) -> Result<v1::SearchArticlesResponse, Error> {
        self.with_retries(&request, |client, request| async move {
            client.articles().search_articles(request).await
        })
        .await
    }

    /// Asks to process articles again. With a `request_id` a retry asks for nothing twice.
    pub async fn reprocess(
        &self,
        request: v1::ReprocessArticlesRequest,
    ) -> Result<v1::ReprocessArticlesResponse, Error> {
        self.with_retries(&request, |client, request| async move {
            client.articles().reprocess_articles(request).await
        })
        .await
    }

    /// How far that is.
    pub async fn reprocessing(&self, operation_id: &str) -> Result<v1::ReprocessingOperation, Error> {
        let request = v1::GetReprocessingRequest { operation_id: operation_id.to_owned() };
        let answer = self
            .with_retries(&request, |client, request| async move {
                client.articles().get_reprocessing(request).await
            })
            .await?;
        answer.operation.ok_or(Error::Protocol("the answer holds no operation"))
    }

    /// Deletes an article with all its versions. With an etag, only if it is still the current one.
    pub async fn delete(&self, article_id: &str, etag: Option<&str>) -> Result<(), Error> {
        let request = v1::DeleteArticleRequest {
            article_id: article_id.to_owned(),
            etag: etag.unwrap_or_default().to_owned(),
        };
        let mut attempts = 0;
        let deleted = self
            .with_retries(&request, |client, request| {
                attempts += 1;
                async move { client.articles().delete_article(request).await }
            })
            .await;
        match deleted {
            // An earlier try got through and only its answer was lost.
            Err(Error::Status(status)) if status.code() == Code::NotFound && attempts > 1 => Ok(()),
            other => other.map(|v1::DeleteArticleResponse {}| ()),
        }
    }

    /// What the pipeline would make of an article; nothing is stored.
    pub async fn analyze(&self, request: v1::AnalyzeRequest) -> Result<v1::Article, Error> {
        let answer = self
            .with_retries(&request, |client, request| async move { client.analysis().analyze(request).await })
            .await?;
        answer.article.ok_or(Error::Protocol("an analysis holds no article"))
    }

    /// Follows the feed. Connects when first read.
    pub fn subscribe(&self, options: SubscriptionOptions) -> Subscription {
        Subscription::new(self.clone(), options)
    }

    pub(crate) fn retry_policy(&self) -> &RetryPolicy {
        &self.retry
    }

    pub(crate) fn articles(&self) -> ArticleServiceClient<Channel> {
        ArticleServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub(crate) fn feed(&self) -> FeedServiceClient<Channel> {
        FeedServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    /// Sends again what a stream's answer says may pass; the answer of the last try.
    pub(crate) async fn submit_again(
        &self,
        submission: &Submission,
        first: Status,
    ) -> Result<Stored, Status> {
        let mut status = first;
        let mut failures = 1;
        while failures < self.retry.max_attempts && is_worth_a_retry(&status) {
            tokio::time::sleep(self.retry.delay(failures, server_delay(&status))).await;
            match self.articles().submit_article(self.call(submission.as_unary())).await {
                Ok(answer) => match answer.into_inner() {
                    v1::SubmitArticleResponse { article: Some(article), already_known } => {
                        return Ok(Stored { article, already_known });
                    }
                    v1::SubmitArticleResponse { article: None, .. } => {
                        return Err(Status::internal("a submission's answer holds no article"));
                    }
                },
                Err(next) => status = next,
            }
            failures += 1;
        }
        Err(status)
    }

    fn analysis(&self) -> AnalysisServiceClient<Channel> {
        AnalysisServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    fn call<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.call_timeout);
        request
    }

    pub(crate) async fn with_retries<M, T, F>(
        &self,
        message: &M,
        mut attempt: impl FnMut(Client, Request<M>) -> F,
    ) -> Result<T, Error>
    where
        M: Clone,
        F: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        let mut failures = 0;
        loop {
            let status = match attempt(self.clone(), self.call(message.clone())).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => status,
            };
            failures += 1;
            if failures >= self.retry.max_attempts || !is_worth_a_retry(&status) {
                return Err(status.into());
            }
            tokio::time::sleep(self.retry.delay(failures, server_delay(&status))).await;
        }
    }
}

struct Pager {
    client: Client,
    /// None: no page follows.
    next: Option<v1::ListArticlesRequest>,
    page: std::vec::IntoIter<v1::Article>,
}

fn endpoint(url: &str) -> Result<Endpoint, Error> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .ok()
        // "localhost:50051" parses too, as a host without a scheme that nothing can be sent to.
        .filter(|endpoint| endpoint.uri().scheme().is_some())
        .ok_or_else(|| Error::Url { url: url.to_owned() })?
        .connect_timeout(Duration::from_secs(5))
        .tcp_nodelay(true)
        // A peer that vanished without a word would otherwise leave a quiet subscription waiting for ever.
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .keep_alive_while_idle(true);
    Ok(endpoint)
}
