//! The verdict on each line of flat text.
//!
//! Lives here: reasons at the edges of the article and inside it, title and captions among the lines. Must never come here:
//! phrases (`furniture.rs`) or the weights that find the article's part (`weigh.rs`).

use super::lines::Line;
use super::weigh;
use crate::caption;
use crate::document::{ParagraphKind, RemovedReason};
use crate::furniture::{self, ends_sentence};
use crate::meta::{authors, dates};

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep(ParagraphKind),
    Caption,
    Remove(RemovedReason),
}

/// Lines before the article among which its title is looked for.
const TITLE_REACH: usize = 12;

/// The verdict on every line. A single line is the text, whatever it says. `title` is the sender's.
pub(crate) fn verdicts(lines: &[Line], title: Option<&str>) -> Vec<Verdict> {
    if let [only] = lines {
        return vec![Verdict::Keep(kind(only))];
    }
    let reasons: Vec<Option<RemovedReason>> = lines.iter().map(|line| reason(&line.text.text)).collect();
    let inside = weigh::inside(lines, &reasons);
    let start = inside.iter().position(|&i| i).unwrap_or(0);
    let title_at = find_title(lines, &reasons, start, title);
    lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let text = line.text.text.as_str();
            if Some(i) == title_at || title.is_some_and(|t| crate::normal::tidy(t) == text) {
                return Verdict::Remove(RemovedReason::Title);
            }
            if caption::is_caption_line(text) {
                return Verdict::Caption;
            }
            if let Some(reason) = reasons.get(i).copied().flatten() {
                return Verdict::Remove(reason);
            }
            if i < start && authors::looks_like_person(text) && i + TITLE_REACH >= start {
                return Verdict::Remove(RemovedReason::Byline);
            }
            if !inside.get(i).copied().unwrap_or(true) {
                return Verdict::Remove(RemovedReason::OutsideArticle);
            }
            Verdict::Keep(kind(line))
        })
        .collect()
}

fn kind(line: &Line) -> ParagraphKind {
    let text = line.text.text.as_str();
    if line.bullet {
        ParagraphKind::ListItem
    } else if text.chars().count() < 90 && !ends_sentence(text) && !text.ends_with([',', ';', ':', '"', '”'])
    {
        ParagraphKind::Heading
    } else {
        ParagraphKind::Body
    }
}

pub(super) fn reason(text: &str) -> Option<RemovedReason> {
    if furniture::is_symbols(text) {
        return Some(RemovedReason::Symbols);
    }
    if let Some(reason) = furniture::reason(text) {
        return Some(reason);
    }
    let chars = text.chars().count();
    if chars < 90 && authors::opens_byline(text) && !authors::split(text).is_empty() && !ends_sentence(text) {
        return Some(RemovedReason::Byline);
    }
    if chars < 70 && dates::parse(text).is_some() && !ends_sentence(text) {
        return Some(RemovedReason::Timestamp);
    }
    None
}

/// The title's line: what the sender says, else the likeliest short line before the first paragraph.
fn find_title(
    lines: &[Line],
    reasons: &[Option<RemovedReason>],
    start: usize,
    title: Option<&str>,
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
    (first.saturating_sub(TITLE_REACH)..first)
        .rev()
        .filter(|&i| reasons.get(i).copied().flatten().is_none())
        .filter_map(|i| {
            let text = lines.get(i)?.text.text.as_str();
            let chars = text.chars().count();
            let words = text.split_whitespace().count();
            if !(15..=220).contains(&chars) || caption::is_caption_line(text) || text.ends_with('.') {
                return None;
            }
            let score =
                (words.min(12) as i32) * 3 - (first - i) as i32 - if ends_sentence(text) { 4 } else { 0 };
            Some((score, i))
        })
        .max_by_key(|&(score, i)| (score, std::cmp::Reverse(i)))
        .map(|(_, i)| i)
}
