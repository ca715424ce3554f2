//! Flat text to lines.
//!
//! Lives here: line ends, white space, list markers, joining of hard-wrapped paragraphs. Must never come here: what a
//! line means (`score.rs`).

use crate::normal::{Fate, fate};
use crate::trace::Traced;

/// A line, or a paragraph that had been wrapped into several.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) text: Traced,
    /// It opened with a bullet, which is dropped.
    pub(crate) bullet: bool,
    /// Empty lines before it.
    pub(crate) gap: usize,
}

/// The most lines that are read: more is no article, and each costs memory of its own.
pub(crate) const MAX_LINES: usize = 50_000;

/// Cuts text into lines without white space at their ends, `MAX_LINES` at most. Empty lines are counted, not kept.
pub(crate) fn split(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let (mut at, mut gap) = (0, 0);
    for raw in text.split_inclusive(['\n', '\r', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}']) {
        let line = clean(raw, at);
        at += raw.len();
        if line.text.text.is_empty() {
            gap += usize::from(!raw.starts_with('\n') || raw.len() == 1);
            continue;
        }
        if lines.len() == MAX_LINES {
            break;
        }
        lines.push(Line { gap, ..line });
        gap = 0;
    }
    unwrap_paragraphs(lines)
}

fn clean(raw: &str, from: usize) -> Line {
    let mut traced = Traced::default();
    let mut space = None;
    for (i, c) in raw.char_indices() {
        let source = from + i..from + i + c.len_utf8();
        match fate(c, traced.text.chars().next_back()) {
            Fate::Drop => {}
            Fate::Space | Fate::Line => {
                space.get_or_insert(source);
            }
            Fate::Keep => {
                if let Some(range) = space.take()
                    && !traced.text.is_empty()
                {
                    traced.push(' ', range);
                }
                traced.push(c, source);
            }
        }
    }
    let marker =
        ["* ", "+ ", "- ", "• ", "· ", "▪ ", "‣ ", "■ ", "◦ "].iter().find(|m| traced.text.starts_with(**m));
    match marker {
        Some(marker) => Line { text: traced.slice(marker.len()..traced.text.len()), bullet: true, gap: 0 },
        None => Line { text: traced, bullet: false, gap: 0 },
    }
}

/// Widths at which mail and terminals wrap text.
const WRAP_WIDTHS: std::ops::RangeInclusive<usize> = 55..=90;

/// Joins lines that were wrapped at a fixed width: most lines stand in groups between empty lines, and within a group
/// all lines but the last have nearly the same length. Other text is left as it is.
fn unwrap_paragraphs(lines: Vec<Line>) -> Vec<Line> {
    let width = |line: &Line| line.text.text.chars().count();
    let longest = lines.iter().map(width).max().unwrap_or(0);
    let inner = lines.windows(2).filter(|pair| matches!(pair, [_, next] if next.gap == 0)).count();
    let full = lines
        .windows(2)
        .filter(|pair| matches!(pair, [line, next] if next.gap == 0 && !next.bullet && width(line) + 18 >= longest))
        .count();
    let groups = lines.iter().skip(1).filter(|line| line.gap > 0).count();
    if !WRAP_WIDTHS.contains(&longest) || groups == 0 || inner < 4 || full * 10 < inner * 8 {
        return lines;
    }
    let mut out: Vec<Line> = Vec::new();
    let mut previous_full = false;
    for line in lines {
        let fills = width(&line) + 18 >= longest;
        match out.last_mut() {
            Some(last) if line.gap == 0 && !line.bullet && previous_full => {
                last.text.push_unsourced(" ");
                last.text.push_slice(&line.text, 0..line.text.text.len());
            }
            _ => out.push(line),
        }
        previous_full = fills;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        split(text).into_iter().map(|l| l.text.text).collect()
    }

    #[test]
    fn lines_are_trimmed_and_bullets_dropped() {
        assert_eq!(texts("  one \u{a0} two \r\n\r\n* three\n"), ["one two", "three"]);
    }

    #[test]
    fn wrapped_paragraphs_are_joined_and_others_are_not() {
        let wrapped = "The ferry between the two towns will stop in the autumn, the line\nsaid on Monday, because too few people have used it since the new\nbridge was opened last year.\n\nThe mayor of the smaller town said that the decision was a mistake\nand that the town would look for another company to run the ferry\nfor at least one more winter.\n\nA decision is due.";
        assert_eq!(texts(wrapped).len(), 3);
        assert_eq!(texts("A headline\nA line of text.\nAnother line.").len(), 3);
    }
}
