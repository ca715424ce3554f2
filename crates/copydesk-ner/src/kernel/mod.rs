//! The arithmetic inner loops: matrix products over packed panels, maxout, layer normalization, attention.
//!
//! `ops.rs` (the CNN's), `int8.rs` and `encoder_ops.rs` (the transformer's) hold the loops once, in safe Rust; `avx2.rs` compiles them a second time for processors with AVX2 and
//! FMA, with a hand-written innermost tile. Which copy runs is decided once per model. A row's result never depends
//! on the other rows of a call, so batching cannot change an answer. Only `network` and `transformer` call in here.
//! The transformer's loops give the same bits in both copies; the CNN's differ by what fused multiply-add rounds.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "SIMD intrinsics; each use states why it is sound")]
mod avx2;
mod encoder_ops;
mod int8;
mod ops;

pub(crate) use encoder_ops::{Attention, AttentionScratch};
pub(crate) use int8::{Int8Matrix, Quantized};
pub(crate) use ops::{LANES, Matrix, TILE_VECTORS};

/// Which compiled copy of the loops to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Available),
}

macro_rules! dispatched {
    ($($(#[$doc:meta])* fn $room:ident::$name:ident($($arg:ident: $ty:ty),* $(,)?);)*) => {
        impl Kernel {
            $($(#[$doc])*
            #[allow(clippy::too_many_arguments, reason = "slices and their shapes")]
            pub(crate) fn $name(self, $($arg: $ty),*) {
                match self {
                    Kernel::Portable => $room::$name::<false>($($arg),*),
                    #[cfg(target_arch = "x86_64")]
                    Kernel::Avx2(available) => avx2::$name(available, $($arg),*),
                }
            })*
        }
    };
}

dispatched! {
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
    /// Cuts rows of `width` activations to 7 bits.
    fn int8::quantize(rows: &[f32], width: usize, out: &mut Quantized);
    /// Multiplies all rows of `input` with `matrix` and adds its bias; rows of `out` are `matrix.width()` apart.
    fn int8::int8_product(input: &Quantized, matrix: &Int8Matrix, out: &mut [f32]);
    /// Attention within one window, all heads, into `out`, whose rows are `window.width` apart.
    fn encoder_ops::attend(window: &Attention<'_>, scratch: &mut AttentionScratch, out: &mut [f32]);
    /// The exact GELU of each number.
    fn encoder_ops::gelu(rows: &mut [f32]);
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
        if let Some(available) = avx2::Available::check() {
            return Kernel::Avx2(available);
        }
        Kernel::Portable
    }
}

#[cfg(test)]
mod tests;
