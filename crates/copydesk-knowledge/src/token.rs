//! Words, marks and sentences of a text: coarse, but the same for every stage.
//!
//! A sentence ends at a full stop, question or exclamation mark before white space and anything but a lower-case
//! letter, unless the stop belongs to an abbreviation. Paragraphs end sentences. Linear.

use crate::words::WordList;
use std::ops::Range;

use crate::article::Paragraph;

/// A word, a number or one other character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) begin: usize,
    pub(crate) end: usize,
    /// Counts through the article.
    pub(crate) sentence: usize,
    /// Index into the paragraphs.
    pub(crate) paragraph: usize,
    /// Letters or digits, as against a mark.
    pub(crate) is_word: bool,
}

/// The tokens of an article.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    pub(crate) text: &'a str,
    all: Vec<Token>,
}

/// Abbreviations that a capital letter follows within a sentence.
static BEFORE_NAMES: WordList = WordList::new(
    "mr mrs ms mx dr prof sen rep gov gen lt col sgt capt cmdr adm maj cpl rev fr hon st sr jr pres supt insp
     det atty messrs mme vs inc ltd co corp bros jan feb apr jun jul aug sep sept oct nov dec mt ave blvd
     dept univ sgts gens sens reps drs",
);

/// Capitalized words that begin a sentence far more often than they go on a name, for stops after "U.S." and "Inc.".
static STARTERS: WordList = WordList::new(
    "the a an he she it they we i but and in on at by for from his her its their this that these those there
     when while after before if as however some many most no not what who why how",
);

impl<'a> Tokens<'a> {
    /// Reads the paragraphs; text between them is no part of any sentence.
    pub(crate) fn new(text: &'a str, paragraphs: &[Paragraph]) -> Tokens<'a> {
        let mut tokens = Tokens { text, all: Vec::with_capacity(text.len() / 5) };
        let mut sentence = 0;
        for (index, paragraph) in paragraphs.iter().enumerate() {
            let Some(words) = text.get(paragraph.begin..paragraph.end) else { continue };
            let from = tokens.all.len();
            cut(words, paragraph.begin, index, &mut tokens.all);
            sentence = tokens.number_sentences(from, sentence) + 1;
        }
        tokens
    }

    /// Gives the tokens from `from` on their sentences; the last number used.
    fn number_sentences(&mut self, from: usize, first: usize) -> usize {
        let mut sentence = first;
        let mut ended = false;
        for index in from..self.all.len() {
            if ended && self.begins_sentence(index) {
                sentence += 1;
                ended = false;
            }
            if let Some(token) = self.all.get_mut(index) {
                token.sentence = sentence;
            }
            let words = self.words(index);
            match words.chars().next_back() {
                Some('.' | '!' | '?' | '…') => ended = !self.is_abbreviation(index),
                // Closing marks belong to the sentence that they close.
                Some('”' | '’' | '"' | '\'' | '»' | ')' | ']') => {}
                _ => ended = false,
            }
        }
        sentence
    }

    fn begins_sentence(&self, index: usize) -> bool {
        let (Some(token), Some(before)) = (self.get(index), index.checked_sub(1).and_then(|i| self.get(i)))
        else {
            return false;
        };
        let has_space = before.end < token.begin;
        let first = self.words(index).chars().next().unwrap_or(' ');
        has_space && !first.is_lowercase() && !matches!(first, '”' | '’' | ')' | ']' | '»' | ',' | ';' | ':')
    }

    /// Whether the stop that ends here belongs to an abbreviation that goes on.
    fn is_abbreviation(&self, index: usize) -> bool {
        let words = self.words(index);
        let Some(bare) = words.strip_suffix('.').filter(|bare| !bare.is_empty()) else { return false };
        let next = self.words(index + 1);
        let next_starts = STARTERS.has(&next.to_lowercase());
        let is_initial = bare.chars().count() == 1 && bare.chars().all(char::is_uppercase);
        if is_initial {
            return true;
        }
        let name = bare.to_lowercase();
        if bare.contains('.') || matches!(name.as_str(), "inc" | "ltd" | "co" | "corp" | "jr" | "sr") {
            return !next_starts;
        }
        BEFORE_NAMES.has(&name)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<Token> {
        self.all.get(index).copied()
    }

    /// The words of a token; empty past the end.
    pub(crate) fn words(&self, index: usize) -> &'a str {
        self.all.get(index).and_then(|token| self.text.get(token.begin..token.end)).unwrap_or_default()
    }

    /// The words of a range of bytes.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// The first token that begins at or after a byte. Logarithmic.
    pub(crate) fn at(&self, byte: usize) -> usize {
        self.all.partition_point(|token| token.begin < byte)
    }

    /// The tokens of the sentence of the token at `index`.
    pub(crate) fn sentence_of(&self, index: usize) -> Range<usize> {
        let Some(token) = self.get(index) else { return index..index };
        self.sentence(token.sentence)
    }

    /// The tokens of a sentence. Logarithmic.
    pub(crate) fn sentence(&self, number: usize) -> Range<usize> {
        let begin = self.all.partition_point(|token| token.sentence < number);
        let end = self.all.partition_point(|token| token.sentence <= number);
        begin..end
    }
}

/// Whether a character goes on a word between two letters or digits.
fn joins(c: char) -> bool {
    matches!(c, '\'' | '’' | '-' | '.' | '‑')
}

/// Cuts a paragraph at `offset` of the text.
fn cut(words: &str, offset: usize, paragraph: usize, into: &mut Vec<Token>) {
    let mut chars = words.char_indices().peekable();
    while let Some((begin, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = begin + c.len_utf8();
        let is_word = c.is_alphanumeric();
        if is_word {
            let mut has_stop = false;
            while let Some((at, next)) = chars.peek().copied() {
                let after = words.get(at + next.len_utf8()..).and_then(|rest| rest.chars().next());
                let goes_on = next.is_alphanumeric()
                    || unicode_normalization::char::is_combining_mark(next)
                    || (joins(next) && after.is_some_and(char::is_alphanumeric))
                    || (next == ',' && is_thousands(words, end, at));
                if !goes_on {
                    break;
                }
                has_stop |= next == '.';
                end = at + next.len_utf8();
                chars.next();
            }
            let name = words.get(begin..end).unwrap_or_default();
            let keeps_stop = has_stop && !name.starts_with(|c: char| c.is_numeric())
                || BEFORE_NAMES.has(&name.to_lowercase())
                || (name.chars().count() == 1 && c.is_uppercase());
            if keeps_stop && chars.peek().is_some_and(|(_, next)| *next == '.') {
                chars.next();
                end += 1;
            }
        }
        into.push(Token { begin: offset + begin, end: offset + end, sentence: 0, paragraph, is_word });
    }
}

/// Whether the comma at `at` stands between digits and three more of them.
fn is_thousands(words: &str, end: usize, at: usize) -> bool {
    let before = words.get(..end).and_then(|head| head.chars().next_back());
    let after = words.as_bytes().get(at + 1..at + 4).unwrap_or_default();
    before.is_some_and(|c| c.is_ascii_digit()) && after.len() == 3 && after.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> Vec<&str> {
        let tokens = Tokens::new(text, &[Paragraph { begin: 0, end: text.len(), is_prose: true }]);
        let last = tokens.get(tokens.len() - 1).unwrap().sentence;
        (0..=last)
            .map(|number| {
                let range = tokens.sentence(number);
                &text[tokens.get(range.start).unwrap().begin..tokens.get(range.end - 1).unwrap().end]
            })
            .collect()
    }

    #[test]
    fn a_stop_within_a_name_ends_no_sentence() {
        assert_eq!(
            sentences("Mr. Kim met Sen. J. R. Poe. It rained."),
            ["Mr. Kim met Sen. J. R. Poe.", "It rained."]
        );
        assert_eq!(
            sentences("The U.S. Senate sat in the U.S. The vote"),
            ["The U.S. Senate sat in the U.S.", "The vote"]
        );
        assert_eq!(sentences("“Why?” she asked. “Yes.” No"), ["“Why?” she asked.", "“Yes.”", "No"]);
        assert_eq!(
            sentences("It rose 3.5 percent to 1,200.50. Then"),
            ["It rose 3.5 percent to 1,200.50.", "Then"]
        );
    }
}
