//! What stands around each line of flat text, as numbers for the trained model.
//!
//! Lives here: `Sheet`, all that is known of the lines at once, and the features of a line's place and neighbours. Must
//! never come here: a line by itself (`features.rs`), trained numbers (`model.rs`).

use super::evidence::{Repeats, Surroundings};
use super::features::OWN;
use super::lines::Line;
use super::sections;
use super::weigh::{self, Shape, Weighed};
use std::collections::HashMap;
use std::ops::Range;

/// The features of a line's place, in order.
pub(super) const AROUND: [&str; 62] = [
    "index",
    "lines",
    "index_share",
    "lines_below",
    "size_share_above",
    "prose_share_above",
    "prose_above",
    "prose_3_above",
    "prose_3_below",
    "prose_8_above",
    "prose_8_below",
    "prose_20_above",
    "prose_20_below",
    "size_3_above",
    "size_3_below",
    "size_8_above",
    "size_8_below",
    "size_20_above",
    "size_20_below",
    "sentences_3_above",
    "sentences_3_below",
    "sentences_8_above",
    "sentences_8_below",
    "reasons_3_above",
    "reasons_3_below",
    "reasons_10_above",
    "reasons_10_below",
    "reasons_30_above",
    "prose_distance_above",
    "prose_distance_below",
    "in_core",
    "core_distance_start",
    "core_distance_end",
    "core_lines_share",
    "core_size_share",
    "between_prose",
    "head_distance_above",
    "head_kind_above",
    "mark",
    "said_times",
    "said_before",
    "said_with_neighbour",
    "neighbours_repeat",
    "shared_words",
    "previous_size",
    "next_size",
    "previous_sentence",
    "next_sentence",
    "previous_reason",
    "next_reason",
    "second_previous_size",
    "second_next_size",
    "like_neighbours",
    "like_run",
    "hand_weight",
    "hand_inside",
    "hand_margin",
    "prose_lines",
    "prose_line_share",
    "size_mean",
    "repeated_share",
    "gap_share",
];

/// All that is known of a text's lines.
pub(super) struct Sheet<'p> {
    pub(super) texts: Vec<&'p str>,
    pub(super) own: &'p [[f32; OWN.len()]],
    pub(super) shapes: &'p [Shape],
    pub(super) surroundings: &'p [Surroundings],
    /// The longer words of each line, hashed.
    pub(super) words: &'p [Vec<u64>],
    /// What each line weighs less for the head it stands below.
    pub(super) marks: &'p [f32],
    /// The heads of sections: the kind of each line that is one, else 0.
    pub(super) heads: Vec<u8>,
    /// The hand-set weights, and what their path makes of each line.
    pub(super) weights: &'p [f32],
    pub(super) inside: Vec<bool>,
    pub(super) margins: Vec<f32>,
}

impl<'p> Sheet<'p> {
    /// Gathers what is known of the lines.
    pub(super) fn of(lines: &'p [Line], own: &'p [[f32; OWN.len()]], weighed: &'p Weighed) -> Self {
        Self {
            texts: lines.iter().map(|line| line.text.text.as_str()).collect(),
            own,
            shapes: &weighed.shapes,
            surroundings: &weighed.surroundings,
            words: &weighed.words,
            marks: &weighed.marks,
            heads: lines.iter().map(|line| sections::head(&line.text.text)).collect(),
            weights: &weighed.weights,
            inside: weigh::path(&weighed.weights),
            margins: weigh::margins(&weighed.weights),
        }
    }
}

/// Sums of a column over the lines before each line, for windows of any size in constant time.
pub(super) struct Sums(Vec<f32>);

impl Sums {
    pub(super) fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut sums = vec![0.0];
        // f64 inside, so that the sum of a window does not depend on how much stands before it.
        let mut sum = 0.0f64;
        for value in values {
            sum += f64::from(value);
            sums.push(sum as f32);
        }
        Self(sums)
    }

    /// The sum over a range that is clipped to the lines there are.
    pub(super) fn over(&self, range: Range<usize>) -> f32 {
        let last = self.0.len().saturating_sub(1);
        let at = |i: usize| self.0.get(i.min(last)).copied().unwrap_or_default();
        at(range.end.max(range.start)) - at(range.start)
    }

    /// The mean over the `reach` lines above line `i`, and below it.
    pub(super) fn means(&self, i: usize, reach: usize) -> (f32, f32) {
        let lines = self.0.len().saturating_sub(1);
        let (above, below) = (i.saturating_sub(reach)..i, i + 1..(i + 1 + reach).min(lines));
        let mean = |range: Range<usize>| {
            if range.is_empty() { 0.0 } else { self.over(range.clone()) / range.len() as f32 }
        };
        (mean(above), mean(below))
    }
}

/// Longer distances are all the same.
const FAR: usize = 60;

/// Sizes above this add nothing to the mean of a window: one huge line is no article.
const WINDOW_SIZE: f32 = 300.0;

impl Sheet<'_> {
    /// The features of every line's place. Linear in the lines.
    pub(super) fn around(&self) -> Vec<[f32; AROUND.len()]> {
        let lines = self.own.len();
        let column = |index: usize| self.own.iter().map(move |own| own.get(index).copied().unwrap_or(0.0));
        let prose = Sums::of(self.shapes.iter().map(|s| f32::from(u8::from(*s == Shape::Prose))));
        let sentences = Sums::of(self.shapes.iter().map(|s| f32::from(u8::from(*s != Shape::Fragment))));
        let sizes = Sums::of(column(SIZE).map(|size| size.min(WINDOW_SIZE)));
        let reasons = Sums::of(column(REASON));
        let gaps = Sums::of(column(GAP).map(|gap| gap.min(1.0)));
        let repeated =
            Sums::of(self.surroundings.iter().map(|s| f32::from(u8::from(s.repeats != Repeats::Never))));
        let all = |sums: &Sums| sums.over(0..lines);
        let (prose_all, size_all) = (all(&prose), all(&sizes).max(1.0));
        let core = self.core();
        let (above, below) = (self.distances(true), self.distances(false));
        let heads = self.head_distances();
        let said = self.said();
        let runs = self.like_runs();
        let n = lines.max(1) as f32;
        (0..lines)
            .map(|i| {
                let own = |at: usize, index: usize| {
                    self.own.get(at).and_then(|own| own.get(index)).copied().unwrap_or(-1.0)
                };
                let before = |by: usize, index: usize| i.checked_sub(by).map_or(-1.0, |at| own(at, index));
                let (p3, p8, p20) = (prose.means(i, 3), prose.means(i, 8), prose.means(i, 20));
                let (s3, s8, s20) = (sizes.means(i, 3), sizes.means(i, 8), sizes.means(i, 20));
                let (e3, e8) = (sentences.means(i, 3), sentences.means(i, 8));
                let (r3, r10, r30) = (reasons.means(i, 3), reasons.means(i, 10), reasons.means(i, 30));
                let here = self.surroundings.get(i).copied().unwrap_or_default();
                let repeats = repeated.means(i, 3);
                let (times, nth) = said.get(i).copied().unwrap_or((1, 0));
                let (head_distance, head_kind) = heads.get(i).copied().unwrap_or((FAR, 0));
                let value = |list: &[f32]| list.get(i).copied().unwrap_or_default();
                [
                    i.min(500) as f32,
                    lines.min(2_000) as f32,
                    i as f32 / n,
                    (lines - 1 - i).min(500) as f32,
                    sizes.over(0..i) / size_all,
                    prose.over(0..i) / prose_all.max(1.0),
                    prose.over(0..i).min(30.0),
                    p3.0,
                    p3.1,
                    p8.0,
                    p8.1,
                    p20.0,
                    p20.1,
                    s3.0,
                    s3.1,
                    s8.0,
                    s8.1,
                    s20.0,
                    s20.1,
                    e3.0,
                    e3.1,
                    e8.0,
                    e8.1,
                    r3.0,
                    r3.1,
                    r10.0,
                    r10.1,
                    r30.0,
                    above.get(i).copied().unwrap_or(FAR) as f32,
                    below.get(i).copied().unwrap_or(FAR) as f32,
                    f32::from(u8::from(core.contains(&i))),
                    (i as f32 - core.start as f32).clamp(-100.0, 100.0),
                    (core.end as f32 - i as f32).clamp(-100.0, 100.0),
                    core.len() as f32 / n,
                    sizes.over(core.clone()) / size_all,
                    f32::from(u8::from(prose.over(0..i) > 0.0 && prose.over(i + 1..lines) > 0.0)),
                    head_distance as f32,
                    f32::from(head_kind),
                    value(self.marks),
                    times.min(6) as f32,
                    nth.min(4) as f32,
                    f32::from(u8::from(here.repeats == Repeats::WithNeighbour)),
                    (repeats.0 + repeats.1) / 2.0,
                    here.shared.unwrap_or(-1.0),
                    before(1, SIZE),
                    own(i + 1, SIZE),
                    before(1, SENTENCE),
                    own(i + 1, SENTENCE),
                    before(1, REASON),
                    own(i + 1, REASON),
                    before(2, SIZE),
                    own(i + 2, SIZE),
                    self.like(i, i.wrapping_sub(1)) + self.like(i, i + 1),
                    runs.get(i).copied().unwrap_or(1).min(FAR) as f32,
                    value(self.weights),
                    f32::from(u8::from(self.inside.get(i).copied().unwrap_or(true))),
                    value(&self.margins).clamp(-30.0, 30.0),
                    prose_all.min(100.0),
                    prose_all / n,
                    size_all / n,
                    all(&repeated) / n,
                    all(&gaps) / n,
                ]
            })
            .collect()
    }

    /// The run of lines that holds the most prose.
    fn core(&self) -> Range<usize> {
        let start = self.surroundings.iter().position(|s| s.in_core).unwrap_or(0);
        let end = self.surroundings.iter().rposition(|s| s.in_core).map_or(start, |last| last + 1);
        start..end
    }

    /// How far the next line of prose is, above or below.
    fn distances(&self, above: bool) -> Vec<usize> {
        let (mut out, mut distance) = (vec![FAR; self.shapes.len()], FAR);
        let step = |i: usize, out: &mut Vec<usize>, distance: &mut usize| {
            if let Some(slot) = out.get_mut(i) {
                *slot = *distance;
            }
            let prose = self.shapes.get(i) == Some(&Shape::Prose);
            *distance = if prose { 1 } else { (*distance + 1).min(FAR) };
        };
        if above {
            (0..self.shapes.len()).for_each(|i| step(i, &mut out, &mut distance));
        } else {
            (0..self.shapes.len()).rev().for_each(|i| step(i, &mut out, &mut distance));
        }
        out
    }

    /// How far the nearest head of a section above is, and its kind.
    fn head_distances(&self) -> Vec<(usize, u8)> {
        let (mut distance, mut kind) = (FAR, 0);
        self.heads
            .iter()
            .map(|&head| {
                if head > 0 {
                    (distance, kind) = (0, head);
                } else {
                    distance = (distance + 1).min(FAR);
                }
                (distance, kind)
            })
            .collect()
    }

    /// How often each line is said, and how often it was said before.
    fn said(&self) -> Vec<(usize, usize)> {
        let mut times: HashMap<&str, usize> = HashMap::new();
        let nth: Vec<usize> = self
            .texts
            .iter()
            .map(|text| {
                let slot = times.entry(text).or_default();
                *slot += 1;
                *slot - 1
            })
            .collect();
        let all = self.texts.iter().map(|text| times.get(text).copied().unwrap_or(1));
        all.zip(nth).collect()
    }

    /// 1 where two lines have about the same length and the same end, as entries of a list have.
    fn like(&self, a: usize, b: usize) -> f32 {
        let (Some(a), Some(b)) = (self.own.get(a), self.own.get(b)) else { return 0.0 };
        let of = |own: &[f32; OWN.len()], index: usize| own.get(index).copied().unwrap_or_default();
        let (x, y) = (of(a, SIZE), of(b, SIZE));
        let near = (x - y).abs() <= 6.0 + 0.35 * x.min(y);
        f32::from(u8::from(near && of(a, SENTENCE) == of(b, SENTENCE)))
    }

    /// How many lines in a row are like their neighbours.
    fn like_runs(&self) -> Vec<usize> {
        let lines = self.own.len();
        let (mut out, mut begin) = (vec![1; lines], 0);
        for i in 0..lines {
            if i + 1 == lines || self.like(i, i + 1) == 0.0 {
                let length = i + 1 - begin;
                out.get_mut(begin..=i).unwrap_or_default().fill(length);
                begin = i + 1;
            }
        }
        out
    }
}

/// Columns of `features::own` that are looked at in neighbours.
const SIZE: usize = 0;
const SENTENCE: usize = 5;
const GAP: usize = 12;
const REASON: usize = 20;
