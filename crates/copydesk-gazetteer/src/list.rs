//! A list as its owner wrote it: options, and entries with names, a type, an id and links.
//!
//! Made by [`crate::parse`] or by hand, read by [`crate::Gazetteer::compile`], and not kept after it. No matching here.

/// Longest name or alias, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// How the names of one list are compared with the text.
///
/// Always the same, whatever the options: composed and decomposed forms (NFC and NFD); any run of white space within a
/// paragraph, no-break spaces and a line break included; `'`, `’` and `ʼ`; `-`, `‐` and `‑`. A match never takes a letter
/// without the combining marks on it, nor half of a `ß`.
///
/// The default is exact comparison of whole words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// Upper and lower case are the same: Unicode's full lower case of each character, with `ß` as `ss` and `ς` as `σ`.
    pub fold_case: bool,
    /// Letters with and without diacritics are the same: combining marks of the Latin, Greek, Cyrillic, Hebrew and
    /// Arabic scripts go (vowel signs of Indic scripts stay), and `ø đ ð ħ ı ł ŧ þ æ œ ß` are read as `o d d h i l t th
    /// ae oe ss`.
    pub fold_diacritics: bool,
    /// A letter, digit or mark directly before or after blocks a match. All else is a boundary, so that "Kalin" is found
    /// in "Kalin's", "US" in "US-led" and "Brien" in "O'Brien".
    ///
    /// Han, Kana, Thai, Lao, Khmer and Myanmar are written without spaces: each of their characters is a word of its
    /// own, so that 東京 is found in 東京都. Hangul asks for a boundary before but not after the name, since particles
    /// are attached to it.
    pub whole_words: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { fold_case: false, fold_diacritics: false, whole_words: true }
    }
}

/// What an entry is known as elsewhere. Any field may be empty, but not all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Who names it so, such as `wikidata`.
    pub scheme: String,
    /// The id in that scheme, such as `Q64`.
    pub id: String,
    /// Where to read about it.
    pub url: String,
}

/// Something that has a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The name, without white space around it; at most [`MAX_NAME_CHARS`].
    pub name: String,
    /// An OntoNotes label such as `PERSON`, or one of the list's own.
    pub entity_type: String,
    /// The owner's id; may be empty.
    pub id: String,
    /// Other names that lead to this entry, each bound like `name`.
    pub aliases: Vec<String>,
    /// What it is known as elsewhere.
    pub links: Vec<Link>,
}

/// A named list of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Unique among the lists that are compiled together.
    pub name: String,
    /// How its names are compared.
    pub options: Options,
    /// In the order of its lines: of two entries with the same name the first is found.
    pub entries: Vec<Entry>,
}
