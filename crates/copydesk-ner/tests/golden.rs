//! Holds tokens and entities of the shipped model against spaCy's own (bench/ner/golden.py wrote them).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use copydesk_ner::{Model, Scratch};
use serde_json::Value;

const GOLDEN: &str = include_str!("golden/en_core_web_md.jsonl");

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/en_core_web_md-3.8.0.cdner");
        Model::from_bytes(&std::fs::read(path).unwrap()).unwrap()
    })
}

fn records() -> Vec<Value> {
    GOLDEN.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[test]
fn tokens_are_spacys() {
    for record in records() {
        let text = record["text"].as_str().unwrap();
        let expected: Vec<&str> = record["tokens"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| &text[number(&t[0])..number(&t[1])])
            .collect();
        let found: Vec<&str> = model().tokenize(text).iter().map(|t| &text[t.begin..t.end]).collect();
        assert_eq!(found, expected, "in {text:?}");
    }
}

#[test]
fn entities_are_spacys_whatever_else_is_in_the_batch() {
    let records = records();
    let texts: Vec<&str> = records.iter().map(|record| record["text"].as_str().unwrap()).collect();
    let mut scratch = Scratch::new();
    let together = model().recognize(&mut scratch, &texts);
    for ((record, text), found) in records.iter().zip(&texts).zip(&together) {
        let expected: Vec<(usize, usize, &str)> = record["entities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (number(&e[0]), number(&e[1]), e[2].as_str().unwrap()))
            .collect();
        let named: Vec<(usize, usize, &str)> =
            found.iter().map(|m| (m.begin, m.end, model().labels()[usize::from(m.label)].as_str())).collect();
        assert_eq!(named, expected, "in {text:?}");
        // Probabilities too are the same to the last bit in a batch of one.
        assert_eq!(&model().recognize(&mut Scratch::new(), &[text])[0], found, "alone: {text:?}");
    }
    let backwards: Vec<&str> = texts.iter().rev().copied().collect();
    let mut again = model().recognize(&mut scratch, &backwards);
    again.reverse();
    assert_eq!(again, together);
}

#[test]
fn the_model_describes_itself() {
    let model = model();
    assert_eq!((model.name(), model.version(), model.language()), ("core_web_md", "3.8.0", "en"));
    assert_eq!((model.licence(), model.labels().len()), ("MIT", 18));
    assert!(model.labels().iter().any(|label| label == "PERSON"));
    assert!(model.weight_bytes() < 60_000_000, "{}", model.weight_bytes());
}
