use super::{
    Attention, AttentionScratch, Int8Matrix, Kernel, LANES, Matrix, PANEL, Quantized, Rows, Strides,
};

/// Numbers that look random and are the same every time.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    })
    .take(count)
    .collect()
}

fn kernels() -> Vec<Kernel> {
    Kernel::all()
}

#[test]
fn product_is_the_matrix_product_for_every_panel_width_and_row_count() {
    for pieces in 1..=5 {
        let (inputs, columns, panel) = (37, 3 * pieces * LANES - 5, pieces * LANES);
        let weights = numbers(inputs * columns, 1);
        let matrix = Matrix::pack(inputs, columns, panel, |k, c| weights[c * inputs + k]);
        let input = numbers(7 * inputs, 2);
        for rows in 1..=7 {
            let offsets: Vec<u32> = (0..rows as u32).map(|r| r * inputs as u32).collect();
            for kernel in kernels() {
                let mut out = vec![0.0; rows * matrix.width()];
                for p in 0..matrix.panels() {
                    kernel.product(&input, &offsets, &matrix, p, &mut out[p * panel..], matrix.width());
                }
                for r in 0..rows {
                    for c in 0..columns {
                        let expected: f32 =
                            (0..inputs).map(|k| input[r * inputs + k] * weights[c * inputs + k]).sum();
                        assert!(
                            (out[r * matrix.width() + c] - expected).abs() < 1e-4,
                            "{pieces} {rows} {r} {c}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_rows_product_does_not_depend_on_its_neighbours() {
    let matrix = Matrix::pack(96, 24, 24, |k, c| ((k * 31 + c * 17) % 101) as f32 / 50.0 - 1.0);
    let input = numbers(9 * 96, 3);
    for kernel in kernels() {
        let mut alone = vec![0.0; 24];
        let mut together = vec![0.0; 9 * 24];
        let offsets: Vec<u32> = (0..9).map(|r| r * 96).collect();
        kernel.product(&input, &offsets, &matrix, 0, &mut together, 24);
        for r in 0..9 {
            kernel.product(&input, &offsets[r..=r], &matrix, 0, &mut alone, 24);
            assert_eq!(alone, together[r * 24..(r + 1) * 24]);
        }
    }
}

#[test]
fn normalization_gives_mean_zero_and_variance_one() {
    let row = numbers(96, 4);
    for kernel in kernels() {
        let mut out = vec![0.0; 96];
        kernel.normalize_and_add(&row, 96, &[1.0; 96], &[0.0; 96], &[0.0; 96], &mut out);
        let mean: f32 = out.iter().sum::<f32>() / 96.0;
        let variance: f32 = out.iter().map(|x| x * x).sum::<f32>() / 96.0;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-4);
    }
}

#[test]
fn the_pairwise_convolution_is_the_convolution() {
    let (width, pieces, rows) = (16, 3, 6);
    let columns = width * pieces;
    let taps: Vec<Vec<f32>> = (0..3).map(|tap| numbers(width * columns, 10 + tap)).collect();
    let bias = numbers(columns, 20);
    let input = numbers((rows + 2) * width, 21);
    // Columns in groups of eight units, in each the first pieces, then the second ones.
    let expected = |row: usize, unit: usize| {
        let value = |piece: usize| {
            let column = unit / LANES * pieces * LANES + piece * LANES + unit % LANES;
            let products = (0..3).flat_map(|tap| (0..width).map(move |k| (tap, k)));
            let sum: f32 = products
                .map(|(tap, k)| input[(row + tap) * width + k] * taps[tap][k * columns + column])
                .sum();
            sum + bias[column]
        };
        (0..pieces).map(value).fold(f32::NEG_INFINITY, f32::max)
    };
    let matrices: Vec<Matrix> = (0..4)
        .map(|m| {
            Matrix::pack(width, columns, columns, |k, c| {
                let [left, here, right] = [0, 1, 2].map(|tap| taps[tap][k * columns + c]);
                [left, (left + here + right) / 2.0, (left - here + right) / 2.0, right][m]
            })
        })
        .collect();
    let pairs: Vec<u32> = (0..rows as u32 / 2).map(|pair| (1 + 2 * pair) * width as u32).collect();
    let packed: Vec<u32> = (0..pairs.len()).map(|pair| (pair * width) as u32).collect();
    for kernel in kernels() {
        let (size, panel) = (pairs.len() * width, pairs.len() * columns);
        let mut spread = vec![0.0; 4 * size];
        let mut products = vec![0.0; 4 * panel];
        let mut out = vec![0.0; (rows + 2) * width];
        kernel.spread_pairs(&input, &pairs, width, &mut spread);
        for (m, matrix) in matrices.iter().enumerate() {
            let to = &mut products[m * panel..(m + 1) * panel];
            kernel.product(&spread[m * size..(m + 1) * size], &packed, matrix, 0, to, columns);
        }
        kernel.gather_pairs(&products, &bias, pieces, &pairs, width, 0, &mut out);
        for row in 0..rows {
            for unit in 0..width {
                let (found, expected) = (out[(row + 1) * width + unit], expected(row, unit));
                assert!((found - expected).abs() < 1e-4, "row {row} unit {unit}: {found} {expected}");
            }
        }
    }
}

/// Attention of one head's queries in floats.
fn plain_attention(queries: &[Vec<f32>], keys: &[Vec<f32>], values: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let attend = |query: &Vec<f32>| {
        let weights: Vec<f32> = keys.iter().map(|key| dot(query, key).exp()).collect();
        let sum: f32 = weights.iter().sum();
        let mixed = |d: usize| weights.iter().zip(values).map(|(w, value)| w / sum * value[d]).sum();
        (0..values[0].len()).map(mixed).collect()
    };
    queries.iter().map(attend).collect()
}

#[test]
fn attention_is_that_of_floats_and_the_same_bits_in_every_copy() {
    for (width, head) in [(64, 32), (96, 24), (48, 3), (64, 64)] {
        for (rows, asked) in [(1, 1), (15, 4), (33, 33), (100, 71)] {
            // A row before the window and one after it, which must not matter.
            let (all, all_asked) = (rows + 2, asked + 2);
            let memory: Vec<f32> = numbers(2 * width * all, 30).iter().map(|x| x * 2.0).collect();
            let queries: Vec<f32> = numbers(width.next_multiple_of(PANEL) * all_asked, 31);
            let column = |numbers: &[f32], rows: usize, row: usize, c: usize| {
                numbers[(c / PANEL * rows + row) * PANEL + c % PANEL]
            };
            let window = Attention {
                queries: Rows { numbers: &queries, rows: all_asked, begin: 1, end: 1 + asked },
                memory: Rows { numbers: &memory, rows: all, begin: 1, end: 1 + rows },
                width,
                head,
            };
            let found: Vec<Vec<f32>> = kernels()
                .into_iter()
                .map(|kernel| {
                    let mut out = vec![0.0; asked * width];
                    kernel.attend(&window, &mut AttentionScratch::default(), &mut out);
                    out
                })
                .collect();
            assert!(found.iter().all(|other| *other == found[0]), "{width} {head} {rows}");
            for first in (0..width).step_by(head) {
                let cut = |numbers: &[f32], all: usize, rows: usize, first: usize| -> Vec<Vec<f32>> {
                    let row =
                        |r: usize| (first..first + head).map(|c| column(numbers, all, r + 1, c)).collect();
                    (0..rows).map(row).collect()
                };
                let expected = plain_attention(
                    &cut(&queries, all_asked, asked, first),
                    &cut(&memory, all, rows, first),
                    &cut(&memory, all, rows, width + first),
                );
                for (q, expected) in expected.iter().enumerate() {
                    for (d, expected) in expected.iter().enumerate() {
                        let found = found[0][q * width + first + d];
                        assert!((found - expected).abs() < 4e-3, "{width} {head} {rows}: {found} {expected}");
                    }
                }
            }
        }
    }
}

#[test]
fn products_of_8_bits_and_their_gelu_are_the_same_bits_in_every_copy() {
    for (inputs, columns, rows) in [(384, 96, 13), (1536, 40, 6), (100, 200, 1), (16, 16, 67)] {
        let weights: Vec<i8> = numbers(inputs * columns, 40).iter().map(|x| (x * 127.0) as i8).collect();
        let steps: Vec<f32> = numbers(columns, 41).iter().map(|x| 0.01 + x.abs() / 50.0).collect();
        let matrix = Int8Matrix::pack(inputs, &weights, &steps, &numbers(columns, 42));
        let activations: Vec<f32> = numbers(rows * inputs, 43).iter().map(|x| x * 3.0).collect();
        let run = |kernel: Kernel| {
            let (mut quantized, mut wide) = (Quantized::default(), Quantized::default());
            let mut out = vec![0.0; rows * matrix.width()];
            kernel.quantize(&activations, inputs, &mut quantized);
            let strides = Strides { row: matrix.width(), panel: PANEL };
            kernel.int8_product(&quantized, &matrix, &mut out, strides);
            kernel.int8_product_gelu(&quantized, &matrix, &mut Vec::new(), &mut wide);
            (out, wide)
        };
        let (expected, wide) = run(Kernel::Portable);
        for kernel in kernels() {
            assert!(run(kernel) == (expected.clone(), wide.clone()), "{kernel:?} {inputs} {columns}");
        }
        for r in 0..rows {
            for c in 0..columns {
                let row = activations[r * inputs..].iter();
                let products =
                    row.zip(&weights[c * inputs..(c + 1) * inputs]).map(|(x, &w)| x * f32::from(w));
                let plain = products.sum::<f32>() * steps[c] + numbers(columns, 42)[c];
                let error = (expected[r * matrix.width() + c] - plain).abs();
                // Each activation is off by 0.014 as a rule, each weight about 73 steps: six times what comes of it.
                assert!(error < 6.0 * steps[c] * (inputs as f32).sqrt(), "{error}");
            }
        }
    }
}
