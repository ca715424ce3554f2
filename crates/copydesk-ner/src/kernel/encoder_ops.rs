//! The float loops of a transformer: softmax, GELU, layer normalization of a sum.
//!
//! Written once over arrays of sixteen, without fused multiply-add, so that all compiled copies give the same bits.
//! The exponential and the error function are polynomials for the same reason, and because they are vectors' work.

use super::int8::{PANEL, WIDE};

type Lane = [f32; WIDE];

/// Adding this rounds to a whole number, which the sum then holds in its low bits.
pub(super) const ROUND: f32 = 12_582_912.0;

/// Sixteen values to one, by halves.
#[inline(always)]
pub(super) fn fold<T: Copy>(mut lanes: [T; WIDE], join: impl Fn(T, T) -> T) -> T {
    let mut half = WIDE / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = join(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// The sum of `value` over a row, in sixteen strands that are joined at the end.
#[inline(always)]
fn total(row: &[f32], value: impl Fn(f32) -> f32) -> f32 {
    let (whole, rest) = row.as_chunks::<WIDE>();
    let mut strands = [0.0f32; WIDE];
    for chunk in whole {
        for lane in 0..WIDE {
            strands[lane] += value(chunk[lane]);
        }
    }
    fold(strands, |a, b| a + b) + rest.iter().map(|&x| value(x)).sum::<f32>()
}

/// The softmax of the first `count` of `scores` times `step` (in powers of two), times `whole`, rounded; those behind get 0.
/// `floats` is memory to use; all three are as long, a multiple of sixteen.
#[inline(always)]
pub(super) fn softmax<const SET: u8>(
    scores: &[i32],
    count: usize,
    step: f32,
    whole: f32,
    floats: &mut [f32],
    out: &mut [i16],
) {
    #[cfg(target_arch = "x86_64")]
    if SET == super::AVX512 {
        return super::avx512::softmax(scores, count, step, whole, floats, out);
    }
    let mut most = [i32::MIN; WIDE];
    let (chunks, rest) = scores[..count].as_chunks::<WIDE>();
    for chunk in chunks {
        for lane in 0..WIDE {
            most[lane] = if chunk[lane] > most[lane] { chunk[lane] } else { most[lane] };
        }
    }
    let most = rest.iter().fold(fold(most, Ord::max), |a, &b| a.max(b));
    let floats = &mut floats[..scores.len()];
    let mut strands = [0.0f32; WIDE];
    let lanes = scores.as_chunks::<WIDE>().0.iter().zip(floats.as_chunks_mut::<WIDE>().0);
    for (at, (scores, powers)) in lanes.enumerate() {
        for lane in 0..WIDE {
            powers[lane] = power_of_two(scores[lane].wrapping_sub(most) as f32 * step);
        }
        if (at + 1) * WIDE > count {
            powers[count.saturating_sub(at * WIDE)..].fill(0.0);
        }
        for lane in 0..WIDE {
            strands[lane] += powers[lane];
        }
    }
    let scale = whole / fold(strands, |a, b| a + b);
    let lanes = floats.as_chunks::<WIDE>().0.iter().zip(out.as_chunks_mut::<WIDE>().0);
    for (powers, out) in lanes {
        for lane in 0..WIDE {
            out[lane] = (powers[lane] * scale + ROUND).to_bits() as i16;
        }
    }
}

/// 2^x from -0.5 to 0.5, highest power first: the least largest error with 1 at 0, by Lawson's iteration.
pub(super) const POWER: [f32; 5] = [9.582_853e-3, 5.590_642_6e-2, 2.402_41e-1, 6.931_242e-1, 1.0];
/// The least exponent.
pub(super) const LEAST: f32 = -24.0;

/// 2^x for x <= 0 within 3e-6 of it; 2^-24 below -24.
#[inline(always)]
fn power_of_two(x: f32) -> f32 {
    let low = if x > LEAST { x } else { LEAST };
    let shifted = low + ROUND;
    let rest = low - (shifted - ROUND);
    let mut sum = POWER[0];
    for coefficient in &POWER[1..] {
        sum = sum * rest + coefficient;
    }
    f32::from_bits(sum.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// Whole numbers near `values * scale`, which must be within 16 bits.
#[inline(always)]
pub(super) fn round(values: &[f32], scale: f32, out: &mut [i16]) {
    if let (Some(values), Some(out)) = (values.as_array::<PANEL>(), out.as_mut_array::<PANEL>()) {
        for lane in 0..PANEL {
            out[lane] = (values[lane] * scale + ROUND).to_bits() as i16;
        }
        return;
    }
    let (whole, rest) = values.as_chunks::<WIDE>();
    let (out, out_rest) = out.as_chunks_mut::<WIDE>();
    for (values, out) in whole.iter().zip(out) {
        for lane in 0..WIDE {
            out[lane] = (values[lane] * scale + ROUND).to_bits() as i16;
        }
    }
    for (&value, out) in rest.iter().zip(out_rest) {
        *out = (value * scale + ROUND).to_bits() as i16;
    }
}

/// The largest distance from zero.
#[inline(always)]
pub(super) fn largest(values: &[f32], so_far: Lane) -> Lane {
    let mut most = so_far;
    let (whole, rest) = values.as_chunks::<WIDE>();
    for chunk in whole {
        for lane in 0..WIDE {
            let size = chunk[lane].abs();
            most[lane] = if size > most[lane] { size } else { most[lane] };
        }
    }
    for value in rest {
        most[0] = if value.abs() > most[0] { value.abs() } else { most[0] };
    }
    most
}

/// x times the normal distribution's function at x, within 2e-6 for x from -20 on; the count of numbers is a multiple of sixteen.
///
/// The distribution's tail is a power of two with a polynomial for exponent, which no division has part in.
#[inline(always)]
pub(super) fn gelu(row: &mut [f32]) {
    for chunk in row.as_chunks_mut::<WIDE>().0 {
        for value in chunk.iter_mut() {
            let size = value.abs();
            let near = if size < TAIL_END { size } else { TAIL_END };
            let mut exponent = TAIL[0];
            for coefficient in &TAIL[1..] {
                exponent = exponent * near + coefficient;
            }
            let positive = if *value > 0.0 { *value } else { 0.0 };
            *value = positive - size * power_of_two(exponent);
        }
    }
}

/// The logarithm of base two of the normal distribution's tail beyond x, from 0 to [`TAIL_END`], highest power first: the least
/// largest error of GELU (5e-7), by Lawson's iteration.
pub(super) const TAIL: [f32; 6] =
    [-4.732_941e-4, 7.084_462e-3, -5.182_717e-2, -4.599_926_5e-1, -1.150_787_8, -1.000_037_7];
pub(super) const TAIL_END: f32 = 5.5;

/// `rows[r] = normalized(rows[r] + added[r]) * scale + shift`, rows being `scale.len()` wide, with `epsilon` on the
/// variance.
#[inline(always)]
pub(super) fn add_and_normalize<const SET: u8>(
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
