//! Text that knows where each of its characters came from.
//!
//! Lives here: `Traced`, built character by character with source ranges, and `EditMap`, the run-length coded map
//! from clean bytes back to raw bytes. Must never come here: what the text means. Every step that changes text
//! (entities, white space, NFC, mojibake) goes through `Traced`, so that no step can lose an offset.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A run of `count` units; each is `step` bytes of text made from `width` bytes of source, one after another.
///
/// Text that was copied is one run of 1:1 units; Cyrillic out of windows-1251 is one run of 2:1 units; an entity is a
/// run of one unit. So a map stays small whatever the encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) at: u32,
    pub(crate) from: u32,
    pub(crate) count: u32,
    pub(crate) step: u32,
    pub(crate) width: u32,
}

/// The map from clean byte ranges to raw byte ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditMap {
    pub(crate) runs: Vec<Run>,
}

impl EditMap {
    /// The raw range of a clean range, O(log n). A bound inside a unit that cannot be divided takes all of it.
    #[must_use]
    pub fn raw_range(&self, clean: Range<usize>) -> Range<usize> {
        if self.runs.is_empty() {
            return 0..0;
        }
        let start = self.raw_start(clean.start);
        if clean.end <= clean.start {
            return start..start;
        }
        start..self.raw_end(clean.end).max(start)
    }

    /// How many runs the map has; each takes 20 bytes in memory.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// True when nothing is mapped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn raw_start(&self, at: usize) -> usize {
        let index = self.runs.partition_point(|run| (run.at as usize) <= at);
        if let Some(run) = index.checked_sub(1).and_then(|i| self.runs.get(i)) {
            let unit = (at - run.at as usize) / run.step as usize;
            if unit < run.count as usize {
                return run.from as usize + unit * run.width as usize;
            }
        }
        // Between runs (an inserted separator): the next thing that has a source.
        self.runs.get(index).or(self.runs.last()).map_or(0, |run| run.from as usize)
    }

    fn raw_end(&self, end: usize) -> usize {
        let last = end - 1;
        let index = self.runs.partition_point(|run| (run.at as usize) <= last);
        match index.checked_sub(1).and_then(|i| self.runs.get(i)) {
            Some(run) => {
                let unit = ((last - run.at as usize) / run.step as usize + 1).min(run.count as usize);
                run.from as usize + unit * run.width as usize
            }
            None => self.runs.first().map_or(0, |run| run.from as usize),
        }
    }

    fn push(&mut self, at: usize, step: usize, source: Range<usize>) {
        let (at, width, from) = (at as u32, source.len() as u32, source.start as u32);
        // Equal lengths divide into bytes, so that copied text of any script is one run.
        let (count, step, width) =
            if width as usize == step { (width, 1, 1) } else { (1, step as u32, width) };
        if let Some(last) = self.runs.last_mut()
            && last.step == step
            && last.width == width
            && last.at + last.count * last.step == at
            && last.from + last.count * last.width == from
        {
            last.count += count;
            return;
        }
        self.runs.push(Run { at, from, count, step, width });
    }
}

/// A string whose characters know their source ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Traced {
    pub(crate) text: String,
    pub(crate) map: EditMap,
}

impl Traced {
    /// Appends a character that came from `source`.
    pub(crate) fn push(&mut self, c: char, source: Range<usize>) {
        self.map.push(self.text.len(), c.len_utf8(), source);
        self.text.push(c);
    }

    /// Appends text that stands unchanged in the source at `from`.
    pub(crate) fn push_copied(&mut self, text: &str, from: usize) {
        if !text.is_empty() {
            self.map.push(self.text.len(), text.len(), from..from + text.len());
            self.text.push_str(text);
        }
    }

    /// Appends a whole string that came from `source` and cannot be divided.
    pub(crate) fn push_replaced(&mut self, text: &str, source: Range<usize>) {
        if text.is_empty() {
            return;
        }
        if text.chars().nth(1).is_none() {
            self.map.push(self.text.len(), text.len(), source);
        } else {
            let (at, step) = (self.text.len() as u32, text.len() as u32);
            let (from, width) = (source.start as u32, source.len() as u32);
            self.map.runs.push(Run { at, from, count: 1, step, width });
        }
        self.text.push_str(text);
    }

    /// Appends text that has no source, such as the empty line between paragraphs.
    pub(crate) fn push_unsourced(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends a part of another traced text.
    pub(crate) fn push_slice(&mut self, other: &Self, range: Range<usize>) {
        let base = self.text.len();
        let Some(text) = other.text.get(range.clone()) else { return };
        let first = other.map.runs.partition_point(|run| run_end(run) <= range.start);
        for run in other.map.runs.get(first..).unwrap_or_default() {
            let (at, step) = (run.at as usize, run.step as usize);
            if at >= range.end {
                break;
            }
            let skip = range.start.saturating_sub(at).div_ceil(step);
            let stop = ((range.end - at).div_ceil(step)).min(run.count as usize);
            if skip < stop {
                let piece = Run {
                    at: (base + at + skip * step - range.start) as u32,
                    from: run.from + skip as u32 * run.width,
                    count: (stop - skip) as u32,
                    ..*run
                };
                self.map.runs.push(piece);
            }
        }
        self.text.push_str(text);
    }

    /// A part as a text of its own.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let mut part = Self::default();
        part.push_slice(self, range);
        part
    }

    /// The source range of a part.
    pub(crate) fn source(&self, range: Range<usize>) -> Range<usize> {
        self.map.raw_range(range)
    }

    /// The source range of the whole.
    pub(crate) fn whole(&self) -> Range<usize> {
        self.map.raw_range(0..self.text.len())
    }

    /// Drops white space at the end.
    pub(crate) fn trim_end(&mut self) {
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        while let Some(last) = self.map.runs.last_mut() {
            let at = last.at as usize;
            if at >= end {
                self.map.runs.pop();
                continue;
            }
            last.count = last.count.min((end - at).div_ceil(last.step as usize) as u32);
            break;
        }
    }
}

fn run_end(run: &Run) -> usize {
    (run.at + run.count * run.step) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_text_of_any_script_is_one_run() {
        let mut traced = Traced::default();
        for (i, c) in "Привет, мир".char_indices() {
            traced.push(c, 10 + i..10 + i + c.len_utf8());
        }
        assert_eq!(traced.map.len(), 1);
        assert_eq!(traced.source(0..12), 10..22);
    }

    #[test]
    fn single_byte_sources_map_back_by_units() {
        let mut traced = Traced::default();
        for (i, c) in "Привет".chars().enumerate() {
            traced.push(c, i..i + 1);
        }
        assert_eq!(traced.map.len(), 1);
        assert_eq!(traced.source(2..6), 1..3);
        let part = traced.slice(4..12);
        assert_eq!(part.whole(), 2..6);
    }

    #[test]
    fn separators_without_source_take_nothing() {
        let mut traced = Traced::default();
        traced.push_copied("one", 5);
        traced.push_unsourced("\n\n");
        traced.push_copied("two", 50);
        assert_eq!(traced.source(0..8), 5..53);
        assert_eq!(traced.source(5..8), 50..53);
        assert_eq!(traced.source(0..3), 5..8);
    }

    #[test]
    fn trimming_keeps_the_map_within_the_text() {
        let mut traced = Traced::default();
        traced.push_copied("one  ", 5);
        traced.trim_end();
        assert_eq!((traced.text.as_str(), traced.whole()), ("one", 5..8));
    }
}
