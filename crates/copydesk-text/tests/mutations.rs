//! Damaged samples never panic and never break a document's promises. `examples/mutate.rs` does the same for hours.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod mutation;

use mutation::{Random, check, mutate};
use std::path::Path;

/// Enough to meet every kind of damage on every sample a few times, in seconds.
const ROUNDS: usize = 40;

#[test]
fn damaged_samples_keep_every_promise() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let mut samples: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
    samples.sort();
    assert!(samples.len() >= 6, "samples are missing");
    let mut random = Random(1);
    for sample in samples {
        let bytes = std::fs::read(sample).unwrap();
        check(&bytes);
        for _ in 0..ROUNDS {
            check(&mutate(&bytes, &mut random));
        }
    }
}
