//! Holds a transformer against what PyTorch made of the same articles (training/ner/golden.py wrote them).
//!
//! Prints one JSON line: paragraphs, words that differ, mentions of both, those that differ, and the largest difference
//! of a probability among the shared ones. The engine's activations have 7 bits, so a few near-ties go the other way.
//!
//! usage: parity MODEL GOLDEN.json

use std::process::ExitCode;

use copydesk_ner::{Model, Scratch};
use serde_json::{Value, json};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(model), Some(golden)) = (arguments.next(), arguments.next()) else {
        return Err("usage: parity MODEL GOLDEN.json".into());
    };
    let model = Model::from_bytes(&std::fs::read(model)?)?;
    let golden: Value = serde_json::from_slice(&std::fs::read(golden)?)?;
    let mut scratch = Scratch::new();
    let (mut paragraphs, mut words, mut other_words) = (0, 0, 0);
    let (mut theirs, mut ours, mut shared, mut furthest) = (0, 0, 0, 0.0f64);
    for article in golden.as_array().into_iter().flatten() {
        let records: Vec<&Value> = article["paragraphs"].as_array().into_iter().flatten().collect();
        let texts: Vec<&str> =
            records.iter().map(|record| record["text"].as_str().unwrap_or_default()).collect();
        let mentions = model.recognize(&mut scratch, &texts);
        for ((record, text), found) in records.iter().zip(&texts).zip(&mentions) {
            paragraphs += 1;
            let tokens: Vec<(usize, usize)> =
                model.tokenize(text).iter().map(|token| (token.begin, token.end)).collect();
            let expected: Vec<(usize, usize)> = record["words"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|word| (at(word, 0), at(word, 1)))
                .collect();
            words += expected.len();
            other_words += expected.iter().filter(|word| tokens.binary_search(word).is_err()).count();
            let expected: Vec<&Value> = record["mentions"].as_array().into_iter().flatten().collect();
            (theirs, ours) = (theirs + expected.len(), ours + found.len());
            for mention in expected {
                let same = found.iter().find(|m| {
                    let label = &model.labels()[usize::from(m.label)];
                    m.begin == at(mention, 0) && m.end == at(mention, 1) && mention[2] == label.as_str()
                });
                if let Some(same) = same {
                    shared += 1;
                    let probability = mention[3].as_f64().unwrap_or_default();
                    furthest = furthest.max((probability - f64::from(same.probability)).abs());
                }
            }
        }
    }
    let report = json!({
        "paragraphs": paragraphs, "words": words, "words_missed": other_words, "mentions_of_golden": theirs,
        "mentions": ours, "shared": shared, "furthest_probability": furthest,
    });
    println!("{report}");
    Ok(())
}

fn at(value: &Value, index: usize) -> usize {
    value[index].as_u64().unwrap_or_default() as usize
}
