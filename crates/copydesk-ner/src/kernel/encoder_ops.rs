//! The float loops of a transformer: attention, GELU, layer normalization of a sum.
//!
//! Written once over arrays of eight, without fused multiply-add, so that both compiled copies give the same bits.
//! The exponential and the error function are polynomials for the same reason, and because they are vectors' work.

use super::ops::{LANES, total};

type Lane = [f32; LANES];

/// Query rows that are multiplied with the keys together.
const QUERIES: usize = 4;

/// The queries, keys and values of a window, and where its heads' outcome goes.
#[derive(Debug)]
pub(crate) struct Attention<'a> {
    /// `rows x stride`: in each row all queries (scaled), all keys, all values.
    pub(crate) projected: &'a [f32],
    pub(crate) stride: usize,
    /// Numbers of all heads together, and of one.
    pub(crate) width: usize,
    pub(crate) head: usize,
}

/// Buffers of [`attend`].
#[derive(Default, Debug)]
pub(crate) struct AttentionScratch {
    keys: Vec<f32>,
    values: Vec<f32>,
    weights: Vec<f32>,
}

/// Attention of one window of `projected.len() / stride` rows into `out` (`rows x width`). Quadratic in the rows.
#[inline(always)]
pub(super) fn attend<const FMA: bool>(
    window: &Attention<'_>,
    scratch: &mut AttentionScratch,
    out: &mut [f32],
) {
    let Attention { projected, stride, width, head } = *window;
    let rows = projected.len() / stride;
    let padded = rows.next_multiple_of(2 * LANES);
    let head_padded = head.next_multiple_of(2 * LANES);
    scratch.keys.clear();
    scratch.keys.resize(head * padded, 0.0);
    scratch.values.clear();
    scratch.values.resize(padded * head_padded, 0.0);
    scratch.weights.resize(QUERIES * padded, 0.0);
    for first in (0..width).step_by(head) {
        for (r, row) in projected.chunks_exact(stride).enumerate() {
            for (d, &key) in row[width + first..][..head].iter().enumerate() {
                scratch.keys[d * padded + r] = key;
            }
            scratch.values[r * head_padded..][..head].copy_from_slice(&row[2 * width + first..][..head]);
        }
        for begin in (0..rows).step_by(QUERIES) {
            let count = QUERIES.min(rows - begin);
            // The last rows are done again where fewer than four are left.
            let row = |q: usize| &projected[(begin + q.min(count - 1)) * stride + first..][..head];
            let queries: [&[f32]; QUERIES] = std::array::from_fn(row);
            for column in (0..padded).step_by(2 * LANES) {
                let sums = product::<FMA>(queries, &scratch.keys[column..], padded);
                for (q, sums) in sums.iter().enumerate() {
                    scratch.weights[q * padded + column..][..2 * LANES].copy_from_slice(sums.as_flattened());
                }
            }
            let mut inverse = [0.0; QUERIES];
            for (weights, inverse) in scratch.weights.chunks_exact_mut(padded).zip(&mut inverse) {
                *inverse = 1.0 / exponentials(weights, rows);
            }
            let mut weights = scratch.weights.chunks_exact(padded);
            let weights: [&[f32]; QUERIES] = std::array::from_fn(|_| weights.next().unwrap_or_default());
            for column in (0..head_padded).step_by(2 * LANES) {
                let sums = product::<FMA>(weights, &scratch.values[column..], head_padded);
                let kept = (2 * LANES).min(head - column);
                for q in 0..count {
                    let to = &mut out[(begin + q) * width + first + column..][..kept];
                    for (to, sum) in to.iter_mut().zip(sums[q].as_flattened()) {
                        *to = sum * inverse[q];
                    }
                }
            }
        }
    }
}

/// Four rows times 16 columns of a matrix with lines of `stride` floats.
#[inline(always)]
fn product<const FMA: bool>(rows: [&[f32]; QUERIES], matrix: &[f32], stride: usize) -> [[Lane; 2]; QUERIES] {
    #[cfg(target_arch = "x86_64")]
    if FMA {
        return super::avx2::product_without_fusing(rows, matrix, stride);
    }
    let inputs = rows[0].len();
    let rows = rows.map(|row| &row[..inputs]);
    let mut sums = [[[0.0f32; LANES]; 2]; QUERIES];
    for k in 0..inputs {
        let (line, _) = matrix[k * stride..][..2 * LANES].as_chunks::<LANES>();
        for (row, sums) in rows.iter().zip(&mut sums) {
            for (sum, line) in sums.iter_mut().zip(line) {
                for lane in 0..LANES {
                    sum[lane] += row[k] * line[lane];
                }
            }
        }
    }
    sums
}

/// Replaces each of the first `count` scores by its exponential over that of the largest, the others by zero; returns
/// the sum.
#[inline(always)]
fn exponentials(scores: &mut [f32], count: usize) -> f32 {
    let mut most = [f32::NEG_INFINITY; LANES];
    let (whole, rest) = scores[..count].as_chunks::<LANES>();
    for chunk in whole {
        for lane in 0..LANES {
            most[lane] = if chunk[lane] > most[lane] { chunk[lane] } else { most[lane] };
        }
    }
    let most = most.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
    for score in scores.iter_mut() {
        *score = exponential(*score - most);
    }
    scores[count..].fill(0.0);
    total(scores, |x| x)
}

/// e^x for x <= 0, within 2 units in the last place; 0 below -87. Cephes' `expf` (S. Moshier).
#[inline(always)]
fn exponential(x: f32) -> f32 {
    let low = if x > -87.0 { x } else { -87.0 };
    let clamped = if low < 0.0 { low } else { 0.0 };
    // Adding 1.5 * 2^23 rounds to a whole number, which the sum then holds in its low bits.
    let shifted = clamped * std::f32::consts::LOG2_E + 12_582_912.0;
    let whole = shifted - 12_582_912.0;
    let rest = clamped - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut sum = 1.987_569_1e-4;
    sum = sum * rest + 1.398_2e-3;
    sum = sum * rest + 8.333_452e-3;
    sum = sum * rest + 4.166_579_6e-2;
    sum = sum * rest + 1.666_666_5e-1;
    sum = sum * rest + 0.5;
    let fraction = sum * rest * rest + rest + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    if x > -87.0 { fraction * power } else { 0.0 }
}

/// The exact GELU, x / 2 * (1 + erf(x / sqrt 2)), of each number.
#[inline(always)]
pub(super) fn gelu<const FMA: bool>(rows: &mut [f32]) {
    let (whole, rest) = rows.as_chunks_mut::<LANES>();
    for chunk in whole {
        for value in chunk.iter_mut() {
            *value = 0.5 * *value * (1.0 + error_function(*value * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
    for value in rest {
        *value = 0.5 * *value * (1.0 + error_function(*value * std::f32::consts::FRAC_1_SQRT_2));
    }
}

/// erf within 4e-7: the rational function of Eigen's `erf` for floats.
#[inline(always)]
fn error_function(x: f32) -> f32 {
    let low = if x > -4.0 { x } else { -4.0 };
    let x = if low < 4.0 { low } else { 4.0 };
    let square = x * x;
    let mut above = -2.726_142_3e-10;
    above = above * square + 2.770_681_4e-8;
    above = above * square - 2.101_024e-6;
    above = above * square - 5.692_506_5e-5;
    above = above * square - 7.349_906_6e-4;
    above = above * square - 2.954_6e-3;
    above = above * square - 1.609_603_3e-2;
    let mut below = -1.456_607_2e-5;
    below = below * square - 2.133_740_6e-4;
    below = below * square - 1.682_827e-3;
    below = below * square - 7.373_329e-3;
    below = below * square - 1.426_473_9e-2;
    x * above / below
}

/// `rows[r] = normalized(rows[r] + added[r]) * scale + shift`, rows being `scale.len()` wide, with `epsilon` on the
/// variance.
#[inline(always)]
pub(super) fn add_and_normalize<const FMA: bool>(
    rows: &mut [f32],
    added: &[f32],
    stride: usize,
    scale: &[f32],
    shift: &[f32],
    epsilon: f32,
) {
    let width = scale.len();
    let shift = &shift[..width];
    for (row, added) in rows.chunks_exact_mut(width).zip(added.chunks_exact(stride)) {
        for (value, added) in row.iter_mut().zip(added) {
            *value += added;
        }
        let mean = total(row, |x| x) / width as f32;
        let variance = total(row, |x| (x - mean) * (x - mean)) / width as f32;
        let inverse = 1.0 / (variance + epsilon).sqrt();
        for i in 0..width {
            row[i] = (row[i] - mean) * inverse * scale[i] + shift[i];
        }
    }
}
