//! The two hashes that a spaCy pipeline is built on.
//!
//! A string's id (what spaCy's `StringStore` gives) and the four table rows that `HashEmbed` sums for an id.
//! Both decide which weights are looked up, so they must agree with spaCy bit for bit.
//! Nothing here is used as a general-purpose hash map hasher.

use std::collections::HashMap;
use std::sync::OnceLock;

/// spaCy's built-in symbols (`spacy/symbols.pyx`): strings whose id is a small number instead of a hash.
/// `symbols.txt` holds them in the order of their ids, one a line, `id name`.
const SYMBOLS: &str = include_str!("symbols.txt");

/// The id of `text` in spaCy's string store: 0 for the empty string, the symbol's number for a built-in
/// symbol, else MurmurHash64A of the UTF-8 bytes with seed 1.
pub(crate) fn string_id(text: &str) -> u64 {
    if text.is_empty() {
        return 0;
    }
    match symbols().get(text) {
        Some(&id) => id,
        None => murmur64a(text.as_bytes(), 1),
    }
}

fn symbols() -> &'static HashMap<&'static str, u64> {
    static TABLE: OnceLock<HashMap<&'static str, u64>> = OnceLock::new();
    TABLE.get_or_init(|| {
        SYMBOLS
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(id, name)| Some((name, id.parse().ok()?)))
            .collect()
    })
}

/// MurmurHash64A (Austin Appleby, public domain), the 64-bit MurmurHash2 for little-endian 64-bit machines.
pub(crate) fn murmur64a(bytes: &[u8], seed: u64) -> u64 {
    const M: u64 = 0xc6a4_a793_5bd1_e995;
    const R: u32 = 47;
    let mut h = seed ^ (bytes.len() as u64).wrapping_mul(M);
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let mut k = u64::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        h = (h ^ k.wrapping_mul(M)).wrapping_mul(M);
    }
    if !tail.is_empty() {
        let mut last = [0; 8];
        last[..tail.len()].copy_from_slice(tail);
        h = (h ^ u64::from_le_bytes(last)).wrapping_mul(M);
    }
    h ^= h >> R;
    h = h.wrapping_mul(M);
    h ^ (h >> R)
}

/// The four rows of a `rows`-high `HashEmbed` table that are summed for `id`: MurmurHash3_x64_128 of the
/// eight bytes of `id`, its 128 bits read as four `u32`, each modulo `rows` (thinc's `NumpyOps.hash`).
pub(crate) fn embed_rows(id: u64, seed: u32, rows: u32) -> [u32; 4] {
    let seed = u64::from(seed);
    let mut h1 = id.wrapping_mul(0x87c3_7b91_1142_53d5).rotate_left(31).wrapping_mul(0x4cf5_ad43_2745_937f);
    h1 ^= seed ^ 8;
    let mut h2 = seed ^ 8;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = finish(h1);
    h2 = finish(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    [h1 as u32, (h1 >> 32) as u32, h2 as u32, (h2 >> 32) as u32].map(|word| word % rows)
}

fn finish(mut k: u64) -> u64 {
    k ^= k >> 33;
    k = k.wrapping_mul(0xff51_afd7_ed55_8ccd);
    k ^= k >> 33;
    k = k.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    k ^ (k >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_ids_are_spacys() {
        // From spacy.strings.get_string_id.
        let known: &[(&str, u64)] = &[
            ("", 0),
            ("coffee", 3197928453018144401),
            ("Apple", 6418411030699964375),
            ("a", 11901859001352538922),
            ("PERSON", 380),
            ("mark", 423),
            ("Erdoğan", 8188991753946556329),
        ];
        for &(text, id) in known {
            assert_eq!(string_id(text), id, "{text}");
        }
    }

    #[test]
    fn embed_rows_are_thincs() {
        // From thinc.api.NumpyOps().hash(ids, 8) % 5000.
        assert_eq!(embed_rows(0, 8, 5000), [0, 0, 0, 0]);
        assert_eq!(embed_rows(3197928453018144401, 8, 5000), [680, 852, 3520, 1278]);
        assert_eq!(embed_rows(380, 8, 5000), [3468, 249, 1554, 2874]);
    }
}
