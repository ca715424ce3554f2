//! Builds a million names and matches them, beside the aho-corasick and daachorse crates: build time, memory, MB/s.
//!
//! `cargo run --release -p copydesk-gazetteer --example million [names]`
//!
//! Each engine runs in a process of its own, one after the other, so that resident memory is its own. The other two get
//! the names as they are and report overlapping matches of bytes: no folding, no word boundaries, no entries behind the
//! names. "Resident" is after everything that only the build needs is freed; Linux only, elsewhere it is 0.

mod names;

use std::{env, fs, hint::black_box, process::Command, time::Instant};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use copydesk_gazetteer::{Entry, Gazetteer, List, Options};
use daachorse::{CharwiseDoubleArrayAhoCorasick, DoubleArrayAhoCorasick};

const ENGINES: [&str; 6] = [
    "copydesk exact",
    "copydesk folded",
    "copydesk inside words",
    "daachorse bytewise",
    "daachorse charwise",
    "aho-corasick",
];
const TEXT_BYTES: usize = 8 << 20;

fn main() {
    let mut arguments = env::args().skip(1);
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1_000_000);
    if let Some(engine) = arguments.next() {
        return measure(&engine, count);
    }
    println!("{count} names, {} MiB of text, one thread", TEXT_BYTES >> 20);
    println!("engine                 build s   heap MiB   resident MiB   peak MiB   MB/s   found");
    for engine in ENGINES {
        let run =
            env::current_exe().and_then(|own| Command::new(own).args([&count.to_string(), engine]).status());
        if !run.is_ok_and(|status| status.success()) {
            println!("{engine:<21} did not finish");
        }
    }
}

fn measure(engine: &str, count: usize) {
    let entries = names::entries(count);
    let text = names::text(&entries, TEXT_BYTES);
    match engine {
        "copydesk exact" => copydesk(engine, entries, &text, Options::default()),
        "copydesk folded" => {
            copydesk(
                engine,
                entries,
                &text,
                Options { fold_case: true, fold_diacritics: true, whole_words: true },
            );
        }
        "copydesk inside words" => {
            copydesk(
                engine,
                entries,
                &text,
                Options { fold_case: true, fold_diacritics: true, whole_words: false },
            );
        }
        "daachorse bytewise" => others(
            engine,
            entries,
            &text,
            |names| DoubleArrayAhoCorasick::<u32>::new(names).ok(),
            DoubleArrayAhoCorasick::heap_bytes,
            |built, text| built.find_overlapping_iter(text).count(),
        ),
        "daachorse charwise" => others(
            engine,
            entries,
            &text,
            |names| CharwiseDoubleArrayAhoCorasick::<u32>::new(names).ok(),
            CharwiseDoubleArrayAhoCorasick::heap_bytes,
            |built, text| built.find_overlapping_iter(text).count(),
        ),
        _ => others(
            engine,
            entries,
            &text,
            // The only kind that fits a million names into memory and has overlapping matches.
            |names| AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(names).ok(),
            AhoCorasick::memory_usage,
            |built, text| built.find_overlapping_iter(text).count(),
        ),
    }
}

fn copydesk(engine: &str, entries: Vec<Entry>, text: &str, options: Options) {
    let lists = [List { name: "million".to_owned(), options, entries }];
    let start = Instant::now();
    let Ok(built) = Gazetteer::compile(&lists) else { return };
    let build = start.elapsed().as_secs_f64();
    drop(lists);
    let row =
        Row { engine, build, heap: built.heap_bytes(), resident: status("VmRSS"), peak: status("VmHWM") };
    row.print(text, |text| built.find(text).len());
}

fn others<A>(
    engine: &str,
    entries: Vec<Entry>,
    text: &str,
    build: impl Fn(&[String]) -> Option<A>,
    heap: impl Fn(&A) -> usize,
    count: impl Fn(&A, &str) -> usize,
) {
    let names: Vec<String> = entries.into_iter().map(|entry| entry.name).collect();
    let start = Instant::now();
    let Some(built) = build(&names) else { return };
    let seconds = start.elapsed().as_secs_f64();
    drop(names);
    let row =
        Row { engine, build: seconds, heap: heap(&built), resident: status("VmRSS"), peak: status("VmHWM") };
    row.print(text, |text| count(&built, text));
}

struct Row<'e> {
    engine: &'e str,
    build: f64,
    heap: usize,
    resident: usize,
    peak: usize,
}

impl Row<'_> {
    /// Matches the text in pieces of an article's size, as the service does, and takes the best of five rounds.
    fn print(&self, text: &str, find: impl Fn(&str) -> usize) {
        let mut articles = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (article, after) = rest.split_at(rest.floor_char_boundary(6_000.min(rest.len())));
            articles.push(article);
            rest = after;
        }
        let mut best = f64::INFINITY;
        let mut found = 0;
        for _ in 0..5 {
            let start = Instant::now();
            found = articles.iter().map(|article| find(black_box(article))).sum();
            best = best.min(start.elapsed().as_secs_f64());
        }
        let Self { engine, build, heap, resident, peak } = self;
        let (heap, speed) = (heap >> 20, text.len() as f64 / best / 1e6);
        println!("{engine:<21} {build:>8.1} {heap:>10} {resident:>14} {peak:>10} {speed:>6.0} {found:>7}");
    }
}

/// A line of the process's status, in MiB.
fn status(key: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<usize>().ok()).unwrap_or(0) >> 10
}
