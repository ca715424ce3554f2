//! spaCy's rule tokenizer: chunks between spaces, affixes stripped from both ends, exceptions, infixes.
//!
//! The order of the steps is that of `spacy/tokenizer.pyx`; what each rule matches comes from the package.
//! `special.rs` holds the last step, exceptions that span chunks or affixes. The caller caches the pieces of a
//! chunk (`lexicon.rs`), so this file is about being right and linear, not about being quick.

mod special;

use std::collections::HashMap;

use crate::blueprint::Rules;
use crate::pattern::{Pattern, PatternError, SearchScratch};
use crate::unicode;

pub(crate) use special::SpecialMatcher;

/// A token of a chunk: its length in bytes, and the id of the NORM that an exception sets (0: none).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) bytes: u32,
    pub(crate) norm: u64,
}

#[derive(Debug)]
pub(crate) struct Tokenizer {
    prefix: Option<Pattern>,
    suffix: Option<Pattern>,
    infix: Option<Pattern>,
    token_match: Option<Pattern>,
    url_match: Option<Pattern>,
    specials: HashMap<String, Vec<Piece>>,
    longest_special: usize,
    matcher: SpecialMatcher,
}

/// Reusable memory of one thread.
#[derive(Default, Debug)]
pub(crate) struct SplitScratch {
    search: SearchScratch,
    suffixes: Vec<u32>,
    infixes: Vec<(usize, usize)>,
}

impl Tokenizer {
    /// Compiles the rules; an error names the rule.
    pub(crate) fn new(rules: &Rules) -> Result<Self, (&'static str, PatternError)> {
        let compile = |name, source: &Option<String>| match source {
            Some(source) => Pattern::new(source).map(Some).map_err(|error| (name, error)),
            None => Ok(None),
        };
        let mut tokenizer = Tokenizer {
            prefix: compile("prefix_search", &rules.prefix)?,
            suffix: compile("suffix_search", &rules.suffix)?,
            infix: compile("infix_finditer", &rules.infix)?,
            token_match: compile("token_match", &rules.token_match)?,
            url_match: compile("url_match", &rules.url_match)?,
            specials: HashMap::new(),
            longest_special: 0,
            matcher: SpecialMatcher::default(),
        };
        for exception in &rules.exceptions {
            let pieces =
                exception.tokens.iter().map(|(orth, norm)| Piece { bytes: orth.len() as u32, norm: *norm });
            tokenizer.specials.insert(exception.text.clone(), pieces.collect());
            tokenizer.longest_special = tokenizer.longest_special.max(exception.text.len());
        }
        let mut scratch = SplitScratch::default();
        for exception in &rules.exceptions {
            let text = exception.text.as_str();
            if !rules.faster_heuristics || text.contains(' ') || tokenizer.has_affix(text, &mut scratch) {
                let phrase = tokenizer.without_specials(text, &mut scratch);
                tokenizer.matcher.add(&phrase);
            }
        }
        Ok(tokenizer)
    }

    pub(crate) fn matcher(&self) -> &SpecialMatcher {
        &self.matcher
    }

    /// The tokens of an exception whose text is exactly `text`.
    pub(crate) fn special(&self, text: &str) -> Option<&[Piece]> {
        if text.len() > self.longest_special {
            return None;
        }
        self.specials.get(text).map(Vec::as_slice)
    }

    /// Cuts one chunk (see [`chunks`]) into tokens, appended to `out`. Their lengths add up to the chunk's.
    pub(crate) fn split(&self, chunk: &str, scratch: &mut SplitScratch, out: &mut Vec<Piece>) {
        match self.special(chunk) {
            Some(pieces) => out.extend_from_slice(pieces),
            None => self.split_affixes(chunk, true, scratch, out),
        }
    }

    fn split_affixes(&self, chunk: &str, specials: bool, scratch: &mut SplitScratch, out: &mut Vec<Piece>) {
        let special = |text: &str| specials && self.special(text).is_some();
        let mut rest = chunk;
        let mut last_len = 0;
        scratch.suffixes.clear();
        while !rest.is_empty() && rest.len() != last_len {
            if matches(&self.token_match, rest, scratch) || special(rest) {
                break;
            }
            last_len = rest.len();
            let prefix = found_bytes(&self.prefix, rest, scratch);
            if prefix != 0 {
                out.push(plain(prefix));
                if special(&rest[prefix..]) {
                    rest = &rest[prefix..];
                    break;
                }
            }
            let suffix = found_bytes(&self.suffix, &rest[prefix..], scratch);
            let before = rest.len() - suffix;
            if suffix != 0 {
                scratch.suffixes.push(suffix as u32);
                // The text before the suffix is looked up with the prefix still on: then the prefix is not cut.
                if special(&rest[..before]) {
                    if prefix != 0 {
                        out.pop();
                    }
                    rest = &rest[..before];
                    break;
                }
            }
            rest = &rest[prefix..before];
        }
        self.split_middle(rest, specials, scratch, out);
        out.extend(scratch.suffixes.iter().rev().map(|&bytes| plain(bytes as usize)));
    }

    /// What is left between the affixes: an exception, one token, or tokens around infixes.
    fn split_middle(&self, text: &str, specials: bool, scratch: &mut SplitScratch, out: &mut Vec<Piece>) {
        if text.is_empty() {
            return;
        }
        if specials && let Some(pieces) = self.special(text) {
            out.extend_from_slice(pieces);
            return;
        }
        if matches(&self.token_match, text, scratch) || matches(&self.url_match, text, scratch) {
            out.push(plain(text.len()));
            return;
        }
        scratch.infixes.clear();
        if let Some(infix) = &self.infix {
            let infixes = &mut scratch.infixes;
            infix.find_each(text, &mut scratch.search, |start, end| infixes.push((start, end)));
        }
        let mut done = 0;
        for &(start, end) in &scratch.infixes {
            // spaCy leaves an infix at the very start in the token that follows it.
            if start == 0 {
                continue;
            }
            for bytes in [start - done, end - start] {
                if bytes != 0 {
                    out.push(plain(bytes));
                }
            }
            done = end;
        }
        if done < text.len() {
            out.push(plain(text.len() - done));
        }
    }

    /// Whether any rule would cut something off `text`.
    fn has_affix(&self, text: &str, scratch: &mut SplitScratch) -> bool {
        let infix = self.infix.as_ref().and_then(|infix| infix.search(text, &mut scratch.search));
        found_bytes(&self.prefix, text, scratch) != 0
            || infix.is_some()
            || found_bytes(&self.suffix, text, scratch) != 0
    }

    /// The tokens of an exception's text if there were no exceptions, as strings.
    fn without_specials<'t>(&self, text: &'t str, scratch: &mut SplitScratch) -> Vec<&'t str> {
        let mut tokens = Vec::new();
        let mut pieces = Vec::new();
        chunks(text, |begin, end| {
            pieces.clear();
            self.split_affixes(&text[begin..end], false, scratch, &mut pieces);
            let mut at = begin;
            for piece in &pieces {
                tokens.push(&text[at..at + piece.bytes as usize]);
                at += piece.bytes as usize;
            }
        });
        tokens
    }
}

fn plain(bytes: usize) -> Piece {
    Piece { bytes: bytes as u32, norm: 0 }
}

fn matches(pattern: &Option<Pattern>, text: &str, scratch: &mut SplitScratch) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.matches(text, &mut scratch.search))
}

/// The length of the first match, wherever it is; 0 if there is none.
fn found_bytes(pattern: &Option<Pattern>, text: &str, scratch: &mut SplitScratch) -> usize {
    let found = pattern.as_ref().and_then(|pattern| pattern.search(text, &mut scratch.search));
    found.map_or(0, |(start, end)| end - start)
}

/// Calls `chunk` with the byte range of each run of characters that are all white space or all not. A single
/// space that ends a run belongs to no chunk; every other character belongs to exactly one.
pub(crate) fn chunks(text: &str, mut chunk: impl FnMut(usize, usize)) {
    let mut start = 0;
    let mut in_space = text.chars().next().is_some_and(unicode::is_space);
    for (at, c) in text.char_indices() {
        if unicode::is_space(c) == in_space {
            continue;
        }
        if start < at {
            chunk(start, at);
        }
        start = if c == ' ' { at + 1 } else { at };
        in_space = !in_space;
    }
    if start < text.len() {
        chunk(start, text.len());
    }
}
