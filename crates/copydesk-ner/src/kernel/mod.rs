//! The arithmetic inner loops: matrix products over packed panels, maxout, layer normalization, attention.
//!
//! `ops.rs` (the CNN's), `int8.rs`, `attention.rs` and `encoder_ops.rs` (the transformer's) hold the loops once, in safe
//! Rust; `avx2.rs` compiles them a second time for processors with AVX2 and FMA, `avx512.rs` the transformer's a third
//! time for AVX-512 with VNNI, with hand-written innermost tiles. Which copy runs is decided once per model. A row's
//! result never depends on the other rows of a call, so batching cannot change an answer. Only `network` and
//! `transformer` call in here.
//! The transformer's loops give the same bits in all copies; the CNN's differ by what fused multiply-add rounds.

mod attention;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "SIMD intrinsics; each use states why it is sound")]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "SIMD intrinsics; each use states why it is sound")]
mod avx512;
mod encoder_ops;
mod int8;
mod ops;

pub(crate) use attention::{Attention, AttentionScratch, Rows};
pub(crate) use int8::{Int8Matrix, PANEL, Quantized, Strides};
pub(crate) use ops::{LANES, Matrix, TILE_VECTORS};

/// Which compiled copy of the loops to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Available),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Available),
}

/// The copies of the transformer's loops, for which these are generic.
const PORTABLE: u8 = 0;
#[cfg(target_arch = "x86_64")]
const AVX2: u8 = 1;
const AVX512: u8 = 2;

macro_rules! dispatched {
    ($portable:expr, $avx512:ident;
        $($(#[$doc:meta])* fn $room:ident::$name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        impl Kernel {
            $($(#[$doc])*
            #[allow(clippy::too_many_arguments, reason = "slices and their shapes")]
            pub(crate) fn $name(self, $($arg: $ty),*) {
                match self {
                    Kernel::Portable => $room::$name::<{ $portable }>($($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    Kernel::Avx2(available) => avx2::$name(available, $($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    Kernel::Avx512(available) => $avx512::$name(available.into(), $($arg),*),
                }
            })*
        }
    };
}

dispatched! { false, avx2;
    /// Multiplies rows of `input` with one panel of `matrix`: `out[r][..panel] = input[rows[r]..] * panel`, rows of
    /// `out` being `stride` apart. `rows` are offsets into `input`; each row has `matrix.inputs()` numbers.
    fn ops::product(input: &[f32], rows: &[u32], matrix: &Matrix, panel: usize, out: &mut [f32], stride: usize);
    /// The four input combinations of the pairwise convolution for each pair of rows: `out[4][pairs][width]`.
    /// `pairs` are offsets into `input` of each pair's first row; the row before it and the one after the pair are
    /// read too.
    fn ops::spread_pairs(input: &[f32], pairs: &[u32], width: usize, out: &mut [f32]);
    /// Sums the four products of a panel (`products[4][pairs][panel]`, as wide as `bias`) into the two rows of each
    /// pair, adds the bias, takes the maximum over pieces, and writes eight numbers for each group of pieces at
    /// `out[pairs[p] + column..]` and, for the second row, one `width` further.
    fn ops::gather_pairs(
        products: &[f32],
        bias: &[f32],
        pieces: usize,
        pairs: &[u32],
        width: usize,
        column: usize,
        out: &mut [f32],
    );
    /// Adds the bias to each row of `sums` (panels of `pieces * 8`) and takes the maximum over pieces: eight numbers
    /// a panel, rows of `out` being `width` apart.
    fn ops::maximum(sums: &[f32], bias: &[f32], pieces: usize, width: usize, out: &mut [f32]);
    /// Adds the rows of `table` at the offsets in `parts`, then does as [`Kernel::maximum`] for this one row.
    fn ops::sum_and_maximum(table: &[f32], parts: &[usize], bias: &[f32], pieces: usize, out: &mut [f32]);
    /// Layer normalization of one row over its first `width` numbers (1e-8 on the variance, as in thinc), scaled,
    /// shifted, added to `residual`, into `out`.
    fn ops::normalize_and_add(
        row: &[f32],
        width: usize,
        scale: &[f32],
        shift: &[f32],
        residual: &[f32],
        out: &mut [f32],
    );
}

dispatched! { PORTABLE, avx512;
    /// Cuts rows of `width` activations to 7 bits.
    fn int8::quantize(rows: &[f32], width: usize, out: &mut Quantized);
    /// Multiplies all rows of `input` with `matrix` and adds its bias.
    fn int8::int8_product(input: &Quantized, matrix: &Int8Matrix, out: &mut [f32], strides: Strides);
    /// Multiplies all rows of `input` with `matrix`, adds its bias, and cuts the exact GELU of that to 7 bits. `floats` is
    /// memory to use.
    fn int8::int8_product_gelu(
        input: &Quantized,
        matrix: &Int8Matrix,
        floats: &mut Vec<f32>,
        out: &mut Quantized,
    );
    /// Attention of one window's queries, all heads, into `out`, whose rows are `window.width` apart.
    fn attention::attend(window: &Attention<'_>, scratch: &mut AttentionScratch, out: &mut [f32]);
    /// Adds to each of `rows` (as wide as `scale`) its row of `added` (`stride` apart), and normalizes the sums.
    fn encoder_ops::add_and_normalize(
        rows: &mut [f32],
        added: &[f32],
        stride: usize,
        scale: &[f32],
        shift: &[f32],
        epsilon: f32,
    );
}

impl Kernel {
    /// The fastest copy that this processor can run.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(available) = avx512::Available::check() {
                return Kernel::Avx512(available);
            }
            if let Some(available) = avx2::Available::check() {
                return Kernel::Avx2(available);
            }
        }
        Kernel::Portable
    }

    /// All copies that this processor can run.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Kernel::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(avx2::Available::check().map(Kernel::Avx2));
            all.extend(avx512::Available::check().map(Kernel::Avx512));
        }
        all
    }
}

#[cfg(test)]
mod tests;
