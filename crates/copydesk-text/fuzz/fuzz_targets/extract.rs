//! Any bytes: no panic, and every promise of a document kept. In `crates/copydesk-text`:
//! `cargo +nightly fuzz run extract -- -max_total_time=600`.

#![no_main]

#[path = "../../tests/mutation/mod.rs"]
#[allow(dead_code, unused, reason = "the damage done by the mutation test is libFuzzer's own work here")]
mod mutation;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mutation::check(bytes));
