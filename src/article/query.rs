//! Text queries, in the manner of a search box, and the folded text that they are held against.
//!
//! `nato summit` wants both words, `"black sea"` a phrase, `turk*` a beginning, `-sport` none of it, `a OR b` either side.
//! Words are compared without case and accents. Scripts that do not space their words are compared by characters.

pub(super) mod tokens;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use tokens::{Token, alternatives};

/// Most words and phrases in one query: each is one pass over a text.
const MAX_TERMS: usize = 64;

/// What a text must hold. At least one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextQuery {
    /// As given, for showing and storing.
    source: String,
    /// Joined by OR; the terms of each by AND.
    alternatives: Vec<Vec<Term>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    /// Folded, with the spaces that make it match at the borders of words only.
    pattern: String,
    is_excluded: bool,
}

/// A text as queries see it: folded words between single spaces. About as long as the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoldedText(String);

impl TextQuery {
    /// Errors: what is wrong, for the field's violation.
    pub fn parse(source: &str) -> Result<TextQuery, String> {
        let alternatives = alternatives(source, term)?;
        let terms: usize = alternatives.iter().map(Vec::len).sum();
        if terms > MAX_TERMS {
            return Err(format!("has {terms} words and phrases; at most {MAX_TERMS} are allowed"));
        }
        Ok(TextQuery { source: source.to_owned(), alternatives })
    }

    /// As it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// One pass over the text for each term.
    pub fn matches(&self, text: &FoldedText) -> bool {
        let holds = |term: &Term| text.0.contains(&term.pattern) != term.is_excluded;
        self.alternatives.iter().any(|terms| terms.iter().all(holds))
    }
}

impl FoldedText {
    /// Of one text. Lines are kept apart, so that no phrase reaches over the end of one.
    pub fn new(text: &str) -> FoldedText {
        let mut folded = FoldedText::default();
        folded.push(text);
        folded
    }

    /// Adds another text, apart from what is there.
    pub fn push(&mut self, text: &str) {
        for line in text.lines() {
            push_words(&mut self.0, line);
            self.0.push('\n');
        }
    }

    /// Its length.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// `None` if it has no word.
fn term(token: Token<'_>) -> Option<Term> {
    // A star within a phrase means nothing.
    let stem = token.text.strip_suffix('*').filter(|_| !token.is_quoted);
    let mut pattern = String::new();
    push_words(&mut pattern, stem.unwrap_or(token.text));
    if stem.is_some() {
        pattern.pop();
    }
    (!pattern.is_empty()).then_some(Term { pattern, is_excluded: token.is_excluded })
}

/// Appends the folded words of a line, a space before the first and after each; nothing if there is none.
fn push_words(folded: &mut String, line: &str) {
    let start = folded.len();
    let mut is_in_word = false;
    for c in line.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if !c.is_alphanumeric() {
            is_in_word = false;
            continue;
        }
        let is_unspaced = is_unspaced(c);
        if !is_in_word || is_unspaced {
            folded.push(' ');
        }
        folded.push(c);
        is_in_word = !is_unspaced;
    }
    if folded.len() > start {
        folded.push(' ');
    }
}

/// Whether the script writes words without spaces: Thai to Khmer, kana, Han, Yi.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xA000..=0xA4CF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(query: &str, text: &str) -> bool {
        TextQuery::parse(query).expect(query).matches(&FoldedText::new(text))
    }

    #[test]
    fn words_are_joined_by_and_and_compared_without_case_and_accents() {
        let text = "President Erdoğan’s visit to the Black Sea\n\nThe summit ended.";
        for query in
            ["erdogan", "ERDOĞAN summit", "\"black sea\"", "presid*", "nothing OR visit", "-sport visit", "s"]
        {
            assert!(matches(query, text), "{query}");
        }
        for query in
            ["presid", "\"sea black\"", "visit -summit", "\"sea the\"", "nothing OR never", "visi", "lack"]
        {
            assert!(!matches(query, text), "{query}");
        }
    }

    #[test]
    fn a_script_without_spaces_is_searched_by_its_characters() {
        assert!(matches("東京", "昨日、東京都で会議"));
        assert!(!matches("京東", "昨日、東京都で会議"));
    }

    #[test]
    fn a_query_that_asks_for_nothing_is_refused_with_the_fix() {
        for (query, problem) in [
            ("", "no word"),
            ("  --- !", "no word"),
            ("\"open", "never closed"),
            ("a OR", "nothing on one side"),
            ("OR a", "nothing on one side"),
        ] {
            assert!(TextQuery::parse(query).expect_err(query).contains(problem), "{query}");
        }
        assert!(TextQuery::parse(&"word ".repeat(65)).expect_err("too many").contains("at most 64"));
        assert!(TextQuery::parse(&"w".repeat(1_001)).expect_err("too long").contains("at most 1000"));
    }
}
