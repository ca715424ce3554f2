//! Measures what this crate costs beside cleaning and recognition, on one thread, over the articles of a JSONL file with
//! a "text" or "html" in each line.
//!
//! Prints one JSON line: seconds of each stage (the fastest of the rounds) and the share of the speed that is kept.
//!
//! usage: share MODEL ARTICLES.jsonl [ROUNDS]

use std::{process::ExitCode, time::Instant};

use copydesk_knowledge::{Input, Mention, Paragraph, analyze};
use copydesk_ner::{Model, Scratch, article};
use copydesk_text::{Body, Document};
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
    let (Some(model), Some(articles)) = (arguments.next(), arguments.next()) else {
        return Err("usage: share MODEL ARTICLES.jsonl [ROUNDS]".into());
    };
    let rounds: usize = arguments.next().map_or(Ok(3), |rounds| rounds.parse())?;
    let model = Model::from_bytes(&std::fs::read(model)?)?;
    let mut bodies = Vec::new();
    for line in std::fs::read_to_string(articles)?.lines() {
        let value: Value = serde_json::from_str(line)?;
        let is_html = value["html"].is_string();
        let body = value["html"].as_str().or(value["text"].as_str()).unwrap_or_default();
        bodies.push((is_html, body.to_owned()));
    }
    let mut scratch = Scratch::new();
    let mut best = [f64::MAX; 3];
    let (mut words, mut mentions, mut quotations) = (0, 0, 0);
    for _ in 0..=rounds {
        let mut seconds = [0.0; 3];
        (words, mentions, quotations) = (0, 0, 0);
        for (is_html, body) in &bodies {
            let begin = Instant::now();
            let document = clean(*is_html, body);
            let cleaned = Instant::now();
            let texts: Vec<&str> =
                document.paragraphs.iter().map(|p| &document.text[p.begin..p.end]).collect();
            let mut found = model.recognize(&mut scratch, &texts);
            article::refine(
                model.labels(),
                model.language(),
                &texts,
                &mut found,
                article::Options::default(),
            );
            let recognized = Instant::now();
            let known = know(&document, &model, &found);
            let end = Instant::now();
            words += document.word_count;
            mentions += found.iter().map(Vec::len).sum::<usize>();
            quotations += known;
            let stages = [cleaned - begin, recognized - cleaned, end - recognized];
            seconds.iter_mut().zip(stages).for_each(|(sum, stage)| *sum += stage.as_secs_f64());
        }
        best.iter_mut().zip(seconds).for_each(|(best, seconds)| *best = best.min(seconds));
    }
    let [cleaning, recognition, knowledge] = best;
    let share = (cleaning + recognition) / (cleaning + recognition + knowledge);
    println!(
        "{}",
        json!({
            "articles": bodies.len(), "words": words, "mentions": mentions, "quotations": quotations,
            "clean_seconds": cleaning, "recognize_seconds": recognition, "know_seconds": knowledge, "speed_kept": share,
        })
    );
    Ok(())
}

fn clean(is_html: bool, body: &str) -> Document {
    let body = if is_html { Body::Html(body) } else { Body::Text(body) };
    copydesk_text::extract(&copydesk_text::Input {
        body,
        url: "",
        title: None,
        language: None,
        published: None,
    })
}

/// The number of quotations, so that nothing is left out as unused.
fn know(document: &Document, model: &Model, found: &[Vec<copydesk_ner::Mention>]) -> usize {
    let paragraphs: Vec<Paragraph> = document
        .paragraphs
        .iter()
        .map(|p| Paragraph { begin: p.begin, end: p.end, is_prose: true })
        .collect();
    let mut mentions = Vec::new();
    for (paragraph, found) in paragraphs.iter().zip(found) {
        mentions.extend(found.iter().map(|mention| Mention {
            begin: paragraph.begin + mention.begin,
            end: paragraph.begin + mention.end,
            label: &model.labels()[usize::from(mention.label)],
            probability: mention.probability,
            entry: None,
        }));
    }
    let known = analyze(&Input {
        text: &document.text,
        paragraphs: &paragraphs,
        mentions: &mentions,
        title: document.title.as_deref().unwrap_or_default(),
        dateline: "",
        language: "en",
        published: document.published,
    });
    known.quotations.len()
}
