//! What submitting promises, held against a fake ArticleService that refuses, breaks and remembers request ids.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step, and says where")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use copydesk_client::{
    Client, Error, RetryPolicy, Submission,
    v1::{
        self,
        article_service_server::{ArticleService, ArticleServiceServer},
        submit_articles_response::Result as Outcome,
    },
};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_stream::{
    StreamExt,
    wrappers::{ReceiverStream, TcpListenerStream},
};
use tonic::{Code, Request, Response, Status, Streaming, transport::Server};
use tonic_types::{ErrorDetails, StatusExt};

#[derive(Clone, Default)]
struct FakeArticles(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Request id -> external id of what is stored.
    stored: BTreeMap<String, String>,
    /// The next unary calls fail with these.
    failures: Vec<Status>,
    /// The stream breaks before it answers these for the first time; what it broke on is stored all the same.
    breaks_at: BTreeSet<String>,
    /// The stream refuses these once, for now.
    busy_at: BTreeSet<String>,
    streams: usize,
    most_unanswered: usize,
}

fn busy() -> Status {
    let soon = ErrorDetails::with_retry_info(Some(Duration::from_millis(5)));
    Status::with_error_details(Code::ResourceExhausted, "queue too deep", soon)
}

impl Inner {
    fn store(
        &mut self,
        request_id: String,
        article: Option<v1::RawArticle>,
    ) -> Result<(v1::Article, bool), Status> {
        let external_id = article.unwrap_or_default().external_id;
        if external_id.is_empty() {
            return Err(Status::invalid_argument("article.external_id: must be set"));
        }
        let known = self.stored.insert(request_id, external_id.clone()).is_some();
        Ok((v1::Article { external_id, ..Default::default() }, known))
    }

    fn answer(&mut self, request: v1::SubmitArticlesRequest) -> Result<v1::SubmitArticlesResponse, Status> {
        let name = request.article.as_ref().map(|article| article.external_id.clone()).unwrap_or_default();
        let request_id = request.request_id.clone();
        let stored = match self.busy_at.remove(&name) {
            true => Err(busy()),
            false => self.store(request.request_id, request.article),
        };
        if self.breaks_at.remove(&name) {
            return Err(Status::unavailable("the connection broke"));
        }
        let (result, already_known) = match stored {
            Ok((article, known)) => (Outcome::Article(article), known),
            Err(status) => {
                let details = prost::Message::decode(status.details()).ok();
                let mut error: tonic_types::Status = details.unwrap_or_default();
                (error.code, error.message) = (status.code() as i32, status.message().into());
                (Outcome::Error(error), false)
            }
        };
        Ok(v1::SubmitArticlesResponse { index: 0, request_id, already_known, result: Some(result) })
    }
}

#[tonic::async_trait]
impl ArticleService for FakeArticles {
    type SubmitArticlesStream = ReceiverStream<Result<v1::SubmitArticlesResponse, Status>>;

    async fn submit_article(
        &self,
        request: Request<v1::SubmitArticleRequest>,
    ) -> Result<Response<v1::SubmitArticleResponse>, Status> {
        let request = request.into_inner();
        let mut inner = self.0.lock().unwrap();
        // Stored before it fails: the hard case, in which only the answer is lost.
        let (article, already_known) = inner.store(request.request_id, request.article)?;
        if let Some(failure) = inner.failures.pop() {
            return Err(failure);
        }
        Ok(Response::new(v1::SubmitArticleResponse { article: Some(article), already_known }))
    }

    async fn submit_articles(
        &self,
        request: Request<Streaming<v1::SubmitArticlesRequest>>,
    ) -> Result<Response<Self::SubmitArticlesStream>, Status> {
        let this = self.clone();
        this.0.lock().unwrap().streams += 1;
        let mut requests = request.into_inner();
        let (answers, stream) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Ok(Some(first)) = requests.message().await {
                // Whatever has been sent ahead arrives while this waits.
                let mut waiting = vec![first];
                while let Ok(Ok(Some(next))) =
                    tokio::time::timeout(Duration::from_millis(10), requests.message()).await
                {
                    waiting.push(next);
                }
                let most = this.0.lock().unwrap().most_unanswered.max(waiting.len());
                this.0.lock().unwrap().most_unanswered = most;
                for request in waiting {
                    let answer = this.0.lock().unwrap().answer(request);
                    let is_broken = answer.is_err();
                    if answers.send(answer).await.is_err() || is_broken {
                        return;
                    }
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn get_article(
        &self,
        _: Request<v1::GetArticleRequest>,
    ) -> Result<Response<v1::GetArticleResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn batch_get_articles(
        &self,
        _: Request<v1::BatchGetArticlesRequest>,
    ) -> Result<Response<v1::BatchGetArticlesResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn list_articles(
        &self,
        request: Request<v1::ListArticlesRequest>,
    ) -> Result<Response<v1::ListArticlesResponse>, Status> {
        let page: usize = request.into_inner().page_token.parse().unwrap_or(0);
        let external_id = format!("page-{page}");
        let articles = vec![v1::Article { external_id, ..Default::default() }; 2];
        let next_page_token = if page < 2 { (page + 1).to_string() } else { String::new() };
        Ok(Response::new(v1::ListArticlesResponse { articles, next_page_token }))
    }

    async fn search_articles(
        &self,
        _: Request<v1::SearchArticlesRequest>,
    ) -> Result<Response<v1::SearchArticlesResponse>, Status> {
        Err(Status::unimplemented("not needed here"))
    }

    async fn diff_versions(
        &self,
        _: Request<v1::DiffVersionsRequest>,
    ) -> Result<Response<v1::DiffVersionsResponse>, Status> {
        Err(Status::unimplemented("not needed here"))
    }

    async fn reprocess_articles(
        &self,
        _: Request<v1::ReprocessArticlesRequest>,
    ) -> Result<Response<v1::ReprocessArticlesResponse>, Status> {
        Err(Status::unimplemented("not needed here"))
    }

    async fn get_reprocessing(
        &self,
        _: Request<v1::GetReprocessingRequest>,
    ) -> Result<Response<v1::GetReprocessingResponse>, Status> {
        Err(Status::unimplemented("not needed here"))
    }

    async fn delete_article(
        &self,
        _: Request<v1::DeleteArticleRequest>,
    ) -> Result<Response<v1::DeleteArticleResponse>, Status> {
        Err(self.0.lock().unwrap().failures.pop().unwrap_or_else(|| Status::not_found("no such article")))
    }
}

async fn start(inner: Inner) -> (FakeArticles, Client) {
    let fake = FakeArticles(Arc::new(Mutex::new(inner)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = ArticleServiceServer::new(fake.clone());
    tokio::spawn(
        Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)),
    );
    let impatient = RetryPolicy { initial_backoff: Duration::from_millis(1), ..RetryPolicy::default() };
    (fake, Client::connect(&url).await.unwrap().with_retry(impatient))
}

fn article(external_id: impl Into<String>) -> Submission {
    Submission::new(v1::RawArticle { external_id: external_id.into(), ..Default::default() })
}

fn articles(count: usize) -> impl futures_util::Stream<Item = Submission> + Send {
    tokio_stream::iter((0..count).map(|n| article(n.to_string())))
}

#[tokio::test]
async fn a_retry_stores_nothing_twice() {
    let failures = vec![busy(), Status::unavailable("restarting")];
    let (fake, client) = start(Inner { failures, ..Default::default() }).await;
    let stored = client.submit(article("one")).await.unwrap();
    assert!(stored.already_known);
    assert_eq!(fake.0.lock().unwrap().stored.len(), 1);
}

#[tokio::test]
async fn a_refusal_is_not_retried() {
    let (_, client) = start(Inner::default()).await;
    let error = client.submit(article("")).await.unwrap_err();
    assert_eq!(error.status().map(Status::code), Some(Code::InvalidArgument));
}

#[tokio::test]
async fn retries_are_used_up() {
    let failures = vec![Status::unavailable("gone"); 20];
    let (fake, client) = start(Inner { failures, ..Default::default() }).await;
    let error = client.submit(article("one")).await.unwrap_err();
    assert_eq!(error.status().map(Status::code), Some(Code::Unavailable));
    assert_eq!(fake.0.lock().unwrap().failures.len(), 14);
}

#[tokio::test]
async fn many_are_answered_in_order_over_one_stream_with_bounded_flight() {
    let (fake, client) = start(Inner::default()).await;
    let mut answers = client.submit_all(articles(100), 8);
    for n in 0..100 {
        let answer = answers.next().await.unwrap().unwrap();
        assert_eq!(answer.index, n);
        assert_eq!(answer.result.unwrap().article.external_id, n.to_string());
    }
    assert!(answers.next().await.is_none());
    let inner = fake.0.lock().unwrap();
    assert_eq!(inner.streams, 1);
    assert!(inner.most_unanswered <= 8, "{}", inner.most_unanswered);
}

#[tokio::test]
async fn a_broken_stream_goes_on_where_it_was() {
    let breaks_at = ["3", "4", "17"].map(String::from).into();
    let (fake, client) = start(Inner { breaks_at, ..Default::default() }).await;
    let answers: Vec<_> = client.submit_all(articles(20), 4).collect().await;
    let names: Vec<String> =
        answers.into_iter().map(|answer| answer.unwrap().result.unwrap().article.external_id).collect();
    assert_eq!(names, (0..20).map(|n| n.to_string()).collect::<Vec<_>>());
    let inner = fake.0.lock().unwrap();
    assert_eq!(inner.stored.len(), 20, "the same request ids were sent again");
    assert_eq!(inner.streams, 4);
}

#[tokio::test]
async fn a_refused_article_does_not_end_the_stream_and_a_busy_server_is_asked_again() {
    let (_, client) = start(Inner { busy_at: ["a".to_owned()].into(), ..Default::default() }).await;
    let submissions = tokio_stream::iter(["a", "", "b"].map(article));
    let answers: Vec<_> =
        client.submit_all(submissions, 4).map(|answer| answer.unwrap().result).collect().await;
    assert_eq!(answers[0].as_ref().unwrap().article.external_id, "a");
    assert_eq!(answers[1].as_ref().unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(answers[2].as_ref().unwrap().article.external_id, "b");
}

#[tokio::test]
async fn a_lost_answer_to_a_delete_is_no_failure() {
    let failures = vec![Status::unavailable("restarting")];
    let (_, client) = start(Inner { failures, ..Default::default() }).await;
    client.delete("id", None).await.unwrap();
    let error = client.delete("id", None).await.unwrap_err();
    assert_eq!(error.status().map(Status::code), Some(Code::NotFound));
}

#[tokio::test]
async fn all_pages_are_read() {
    let (_, client) = start(Inner::default()).await;
    let articles: Vec<_> = client.list_all(Default::default()).collect().await;
    let names: Vec<String> = articles.into_iter().map(|article| article.unwrap().external_id).collect();
    assert_eq!(names, ["page-0", "page-0", "page-1", "page-1", "page-2", "page-2"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::connect(&url).await.unwrap_err();
    assert_eq!(error.to_string(), format!("nothing answers at {url}"));
    for url in ["not a url", "localhost:50051", "localhost"] {
        assert!(matches!(Client::connect(url).await, Err(Error::Url { .. })), "{url}");
    }
}
