//! Measures words per second on one thread, tokenizing included, on the texts of a JSONL file.
//!
//! Prints one JSON line: the median over rounds of words/s, and the words. The first round, in which the scratch
//! learns the texts' words, is reported by itself and is not in the median. What bench/ner/speed.py runs.
//!
//! usage: throughput MODEL TEXTS.jsonl [ROUNDS]

use std::process::ExitCode;
use std::time::Instant;

use copydesk_ner::{Model, Scratch};
use serde_json::{Value, json};

/// Texts in one call; spaCy gets the same batches.
const BATCH: usize = 128;

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
    let (Some(model), Some(texts)) = (arguments.next(), arguments.next()) else {
        return Err("usage: throughput MODEL TEXTS.jsonl [ROUNDS]".into());
    };
    let rounds: usize = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let model = Model::from_bytes(&std::fs::read(model)?)?;
    let mut owned = Vec::new();
    for line in std::fs::read_to_string(texts)?.lines() {
        let value: Value = serde_json::from_str(line)?;
        owned.push(value["text"].as_str().unwrap_or_default().to_owned());
    }
    let texts: Vec<&str> = owned.iter().map(String::as_str).collect();
    let words: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();
    let mut scratch = Scratch::new();
    let mut rates = Vec::new();
    let mut mentions = 0;
    for _ in 0..=rounds {
        let begin = Instant::now();
        mentions = texts.chunks(BATCH).map(|batch| count(&model.recognize(&mut scratch, batch))).sum();
        rates.push(words as f64 / begin.elapsed().as_secs_f64());
    }
    let first = rates.remove(0);
    rates.sort_by(f64::total_cmp);
    let median = rates[rates.len() / 2];
    println!(
        "{}",
        json!({ "words": words, "mentions": mentions, "first": first, "words_per_second": median })
    );
    Ok(())
}

fn count(mentions: &[Vec<copydesk_ner::Mention>]) -> usize {
    mentions.iter().map(Vec::len).sum()
}
