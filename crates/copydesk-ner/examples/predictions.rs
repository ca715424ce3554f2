//! Reads the lines that `score.py inputs` makes, writes the lines that `score.py ner` reads: one article a line with
//! its mentions. Paragraphs are the lines of the text, as in Copydesk's own pipeline, but nothing is cleaned.
//!
//! usage: predictions MODEL [--bare] < in.jsonl > out.jsonl        (--bare: the network's mentions as they are)

use std::io::{BufRead, Write};
use std::process::ExitCode;

use copydesk_ner::{Model, Scratch, article};
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
    let path = std::env::args().nth(1).ok_or("usage: predictions MODEL [--bare] < in.jsonl > out.jsonl")?;
    let bare = std::env::args().nth(2).is_some_and(|argument| argument == "--bare");
    let model = Model::from_bytes(&std::fs::read(path)?)?;
    let mut scratch = Scratch::new();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let record: Value = serde_json::from_str(&line?)?;
        let text = record["text"].as_str().unwrap_or_default();
        let paragraphs: Vec<&str> = text.split('\n').collect();
        let mut mentions = model.recognize(&mut scratch, &paragraphs);
        if !bare {
            let options = article::Options::default();
            article::refine(model.labels(), model.language(), &paragraphs, &mut mentions, options);
        }
        let mut entities = Vec::new();
        let mut begin = 0;
        for (paragraph, mentions) in paragraphs.iter().zip(&mentions) {
            for mention in mentions {
                let at = |byte: usize| begin + paragraph[..byte].chars().count();
                let span = json!({ "rawBegin": at(mention.begin), "rawEnd": at(mention.end) });
                let mention_json = json!({ "span": span, "probability": mention.probability });
                let label = &model.labels()[usize::from(mention.label)];
                entities.push(json!({ "type": label, "mentions": [mention_json] }));
            }
            begin += paragraph.chars().count() + 1;
        }
        writeln!(out, "{}", json!({ "externalId": record["externalId"], "entities": entities }))?;
    }
    Ok(out.flush()?)
}
