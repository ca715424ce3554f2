//! The scores of the state machine's moves.
//!
//! Most tokens are met with no entity open; then the scores depend on the token alone, and those of a whole block
//! are three matrix products. With an entity open only two moves are valid (go on, or end it), so two dot products
//! are enough. The machine itself is in `machine.rs`.

use super::{Block, Network, packed_columns, panel_columns, unpack};
use crate::blueprint::{self, Linear, Move};
use crate::kernel::{Kernel, LANES, Matrix, TILE_VECTORS};

/// Columns of a panel of a plain matrix: one tile of the kernel.
const PANEL: usize = TILE_VECTORS * LANES;

#[derive(Debug)]
pub(super) struct Weights {
    reduce: Matrix,
    reduce_bias: Vec<f32>,
    /// One matrix for each state feature; columns packed as a maxout layer's.
    lower: Vec<Matrix>,
    /// The packed bias of the first layer, and what each absent feature adds.
    lower_bias: Vec<f32>,
    absent: Vec<Vec<f32>>,
    /// The bias with all features but the first absent.
    closed_bias: Vec<f32>,
    pieces: usize,
    hidden: usize,
    /// From hidden units to the moves that are valid with no entity open; none if the units are the scores.
    closed: Option<(Matrix, Vec<f32>)>,
    /// The outputs of those moves, and the moves.
    closed_moves: Vec<(usize, Move)>,
    /// For each label the outputs of In and Last.
    open_moves: Vec<(usize, usize)>,
    upper: Option<Linear>,
}

impl Weights {
    pub(super) fn new(plan: &blueprint::Network, moves: &[Move], labels: usize) -> Self {
        let lower = &plan.lower;
        let (hidden, pieces, features) = (lower.hidden, lower.pieces, lower.features);
        let inputs = plan.reduce.bias.len();
        let columns = packed_columns(hidden, pieces);
        // `part` of an array shaped (features, hidden, pieces, part).
        let place = |feature: usize, column: usize| {
            unpack(column, pieces, hidden).map(|(unit, piece)| (feature * hidden + unit) * pieces + piece)
        };
        let matrix = |feature| {
            Matrix::pack(inputs, columns, panel_columns(pieces), |input, column| {
                place(feature, column).map_or(0.0, |at| lower.weights[at * inputs + input])
            })
        };
        let absent = |feature| -> Vec<f32> {
            (0..columns).map(|column| place(feature, column).map_or(0.0, |at| lower.padding[at])).collect()
        };
        let lower_bias: Vec<f32> =
            (0..columns).map(|column| place(0, column).map_or(0.0, |at| lower.bias[at])).collect();
        let absent: Vec<Vec<f32>> = (0..features).map(absent).collect();
        let mut closed_bias = lower_bias.clone();
        for feature in &absent[1..] {
            closed_bias.iter_mut().zip(feature).for_each(|(sum, value)| *sum += value);
        }
        let closed_moves: Vec<(usize, Move)> = moves
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, next)| matches!(next, Move::Begin(_) | Move::Unit(_) | Move::Out))
            .collect();
        let output = |wanted| moves.iter().position(|&next| next == wanted).unwrap_or(usize::MAX);
        let stride = hidden.next_multiple_of(LANES);
        let closed = plan.upper.as_ref().map(|upper| {
            let matrix = Matrix::pack(stride, closed_moves.len(), PANEL, |input, column| {
                if input < hidden { upper.weights[closed_moves[column].0 * hidden + input] } else { 0.0 }
            });
            (matrix, closed_moves.iter().map(|&(output, _)| upper.bias[output]).collect())
        });
        Weights {
            reduce: Matrix::pack(plan.width.next_multiple_of(LANES), inputs, PANEL, |input, column| {
                if input < plan.width { plan.reduce.weights[column * plan.width + input] } else { 0.0 }
            }),
            reduce_bias: plan.reduce.bias.clone(),
            lower: (0..features).map(matrix).collect(),
            lower_bias,
            absent,
            closed_bias,
            pieces,
            hidden,
            closed,
            closed_moves,
            open_moves: (0..labels as u16).map(|l| (output(Move::In(l)), output(Move::Last(l)))).collect(),
            upper: plan.upper.clone(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let lower: usize = self.lower.iter().map(Matrix::bytes).sum();
        lower + self.reduce.bytes() + self.closed.as_ref().map_or(0, |(matrix, _)| matrix.bytes())
    }
}

/// A thread's buffers for scoring, and the open entity's share of the first layer.
#[derive(Default, Debug)]
pub(crate) struct Scorer {
    offsets: Vec<u32>,
    reduced: Vec<f32>,
    first: Vec<f32>,
    hidden: Vec<f32>,
    closed: Vec<f32>,
    /// For each state feature but the first, what it adds while an entity is open.
    context: Vec<Vec<f32>>,
    known: usize,
    open_hidden: Vec<f32>,
    sums: Vec<f32>,
}

/// The scores of one block's tokens, in order.
#[derive(Debug)]
pub(crate) struct Scores<'a> {
    kernel: Kernel,
    weights: &'a Weights,
    scorer: &'a mut Scorer,
}

impl Network {
    /// Scores the tokens whose rows are listed, all of them in `block`.
    pub(crate) fn score<'a>(&'a self, block: &Block, rows: &[usize], scorer: &'a mut Scorer) -> Scores<'a> {
        let (kernel, weights) = (self.kernel, &self.scoring);
        let offsets = rows.iter().map(|&row| block.offset(row) as u32);
        scorer.offsets.clear();
        scorer.offsets.extend(offsets);
        let width = weights.reduce.width();
        multiply(kernel, block.vectors(), &scorer.offsets, &weights.reduce, &mut scorer.reduced);
        for row in scorer.reduced.chunks_exact_mut(width) {
            row.iter_mut().zip(&weights.reduce_bias).for_each(|(value, bias)| *value += bias);
        }
        scorer.offsets.clear();
        scorer.offsets.extend((0..rows.len()).map(|row| (row * width) as u32));
        multiply(kernel, &scorer.reduced, &scorer.offsets, &weights.lower[0], &mut scorer.first);
        let stride = weights.hidden.next_multiple_of(LANES);
        scorer.hidden.resize(rows.len() * stride, 0.0);
        kernel.maximum(&scorer.first, &weights.closed_bias, weights.pieces, stride, &mut scorer.hidden);
        match &weights.closed {
            Some((matrix, bias)) => {
                scorer.offsets.clear();
                scorer.offsets.extend((0..rows.len()).map(|row| (row * stride) as u32));
                multiply(kernel, &scorer.hidden, &scorer.offsets, matrix, &mut scorer.closed);
                for row in scorer.closed.chunks_exact_mut(matrix.width()) {
                    row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
                }
            }
            None => {
                scorer.closed.clear();
                for row in scorer.hidden.chunks_exact(stride) {
                    scorer.closed.extend(weights.closed_moves.iter().map(|&(output, _)| row[output]));
                }
            }
        }
        if scorer.context.is_empty() {
            scorer.context = weights.absent[1..].to_vec();
        }
        Scores { kernel, weights, scorer }
    }
}

impl Scores<'_> {
    /// The moves that are valid with no entity open.
    pub(crate) fn closed_moves(&self) -> &[(usize, Move)] {
        &self.weights.closed_moves
    }

    /// Their scores for the block's `token`, in the same order.
    pub(crate) fn closed(&self, token: usize) -> &[f32] {
        let moves = self.weights.closed_moves.len();
        let width = self.weights.closed.as_ref().map_or(moves, |(matrix, _)| matrix.width());
        &self.scorer.closed[token * width..][..moves]
    }

    /// Notes that an entity was opened at the block's `token`.
    pub(crate) fn open(&mut self, token: usize) {
        self.scorer.context.clone_from_slice(&self.weights.absent[1..]);
        self.scorer.known = 0;
        self.extend(token);
    }

    /// Notes that the block's `token` went into the open entity.
    pub(crate) fn extend(&mut self, token: usize) {
        let reduced = self.reduced(token).to_vec();
        match self.weights.lower.len() {
            // Current token, first token of the entity, token before the current one.
            3 => {
                if self.scorer.known == 0 {
                    self.set_context(1, &reduced);
                }
                self.set_context(2, &reduced);
                self.scorer.known = 1;
            }
            // Current token, the first five tokens of the entity.
            features if self.scorer.known + 1 < features => {
                self.scorer.known += 1;
                self.set_context(self.scorer.known, &reduced);
            }
            _ => {}
        }
    }

    /// The scores of In and of Last for the open entity's label at the block's `token`.
    pub(crate) fn open_scores(&mut self, token: usize, label: u16) -> (f32, f32) {
        let weights = self.weights;
        let width = weights.lower_bias.len();
        let scorer = &mut *self.scorer;
        scorer.sums.clear();
        scorer.sums.extend_from_slice(&scorer.first[token * width..][..width]);
        for feature in &scorer.context {
            scorer.sums.iter_mut().zip(feature).for_each(|(sum, value)| *sum += value);
        }
        let stride = weights.hidden.next_multiple_of(LANES);
        let mut hidden = std::mem::take(&mut scorer.open_hidden);
        hidden.resize(stride, 0.0);
        self.kernel.maximum(&scorer.sums, &weights.lower_bias, weights.pieces, stride, &mut hidden);
        let score = |output: usize| match &weights.upper {
            Some(upper) => {
                let row = &upper.weights[output * weights.hidden..][..weights.hidden];
                row.iter().zip(&hidden).map(|(weight, unit)| weight * unit).sum::<f32>() + upper.bias[output]
            }
            None => hidden[output],
        };
        let (go_on, end) = weights.open_moves[label as usize];
        let scores = (score(go_on), score(end));
        scorer.open_hidden = hidden;
        scores
    }

    fn reduced(&self, token: usize) -> &[f32] {
        &self.scorer.reduced[token * self.weights.reduce.width()..][..self.weights.reduce_bias.len()]
    }

    fn set_context(&mut self, feature: usize, reduced: &[f32]) {
        let matrix = &self.weights.lower[feature];
        let out = &mut self.scorer.context[feature - 1];
        for panel in 0..matrix.panels() {
            let out = &mut out[panel * matrix.panel()..];
            self.kernel.product(reduced, &[0], matrix, panel, out, matrix.width());
        }
    }
}

fn multiply(kernel: Kernel, input: &[f32], rows: &[u32], matrix: &Matrix, out: &mut Vec<f32>) {
    out.resize(rows.len() * matrix.width(), 0.0);
    for panel in 0..matrix.panels() {
        kernel.product(input, rows, matrix, panel, &mut out[panel * matrix.panel()..], matrix.width());
    }
}
