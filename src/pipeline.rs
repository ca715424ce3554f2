//! What the service does to an article: clean it, recognize names, group them.
//!
//! Pure: the same draft gives the same answer, on any thread, and nothing here reads a clock, a file or a socket. It never
//! fails on content; what it could not do is in `Processed::notes`. Called by `work` and by `rpc::analysis`.

mod clean;
mod entities;

use std::cell::RefCell;

use copydesk_ner::{Model, ModelError, Scratch};

use crate::article::{Draft, Entity, Language, Processed};

/// Changes whenever the same input may give another answer.
pub const PIPELINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// en_core_web_md 3.8.0, compiled; see models/README.md.
static EMBEDDED_MODEL: &[u8] = include_bytes!("../models/en_core_web_md-3.8.0.cdner");

/// A step that the caller may want to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Raw body to clean text.
    Clean,
    /// Clean text to entities.
    Recognize,
}

impl Stage {
    /// As metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Clean => "clean",
            Stage::Recognize => "recognize",
        }
    }
}

/// What is wanted beyond the clean text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Find and group entities.
    pub entities: bool,
}

/// The loaded pipeline: models are held once, for all threads.
#[derive(Debug)]
pub struct Pipeline {
    models: Vec<Model>,
}

impl Pipeline {
    /// With the model that the program carries.
    pub fn embedded() -> Result<Pipeline, ModelError> {
        Ok(Pipeline { models: vec![Model::from_bytes(EMBEDDED_MODEL)?] })
    }

    /// With other models; the first for a language is used.
    pub fn with_models(models: Vec<Model>) -> Pipeline {
        Pipeline { models }
    }

    /// The models in use.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Does everything. `finished` is told after each stage, so that a caller with a clock can time it.
    pub fn process(&self, draft: &Draft, finished: &mut dyn FnMut(Stage)) -> Processed {
        self.process_features(draft, Features { entities: true }, finished)
    }

    /// Does what is wanted.
    pub fn process_features(
        &self,
        draft: &Draft,
        features: Features,
        finished: &mut dyn FnMut(Stage),
    ) -> Processed {
        let document = clean::extract(draft);
        let mut processed = clean::processed(&document);
        finished(Stage::Clean);

        let model = processed.language.as_ref().and_then(|language| self.model_for(&language.code));
        if let Some(language) = &mut processed.language {
            *language = Language { supported: model.is_some(), ..language.clone() };
        }
        if let Some(model) = model.filter(|_| features.entities) {
            processed.entities = recognize(model, &document, &processed);
            processed.model = format!("{}_{}-{}", model.language(), model.name(), model.version());
        }
        finished(Stage::Recognize);
        processed
    }

    fn model_for(&self, language: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.language() == language)
    }
}

thread_local! {
    /// Buffers that grow to the largest article of the thread; they never change an answer.
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
}

/// Paragraph by paragraph, so that no mention crosses from one into the next.
fn recognize(model: &Model, document: &copydesk_text::Document, processed: &Processed) -> Vec<Entity> {
    let texts: Vec<&str> = document
        .paragraphs
        .iter()
        .map(|paragraph| document.text.get(paragraph.begin..paragraph.end).unwrap_or_default())
        .collect();
    let mentions = SCRATCH.with_borrow_mut(|scratch| model.recognize(scratch, &texts));
    let found =
        document.paragraphs.iter().zip(mentions).enumerate().flat_map(|(index, (paragraph, found))| {
            found.into_iter().map(move |mention| entities::Found {
                begin: paragraph.begin + mention.begin,
                end: paragraph.begin + mention.end,
                label: mention.label,
                probability: mention.probability,
                paragraph: index,
            })
        });
    let title = processed.title.as_deref().unwrap_or_default();
    entities::group(found.collect(), model.labels(), &document.text, title, |range| document.raw_range(range))
}
