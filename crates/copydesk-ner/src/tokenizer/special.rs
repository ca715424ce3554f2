//! The tokenizer's last step: exceptions whose text spans several tokens, such as ":)" after a word or a bracket.
//!
//! spaCy looks for them with a `PhraseMatcher` over the finished tokens. Here the phrases are indexed by their
//! first token, and tokens that can begin one are marked when they are first seen, so ordinary text pays nothing.

use std::collections::{HashMap, HashSet};

/// Exceptions as sequences of the tokens that they would be without being exceptions.
#[derive(Default, Debug)]
pub(crate) struct SpecialMatcher {
    by_first: HashMap<String, Vec<Vec<String>>>,
}

impl SpecialMatcher {
    pub(crate) fn add(&mut self, phrase: &[&str]) {
        if let [first, rest @ ..] = phrase {
            let rest = rest.iter().map(|&token| token.to_owned()).collect();
            self.by_first.entry((*first).to_owned()).or_default().push(rest);
        }
    }

    /// Whether a phrase begins with `token`.
    pub(crate) fn begins_with(&self, token: &str) -> bool {
        self.by_first.contains_key(token)
    }

    /// The phrases found in `tokens` (byte ranges of `text`) as token ranges that do not overlap, in order. Only
    /// tokens at `candidates` (ascending) are tried as first tokens. Longer phrases win, then earlier ones.
    pub(crate) fn find(
        &self,
        text: &str,
        tokens: &[(usize, usize)],
        candidates: &[usize],
    ) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for &first in candidates {
            let Some(phrases) = self.by_first.get(&text[tokens[first].0..tokens[first].1]) else { continue };
            for rest in phrases {
                let end = first + 1 + rest.len();
                let Some(following) = tokens.get(first + 1..end) else { continue };
                if following.iter().zip(rest).all(|(&(begin, end), token)| text[begin..end] == **token) {
                    found.push((first, end));
                }
            }
        }
        found.sort_by_key(|&(begin, end)| (std::cmp::Reverse(end - begin), begin));
        found.dedup();
        let mut seen = HashSet::new();
        let mut kept = Vec::new();
        for (begin, end) in found {
            // As in spaCy, tokens of a rejected phrase count as taken too.
            if !seen.contains(&begin) && !seen.contains(&(end - 1)) {
                kept.push((begin, end));
            }
            seen.extend(begin..end);
        }
        kept.sort_unstable();
        kept
    }
}
