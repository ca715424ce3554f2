//! Products of 8-bit numbers: activations in blocks with a step each, weights with a step per output.
//!
//! Activations are cut to 7 bits without sign, weights to 8 bits with sign, so that the sum of two products stays
//! within 16 bits (2 x 127 x 127 < 32,768) and AVX2's `vpmaddubsw` cannot saturate. Sums within a block are whole
//! numbers below 2^24, and so exact in any order and exact as floats: every processor gives the same result.
//! Blocks, each with its own range, keep an outlier from costing the other inputs of its row their precision
//! (T. Dettmers et al., LLM.int8(), 2022, has the problem; the blocks are as in 8-bit optimizers, 2021).

use super::{AVX512, PORTABLE, encoder_ops};

/// Floats that the loops here handle together.
pub(super) const WIDE: usize = 16;
/// Largest activation: 7 bits.
pub(super) const MOST: f32 = 127.0;
/// Inputs that share a range. Smaller blocks are more exact and slower; 96 leaves 0.055 of relative error in the last
/// layer of a MiniLM where whole rows leave 0.085 and the weights alone 0.037.
pub(crate) const BLOCK: usize = 96;
/// Inputs that one instruction multiplies and sums.
pub(super) const GROUP: usize = 4;
/// Columns of a panel: two vectors of sums with AVX-512, twice two with AVX2.
pub(crate) const PANEL: usize = 32;

/// Rows of a tile. With AVX2 ten vectors of sums, which with two of weights, one of activations, one of products and one of
/// ones fit the sixteen registers; with AVX-512 twelve of a block's sums, twelve of totals, two of weights and one of
/// activations of thirty-two. With one row more a sum spills to memory, at twice the time.
const fn tile_rows(set: u8) -> usize {
    if set == AVX512 { 6 } else { 5 }
}

/// Rows of activations as 7-bit numbers: `(number - zero) * step` is the activation.
#[derive(Clone, Default, Debug, PartialEq)]
pub(crate) struct Quantized {
    width: usize,
    numbers: Vec<u8>,
    /// Step and zero of each block of each row.
    blocks: Vec<(f32, f32)>,
}

impl Quantized {
    /// Makes room for `rows` rows of `width` activations, a multiple of four.
    pub(crate) fn reset(&mut self, rows: usize, width: usize) {
        self.width = width;
        self.numbers.resize(rows * width, 0);
        self.blocks.resize(rows * width.div_ceil(BLOCK), (0.0, 0.0));
    }

    fn blocks_a_row(&self) -> usize {
        self.width.div_ceil(BLOCK)
    }

    fn rows(&self) -> usize {
        self.numbers.len() / self.width.max(1)
    }
}

/// An 8-bit weight matrix packed into panels of 32 columns: `panels x inputs / 4 x 32 x 4`.
#[derive(Debug)]
pub(crate) struct Int8Matrix {
    inputs: usize,
    columns: usize,
    packed: Vec<i8>,
    /// `panels x blocks x 32`: the sum of a block's weights.
    sums: Vec<f32>,
    /// `panels x 32`: what a weight of one stands for.
    steps: Vec<f32>,
    /// `panels x 32`.
    bias: Vec<f32>,
}

impl Int8Matrix {
    /// From `columns x inputs` weights (`inputs` a multiple of four), the columns' steps and biases.
    pub(crate) fn pack(inputs: usize, weights: &[i8], steps: &[f32], bias: &[f32]) -> Self {
        let columns = steps.len();
        let panels = columns.div_ceil(PANEL);
        let mut packed = Vec::with_capacity(panels * inputs * PANEL);
        let mut sums = Vec::with_capacity(panels * inputs.div_ceil(BLOCK) * PANEL);
        let column_of = |column: usize| weights.get(column * inputs..(column + 1) * inputs);
        for panel in 0..panels {
            for group in (0..inputs).step_by(GROUP) {
                for column in panel * PANEL..(panel + 1) * PANEL {
                    match column_of(column) {
                        Some(weights) => packed.extend_from_slice(&weights[group..group + GROUP]),
                        None => packed.extend([0; GROUP]),
                    }
                }
            }
            for block in (0..inputs).step_by(BLOCK) {
                let end = (block + BLOCK).min(inputs);
                for column in panel * PANEL..(panel + 1) * PANEL {
                    let weights = column_of(column).map_or(&[][..], |weights| &weights[block..end]);
                    sums.push(weights.iter().map(|&weight| i32::from(weight)).sum::<i32>() as f32);
                }
            }
        }
        let padded = |values: &[f32]| {
            let mut values = values.to_vec();
            values.resize(panels * PANEL, 0.0);
            values
        };
        Int8Matrix { inputs, columns, packed, sums, steps: padded(steps), bias: padded(bias) }
    }

    /// Floats in a row of the product: the columns, rounded up to whole panels.
    pub(crate) fn width(&self) -> usize {
        self.columns.next_multiple_of(PANEL)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.packed.len() + 4 * (self.sums.len() + self.steps.len() + self.bias.len())
    }
}

/// Where a product goes: column `c` of row `r` to `rows x r + panels x (c / 32) + c % 32`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strides {
    pub(crate) row: usize,
    pub(crate) panel: usize,
}

/// What a tile multiplies: some rows with one panel, block by block.
pub(super) struct Tile<'a> {
    pub(super) inputs: usize,
    /// The rows one after another.
    pub(super) numbers: &'a [u8],
    pub(super) blocks: &'a [(f32, f32)],
    pub(super) panel: &'a [i8],
    pub(super) sums: &'a [f32],
    pub(super) steps: &'a [f32],
    pub(super) bias: &'a [f32],
}

#[inline(always)]
pub(super) fn quantize<const SET: u8>(rows: &[f32], width: usize, out: &mut Quantized) {
    out.reset(rows.len() / width, width);
    let blocks_a_row = out.blocks_a_row();
    for (r, row) in rows.chunks_exact(width).enumerate() {
        let numbers = &mut out.numbers[r * width..(r + 1) * width];
        for (b, (block, numbers)) in row.chunks(BLOCK).zip(numbers.chunks_mut(BLOCK)).enumerate() {
            out.blocks[r * blocks_a_row + b] = quantize_any_block::<SET>(block, numbers);
        }
    }
}

/// With the usual block's length told to the compiler.
#[inline(always)]
fn quantize_any_block<const SET: u8>(block: &[f32], numbers: &mut [u8]) -> (f32, f32) {
    match (block.as_array::<BLOCK>(), numbers.as_mut_array::<BLOCK>()) {
        #[cfg(target_arch = "x86_64")]
        (Some(block), Some(numbers)) if SET == AVX512 => super::avx512::quantize_block(block, numbers),
        (Some(block), Some(numbers)) => quantize_block(block, numbers),
        _ => quantize_block(block, numbers),
    }
}

/// The GELU of a block's floats, and that cut to 7 bits, as many as there are `numbers`.
#[inline(always)]
fn gelu_and_quantize<const SET: u8>(block: &mut [f32], numbers: &mut [u8]) -> (f32, f32) {
    match (block.as_array::<BLOCK>(), numbers.as_mut_array::<BLOCK>()) {
        #[cfg(target_arch = "x86_64")]
        (Some(block), Some(numbers)) if SET == AVX512 => super::avx512::gelu_and_quantize(block, numbers),
        _ => {
            encoder_ops::gelu(block);
            quantize_any_block::<SET>(&block[..numbers.len()], numbers)
        }
    }
}

/// The step between 7-bit numbers of this range, its inverse, and the number that stands for zero.
#[inline(always)]
pub(super) fn step_and_zero(least: f32, most: f32) -> (f32, f32, f32) {
    // A block of zeros has any step.
    let step = ((most - least) / MOST).max(f32::MIN_POSITIVE);
    let inverse = 1.0 / step;
    (step, inverse, (-least * inverse).round())
}

#[inline(always)]
fn quantize_block(block: &[f32], numbers: &mut [u8]) -> (f32, f32) {
    let (mut low, mut high) = ([0.0f32; WIDE], [0.0f32; WIDE]);
    let (whole, rest) = block.as_chunks::<WIDE>();
    for chunk in whole {
        for lane in 0..WIDE {
            low[lane] = if chunk[lane] < low[lane] { chunk[lane] } else { low[lane] };
            high[lane] = if chunk[lane] > high[lane] { chunk[lane] } else { high[lane] };
        }
    }
    let mut least = encoder_ops::fold(low, |a, b| if b < a { b } else { a });
    let mut most = encoder_ops::fold(high, |a, b| if b > a { b } else { a });
    for &value in rest {
        least = if value < least { value } else { least };
        most = if value > most { value } else { most };
    }
    let (step, inverse, zero) = step_and_zero(least, most);
    let number = |value: f32| {
        let shifted = value * inverse + zero;
        let clamped = if shifted < MOST { shifted } else { MOST };
        // Adding 1.5 * 2^23 rounds to a whole number, which the sum then holds in its low bits.
        (clamped + 12_582_912.0).to_bits() as u8
    };
    let (numbers, numbers_rest) = numbers.as_chunks_mut::<WIDE>();
    for (chunk, numbers) in whole.iter().zip(numbers) {
        for lane in 0..WIDE {
            numbers[lane] = number(chunk[lane]);
        }
    }
    for (&value, to) in rest.iter().zip(numbers_rest) {
        *to = number(value);
    }
    (step, zero)
}

#[inline(always)]
pub(super) fn int8_product<const SET: u8>(
    input: &Quantized,
    matrix: &Int8Matrix,
    out: &mut [f32],
    strides: Strides,
) {
    for panel in 0..matrix.width() / PANEL {
        multiply_panel::<SET>(input, matrix, panel, &mut out[panel * strides.panel..], strides.row);
    }
}

/// The product with `matrix`, the GELU of it, cut to 7 bits: block by block, so that the floats stay in the first-level
/// cache. `floats` is memory to use.
#[inline(always)]
pub(super) fn int8_product_gelu<const SET: u8>(
    input: &Quantized,
    matrix: &Int8Matrix,
    floats: &mut Vec<f32>,
    out: &mut Quantized,
) {
    const { assert!(BLOCK.is_multiple_of(PANEL), "a block is whole panels") };
    let (rows, width) = (input.rows(), matrix.columns);
    out.reset(rows, width);
    floats.resize(rows * BLOCK, 0.0);
    let blocks_a_row = out.blocks_a_row();
    for (b, begin) in (0..width).step_by(BLOCK).enumerate() {
        let kept = BLOCK.min(width - begin);
        for (p, column) in (0..kept).step_by(PANEL).enumerate() {
            multiply_panel::<SET>(input, matrix, begin / PANEL + p, &mut floats[column..], BLOCK);
        }
        for (r, block) in floats.chunks_exact_mut(BLOCK).enumerate() {
            let numbers = &mut out.numbers[r * width + begin..][..kept];
            out.blocks[r * blocks_a_row + b] = gelu_and_quantize::<SET>(block, numbers);
        }
    }
}

/// Multiplies all rows with one panel; rows of `out` are `stride` apart.
#[inline(always)]
fn multiply_panel<const SET: u8>(
    input: &Quantized,
    matrix: &Int8Matrix,
    panel: usize,
    out: &mut [f32],
    stride: usize,
) {
    let inputs = matrix.inputs;
    assert_eq!(input.width, inputs, "activations of another width");
    let blocks = input.blocks_a_row();
    let all = input.rows();
    for begin in (0..all).step_by(tile_rows(SET)) {
        let rows = tile_rows(SET).min(all - begin);
        let tile = Tile {
            inputs,
            numbers: &input.numbers[begin * inputs..(begin + rows) * inputs],
            blocks: &input.blocks[begin * blocks..(begin + rows) * blocks],
            panel: &matrix.packed[panel * inputs * PANEL..(panel + 1) * inputs * PANEL],
            sums: &matrix.sums[panel * blocks * PANEL..(panel + 1) * blocks * PANEL],
            steps: &matrix.steps[panel * PANEL..(panel + 1) * PANEL],
            bias: &matrix.bias[panel * PANEL..(panel + 1) * PANEL],
        };
        let out = &mut out[begin * stride..];
        match rows {
            6 => tile.multiply::<SET, 6>(out, stride),
            5 => tile.multiply::<SET, 5>(out, stride),
            4 => tile.multiply::<SET, 4>(out, stride),
            3 => tile.multiply::<SET, 3>(out, stride),
            2 => tile.multiply::<SET, 2>(out, stride),
            _ => tile.multiply::<SET, 1>(out, stride),
        }
    }
}

impl Tile<'_> {
    /// `out[r][c] = bias[c] + steps[c] * sum over blocks of step * (numbers * weights - zero * sum of weights)`.
    #[inline(always)]
    fn multiply<const SET: u8, const R: usize>(&self, out: &mut [f32], stride: usize) {
        match SET {
            PORTABLE => self.multiply_plainly::<R>(out, stride),
            #[cfg(target_arch = "x86_64")]
            super::AVX2 => super::avx2::multiply_int8::<R>(self, out, stride),
            #[cfg(target_arch = "x86_64")]
            AVX512 => super::avx512::multiply_int8::<R>(self, out, stride),
            _ => unreachable!("no such copy of the loops"),
        }
    }

    #[inline(always)]
    fn multiply_plainly<const R: usize>(&self, out: &mut [f32], stride: usize) {
        let mut totals = [[0.0f32; PANEL]; R];
        let blocks = self.inputs.div_ceil(BLOCK);
        for block in 0..blocks {
            let (begin, end) = (block * BLOCK, (block * BLOCK + BLOCK).min(self.inputs));
            let sums = &self.sums[block * PANEL..(block + 1) * PANEL];
            for (r, totals) in totals.iter_mut().enumerate() {
                let mut products = [0i32; PANEL];
                let numbers = &self.numbers[r * self.inputs + begin..r * self.inputs + end];
                let weights = self.panel[begin * PANEL..end * PANEL].chunks_exact(PANEL * GROUP);
                for (numbers, weights) in numbers.chunks_exact(GROUP).zip(weights) {
                    for (product, weights) in products.iter_mut().zip(weights.chunks_exact(GROUP)) {
                        for (&number, &weight) in numbers.iter().zip(weights) {
                            *product += i32::from(number) * i32::from(weight);
                        }
                    }
                }
                let (step, zero) = self.blocks[r * blocks + block];
                for c in 0..PANEL {
                    totals[c] += (products[c] as f32 - zero * sums[c]) * step;
                }
            }
        }
        for (r, totals) in totals.iter().enumerate() {
            for c in 0..PANEL {
                out[r * stride + c] = totals[c] * self.steps[c] + self.bias[c];
            }
        }
    }
}
