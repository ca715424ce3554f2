//! The network: embeddings, self-attention and feed-forward layers over all windows of a batch, then a score per tag.
//!
//! BERT (J. Devlin et al., 2019) with a letter-case embedding at the input. The linear layers run on 8-bit weights over
//! the rows of all windows at once, in blocks that stay in the caches; attention runs window by window. The last layer
//! only makes the rows that the head reads: each word's first piece. A row's outcome depends on its window alone.

use super::plan::{self, Plan};
use super::windows::Batch;
use crate::kernel::{Attention, AttentionScratch, Int8Matrix, Kernel, PANEL, Quantized, Rows, Strides};

/// Rows that go through a linear layer together: these and a panel of BERT's small shapes fit the first-level cache. A
/// multiple of the tiles' rows.
const BLOCK_ROWS: usize = 60;

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
    query: Int8Matrix,
    /// Keys, then values.
    memory: Int8Matrix,
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
    /// The rows that the last layer makes.
    asked: Vec<f32>,
    /// `panels x rows x 32`, as `memory`.
    queries: Vec<f32>,
    memory: Vec<f32>,
    mixed: Vec<f32>,
    wide: Vec<f32>,
    product: Vec<f32>,
    quantized: Quantized,
    quantized_wide: Quantized,
    attention: AttentionScratch,
}

/// A window's rows in memory, and those of its rows that ask, as far as they are in a buffer.
struct Window {
    memory: (usize, usize),
    queries: (usize, usize),
}

impl Encoder {
    pub(super) fn new(plan: Plan, kernel: Kernel) -> Self {
        let width = plan.normalization.scale.len();
        let pack = |linear: &plan::Linear| {
            let inputs = linear.weights.numbers.len() / linear.bias.len();
            Int8Matrix::pack(inputs, &linear.weights.numbers, &linear.weights.steps, &linear.bias)
        };
        let pack_some = |linear: &plan::Linear, outputs: std::ops::Range<usize>| {
            let numbers = &linear.weights.numbers[outputs.start * width..outputs.end * width];
            let steps = &linear.weights.steps[outputs.clone()];
            Int8Matrix::pack(width, numbers, steps, &linear.bias[outputs])
        };
        let head = width / plan.heads;
        let layers = plan.layers.into_iter().map(|mut layer| {
            // Scores are divided by the root of a head's width: done once, to the queries' weights.
            let scale = 1.0 / (head as f32).sqrt();
            layer.project.weights.steps[..width].iter_mut().for_each(|step| *step *= scale);
            layer.project.bias[..width].iter_mut().for_each(|bias| *bias *= scale);
            Layer {
                query: pack_some(&layer.project, 0..width),
                memory: pack_some(&layer.project, width..3 * width),
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
            let Layer { query, memory, mix, widen, narrow, .. } = layer;
            [query, memory, mix, widen, narrow].iter().map(|matrix| matrix.bytes()).sum::<usize>()
        });
        let floats = self.words.steps.len() + self.positions.len() + self.cases.len() + self.head.len();
        matrices.sum::<usize>() + self.words.numbers.len() + 4 * floats
    }

    /// Appends the logits of each word of the batch to `logits`: `words x tags`.
    pub(super) fn run(&self, batch: &Batch, buffers: &mut Buffers, logits: &mut Vec<f32>) {
        self.embed(batch, buffers);
        let mut rows = std::mem::take(&mut buffers.rows);
        let (last, others) = self.layers.split_last().expect("a plan has layers");
        let windows = windows(batch);
        let all: Vec<Window> =
            windows.iter().map(|window| Window { memory: window.memory, queries: window.memory }).collect();
        for layer in others {
            self.project(Some(&layer.memory), Some(&layer.query), &rows, buffers);
            self.attend(&all, buffers);
            self.mix_and_feed_forward(layer, &mut rows, buffers);
        }
        let mut asked = std::mem::take(&mut buffers.asked);
        asked.clear();
        for &row in &batch.words {
            asked.extend_from_slice(&rows[row * self.width..(row + 1) * self.width]);
        }
        self.project(Some(&last.memory), None, &rows, buffers);
        self.project(None, Some(&last.query), &asked, buffers);
        self.attend(&windows, buffers);
        self.mix_and_feed_forward(last, &mut asked, buffers);
        for row in asked.chunks_exact(self.width) {
            let outputs = self.head.chunks_exact(self.width).zip(&self.head_bias);
            logits.extend(outputs.map(|(weights, bias)| dot(row, weights) + bias));
        }
        (buffers.rows, buffers.asked) = (rows, asked);
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

    /// The keys and values, or the queries, or both, of these rows.
    fn project(
        &self,
        memory: Option<&Int8Matrix>,
        query: Option<&Int8Matrix>,
        rows: &[f32],
        buffers: &mut Buffers,
    ) {
        let count = rows.len() / self.width;
        let strides = Strides { row: PANEL, panel: count * PANEL };
        let Buffers { memory: memories, queries, quantized, .. } = buffers;
        let outs = [(memory, memories), (query, queries)];
        let mut outs = outs.map(|(matrix, out)| {
            if let Some(matrix) = matrix {
                out.resize(count * matrix.width(), 0.0);
            }
            (matrix, out)
        });
        for (block, rows) in rows.chunks(BLOCK_ROWS * self.width).enumerate() {
            self.kernel.quantize(rows, self.width, quantized);
            for (matrix, out) in &mut outs {
                if let Some(matrix) = matrix {
                    let out = &mut out[block * BLOCK_ROWS * PANEL..];
                    self.kernel.int8_product(quantized, matrix, out, strides);
                }
            }
        }
    }

    fn attend(&self, windows: &[Window], buffers: &mut Buffers) {
        let Buffers { queries, memory, mixed, attention, .. } = buffers;
        let width = self.width;
        let (asked, rows) = (queries.len() / width.next_multiple_of(PANEL), memory.len() / (2 * width));
        mixed.resize(asked * width, 0.0);
        for window in windows {
            let (begin, end) = window.queries;
            let attended = Attention {
                queries: Rows { numbers: queries, rows: asked, begin, end },
                memory: Rows { numbers: memory, rows, begin: window.memory.0, end: window.memory.1 },
                width,
                head: width / self.heads,
            };
            self.kernel.attend(&attended, attention, &mut mixed[begin * width..end * width]);
        }
    }

    /// What attention found goes into the rows, and these through the two wide layers.
    fn mix_and_feed_forward(&self, layer: &Layer, rows: &mut [f32], buffers: &mut Buffers) {
        let (kernel, width) = (self.kernel, self.width);
        let Buffers { mixed, wide, product, quantized, quantized_wide, .. } = buffers;
        let stride = layer.mix.width();
        let strides = Strides { row: stride, panel: PANEL };
        product.resize(BLOCK_ROWS * stride, 0.0);
        for (rows, mixed) in rows.chunks_mut(BLOCK_ROWS * width).zip(mixed.chunks(BLOCK_ROWS * width)) {
            kernel.quantize(mixed, width, quantized);
            kernel.int8_product(quantized, &layer.mix, product, strides);
            let plan::Normalization { scale, shift } = &layer.mix_normalization;
            kernel.add_and_normalize(rows, product, stride, scale, shift, self.epsilon);
            kernel.quantize(rows, width, quantized);
            kernel.int8_product_gelu(quantized, &layer.widen, wide, quantized_wide);
            kernel.int8_product(quantized_wide, &layer.narrow, product, strides);
            let plan::Normalization { scale, shift } = &layer.narrow_normalization;
            kernel.add_and_normalize(rows, product, stride, scale, shift, self.epsilon);
        }
    }
}

/// The windows of a batch, of whose rows each word's first ask.
fn windows(batch: &Batch) -> Vec<Window> {
    let (mut begin, mut word) = (0, 0);
    let window = |&end: &usize| {
        let words = batch.words[word..].partition_point(|&row| row < end);
        let window = Window { memory: (begin, end), queries: (word, word + words) };
        (begin, word) = (end, word + words);
        window
    };
    batch.ends.iter().map(window).collect()
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
