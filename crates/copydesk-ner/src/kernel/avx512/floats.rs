//! Softmax, GELU and the cutting to 7 bits with AVX-512: step by step what encoder_ops.rs and int8.rs do, in the same order.

use std::arch::x86_64::{
    __m128i, __m256i, __m512, __m512i, _mm_storeu_si128, _mm256_storeu_si256, _mm512_abs_ps,
    _mm512_add_epi32, _mm512_add_ps, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cvtepi32_epi8,
    _mm512_cvtepi32_epi16, _mm512_cvtepi32_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mask_max_epi32,
    _mm512_maskz_mov_ps, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_reduce_max_epi32,
    _mm512_reduce_max_ps, _mm512_reduce_min_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_slli_epi32, _mm512_storeu_ps, _mm512_sub_epi32, _mm512_sub_ps,
};

use super::super::encoder_ops::{LEAST, POWER, ROUND, TAIL, TAIL_END, fold};
use super::super::int8::{BLOCK, MOST, WIDE, step_and_zero};

/// Vectors of a block.
const VECTORS: usize = BLOCK / WIDE;

/// As `encoder_ops::softmax`.
#[inline(always)]
pub(in super::super) fn softmax(
    scores: &[i32],
    count: usize,
    step: f32,
    whole: f32,
    floats: &mut [f32],
    out: &mut [i16],
) {
    // SAFETY: only copies of `attention`'s loops for `AVX512` come here, and only `compiled` of this module makes these.
    unsafe { softmax_compiled(scores, count, step, whole, floats, out) }
}

/// As `int8::quantize_block`.
#[inline(always)]
pub(in super::super) fn quantize_block(block: &[f32; BLOCK], numbers: &mut [u8; BLOCK]) -> (f32, f32) {
    // SAFETY: as in `softmax`, from `int8`.
    unsafe { cut(load_block(block), numbers) }
}

/// As `encoder_ops::gelu` and then `int8::quantize_block`.
#[inline(always)]
pub(in super::super) fn gelu_and_quantize(block: &[f32; BLOCK], numbers: &mut [u8; BLOCK]) -> (f32, f32) {
    // SAFETY: as in `softmax`, from `int8`.
    unsafe { cut(load_block(block).map(|values| gelu(values)), numbers) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn softmax_compiled(
    scores: &[i32],
    count: usize,
    step: f32,
    whole: f32,
    floats: &mut [f32],
    out: &mut [i16],
) {
    let scores = &scores.as_chunks::<WIDE>().0[..count.div_ceil(WIDE)];
    // Of the last vector only so many lanes count.
    let last = u16::MAX >> ((WIDE - count % WIDE) % WIDE);
    let mask = |at: usize| if at + 1 == scores.len() { last } else { u16::MAX };
    let mut most = _mm512_set1_epi32(i32::MIN);
    for (at, scores) in scores.iter().enumerate() {
        most = _mm512_mask_max_epi32(most, mask(at), most, load_whole(scores));
    }
    let (most, step) = (_mm512_set1_epi32(_mm512_reduce_max_epi32(most)), _mm512_set1_ps(step));
    let mut strands = _mm512_setzero_ps();
    let floats = floats.as_chunks_mut::<WIDE>().0;
    for (at, (scores, floats)) in scores.iter().zip(floats.iter_mut()).enumerate() {
        let below = _mm512_cvtepi32_ps(_mm512_sub_epi32(load_whole(scores), most));
        let powers = _mm512_maskz_mov_ps(mask(at), power_of_two(_mm512_mul_ps(below, step)));
        strands = _mm512_add_ps(strands, powers);
        store(powers, floats);
    }
    let mut sums = [0.0; WIDE];
    store(strands, &mut sums);
    let scale = _mm512_set1_ps(whole / fold(sums, |a, b| a + b));
    let (used, unused) = out.as_chunks_mut::<WIDE>().0.split_at_mut(scores.len());
    for (floats, out) in floats.iter().zip(used) {
        let rounded = _mm512_add_ps(_mm512_mul_ps(load(floats), scale), _mm512_set1_ps(ROUND));
        let numbers: __m256i = _mm512_cvtepi32_epi16(_mm512_castps_si512(rounded));
        // SAFETY: an array of sixteen numbers is exactly what is stored.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), numbers) };
    }
    unused.fill([0; WIDE]);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn power_of_two(x: __m512) -> __m512 {
    let low = _mm512_max_ps(x, _mm512_set1_ps(LEAST));
    let shifted = _mm512_add_ps(low, _mm512_set1_ps(ROUND));
    let rest = _mm512_sub_ps(low, _mm512_sub_ps(shifted, _mm512_set1_ps(ROUND)));
    let sum = polynomial(&POWER, rest);
    let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(shifted));
    _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(sum), exponent))
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn gelu(x: __m512) -> __m512 {
    let size = _mm512_abs_ps(x);
    let near = _mm512_min_ps(size, _mm512_set1_ps(TAIL_END));
    let tail = power_of_two(polynomial(&TAIL, near));
    _mm512_sub_ps(_mm512_max_ps(x, _mm512_setzero_ps()), _mm512_mul_ps(size, tail))
}

/// Multiplied and then added, highest power first.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn polynomial<const N: usize>(coefficients: &[f32; N], x: __m512) -> __m512 {
    let mut sum = _mm512_set1_ps(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = _mm512_add_ps(_mm512_mul_ps(sum, x), _mm512_set1_ps(coefficient));
    }
    sum
}

/// Cuts a block to 7 bits.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn cut(block: [__m512; VECTORS], numbers: &mut [u8; BLOCK]) -> (f32, f32) {
    let (mut low, mut high) = (_mm512_setzero_ps(), _mm512_setzero_ps());
    for values in block {
        low = _mm512_min_ps(values, low);
        high = _mm512_max_ps(values, high);
    }
    let (step, inverse, zero) = step_and_zero(_mm512_reduce_min_ps(low), _mm512_reduce_max_ps(high));
    let (factor, shift) = (_mm512_set1_ps(inverse), _mm512_set1_ps(zero));
    for (values, to) in block.into_iter().zip(numbers.as_chunks_mut::<WIDE>().0) {
        let shifted = _mm512_add_ps(_mm512_mul_ps(values, factor), shift);
        let clamped = _mm512_min_ps(shifted, _mm512_set1_ps(MOST));
        let rounded = _mm512_add_ps(clamped, _mm512_set1_ps(ROUND));
        let bytes: __m128i = _mm512_cvtepi32_epi8(_mm512_castps_si512(rounded));
        // SAFETY: an array of sixteen bytes is exactly what is stored.
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), bytes) };
    }
    (step, zero)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn load_block(block: &[f32; BLOCK]) -> [__m512; VECTORS] {
    let mut vectors = [_mm512_setzero_ps(); VECTORS];
    for (vector, values) in vectors.iter_mut().zip(block.as_chunks::<WIDE>().0) {
        *vector = load(values);
    }
    vectors
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn load(values: &[f32; WIDE]) -> __m512 {
    // SAFETY: an array of sixteen floats is exactly what is loaded.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn load_whole(values: &[i32; WIDE]) -> __m512i {
    // SAFETY: an array of sixteen numbers is exactly what is loaded.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
#[inline]
fn store(values: __m512, to: &mut [f32; WIDE]) {
    // SAFETY: an array of sixteen floats is exactly what is stored.
    unsafe { _mm512_storeu_ps(to.as_mut_ptr(), values) };
}
