//! The transformer's loops compiled for AVX-512 with VNNI, and their innermost tiles with intrinsics.
//!
//! Whole numbers are summed as elsewhere, four products at once, and the float steps are the same and not fused, so
//! the bits are those of the other copies. `unsafe` is as in avx2.rs. `floats.rs` has the float loops that the compiler
//! does not make vectors of by itself.

use std::arch::x86_64::{
    __m512i, _mm512_add_ps, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_setzero_si512, _mm512_storeu_ps, _mm512_storeu_si512, _mm512_sub_ps,
};

mod floats;

pub(super) use floats::{gelu_and_quantize, quantize_block, softmax};

use super::attention::{self, Attention, AttentionScratch, COLUMNS, Pairs, QUERIES};
use super::encoder_ops;
use super::int8::{self, BLOCK, GROUP, Int8Matrix, PANEL, Quantized, Strides, Tile, WIDE};
use super::{AVX512, avx2};

/// Proof that this processor has AVX-512 (F, BW, DQ, VL and VNNI), AVX2 and FMA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available(avx2::Available);

impl Available {
    pub(crate) fn check() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        if found { avx2::Available::check().map(Available) } else { None }
    }
}

impl From<Available> for avx2::Available {
    fn from(available: Available) -> Self {
        available.0
    }
}

macro_rules! compiled_for_avx512 {
    ($(fn $room:ident::$name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        $(pub(super) fn $name(_: Available, $($arg: $ty),*) {
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
            fn compiled($($arg: $ty),*) {
                $room::$name::<AVX512>($($arg),*);
            }
            // SAFETY: `Available` shows that the processor has these instruction sets.
            unsafe { compiled($($arg),*) }
        })*
    };
}

compiled_for_avx512! {
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

/// The tile of [`int8`]: `R` rows times the 32 columns of a panel.
#[inline(always)]
pub(super) fn multiply_int8<const R: usize>(tile: &Tile<'_>, out: &mut [f32], stride: usize) {
    // SAFETY: only copies of `int8`'s loops for `AVX512` come here, and only `compiled` above makes these.
    unsafe { multiply_int8_with_vnni::<R>(tile, out, stride) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn multiply_int8_with_vnni<const R: usize>(tile: &Tile<'_>, out: &mut [f32], stride: usize) {
    let inputs = tile.inputs;
    let blocks = inputs.div_ceil(BLOCK);
    assert!(inputs.is_multiple_of(GROUP) && tile.numbers.len() == R * inputs);
    assert!(tile.panel.len() == inputs * PANEL && tile.sums.len() == blocks * PANEL);
    assert!(tile.blocks.len() == R * blocks && tile.steps.len() == PANEL && tile.bias.len() == PANEL);
    let mut totals = [[_mm512_setzero_ps(); 2]; R];
    let (numbers, panel) = (tile.numbers.as_ptr(), tile.panel.as_ptr());
    for block in 0..blocks {
        let (begin, end) = (block * BLOCK, (block * BLOCK + BLOCK).min(inputs));
        let mut sums = [[_mm512_setzero_si512(); 2]; R];
        for k in (begin..end).step_by(GROUP) {
            // SAFETY: `k + 4 <= inputs`; a panel has 32 numbers for each input and each row has one, as asserted.
            unsafe {
                let line = panel.add(k * PANEL).cast::<__m512i>();
                let weights = [_mm512_loadu_si512(line), _mm512_loadu_si512(line.add(1))];
                for (r, sums) in sums.iter_mut().enumerate() {
                    let group = numbers.add(r * inputs + k).cast::<i32>().read_unaligned();
                    let group = _mm512_set1_epi32(group);
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = _mm512_dpbusd_epi32(*sum, group, weights);
                    }
                }
            }
        }
        for (r, (sums, totals)) in sums.iter().zip(&mut totals).enumerate() {
            let (step, zero) = tile.blocks[r * blocks + block];
            let (step, zero) = (_mm512_set1_ps(step), _mm512_set1_ps(zero));
            let weights = tile.sums[block * PANEL..].as_chunks::<WIDE>().0;
            for ((sum, total), weights) in sums.iter().zip(totals).zip(weights) {
                // SAFETY: an array of sixteen floats is exactly what is loaded.
                let weights = unsafe { _mm512_loadu_ps(weights.as_ptr()) };
                let exact = _mm512_sub_ps(_mm512_cvtepi32_ps(*sum), _mm512_mul_ps(zero, weights));
                *total = _mm512_add_ps(*total, _mm512_mul_ps(exact, step));
            }
        }
    }
    for (r, totals) in totals.iter().enumerate() {
        let out = out[r * stride..][..PANEL].as_chunks_mut::<WIDE>().0;
        let columns = tile.steps.as_chunks::<WIDE>().0.iter().zip(tile.bias.as_chunks::<WIDE>().0);
        for ((total, to), (step, bias)) in totals.iter().zip(out).zip(columns) {
            // SAFETY: arrays of sixteen floats are exactly what is loaded and stored.
            unsafe {
                let scaled = _mm512_mul_ps(*total, _mm512_loadu_ps(step.as_ptr()));
                let sum = _mm512_add_ps(scaled, _mm512_loadu_ps(bias.as_ptr()));
                _mm512_storeu_ps(to.as_mut_ptr(), sum);
            }
        }
    }
}

/// The tile of [`attention`]: 8 rows times 32 columns.
#[inline(always)]
pub(super) fn multiply_pairs(pairs: &Pairs<'_>, out: &mut [i32], stride: usize) {
    // SAFETY: only copies of `attention`'s loops for `AVX512` come here, and only `compiled` above makes these.
    unsafe { multiply_pairs_with_vnni(pairs, out, stride) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn multiply_pairs_with_vnni(pairs: &Pairs<'_>, out: &mut [i32], stride: usize) {
    let Pairs { rows, row, count, matrix, line } = *pairs;
    assert!(count > 0 && rows.len() >= (QUERIES - 1) * row + count * 2);
    assert!(matrix.len() >= (count - 1) * line + 2 * COLUMNS);
    let mut sums = [[_mm512_setzero_si512(); 2]; QUERIES];
    for k in 0..count {
        // SAFETY: line `k` begins at `k * line`; the assertions above keep 64 numbers from there within the matrix, and
        // pair `k` within every row.
        unsafe {
            let columns = matrix.as_ptr().add(k * line).cast::<__m512i>();
            let columns = [_mm512_loadu_si512(columns), _mm512_loadu_si512(columns.add(1))];
            for (r, sums) in sums.iter_mut().enumerate() {
                let pair = rows.as_ptr().add(r * row + k * 2).cast::<i32>().read_unaligned();
                let pair = _mm512_set1_epi32(pair);
                for (sum, column) in sums.iter_mut().zip(columns) {
                    *sum = _mm512_dpwssd_epi32(*sum, pair, column);
                }
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        let out = out[r * stride..][..COLUMNS].as_chunks_mut::<WIDE>().0;
        for (sum, to) in sums.iter().zip(out) {
            // SAFETY: an array of sixteen numbers is exactly what is stored.
            unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), *sum) };
        }
    }
}
