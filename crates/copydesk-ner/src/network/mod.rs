//! The network of a spaCy NER component: hash embedding, window convolutions, the state machine's layers.
//!
//! This file turns the weights of a model file into the forms that are quick to compute with, and holds them,
//! immutable, for all threads. `embedding.rs` computes what depends on a token alone, `convolution.rs` what depends
//! on its neighbours, `scoring.rs` the scores of moves. Nothing here knows about text.

mod convolution;
mod embedding;
mod scoring;

pub(crate) use convolution::{BLOCK_ROWS, Block, Rows};
pub(crate) use embedding::Slots;
pub(crate) use scoring::{Scorer, Scores};

use crate::attributes::Attribute;
use crate::blueprint::{self, Maxout};
use crate::kernel::{Kernel, LANES, Matrix, TILE_VECTORS};

/// A hash-embedding table.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) attribute: Attribute,
    pub(crate) seed: u32,
    pub(crate) rows: u32,
    table: Vec<f32>,
}

#[derive(Debug)]
pub(crate) struct Network {
    kernel: Kernel,
    width: usize,
    /// `width` rounded up to whole lanes: the distance between token vectors in memory.
    stride: usize,
    window: usize,
    columns: Vec<Column>,
    vectors: Option<blueprint::Vectors>,
    embed: Layer,
    embed_matrix: Matrix,
    /// The first convolution, split by window position: one row of it per position for each kind of token is all
    /// that a text's first layer has to sum.
    first: Layer,
    first_matrix: Matrix,
    convolutions: Vec<(Layer, Convolution)>,
    scoring: scoring::Weights,
}

/// What follows a maxout layer's products.
#[derive(Debug)]
struct Layer {
    pieces: usize,
    /// In the order of the packed columns.
    bias: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

#[derive(Debug)]
enum Convolution {
    /// A window of one on each side, two neighbouring tokens at a time: four products of one vector's width instead
    /// of six. This is the minimal filtering algorithm F(2, 3): S. Winograd, Arithmetic Complexity of Computations,
    /// SIAM 1980; A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2015.
    Pairs([Matrix; 4]),
    /// Any other window: one product over the whole window.
    Direct(Matrix),
}

impl Network {
    /// `moves` are the state machine's, in the order of its output.
    pub(crate) fn new(
        plan: blueprint::Network,
        moves: &[blueprint::Move],
        labels: usize,
        kernel: Kernel,
    ) -> Self {
        let width = plan.width;
        let stride = width.next_multiple_of(LANES);
        let inputs = width * (plan.columns.len() + usize::from(plan.vectors.is_some()));
        let scoring = scoring::Weights::new(&plan, moves, labels);
        let taps = 2 * plan.window + 1;
        let first = &plan.convolutions[0];
        let packed = packed_columns(width, first.pieces);
        let first_matrix =
            Matrix::pack(stride, taps * packed, panel_columns(first.pieces), |input, column| {
                let (tap, column) = (column / packed, column % packed);
                if input < width {
                    weight(first, taps * width, width, tap * width + input, column)
                } else {
                    0.0
                }
            });
        let mut convolutions = Vec::new();
        for maxout in &plan.convolutions[1..] {
            let convolution = pack_convolution(maxout, width, plan.window);
            convolutions.push((Layer::new(maxout, width), convolution));
        }
        let columns = plan.columns.into_iter().map(|column| Column {
            attribute: column.attribute,
            seed: column.seed,
            rows: (column.table.len() / width) as u32,
            table: column.table,
        });
        Network {
            kernel,
            width,
            stride,
            window: plan.window,
            columns: columns.collect(),
            embed: Layer::new(&plan.embed, width),
            embed_matrix: Matrix::pack(
                inputs,
                packed_columns(width, plan.embed.pieces),
                panel_columns(plan.embed.pieces),
                |input, column| weight(&plan.embed, inputs, width, input, column),
            ),
            first: Layer::new(first, width),
            first_matrix,
            convolutions,
            vectors: plan.vectors,
            scoring,
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(crate) fn reads(&self, attribute: Attribute) -> bool {
        self.columns.iter().any(|column| column.attribute == attribute)
    }

    /// Rows of zeros that the convolutions see beyond each end of a text.
    pub(crate) fn padding(&self) -> usize {
        self.window * (self.convolutions.len() + 1)
    }

    /// The static vector of an ORTH id. Keys are hashes, so interpolation finds them in about three steps.
    pub(crate) fn vector_row(&self, orth_id: u64) -> Option<u32> {
        let vectors = self.vectors.as_ref()?;
        let at = interpolation_search(&vectors.keys, orth_id)?;
        Some(vectors.rows[at])
    }

    /// Bytes of all weights.
    pub(crate) fn bytes(&self) -> usize {
        let floats: usize = self.columns.iter().map(|column| column.table.len()).sum();
        let vectors = self
            .vectors
            .as_ref()
            .map_or(0, |vectors| vectors.table.len() * 4 + vectors.rows.len() * 4 + vectors.keys.len() * 8);
        let convolutions: usize = self.convolutions.iter().map(|(_, convolution)| convolution.bytes()).sum();
        floats * 4
            + vectors
            + convolutions
            + self.embed_matrix.bytes()
            + self.first_matrix.bytes()
            + self.scoring.bytes()
    }
}

impl Convolution {
    fn bytes(&self) -> usize {
        match self {
            Convolution::Pairs(matrices) => matrices.iter().map(Matrix::bytes).sum(),
            Convolution::Direct(matrix) => matrix.bytes(),
        }
    }
}

impl Layer {
    fn new(maxout: &Maxout, width: usize) -> Self {
        let bias = (0..packed_columns(width, maxout.pieces)).map(|column| {
            unpack(column, maxout.pieces, width)
                .map_or(0.0, |(unit, piece)| maxout.bias[unit * maxout.pieces + piece])
        });
        Layer {
            pieces: maxout.pieces,
            bias: bias.collect(),
            scale: maxout.scale.clone(),
            shift: maxout.shift.clone(),
        }
    }
}

/// Columns of a packed maxout layer: groups of eight units, in each group the first pieces of the eight, then the
/// second pieces, so that the maximum over pieces is one of whole lanes.
fn packed_columns(width: usize, pieces: usize) -> usize {
    (width.next_multiple_of(LANES) * pieces).next_multiple_of(panel_columns(pieces))
}

/// Columns of a panel: as many groups as it takes to make whole tiles.
fn panel_columns(pieces: usize) -> usize {
    if pieces.is_multiple_of(TILE_VECTORS) { pieces * LANES } else { TILE_VECTORS * pieces * LANES }
}

/// The unit and piece of a packed column; none in the padding.
fn unpack(column: usize, pieces: usize, width: usize) -> Option<(usize, usize)> {
    let (group, within) = (column / (pieces * LANES), column % (pieces * LANES));
    let unit = group * LANES + within % LANES;
    (unit < width).then_some((unit, within / LANES))
}

/// A maxout layer's weight for one of its `inputs` and a packed column.
fn weight(maxout: &Maxout, inputs: usize, width: usize, input: usize, column: usize) -> f32 {
    let (pieces, weights) = (maxout.pieces, &maxout.weights);
    unpack(column, pieces, width)
        .map_or(0.0, |(unit, piece)| weights[(unit * pieces + piece) * inputs + input])
}

fn pack_convolution(maxout: &Maxout, width: usize, window: usize) -> Convolution {
    let (stride, panel) = (width.next_multiple_of(LANES), panel_columns(maxout.pieces));
    let (taps, columns) = (2 * window + 1, packed_columns(width, maxout.pieces));
    let tap = |tap, input, column| {
        if input < width { weight(maxout, taps * width, width, tap * width + input, column) } else { 0.0 }
    };
    if window != 1 {
        return Convolution::Direct(Matrix::pack(taps * stride, columns, panel, |input, column| {
            tap(input / stride, input % stride, column)
        }));
    }
    let pack = |value: &dyn Fn(f32, f32, f32) -> f32| {
        Matrix::pack(stride, columns, panel, |i, c| value(tap(0, i, c), tap(1, i, c), tap(2, i, c)))
    };
    Convolution::Pairs([
        pack(&|left, _, _| left),
        pack(&|left, here, right| (left + here + right) / 2.0),
        pack(&|left, here, right| (left - here + right) / 2.0),
        pack(&|_, _, right| right),
    ])
}

/// The place of `key` in ascending `keys` that are spread evenly over all `u64`.
fn interpolation_search(keys: &[u64], key: u64) -> Option<usize> {
    let (mut low, mut high) = (0, keys.len());
    // A few interpolated steps narrow the range; the rest is a binary search, so bad spread costs little.
    for _ in 0..4 {
        if high - low <= 32 {
            break;
        }
        let (first, last) = (keys[low], keys[high - 1]);
        if key < first || key > last {
            return None;
        }
        let spread = u128::from(last - first).max(1);
        let guess = low + (u128::from(key - first) * (high - low - 1) as u128 / spread) as usize;
        match keys[guess].cmp(&key) {
            std::cmp::Ordering::Equal => return Some(guess),
            std::cmp::Ordering::Less => low = guess + 1,
            std::cmp::Ordering::Greater => high = guess,
        }
    }
    keys[low..high].binary_search(&key).ok().map(|at| low + at)
}
