//! Text to words to word pieces: BERT's uncased BasicTokenizer and WordPiece, with byte offsets and letter-case classes.
//!
//! What is a control, white-space or punctuation character is what Python's `unicodedata` says, as in training
//! (training/ner/words.py is the same in Python; one changes with the other).

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::unicode;

/// The class of `[CLS]` and `[SEP]`.
pub(super) const SPECIAL: u8 = 0;
const NO_LETTER: u8 = 1;
const DIGITS: u8 = 2;
const LOWER: u8 = 3;
const CAPITALIZED: u8 = 4;
const UPPER: u8 = 5;
const SINGLE_UPPER: u8 = 6;
const MIXED: u8 = 7;

/// Characters of the longest word that is looked up.
const LONGEST_WORD: usize = 100;

/// A word that has pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Bytes in its text.
    pub(super) begin: usize,
    /// Exclusive.
    pub(super) end: usize,
    pub(super) case: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Space,
    /// A word of its own.
    Alone,
    Dropped,
    Letter,
}

fn role(c: char) -> Role {
    match c {
        '\t' | '\n' | '\r' | ' ' => Role::Space,
        'a'..='z' | 'A'..='Z' | '0'..='9' => Role::Letter,
        '!'..='~' => Role::Alone,
        c if c == '\u{fffd}' || unicode::is_other(c) => Role::Dropped,
        c if unicode::is_separator(c) => Role::Space,
        c if unicode::is_punct(c) || is_ideograph(c) => Role::Alone,
        _ => Role::Letter,
    }
}

/// The blocks that BERT takes for ideographs.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
        | 0x2B820..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

/// Calls `found` with `[begin, end)` of each word, in bytes. Dropped characters do not end a word. Linear.
pub(super) fn each_word(text: &str, mut found: impl FnMut(usize, usize)) {
    let mut open: Option<(usize, usize)> = None;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match role(c) {
            Role::Dropped => {}
            Role::Letter => open = Some((open.map_or(at, |(begin, _)| begin), end)),
            kind @ (Role::Space | Role::Alone) => {
                if let Some((begin, end)) = open.take() {
                    found(begin, end);
                }
                if kind == Role::Alone {
                    found(at, end);
                }
            }
        }
    }
    if let Some((begin, end)) = open {
        found(begin, end);
    }
}

/// The class of a word by its original characters; letters without case count as lower.
fn case_class(word: &str) -> u8 {
    let (mut letters, mut upper, mut first_is_upper, mut digits) = (0, 0, false, false);
    for c in word.chars() {
        if unicode::is_alpha(c) {
            let is_upper = unicode::is_upper(c);
            first_is_upper |= letters == 0 && is_upper;
            letters += 1;
            upper += usize::from(is_upper);
        } else {
            digits |= unicode::is_number(c);
        }
    }
    match (letters, upper) {
        (0, _) => {
            if digits {
                DIGITS
            } else {
                NO_LETTER
            }
        }
        (_, 0) => LOWER,
        (1, _) => SINGLE_UPPER,
        (letters, upper) if letters == upper => UPPER,
        (_, 1) if first_is_upper => CAPITALIZED,
        _ => MIXED,
    }
}

/// Lower case, without dropped characters and accents.
fn normalize(word: &str, normal: &mut String) {
    normal.clear();
    if word.is_ascii() {
        normal.extend(word.chars().filter(|&c| role(c) != Role::Dropped).map(|c| c.to_ascii_lowercase()));
        return;
    }
    let kept: String = word.chars().filter(|&c| role(c) != Role::Dropped).collect();
    normal.extend(kept.to_lowercase().nfd().filter(|&c| !unicode::is_nonspacing_mark(c)));
}

/// The word pieces and their numbers.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// Pieces that begin a word.
    first: HashMap<String, u32>,
    /// Pieces that go on with one, without `##`.
    further: HashMap<String, u32>,
    pub(super) unknown: u32,
    pub(super) begin: u32,
    pub(super) separator: u32,
}

impl Vocabulary {
    /// None if a special piece is missing.
    pub(super) fn new(pieces: &[String]) -> Option<Self> {
        let mut first = HashMap::with_capacity(pieces.len());
        let mut further = HashMap::new();
        for (number, piece) in pieces.iter().enumerate() {
            match piece.strip_prefix("##") {
                Some(rest) => further.insert(rest.to_owned(), number as u32),
                None => first.insert(piece.clone(), number as u32),
            };
        }
        let special = |name: &str| first.get(name).copied();
        let (unknown, begin, separator) = (special("[UNK]")?, special("[CLS]")?, special("[SEP]")?);
        Some(Vocabulary { first, further, unknown, begin, separator })
    }

    /// Appends the word's pieces, greedy longest matches; all of it is `[UNK]` if any part is in no entry.
    fn add_pieces(&self, normal: &str, pieces: &mut Vec<u32>) {
        if normal.chars().nth(LONGEST_WORD).is_some() {
            pieces.push(self.unknown);
            return;
        }
        let kept = pieces.len();
        let mut rest = normal;
        while !rest.is_empty() {
            let table = if rest.len() == normal.len() { &self.first } else { &self.further };
            let Some((length, piece)) = longest(table, rest) else {
                pieces.truncate(kept);
                pieces.push(self.unknown);
                return;
            };
            pieces.push(piece);
            rest = &rest[length..];
        }
    }

    /// Calls `found` with each word of the text that has pieces, and these. Linear in the text.
    pub(super) fn split(&self, text: &str, mut found: impl FnMut(Word, &[u32])) {
        let (mut normal, mut pieces) = (String::new(), Vec::new());
        each_word(text, |begin, end| {
            let word = &text[begin..end];
            normalize(word, &mut normal);
            pieces.clear();
            self.add_pieces(&normal, &mut pieces);
            if !pieces.is_empty() {
                found(Word { begin, end, case: case_class(word) }, &pieces);
            }
        });
    }
}

/// The longest entry that `text` begins with, and its bytes.
fn longest(table: &HashMap<String, u32>, text: &str) -> Option<(usize, u32)> {
    let mut end = text.len();
    while end > 0 {
        if let Some(&piece) = table.get(&text[..end]) {
            return Some((end, piece));
        }
        end = text.floor_char_boundary(end - 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        each_word(text, |begin, end| found.push(&text[begin..end]));
        found
    }

    #[test]
    fn words_end_at_spaces_punctuation_and_ideographs_but_not_at_dropped_characters() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            (" \u{200b}\0\u{fffd} ", &[]),
            ("Don't stop.", &["Don", "'", "t", "stop", "."]),
            ("U.S.-led $5m", &["U", ".", "S", ".", "-", "led", "$", "5m"]),
            ("so\u{ad}ft \u{200b}left\u{200b}", &["so\u{ad}ft", "left"]),
            ("a\u{a0}b\u{3000}c", &["a", "b", "c"]),
            ("x東京y", &["x", "東", "京", "y"]),
            ("€5 «là»", &["€5", "«", "là", "»"]),
            ("😀👍", &["😀👍"]),
        ];
        for (text, expected) in table {
            assert_eq!(words(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn case_classes_are_by_letters_and_digits() {
        let table = [
            ("-", NO_LETTER),
            ("€", NO_LETTER),
            ("2024", DIGITS),
            ("½", DIGITS),
            ("the", LOWER),
            ("5m", LOWER),
            ("東", LOWER),
            ("Paris", CAPITALIZED),
            ("Élan", CAPITALIZED),
            ("A380b", CAPITALIZED),
            ("NATO", UPPER),
            ("G20s", CAPITALIZED),
            ("F16", SINGLE_UPPER),
            ("S", SINGLE_UPPER),
            ("McKay", MIXED),
            ("iPhone", MIXED),
        ];
        for (word, class) in table {
            assert_eq!(case_class(word), class, "{word}");
        }
    }

    #[test]
    fn pieces_are_the_longest_and_a_word_with_a_strange_part_is_unknown() {
        let entries =
            ["[UNK]", "[CLS]", "[SEP]", "un", "una", "##able", "##a", "##ble", "cafe", "σας", "##s"];
        let vocabulary = Vocabulary::new(&entries.map(str::to_owned)).unwrap();
        let pieces = |text: &str| {
            let mut all = Vec::new();
            vocabulary.split(text, |_, pieces| all.push(pieces.to_vec()));
            all
        };
        assert_eq!(pieces("unable Unas"), [vec![4, 7], vec![4, 10]]);
        assert_eq!(pieces("Caf\u{e9} cafe\u{301} CAFÉS"), [vec![8], vec![8], vec![8, 10]]);
        assert_eq!(pieces("ΣΑΣ"), [vec![9]]);
        assert_eq!(pieces("unaz x"), [vec![0], vec![0]]);
        assert_eq!(pieces(&"una".repeat(40)), [vec![0]]);
        assert_eq!(pieces("\u{301} \u{ad}"), Vec::<Vec<u32>>::new());
    }
}
