//! The loops beside this file compiled for AVX2 and FMA, and the innermost tiles with intrinsics.
//!
//! The only module of the crate with `unsafe`. Two kinds of it: calling a function that needs the instruction sets
//! (sound because [`Available`] exists only where they were detected), and unaligned vector loads and stores of
//! memory whose bounds were checked on the line before.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_add_ps, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_storeu_ps,
    _mm256_sub_ps,
};

use super::encoder_ops::{self, Attention, AttentionScratch};
use super::int8::{self, BLOCK, GROUP, Int8Matrix, PANEL, Quantized, Tile};
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
    ($(fn $room:ident::$name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        $(#[allow(clippy::too_many_arguments, reason = "slices and their shapes")]
        pub(super) fn $name(_: Available, $($arg: $ty),*) {
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments, reason = "slices and their shapes")]
            fn compiled($($arg: $ty),*) {
                $room::$name::<true>($($arg),*);
            }
            // SAFETY: `Available` shows that the processor has both instruction sets.
            unsafe { compiled($($arg),*) }
        })*
    };
}

compiled_for_avx2! {
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
    fn int8::quantize(rows: &[f32], width: usize, out: &mut Quantized);
    fn int8::int8_product(input: &Quantized, matrix: &Int8Matrix, out: &mut [f32]);
    fn encoder_ops::attend(window: &Attention<'_>, scratch: &mut AttentionScratch, out: &mut [f32]);
    fn encoder_ops::gelu(rows: &mut [f32]);
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

/// The tile of [`int8`]: `R` rows times the 16 columns of a panel.
#[inline(always)]
pub(super) fn multiply_int8<const R: usize>(tile: &Tile<'_>, out: &mut [f32], stride: usize) {
    // SAFETY: only `int8::int8_product::<true>` comes here, and only `compiled` above instantiates that.
    unsafe { multiply_int8_with_avx2::<R>(tile, out, stride) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn multiply_int8_with_avx2<const R: usize>(tile: &Tile<'_>, out: &mut [f32], stride: usize) {
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
            // SAFETY: `k + 4 <= inputs`; a panel has 16 numbers for each input and each row has one, as asserted.
            unsafe {
                let line = panel.add(k * PANEL).cast::<__m256i>();
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
            let weights = tile.sums[block * PANEL..].as_chunks::<LANES>().0;
            for ((sum, total), weights) in sums.iter().zip(totals).zip(weights) {
                // SAFETY: an array of eight floats is exactly what is loaded.
                let weights = unsafe { _mm256_loadu_ps(weights.as_ptr()) };
                let exact = _mm256_sub_ps(_mm256_cvtepi32_ps(*sum), _mm256_mul_ps(zero, weights));
                *total = _mm256_add_ps(*total, _mm256_mul_ps(exact, step));
            }
        }
    }
    for (r, totals) in totals.iter().enumerate() {
        let out = out[r * stride..][..PANEL].as_chunks_mut::<LANES>().0;
        let columns = tile.steps.as_chunks::<LANES>().0.iter().zip(tile.bias.as_chunks::<LANES>().0);
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

/// Four rows times 16 columns of a matrix with lines of `stride` floats, multiplied and then added as elsewhere.
#[inline(always)]
pub(super) fn product_without_fusing<const R: usize>(
    rows: [&[f32]; R],
    matrix: &[f32],
    stride: usize,
) -> [[[f32; LANES]; 2]; R] {
    // SAFETY: only `encoder_ops::attend::<true>` comes here, and only `compiled` above instantiates that.
    unsafe { product_with_avx2::<R>(rows, matrix, stride) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn product_with_avx2<const R: usize>(
    rows: [&[f32]; R],
    matrix: &[f32],
    stride: usize,
) -> [[[f32; LANES]; 2]; R] {
    let inputs = rows[0].len();
    assert!(rows.iter().all(|row| row.len() == inputs));
    assert!(inputs > 0 && matrix.len() >= (inputs - 1) * stride + 2 * LANES);
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    let mut line = matrix.as_ptr();
    for k in 0..inputs {
        // SAFETY: line `k` begins at `k * stride`; the assertions above keep 16 floats from there within the matrix, and
        // `k` within every row.
        unsafe {
            let columns = [_mm256_loadu_ps(line), _mm256_loadu_ps(line.wrapping_add(LANES))];
            for (row, sums) in rows.iter().zip(&mut sums) {
                let value = _mm256_set1_ps(*row.get_unchecked(k));
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = _mm256_add_ps(*sum, _mm256_mul_ps(value, column));
                }
            }
        }
        line = line.wrapping_add(stride);
    }
    let mut out = [[[0.0; LANES]; 2]; R];
    for (sums, out) in sums.iter().flatten().zip(out.as_flattened_mut()) {
        // SAFETY: an array of eight floats is exactly what is stored.
        unsafe { _mm256_storeu_ps(out.as_mut_ptr(), *sums) };
    }
    out
}
