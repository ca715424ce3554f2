//! The dial between speed and accuracy: which of the loaded models reads an article.

use std::sync::Arc;

use copydesk_ner::Model;

/// How much work recognizing may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accuracy {
    /// The language's model alone.
    #[default]
    Fast,
    /// The language's model, and the accurate one for the paragraphs on which it was in doubt.
    Balanced,
    /// The accurate model alone.
    Accurate,
}

/// The certainty below which BALANCED has a paragraph read again: that of its least certain decision. With
/// en_core_web_md a fifth of news paragraphs are (`--example dial` of copydesk-ner); at 0.7 it would be two thirds.
pub const DEFAULT_CERTAINTY: f32 = 0.45;

/// The accurate model, and what is asked of it.
#[derive(Clone, Debug)]
pub(super) struct Accurate {
    pub(super) model: Arc<Model>,
    pub(super) certainty: f32,
}

/// The models that read one article.
#[derive(Clone, Copy)]
pub(super) enum Readers<'a> {
    /// None for its language.
    Nobody,
    /// A model and its place among the scratches.
    One(usize, &'a Model),
    /// The language's model with its place, and the accurate one, whose place is the last.
    Two { fast: (usize, &'a Model), accurate: (usize, &'a Accurate) },
}

impl<'a> Readers<'a> {
    /// The model whose labels the mentions have.
    pub(super) fn model(self) -> Option<&'a Model> {
        match self {
            Readers::Nobody => None,
            Readers::One(_, model) | Readers::Two { fast: (_, model), .. } => Some(model),
        }
    }
}
