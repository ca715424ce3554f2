//! The loops themselves, in safe Rust, generic over whether fused multiply-add is available.
//!
//! All are `inline(always)`: `avx2.rs` inlines them into functions that enable the instruction sets, and only there
//! `FMA` may be true. Widths are multiples of eight floats; matrices pad to that with zeros.

/// Floats handled together; panel widths and strides are multiples of it.
pub(crate) const LANES: usize = 8;

type Lane = [f32; LANES];

/// Rows and vectors of columns that one tile computes together: twelve sums, which with two weights and two inputs
/// in flight fill the sixteen registers of AVX2. One more of either and sums spill to memory, at twice the time.
const TILE_ROWS: usize = 6;
pub(crate) const TILE_VECTORS: usize = 2;

/// A weight matrix packed into panels of columns, each panel stored input by input: `panels x inputs x panel`.
#[derive(Debug)]
pub(crate) struct Matrix {
    packed: Vec<f32>,
    inputs: usize,
    panel: usize,
    panels: usize,
}

impl Matrix {
    /// Columns of `panel` floats (a multiple of eight); `value(input, column)` gives the weights, columns from
    /// `columns` on are zero.
    pub(crate) fn pack(
        inputs: usize,
        columns: usize,
        panel: usize,
        value: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let panels = columns.div_ceil(panel);
        let mut packed = Vec::with_capacity(panels * inputs * panel);
        for p in 0..panels {
            for input in 0..inputs {
                for column in p * panel..(p + 1) * panel {
                    packed.push(if column < columns { value(input, column) } else { 0.0 });
                }
            }
        }
        Matrix { packed, inputs, panel, panels }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Floats in one panel's row.
    pub(crate) fn panel(&self) -> usize {
        self.panel
    }

    pub(crate) fn panels(&self) -> usize {
        self.panels
    }

    /// Floats in a row of the product.
    pub(crate) fn width(&self) -> usize {
        self.panels * self.panel
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.packed.as_slice())
    }
}

#[inline(always)]
fn lanes(row: &[f32]) -> &[Lane] {
    row.as_chunks().0
}

#[inline(always)]
pub(super) fn product<const FMA: bool>(
    input: &[f32],
    rows: &[u32],
    matrix: &Matrix,
    panel: usize,
    out: &mut [f32],
    stride: usize,
) {
    let (k, width) = (matrix.inputs, matrix.panel);
    let weights = &matrix.packed[panel * k * width..(panel + 1) * k * width];
    for column in (0..width).step_by(TILE_VECTORS * LANES) {
        let tile = Tile { input, weights, inputs: k, width, column, stride };
        for (rows, out) in rows.chunks(TILE_ROWS).zip(out.chunks_mut(TILE_ROWS * stride)) {
            let out = &mut out[column..];
            if width - column == LANES {
                tile.rows::<FMA, 1>(rows, out);
            } else {
                tile.rows::<FMA, TILE_VECTORS>(rows, out);
            }
        }
    }
}

/// A column stretch of a panel, to be multiplied with a few rows at a time.
struct Tile<'a> {
    input: &'a [f32],
    weights: &'a [f32],
    inputs: usize,
    width: usize,
    column: usize,
    stride: usize,
}

impl Tile<'_> {
    #[inline(always)]
    fn rows<const FMA: bool, const V: usize>(&self, rows: &[u32], out: &mut [f32]) {
        match rows.len() {
            TILE_ROWS => self.multiply::<FMA, TILE_ROWS, V>(rows, out),
            5 => self.multiply::<FMA, 5, V>(rows, out),
            4 => self.multiply::<FMA, 4, V>(rows, out),
            3 => self.multiply::<FMA, 3, V>(rows, out),
            2 => self.multiply::<FMA, 2, V>(rows, out),
            _ => self.multiply::<FMA, 1, V>(rows, out),
        }
    }

    /// `out[r][v] = rows[r] * weights[.., column + 8v ..]`, adding in the order of the inputs.
    #[inline(always)]
    fn multiply<const FMA: bool, const R: usize, const V: usize>(&self, rows: &[u32], out: &mut [f32]) {
        let rows: [&[f32]; R] = std::array::from_fn(|r| &self.input[rows[r] as usize..][..self.inputs]);
        #[cfg(target_arch = "x86_64")]
        if FMA {
            return super::avx2::multiply::<R, V>(
                rows,
                self.weights,
                self.width,
                self.column,
                out,
                self.stride,
            );
        }
        let mut sums = [[[0.0; LANES]; V]; R];
        for (k, line) in self.weights.chunks_exact(self.width).enumerate() {
            let line = &lanes(&line[self.column..])[..V];
            for (row, sums) in rows.iter().zip(&mut sums) {
                for (sum, weight) in sums.iter_mut().zip(line) {
                    for lane in 0..LANES {
                        sum[lane] += row[k] * weight[lane];
                    }
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            out[r * self.stride..][..V * LANES].copy_from_slice(sums.as_flattened());
        }
    }
}

#[inline(always)]
pub(super) fn spread_pairs<const FMA: bool>(input: &[f32], pairs: &[u32], width: usize, out: &mut [f32]) {
    let size = pairs.len() * width;
    let (first, rest) = out.split_at_mut(size);
    let (second, rest) = rest.split_at_mut(size);
    let (third, rest) = rest.split_at_mut(size);
    let fourth = &mut rest[..size];
    for (p, &pair) in pairs.iter().enumerate() {
        let at = pair as usize - width;
        let [d0, d1, d2, d3] = [0, 1, 2, 3].map(|i| &input[at + i * width..][..width]);
        let to = p * width..(p + 1) * width;
        let (t1, t2) = (&mut first[to.clone()], &mut second[to.clone()]);
        let (t3, t4) = (&mut third[to.clone()], &mut fourth[to]);
        for i in 0..width {
            t1[i] = d0[i] - d2[i];
            t2[i] = d1[i] + d2[i];
            t3[i] = d2[i] - d1[i];
            t4[i] = d1[i] - d3[i];
        }
    }
}

#[inline(always)]
pub(super) fn gather_pairs<const FMA: bool>(
    products: &[f32],
    bias: &[f32],
    pieces: usize,
    pairs: &[u32],
    width: usize,
    column: usize,
    out: &mut [f32],
) {
    let panel = bias.len();
    let size = pairs.len() * panel;
    let bias = lanes(bias);
    // A panel's last group may lie beyond the width.
    let groups = (panel / (pieces * LANES)).min((width - column) / LANES);
    for (p, &pair) in pairs.iter().enumerate() {
        let [m1, m2, m3, m4] = [0, 1, 2, 3].map(|m| lanes(&products[m * size + p * panel..][..panel]));
        for group in 0..groups {
            let (mut even, mut odd) = ([f32::NEG_INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
            for piece in group * pieces..(group + 1) * pieces {
                for lane in 0..LANES {
                    let (a, b) = (m2[piece][lane], m3[piece][lane]);
                    let first = m1[piece][lane] + (a + b) + bias[piece][lane];
                    let second = (a - b) - m4[piece][lane] + bias[piece][lane];
                    even[lane] = if first > even[lane] { first } else { even[lane] };
                    odd[lane] = if second > odd[lane] { second } else { odd[lane] };
                }
            }
            let at = pair as usize + column + group * LANES;
            out[at..at + LANES].copy_from_slice(&even);
            out[at + width..at + width + LANES].copy_from_slice(&odd);
        }
    }
}

#[inline(always)]
fn maximum_of_row(sums: &[Lane], bias: &[Lane], pieces: usize, out: &mut [f32]) {
    for (group, to) in
        sums.chunks_exact(pieces).zip(out.as_chunks_mut::<LANES>().0).enumerate().map(|(g, (sums, to))| {
            let bias = &bias[g * pieces..(g + 1) * pieces];
            ((sums, bias), to)
        })
    {
        let mut best = [f32::NEG_INFINITY; LANES];
        for (sum, bias) in group.0.iter().zip(group.1) {
            for lane in 0..LANES {
                let value = sum[lane] + bias[lane];
                best[lane] = if value > best[lane] { value } else { best[lane] };
            }
        }
        *to = best;
    }
}

#[inline(always)]
pub(super) fn maximum<const FMA: bool>(
    sums: &[f32],
    bias: &[f32],
    pieces: usize,
    width: usize,
    out: &mut [f32],
) {
    for (sums, out) in sums.chunks_exact(bias.len()).zip(out.chunks_exact_mut(width)) {
        maximum_of_row(lanes(sums), lanes(bias), pieces, out);
    }
}

#[inline(always)]
pub(super) fn sum_and_maximum<const FMA: bool>(
    table: &[f32],
    parts: &[usize],
    bias: &[f32],
    pieces: usize,
    out: &mut [f32],
) {
    let panel = pieces * LANES;
    for (g, (bias, to)) in bias.chunks_exact(panel).zip(out.as_chunks_mut::<LANES>().0).enumerate() {
        let bias = lanes(bias);
        let mut best = [f32::NEG_INFINITY; LANES];
        for (piece, bias) in bias.iter().enumerate() {
            let mut sum = [0.0; LANES];
            for &part in parts {
                let values = &table[part + g * panel + piece * LANES..][..LANES];
                for lane in 0..LANES {
                    sum[lane] += values[lane];
                }
            }
            for lane in 0..LANES {
                let value = sum[lane] + bias[lane];
                best[lane] = if value > best[lane] { value } else { best[lane] };
            }
        }
        *to = best;
    }
}

#[inline(always)]
pub(super) fn normalize_and_add<const FMA: bool>(
    row: &[f32],
    width: usize,
    scale: &[f32],
    shift: &[f32],
    residual: &[f32],
    out: &mut [f32],
) {
    let row = &row[..width];
    let mean = total(row, |x| x) / width as f32;
    let variance = total(row, |x| (x - mean) * (x - mean)) / width as f32 + 1e-8;
    let inverse = 1.0 / variance.sqrt();
    let (scale, shift) = (&scale[..width], &shift[..width]);
    let (residual, out) = (&residual[..width], &mut out[..width]);
    for i in 0..width {
        out[i] = residual[i] + ((row[i] - mean) * inverse * scale[i] + shift[i]);
    }
}

/// The sum of `value` over a row, in eight strands that are joined at the end.
#[inline(always)]
pub(super) fn total(row: &[f32], value: impl Fn(f32) -> f32) -> f32 {
    let (whole, rest) = row.as_chunks::<LANES>();
    let mut strands = [0.0f32; LANES];
    for chunk in whole {
        for lane in 0..LANES {
            strands[lane] += value(chunk[lane]);
        }
    }
    strands.iter().sum::<f32>() + rest.iter().map(|&x| value(x)).sum::<f32>()
}
