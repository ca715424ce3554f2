//! What a single line of flat text looks like, as numbers for the trained model.
//!
//! Lives here: `own`, the features of a line by itself, and their names. Must never come here: what stands around a line
//! (`context.rs`), trained numbers (`model.rs`). Training and use both take the features from here, so they cannot differ.

use super::lines::Line;
use crate::document::RemovedReason;
use crate::furniture::{ends_sentence, is_symbols};
use crate::meta::{authors, dates};
use crate::normal::size;

/// The features of a line by itself, in order.
pub(super) const OWN: [&str; 38] = [
    "size",
    "words",
    "word_length",
    "capital_share",
    "lower_share",
    "ends_sentence",
    "ends_colon",
    "ends_ellipsis",
    "ends_open",
    "starts_lower",
    "starts_digit",
    "bullet",
    "gap",
    "digit_share",
    "symbol_share",
    "all_capitals",
    "separators",
    "address",
    "dated",
    "no_letters",
    "reason_any",
    "reason_related",
    "reason_invitation",
    "reason_comments",
    "reason_closing",
    "reason_button",
    "reason_byline",
    "caption",
    "person",
    "starts_quote",
    "ends_question",
    "code_share",
    "sentences",
    "short_word_share",
    "currency",
    "first_person_mark",
    "commas",
    "long_word_share",
];

/// Longer lines count as this many characters: beyond it length says nothing more.
const MAX_SIZE: usize = 1_000;

/// Only this much of a line is read for its features, which bounds the cost of huge lines.
const READ_CHARS: usize = 4_000;

/// Characters that stand between links of a menu.
const SEPARATORS: [char; 9] = ['|', '·', '•', '»', '›', '>', '/', '→', '¦'];

/// Characters of programs.
const CODE: [char; 14] = ['{', '}', '(', ')', ';', '=', '<', '>', '_', '$', '#', '\\', '[', ']'];

/// The features of a line by itself. Linear in the line, `READ_CHARS` at most.
pub(super) fn own(line: &Line, reason: Option<RemovedReason>) -> [f32; OWN.len()] {
    let whole = line.text.text.as_str();
    let text = whole.char_indices().nth(READ_CHARS).map_or(whole, |(at, _)| whole.get(..at).unwrap_or(whole));
    let counts = Counts::of(text);
    let chars = counts.chars.max(1) as f32;
    let words = counts.words.max(1) as f32;
    let flag = |set: bool| f32::from(u8::from(set));
    let is = |group: &[RemovedReason]| flag(reason.is_some_and(|r| group.contains(&r)));
    let first = text.chars().next().unwrap_or(' ');
    use RemovedReason::{
        Advertisement, AuthorNote, Byline, Comments, Consent, Legal, PageFurniture, RelatedLinks, Sharing,
        Subscription, Timestamp, Topics, Widget,
    };
    [
        counts.size.min(MAX_SIZE) as f32,
        counts.words as f32,
        counts.size as f32 / words,
        counts.capital as f32 / words,
        counts.lower as f32 / words,
        flag(ends_sentence(text)),
        flag(text.ends_with([':', '：'])),
        flag(text.ends_with('…') || text.ends_with("...")),
        flag(text.ends_with([',', ';', '-', '–', '—', '、', '،'])),
        flag(first.is_lowercase()),
        flag(first.is_ascii_digit()),
        flag(line.bullet),
        line.gap.min(3) as f32,
        counts.digits as f32 / chars,
        counts.symbols as f32 / chars,
        flag(counts.uppers > 1 && counts.lowers == 0),
        counts.separators.min(20) as f32,
        flag(text.contains("http") || text.contains("www.") || text.contains('@') || text.contains('©')),
        flag(counts.size < 90 && counts.digits > 0 && dates::parse(text).is_some()),
        flag(is_symbols(text)),
        flag(reason.is_some()),
        is(&[RelatedLinks]),
        is(&[Subscription, Consent, Advertisement]),
        is(&[Comments]),
        is(&[Legal, AuthorNote, Topics]),
        is(&[Sharing, Widget, PageFurniture]),
        is(&[Byline, Timestamp]),
        flag(counts.size < 400 && crate::caption::is_caption_line(text)),
        flag(counts.size < 60 && authors::looks_like_person(text)),
        flag(matches!(first, '"' | '“' | '„' | '«' | '‘' | '\'' | '「' | '»')),
        flag(text.ends_with(['?', '？', '؟'])),
        counts.code as f32 / chars,
        counts.sentences as f32,
        counts.short_lower as f32 / words,
        flag(text.contains(['$', '€', '£', '¥', '₹', '₽'])),
        flag(text.starts_with("I ") || text.contains(" I ") || text.contains(" my ")),
        counts.commas as f32,
        counts.long as f32 / words,
    ]
}

/// What is counted in one pass over a line.
#[derive(Default)]
struct Counts {
    chars: usize,
    size: usize,
    digits: usize,
    symbols: usize,
    separators: usize,
    code: usize,
    commas: usize,
    uppers: usize,
    lowers: usize,
    sentences: usize,
    words: usize,
    capital: usize,
    lower: usize,
    short_lower: usize,
    long: usize,
}

impl Counts {
    fn of(text: &str) -> Self {
        let mut counts = Self::default();
        let mut before = ' ';
        for c in text.chars() {
            counts.chars += 1;
            counts.size += size(c);
            counts.digits += usize::from(c.is_ascii_digit());
            counts.symbols += usize::from(!c.is_alphanumeric() && !c.is_whitespace());
            counts.separators += usize::from(SEPARATORS.contains(&c));
            counts.code += usize::from(CODE.contains(&c));
            counts.commas += usize::from(matches!(c, ',' | '、' | '،' | '，'));
            counts.uppers += usize::from(c.is_uppercase());
            counts.lowers += usize::from(c.is_lowercase());
            counts.sentences += usize::from(
                c.is_whitespace() && matches!(before, '.' | '!' | '?' | '"' | '”')
                    || matches!(c, '。' | '！' | '？' | '।' | '۔'),
            );
            before = c;
        }
        for word in text.split_whitespace() {
            let length: usize = word.chars().map(size).sum();
            let capital = word.starts_with(char::is_uppercase);
            let lower = word.starts_with(char::is_lowercase);
            counts.words += 1;
            counts.capital += usize::from(capital);
            counts.lower += usize::from(lower);
            counts.short_lower += usize::from(lower && length <= 3);
            counts.long += usize::from(length >= 8);
        }
        counts
    }
}
