//! Reads one JSON object with a `text` a line, writes one with `tokens` and `entities` a line, with offsets in code
//! points, as Python counts. What bench/ner/compare.py holds against spaCy.
//!
//! usage: annotate MODEL < texts.jsonl > annotated.jsonl

use std::io::{BufRead, Write};
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
    let path = std::env::args().nth(1).ok_or("usage: annotate MODEL < texts.jsonl")?;
    let model = Model::from_bytes(&std::fs::read(path)?)?;
    let mut scratch = Scratch::new();
    let mut texts = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let value: Value = serde_json::from_str(&line?)?;
        texts.push(value["text"].as_str().unwrap_or_default().to_owned());
    }
    let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mentions = model.recognize(&mut scratch, &borrowed);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (text, mentions) in texts.iter().zip(mentions) {
        let code_point = code_points(text);
        let tokens: Vec<Value> = model
            .tokenize(text)
            .iter()
            .map(|token| json!([code_point[token.begin], code_point[token.end]]))
            .collect();
        let entities: Vec<Value> = mentions
            .iter()
            .map(|m| {
                let label = &model.labels()[usize::from(m.label)];
                json!([code_point[m.begin], code_point[m.end], label, m.probability])
            })
            .collect();
        writeln!(out, "{}", json!({ "tokens": tokens, "entities": entities }))?;
    }
    Ok(out.flush()?)
}

/// For each byte offset the number of code points before it.
fn code_points(text: &str) -> Vec<usize> {
    let mut points = vec![0; text.len() + 1];
    for (count, (at, _)) in text.char_indices().enumerate() {
        points[at] = count;
    }
    points[text.len()] = text.chars().count();
    points
}
