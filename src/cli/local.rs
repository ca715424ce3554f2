//! The service's own pipeline in this process, for `analyze`: no server, no database.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use copydesk_ner::Model;
use copydesk_proto::v1;
use tonic::Status;

use crate::{
    article::Limits,
    config::Dial,
    pipeline::{DEFAULT_CERTAINTY, Pipeline},
    rpc,
};

/// The same as a server's unless it is told otherwise.
const LIMITS: Limits = Limits { max_body_bytes: 32 << 20 };

/// Which models read.
#[derive(Args, Debug)]
pub(crate) struct ModelArgs {
    /// Recognize with this model instead of the one in the program
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,

    /// How names are recognized
    #[arg(long, value_enum, default_value_t = Dial::Fast, value_name = "ACCURACY")]
    pub(crate) accuracy: Dial,

    /// Another accurate model than the one in the program: a file that `copydesk model import` made
    #[arg(long, value_name = "FILE")]
    pub(crate) accurate_model: Option<PathBuf>,

    /// With balanced: read a paragraph again if a decision on it had a smaller probability than this
    #[arg(long, default_value_t = DEFAULT_CERTAINTY, value_name = "P")]
    pub(crate) balanced_certainty: f32,
}

/// Analyzes articles; shared by all threads.
pub(crate) struct Analyst {
    pipeline: Pipeline,
}

impl Analyst {
    /// With the models that the arguments name, and those that the program carries.
    pub(crate) fn load(models: &ModelArgs) -> anyhow::Result<Analyst> {
        let certainty = models.balanced_certainty;
        let is_probability = (0.0..=1.0).contains(&certainty);
        ensure!(is_probability, "--balanced-certainty is {certainty}; it must be between 0 and 1");
        let pipeline = match &models.model {
            None => Pipeline::embedded().context("the model in this program cannot be read")?,
            Some(path) => {
                let model = read_model(path)?;
                Pipeline::with_models(vec![(model.language().to_owned(), model)])
                    .context("the model in this program cannot be read")?
            }
        };
        let pipeline = match &models.accurate_model {
            Some(path) => pipeline.with_accurate_model(read_model(path)?),
            None => pipeline,
        };
        Ok(Analyst { pipeline: pipeline.with_accuracy(models.accuracy.into(), certainty) })
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
