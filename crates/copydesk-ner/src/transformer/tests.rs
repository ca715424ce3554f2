//! A tiny transformer of plain numbers, held against the same network in floats.

use std::sync::OnceLock;

use super::encoder::{Buffers, Encoder};
use super::plan::{CASES, Layer, Linear, Normalization, Plan, Table, Tag};
use super::windows::Batch;
use crate::format::write_transformer;
use crate::kernel::Kernel;
use crate::{Mention, Model, Scratch};

/// Numbers from -1 to 1 that look random and are the same every time.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = u64::from(seed);
    let next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn linear(outputs: usize, inputs: usize, seed: u32) -> Linear {
    let weights: Vec<f32> = numbers(outputs * inputs, seed).iter().map(|w| w * 0.3).collect();
    Linear { weights: Table::quantize(&weights, inputs), bias: numbers(outputs, seed + 1) }
}

fn normalization(width: usize, seed: u32) -> Normalization {
    let scale = numbers(width, seed).iter().map(|scale| 1.0 + scale / 4.0).collect();
    Normalization { scale, shift: numbers(width, seed + 1) }
}

/// Two layers of two heads, a width of 32, windows of 12 pieces, pieces for every ASCII letter and digit.
pub(crate) fn tiny() -> Plan {
    let (width, wide, max_window) = (32, 112, 12);
    let mut pieces: Vec<String> =
        ["[UNK]", "[CLS]", "[SEP]", ".", ",", "-", "paris", "##is"].map(String::from).to_vec();
    for c in ('a'..='z').chain('0'..='9') {
        pieces.extend([c.to_string(), format!("##{c}")]);
    }
    let tags = [Tag::Outside, Tag::Begin(0), Tag::Inside(0), Tag::Begin(1), Tag::Inside(1)].to_vec();
    let layer = |seed: u32| Layer {
        project: linear(3 * width, width, seed),
        mix: linear(width, width, seed + 10),
        mix_normalization: normalization(width, seed + 20),
        widen: linear(wide, width, seed + 30),
        narrow: linear(width, wide, seed + 40),
        narrow_normalization: normalization(width, seed + 50),
    };
    Plan {
        name: "tiny".into(),
        version: "0".into(),
        language: "en".into(),
        licence: "none".into(),
        labels: vec!["PERSON".into(), "GPE".into()],
        temperature: 1.5,
        max_window,
        heads: 2,
        epsilon: 1e-12,
        words: Table::quantize(&numbers(pieces.len() * width, 1), width),
        pieces,
        positions: numbers(max_window * width, 2),
        cases: numbers(CASES * width, 3),
        normalization: normalization(width, 4),
        layers: vec![layer(100), layer(200)],
        head: numbers(tags.len() * width, 6),
        head_bias: numbers(tags.len(), 7),
        tags,
    }
}

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| Model::from_bytes(&write_transformer(&tiny())).unwrap())
}

fn product(input: &[f32], linear: &Linear) -> Vec<f32> {
    let Table { numbers, steps } = &linear.weights;
    let rows = numbers.chunks_exact(input.len()).zip(steps).zip(&linear.bias);
    rows.map(|((row, step), bias)| {
        row.iter().zip(input).map(|(&w, x)| f32::from(w) * step * x).sum::<f32>() + bias
    })
    .collect()
}

fn normalize(row: &[f32], by: &Normalization) -> Vec<f32> {
    let mean = row.iter().sum::<f32>() / row.len() as f32;
    let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / row.len() as f32;
    row.iter().zip(&by.scale).zip(&by.shift).map(|((x, a), b)| (x - mean) / variance.sqrt() * a + b).collect()
}

/// erf by its series, in double precision.
fn erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    (sum * 2.0 / std::f64::consts::PI.sqrt()).clamp(-1.0, 1.0)
}

fn add(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// The logits of a window's rows, in floats throughout.
fn plain_logits(plan: &Plan, pieces: &[u32], cases: &[u8]) -> Vec<Vec<f32>> {
    let (width, head) = (32, 16);
    let mut rows: Vec<Vec<f32>> = (0..pieces.len())
        .map(|at| {
            let piece = pieces[at] as usize;
            let word: Vec<f32> = plan.words.numbers[piece * width..][..width]
                .iter()
                .map(|&n| f32::from(n) * plan.words.steps[piece])
                .collect();
            let case = &plan.cases[usize::from(cases[at]) * width..][..width];
            normalize(&add(&add(&word, &plan.positions[at * width..][..width]), case), &plan.normalization)
        })
        .collect();
    for layer in &plan.layers {
        let projected: Vec<Vec<f32>> = rows.iter().map(|row| product(row, &layer.project)).collect();
        let mixed = (0..rows.len()).map(|q| {
            let mut mixed = vec![0.0; width];
            for first in (0..width).step_by(head) {
                let score = |k: usize| {
                    let (query, key) =
                        (&projected[q][first..][..head], &projected[k][width + first..][..head]);
                    query.iter().zip(key).map(|(a, b)| a * b).sum::<f32>() / (head as f32).sqrt()
                };
                let weights: Vec<f32> = (0..rows.len()).map(|k| score(k).exp()).collect();
                let sum: f32 = weights.iter().sum();
                for (k, weight) in weights.iter().enumerate() {
                    for d in first..first + head {
                        mixed[d] += weight / sum * projected[k][2 * width + d];
                    }
                }
            }
            mixed
        });
        let mixed: Vec<Vec<f32>> = mixed.collect();
        for (row, mixed) in rows.iter_mut().zip(&mixed) {
            *row = normalize(&add(row, &product(mixed, &layer.mix)), &layer.mix_normalization);
            let wide = product(row, &layer.widen)
                .iter()
                .map(|&x| (0.5 * f64::from(x) * (1.0 + erf(f64::from(x) / std::f64::consts::SQRT_2))) as f32)
                .collect::<Vec<_>>();
            *row = normalize(&add(row, &product(&wide, &layer.narrow)), &layer.narrow_normalization);
        }
    }
    let head = plan.head.chunks_exact(width).zip(&plan.head_bias);
    let logits = |row: &[f32]| {
        head.clone().map(|(w, b)| row.iter().zip(w).map(|(x, w)| x * w).sum::<f32>() + b).collect()
    };
    rows.iter().map(|row| logits(row)).collect()
}

fn engine_logits(kernel: Kernel, windows: &[(Vec<u32>, Vec<u8>)]) -> Vec<f32> {
    let mut batch = Batch::default();
    for (pieces, cases) in windows {
        batch.pieces.extend(pieces);
        batch.cases.extend(cases);
        batch.ends.push(batch.pieces.len());
    }
    batch.words = (0..batch.pieces.len()).collect();
    let mut logits = Vec::new();
    Encoder::new(tiny(), kernel).run(&batch, &mut Buffers::default(), &mut logits);
    logits
}

fn windows() -> Vec<(Vec<u32>, Vec<u8>)> {
    let window = |length: u32| {
        let pieces = (0..length).map(|i| (i * 37 + length * 11) % 80).collect();
        (pieces, (0..length).map(|i| ((i + length) % 8) as u8).collect())
    };
    (1..=12).map(window).collect()
}

#[test]
fn scores_are_the_networks_but_for_the_rounding_of_activations() {
    let plan = tiny();
    let expected: Vec<f32> =
        windows().iter().flat_map(|(pieces, cases)| plain_logits(&plan, pieces, cases)).flatten().collect();
    let found = engine_logits(Kernel::detect(), &windows());
    assert_eq!(found.len(), expected.len());
    let size = expected.iter().map(|x| x * x).sum::<f32>();
    let error = found.iter().zip(&expected).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
    assert!((error / size).sqrt() < 0.03, "{}", (error / size).sqrt());
}

#[test]
fn every_processor_gives_the_same_bits_and_windows_do_not_influence_each_other() {
    let together = engine_logits(Kernel::detect(), &windows());
    for kernel in Kernel::all() {
        assert_eq!(engine_logits(kernel, &windows()), together, "{kernel:?}");
    }
    let alone: Vec<f32> =
        windows().into_iter().flat_map(|window| engine_logits(Kernel::Portable, &[window])).collect();
    assert_eq!(alone, together);
}

fn check(text: &str, mentions: &[Mention]) {
    let mut at = 0;
    for mention in mentions {
        assert!(at <= mention.begin && mention.begin < mention.end, "overlapping mentions in {text:?}");
        assert!(text.get(mention.begin..mention.end).is_some(), "a mention off characters in {text:?}");
        assert!((0.0..=1.0).contains(&mention.probability));
        at = mention.end;
    }
}

#[test]
fn articles_do_not_influence_each_other_and_keep_their_order() {
    let articles: [&[&str]; 4] = [
        &["Paris is far from a1, B2 and c3.", "", "It is."],
        &[],
        &["A long paragraph, longer than any window, of words that are cut, paris, paris again.", " ", "x"],
        &["Z."],
    ];
    let mut scratch = Scratch::new();
    let together = model().recognize_articles(&mut scratch, &articles);
    let alone: Vec<_> =
        articles.iter().flat_map(|article| model().recognize(&mut Scratch::new(), article)).collect();
    assert_eq!(together, alone);
    assert_eq!(together.len(), 7);
    assert!(together.iter().any(|mentions| !mentions.is_empty()));
}

#[test]
fn any_text_has_orderly_mentions_in_bounded_memory() {
    let sentence = "Paris, x9 and the B-52s of paris. ";
    let texts = [
        String::new(),
        " \n\u{200b}\u{301}".to_owned(),
        "😀🇺🇸\u{200d}👍".repeat(300),
        "a".repeat(100_000),
        "-".repeat(20_000),
        "東京é\u{301}".repeat(5_000),
        sentence.repeat(100_000 / sentence.len()),
    ];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut scratch = Scratch::new();
    let mentions = model().recognize(&mut scratch, &texts);
    assert_eq!(mentions.len(), texts.len());
    for (text, mentions) in texts.iter().zip(&mentions) {
        check(text, mentions);
    }
    assert!(mentions[0].is_empty() && mentions[1].is_empty());
    assert!(model().tokenize(texts[6]).len() > 10_000);
}

#[test]
fn one_scratch_serves_models_of_both_kinds() {
    let other = Model::from_bytes(&crate::format::write(&crate::import::tests::tiny())).unwrap();
    let text = ["Paris (and a-b) is can't"];
    let (expected, others) =
        (model().recognize(&mut Scratch::new(), &text), other.recognize(&mut Scratch::new(), &text));
    let mut scratch = Scratch::new();
    for _ in 0..2 {
        assert_eq!(model().recognize(&mut scratch, &text), expected);
        assert_eq!(other.recognize(&mut scratch, &text), others);
    }
    assert!(model().reads_context() && !other.reads_context());
}
