//! The contents of a compiled transformer, as plain data: what the importer makes and the model file holds.
//!
//! Weights are 8-bit numbers with one step for each row (output or vocabulary entry); a weight is number times step.

/// H is the hidden width, N the width between the two feed-forward layers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) version: String,
    /// ISO 639 code.
    pub(crate) language: String,
    pub(crate) licence: String,
    /// Entity labels in the order in which the tags first name them.
    pub(crate) labels: Vec<String>,
    /// In the order of the head's outputs.
    pub(crate) tags: Vec<Tag>,
    /// What the logits are divided by before they are probabilities.
    pub(crate) temperature: f32,
    /// Pieces of a window, with its begin and separators.
    pub(crate) max_window: usize,
    pub(crate) heads: usize,
    /// On the variance, in layer normalization.
    pub(crate) epsilon: f32,
    /// Word pieces; those that go on with a word begin with `##`.
    pub(crate) pieces: Vec<String>,
    /// `pieces x H`.
    pub(crate) words: Table,
    /// `max_window x H`, the only token type's vector added.
    pub(crate) positions: Vec<f32>,
    /// `cases x H`.
    pub(crate) cases: Vec<f32>,
    pub(crate) normalization: Normalization,
    pub(crate) layers: Vec<Layer>,
    /// `tags x H`, `tags`.
    pub(crate) head: Vec<f32>,
    pub(crate) head_bias: Vec<f32>,
}

/// A word's place in a mention; labels index [`Plan::labels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Outside,
    Begin(u16),
    Inside(u16),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layer {
    /// Query, key and value, one below the other: `3 H x H`.
    pub(crate) project: Linear,
    /// `H x H`.
    pub(crate) mix: Linear,
    pub(crate) mix_normalization: Normalization,
    /// `N x H`.
    pub(crate) widen: Linear,
    /// `H x N`.
    pub(crate) narrow: Linear,
    pub(crate) narrow_normalization: Normalization,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Normalization {
    pub(crate) scale: Vec<f32>,
    pub(crate) shift: Vec<f32>,
}

/// `rows x inputs` with one step a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) numbers: Vec<i8>,
    pub(crate) steps: Vec<f32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Linear {
    pub(crate) weights: Table,
    pub(crate) bias: Vec<f32>,
}

impl Table {
    /// Rows of `inputs` numbers, each cut to 8 bits by its own largest.
    pub(crate) fn quantize(values: &[f32], inputs: usize) -> Table {
        let mut table = Table::default();
        for row in values.chunks_exact(inputs) {
            let most = row.iter().fold(0.0f32, |most, value| most.max(value.abs()));
            let step = (most / 127.0).max(f32::MIN_POSITIVE);
            table.steps.push(step);
            table.numbers.extend(row.iter().map(|value| (value / step).round() as i8));
        }
        table
    }
}

/// Case classes, and the one of pieces that are no word's.
pub(crate) const CASES: usize = 8;
