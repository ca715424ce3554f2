//! What depends on a token alone: its embedding, and its share of the first convolution.
//!
//! Both are computed once for each kind of token and kept in a bounded cache of slots, one cache a thread. In news
//! nine tokens of ten find their kind there, which saves the embedding layer and a quarter of the convolutions.

use super::Network;
use crate::kernel::Matrix;
use crate::lexicon::Lexicon;

/// Slots kept before old ones are reused. With 96-wide vectors a slot is 3.8 kB, so 20 MB.
const MAX_SLOTS: usize = 5500;
/// Kinds computed together.
const BATCH: usize = 64;
const NONE: u32 = u32::MAX;

/// A cache of computed kinds. Slot 0 is the zero row that pads texts.
#[derive(Default, Debug)]
pub(crate) struct Slots {
    /// Slot by slot: the embedding, then for each window position the products with the first convolution.
    data: Vec<f32>,
    size: usize,
    of_kind: Vec<u32>,
    owner: Vec<u32>,
    /// The last use of each slot; slots used in the current round must stay.
    used: Vec<u32>,
    round: u32,
    hand: usize,
    pending: Vec<(u32, u32)>,
    inputs: Vec<f32>,
    sums: Vec<f32>,
    hidden: Vec<f32>,
    embedded: Vec<f32>,
    products: Vec<f32>,
    offsets: Vec<u32>,
}

impl Slots {
    /// Forgets all slots: needed when kinds are renumbered.
    pub(crate) fn clear(&mut self) {
        *self = Slots::default();
    }

    /// Starts a round: slots handed out from here on stay valid until the next round.
    pub(crate) fn begin_round(&mut self, network: &Network, kinds: usize) {
        self.size = network.slot_size();
        self.round += 1;
        self.of_kind.resize(kinds, NONE);
        if self.owner.is_empty() {
            self.owner.push(NONE);
            self.used.push(0);
            self.data.resize(self.size, 0.0);
        }
    }

    /// The slot of a kind; its contents are there after [`Slots::compute`].
    pub(crate) fn slot(&mut self, kind: u32) -> u32 {
        let slot = self.of_kind[kind as usize];
        if slot != NONE {
            self.used[slot as usize] = self.round;
            return slot;
        }
        let slot = self.free_slot();
        self.of_kind[kind as usize] = slot;
        self.owner[slot as usize] = kind;
        self.used[slot as usize] = self.round;
        self.pending.push((kind, slot));
        slot
    }

    fn free_slot(&mut self) -> u32 {
        if self.owner.len() <= MAX_SLOTS {
            self.owner.push(NONE);
            self.used.push(self.round);
            self.data.resize(self.data.len() + self.size, 0.0);
            return self.owner.len() as u32 - 1;
        }
        // The clock algorithm with age for a reference bit: what was used in the last rounds gets passed over, with
        // a bar that drops the longer the hand has been looking.
        let slots = self.owner.len();
        for step in 0.. {
            self.hand = if self.hand + 1 >= slots { 1 } else { self.hand + 1 };
            let bar = KEEP_ROUNDS.saturating_sub((step / 64) as u32 * (KEEP_ROUNDS / 16)).max(1);
            if self.round - self.used[self.hand] >= bar {
                break;
            }
        }
        let victim = self.hand;
        self.of_kind[self.owner[victim] as usize] = NONE;
        victim as u32
    }

    /// Where a slot's embedding begins in [`Slots::data`].
    pub(crate) fn embedding(&self, slot: u32) -> usize {
        slot as usize * self.size
    }

    pub(crate) fn data(&self) -> &[f32] {
        &self.data
    }

    /// Fills the slots handed out since the last call.
    pub(crate) fn compute(&mut self, network: &Network, lexicon: &Lexicon) {
        let pending = std::mem::take(&mut self.pending);
        for batch in pending.chunks(BATCH) {
            self.compute_batch(network, lexicon, batch);
        }
        self.pending = pending;
        self.pending.clear();
    }

    fn compute_batch(&mut self, network: &Network, lexicon: &Lexicon, batch: &[(u32, u32)]) {
        let (width, stride) = (network.width, network.stride);
        let inputs = network.embed_matrix.inputs();
        self.inputs.clear();
        self.inputs.resize(batch.len() * inputs, 0.0);
        for (&(kind, _), row) in batch.iter().zip(self.inputs.chunks_exact_mut(inputs)) {
            network.gather(lexicon, kind, row);
        }
        let layer = &network.embed;
        multiply_all(
            network,
            &self.inputs,
            batch.len(),
            &network.embed_matrix,
            &mut self.sums,
            &mut self.offsets,
        );
        self.hidden.resize(batch.len() * stride, 0.0);
        network.kernel.maximum(&self.sums, &layer.bias, layer.pieces, stride, &mut self.hidden);
        self.embedded.clear();
        self.embedded.resize(batch.len() * stride, 0.0);
        let zeros = &self.data[..stride];
        for (row, out) in self.hidden.chunks_exact(stride).zip(self.embedded.chunks_exact_mut(stride)) {
            network.kernel.normalize_and_add(row, width, &layer.scale, &layer.shift, zeros, out);
        }
        let first = &network.first_matrix;
        multiply_all(network, &self.embedded, batch.len(), first, &mut self.products, &mut self.offsets);
        for (i, &(_, slot)) in batch.iter().enumerate() {
            let to = &mut self.data[slot as usize * self.size..][..self.size];
            to[..stride].copy_from_slice(&self.embedded[i * stride..][..stride]);
            to[stride..].copy_from_slice(&self.products[i * first.width()..][..first.width()]);
        }
    }
}

/// Rounds (blocks of a few hundred tokens) for which an unused slot is kept at first.
const KEEP_ROUNDS: u32 = 64;

/// `rows` packed rows of `input` times a whole matrix.
fn multiply_all(
    network: &Network,
    input: &[f32],
    rows: usize,
    matrix: &Matrix,
    out: &mut Vec<f32>,
    offsets: &mut Vec<u32>,
) {
    offsets.clear();
    offsets.extend((0..rows).map(|row| (row * matrix.inputs()) as u32));
    out.resize(rows * matrix.width(), 0.0);
    for panel in 0..matrix.panels() {
        let out = &mut out[panel * matrix.panel()..];
        network.kernel.product(input, offsets, matrix, panel, out, matrix.width());
    }
}

impl Network {
    fn slot_size(&self) -> usize {
        self.stride + self.first_matrix.width()
    }

    /// The embedding layer's inputs for a kind: for each column the sum of four table rows, then the static vector.
    fn gather(&self, lexicon: &Lexicon, kind: u32, out: &mut [f32]) {
        let width = self.width;
        let rows = lexicon.rows(kind, self.columns.len());
        for ((column, rows), out) in
            self.columns.iter().zip(rows.as_chunks::<4>().0).zip(out.chunks_exact_mut(width))
        {
            for &row in rows {
                for (sum, value) in out.iter_mut().zip(&column.table[row as usize..][..width]) {
                    *sum += value;
                }
            }
        }
        if let (Some(vectors), Some(row)) = (&self.vectors, lexicon.vector(kind)) {
            out[self.columns.len() * width..].copy_from_slice(&vectors.table[row * width..][..width]);
        }
    }
}
