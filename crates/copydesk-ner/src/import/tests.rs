//! A tiny pipeline made of plain numbers, for tests of everything that needs a model but no sense.

use crate::attributes::Attribute;
use crate::blueprint::{
    Blueprint, Calibration, Column, Exception, Linear, Lower, Maxout, Move, Network, Rules, Vectors,
};
use crate::hash::string_id;

fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let step = |i: usize| (i as u32).wrapping_mul(2654435761).wrapping_add(seed.wrapping_mul(40503)) >> 8;
    (0..count).map(|i| step(i) as f32 / (1 << 23) as f32 - 1.0).collect()
}

fn maxout(width: usize, pieces: usize, inputs: usize, seed: u32) -> Maxout {
    Maxout {
        pieces,
        weights: numbers(width * pieces * inputs, seed),
        bias: numbers(width * pieces, seed + 1),
        scale: numbers(width, seed + 2),
        shift: numbers(width, seed + 3),
    }
}

/// Widths that are no multiples of eight, two pieces, a window of one, two convolutions, two labels, vectors.
pub(crate) fn tiny() -> Blueprint {
    let (width, hidden, inner) = (5, 6, 7);
    let moves = [Move::Begin, Move::In, Move::Last, Move::Unit].map(|kind| [kind(0), kind(1)]);
    let mut moves = moves.as_flattened().to_vec();
    moves.extend([Move::Never, Move::Out]);
    let exception = |text: &str, tokens: &[&str]| Exception {
        text: text.to_owned(),
        tokens: tokens.iter().map(|&token| (token.to_owned(), 0)).collect(),
    };
    let mut keys: Vec<u64> = ["a", "b", "Paris"].map(string_id).to_vec();
    keys.sort_unstable();
    Blueprint {
        name: "tiny".into(),
        version: "0".into(),
        language: "en".into(),
        licence: "none".into(),
        rules: Rules {
            prefix: Some(r"^[(']".into()),
            suffix: Some(r"[).,']$|'s$".into()),
            infix: Some(r"(?<=[a-z])-(?=[a-z])".into()),
            token_match: None,
            url_match: Some(r"^\S+\.com$".into()),
            exceptions: vec![exception(":)", &[":)"]), exception("can't", &["ca", "n't"])],
            faster_heuristics: true,
            norms: vec![(string_id("colour"), string_id("color"))],
        },
        network: Network {
            width,
            columns: vec![
                Column { attribute: Attribute::Norm, seed: 8, table: numbers(width * 11, 1) },
                Column { attribute: Attribute::Spacy, seed: 9, table: numbers(width * 3, 2) },
            ],
            vectors: Some(Vectors { keys, rows: vec![0, 1, 1], table: numbers(width * 2, 3) }),
            embed: maxout(width, 2, 3 * width, 10),
            window: 1,
            convolutions: vec![maxout(width, 3, 3 * width, 20), maxout(width, 2, 3 * width, 30)],
            reduce: Linear { weights: numbers(inner * width, 40), bias: numbers(inner, 41) },
            lower: Lower {
                features: 3,
                hidden,
                pieces: 2,
                weights: numbers(3 * hidden * 2 * inner, 50),
                bias: numbers(hidden * 2, 51),
                padding: numbers(3 * hidden * 2, 52),
            },
            upper: Some(Linear { weights: numbers(10 * hidden, 60), bias: numbers(10, 61) }),
        },
        moves,
        labels: vec!["PERSON".into(), "GPE".into()],
        calibration: Calibration { slope: 0.5, offset: -0.25 },
    }
}
