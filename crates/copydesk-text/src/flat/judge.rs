//! The trained model applied to a whole text.
//!
//! Lives here: the features of the forest in order, and `judge`, which gives each line its log-odds. Must never come
//! here: single features (`features.rs`, `context.rs`), the verdicts (`score.rs`).

use super::context::{Sheet, Sums};
use super::model::Model;
use super::texture::texture;

/// What the words around a line say, in order, behind the features of the line and its place.
pub(super) const WORDS: [&str; 6] =
    ["words_say", "words_3_above", "words_3_below", "words_10_above", "words_10_below", "words_page"];

/// The features of all lines without those of the words.
pub(super) fn base(page: &Sheet<'_>) -> Vec<Vec<f32>> {
    let rows = page.own.iter().zip(page.around()).zip(texture(page));
    rows.map(|((own, around), texture)| own.iter().copied().chain(around).chain(texture).collect()).collect()
}

/// Log-odds of content for each line. Linear in the lines.
pub(super) fn judge(page: &Sheet<'_>, model: &Model) -> Vec<f32> {
    let mut features = base(page);
    let words: Vec<f32> = page.texts.iter().map(|text| model.words(text)).collect();
    for (row, more) in features.iter_mut().zip(around_words(&words)) {
        row.extend(more);
    }
    features.iter().map(|row| model.odds(row)).collect()
}

/// The features that follow from what each line's words say.
fn around_words(words: &[f32]) -> Vec<[f32; WORDS.len()]> {
    let sums = Sums::of(words.iter().copied());
    let page = sums.over(0..words.len()) / words.len().max(1) as f32;
    words
        .iter()
        .enumerate()
        .map(|(i, own)| {
            let (near, far) = (sums.means(i, 3), sums.means(i, 10));
            [*own, near.0, near.1, far.0, far.1, page]
        })
        .collect()
}
