//! What a cascade costs along the dial: for each threshold, words/s and the share of texts that the accurate model reads.
//!
//! Prints one JSON line a threshold; 0 is the fast model alone, 1 nearly the accurate one alone.
//!
//! usage: dial FAST ACCURATE TEXTS.jsonl [CERTAINTY...]

use std::process::ExitCode;
use std::time::Instant;

use copydesk_ner::{Cascade, Model, Scratch};
use serde_json::{Value, json};

/// Texts in one call, as if they were the paragraphs of an article.
const ARTICLE: usize = 12;

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
    let (Some(fast), Some(accurate), Some(texts)) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: dial FAST ACCURATE TEXTS.jsonl [CERTAINTY...]".into());
    };
    let fast = Model::from_bytes(&std::fs::read(fast)?)?;
    let accurate = Model::from_bytes(&std::fs::read(accurate)?)?;
    let mut thresholds: Vec<f32> = arguments.map(|text| text.parse()).collect::<Result<_, _>>()?;
    if thresholds.is_empty() {
        thresholds = vec![0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
    }
    let mut owned = Vec::new();
    for line in std::fs::read_to_string(texts)?.lines() {
        let value: Value = serde_json::from_str(line)?;
        owned.push(value["text"].as_str().unwrap_or_default().to_owned());
    }
    let texts: Vec<&str> = owned.iter().map(String::as_str).collect();
    let words: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();
    let (mut first, mut second) = (Scratch::new(), Scratch::new());
    for certainty in thresholds {
        let cascade = Cascade { fast: &fast, accurate: &accurate, certainty };
        let begin = Instant::now();
        let again: usize =
            texts.chunks(ARTICLE).map(|article| cascade.recognize(&mut first, &mut second, article).1).sum();
        let rate = words as f64 / begin.elapsed().as_secs_f64();
        let share = again as f64 / texts.len().max(1) as f64;
        println!("{}", json!({ "certainty": certainty, "words_per_second": rate, "read_again": share }));
    }
    Ok(())
}
