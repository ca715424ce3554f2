//! What depends on a token's neighbours: the stack of window convolutions, computed block by block.
//!
//! All texts of a call form one long sequence of rows, each text between rows of padding. A block is a stretch of
//! rows small enough for the processor's cache; it recomputes a few rows beyond its ends, so blocks are independent
//! and a text of any length needs no more memory than one block. A row is computed at a layer only if some token's
//! result depends on it.

use super::{Convolution, Layer, Network, Slots};

/// Rows of one block.
pub(crate) const BLOCK_ROWS: usize = 256;
/// Rows before a buffer's first needed one that a pair may read but never uses.
const MARGIN: usize = 2;
/// A row of padding, in place of a token's kind.
const PAD: u32 = u32::MAX;

/// The sequence of rows of all texts of a call.
#[derive(Default, Debug)]
pub(crate) struct Rows {
    /// The kind of the row's token, or [`PAD`].
    kinds: Vec<u32>,
    /// The distance to the nearest token of the row's text.
    distance: Vec<u8>,
}

impl Rows {
    pub(crate) fn clear(&mut self) {
        self.kinds.clear();
        self.distance.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether a row is a token.
    pub(crate) fn is_token(&self, row: usize) -> bool {
        self.kinds[row] != PAD
    }

    /// Appends a text with `padding` rows on each side. Texts begin at even rows: pairs of rows are computed
    /// together, and which rows make a pair must not depend on what else is in the batch.
    pub(crate) fn push_text(&mut self, kinds: impl ExactSizeIterator<Item = u32>, padding: usize) {
        let padding = padding.next_multiple_of(2);
        let distance = |steps: usize| u8::try_from(steps).unwrap_or(u8::MAX);
        let after = padding + kinds.len() % 2;
        self.distance.extend((1..=padding).rev().map(distance));
        self.distance.resize(self.distance.len() + kinds.len(), 0);
        self.distance.extend((1..=after).map(distance));
        self.kinds.resize(self.kinds.len() + padding, PAD);
        self.kinds.extend(kinds);
        self.kinds.resize(self.kinds.len() + after, PAD);
    }
}

/// The buffers of one block, and after [`Block::run`] the vectors of its rows.
#[derive(Default, Debug)]
pub(crate) struct Block {
    now: Vec<f32>,
    next: Vec<f32>,
    hidden: Vec<f32>,
    spread: Vec<f32>,
    products: Vec<f32>,
    offsets: Vec<u32>,
    spread_offsets: Vec<u32>,
    slots: Vec<u32>,
    /// The sequence's row at the buffers' start; may lie before the first row.
    origin: isize,
    stride: usize,
}

impl Block {
    /// Computes the vectors of the tokens among `begin..end` of `rows` (`begin` even).
    pub(crate) fn run(
        &mut self,
        network: &Network,
        lexicon: &crate::lexicon::Lexicon,
        slots: &mut Slots,
        rows: &Rows,
        begin: usize,
        end: usize,
    ) {
        let depth = network.convolutions.len() + 1;
        let reach = network.padding().next_multiple_of(2);
        let length = end - begin + 2 * (reach + MARGIN) + 1;
        self.stride = network.stride;
        self.origin = begin as isize - (reach + MARGIN) as isize;
        for buffer in [&mut self.now, &mut self.next, &mut self.hidden] {
            buffer.resize(length * network.stride, 0.0);
        }
        self.find_slots(network, lexicon, slots, rows, length);
        for layer in 0..depth {
            let radius = (depth - 1 - layer) * network.window;
            let from = begin.saturating_sub(radius.next_multiple_of(2));
            let to = (end + radius).next_multiple_of(2).min(rows.len());
            if layer == 0 {
                self.first_layer(network, slots, rows, from..to, radius);
            } else {
                let (layer, convolution) = &network.convolutions[layer - 1];
                self.layer(network, layer, convolution, rows, from..to, radius);
            }
        }
    }

    /// The offset of a row in [`Block::vectors`].
    pub(crate) fn offset(&self, row: usize) -> usize {
        (row as isize - self.origin) as usize * self.stride
    }

    pub(crate) fn vectors(&self) -> &[f32] {
        &self.now
    }

    /// The slots of all rows of the buffers; slot 0 for padding and beyond the sequence.
    fn find_slots(
        &mut self,
        network: &Network,
        lexicon: &crate::lexicon::Lexicon,
        slots: &mut Slots,
        rows: &Rows,
        length: usize,
    ) {
        slots.begin_round(network, lexicon.kinds());
        self.slots.clear();
        for i in 0..length {
            let row = usize::try_from(self.origin + i as isize).ok();
            let kind = row.and_then(|row| rows.kinds.get(row)).copied().filter(|&kind| kind != PAD);
            self.slots.push(kind.map_or(0, |kind| slots.slot(kind)));
        }
        slots.compute(network, lexicon);
    }

    /// Sums the remembered shares of the first convolution.
    fn first_layer(
        &mut self,
        network: &Network,
        slots: &Slots,
        rows: &Rows,
        range: std::ops::Range<usize>,
        radius: usize,
    ) {
        let (stride, window) = (network.stride, network.window);
        let layer = &network.first;
        let mut parts = vec![0; 2 * window + 1];
        for row in range.filter(|&row| rows.distance[row] as usize <= radius) {
            let at = (row as isize - self.origin) as usize;
            for (tap, part) in parts.iter_mut().enumerate() {
                // Beyond the buffer there is only padding.
                let slot =
                    (at + tap).checked_sub(window).and_then(|at| self.slots.get(at)).copied().unwrap_or(0);
                *part = slots.embedding(slot) + stride + tap * layer.bias.len();
            }
            let hidden = &mut self.hidden[at * stride..][..stride];
            network.kernel.sum_and_maximum(slots.data(), &parts, &layer.bias, layer.pieces, hidden);
            let residual = &slots.data()[slots.embedding(self.slots[at])..][..stride];
            let out = &mut self.now[at * stride..][..stride];
            network.kernel.normalize_and_add(
                hidden,
                network.width,
                &layer.scale,
                &layer.shift,
                residual,
                out,
            );
        }
    }

    fn layer(
        &mut self,
        network: &Network,
        layer: &Layer,
        convolution: &Convolution,
        rows: &Rows,
        range: std::ops::Range<usize>,
        radius: usize,
    ) {
        let needed = |row: usize| rows.distance.get(row).is_some_and(|&distance| distance as usize <= radius);
        self.offsets.clear();
        match convolution {
            Convolution::Pairs(matrices) => {
                let pairs = range.step_by(2).filter(|&row| needed(row) || needed(row + 1));
                self.offsets
                    .extend(pairs.map(|row| ((row as isize - self.origin) as usize * network.stride) as u32));
                self.pairs(network, layer, matrices);
                let singles = |offset: u32| [offset, offset + network.stride as u32];
                let singles: Vec<u32> = self.offsets.iter().flat_map(|&offset| singles(offset)).collect();
                self.finish(network, layer, &singles);
            }
            Convolution::Direct(matrix) => {
                let before = network.window * network.stride;
                let singles = range.filter(|&row| needed(row));
                let singles: Vec<u32> = singles
                    .map(|row| ((row as isize - self.origin) as usize * network.stride) as u32)
                    .collect();
                self.offsets.extend(singles.iter().map(|&offset| offset - before as u32));
                self.direct(network, layer, matrix, &singles);
                self.finish(network, layer, &singles);
            }
        }
        std::mem::swap(&mut self.now, &mut self.next);
    }

    fn pairs(&mut self, network: &Network, layer: &Layer, matrices: &[crate::kernel::Matrix; 4]) {
        let (kernel, stride, count) = (network.kernel, network.stride, self.offsets.len());
        let panel = matrices[0].panel();
        self.spread.resize(4 * count * stride, 0.0);
        self.products.resize(4 * count * panel, 0.0);
        kernel.spread_pairs(&self.now, &self.offsets, stride, &mut self.spread);
        self.spread_offsets.clear();
        self.spread_offsets.extend((0..count).map(|pair| (pair * stride) as u32));
        for p in 0..matrices[0].panels() {
            for (m, matrix) in matrices.iter().enumerate() {
                let input = &self.spread[m * count * stride..(m + 1) * count * stride];
                let out = &mut self.products[m * count * panel..(m + 1) * count * panel];
                kernel.product(input, &self.spread_offsets, matrix, p, out, panel);
            }
            let bias = &layer.bias[p * panel..(p + 1) * panel];
            let column = p * panel / layer.pieces;
            kernel.gather_pairs(
                &self.products,
                bias,
                layer.pieces,
                &self.offsets,
                stride,
                column,
                &mut self.hidden,
            );
        }
    }

    fn direct(&mut self, network: &Network, layer: &Layer, matrix: &crate::kernel::Matrix, rows: &[u32]) {
        let kernel = network.kernel;
        self.products.resize(rows.len() * matrix.width(), 0.0);
        for p in 0..matrix.panels() {
            let out = &mut self.products[p * matrix.panel()..];
            kernel.product(&self.now, &self.offsets, matrix, p, out, matrix.width());
        }
        for (&row, sums) in rows.iter().zip(self.products.chunks_exact(matrix.width())) {
            let out = &mut self.hidden[row as usize..][..network.stride];
            kernel.maximum(sums, &layer.bias, layer.pieces, network.stride, out);
        }
    }

    /// Layer normalization and the residual connection, from `hidden` and `now` into `next`.
    fn finish(&mut self, network: &Network, layer: &Layer, rows: &[u32]) {
        for &row in rows {
            let range = row as usize..row as usize + network.stride;
            let (hidden, residual) = (&self.hidden[range.clone()], &self.now[range.clone()]);
            let out = &mut self.next[range];
            network.kernel.normalize_and_add(
                hidden,
                network.width,
                &layer.scale,
                &layer.shift,
                residual,
                out,
            );
        }
    }
}
