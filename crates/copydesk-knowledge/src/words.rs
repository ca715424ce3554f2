//! Word lists that are written as text and looked up in constant time.

use std::{collections::HashSet, sync::OnceLock};

/// A list of words, separated by white space.
pub(crate) struct WordList {
    words: &'static str,
    set: OnceLock<HashSet<&'static str>>,
}

impl WordList {
    pub(crate) const fn new(words: &'static str) -> WordList {
        WordList { words, set: OnceLock::new() }
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.set.get_or_init(|| self.words.split_whitespace().collect()).contains(word)
    }
}
