//! The words of a text, folded, with where they stand; and their stems.

use std::ops::Range;

use copydesk_knowledge::plain_letters;
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Longest word that is kept whole, in bytes; nobody looks for more.
const MAX_WORD_BYTES: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Bytes of the text as it was given.
    pub(super) range: Range<usize>,
    /// Never empty; letters and digits only.
    pub(super) folded: String,
}

/// Splits a text. Scripts that do not space their words are split into characters. Linear.
pub(super) fn words(text: &str) -> impl Iterator<Item = Word> + '_ {
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = characters.by_ref().find(|(_, c)| is_of_word(*c))?;
        let mut word = Word { range: start..start + first.len_utf8(), folded: String::new() };
        push_folded(&mut word.folded, first);
        let goes_on =
            |c: char| is_combining_mark(c) || (is_of_word(c) && !is_unspaced(c) && !is_unspaced(first));
        while let Some((at, c)) = characters.next_if(|(_, c)| goes_on(*c)) {
            word.range.end = at + c.len_utf8();
            push_folded(&mut word.folded, c);
        }
        Some(finish(word))
    })
    .filter(|word| !word.folded.is_empty())
}

fn finish(mut word: Word) -> Word {
    if word.folded.len() > MAX_WORD_BYTES {
        let end = (0..=MAX_WORD_BYTES).rev().find(|end| word.folded.is_char_boundary(*end)).unwrap_or(0);
        word.folded.truncate(end);
    }
    word
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Without case and accents. Some letters do not decompose; they become what is written where a keyboard lacks them.
/// Vowel signs of Indic scripts are letters, and so is й, which Russian stems need.
fn push_folded(folded: &mut String, c: char) {
    if c.is_ascii() {
        folded.push(c.to_ascii_lowercase());
        return;
    }
    if ('\u{400}'..='\u{52f}').contains(&c) {
        let lower = c.to_lowercase();
        folded.extend(lower.map(|c| if c == 'ё' { 'е' } else { c }));
        return;
    }
    for c in c.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase) {
        if let Some(letters) = plain_letters(c) {
            folded.push_str(letters);
            continue;
        }
        match c {
            'ς' => folded.push('σ'),
            c if is_of_word(c) && !is_accent(c) => folded.push(c),
            _ => {}
        }
    }
}

/// Marks that are left out in writing: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels.
fn is_accent(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x0591..=0x05C7 | 0x0610..=0x061A | 0x064B..=0x065F | 0x0670 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF)
}

/// Whether the script writes words without spaces: Thai to Khmer, kana, Han, Yi.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xA000..=0xA4CF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// Languages with a stemmer, by ISO 639-1 code.
pub(super) const STEMMED: [(&str, Algorithm); 17] = [
    ("en", Algorithm::English),
    ("ar", Algorithm::Arabic),
    ("da", Algorithm::Danish),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("es", Algorithm::Spanish),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("hu", Algorithm::Hungarian),
    ("it", Algorithm::Italian),
    ("nl", Algorithm::Dutch),
    ("no", Algorithm::Norwegian),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("sv", Algorithm::Swedish),
    ("tr", Algorithm::Turkish),
];

/// Reduces words of one language.
pub(super) struct Stems {
    language: &'static str,
    stemmer: Stemmer,
}

impl Stems {
    /// None for a language without a stemmer: its words are compared as they are.
    pub(super) fn of(language: &str) -> Option<Stems> {
        let (language, algorithm) = STEMMED.into_iter().find(|(code, _)| *code == language)?;
        Some(Stems { language, stemmer: Stemmer::create(algorithm) })
    }

    pub(super) fn language(&self) -> &'static str {
        self.language
    }

    /// The stem, if it is another than the word. Numbers have none.
    pub(super) fn stem(&self, folded: &str) -> Option<String> {
        if folded.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let stem = self.stemmer.stem(folded);
        (stem != folded && !stem.is_empty()).then(|| stem.into_owned())
    }
}

/// How a stem stands in the index: it cannot be taken for a word, nor for a stem of another language.
pub(super) fn stem_lexeme(language: &str, stem: &str) -> String {
    format!("~{language}:{stem}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).map(|word| word.folded).collect()
    }

    #[test]
    fn words_are_found_whatever_their_case_accents_and_script() {
        for (text, expected) in [
            ("Erdoğan’s visit", vec!["erdogan", "s", "visit"]),
            ("KILIÇDAROĞLU, Łódź & Øresund", vec!["kilicdaroglu", "lodz", "oresund"]),
            ("Straße naïve ﬁn", vec!["strasse", "naive", "fin"]),
            ("Королёв новый", vec!["королев", "новый"]),
            ("昨日、東京都", vec!["昨", "日", "東", "京", "都"]),
            ("हिन्दी समाचार", vec!["हिन्दी", "समाचार"]),
            ("COVID-19 3.5", vec!["covid", "19", "3", "5"]),
            ("… — !", vec![]),
        ] {
            assert_eq!(folded(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_stands_where_it_stands_in_the_text() {
        let text = "  É̀té à Łódź東京ok";
        for word in words(text) {
            assert!(folded(&text[word.range.clone()]).first().is_some_and(|first| *first == word.folded));
        }
        assert_eq!(words(&"é".repeat(1_000)).next().map(|word| word.folded.len()), Some(MAX_WORD_BYTES));
    }

    #[test]
    fn no_word_of_any_script_is_too_much_for_a_stemmer() {
        let scripts = [
            "abcdefghijklmnopqrstuvwxyzåäöüßıøæñçğş",
            "абвгдежзийклмнопрстуфхцчшщъыьэюя",
            "αβγδεζηθικλμνξοπρστυφχψω",
            "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئ",
        ];
        let mut state = 1_u64;
        let mut next = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        for (language, _) in STEMMED {
            let stems = Stems::of(language).expect("is listed");
            for _ in 0..2_000 {
                let letters: Vec<char> = scripts[next(scripts.len())].chars().collect();
                let word: String = (0..=next(12)).map(|_| letters[next(letters.len())]).collect();
                let stem = stems.stem(&word);
                assert!(stem.is_none_or(|stem| !stem.is_empty()), "{language} {word}");
            }
        }
    }
}
