//! The stages of the recognizer one by one: loading, tokenizing, the network, refining; warm and on new words.
//!
//! `cargo bench -p copydesk-ner`; texts are the golden file's. bench/ner/speed.sh is the comparison with spaCy.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking; the macros document nothing"
)]

use std::hint::black_box;

use copydesk_ner::{Model, Scratch, article};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn stages(criterion: &mut Criterion) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/en_core_web_md-3.8.0.cdner");
    let bytes = std::fs::read(path).expect("the model and its golden texts are sound");
    let model = Model::from_bytes(&bytes).expect("the model and its golden texts are sound");
    let texts: Vec<String> = include_str!("../tests/golden/en_core_web_md.jsonl")
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).expect("the model and its golden texts are sound")
                ["text"]
                .as_str()
                .expect("the model and its golden texts are sound")
                .to_owned()
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let words: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();

    criterion.bench_function("load", |b| {
        b.iter(|| Model::from_bytes(black_box(&bytes)).expect("the model and its golden texts are sound"))
    });

    let mut group = criterion.benchmark_group("words");
    group.throughput(Throughput::Elements(words as u64));
    group.bench_function("tokenize, nothing known", |b| {
        b.iter(|| texts.iter().map(|text| model.tokenize(black_box(text)).len()).sum::<usize>());
    });
    group.bench_function("recognize, nothing known", |b| {
        b.iter(|| model.recognize(&mut Scratch::new(), black_box(&texts)));
    });
    let mut scratch = Scratch::new();
    group.bench_function("recognize, words known", |b| {
        b.iter(|| model.recognize(&mut scratch, black_box(&texts)));
    });
    group.bench_function("recognize, words known, text by text", |b| {
        b.iter(|| {
            texts
                .iter()
                .map(|text| model.recognize(&mut scratch, black_box(&[*text]))[0].len())
                .sum::<usize>()
        });
    });
    let mentions = model.recognize(&mut scratch, &texts);
    group.bench_function("refine", |b| {
        b.iter(|| {
            let mut mentions = mentions.clone();
            let options = article::Options::default();
            article::refine(model.labels(), model.language(), black_box(&texts), &mut mentions, options);
            mentions
        });
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
