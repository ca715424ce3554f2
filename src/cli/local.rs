//! The service's own pipeline in this process, for `analyze`: no server, no database.

use std::path::Path;

use anyhow::Context;
use copydesk_ner::Model;
use copydesk_proto::v1;
use tonic::Status;

use crate::{article::Limits, pipeline::Pipeline, rpc};

/// The same as a server's unless it is told otherwise.
const LIMITS: Limits = Limits { max_body_bytes: 32 << 20 };

/// Analyzes articles; shared by all threads.
pub(crate) struct Analyst {
    pipeline: Pipeline,
}

impl Analyst {
    /// With the model that the program carries, or with the one in a file that `copydesk model import` made.
    pub(crate) fn load(model: Option<&Path>) -> anyhow::Result<Analyst> {
        let pipeline = match model {
            None => Pipeline::embedded().context("the model in this program cannot be read")?,
            Some(path) => {
                let model = read_model(path)?;
                Pipeline::with_models(vec![(model.language().to_owned(), model)])
                    .context("the model in this program cannot be read")?
            }
        };
        Ok(Analyst { pipeline })
    }

    /// What a server would make of the article. Errors are a server's too.
    pub(crate) fn analyze(
        &self,
        article: v1::RawArticle,
        encoding: v1::OffsetEncoding,
    ) -> Result<v1::Article, Status> {
        rpc::analyze_locally(&self.pipeline, article, encoding, LIMITS)
    }
}

/// A model from a file.
pub(crate) fn read_model(path: &Path) -> anyhow::Result<Model> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Model::from_bytes(&bytes).with_context(|| format!("cannot use {}", path.display()))
}
