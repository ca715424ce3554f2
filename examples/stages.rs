//! Measures what each stage of the pipeline costs, on one thread, over the articles of a JSONL file with a "text" or
//! "html" in each line: how much of the speed of cleaning and recognition is kept when everything else is on too.
//!
//! Prints one JSON line: seconds of each stage, the fastest of the rounds.
//!
//! usage: stages ARTICLES.jsonl [ROUNDS]

use std::{
    collections::BTreeMap,
    error::Error,
    time::{Duration, Instant},
};

use copydesk::{
    article::{Body, Draft, Limits, RawDraft},
    pipeline::{Pipeline, Stage},
};
use serde_json::{Value, json};

const STAGES: [Stage; 4] = [Stage::Clean, Stage::Recognize, Stage::Know, Stage::Index];
const LIMITS: Limits = Limits { max_body_bytes: 32 << 20 };

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let articles = arguments.next().ok_or("usage: stages ARTICLES.jsonl [ROUNDS]")?;
    let rounds: usize = arguments.next().map_or(Ok(3), |rounds| rounds.parse())?;
    let drafts: Vec<Draft> =
        std::fs::read_to_string(articles)?.lines().map(draft).collect::<Result<_, _>>()?;
    let pipeline = Pipeline::embedded()?;

    let mut best = [Duration::MAX; STAGES.len()];
    let (mut words, mut entities, mut quotations) = (0, 0, 0);
    // The first round warms up, and counts.
    for round in 0..=rounds {
        let mut spent = [Duration::ZERO; STAGES.len()];
        for draft in &drafts {
            let mut began = Instant::now();
            let processed = pipeline.process(draft, &mut |stage| {
                let now = Instant::now();
                if let Some(place) = STAGES.iter().position(|known| *known == stage) {
                    spent[place] += now - began;
                }
                began = now;
            });
            if round == 0 {
                words += processed.word_count;
                entities += processed.entities.len();
                quotations += processed.quotations.len();
            }
        }
        if round > 0 {
            best.iter_mut().zip(spent).for_each(|(best, spent)| *best = spent.min(*best));
        }
    }
    let seconds: BTreeMap<&str, f64> =
        STAGES.iter().zip(best).map(|(stage, spent)| (stage.as_str(), spent.as_secs_f64())).collect();
    let all: Duration = best.iter().sum();
    let bare = best[0] + best[1];
    println!(
        "{}",
        json!({
            "articles": drafts.len(), "words": words, "entities": entities, "quotations": quotations,
            "seconds": seconds, "speed_kept": bare.as_secs_f64() / all.as_secs_f64(),
        })
    );
    Ok(())
}

fn draft(line: &str) -> Result<Draft, Box<dyn Error>> {
    let value: Value = serde_json::from_str(line)?;
    let body = match (value["html"].as_str(), value["text"].as_str()) {
        (Some(html), _) => Body::Html(html.to_owned()),
        (None, text) => Body::Text(text.ok_or("a line has neither \"text\" nor \"html\"")?.to_owned()),
    };
    let raw = RawDraft { body: Some(body), ..RawDraft::default() };
    Draft::new(raw, LIMITS).map_err(|violations| format!("{violations:?}").into())
}
