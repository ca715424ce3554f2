//! Regular expressions with the meaning that Python's `re` gives them, in linear time.
//!
//! A spaCy package carries its tokenizer rules as `re` source with lookarounds and with Python's idea of letters
//! and spaces; its tokens are whatever `re` says. So patterns are parsed as Python does (`parse.rs`, `class.rs`),
//! compiled to small programs (`program.rs`) and simulated with backtracking's answers but without its cost
//! (`search.rs`). The tokenizer is the only caller.

mod class;
mod parse;
mod program;
mod search;

pub(crate) use search::SearchScratch;

use std::fmt;

/// A pattern that could not be compiled: the byte offset in its source, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub(crate) at: usize,
    pub(crate) what: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of the pattern", self.what, self.at)
    }
}

impl std::error::Error for PatternError {}

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    compiled: program::Compiled,
}

impl Pattern {
    pub(crate) fn new(source: &str) -> Result<Self, PatternError> {
        Ok(Pattern { compiled: program::compile(parse::parse(source)?)? })
    }

    /// `re.match`, as a yes or no.
    pub(crate) fn matches(&self, text: &str, scratch: &mut SearchScratch) -> bool {
        let hopeless = self.compiled.required.is_some_and(|byte| !text.as_bytes().contains(&byte));
        !hopeless && self.compiled.matches_at_start(text, scratch)
    }

    /// `re.search`: the byte range of the first match.
    pub(crate) fn search(&self, text: &str, scratch: &mut SearchScratch) -> Option<(usize, usize)> {
        match self.compiled.find_at_end(text, scratch) {
            Some(start) => start.map(|start| (start, text.len())),
            None => self.compiled.find(text, 0, None, scratch),
        }
    }

    /// `re.finditer`: calls `found` with the byte range of each match, left to right. After an empty match the
    /// next one may begin at the same place but may not be empty there, as in CPython.
    pub(crate) fn find_each(
        &self,
        text: &str,
        scratch: &mut SearchScratch,
        mut found: impl FnMut(usize, usize),
    ) {
        let (mut from, mut not_empty_at) = (0, None);
        while let Some((start, end)) = self.compiled.find(text, from, not_empty_at, scratch) {
            found(start, end);
            from = end;
            not_empty_at = (start == end).then_some(end);
        }
    }
}

#[cfg(test)]
mod tests;
