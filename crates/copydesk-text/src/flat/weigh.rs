//! The weight of each line of flat text, and the parts of the text that are article.
//!
//! Lives here: shapes of lines, runs of lines, and the path through the two states article and page. `evidence.rs` weighs a
//! line by what stands around it, `sections.rs` finds heads below which other things stand. Must never come here: phrases
//! (`furniture.rs`) or verdicts (`score.rs`). The weights began as rounded log-odds, read off counts of lines by
//! shape and by the length of the run they stand in, in flattened news and blog pages, and were moved by hand since.

use super::context::Sheet;
use super::lines::Line;
use super::{code, evidence, features, judge, model, sections};
use crate::document::RemovedReason;
use crate::furniture::ends_sentence;
use crate::updates;

/// A line is prose from this many characters on if it ends as sentences do, else from twice as many.
const PROSE_CHARS: usize = 80;

/// A text with so many lines before its first and after its last prose is a page flattened whole: menus above, a footer
/// below. Article areas with leftovers have a handful.
const RAW_EDGE_LINES: usize = 20;

/// With this share of lines that end as sentences do, a text is clean: pages and their leftovers have far less.
const CLEAN_SHARE: f32 = 0.85;

/// With fewer lines of prose, where the first and the last of them stand says little: a short item is mostly sentences.
const FEW_PROSE_LINES: usize = 3;

/// What a line before the first or behind the last prose weighs less; among few lines of prose, and else.
const EDGE_COSTS: (f32, f32) = (1.0, 4.0);

/// What it costs to go from article to page or back: single odd lines do not cut an article.
const SWITCH_COST: f32 = 1.4;

/// What a line weighs less that says of itself that it is no article.
const REASON_COST: f32 = 2.0;

/// What a line weighs more that tells of a change in the article.
const NOTE_WEIGHT: f32 = 3.0;

/// How much of the core's weight counts in text that is the article's area already.
const PART_CORE: f32 = 0.3;

/// What the text was before it was flattened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    /// The area of the article with a few leftovers.
    Part,
    /// A whole page, most of which is article.
    Whole,
    /// A whole page, most of which is menus, teasers and footers.
    Menus,
}

/// A line's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Prose,
    Sentence,
    Fragment,
}

pub(super) fn shape(line: &Line) -> Shape {
    let text = line.text.text.as_str();
    let chars: usize = text.chars().map(crate::normal::size).sum();
    let sentence = ends_sentence(text);
    if chars >= 2 * PROSE_CHARS || sentence && chars >= PROSE_CHARS {
        Shape::Prose
    } else if sentence {
        Shape::Sentence
    } else {
        Shape::Fragment
    }
}

/// What is known of a text's lines, and their hand-set weights.
pub(super) struct Weighed {
    pub(super) shapes: Vec<Shape>,
    pub(super) surroundings: Vec<evidence::Surroundings>,
    /// What each line weighs less for the head it stands below.
    pub(super) marks: Vec<f32>,
    pub(super) weights: Vec<f32>,
    /// The longer words of each line, as `evidence::longer_words` gives them.
    pub(super) words: Vec<Vec<u64>>,
    /// The lines of programs.
    pub(super) code: Vec<bool>,
}

/// Text that is clean but for its readers' comments: everything above them.
fn undiscussed(lines: &[Line]) -> Vec<bool> {
    let shapes: Vec<Shape> = lines.iter().map(shape).collect();
    let end = sections::discussion(lines, &shapes).unwrap_or(lines.len());
    (0..lines.len()).map(|i| i < end).collect()
}

/// What a line of a program weighs in the core of the text.
const CODE_WEIGHT: f32 = 2.0;

/// More lines are judged by the hand-set weights alone, which bounds the cost; no article has as many.
const MAX_JUDGED_LINES: usize = 8_000;

/// How much the model's log-odds count beside the hand-set weights, which the model has seen too. The hand-set weights
/// stay in the sum since written pages are easier than real ones: the model trusts itself more than it should.
const ODDS_SHARE: f32 = 1.6;

/// Shorter texts have no surroundings from which the model could tell anything.
const FEW_LINES: usize = 20;

/// The model's share in them.
const FEW_ODDS_SHARE: f32 = 0.3;

/// The most that the model may add or take.
const MAX_ODDS: f32 = 8.0;

/// What every line weighs less: written pages have more content than real ones.
const PRIOR_COST: f32 = 0.3;

/// How much of the prose that the hand-set weights keep the model must keep too, else it is not believed: so many parts of
/// so many; in texts of any length, and in short ones.
const TRUST: (usize, usize) = (2, 3);
const FEW_TRUST: (usize, usize) = (9, 10);

/// Which lines lie in the article, and how sure the model is of each.
pub(super) struct Judged {
    pub(super) inside: Vec<bool>,
    /// Log-odds of content; empty where no model was asked.
    pub(super) odds: Vec<f32>,
}

/// Finds the article.
pub(super) fn judge(lines: &[Line], reasons: &[Option<RemovedReason>]) -> Judged {
    let Some(weighed) = weigh(lines, reasons) else {
        return Judged { inside: undiscussed(lines), odds: Vec::new() };
    };
    let by_hand = path(&weighed.weights);
    let model = model::get().filter(|_| lines.len() <= MAX_JUDGED_LINES);
    let Some(model) = model else { return Judged { inside: by_hand, odds: Vec::new() } };
    let own: Vec<_> = lines.iter().zip(reasons).map(|(line, reason)| features::own(line, *reason)).collect();
    let odds = judge::judge(&Sheet::of(lines, &own, &weighed), model);
    let few = lines.len() < FEW_LINES;
    let (share, prior) = if few { (FEW_ODDS_SHARE, 0.0) } else { (ODDS_SHARE, PRIOR_COST) };
    // The model has seen no programs: to it they are furniture, and so is a paragraph between two of them.
    let beside =
        |i: usize| weighed.code.get(i.saturating_sub(1)..(i + 2).min(lines.len())).unwrap_or_default();
    let judged = |(i, (hand, odds)): (usize, (&f32, &f32))| {
        hand + if beside(i).contains(&true) { 0.0 } else { (odds * share).clamp(-MAX_ODDS, MAX_ODDS) - prior }
    };
    let weights: Vec<f32> = weighed.weights.iter().zip(&odds).enumerate().map(judged).collect();
    let inside = path(&weights);
    let prose = |inside: &[bool]| {
        let kept =
            inside.iter().zip(&weighed.shapes).zip(lines).filter(|((i, s), _)| **i && **s == Shape::Prose);
        kept.map(|(_, line)| line.text.text.len()).sum::<usize>()
    };
    // A model that leaves out most of what looks like the article has not understood this text.
    let (kept, all) = if few { FEW_TRUST } else { TRUST };
    let inside = if prose(&inside) * all < prose(&by_hand) * kept { by_hand } else { inside };
    Judged { inside, odds }
}

/// Weighs every line by hand-set weights; `None` for text that has no prose, or nothing else.
pub(super) fn weigh(lines: &[Line], reasons: &[Option<RemovedReason>]) -> Option<Weighed> {
    let shapes: Vec<Shape> = lines.iter().map(shape).collect();
    let prose =
        |i: usize| shapes.get(i) == Some(&Shape::Prose) && reasons.get(i).copied().flatten().is_none();
    let first = (0..lines.len()).find(|&i| prose(i))?;
    let last = (0..lines.len()).rev().find(|&i| prose(i)).unwrap_or(first);
    // Text that is clean already has no edge to trim, however short its sentences are.
    let whole = shapes.iter().filter(|s| **s != Shape::Fragment).count();
    if whole as f32 >= lines.len() as f32 * CLEAN_SHARE {
        return None;
    }
    let runs = run_lengths(&shapes);
    let edges = first + (lines.len() - 1 - last);
    let menus = (first..=last).filter(|&i| !prose(i) && runs.get(i).is_some_and(|&n| n > 16)).count();
    let page = if edges < RAW_EDGE_LINES {
        Page::Part
    } else if (edges + menus) * 2 > lines.len() {
        Page::Menus
    } else {
        Page::Whole
    };
    // Lists and notes that follow the last paragraph at once are the article's end, where there is no page around it: below long texts
    // stand lists of links.
    let closes =
        |i: &usize| lines.get(*i).is_some_and(|line| line.bullet || updates::is_note(&line.text.text));
    let end =
        (last + 1..lines.len()).take_while(closes).last().filter(|_| lines.len() < FEW_LINES).unwrap_or(last);
    let prose_lines = (first..=last).filter(|&i| prose(i)).count();
    let edge_cost = if prose_lines < FEW_PROSE_LINES { EDGE_COSTS.0 } else { EDGE_COSTS.1 };
    let marks = sections::marks(lines, reasons, &shapes);
    let words = evidence::longer_words(lines);
    let code = code::runs(lines, &shapes);
    let surroundings = evidence::surroundings(lines, reasons, &shapes, &marks, &words, &code);
    let weights: Vec<f32> = (0..lines.len())
        .filter_map(|i| {
            let (line, shape, around) = (lines.get(i)?, *shapes.get(i)?, surroundings.get(i)?);
            if around.in_core && code.get(i) == Some(&true) {
                return Some(CODE_WEIGHT + marks.get(i).copied().unwrap_or_default());
            }
            let run = runs.get(i).copied().unwrap_or(1);
            let heads = shape != Shape::Prose && shapes.get(i + 1) == Some(&Shape::Prose);
            let mut sum = weight(shape, run, line.bullet, page) + around.repeats.weight(shape);
            sum += around.core(shape) * if page == Page::Part { PART_CORE } else { 1.0 };
            if page != Page::Part {
                sum += evidence::words(&line.text.text, shape, around);
            }
            sum += if heads { 1.0 } else { 0.0 } + marks.get(i).copied().unwrap_or_default();
            sum -= if (first..=end).contains(&i) { 0.0 } else { edge_cost };
            sum -= if reasons.get(i).copied().flatten().is_some() { REASON_COST } else { 0.0 };
            sum += if updates::is_note(&line.text.text) { NOTE_WEIGHT } else { 0.0 };
            Some(sum)
        })
        .collect();
    Some(Weighed { shapes, surroundings, marks, weights, words, code })
}

/// How many lines of prose, or of no prose, stand together around each line.
fn run_lengths(shapes: &[Shape]) -> Vec<usize> {
    let mut out = Vec::with_capacity(shapes.len());
    for group in shapes.chunk_by(|a, b| (*a == Shape::Prose) == (*b == Shape::Prose)) {
        out.extend(std::iter::repeat_n(group.len(), group.len()));
    }
    out
}

fn weight(shape: Shape, run: usize, bullet: bool, page: Page) -> f32 {
    let fragments = match run {
        1 => 1.2,
        2 => 0.6,
        3..=16 => 0.3,
        _ => match page {
            Page::Part => 0.2,
            Page::Whole => -0.6,
            Page::Menus => -0.6,
        },
    };
    let rest = match page {
        Page::Part => 1.0,
        Page::Whole => 0.5,
        Page::Menus => -0.9,
    };
    match shape {
        Shape::Prose => {
            if run == 1 {
                1.0
            } else {
                2.2
            }
        }
        Shape::Sentence => fragments + rest + 0.8 + if bullet { 1.0 } else { 0.0 },
        Shape::Fragment => fragments + rest,
    }
}

/// The likeliest way through the states page (false) and article (true).
pub(super) fn path(weights: &[f32]) -> Vec<bool> {
    // Best sums ending in each state, and where each came from.
    let (mut page, mut article) = (0.0f32, 0.0f32);
    let mut back: Vec<(bool, bool)> = Vec::with_capacity(weights.len());
    for weight in weights {
        let from_page = (page, article - SWITCH_COST);
        let from_article = (article, page - SWITCH_COST);
        back.push((from_page.1 > from_page.0, from_article.0 >= from_article.1));
        (page, article) = (from_page.0.max(from_page.1), from_article.0.max(from_article.1) + weight);
    }
    let mut state = article >= page;
    let mut out = vec![false; weights.len()];
    for (slot, (page_came, article_came)) in out.iter_mut().zip(&back).rev() {
        *slot = state;
        state = if state { *article_came } else { *page_came };
    }
    out
}

/// How much better the best path is that takes a line into the article than the best that leaves it out, for each line.
pub(super) fn margins(weights: &[f32]) -> Vec<f32> {
    let step = |(page, article): (f32, f32), weight: f32| {
        (page.max(article - SWITCH_COST), article.max(page - SWITCH_COST) + weight)
    };
    // The best that can follow a line, by the state the line is in.
    let mut below: Vec<(f32, f32)> = Vec::with_capacity(weights.len());
    let mut after = (0.0f32, 0.0f32);
    for weight in weights.iter().rev() {
        below.push(after);
        let (page, article) = (after.0, after.1 + weight);
        after = (page.max(article - SWITCH_COST), article.max(page - SWITCH_COST));
    }
    let mut state = (0.0f32, 0.0f32);
    weights
        .iter()
        .zip(below.iter().rev())
        .map(|(weight, (page, article))| {
            state = step(state, *weight);
            state.1 + article - state.0 - page
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_odd_line_does_not_cut_an_article() {
        assert_eq!(path(&[-3.0, 2.0, 2.0, -0.5, 2.0, -3.0]), [false, true, true, true, true, false]);
        assert_eq!(
            path(&[2.0, 2.0, -2.0, -2.0, -2.0, -2.0, 2.0, 2.0]),
            [true, true, false, false, false, false, true, true]
        );
    }
}
