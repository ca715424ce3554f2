//! A recognizer ready to run: one interface over the engines.

use std::sync::Arc;

use crate::format::{self, Contents, ModelError};
use crate::kernel::Kernel;
use crate::spacy::{self, Spacy};
use crate::transformer::{self, Transformer};

/// A compiled recognizer: rules, weights, labels. Immutable, shared by all threads; each thread brings its own
/// [`Scratch`]. Either a spaCy pipeline (fast) or a transformer (accurate, some thirty times slower).
#[derive(Debug)]
pub struct Model {
    name: String,
    version: String,
    language: String,
    licence: String,
    labels: Vec<String>,
    engine: Engine,
    /// Tells models apart in a [`Scratch`].
    identity: Arc<()>,
}

#[derive(Debug)]
enum Engine {
    Spacy(Box<Spacy>),
    Transformer(Box<Transformer>),
}

/// A token's place in its text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it begins.
    pub begin: usize,
    /// Where it ends, exclusive.
    pub end: usize,
}

/// A stretch of text that names something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mention {
    /// Byte offset in its text.
    pub begin: usize,
    /// Byte offset in its text, exclusive.
    pub end: usize,
    /// Index in [`Model::labels`].
    pub label: u16,
    /// How likely this exact span with this label is right, from 0 to 1.
    pub probability: f32,
}

/// The reusable memory of one thread: buffers, and what it has learned about frequent words. Grows to about 40 MB
/// with en_core_web_md. It may be passed to different models in turn, but then forgets at every change.
#[derive(Default, Debug)]
pub struct Scratch {
    model: Option<Arc<()>>,
    spacy: spacy::Scratch,
    transformer: transformer::Scratch,
}

impl Scratch {
    /// Empty; everything is allocated on first use.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Model {
    /// Reads a file made by [`crate::import::compile`]. Takes some 50 ms, most of it for the checksum, the copies, and
    /// compiling a tokenizer's patterns or packing the weights.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::with_kernel(bytes, Kernel::detect())
    }

    pub(crate) fn with_kernel(bytes: &[u8], kernel: Kernel) -> Result<Self, ModelError> {
        match format::read(bytes)?.0 {
            Contents::Spacy(plan) => Ok(Model {
                name: plan.name.clone(),
                version: plan.version.clone(),
                language: plan.language.clone(),
                licence: plan.licence.clone(),
                labels: plan.labels.clone(),
                engine: Engine::Spacy(Box::new(Spacy::new(*plan, kernel)?)),
                identity: Arc::new(()),
            }),
            Contents::Transformer(plan) => Ok(Model {
                name: plan.name.clone(),
                version: plan.version.clone(),
                language: plan.language.clone(),
                licence: plan.licence.clone(),
                labels: plan.labels.clone(),
                engine: Engine::Transformer(Box::new(
                    Transformer::new(*plan, kernel)
                        .map_err(|what| ModelError::Invalid { at: 0, what: what.to_owned() })?,
                )),
                identity: Arc::new(()),
            }),
        }
    }

    /// The model's name without its language, for example `core_web_md`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The model's language as an ISO 639 code.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The licence that the model's authors gave it, as its own files say.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// The model's entity labels; [`Mention::label`] is an index in here.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Bytes that the weights take in memory.
    pub fn weight_bytes(&self) -> usize {
        match &self.engine {
            Engine::Spacy(engine) => engine.bytes(),
            Engine::Transformer(engine) => engine.bytes(),
        }
    }

    /// Whether this model reads the texts of an article in each other's light, as a transformer does.
    pub fn reads_context(&self) -> bool {
        matches!(self.engine, Engine::Transformer(_))
    }

    /// The engine's tokens of `text`: spaCy's with its white-space tokens, or a transformer's words. Linear in the
    /// text.
    pub fn tokenize(&self, text: &str) -> Vec<Token> {
        match &self.engine {
            Engine::Spacy(engine) => engine.tokenize(text),
            Engine::Transformer(engine) => engine.tokenize(text),
        }
    }

    /// The mentions of each text of one article, in order, not overlapping. For a spaCy pipeline these are spaCy's
    /// entities with only its NER enabled, and texts do not influence each other; a transformer reads consecutive
    /// texts together. Many texts in one call are faster than many calls.
    pub fn recognize(&self, scratch: &mut Scratch, texts: &[&str]) -> Vec<Vec<Mention>> {
        self.recognize_articles(scratch, &[texts])
    }

    /// As [`Model::recognize`] for several articles, which do not influence each other: a list for each text, the
    /// articles' texts one after another. Faster than one by one where articles are short.
    pub fn recognize_articles(&self, scratch: &mut Scratch, articles: &[&[&str]]) -> Vec<Vec<Mention>> {
        self.prepare(scratch);
        match &self.engine {
            Engine::Spacy(engine) => {
                let texts = articles.iter().copied().flatten().copied();
                let found = engine.recognize(&mut scratch.spacy, texts, false);
                found.into_iter().map(|(mentions, _)| mentions).collect()
            }
            Engine::Transformer(engine) => engine.recognize(&mut scratch.transformer, articles),
        }
    }

    /// As [`Model::recognize`], with the least probability that a decision on each text had, none being 1, as the
    /// network gives it. A transformer does not tell: it gives 0 for each text.
    pub fn recognize_with_certainty(
        &self,
        scratch: &mut Scratch,
        texts: &[&str],
    ) -> Vec<(Vec<Mention>, f32)> {
        self.prepare(scratch);
        match &self.engine {
            Engine::Spacy(engine) => engine.recognize(&mut scratch.spacy, texts.iter().copied(), true),
            Engine::Transformer(engine) => {
                let mentions = engine.recognize(&mut scratch.transformer, &[texts]);
                mentions.into_iter().map(|mentions| (mentions, 0.0)).collect()
            }
        }
    }

    fn prepare(&self, scratch: &mut Scratch) {
        let same = scratch.model.as_ref().is_some_and(|model| Arc::ptr_eq(model, &self.identity));
        if !same {
            *scratch = Scratch { model: Some(Arc::clone(&self.identity)), ..Scratch::default() };
        }
    }
}
