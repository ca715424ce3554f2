//! ArticleService: reads requests, calls `app`, writes answers.

use std::{pin::Pin, sync::Arc, time::Duration};

use copydesk_proto::v1::{self, article_service_server::ArticleService};
use futures_util::{Stream, StreamExt, TryStreamExt};
use prost::Message;
use tokio::{sync::Semaphore, time::Instant};
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};
use uuid::Uuid;

use super::{answer, convert::Reading, diff, reprocess, search, status::from_app};
use crate::app::{Accepted, App, ListQuery, SubmitCommand, WaitFor};

/// Longest wait for a result when the caller sets no deadline.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// Kept free of the caller's deadline, so that the answer arrives before it.
const DEADLINE_RESERVE: Duration = Duration::from_millis(100);
/// Unanswered requests of one stream of submissions.
const MAX_STREAM_REQUESTS: usize = 64;
/// Bytes of unanswered requests of all streams of submissions together.
const MAX_STREAM_BYTES: usize = 64 << 20;
/// Most ids in one batch.
const MAX_BATCH_IDS: usize = 100;

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct ArticleRpc {
    app: App,
    stream_bytes: Arc<Semaphore>,
}

impl ArticleRpc {
    /// On top of the use cases.
    pub fn new(app: App) -> ArticleRpc {
        ArticleRpc { app, stream_bytes: Arc::new(Semaphore::new(MAX_STREAM_BYTES)) }
    }

    async fn submit(
        &self,
        request: v1::SubmitArticleRequest,
        deadline: Instant,
    ) -> Result<v1::SubmitArticleResponse, Status> {
        let mut reading = Reading::default();
        let encoding = reading.encoding(request.offset_encoding);
        let wait_for = reading.wait_for(request.wait_for);
        let (wait_for, default_view) = match wait_for {
            v1::WaitFor::Processed => (WaitFor::Processed(deadline), v1::ArticleView::Full),
            v1::WaitFor::Unspecified | v1::WaitFor::Accepted => (WaitFor::Accepted, v1::ArticleView::Basic),
        };
        let command = SubmitCommand {
            request_id: request.request_id,
            view: reading.view(request.view, default_view, encoding),
            priority: reading.priority(request.priority),
            draft: reading.draft(request.article),
            wait_for,
            violations: reading.violations,
        };
        let Accepted { article, is_known } = self.app.submit(command).await.map_err(from_app)?;
        Ok(v1::SubmitArticleResponse {
            article: Some(answer::article(&article, encoding)),
            already_known: is_known,
        })
    }

    /// The answer to one request of a stream; its failure is its own.
    async fn submit_one(
        &self,
        index: i64,
        request: v1::SubmitArticlesRequest,
        deadline: Option<Instant>,
    ) -> v1::SubmitArticlesResponse {
        use v1::submit_articles_response::Result as Answer;
        let request_id = request.request_id.clone();
        let request = v1::SubmitArticleRequest {
            request_id: request.request_id,
            article: request.article,
            wait_for: request.wait_for,
            priority: request.priority,
            view: request.view,
            offset_encoding: request.offset_encoding,
        };
        let deadline = deadline.unwrap_or_else(|| Instant::now() + MAX_WAIT);
        match self.submit(request, deadline).await {
            Ok(response) => v1::SubmitArticlesResponse {
                index,
                request_id,
                already_known: response.already_known,
                result: response.article.map(Answer::Article),
            },
            Err(status) => v1::SubmitArticlesResponse {
                index,
                request_id,
                already_known: false,
                result: Some(Answer::Error(rpc_status(&status))),
            },
        }
    }
}

type AnswerStream = Pin<Box<dyn Stream<Item = Result<v1::SubmitArticlesResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ArticleService for ArticleRpc {
    async fn submit_article(
        &self,
        request: Request<v1::SubmitArticleRequest>,
    ) -> Result<Response<v1::SubmitArticleResponse>, Status> {
        let deadline = deadline(request.metadata()).unwrap_or_else(|| Instant::now() + MAX_WAIT);
        Ok(Response::new(self.submit(request.into_inner(), deadline).await?))
    }

    type SubmitArticlesStream = AnswerStream;

    async fn submit_articles(
        &self,
        request: Request<Streaming<v1::SubmitArticlesRequest>>,
    ) -> Result<Response<AnswerStream>, Status> {
        let deadline = deadline(request.metadata());
        let service = self.clone();
        let bytes = self.stream_bytes.clone();
        let answers = request
            .into_inner()
            .enumerate()
            .map(|(index, request)| request.map(|request| (index, request)))
            // Nothing more is read from the client until there is room for this one.
            .and_then(move |(index, request)| {
                let bytes = bytes.clone();
                async move {
                    let size = request.encoded_len().min(MAX_STREAM_BYTES);
                    let room = bytes.acquire_many_owned(u32::try_from(size).unwrap_or(u32::MAX)).await;
                    let room = room.map_err(|_| Status::unavailable("the server is shutting down"))?;
                    Ok((index, request, room))
                }
            })
            .map(move |request| {
                let service = service.clone();
                async move {
                    let (index, request, room) = request?;
                    let index = i64::try_from(index).unwrap_or(i64::MAX);
                    let answer = service.submit_one(index, request, deadline).await;
                    drop(room);
                    Ok(answer)
                }
            })
            .buffered(MAX_STREAM_REQUESTS);
        Ok(Response::new(Box::pin(answers)))
    }

    async fn get_article(
        &self,
        request: Request<v1::GetArticleRequest>,
    ) -> Result<Response<v1::GetArticleResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let encoding = reading.encoding(request.offset_encoding);
        let view = reading.view(request.view, v1::ArticleView::Full, encoding);
        let article_id = reading.article_id("article_id", &request.article_id);
        let min_probability = reading.probability("min_probability", request.min_probability);
        reading.finish()?;
        let article = self.app.get(article_id, request.version, view).await.map_err(from_app)?;
        let mut article = answer::article(&article, encoding);
        answer::keep_probable(&mut article, min_probability);
        Ok(Response::new(v1::GetArticleResponse { article: Some(article) }))
    }

    async fn batch_get_articles(
        &self,
        request: Request<v1::BatchGetArticlesRequest>,
    ) -> Result<Response<v1::BatchGetArticlesResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let encoding = reading.encoding(request.offset_encoding);
        let view = reading.view(request.view, v1::ArticleView::Full, encoding);
        let ids = reading.batch_ids(&request.article_ids, MAX_BATCH_IDS);
        let min_probability = reading.probability("min_probability", request.min_probability);
        reading.finish()?;
        let articles = self.app.batch_get(&ids, view).await.map_err(from_app)?;
        let mut articles: Vec<_> =
            articles.iter().map(|article| answer::article(article, encoding)).collect();
        for article in &mut articles {
            answer::keep_probable(article, min_probability);
        }
        Ok(Response::new(v1::BatchGetArticlesResponse { articles }))
    }

    async fn list_articles(
        &self,
        request: Request<v1::ListArticlesRequest>,
    ) -> Result<Response<v1::ListArticlesResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let encoding = reading.encoding(request.offset_encoding);
        let query = ListQuery {
            page_size: request.page_size,
            page_token: request.page_token,
            filter: request.filter,
            view: reading.view(request.view, v1::ArticleView::Basic, encoding),
        };
        let page = self.app.list(query, reading.violations).await.map_err(from_app)?;
        Ok(Response::new(v1::ListArticlesResponse {
            articles: page.articles.iter().map(|article| answer::article(article, encoding)).collect(),
            next_page_token: page.next_page_token,
        }))
    }

    async fn delete_article(
        &self,
        request: Request<v1::DeleteArticleRequest>,
    ) -> Result<Response<v1::DeleteArticleResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let article_id: Uuid = reading.article_id("article_id", &request.article_id);
        reading.finish()?;
        self.app.delete(article_id, request.etag).await.map_err(from_app)?;
        Ok(Response::new(v1::DeleteArticleResponse {}))
    }

    async fn search_articles(
        &self,
        request: Request<v1::SearchArticlesRequest>,
    ) -> Result<Response<v1::SearchArticlesResponse>, Status> {
        search::search(&self.app, request.into_inner()).await.map(Response::new)
    }

    async fn diff_versions(
        &self,
        request: Request<v1::DiffVersionsRequest>,
    ) -> Result<Response<v1::DiffVersionsResponse>, Status> {
        diff::diff(&self.app, request.into_inner()).await.map(Response::new)
    }

    async fn reprocess_articles(
        &self,
        request: Request<v1::ReprocessArticlesRequest>,
    ) -> Result<Response<v1::ReprocessArticlesResponse>, Status> {
        reprocess::reprocess(&self.app, request.into_inner()).await.map(Response::new)
    }

    async fn get_reprocessing(
        &self,
        request: Request<v1::GetReprocessingRequest>,
    ) -> Result<Response<v1::GetReprocessingResponse>, Status> {
        reprocess::get(&self.app, request.into_inner()).await.map(Response::new)
    }
}

/// When an answer must be on its way, by the caller's `grpc-timeout`.
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>
fn deadline(metadata: &MetadataMap) -> Option<Instant> {
    let value = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let amount: u32 = digits.parse().ok()?;
    let step = match unit {
        "H" => Duration::from_secs(3_600),
        "M" => Duration::from_secs(60),
        "S" => Duration::from_secs(1),
        "m" => Duration::from_millis(1),
        "u" => Duration::from_micros(1),
        "n" => Duration::from_nanos(1),
        _ => return None,
    };
    let wait = step.saturating_mul(amount).saturating_sub(DEADLINE_RESERVE).min(MAX_WAIT);
    Some(Instant::now() + wait)
}

/// A status inside a message, with the details it would have had as trailers.
fn rpc_status(status: &Status) -> tonic_types::Status {
    tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
        code: i32::from(status.code()),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_read_in_every_unit_and_a_broken_one_is_ignored() {
        let wait = |value: &'static str| {
            let mut metadata = MetadataMap::new();
            metadata.insert("grpc-timeout", tonic::metadata::MetadataValue::from_static(value));
            deadline(&metadata).map(|deadline| deadline.duration_since(Instant::now()).as_secs_f64().round())
        };
        assert_eq!(wait("5S"), Some(5.0));
        assert_eq!(wait("3000m"), Some(3.0));
        assert_eq!(wait("9H"), Some(60.0));
        assert_eq!(wait("10n"), Some(0.0));
        assert_eq!((wait("5"), wait("S"), wait("5x"), wait("")), (None, None, None, None));
    }
}
