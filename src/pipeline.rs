//! What the service does to an article: clean it, recognize names, match name lists, tell what it says.
//!
//! Pure: the same draft and the same loaded models and lists give the same answer, on any thread, and nothing here reads a
//! clock, a file or a socket. It never fails on content; what it could not do is in `Processed::notes`. Called by `work`
//! and `app`.

mod accuracy;
mod clean;
mod current;
mod knowledge;
mod merge;
mod recognize;

pub use accuracy::DEFAULT_CERTAINTY;
pub use current::Current;

use std::sync::Arc;

use copydesk_gazetteer::Gazetteer;
use copydesk_ner::{Model, ModelError};

use accuracy::{CARRIED, Readers};

use crate::article::{Accuracy, Draft, Fingerprint, IndexParts, Language, Processed, search::indexed_words};

/// Names the rules that made a result, in every result. Raised by hand, in the same change, whenever the same input may
/// give another answer with the same models and name lists: the last number for a mended rule, the middle one for a new
/// kind of finding, the first when results are no longer read the same way. Models and lists are named beside it.
pub const PIPELINE_VERSION: &str = "0.2.1";

/// en_core_web_md 3.8.0, compiled; see models/README.md.
static EMBEDDED_MODEL: &[u8] = include_bytes!("../models/en_core_web_md-3.8.0.cdner");

/// Below it, a detected language is a guess.
const GUESS_PROBABILITY: f32 = 0.5;

/// A step that the caller may want to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Raw body to clean text.
    Clean,
    /// Clean text to mentions.
    Recognize,
    /// Mentions to entities, links, quotations, dates and amounts.
    Know,
    /// Result to what it is found by.
    Index,
}

impl Stage {
    /// As metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Clean => "clean",
            Stage::Recognize => "recognize",
            Stage::Know => "know",
            Stage::Index => "index",
        }
    }
}

/// What is wanted beyond the clean text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Find entities, quotations, dates and amounts.
    pub entities: bool,
    /// Leave the model's own spans and types as they are.
    pub keep_model_spans: bool,
    /// How accurately; unset means as the draft says, or else as the pipeline is set.
    pub accuracy: Option<Accuracy>,
}

impl Default for Features {
    fn default() -> Features {
        Features { entities: true, keep_model_spans: false, accuracy: None }
    }
}

/// The loaded pipeline: models and lists are held once, for all threads. Cheap to clone.
#[derive(Clone)]
pub struct Pipeline {
    models: Arc<Vec<(String, Model)>>,
    /// Instead of the one that the program carries.
    accurate: Option<Arc<Model>>,
    accuracy: Accuracy,
    certainty: f32,
    gazetteer: Option<Arc<Gazetteer>>,
    gazetteer_revision: i64,
}

impl Pipeline {
    /// With the model that the program carries, for English.
    pub fn embedded() -> Result<Pipeline, ModelError> {
        Pipeline::with_models(Vec::new())
    }

    /// With models for languages (ISO 639-1 codes), behind the one that the program carries, unless they replace it.
    pub fn with_models(mut models: Vec<(String, Model)>) -> Result<Pipeline, ModelError> {
        if !models.iter().any(|(language, _)| language == "en") {
            models.insert(0, ("en".to_owned(), Model::from_bytes(EMBEDDED_MODEL)?));
        }
        Ok(Pipeline {
            models: Arc::new(models),
            accurate: None,
            accuracy: Accuracy::Fast,
            certainty: DEFAULT_CERTAINTY,
            gazetteer: None,
            gazetteer_revision: 0,
        })
    }

    /// The same with an accurate model for its language instead of the carried one.
    pub fn with_accurate_model(&self, model: Model) -> Pipeline {
        Pipeline { accurate: Some(Arc::new(model)), ..self.clone() }
    }

    /// The same with another accuracy where none is asked for. BALANCED has paragraphs with a decision below `certainty`
    /// read again.
    pub fn with_accuracy(&self, accuracy: Accuracy, certainty: f32) -> Pipeline {
        Pipeline { accuracy, certainty, ..self.clone() }
    }

    /// The same with other name lists; `revision` names them.
    pub fn with_gazetteer(&self, gazetteer: Gazetteer, revision: i64) -> Pipeline {
        Pipeline { gazetteer: Some(Arc::new(gazetteer)), gazetteer_revision: revision, ..self.clone() }
    }

    /// The models in use, by language.
    pub fn models(&self) -> &[(String, Model)] {
        &self.models
    }

    /// Names the lists in use; 0 for none.
    pub fn gazetteer_revision(&self) -> i64 {
        self.gazetteer_revision
    }

    /// Does everything that is stored. `finished` is told after each stage, so that a caller with a clock can time it.
    pub fn process(&self, draft: &Draft, finished: &mut dyn FnMut(Stage)) -> Processed {
        let mut processed = self.process_features(draft, Features::default(), finished);
        processed.index =
            IndexParts { words: indexed_words(&processed), fingerprint: Fingerprint::of(&processed.text) };
        finished(Stage::Index);
        processed
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

        let model = self.model_for(processed.language.as_ref());
        if let Some(language) = &mut processed.language {
            *language = Language { supported: model.is_some(), ..language.clone() };
        }
        if !features.entities {
            return processed;
        }
        let readers = self.readers(model, features.accuracy.or(draft.accuracy).unwrap_or(self.accuracy));
        processed.gazetteer_revision = self.gazetteer_revision;
        let (found, models) = recognize::mentions(self, readers, &document, features);
        processed.model = models;
        finished(Stage::Recognize);

        let language = match (readers.model(), &processed.language) {
            (Some(model), _) => model.language().to_owned(),
            (None, Some(language)) => language.code.clone(),
            (None, None) => String::new(),
        };
        knowledge::add(&mut processed, &found, recognize::labels(self, readers), &language, &document);
        finished(Stage::Know);
        processed
    }

    /// Who reads a text whose language has this model. An accurate model of another language reads nothing.
    fn readers<'a>(&'a self, model: Option<(usize, &'a Model)>, accuracy: Accuracy) -> Readers<'a> {
        let Some((place, fast)) = model else { return Readers::Nobody };
        if accuracy == Accuracy::Fast {
            return Readers::One(place, fast);
        }
        let accurate = self.accurate.as_deref().or(CARRIED.as_ref());
        let Some(accurate) = accurate.filter(|accurate| accurate.language() == fast.language()) else {
            return Readers::One(place, fast);
        };
        // Behind the languages' models.
        let last = self.models.len();
        match accuracy {
            Accuracy::Accurate => Readers::One(last, accurate),
            Accuracy::Fast | Accuracy::Balanced => {
                Readers::Two { fast: (place, fast), accurate: (last, accurate), certainty: self.certainty }
            }
        }
    }

    /// The language's model, with its place in `models`. A guess that is more likely wrong than right, as of a text of a
    /// few words, is no reason to find nothing: the first model reads it.
    fn model_for(&self, language: Option<&Language>) -> Option<(usize, &Model)> {
        let is_language =
            |language: &Language| self.models.iter().position(|(code, _)| *code == language.code);
        let is_guess = language.is_none_or(|language| language.probability < GUESS_PROBABILITY);
        let place = language.and_then(is_language).or(is_guess.then_some(0))?;
        self.models.get(place).map(|(_, model)| (place, model))
    }
}

/// A model's name with language and version, as results name it.
pub fn model_name(model: &Model) -> String {
    format!("{}_{}-{}", model.language(), model.name(), model.version())
}
