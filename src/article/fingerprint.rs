//! Whether two texts say the same: a hash for equal ones, MinHash for near copies.
//!
//! Compared are the sets of runs of four folded words, so headline, case, accents, punctuation and the order of paragraphs
//! do not matter. The share of equal MinHashes estimates the Jaccard similarity of the sets with a standard error of at
//! most .045 (128 of them). Near copies are found by bands of three hashes, 20 of them: a pair of similarity s shares a band
//! with probability 1 - (1 - s³)²⁰, which is .93 at .5, .99 at .6 and .02 at .1.
//! A. Broder, On the resemblance and containment of documents, 1997; Leskovec, Rajaraman, Ullman, Mining of Massive
//! Datasets, chapter 3.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::search::first_folded_words;

/// Words of a run.
const SHINGLE_WORDS: usize = 4;
/// A text with fewer words says too little to be a copy of anything.
const MIN_WORDS: usize = 8;
/// Of a longer text these are compared as words; what is behind them must be equal as it is written.
const MAX_WORDS: usize = 16_000;
/// A text with fewer words is a copy only if it is equal.
const MIN_NEAR_WORDS: usize = 30;
const HASHES: usize = 128;
const BANDS: usize = 20;
const BAND_ROWS: usize = 3;
/// Least similarity of a copy: half of what both say together is said by both. Copies that lost their last third have
/// .6 and more; different articles on one story, which share some quotations, stay below .3.
pub const MIN_SIMILARITY: f32 = 0.5;

/// That an article says what another said before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Duplicate {
    /// The first that said it; never a copy itself when it was found.
    pub of_article_id: Uuid,
    /// Jaccard similarity of the two texts: 1 if their words are equal, else an estimate.
    pub similarity: f32,
}

/// What is kept of a text to compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Of all its words.
    pub text_hash: [u8; 16],
    /// Empty, or `HASHES`.
    pub minhashes: Vec<u32>,
}

impl Fingerprint {
    /// None for a text of fewer than eight words. Linear.
    pub fn of(text: &str) -> Option<Fingerprint> {
        let mut hasher = blake3::Hasher::new();
        let mut words = Vec::new();
        let (first, rest) = first_folded_words(text, MAX_WORDS);
        for word in &first {
            hasher.update(word.as_bytes());
            hasher.update(b" ");
            words.push(fnv(word.as_bytes()));
        }
        hasher.update(rest.as_bytes());
        if words.len() < MIN_WORDS {
            return None;
        }
        let mut text_hash = [0; 16];
        text_hash.copy_from_slice(hasher.finalize().as_bytes().get(..16)?);
        let minhashes = if words.len() < MIN_NEAR_WORDS { Vec::new() } else { minhashes(&words) };
        Some(Fingerprint { text_hash, minhashes })
    }

    /// Under which near copies are found; empty for a short text. Distinct.
    pub fn bands(&self) -> Vec<i32> {
        let bands = self.minhashes.chunks_exact(BAND_ROWS).take(BANDS).enumerate();
        let mut keys: Vec<i32> = bands
            .map(|(number, rows)| {
                let seed = mix(number as u64 + 1);
                let key = rows.iter().fold(seed, |key, row| mix(key ^ u64::from(*row)));
                (key >> 32) as u32 as i32
            })
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Estimated Jaccard similarity; 0 if either text is short.
    pub fn similarity(&self, other: &Fingerprint) -> f32 {
        similarity(&self.minhashes, &other.minhashes)
    }

    /// As stored: four bytes a hash, big-endian.
    pub fn signature(&self) -> Vec<u8> {
        self.minhashes.iter().flat_map(|hash| hash.to_be_bytes()).collect()
    }

    /// Estimated similarity to a text of which only the signature is at hand.
    pub fn similarity_to(&self, signature: &[u8]) -> f32 {
        let (chunks, _) = signature.as_chunks::<4>();
        let other: Vec<u32> = chunks.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
        similarity(&self.minhashes, &other)
    }
}

fn similarity(one: &[u32], other: &[u32]) -> f32 {
    if one.len() != HASHES || other.len() != HASHES {
        return 0.0;
    }
    let equal = one.iter().zip(other).filter(|(a, b)| a == b).count();
    equal as f32 / HASHES as f32
}

/// The least of each hash over all runs of words.
fn minhashes(words: &[u64]) -> Vec<u32> {
    let shingles: HashSet<u64> = words
        .windows(SHINGLE_WORDS)
        .map(|run| run.iter().fold(0, |hash: u64, word| mix(hash.rotate_left(17) ^ word)))
        .collect();
    let mut least = vec![u32::MAX; HASHES];
    for shingle in shingles {
        // Multiply-shift: two random numbers a function, the first odd. Dietzfelbinger et al., 1997.
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        for least in &mut least {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let (a, b) = (mix(seed) | 1, mix(!seed));
            *least = (*least).min((shingle.wrapping_mul(a).wrapping_add(b) >> 32) as u32);
        }
    }
    least
}

/// FNV-1a, 64 bits.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// SplitMix64's finisher.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(range: std::ops::Range<usize>) -> String {
        range.map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ")
    }

    fn fingerprint(text: &str) -> Fingerprint {
        Fingerprint::of(text).expect("is long enough")
    }

    #[test]
    fn equal_words_have_an_equal_hash_whatever_is_between_them() {
        let one = fingerprint("The Harbour Board of Łódź approved a new ferry line.");
        let other = fingerprint("the harbour board, of Lodz:\n\nAPPROVED a new ferry line");
        assert_eq!(one, other);
        assert_ne!(one.text_hash, fingerprint("The harbour board of Łódź approved a new ferry.").text_hash);
        assert_eq!(Fingerprint::of("Too short to say anything."), None);
        let long = words(0..20_000);
        assert_eq!(fingerprint(&long), fingerprint(&long));
        assert_ne!(fingerprint(&long).text_hash, fingerprint(&format!("{long} more")).text_hash);
    }

    #[test]
    fn the_estimate_is_close_to_the_jaccard_similarity() {
        let whole = fingerprint(&words(0..600));
        for kept in [540, 420, 300, 60] {
            let expected = (kept - 3) as f32 / 597.0;
            let estimate = whole.similarity(&fingerprint(&words(0..kept)));
            assert!((estimate - expected).abs() < 0.12, "{kept}: {estimate} for {expected}");
        }
        assert_eq!(whole.similarity(&whole), 1.0);
        assert_eq!(whole.similarity_to(&whole.signature()), 1.0);
        assert!(whole.similarity(&fingerprint(&words(1_000..1_600))) < 0.05);
    }

    #[test]
    fn near_copies_share_a_band_and_other_texts_hardly_ever_do() {
        let shares = |one: &Fingerprint, other: &Fingerprint| {
            one.bands().iter().any(|band| other.bands().contains(band))
        };
        let (mut near, mut far) = (0, 0);
        for start in (0..100).map(|number| number * 10_000) {
            let whole = fingerprint(&words(start..start + 400));
            near += usize::from(shares(&whole, &fingerprint(&words(start..start + 280))));
            far += usize::from(shares(&whole, &fingerprint(&words(start + 350..start + 750))));
        }
        assert!(near >= 98, "{near} of 100 at .7");
        assert!(far <= 10, "{far} of 100 at .07");
    }
}
