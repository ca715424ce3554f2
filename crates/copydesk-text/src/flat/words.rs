//! The words of a line, hashed, for the trained model.
//!
//! Lives here: which pieces of a line count as its words, and their hash. Must never come here: weights (`model.rs`) or
//! phrases (`furniture.rs`). Training takes the hashes from here, so a change here asks for a new model.

/// The number of different hashes, a power of two: 64 KiB of weights.
pub(crate) const BUCKETS: usize = 1 << 16;

/// Only so many words of a line are read; later ones say the same.
const MAX_WORDS: usize = 60;

/// The hashes of a line's words, their pairs, its first and last words, and of the pairs of signs where a script writes no
/// spaces. In no order, each once; numbers are all one word. Linear in the line.
pub(crate) fn hashes(text: &str) -> Vec<u32> {
    let words = words(text);
    let mut out = Vec::with_capacity(words.len() * 2 + 6);
    let mut add = |kind: u8, parts: &[&str]| out.push(hash(kind, parts));
    for word in &words {
        add(b'w', &[word]);
    }
    for pair in words.windows(2) {
        if let [a, b] = pair {
            add(b'p', &[a, b]);
        }
    }
    if let (Some(first), Some(last)) = (words.first(), words.last()) {
        add(b'f', &[first]);
        add(b'l', &[last]);
    }
    if let [first, second, third, ..] = words.as_slice() {
        add(b't', &[first, second, third]);
    }
    if words.len() <= 6 {
        let whole: Vec<&str> = words.iter().map(String::as_str).collect();
        add(b'a', &whole);
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Lower-case words, numbers as `0`; two signs at a time where a script writes no spaces.
fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut wide: Option<char> = None;
    let close = |word: &mut String, out: &mut Vec<String>| {
        if !word.is_empty() {
            out.push(std::mem::take(word));
        }
    };
    for c in text.chars() {
        if out.len() >= MAX_WORDS {
            return out;
        }
        if crate::normal::size(c) > 1 && !matches!(c, '\u{ac00}'..='\u{d7a3}') {
            close(&mut word, &mut out);
            if let Some(before) = wide {
                out.push([before, c].iter().collect());
            }
            wide = Some(c);
            continue;
        }
        wide = None;
        if c.is_numeric() {
            if !word.ends_with('0') {
                word.push('0');
            }
        } else if c.is_alphabetic() || matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{97f}') {
            word.extend(c.to_lowercase());
        } else if !(matches!(c, '\'' | '’') && word.ends_with(char::is_alphabetic)) {
            close(&mut word, &mut out);
        }
    }
    close(&mut word, &mut out);
    out
}

/// FNV-1a over the kind and the parts, folded to a bucket.
fn hash(kind: u8, parts: &[&str]) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut step = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    step(kind);
    for part in parts {
        step(b' ');
        part.bytes().for_each(&mut step);
    }
    ((hash ^ (hash >> 32)) as usize % BUCKETS) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_script() {
        assert_eq!(words("Don’t miss: 12,500 stories"), ["dont", "miss", "0", "0", "stories"]);
        assert_eq!(words("関連記事"), ["関連", "連記", "記事"]);
        assert_eq!(words("Подписаться"), ["подписаться"]);
        assert!(hashes("").is_empty() || hashes("").len() == 1);
    }
}
