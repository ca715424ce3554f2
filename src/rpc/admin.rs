//! AdminService: reads requests, calls `app`, writes answers.

use copydesk_gazetteer::Format;
use copydesk_proto::v1::{self, admin_service_server::AdminService};
use tonic::{Request, Response, Status};

use super::{convert::Reading, status::from_app};
use crate::{
    app::{App, PutGazetteer},
    pipeline::PIPELINE_VERSION,
    store::{GazetteerRow, SourceQueue},
    wire::{self, timestamp},
};

/// Most ids in one call.
const MAX_RETRY_IDS: usize = 100;

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct AdminRpc {
    app: App,
}

impl AdminRpc {
    /// On top of the use cases.
    pub fn new(app: App) -> AdminRpc {
        AdminRpc { app }
    }
}

#[tonic::async_trait]
impl AdminService for AdminRpc {
    async fn get_queue(
        &self,
        _request: Request<v1::GetQueueRequest>,
    ) -> Result<Response<v1::GetQueueResponse>, Status> {
        let queue = self.app.queue().await.map_err(from_app)?;
        let oldest_age = (queue.state.depth > 0).then_some(queue.state.oldest_age);
        Ok(Response::new(v1::GetQueueResponse {
            depth: queue.state.depth,
            leased: queue.state.leased,
            oldest_age: oldest_age.and_then(|age| age.try_into().ok()),
            sources: queue.sources.into_iter().map(source_queue).collect(),
            processed_last_minute: queue.processed_last_minute,
            failed_last_minute: queue.failed_last_minute,
            reprocessing_depth: queue.state.reprocessing,
        }))
    }

    async fn list_failed_articles(
        &self,
        request: Request<v1::ListFailedArticlesRequest>,
    ) -> Result<Response<v1::ListFailedArticlesResponse>, Status> {
        let request = request.into_inner();
        let page = self.app.failed(&request.source, request.page_size, request.page_token).await;
        let page = page.map_err(from_app)?;
        let failed = page.articles.iter().map(|article| v1::FailedArticle {
            errors: article.summary.failure.iter().flat_map(|failure| &failure.errors).map(attempt).collect(),
            article: Some(wire::article(&article.summary)),
        });
        Ok(Response::new(v1::ListFailedArticlesResponse {
            failed_articles: failed.collect(),
            next_page_token: page.next_page_token,
        }))
    }

    async fn retry_articles(
        &self,
        request: Request<v1::RetryArticlesRequest>,
    ) -> Result<Response<v1::RetryArticlesResponse>, Status> {
        let mut reading = Reading::default();
        let ids = reading.batch_ids(&request.into_inner().article_ids, MAX_RETRY_IDS);
        reading.finish()?;
        let retried = self.app.retry(ids).await.map_err(from_app)?;
        Ok(Response::new(v1::RetryArticlesResponse {
            retried_article_ids: retried.iter().map(ToString::to_string).collect(),
        }))
    }

    async fn get_pipeline(
        &self,
        _request: Request<v1::GetPipelineRequest>,
    ) -> Result<Response<v1::GetPipelineResponse>, Status> {
        let pipeline = self.app.pipeline();
        let models = pipeline.models().iter().map(|(language, model)| v1::RecognizerModel {
            language: language.clone(),
            name: crate::pipeline::model_name(model),
            labels: model.labels().to_vec(),
            weight_bytes: i64::try_from(model.weight_bytes()).unwrap_or(i64::MAX),
        });
        let models = models.collect();
        let in_use = pipeline.gazetteer_revision();
        let stored = self.app.list_gazetteers().await.map_err(from_app)?;
        let gazetteers = stored.into_iter().filter(|row| row.revision <= in_use).map(gazetteer).collect();
        Ok(Response::new(v1::GetPipelineResponse {
            version: PIPELINE_VERSION.to_owned(),
            models,
            gazetteers,
        }))
    }

    async fn put_gazetteer(
        &self,
        request: Request<v1::PutGazetteerRequest>,
    ) -> Result<Response<v1::PutGazetteerResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let format = reading.gazetteer_format(request.format);
        reading.finish()?;
        let options = request.options.unwrap_or_default();
        let put = PutGazetteer {
            name: request.name,
            fold_case: options.fold_case,
            fold_diacritics: options.fold_diacritics,
            inside_words: options.inside_words,
            format: match format {
                v1::GazetteerFormat::Csv => Some(Format::Csv),
                v1::GazetteerFormat::Jsonl => Some(Format::Jsonl),
                v1::GazetteerFormat::Unspecified => None,
            },
            content: request.content,
        };
        let (row, problems) = self.app.put_gazetteer(put).await.map_err(from_app)?;
        let problems = problems.into_iter().map(|problem| v1::GazetteerProblem {
            line: i32::try_from(problem.line).unwrap_or(i32::MAX),
            message: problem.message,
        });
        Ok(Response::new(v1::PutGazetteerResponse {
            gazetteer: Some(gazetteer(row)),
            problems: problems.collect(),
        }))
    }

    async fn list_gazetteers(
        &self,
        _request: Request<v1::ListGazetteersRequest>,
    ) -> Result<Response<v1::ListGazetteersResponse>, Status> {
        let rows = self.app.list_gazetteers().await.map_err(from_app)?;
        Ok(Response::new(v1::ListGazetteersResponse {
            gazetteers: rows.into_iter().map(gazetteer).collect(),
        }))
    }

    async fn delete_gazetteer(
        &self,
        request: Request<v1::DeleteGazetteerRequest>,
    ) -> Result<Response<v1::DeleteGazetteerResponse>, Status> {
        self.app.delete_gazetteer(&request.into_inner().name).await.map_err(from_app)?;
        Ok(Response::new(v1::DeleteGazetteerResponse {}))
    }
}

fn source_queue(queue: SourceQueue) -> v1::SourceQueue {
    v1::SourceQueue { source: queue.source, depth: queue.depth, oldest_age: queue.oldest_age.try_into().ok() }
}

fn attempt(error: &crate::article::AttemptError) -> v1::AttemptError {
    v1::AttemptError { time: Some(timestamp(error.time)), message: error.message.clone() }
}

fn gazetteer(row: GazetteerRow) -> v1::Gazetteer {
    v1::Gazetteer {
        name: row.name,
        options: Some(v1::GazetteerOptions {
            fold_case: row.fold_case,
            fold_diacritics: row.fold_diacritics,
            inside_words: row.inside_words,
        }),
        entry_count: row.entry_count,
        problem_count: row.problem_count,
        revision: row.revision,
        updated_time: Some(timestamp(row.updated_time)),
    }
}
