//! The title among the lines of flat text.
//!
//! Lives here: which line is the title, by its place, its length and the words of the page's address. Must never come
//! here: markup (`meta/title.rs`), or verdicts (`score.rs`).

use super::lines::Line;
use crate::caption;
use crate::document::RemovedReason;
use crate::furniture::{ends_sentence, plain};
use std::collections::HashSet;

/// Lines before the article's first paragraph among which its title is looked for.
const TITLE_REACH: usize = 12;

/// A title that the address names is looked for so far above.
const NAMED_TITLE_REACH: usize = 60;

/// Fewer words of an address name nothing: a section, a number.
const MIN_SLUG_WORDS: usize = 3;

/// The share of the address's words that a line must have to be named by it.
const NAMED_SHARE: f32 = 0.6;

/// Longer lines are standfirsts rather than titles.
const LONG_TITLE_CHARS: usize = 130;

/// The title's line: what the sender says, else what the address names, else the likeliest short line before the first
/// paragraph.
pub(super) fn find(
    lines: &[Line],
    reasons: &[Option<RemovedReason>],
    start: usize,
    title: Option<&str>,
    url: &str,
) -> Option<usize> {
    if let Some(title) = title {
        let title = crate::normal::tidy(title);
        return lines.iter().position(|line| line.text.text == title);
    }
    let first = (start..lines.len()).find(|&i| {
        lines.get(i).is_some_and(|l| {
            let chars = l.text.text.chars().count();
            chars >= 100 && ends_sentence(&l.text.text) && !caption::is_caption_line(&l.text.text)
        })
    })?;
    let slug = slug(url);
    (first.saturating_sub(NAMED_TITLE_REACH)..first)
        .rev()
        .filter(|&i| reasons.get(i).copied().flatten().is_none())
        .filter_map(|i| {
            let text = lines.get(i)?.text.text.as_str();
            // The text of a picture, with its credit below.
            if lines.get(i + 1).is_some_and(|next| caption::is_credit_line(&next.text.text)) {
                return None;
            }
            let named = named(text, &slug);
            let chars = text.chars().count();
            if !(15..=220).contains(&chars) || caption::is_caption_line(text) {
                return None;
            }
            if named < NAMED_SHARE && (text.ends_with('.') || i + TITLE_REACH < first) {
                return None;
            }
            let words = text.split_whitespace().count();
            let mut score = (words.min(12) as i32) * 3 - (first - i).min(TITLE_REACH) as i32;
            score -= if ends_sentence(text) { 4 } else { 0 };
            score -= if chars > LONG_TITLE_CHARS || text.contains(". ") { 12 } else { 0 };
            score += if i == 0 { 6 } else { 0 };
            score += if named >= NAMED_SHARE { 20 + (named * 20.0) as i32 } else { 0 };
            Some((score, i))
        })
        .max_by_key(|&(score, i)| (score, std::cmp::Reverse(i)))
        .map(|(_, i)| i)
}

/// True for another copy of the title: the same words, or but for the site's name.
pub(super) fn repeats(text: &str, title: &str) -> bool {
    let (text, title) = (plain(text), plain(title));
    text.trim_end() == title.trim_end()
}

/// The words of the part of an address that names the article.
fn slug(url: &str) -> HashSet<String> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let words = |part: &str| -> HashSet<String> {
        let name = part.rsplit_once('.').map_or(part, |(name, _)| name);
        let words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.filter(|w| w.chars().any(char::is_alphabetic)).collect()
    };
    let parts = path.split('/').skip(3).map(words);
    parts.max_by_key(HashSet::len).filter(|w| w.len() >= MIN_SLUG_WORDS).unwrap_or_default()
}

/// The share of the address's words that stand in a line.
fn named(text: &str, slug: &HashSet<String>) -> f32 {
    if slug.is_empty() {
        return 0.0;
    }
    let text = plain(text);
    let said: HashSet<&str> = text.split([' ', '\'']).collect();
    slug.iter().filter(|word| said.contains(word.as_str())).count() as f32 / slug.len() as f32
}

#[cfg(test)]
mod tests {
    use super::super::lines::split;
    use super::*;

    const TEXT: &str = "Bridge closed until spring\nOur reporter walked across it for the last time on a cold day in March\n\
        By Ana Reis\nThe bridge over the river was closed on Monday, and nobody knows when it will be opened again, the town said.\n";

    #[test]
    fn the_address_names_the_title() {
        let lines = split(TEXT);
        let none = vec![None; lines.len()];
        assert_eq!(
            find(&lines, &none, 3, None, "https://post.example/2024/bridge-closed-until-spring.html"),
            Some(0)
        );
        assert_eq!(find(&lines, &none, 3, Some("By Ana Reis"), ""), Some(2));
    }

    #[test]
    fn sections_and_numbers_name_nothing() {
        assert!(slug("https://post.example/news/123456").is_empty());
        assert_eq!(slug("https://post.example/a/the-bridge-is-closed-123").len(), 4);
    }
}
