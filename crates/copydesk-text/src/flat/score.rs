//! The verdict on each line of flat text.
//!
//! Lives here: reasons at the edges of the article and inside it, captions among the lines. Must never come here: phrases
//! (`furniture.rs`), the weights that find the article's part (`weigh.rs`), or the search for the title (`title.rs`).

use super::lines::Line;
use super::{code, title, weigh};
use crate::caption;
use crate::document::{ParagraphKind, RemovedReason};
use crate::furniture::{self, ends_sentence};
use crate::meta::{authors, dates};

/// With such log-odds the model overrules what a line says of itself: "Duration: two weeks" stands in lists of courses, too.
const SURE_ODDS: f32 = 1.0;

/// Longer lines above a credit are paragraphs, below which a picture without a caption stands.
const MAX_CREDITED_CHARS: usize = 200;

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep(ParagraphKind),
    Caption,
    Remove(RemovedReason),
}

/// Lines before the article among which its authors are looked for, and in it where its title may stand again.
const TITLE_REACH: usize = 12;

/// The verdict on every line. A single line is the text, whatever it says. `given` is the sender's title, `url` the page's
/// address.
pub(crate) fn verdicts(lines: &[Line], given: Option<&str>, url: &str) -> Vec<Verdict> {
    if let [only] = lines {
        return vec![Verdict::Keep(kind(only))];
    }
    let reasons = reasons(lines);
    let weigh::Judged { inside, odds } = weigh::judge(lines, &reasons);
    let sure = |i: usize| odds.get(i).is_some_and(|odds| *odds >= SURE_ODDS);
    let start = inside.iter().position(|&i| i).unwrap_or(0);
    let title_at = title::find(lines, &reasons, start, given, url);
    let title = title_at.and_then(|at| lines.get(at)).map(|line| line.text.text.as_str());
    lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let text = line.text.text.as_str();
            let again = title.is_some_and(|title| i <= start + TITLE_REACH && title::repeats(text, title));
            if Some(i) == title_at || again || given.is_some_and(|t| crate::normal::tidy(t) == text) {
                return Verdict::Remove(RemovedReason::Title);
            }
            if caption::is_caption_line(text) {
                return Verdict::Caption;
            }
            let credited = lines.get(i + 1).is_some_and(|next| caption::is_credit_line(&next.text.text));
            if credited && text.chars().count() <= MAX_CREDITED_CHARS && !ends_sentence(text) {
                return Verdict::Caption;
            }
            let inner = inside.get(i).copied().unwrap_or(true);
            if let Some(reason) = reasons.get(i).copied().flatten()
                && !(inner && sure(i) && reason != RemovedReason::Symbols)
            {
                return Verdict::Remove(reason);
            }
            if i < start && authors::looks_like_person(text) && i + TITLE_REACH >= start {
                return Verdict::Remove(RemovedReason::Byline);
            }
            if !inner {
                return Verdict::Remove(RemovedReason::OutsideArticle);
            }
            Verdict::Keep(kind(line))
        })
        .collect()
}

/// What each line says of itself; lines of programs say nothing.
pub(super) fn reasons(lines: &[Line]) -> Vec<Option<RemovedReason>> {
    let shapes: Vec<_> = lines.iter().map(weigh::shape).collect();
    let code = code::runs(lines, &shapes);
    lines.iter().zip(code).map(|(line, code)| if code { None } else { reason(&line.text.text) }).collect()
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

fn reason(text: &str) -> Option<RemovedReason> {
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
