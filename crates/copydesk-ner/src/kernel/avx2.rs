//! The loops of `ops.rs` compiled for AVX2 and FMA, and the innermost tile with intrinsics.
//!
//! The only module of the crate with `unsafe`. Two kinds of it: calling a function that needs the instruction sets
//! (sound because [`Available`] exists only where they were detected), and unaligned vector loads and stores of
//! memory whose bounds were checked on the line before.

use std::arch::x86_64::{
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
};

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
    ($(fn $name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        $(#[allow(clippy::too_many_arguments, reason = "slices and their shapes")]
        pub(super) fn $name(_: Available, $($arg: $ty),*) {
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments, reason = "slices and their shapes")]
            fn compiled($($arg: $ty),*) {
                ops::$name::<true>($($arg),*);
            }
            // SAFETY: `Available` shows that the processor has both instruction sets.
            unsafe { compiled($($arg),*) }
        })*
    };
}

compiled_for_avx2! {
    fn product(input: &[f32], rows: &[u32], matrix: &Matrix, panel: usize, out: &mut [f32], stride: usize);
    fn spread_pairs(input: &[f32], pairs: &[u32], width: usize, out: &mut [f32]);
    fn gather_pairs(
        products: &[f32],
        bias: &[f32],
        pieces: usize,
        pairs: &[u32],
        width: usize,
        column: usize,
        out: &mut [f32],
    );
    fn maximum(sums: &[f32], bias: &[f32], pieces: usize, width: usize, out: &mut [f32]);
    fn sum_and_maximum(table: &[f32], parts: &[usize], bias: &[f32], pieces: usize, out: &mut [f32]);
    fn normalize_and_add(
        row: &[f32],
        width: usize,
        scale: &[f32],
        shift: &[f32],
        residual: &[f32],
        out: &mut [f32],
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
