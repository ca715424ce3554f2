//! AnalysisService, and the same analysis without a server.

use copydesk_proto::v1::{self, analysis_service_server::AnalysisService};
use tonic::{Request, Response, Status};

use super::{answer, convert::Reading, status};
use crate::{
    app::App,
    article::{Draft, Limits},
    pipeline::{Features, Pipeline},
};

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct AnalysisRpc {
    app: App,
}

impl AnalysisRpc {
    /// On top of the use cases.
    pub fn new(app: App) -> AnalysisRpc {
        AnalysisRpc { app }
    }
}

#[tonic::async_trait]
impl AnalysisService for AnalysisRpc {
    async fn analyze(
        &self,
        request: Request<v1::AnalyzeRequest>,
    ) -> Result<Response<v1::AnalyzeResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let encoding = reading.encoding(request.offset_encoding);
        let wanted = reading.features(&request.features);
        let draft = reading.draft(request.article);
        let min_probability = reading.probability("min_probability", request.min_probability);
        let accuracy = reading.accuracy("accuracy", request.accuracy);
        let features = Features {
            entities: wanted.contains(&v1::Feature::Entities),
            keep_model_spans: request.keep_model_spans,
            accuracy,
        };
        let analyzed = self.app.analyze(draft, features, reading.violations).await;
        let (draft, processed) = analyzed.map_err(status::from_app)?;
        let mut article = answer::analysis(&draft, &processed, encoding);
        answer::keep_probable(&mut article, min_probability);
        if !wanted.contains(&v1::Feature::Removed) {
            article.removed.clear();
        }
        Ok(Response::new(v1::AnalyzeResponse { article: Some(article) }))
    }
}

/// The article that the service would answer with, made in this process. Errors are those of the service.
pub fn analyze_locally(
    pipeline: &Pipeline,
    article: v1::RawArticle,
    encoding: v1::OffsetEncoding,
    limits: Limits,
) -> Result<v1::Article, Status> {
    let mut reading = Reading::default();
    let raw = reading.draft(Some(article));
    reading.finish()?;
    let draft = Draft::new(raw, limits).map_err(status::invalid)?;
    let processed = pipeline.process(&draft, &mut |_| {});
    Ok(answer::analysis(&draft, &processed, encoding))
}
