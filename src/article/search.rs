//! Full text: what of an article is searched, what a query asks, and where a text shows it.
//!
//! Words are folded (case, accents, compatibility forms) and, in languages with a Snowball stemmer, reduced to stems too.
//! The same code reads articles, queries and snippets, so a mark in a snippet is a match in the index. Postgres keeps and
//! searches the words as a `tsvector` (see migrations/0012) and knows nothing of languages; so no server has to have
//! dictionaries or extensions.

mod document;
mod query;
mod snippet;
mod tags;
mod words;

pub use document::indexed_words;
pub use query::SearchQuery;
pub use snippet::{Snippet, marks, snippet};
pub use tags::{TagFilter, TimeRange, article_tags};

/// The words of a text as they are compared. Linear.
pub(super) fn folded_words(text: &str) -> impl Iterator<Item = String> + '_ {
    words::words(text).map(|word| word.folded)
}

/// The first `max_words` of them, and the text behind.
pub(super) fn first_folded_words(text: &str, max_words: usize) -> (Vec<String>, &str) {
    let mut end = text.len();
    let mut first = Vec::new();
    for word in words::words(text) {
        if first.len() == max_words {
            end = word.range.start;
            break;
        }
        first.push(word.folded);
    }
    (first, text.get(end..).unwrap_or_default())
}

/// A lexeme as `tsvector` and `tsquery` are written.
fn quoted(lexeme: &str) -> String {
    format!("'{}'", lexeme.replace('\\', "\\\\").replace('\'', "''"))
}
