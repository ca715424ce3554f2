//! The lexical attributes that a pipeline's embedding layer may ask for, computed as spaCy computes them.
//!
//! An attribute of a token is a 64-bit number: the string id of a derived string (NORM, PREFIX, SHAPE, ...), or a
//! flag. The sources are `spacy/lang/lex_attrs.py` and `spacy/lang/norm_exceptions.py`. What depends on other
//! components (TAG, LEMMA) or on a language's word lists (IS_STOP, LIKE_NUM) is not here; the importer names it.

use crate::hash::string_id;
use crate::unicode;

/// One column of the embedding layer's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Orth,
    Lower,
    Norm,
    Prefix,
    Suffix,
    Shape,
    Length,
    /// Whether a single space follows the token.
    Spacy,
    IsAlpha,
    IsAscii,
    IsDigit,
    IsLower,
    IsPunct,
    IsSpace,
    IsTitle,
    IsUpper,
}

/// Attribute, spaCy's name for it; the index is the number in a compiled model.
const NAMES: [(Attribute, &str); 16] = [
    (Attribute::Orth, "ORTH"),
    (Attribute::Lower, "LOWER"),
    (Attribute::Norm, "NORM"),
    (Attribute::Prefix, "PREFIX"),
    (Attribute::Suffix, "SUFFIX"),
    (Attribute::Shape, "SHAPE"),
    (Attribute::Length, "LENGTH"),
    (Attribute::Spacy, "SPACY"),
    (Attribute::IsAlpha, "IS_ALPHA"),
    (Attribute::IsAscii, "IS_ASCII"),
    (Attribute::IsDigit, "IS_DIGIT"),
    (Attribute::IsLower, "IS_LOWER"),
    (Attribute::IsPunct, "IS_PUNCT"),
    (Attribute::IsSpace, "IS_SPACE"),
    (Attribute::IsTitle, "IS_TITLE"),
    (Attribute::IsUpper, "IS_UPPER"),
];

impl Attribute {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, n)| *n == name).map(|(a, _)| *a)
    }

    pub(crate) fn code(self) -> u32 {
        NAMES.iter().position(|(a, _)| *a == self).map_or(0, |i| i as u32)
    }

    pub(crate) fn from_code(code: u32) -> Option<Self> {
        NAMES.get(code as usize).map(|(a, _)| *a)
    }

    /// The attribute's value for a token `orth` whose NORM id is `norm`.
    pub(crate) fn value(self, orth: &str, norm: u64, space_follows: bool) -> u64 {
        match self {
            Attribute::Orth => string_id(orth),
            Attribute::Lower => string_id(&orth.to_lowercase()),
            Attribute::Norm => norm,
            Attribute::Prefix => string_id(&orth[..orth.chars().next().map_or(0, char::len_utf8)]),
            Attribute::Suffix => string_id(suffix(orth)),
            Attribute::Shape => string_id(&shape(orth)),
            Attribute::Length => orth.chars().count() as u64,
            Attribute::Spacy => u64::from(space_follows),
            Attribute::IsAlpha => u64::from(orth.chars().all(unicode::is_alpha)),
            Attribute::IsAscii => u64::from(orth.is_ascii()),
            Attribute::IsDigit => u64::from(orth.chars().all(unicode::is_digit)),
            Attribute::IsLower => {
                u64::from(orth.chars().any(char::is_lowercase) && !orth.chars().any(char::is_uppercase))
            }
            Attribute::IsPunct => u64::from(orth.chars().all(unicode::is_punct)),
            Attribute::IsSpace => u64::from(is_space(orth)),
            Attribute::IsTitle => u64::from(is_title(orth)),
            Attribute::IsUpper => {
                u64::from(orth.chars().any(char::is_uppercase) && !orth.chars().any(char::is_lowercase))
            }
        }
    }
}

/// `str.isspace`: at least one character and nothing but white space.
pub(crate) fn is_space(orth: &str) -> bool {
    !orth.is_empty() && orth.chars().all(unicode::is_space)
}

/// The last three characters.
fn suffix(orth: &str) -> &str {
    orth.char_indices().rev().nth(2).map_or(orth, |(at, _)| &orth[at..])
}

/// Letters as X or x, digits as d, other characters as they are; a run is cut after four; 100 characters or
/// more are the word LONG.
fn shape(orth: &str) -> String {
    if orth.len() >= 100 && orth.chars().count() >= 100 {
        return "LONG".to_owned();
    }
    let mut out = String::with_capacity(orth.len());
    let mut last = None;
    let mut run = 0;
    for c in orth.chars() {
        let mark = if unicode::is_alpha(c) {
            if unicode::is_upper(c) { 'X' } else { 'x' }
        } else if unicode::is_digit(c) {
            'd'
        } else {
            c
        };
        run = if last == Some(mark) { run + 1 } else { 0 };
        last = Some(mark);
        if run < 4 {
            out.push(mark);
        }
    }
    out
}

/// `str.istitle`: upper case only after uncased characters, lower case only after cased ones, something cased.
fn is_title(orth: &str) -> bool {
    let (mut after_cased, mut any) = (false, false);
    for c in orth.chars() {
        if c.is_uppercase() {
            if after_cased {
                return false;
            }
            (after_cased, any) = (true, true);
        } else if c.is_lowercase() {
            if !after_cased {
                return false;
            }
            any = true;
        } else {
            after_cased = false;
        }
    }
    any
}

/// spaCy's language-independent norms (`BASE_NORMS`): quotes, dashes, currency signs, full-width punctuation.
pub(crate) fn base_norm(orth: &str) -> Option<&'static str> {
    Some(match orth {
        "'s" | "'S" | "’s" | "’S" => "'s",
        "’" | "‘" | "´" | "`" => "'",
        "”" | "“" | "''" | "``" | "´´" | "„" | "»" | "«" | "‘‘" | "’’" => "\"",
        "？" => "?",
        "！" => "!",
        "，" => ",",
        "；" => ";",
        "：" => ":",
        "。" | "।" => ".",
        "…" => "...",
        "—" | "–" | "--" | "---" | "——" => "-",
        "€" | "£" | "¥" | "฿" | "US$" | "C$" | "A$" | "₺" | "₹" | "৳" | "₩" | "Mex$" | "₣" | "E£" => {
            "$"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_spacys() {
        let table = [
            ("Nasdaq", "Xxxxx"),
            ("capitalized", "xxxx"),
            ("C3P0", "XdXd"),
            (",", ","),
            ("\n", "\n"),
            ("S-400", "X-ddd"),
            ("1,000,000", "d,ddd,ddd"),
            ("........", "...."),
            ("ǅ", "x"),
            ("²", "d"),
        ];
        for (orth, expected) in table {
            assert_eq!(shape(orth), expected, "{orth}");
        }
        assert_eq!(shape(&"é".repeat(99)), "xxxx");
        assert_eq!(shape(&"é".repeat(100)), "LONG");
    }

    #[test]
    fn suffix_is_three_characters_not_bytes() {
        assert_eq!(suffix("Erdoğan"), "ğan");
        assert_eq!(suffix("é"), "é");
        assert_eq!(suffix("日本語訳"), "本語訳");
    }
}
