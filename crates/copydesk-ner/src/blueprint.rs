//! The contents of a compiled model file, as plain data.
//!
//! The importer fills it from a spaCy package, `Model::from_bytes` reads it back and builds what recognizing needs
//! (compiled patterns, packed weights). Arrays are row-major and keep spaCy's own orientation.

use crate::attributes::Attribute;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Blueprint {
    /// For example `core_web_md`.
    pub(crate) name: String,
    /// The package's version.
    pub(crate) version: String,
    /// ISO 639 code, as in `nlp.lang`.
    pub(crate) language: String,
    pub(crate) licence: String,
    pub(crate) rules: Rules,
    pub(crate) network: Network,
    /// Moves in the order of the network's output.
    pub(crate) moves: Vec<Move>,
    /// Entity labels in the order in which the moves first name them.
    pub(crate) labels: Vec<String>,
    pub(crate) calibration: Calibration,
}

/// Tokenizer rules and norms.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rules {
    pub(crate) prefix: Option<String>,
    pub(crate) suffix: Option<String>,
    pub(crate) infix: Option<String>,
    pub(crate) token_match: Option<String>,
    pub(crate) url_match: Option<String>,
    /// Sorted by the text they apply to.
    pub(crate) exceptions: Vec<Exception>,
    /// spaCy's `faster_heuristics`: only exceptions with an affix or a space are looked for across chunks.
    pub(crate) faster_heuristics: bool,
    /// `lexeme_norm`: string id of the form, string id of its norm; sorted by the former.
    pub(crate) norms: Vec<(u64, u64)>,
}

/// A text and the tokens it is cut into, each with the id of its NORM or 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Exception {
    pub(crate) text: String,
    pub(crate) tokens: Vec<(String, u64)>,
}

/// Weights. H is a hidden width, P a number of maxout pieces.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Network {
    /// Width W of the token vectors between layers.
    pub(crate) width: usize,
    pub(crate) columns: Vec<Column>,
    pub(crate) vectors: Option<Vectors>,
    /// Inputs: the columns' rows one after another, then the static vector.
    pub(crate) embed: Maxout,
    /// Tokens on each side that a convolution reads.
    pub(crate) window: usize,
    /// Inputs of each: the window's vectors from left to right.
    pub(crate) convolutions: Vec<Maxout>,
    /// `H x W`, `H`: from a token's vector to the state machine's width.
    pub(crate) reduce: Linear,
    /// The state machine's first layer.
    pub(crate) lower: Lower,
    /// `moves x hidden`, `moves`; none if the first layer's output are the scores.
    pub(crate) upper: Option<Linear>,
}

/// A hash-embedding table of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) attribute: Attribute,
    pub(crate) seed: u32,
    /// `rows x W`.
    pub(crate) table: Vec<f32>,
}

/// Static word vectors, already through the linear layer that narrows them to W.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Vectors {
    /// ORTH ids, ascending.
    pub(crate) keys: Vec<u64>,
    /// The row of each key.
    pub(crate) rows: Vec<u32>,
    /// `rows x W`.
    pub(crate) table: Vec<f32>,
}

/// Maxout with layer normalization.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Maxout {
    pub(crate) pieces: usize,
    /// `W x P x inputs`.
    pub(crate) weights: Vec<f32>,
    /// `W x P`.
    pub(crate) bias: Vec<f32>,
    /// `W` each.
    pub(crate) scale: Vec<f32>,
    pub(crate) shift: Vec<f32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Linear {
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// `PrecomputableAffine`: F state features, H hidden units of P pieces, I inputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lower {
    pub(crate) features: usize,
    pub(crate) hidden: usize,
    pub(crate) pieces: usize,
    /// `F x H x P x I`.
    pub(crate) weights: Vec<f32>,
    /// `H x P`.
    pub(crate) bias: Vec<f32>,
    /// `F x H x P`, for a feature that the state lacks.
    pub(crate) padding: Vec<f32>,
}

/// What the state machine may do with the current token; labels index [`Blueprint::labels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Begin(u16),
    In(u16),
    Last(u16),
    Unit(u16),
    Out,
    /// Never valid on fresh text (the label-less unit of spaCy's move list).
    Never,
}

/// How a mention's raw score becomes a probability: see `calibration.rs`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Calibration {
    pub(crate) slope: f32,
    pub(crate) offset: f32,
}

impl Default for Calibration {
    /// Leaves the raw score as it is.
    fn default() -> Self {
        Calibration { slope: 1.0, offset: 0.0 }
    }
}
