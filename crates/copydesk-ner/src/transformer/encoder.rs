//! The network: embeddings, self-attention and feed-forward layers over all windows of a batch, then a score per tag.
//!
//! BERT (J. Devlin et al., 2019) with a letter-case embedding at the input. The linear layers run on 8-bit weights over
//! the rows of all windows at once, in blocks that stay in the second-level cache; attention runs window by window. A
//! row's outcome depends on its window alone.

use super::plan::{self, Plan};
use super::windows::Batch;
use crate::kernel::{Attention, AttentionScratch, Int8Matrix, Kernel, Quantized};

/// Rows that go through a linear layer together: the wide layer's floats of these take 300 kB with BERT's small shapes.
const BLOCK_ROWS: usize = 50;

#[derive(Debug)]
pub(super) struct Encoder {
    kernel: Kernel,
    width: usize,
    heads: usize,
    epsilon: f32,
    words: plan::Table,
    positions: Vec<f32>,
    cases: Vec<f32>,
    normalization: plan::Normalization,
    layers: Vec<Layer>,
    head: Vec<f32>,
    head_bias: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    project: Int8Matrix,
    mix: Int8Matrix,
    mix_normalization: plan::Normalization,
    widen: Int8Matrix,
    narrow: Int8Matrix,
    narrow_normalization: plan::Normalization,
}

/// The buffers of a batch.
#[derive(Default, Debug)]
pub(super) struct Buffers {
    rows: Vec<f32>,
    projected: Vec<f32>,
    mixed: Vec<f32>,
    wide: Vec<f32>,
    product: Vec<f32>,
    quantized: Quantized,
    attention: AttentionScratch,
}

impl Encoder {
    pub(super) fn new(plan: Plan, kernel: Kernel) -> Self {
        let width = plan.normalization.scale.len();
        let pack = |linear: &plan::Linear| {
            let inputs = linear.weights.numbers.len() / linear.bias.len();
            Int8Matrix::pack(inputs, &linear.weights.numbers, &linear.weights.steps, &linear.bias)
        };
        let head = width / plan.heads;
        let layers = plan.layers.into_iter().map(|mut layer| {
            // Scores are divided by the root of a head's width: done once, to the queries' weights.
            let scale = 1.0 / (head as f32).sqrt();
            layer.project.weights.steps[..width].iter_mut().for_each(|step| *step *= scale);
            layer.project.bias[..width].iter_mut().for_each(|bias| *bias *= scale);
            Layer {
                project: pack(&layer.project),
                mix: pack(&layer.mix),
                mix_normalization: layer.mix_normalization,
                widen: pack(&layer.widen),
                narrow: pack(&layer.narrow),
                narrow_normalization: layer.narrow_normalization,
            }
        });
        Encoder {
            kernel,
            width,
            heads: plan.heads,
            epsilon: plan.epsilon,
            layers: layers.collect(),
            words: plan.words,
            positions: plan.positions,
            cases: plan.cases,
            normalization: plan.normalization,
            head: plan.head,
            head_bias: plan.head_bias,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let matrices = self.layers.iter().map(|layer| {
            layer.project.bytes() + layer.mix.bytes() + layer.widen.bytes() + layer.narrow.bytes()
        });
        let floats = self.words.steps.len() + self.positions.len() + self.cases.len() + self.head.len();
        matrices.sum::<usize>() + self.words.numbers.len() + 4 * floats
    }

    /// Appends the logits of each word of the batch to `logits`: `words x tags`.
    pub(super) fn run(&self, batch: &Batch, buffers: &mut Buffers, logits: &mut Vec<f32>) {
        self.embed(batch, buffers);
        for layer in &self.layers {
            self.attend(layer, batch, buffers);
            self.feed_forward(layer, buffers);
        }
        for &row in &batch.words {
            let row = &buffers.rows[row * self.width..(row + 1) * self.width];
            let outputs = self.head.chunks_exact(self.width).zip(&self.head_bias);
            logits.extend(outputs.map(|(weights, bias)| dot(row, weights) + bias));
        }
    }

    fn embed(&self, batch: &Batch, buffers: &mut Buffers) {
        let width = self.width;
        let rows = &mut buffers.rows;
        rows.clear();
        let mut begin = 0;
        for &end in &batch.ends {
            for (position, at) in (begin..end).enumerate() {
                let piece = batch.pieces[at] as usize;
                let (word, step) = (&self.words.numbers[piece * width..][..width], self.words.steps[piece]);
                let place = &self.positions[position * width..][..width];
                let case = &self.cases[usize::from(batch.cases[at]) * width..][..width];
                rows.extend((0..width).map(|i| f32::from(word[i]) * step + place[i] + case[i]));
            }
            begin = end;
        }
        buffers.product.clear();
        buffers.product.resize(rows.len(), 0.0);
        let plan::Normalization { scale, shift } = &self.normalization;
        self.kernel.add_and_normalize(rows, &buffers.product, width, scale, shift, self.epsilon);
    }

    fn attend(&self, layer: &Layer, batch: &Batch, buffers: &mut Buffers) {
        let (kernel, width, stride) = (self.kernel, self.width, layer.project.width());
        let Buffers { rows, projected, mixed, product, quantized, attention, .. } = buffers;
        let count = rows.len() / width;
        projected.resize(count * stride, 0.0);
        mixed.resize(count * width, 0.0);
        let blocks = rows.chunks(BLOCK_ROWS * width).zip(projected.chunks_mut(BLOCK_ROWS * stride));
        for (rows, projected) in blocks {
            kernel.quantize(rows, width, quantized);
            kernel.int8_product(quantized, &layer.project, projected);
        }
        let mut begin = 0;
        for &end in &batch.ends {
            let window = Attention {
                projected: &projected[begin * stride..end * stride],
                stride,
                width,
                head: width / self.heads,
            };
            kernel.attend(&window, attention, &mut mixed[begin * width..end * width]);
            begin = end;
        }
        let stride = layer.mix.width();
        product.resize(BLOCK_ROWS * stride, 0.0);
        for (rows, mixed) in rows.chunks_mut(BLOCK_ROWS * width).zip(mixed.chunks(BLOCK_ROWS * width)) {
            kernel.quantize(mixed, width, quantized);
            kernel.int8_product(quantized, &layer.mix, product);
            let plan::Normalization { scale, shift } = &layer.mix_normalization;
            kernel.add_and_normalize(rows, product, stride, scale, shift, self.epsilon);
        }
    }

    fn feed_forward(&self, layer: &Layer, buffers: &mut Buffers) {
        let (kernel, width) = (self.kernel, self.width);
        let (inner, stride) = (layer.widen.width(), layer.narrow.width());
        let Buffers { rows, wide, product, quantized, .. } = buffers;
        wide.resize(BLOCK_ROWS * inner, 0.0);
        product.resize(BLOCK_ROWS * stride, 0.0);
        for rows in rows.chunks_mut(BLOCK_ROWS * width) {
            let wide = &mut wide[..rows.len() / width * inner];
            kernel.quantize(rows, width, quantized);
            kernel.int8_product(quantized, &layer.widen, wide);
            kernel.gelu(wide);
            kernel.quantize(wide, inner, quantized);
            kernel.int8_product(quantized, &layer.narrow, product);
            let plan::Normalization { scale, shift } = &layer.narrow_normalization;
            kernel.add_and_normalize(rows, product, stride, scale, shift, self.epsilon);
        }
    }
}

/// In eight strands, so that it is the work of vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0f32; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
