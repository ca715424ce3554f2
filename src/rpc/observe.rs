//! A span and a measurement for every call, whatever its service.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use metrics::histogram;
use tokio::time::Instant;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tower::{Layer, Service};
use tracing::{Instrument, debug, info_span};

/// Adds `Observe` to a service.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObserveLayer;

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Observe<S> {
        Observe { inner }
    }
}

/// Times each call up to the first part of its answer; for a stream that is its opening.
#[derive(Clone, Debug)]
pub struct Observe<S> {
    inner: S,
}

impl<S, A, B> Service<Request<A>> for Observe<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let method = known_method(request.uri().path());
        let span = info_span!("rpc", rpc.method = method);
        let started = Instant::now();
        let answer = self.inner.call(request);
        let observed = async move {
            let result = answer.await;
            let code = result.as_ref().map_or("transport", |response| code_of(response.headers()));
            let elapsed = started.elapsed();
            histogram!("copydesk_rpc_seconds", "method" => method, "code" => code).record(elapsed);
            debug!(rpc.code = code, rpc.seconds = elapsed.as_secs_f64(), "answered");
            result
        };
        Box::pin(observed.instrument(span))
    }
}

/// The methods that are measured apart; a client must not be able to make up new ones.
fn known_method(path: &str) -> &'static str {
    const METHODS: [&str; 25] = [
        "/copydesk.v1.ArticleService/SubmitArticle",
        "/copydesk.v1.ArticleService/SubmitArticles",
        "/copydesk.v1.ArticleService/GetArticle",
        "/copydesk.v1.ArticleService/BatchGetArticles",
        "/copydesk.v1.ArticleService/ListArticles",
        "/copydesk.v1.ArticleService/SearchArticles",
        "/copydesk.v1.ArticleService/DiffVersions",
        "/copydesk.v1.ArticleService/DeleteArticle",
        "/copydesk.v1.ArticleService/ReprocessArticles",
        "/copydesk.v1.ArticleService/GetReprocessing",
        "/copydesk.v1.AnalysisService/Analyze",
        "/copydesk.v1.FeedService/Subscribe",
        "/copydesk.v1.FeedService/CreateGroup",
        "/copydesk.v1.FeedService/GetGroup",
        "/copydesk.v1.FeedService/ListGroups",
        "/copydesk.v1.FeedService/DeleteGroup",
        "/copydesk.v1.FeedService/Consume",
        "/copydesk.v1.FeedService/ReplayParked",
        "/copydesk.v1.AdminService/GetQueue",
        "/copydesk.v1.AdminService/ListFailedArticles",
        "/copydesk.v1.AdminService/RetryArticles",
        "/copydesk.v1.AdminService/GetPipeline",
        "/copydesk.v1.AdminService/PutGazetteer",
        "/copydesk.v1.AdminService/ListGazetteers",
        "/copydesk.v1.AdminService/DeleteGazetteer",
    ];
    METHODS.into_iter().find(|method| *method == path).unwrap_or("other")
}

/// An error has its code in the headers; a success has it behind the body, where it is 0.
fn code_of(headers: &HeaderMap) -> &'static str {
    const CODES: [&str; 17] =
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];
    let given = headers.get("grpc-status").and_then(|code| code.to_str().ok()).unwrap_or("0");
    CODES.into_iter().find(|code| *code == given).unwrap_or("2")
}
