//! The texture of the lines around each line, as numbers for the trained model: capitals, figures, repeated formats, and
//! words shared with the prose nearby.
//!
//! Lives here: what tells a list in an article from a menu, cards of products from paragraphs, and a text of a picture from
//! a sub-head. Must never come here: a line by itself (`features.rs`), sizes and places (`context.rs`).

use super::context::{Sheet, Sums};
use super::weigh::Shape;
use std::collections::HashMap;
use std::ops::Range;

/// The features, in order.
pub(super) const TEXTURE: [&str; 22] = [
    "capitals_3_above",
    "capitals_3_below",
    "capitals_10_above",
    "capitals_10_below",
    "figures_3_around",
    "figures_10_around",
    "bullets_5_around",
    "persons_10_above",
    "persons_10_below",
    "colons_10_around",
    "previous_capitals",
    "next_capitals",
    "twin_above",
    "twin_below",
    "twins_20_around",
    "opening_20_around",
    "closing_20_around",
    "shared_core",
    "shared_near",
    "shared_above",
    "largest_5_around",
    "sentence_run",
];

/// Twins further away say nothing.
const FAR: usize = 60;

/// Lines on each side among which equal formats and words are counted.
const REACH: usize = 20;

/// Lines on each side whose prose is near.
const NEAR: usize = 12;

/// The columns of `features::own` that are looked at.
const SIZE: usize = 0;
const CAPITALS: usize = 3;
const SENTENCE: usize = 5;
const COLON: usize = 6;
const BULLET: usize = 11;
const DIGITS: usize = 13;
const PERSON: usize = 28;

/// The texture around every line. Linear in the lines, times `REACH`.
pub(super) fn texture(sheet: &Sheet<'_>) -> Vec<[f32; TEXTURE.len()]> {
    let lines = sheet.own.len();
    let column = |index: usize| sheet.own.iter().map(move |own| own.get(index).copied().unwrap_or(0.0));
    let capitals = Sums::of(column(CAPITALS));
    let figures = Sums::of(column(DIGITS).map(|share| f32::from(u8::from(share > 0.0))));
    let (bullets, persons, colons) =
        (Sums::of(column(BULLET)), Sums::of(column(PERSON)), Sums::of(column(COLON)));
    let formats: Vec<u32> = (0..lines).map(|i| format(sheet, i)).collect();
    let (above, below) = twins(&formats);
    let edges: Vec<(&str, &str)> = sheet.texts.iter().map(|text| edges(text)).collect();
    let runs = sentence_runs(sheet);
    let shared = Shared::of(sheet);
    let own = |i: Option<usize>, index: usize| {
        i.and_then(|i| sheet.own.get(i)).and_then(|own| own.get(index)).copied().unwrap_or(-1.0)
    };
    let both = |(above, below): (f32, f32)| (above + below) / 2.0;
    (0..lines)
        .map(|i| {
            let around = i.saturating_sub(REACH)..(i + 1 + REACH).min(lines);
            let count =
                |same: &dyn Fn(usize) -> bool| around.clone().filter(|&j| j != i && same(j)).count() as f32;
            let (first, last) = edges.get(i).copied().unwrap_or_default();
            let (c3, c10, p10) = (capitals.means(i, 3), capitals.means(i, 10), persons.means(i, 10));
            let near = i.saturating_sub(5)..(i + 6).min(lines);
            let largest = near.filter(|&j| j != i).map(|j| own(Some(j), SIZE)).fold(0.0, f32::max);
            let (core, nearby, over) = shared.shares(i);
            [
                c3.0,
                c3.1,
                c10.0,
                c10.1,
                both(figures.means(i, 3)),
                both(figures.means(i, 10)),
                both(bullets.means(i, 5)),
                p10.0,
                p10.1,
                both(colons.means(i, 10)),
                own(i.checked_sub(1), CAPITALS),
                own(Some(i + 1), CAPITALS),
                above.get(i).copied().unwrap_or(FAR) as f32,
                below.get(i).copied().unwrap_or(FAR) as f32,
                count(&|j| formats.get(j) == formats.get(i)),
                count(&|j| !first.is_empty() && edges.get(j).is_some_and(|e| e.0 == first)),
                count(&|j| !last.is_empty() && edges.get(j).is_some_and(|e| e.1 == last)),
                core,
                nearby,
                over,
                largest,
                runs.get(i).copied().unwrap_or(0).min(FAR) as f32,
            ]
        })
        .collect()
}

/// What a line looks like from afar: its size, its capitals, figures, its end. Equal numbers are equal looks.
fn format(sheet: &Sheet<'_>, i: usize) -> u32 {
    let own = |index: usize| sheet.own.get(i).and_then(|own| own.get(index)).copied().unwrap_or_default();
    let size = (own(SIZE).max(1.0).log2() as u32).min(15);
    let capitals = (own(CAPITALS) * 2.99) as u32;
    let flags = [own(SENTENCE) > 0.0, own(COLON) > 0.0, own(BULLET) > 0.0, own(DIGITS) > 0.0];
    let flags = flags.iter().fold(0, |bits, flag| bits * 2 + u32::from(*flag));
    size * 64 + capitals * 16 + flags
}

/// How far the nearest line of the same format is, above and below.
fn twins(formats: &[u32]) -> (Vec<usize>, Vec<usize>) {
    let one = |order: &mut dyn Iterator<Item = usize>| {
        let mut out = vec![FAR; formats.len()];
        let mut last: HashMap<u32, usize> = HashMap::new();
        for i in order {
            let Some(format) = formats.get(i) else { continue };
            if let (Some(at), Some(slot)) = (last.insert(*format, i), out.get_mut(i)) {
                *slot = at.abs_diff(i).min(FAR);
            }
        }
        out
    };
    (one(&mut (0..formats.len())), one(&mut (0..formats.len()).rev()))
}

/// The first and the last word of a line.
fn edges(text: &str) -> (&str, &str) {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    (first, words.next_back().unwrap_or_default())
}

/// How many lines in a row end as sentences do around each line; 0 where it does not.
fn sentence_runs(sheet: &Sheet<'_>) -> Vec<usize> {
    let ends: Vec<bool> = sheet.shapes.iter().map(|shape| *shape != Shape::Fragment).collect();
    let mut out = Vec::with_capacity(ends.len());
    for group in ends.chunk_by(|a, b| a == b) {
        let length = if group.first() == Some(&true) { group.len() } else { 0 };
        out.extend(std::iter::repeat_n(length, group.len()));
    }
    out
}

/// In how many lines of prose each word stands: in the core, and by line.
struct Shared<'s, 'p> {
    sheet: &'s Sheet<'p>,
    core: HashMap<u64, u32>,
    /// The lines of prose in which each word stands, in order.
    places: HashMap<u64, Vec<u32>>,
}

impl<'s, 'p> Shared<'s, 'p> {
    fn of(sheet: &'s Sheet<'p>) -> Self {
        let (mut core, mut places) = (HashMap::new(), HashMap::<u64, Vec<u32>>::new());
        for (i, set) in sheet.words.iter().enumerate() {
            if sheet.shapes.get(i) != Some(&Shape::Prose) {
                continue;
            }
            let inside = sheet.surroundings.get(i).is_some_and(|s| s.in_core);
            for word in set {
                places.entry(*word).or_default().push(i as u32);
                if inside {
                    *core.entry(*word).or_insert(0u32) += 1;
                }
            }
        }
        Self { sheet, core, places }
    }

    /// The share of a line's longer words that prose of the core says too, prose nearby, and prose above; -1 without any.
    fn shares(&self, i: usize) -> (f32, f32, f32) {
        let words = self.sheet.words.get(i).map(Vec::as_slice).unwrap_or_default();
        if words.is_empty() {
            return (-1.0, -1.0, -1.0);
        }
        let prose = self.sheet.shapes.get(i) == Some(&Shape::Prose);
        let own = u32::from(prose && self.sheet.surroundings.get(i).is_some_and(|s| s.in_core));
        let said_in = |word: &u64, range: Range<usize>| {
            self.places.get(word).is_some_and(|places| {
                let from = places.partition_point(|&at| (at as usize) < range.start);
                let found = places.get(from..).unwrap_or_default();
                found.iter().map(|&at| at as usize).take_while(|at| *at < range.end).any(|at| at != i)
            })
        };
        let share = |said: &dyn Fn(&u64) -> bool| {
            words.iter().filter(|w| said(w)).count() as f32 / words.len() as f32
        };
        (
            share(&|word| self.core.get(word).is_some_and(|&n| n > own)),
            share(&|word| said_in(word, i.saturating_sub(NEAR)..i + 1 + NEAR)),
            share(&|word| said_in(word, 0..i)),
        )
    }
}
