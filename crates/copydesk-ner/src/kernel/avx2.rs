//! The loops beside this file compiled for AVX2 and FMA, and the innermost tiles with intrinsics.
//!
//! With avx512.rs the only module of the crate with `unsafe`. Two kinds of it: calling a function that needs the instruction sets
//! (sound because [`Available`] exists only where they were detected), and unaligned vector loads and stores of
//! memory whose bounds were checked on the line before.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_storeu_ps,
    _mm256_storeu_si256, _mm256_sub_ps,
};

use super::AVX2;
use super::attention::{self, Attention, AttentionScratch, COLUMNS, Pairs, QUERIES};
use super::encoder_ops;
use super::int8::{self, BLOCK, GROUP, Int8Matrix, PANEL, Quantized, Strides, Tile};
use super::ops::{self, LANES, Matrix};

/// Proof that this processor has AVX2 and FMA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available(());

impl Available {
    pub(crate) fn check() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Available(()))
    }
}

macro_rules! compiled_for_avx2 {
    ($copy:expr; $(fn $room:ident::$name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        $(#[allow(clippy::too_many_arguments, reason = "slices and their shapes")]
        pub(super) fn $name(_: Available, $($arg: $ty),*) {
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments, reason = "slices and their shapes")]
            fn compiled($($arg: $ty),*) {
                $room::$name::<{ $copy }>($($arg),*);
            }
            // SAFETY: `Available` shows that the processor has both instruction sets.
            unsafe { compiled($($arg),*) }
        })*
    };
}

compiled_for_avx2! { true;
    fn ops::product(input: &[f32], rows: &[u32], matrix: &Matrix, panel: usize, out: &mut [f32], stride: usize);
    fn ops::spread_pairs(input: &[f32], pairs: &[u32], width: usize, out: &mut [f32]);
    fn ops::gather_pairs(
        products: &[f32],
        bias: &[f32],
        pieces: usize,
        pairs: &[u32],
        width: usize,
        column: usize,
        out: &mut [f32],
    );
    fn ops::maximum(sums: &[f32], bias: &[f32], pieces: usize, width: usize, out: &mut [f32]);
    fn ops::sum_and_maximum(table: &[f32], parts: &[usize], bias: &[f32], pieces: usize, out: &mut [f32]);
    fn ops::normalize_and_add(
        row: &[f32],
        width: usize,
        scale: &[f32],
        shift: &[f32],
        residual: &[f32],
        out: &mut [f32],
    );
}

compiled_for_avx2! { AVX2;
    fn int8::quantize(rows: &[f32], width: usize, out: &mut Quantized);
    fn int8::int8_product(input: &Quantized, matrix: &Int8Matrix, out: &mut [f32], strides: Strides);
    fn int8::int8_product_gelu(
        input: &Quantized,
        matrix: &Int8Matrix,
        floats: &mut Vec<f32>,
        out: &mut Quantized,
    );
    fn attention::attend(window: &Attention<'_>, scratch: &mut AttentionScratch, out: &mut [f32]);
    fn encoder_ops::add_and_normalize(
        rows: &mut [f32],
        added: &[f32],
        stride: usize,
        scale: &[f32],
        shift: &[f32],
        epsilon: f32,
    );
}

/// The tile of [`ops`]: `R` rows times `V` vectors of a panel, all sums held in registers.
#[inline(always)]
pub(super) fn multiply<const R: usize, const V: usize>(
    rows: [&[f32]; R],
    weights: &[f32],
    width: usize,
    column: usize,
    out: &mut [f32],
    stride: usize,
) {
    // SAFETY: only `ops::product::<true>` comes here, and only `compiled` above instantiates that.
    unsafe { multiply_with_fma::<R, V>(rows, weights, width, column, out, stride) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn multiply_with_fma<const R: usize, const V: usize>(
    rows: [&[f32]; R],
    weights: &[f32],
    width: usize,
    column: usize,
    out: &mut [f32],
    stride: usize,
) {
    let inputs = rows[0].len();
    assert!(column + V * LANES <= width && weights.len() >= inputs * width);
    assert!(rows.iter().all(|row| row.len() == inputs));
    let mut sums = [[_mm256_setzero_ps(); V]; R];
    let mut line = weights.as_ptr().wrapping_add(column);
    for k in 0..inputs {
        // SAFETY: line `k` of the panel is `width` floats from `k * width`; the assertions above keep
        // `column + 8 V` within it, and `k` within every row.
        unsafe {
            let mut weight = [_mm256_setzero_ps(); V];
            for (v, weight) in weight.iter_mut().enumerate() {
                *weight = _mm256_loadu_ps(line.add(v * LANES));
            }
            for (row, sums) in rows.iter().zip(&mut sums) {
                let input = _mm256_set1_ps(*row.get_unchecked(k));
                for (sum, weight) in sums.iter_mut().zip(weight) {
                    *sum = _mm256_fmadd_ps(input, weight, *sum);
                }
            }
        }
        line = line.wrapping_add(width);
    }
    for (r, sums) in sums.iter().enumerate() {
        let out = &mut out[r * stride..][..V * LANES];
        for (sum, to) in sums.iter().zip(out.as_chunks_mut::<LANES>().0) {
            // SAFETY: an array of eight floats is exactly what is stored.
            unsafe { _mm256_storeu_ps(to.as_mut_ptr(), *sum) };
        }
    }
}

/// The tile of [`int8`]: `R` rows times a panel, each half for itself.
#[inline(always)]
pub(super) fn multiply_int8<const R: usize>(tile: &Tile<'_>, out: &mut [f32], stride: usize) {
    // SAFETY: only copies of `int8`'s loops for `AVX2` come here, and only `compiled` above makes these.
    unsafe {
        for half in 0..2 {
            multiply_int8_with_avx2::<R>(tile, half, &mut out[half * PANEL / 2..], stride);
        }
    }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn multiply_int8_with_avx2<const R: usize>(tile: &Tile<'_>, half: usize, out: &mut [f32], stride: usize) {
    assert!(half < 2);
    let first = half * PANEL / 2;
    let inputs = tile.inputs;
    let blocks = inputs.div_ceil(BLOCK);
    assert!(inputs.is_multiple_of(GROUP) && tile.numbers.len() == R * inputs);
    assert!(tile.panel.len() == inputs * PANEL && tile.sums.len() == blocks * PANEL);
    assert!(tile.blocks.len() == R * blocks && tile.steps.len() == PANEL && tile.bias.len() == PANEL);
    let ones = _mm256_set1_epi16(1);
    let mut totals = [[_mm256_setzero_ps(); 2]; R];
    let (numbers, panel) = (tile.numbers.as_ptr(), tile.panel.as_ptr());
    for block in 0..blocks {
        let (begin, end) = (block * BLOCK, (block * BLOCK + BLOCK).min(inputs));
        let mut sums = [[_mm256_setzero_si256(); 2]; R];
        for k in (begin..end).step_by(GROUP) {
            // SAFETY: `k + 4 <= inputs`; a panel has 32 numbers for each input and each row has one, as asserted.
            unsafe {
                let line = panel.add(k * PANEL + first * GROUP).cast::<__m256i>();
                for (r, sums) in sums.iter_mut().enumerate() {
                    let group = numbers.add(r * inputs + k).cast::<i32>().read_unaligned();
                    let group = _mm256_set1_epi32(group);
                    for (v, sum) in sums.iter_mut().enumerate() {
                        let pairs = _mm256_maddubs_epi16(group, _mm256_loadu_si256(line.add(v)));
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
                    }
                }
            }
        }
        for (r, (sums, totals)) in sums.iter().zip(&mut totals).enumerate() {
            let (step, zero) = tile.blocks[r * blocks + block];
            let (step, zero) = (_mm256_set1_ps(step), _mm256_set1_ps(zero));
            let weights = tile.sums[block * PANEL + first..].as_chunks::<LANES>().0;
            for ((sum, total), weights) in sums.iter().zip(totals).zip(weights) {
                // SAFETY: an array of eight floats is exactly what is loaded.
                let weights = unsafe { _mm256_loadu_ps(weights.as_ptr()) };
                let exact = _mm256_sub_ps(_mm256_cvtepi32_ps(*sum), _mm256_mul_ps(zero, weights));
                *total = _mm256_add_ps(*total, _mm256_mul_ps(exact, step));
            }
        }
    }
    for (r, totals) in totals.iter().enumerate() {
        let out = out[r * stride..][..PANEL / 2].as_chunks_mut::<LANES>().0;
        let steps = tile.steps[first..].as_chunks::<LANES>().0.iter();
        let columns = steps.zip(tile.bias[first..].as_chunks::<LANES>().0);
        for ((total, to), (step, bias)) in totals.iter().zip(out).zip(columns) {
            // SAFETY: arrays of eight floats are exactly what is loaded and stored.
            unsafe {
                let scaled = _mm256_mul_ps(*total, _mm256_loadu_ps(step.as_ptr()));
                let sum = _mm256_add_ps(scaled, _mm256_loadu_ps(bias.as_ptr()));
                _mm256_storeu_ps(to.as_mut_ptr(), sum);
            }
        }
    }
}

/// The tile of [`attention`]: 8 rows times 32 columns, in four parts of 4 rows and 16 columns.
#[inline(always)]
pub(super) fn multiply_pairs(pairs: &Pairs<'_>, out: &mut [i32], stride: usize) {
    for row in (0..QUERIES).step_by(4) {
        for column in (0..COLUMNS).step_by(2 * LANES) {
            let part =
                Pairs { rows: &pairs.rows[row * pairs.row..], matrix: &pairs.matrix[column * 2..], ..*pairs };
            // SAFETY: only copies of `attention`'s loops for `AVX2` come here, and only `compiled` above makes these.
            unsafe { multiply_pairs_with_avx2(&part, &mut out[row * stride + column..], stride) };
        }
    }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn multiply_pairs_with_avx2(pairs: &Pairs<'_>, out: &mut [i32], stride: usize) {
    const ROWS: usize = 4;
    let Pairs { rows, row, count, matrix, line } = *pairs;
    assert!(
        count > 0
            && rows.len() >= (ROWS - 1) * row + count * 2
            && out.len() >= (ROWS - 1) * stride + 2 * LANES
    );
    assert!(matrix.len() >= (count - 1) * line + 4 * LANES);
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    for k in 0..count {
        // SAFETY: line `k` begins at `k * line`; the assertions above keep 32 numbers from there within the matrix, and
        // pair `k` within every row.
        unsafe {
            let columns = matrix.as_ptr().add(k * line).cast::<__m256i>();
            let columns = [_mm256_loadu_si256(columns), _mm256_loadu_si256(columns.add(1))];
            for (r, sums) in sums.iter_mut().enumerate() {
                let pair = rows.as_ptr().add(r * row + k * 2).cast::<i32>().read_unaligned();
                let pair = _mm256_set1_epi32(pair);
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pair, column));
                }
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        let out = out[r * stride..][..2 * LANES].as_chunks_mut::<LANES>().0;
        for (sum, to) in sums.iter().zip(out) {
            // SAFETY: an array of eight numbers is exactly what is stored.
            unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), *sum) };
        }
    }
}
