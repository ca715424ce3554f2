//! Damages bodies at random for a while: `mutate SECONDS < in.jsonl`, lines as `score.py inputs` makes them.
//!
//! Panics with the seed of the first body that breaks a promise; prints how many it tried.

#![allow(missing_docs, clippy::unwrap_used, reason = "a tool for developers fails by panicking")]

#[path = "../tests/mutation/mod.rs"]
mod mutation;

use mutation::{Random, check, mutate};
use std::io::BufRead;
use std::time::{Duration, Instant};

fn main() {
    let seconds = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(60);
    let bodies: Vec<Vec<u8>> = std::io::stdin()
        .lock()
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(&line.expect("one JSON article a line"))
                .expect("one JSON article a line");
            let text = |key: &str| value.get(key).and_then(|v| v.as_str()).map(|t| t.as_bytes().to_vec());
            text("html").or_else(|| text("text")).unwrap_or_default()
        })
        .collect();
    let (begin, mut seed, mut slowest) = (Instant::now(), 0u64, Duration::ZERO);
    while begin.elapsed() < Duration::from_secs(seconds) {
        seed += 1;
        let mut random = Random(seed);
        let body = mutate(&bodies[random.below(bodies.len())], &mut random);
        let started = Instant::now();
        if std::panic::catch_unwind(|| check(&body)).is_err() {
            panic!("seed {seed} breaks a promise");
        }
        slowest = slowest.max(started.elapsed());
    }
    println!(
        "{seed} damaged bodies, none broke a promise; slowest {} ms for four readings",
        slowest.as_millis()
    );
}
