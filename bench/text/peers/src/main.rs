//! What other extractors make of the same pages, in the form `score.py` reads.
//!
//! `peers trafilatura|trafilatura-precision|dom_smoothie|libreadability < in.jsonl > out.jsonl`; pages per second go to standard error.
//! Lives here: calls of the crates with one fixed setting each. Must never come here: anything the service uses.

use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};
use trafilatura::{ExtractionFocus, Options};

fn main() -> std::io::Result<()> {
    let peer = std::env::args().nth(1).unwrap_or_default();
    let (mut pages, mut spent) = (0u32, Duration::ZERO);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let value: Value = serde_json::from_str(&line?)?;
        let html = value["html"].as_str().unwrap_or_default();
        let begin = Instant::now();
        // A peer that panics on a page has found nothing there.
        let text = std::panic::catch_unwind(|| text_by(&peer, html)).ok().flatten().unwrap_or_default();
        (pages, spent) = (pages + 1, spent + begin.elapsed());
        writeln!(out, "{}", json!({ "externalId": value["externalId"], "text": text }))?;
    }
    out.flush()?;
    eprintln!("{peer}: {pages} pages, {:.0} pages/s", f64::from(pages) / spent.as_secs_f64().max(1e-9));
    Ok(())
}

fn text_by(peer: &str, html: &str) -> Option<String> {
    if peer == "dom_smoothie" {
        let mut readability = dom_smoothie::Readability::new(html, None, None).ok()?;
        return readability.parse().ok().map(|article| article.text_content.to_string());
    }
    if peer == "libreadability" {
        return libreadability::extract(html, None).ok().map(|article| article.text_content);
    }
    let mut options = Options::default();
    if peer.ends_with("precision") {
        options.focus = ExtractionFocus::FavorPrecision;
    }
    trafilatura::extract(html, &options).ok().map(|result| result.content_text)
}
