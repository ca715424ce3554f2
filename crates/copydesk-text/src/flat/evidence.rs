//! What stands around a line of flat text, and what its words say about it.
//!
//! Lives here: prose nearby, words shared with the prose, repetition, and the core of the text. Must never come here:
//! phrases of any language. The weights began as log-odds by counts, halved where two of them count the same thing twice,
//! and were moved by hand in coarse steps; a step stayed where it helped both halves of the texts it was measured on.

use super::lines::Line;
use super::weigh::Shape;
use crate::document::RemovedReason;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ops::Range;

/// Lines before and lines after among which prose is counted.
const REACH: usize = 6;

/// What a line that is no prose takes from the run that it stands in, in hundreds of characters of prose.
const GAP_COST: f32 = 0.15;

/// Longer lines count as this many characters: one huge line is no article.
const MAX_GAIN_CHARS: usize = 500;

/// With so many lines of prose around it, the first copy of lines that are said twice is no menu.
const FIRST_COPY_PROSE: usize = 3;

/// How often, and how, a line is said again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Repeats {
    #[default]
    Never,
    /// Somewhere else: labels of tables and reviews are.
    Alone,
    /// Together with a neighbour: menus and teasers that a page holds twice.
    WithNeighbour,
    /// Right before or after: texts of pictures.
    AtOnce,
    /// A line of prose that was said before: teasers, and articles that a page holds for several screens.
    SaidBefore,
}

impl Repeats {
    pub(super) fn weight(self, shape: Shape) -> f32 {
        match self {
            Self::Never => 0.0,
            Self::Alone if shape == Shape::Prose => 0.0,
            Self::Alone => -0.4,
            Self::WithNeighbour => -2.8,
            Self::AtOnce => -3.8,
            Self::SaidBefore => -5.0,
        }
    }
}

/// What stands around a line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings {
    /// Lines of prose within `REACH`.
    prose: usize,
    /// The share of the line's longer words that other prose has too; `None` without such words.
    pub(super) shared: Option<f32>,
    pub(super) repeats: Repeats,
    pub(super) in_core: bool,
}

impl Surroundings {
    /// The weight of standing in the core of the text or outside.
    pub(super) fn core(&self, shape: Shape) -> f32 {
        match (self.in_core, shape) {
            (true, Shape::Prose) => 0.0,
            (true, Shape::Sentence | Shape::Fragment) => 2.0,
            (false, Shape::Prose) => -1.0,
            (false, Shape::Sentence | Shape::Fragment) => -0.7,
        }
    }
}

/// Looks around every line. `marks` holds what lines weigh less for the head they stand below.
pub(super) fn surroundings(
    lines: &[Line],
    reasons: &[Option<RemovedReason>],
    shapes: &[Shape],
    marks: &[f32],
    words: &[Vec<u64>],
    code: &[bool],
) -> Vec<Surroundings> {
    let prose = prose_near(shapes);
    let repeats = first_copies(lines, shapes, &prose, repeats(lines));
    let core = core(lines, reasons, shapes, marks, &repeats, code);
    let shared = shared_words(words, shapes);
    (0..lines.len())
        .map(|i| Surroundings {
            prose: prose.get(i).copied().unwrap_or_default(),
            shared: shared.get(i).copied().flatten(),
            repeats: repeats.get(i).copied().unwrap_or_default(),
            in_core: core.contains(&i),
        })
        .collect()
}

/// Where a page holds its article twice, the first copy is the article.
fn first_copies(lines: &[Line], shapes: &[Shape], prose: &[usize], repeats: Vec<Repeats>) -> Vec<Repeats> {
    let mut seen: HashSet<&str> = HashSet::new();
    let kinds = lines.iter().zip(shapes).zip(prose.iter().zip(repeats));
    kinds
        .map(|((line, shape), (prose, repeats))| {
            let first = seen.insert(line.text.text.as_str());
            if !first && *shape == Shape::Prose {
                Repeats::SaidBefore
            } else if first && *prose >= FIRST_COPY_PROSE && repeats == Repeats::WithNeighbour {
                Repeats::Alone
            } else {
                repeats
            }
        })
        .collect()
}

/// The run of lines that holds the most prose for its gaps: a maximal sum (Kadane).
fn core(
    lines: &[Line],
    reasons: &[Option<RemovedReason>],
    shapes: &[Shape],
    marks: &[f32],
    repeats: &[Repeats],
    code: &[bool],
) -> Range<usize> {
    let gain = |i: usize, line: &Line| {
        let size: usize = line.text.text.chars().map(crate::normal::size).take(MAX_GAIN_CHARS).sum();
        let own = match shapes.get(i) {
            Some(Shape::Prose) if repeats.get(i) == Some(&Repeats::SaidBefore) => -1.0,
            Some(Shape::Prose) => size.min(MAX_GAIN_CHARS) as f32 / 100.0,
            // Programs stand between an article's paragraphs and part them not.
            _ if code.get(i) == Some(&true) => 0.0,
            Some(Shape::Sentence) => -GAP_COST / 5.0,
            Some(Shape::Fragment) | None => -GAP_COST,
        };
        let furniture = reasons.get(i).copied().flatten().is_some();
        own + marks.get(i).copied().unwrap_or_default() - if furniture { 1.0 } else { 0.0 }
    };
    let (mut best, mut range, mut sum, mut start) = (f32::MIN, 0..lines.len(), 0.0f32, 0);
    for (i, line) in lines.iter().enumerate() {
        if sum <= 0.0 {
            (sum, start) = (0.0, i);
        }
        sum += gain(i, line);
        if sum > best {
            (best, range) = (sum, start..i + 1);
        }
    }
    range
}

fn prose_near(shapes: &[Shape]) -> Vec<usize> {
    (0..shapes.len())
        .map(|i| {
            let around = i.saturating_sub(REACH)..(i + REACH + 1).min(shapes.len());
            let prose = |s: &&Shape| **s == Shape::Prose;
            let own = usize::from(shapes.get(i) == Some(&Shape::Prose));
            shapes.get(around).unwrap_or_default().iter().filter(prose).count() - own
        })
        .collect()
}

/// Shorter words are in every text.
const MIN_SHARED_CHARS: usize = 4;

/// Longer texts are no flattened pages; their words are not compared, which bounds the cost.
const MAX_SHARING_LINES: usize = 20_000;

/// The longer words of each line, hashed, each once; none for texts that are too long to compare.
pub(super) fn longer_words(lines: &[Line]) -> Vec<Vec<u64>> {
    if lines.len() > MAX_SHARING_LINES {
        return Vec::new();
    }
    let hashes = BuildHasherDefault::<DefaultHasher>::default();
    let longer = |line: &Line| -> Vec<u64> {
        let mut words: Vec<u64> = line
            .text
            .text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.chars().nth(MIN_SHARED_CHARS - 1).is_some())
            .filter(|w| !w.bytes().all(|b| b.is_ascii_digit()))
            .map(|w| hashes.hash_one(w.to_lowercase()))
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    };
    lines.iter().map(longer).collect()
}

fn shared_words(sets: &[Vec<u64>], shapes: &[Shape]) -> Vec<Option<f32>> {
    if sets.is_empty() {
        return vec![Some(0.5); shapes.len()];
    }
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for (set, _) in sets.iter().zip(shapes).filter(|(_, shape)| **shape == Shape::Prose) {
        for word in set {
            *counts.entry(*word).or_default() += 1;
        }
    }
    sets.iter()
        .zip(shapes)
        .map(|(set, shape)| {
            let own = u32::from(*shape == Shape::Prose);
            let shared = set.iter().filter(|w| counts.get(w).is_some_and(|&n| n > own)).count();
            (!set.is_empty()).then(|| shared as f32 / set.len() as f32)
        })
        .collect()
}

fn repeats(lines: &[Line]) -> Vec<Repeats> {
    let texts: Vec<&str> = lines.iter().map(|l| l.text.text.as_str()).collect();
    let (mut single, mut pairs) = (HashMap::new(), HashMap::new());
    for (i, text) in texts.iter().enumerate() {
        *single.entry(*text).or_insert(0u32) += 1;
        if let Some(next) = texts.get(i + 1) {
            *pairs.entry((*text, *next)).or_insert(0u32) += 1;
        }
    }
    let twice = |a: Option<&&str>, b: Option<&&str>| {
        a.zip(b).and_then(|(a, b)| pairs.get(&(*a, *b))).is_some_and(|&n| n > 1)
    };
    (0..texts.len())
        .map(|i| {
            let (own, next) = (texts.get(i), texts.get(i + 1));
            let before = i.checked_sub(1).and_then(|at| texts.get(at));
            if own.and_then(|t| single.get(t)).is_none_or(|&n| n < 2) {
                Repeats::Never
            } else if own == before || own == next {
                Repeats::AtOnce
            } else if twice(before, own) || twice(own, next) {
                Repeats::WithNeighbour
            } else {
                Repeats::Alone
            }
        })
        .collect()
}

/// What the line's words and the prose around it say, in a page flattened whole.
pub(super) fn words(text: &str, shape: Shape, around: &Surroundings) -> f32 {
    let (mut words, mut capital) = (0, 0);
    for word in text.split_whitespace() {
        words += 1;
        capital += usize::from(word.starts_with(char::is_uppercase));
    }
    let near = match around.prose {
        0 => -0.7,
        1 => -0.3,
        2 => 0.0,
        3 => 0.1,
        4 => 0.2,
        5 => 0.3,
        _ => 0.5,
    };
    let shared = match around.shared {
        None => -0.6,
        Some(0.0) => -1.0,
        Some(share) if share < 0.6 => 0.0,
        Some(_) => 0.4,
    };
    // Titles and menus are short or in capitals at every word; sentences are neither.
    let size = match words {
        0..=2 => -1.0,
        3 => -0.4,
        4 => 0.2,
        _ => 0.7,
    };
    let titled = if words >= 2 && capital == words {
        -0.4
    } else if words > 3 && capital * 3 < words * 2 {
        0.2
    } else {
        0.0
    };
    near + shared
        + match shape {
            Shape::Prose => titled,
            Shape::Sentence => size / 2.0,
            Shape::Fragment => size + titled / 2.0,
        }
}

#[cfg(test)]
mod tests {
    use super::super::lines::split;
    use super::*;

    #[test]
    fn labels_said_again_are_told_from_menus_said_again() {
        let lines = split("Home\nSport\nPrice\nNine pounds\nPrice\nTen pounds\nTen pounds\nHome\nSport\n");
        let found = repeats(&lines);
        assert_eq!(found.first(), Some(&Repeats::WithNeighbour));
        assert_eq!(found.get(2), Some(&Repeats::Alone));
        assert_eq!(found.get(5), Some(&Repeats::AtOnce));
    }

    #[test]
    fn words_of_the_prose_are_shared_and_those_of_menus_are_not() {
        let text = "The harbour wall was repaired in March after two storms broke it, and the town paid for the works.\n\
            The next storm came in April, and the harbour wall held, as the engineers of the town had said it would.\n\
            Harbour wall repaired\nJobs Weather Podcasts\n";
        let lines = split(text);
        let shapes = [Shape::Prose, Shape::Prose, Shape::Fragment, Shape::Fragment];
        let shared = shared_words(&longer_words(&lines), &shapes);
        assert_eq!(shared.get(2), Some(&Some(1.0)));
        assert_eq!(shared.get(3), Some(&Some(0.0)));
    }
}
