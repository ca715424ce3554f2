//! Attention on 16-bit numbers: queries, keys, values and weights are cut to them, products are sums of whole numbers.
//!
//! So sums are exact in any order and every processor gives the same bits, at half the time of floats. The ranges are
//! such that no sum reaches 2^31. What the cutting costs is a hundredth of what the 7 bits before the linear layers do.

use super::PORTABLE;
use super::encoder_ops::{fold, largest, round, softmax};
use super::int8::{PANEL, WIDE};

/// Query rows that are multiplied with the keys together.
pub(super) const QUERIES: usize = 8;
/// Columns of a tile: keys, or numbers of a value.
pub(super) const COLUMNS: usize = 32;
/// What the weights of a query sum up to, but for their rounding; the values, which are below it, times this are below 2^31.
const WHOLE: f32 = 32_767.0;

/// Rows in panels of 32 columns, as [`super::Kernel::int8_product`] can write them, from `begin` to `end`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    /// `panels x rows x 32`.
    pub(crate) numbers: &'a [f32],
    /// All rows.
    pub(crate) rows: usize,
    pub(crate) begin: usize,
    pub(crate) end: usize,
}

/// The queries of a window, its keys and values, and the shape of these.
#[derive(Debug)]
pub(crate) struct Attention<'a> {
    /// Scaled so that a score is an exponent of e.
    pub(crate) queries: Rows<'a>,
    /// In each row all keys, then all values.
    pub(crate) memory: Rows<'a>,
    /// Numbers of all heads together, and of one.
    pub(crate) width: usize,
    pub(crate) head: usize,
}

/// Buffers of [`attend`].
#[derive(Default, Debug)]
pub(crate) struct AttentionScratch {
    row: Vec<i16>,
    /// `pairs of a head's numbers x rows x 2`.
    keys: Vec<i16>,
    /// `pairs of rows x a head's numbers x 2`.
    values: Vec<i16>,
    /// `queries x a head's numbers`.
    queries: Vec<i16>,
    scores: Vec<i32>,
    powers: Vec<f32>,
    /// `8 x rows`.
    weights: Vec<i16>,
    mixed: Vec<i32>,
}

impl Rows<'_> {
    /// Calls `found` with stretches of columns `[first, first + count)` of a row, and where they begin among these.
    #[inline(always)]
    fn each_stretch(&self, row: usize, first: usize, count: usize, mut found: impl FnMut(usize, &[f32])) {
        let mut done = 0;
        while done < count {
            let (panel, within) = ((first + done) / PANEL, (first + done) % PANEL);
            let length = (PANEL - within).min(count - done);
            let begin = (panel * self.rows + self.begin + row) * PANEL + within;
            found(done, &self.numbers[begin..begin + length]);
            done += length;
        }
    }

    #[inline(always)]
    fn count(&self) -> usize {
        self.end - self.begin
    }

    /// The factor that makes whole numbers of at most `most` of these columns.
    #[inline(always)]
    fn scale(&self, first: usize, count: usize, most: f32) -> f32 {
        let mut size = [0.0f32; WIDE];
        for row in 0..self.count() {
            self.each_stretch(row, first, count, |_, values| {
                size = match values.as_array::<PANEL>() {
                    Some(values) => largest(values, size),
                    None => largest(values, size),
                };
            });
        }
        let size = fold(size, |a, b| if b > a { b } else { a });
        // Rows of zeros have any factor.
        if size > 1e-30 { most / size } else { 1.0 }
    }

    /// A row's columns as whole numbers.
    #[inline(always)]
    fn round(&self, row: usize, first: usize, count: usize, scale: f32, out: &mut [i16]) {
        self.each_stretch(row, first, count, |at, values| {
            round(values, scale, &mut out[at..at + values.len()]);
        });
    }
}

/// The largest number such that a head's products of two of them sum up to at most 2^30.
fn most_of_products(head: usize) -> f32 {
    ((1u32 << 30) as f32 / head as f32).sqrt().min(32_767.0).floor()
}

/// Attention of one window into `out`, `queries x width`. Quadratic in the rows.
#[inline(always)]
pub(super) fn attend<const SET: u8>(window: &Attention<'_>, scratch: &mut AttentionScratch, out: &mut [f32]) {
    let Attention { queries, memory, width, head } = *window;
    let (rows, asked) = (memory.count(), queries.count());
    let keys = rows.next_multiple_of(COLUMNS);
    let columns = head.next_multiple_of(COLUMNS);
    scratch.reset(keys, columns, asked.next_multiple_of(QUERIES));
    let most = most_of_products(head);
    for first in (0..width).step_by(head) {
        let key_scale = memory.scale(first, head, most);
        let value_scale = memory.scale(width + first, head, WHOLE);
        let query_scale = queries.scale(first, head, most);
        for r in 0..rows {
            memory.round(r, first, head, key_scale, &mut scratch.row);
            for (p, pair) in scratch.row[..head.next_multiple_of(2)].as_chunks::<2>().0.iter().enumerate() {
                scratch.keys[(p * keys + r) * 2..][..2].copy_from_slice(pair);
            }
            memory.round(r, width + first, head, value_scale, &mut scratch.row);
            let line = &mut scratch.values[r / 2 * columns * 2..][..columns * 2];
            for (pair, &value) in line.as_chunks_mut::<2>().0.iter_mut().zip(&scratch.row[..head]) {
                pair[r % 2] = value;
            }
        }
        for r in 0..asked {
            queries.round(r, first, head, query_scale, &mut scratch.queries[r * columns..][..columns]);
        }
        let step = std::f32::consts::LOG2_E / (key_scale * query_scale);
        let scale = 1.0 / (value_scale * WHOLE);
        for begin in (0..asked).step_by(QUERIES) {
            scratch.score::<SET>(begin, keys, columns, head);
            for q in 0..QUERIES {
                let scores = &scratch.scores[q * keys..][..keys];
                let weights = &mut scratch.weights[q * keys..][..keys];
                softmax::<SET>(scores, rows, step, WHOLE, &mut scratch.powers, weights);
            }
            scratch.mix::<SET>(keys, columns, rows);
            for q in 0..QUERIES.min(asked - begin) {
                let to = &mut out[(begin + q) * width + first..][..head];
                let sums = &scratch.mixed[q * columns..][..head];
                match (to.as_mut_array::<COLUMNS>(), sums.as_array::<COLUMNS>()) {
                    (Some(to), Some(sums)) => scaled(sums, scale, to),
                    _ => scaled(sums, scale, to),
                }
            }
        }
    }
}

#[inline(always)]
fn scaled(sums: &[i32], scale: f32, out: &mut [f32]) {
    for (&sum, out) in sums.iter().zip(out) {
        *out = sum as f32 * scale;
    }
}

impl AttentionScratch {
    fn reset(&mut self, keys: usize, columns: usize, asked: usize) {
        self.row.clear();
        self.row.resize(columns, 0);
        self.keys.clear();
        self.keys.resize(columns * keys, 0);
        self.values.clear();
        self.values.resize(keys * columns, 0);
        self.queries.clear();
        self.queries.resize(asked * columns, 0);
        self.scores.resize(QUERIES * keys, 0);
        self.powers.resize(keys, 0.0);
        self.weights.resize(QUERIES * keys, 0);
        self.mixed.resize(QUERIES * columns, 0);
    }

    /// The products of eight queries with all keys.
    #[inline(always)]
    fn score<const SET: u8>(&mut self, begin: usize, keys: usize, columns: usize, head: usize) {
        let queries = &self.queries[begin * columns..(begin + QUERIES) * columns];
        for column in (0..keys).step_by(COLUMNS) {
            let pairs = Pairs {
                rows: queries,
                row: columns,
                count: head.div_ceil(2),
                matrix: &self.keys[column * 2..],
                line: keys * 2,
            };
            pairs.multiply::<SET>(&mut self.scores[column..], keys);
        }
    }

    /// The sums of all values by eight rows of weights.
    #[inline(always)]
    fn mix<const SET: u8>(&mut self, keys: usize, columns: usize, rows: usize) {
        for column in (0..columns).step_by(COLUMNS) {
            let pairs = Pairs {
                rows: &self.weights,
                row: keys,
                count: rows.div_ceil(2),
                matrix: &self.values[column * 2..],
                line: columns * 2,
            };
            pairs.multiply::<SET>(&mut self.mixed[column..], columns);
        }
    }
}

/// Eight rows times 32 columns, both in pairs of numbers.
pub(super) struct Pairs<'a> {
    /// Rows `row` numbers apart.
    pub(super) rows: &'a [i16],
    pub(super) row: usize,
    /// Pairs that are multiplied.
    pub(super) count: usize,
    /// For each pair a line with its two numbers of each column, `line` numbers apart.
    pub(super) matrix: &'a [i16],
    pub(super) line: usize,
}

impl Pairs<'_> {
    /// Rows of `out` are `stride` apart.
    #[inline(always)]
    fn multiply<const SET: u8>(&self, out: &mut [i32], stride: usize) {
        match SET {
            PORTABLE => self.multiply_plainly(out, stride),
            #[cfg(target_arch = "x86_64")]
            super::AVX2 => super::avx2::multiply_pairs(self, out, stride),
            #[cfg(target_arch = "x86_64")]
            super::AVX512 => super::avx512::multiply_pairs(self, out, stride),
            _ => unreachable!("no such copy of the loops"),
        }
    }

    #[inline(always)]
    fn multiply_plainly(&self, out: &mut [i32], stride: usize) {
        for (r, row) in self.rows.chunks(self.row).take(QUERIES).enumerate() {
            let mut sums = [0i32; COLUMNS];
            for (pair, line) in row.as_chunks::<2>().0[..self.count].iter().zip(self.matrix.chunks(self.line))
            {
                for (sum, numbers) in sums.iter_mut().zip(line.as_chunks::<2>().0) {
                    for (&a, &b) in pair.iter().zip(numbers) {
                        *sum = sum.wrapping_add(i32::from(a) * i32::from(b));
                    }
                }
            }
            out[r * stride..][..COLUMNS].copy_from_slice(&sums);
        }
    }
}
