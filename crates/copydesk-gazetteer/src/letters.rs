//! What a character is to the matcher: part of a word, a word of its own, or neither; and what it folds to.
//!
//! Folding works on units, a character with the combining marks on it, and is the same for names and for text. No
//! positions here: `fold` keeps those.

use std::sync::LazyLock;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A character's part in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Punctuation, symbols, controls; also white space.
    Other,
    /// A letter, digit or mark of a script with spaces between words.
    Word,
    /// A letter of a script without them.
    Solo,
}

/// What a text is compared by; the third option, whole words, does not change characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Folds {
    pub(crate) case: bool,
    pub(crate) diacritics: bool,
}

impl Folds {
    /// The form that the automaton is built on; whatever is equal under weaker folds is equal under these.
    pub(crate) const ALL: Self = Self { case: true, diacritics: true };
}

pub(crate) fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Word } else { Class::Other };
    }
    match c {
        // A modifier letter by its category, an apostrophe by its use.
        '\u{2BC}' => Class::Other,
        '\u{E00}'..='\u{EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{312F}'
        | '\u{31A0}'..='\u{31BF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}'
            if c.is_alphanumeric() || is_combining_mark(c) =>
        {
            Class::Solo
        }
        _ if c.is_alphanumeric() || is_combining_mark(c) => Class::Word,
        _ => Class::Other,
    }
}

/// Whether the character is of the Korean script, where particles follow a name without a space.
pub(crate) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' | '\u{AC00}'..='\u{D7A3}')
}

/// Whether the character belongs to the one before it: marks, and the vowels and finals of spelled-out Hangul.
#[inline]
pub(crate) fn is_mark(c: char) -> bool {
    c >= '\u{300}' && !is_plain_block(c) && (is_combining_mark(c) || matches!(c, '\u{1160}'..='\u{11FF}'))
}

/// Ranges without marks that make up most of the text in their scripts, so that it need not ask the tables.
fn is_plain_block(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{482}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
}

/// One character that folds to one, with its class, as [`Folds::ALL`] and without marks.
#[derive(Clone, Copy)]
pub(crate) struct Single {
    pub(crate) folded: char,
    pub(crate) class: Class,
}

/// Latin, Greek, Cyrillic, Armenian and Hebrew.
const TABLE: usize = 0x600;

static SINGLES: LazyLock<Vec<Option<Single>>> =
    LazyLock::new(|| (0..TABLE as u32).map(|n| char::from_u32(n).and_then(single_by_rule)).collect());

/// The quick answer for a character that folds to one character, if nothing is to be said about marks on it.
#[inline]
pub(crate) fn single(c: char) -> Option<Single> {
    match c {
        _ if (c as usize) < TABLE => SINGLES[c as usize],
        '\u{3041}'..='\u{3096}'
        | '\u{30A1}'..='\u{30FA}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' => Some(Single { folded: c, class: Class::Solo }),
        // Dashes and quotation marks, the most frequent after letters.
        '\u{2010}'..='\u{2027}' => Some(Single { folded: plain(c), class: Class::Other }),
        '\u{AC00}'..='\u{D7A3}' => Some(Single { folded: c, class: Class::Word }),
        _ => None,
    }
}

fn single_by_rule(c: char) -> Option<Single> {
    let mut out = String::new();
    fold_unit(c.encode_utf8(&mut [0; 4]), Folds::ALL, &mut out);
    let mut folded = out.chars();
    match (folded.next(), folded.next()) {
        (Some(first), None) if !c.is_whitespace() && !is_combining_mark(c) => {
            Some(Single { folded: first, class: class(plain(c)) })
        }
        _ => None,
    }
}

/// Appends what one unit folds to, in NFC; never nothing for a unit that is not empty.
///
/// Linear in the unit, up to the sorting of its marks.
pub(crate) fn fold_unit(unit: &str, folds: Folds, out: &mut String) {
    let bare = |c: &char| !folds.diacritics || !is_diacritic(*c);
    // Case goes first: a capital's lower case may bring a mark of its own (İ).
    let mut kept = String::new();
    for c in unit.nfd().map(plain) {
        if folds.case { lower(c, &mut kept) } else { kept.push(c) }
    }
    // Marks alone stay, or the unit would vanish and its place with it.
    if folds.diacritics && kept.chars().any(|c| !is_diacritic(c)) {
        let mut letters = String::with_capacity(kept.len());
        kept.chars().filter(bare).for_each(|c| undress(c, &mut letters));
        kept = letters;
    }
    out.extend(kept.nfc());
}

/// One spelling for apostrophes and hyphens that differ by typesetting only.
pub(crate) fn plain(c: char) -> char {
    match c {
        '\u{2019}' | '\u{2BC}' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        _ => c,
    }
}

fn lower(c: char, out: &mut String) {
    match c {
        'ß' | 'ẞ' => out.push_str("ss"),
        'ς' => out.push('σ'),
        _ => out.extend(c.to_lowercase()),
    }
}

/// Marks that a reader of the script may leave out; not the vowel signs of Indic scripts or the voicing of Kana.
fn is_diacritic(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}'
        | '\u{483}'..='\u{487}'
        | '\u{591}'..='\u{5BD}'
        | '\u{5BF}'
        | '\u{5C1}'..='\u{5C2}'
        | '\u{5C4}'..='\u{5C5}'
        | '\u{5C7}'
        | '\u{610}'..='\u{61A}'
        | '\u{64B}'..='\u{65F}'
        | '\u{670}'
        | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}'
        | '\u{FE20}'..='\u{FE2F}')
}

/// Letters whose diacritic is part of the shape, so that Unicode does not decompose them.
fn undress(c: char, out: &mut String) {
    out.push_str(match c {
        'ø' => "o",
        'Ø' => "O",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ħ' => "h",
        'Ħ' => "H",
        'ı' => "i",
        'ł' => "l",
        'Ł' => "L",
        'ŧ' => "t",
        'Ŧ' => "T",
        'þ' => "th",
        'Þ' => "Th",
        'æ' => "ae",
        'Æ' => "Ae",
        'œ' => "oe",
        'Œ' => "Oe",
        'ß' => "ss",
        'ẞ' => "SS",
        _ => return out.push(c),
    });
}
