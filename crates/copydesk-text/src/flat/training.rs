//! What training needs of a text: its lines, their features, the hashes of their words.
//!
//! Lives here: the door through which `examples/flat_features.rs` takes the same numbers that the model is run on. Must
//! never come here: anything that cleaning itself calls.

use super::context::{AROUND, Sheet};
use super::features::{self, OWN};
use super::texture::TEXTURE;
use super::{judge, lines, score, weigh, words};
use std::ops::Range;

/// A line of flat text as training sees it.
#[derive(Debug, Clone)]
pub struct FlatLine {
    /// Where the line stands in the text, in bytes.
    pub source: Range<usize>,
    /// The features by name, as `flat_feature_names` lists them, without those that follow from the model itself.
    pub features: Vec<f32>,
    /// The hashes of its words, each below 65,536.
    pub hashes: Vec<u32>,
    /// What it says.
    pub text: String,
}

/// The lines of a text with their features; `None` for a text that is kept whole without a look at its lines.
#[must_use]
pub fn flat_lines(text: &str) -> Option<Vec<FlatLine>> {
    let lines = lines::split(text);
    let reasons = score::reasons(&lines);
    let weighed = weigh::weigh(&lines, &reasons)?;
    let own: Vec<_> = lines.iter().zip(&reasons).map(|(line, reason)| features::own(line, *reason)).collect();
    let rows = judge::base(&Sheet::of(&lines, &own, &weighed));
    let lines = lines.iter().zip(rows).map(|(line, features)| FlatLine {
        source: line.text.whole(),
        features,
        hashes: words::hashes(&line.text.text),
        text: line.text.text.clone(),
    });
    Some(lines.collect())
}

/// The names of all features of the forest, in order.
#[must_use]
pub fn flat_feature_names() -> Vec<&'static str> {
    OWN.into_iter().chain(AROUND).chain(TEXTURE).chain(judge::WORDS).collect()
}
