use super::{Kernel, LANES, Matrix};

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
    vec![Kernel::Portable, Kernel::detect()]
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
