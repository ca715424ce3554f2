//! The dial between speed and accuracy: which of the loaded models reads an article.

use std::sync::LazyLock;

use copydesk_ner::Model;

/// The certainty below which BALANCED has a paragraph read again: that of its least certain decision. With
/// en_core_web_md a fifth of news paragraphs are (`--example dial` of copydesk-ner); at 0.7 it would be two thirds.
pub const DEFAULT_CERTAINTY: f32 = 0.45;

/// copydesk-accurate, compiled; see models/README.md.
static CARRIED_FILE: &[u8] = include_bytes!("../../models/copydesk-accurate-1.1.0.cdner");

/// The accurate model that the program carries. Read when it is first asked for, because who never does saves 25 MB.
pub(super) static CARRIED: LazyLock<Option<Model>> = LazyLock::new(|| Model::from_bytes(CARRIED_FILE).ok());

/// The models that read one article.
#[derive(Clone, Copy)]
pub(super) enum Readers<'a> {
    /// None for its language.
    Nobody,
    /// A model and its place among the scratches.
    One(usize, &'a Model),
    /// The language's model and the accurate one, with their places, and the certainty below which the second reads.
    Two { fast: (usize, &'a Model), accurate: (usize, &'a Model), certainty: f32 },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_carries_an_accurate_model_for_english() {
        assert_eq!(CARRIED.as_ref().map(Model::language), Some("en"));
    }
}
