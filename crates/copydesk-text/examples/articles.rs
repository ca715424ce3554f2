//! Reads the lines that `score.py inputs` makes and prints articles as protobuf JSON, offsets in code points.
//!
//! `cargo run --release -p copydesk-text --example articles < in.jsonl > out.jsonl`; prints pages per second of one core
//! to standard error. For measuring the crate without the service.

use copydesk_text::{Body, Input, extract};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};
use time::format_description::well_known::Rfc3339;

fn main() -> std::io::Result<()> {
    let (mut pages, mut spent, mut slowest) = (0u32, Duration::ZERO, (Duration::ZERO, String::new()));
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let value: Value = serde_json::from_str(&line?)?;
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let (id, url) = (text("externalId").unwrap_or_default(), text("url").unwrap_or_default());
        let raw = text("html").or_else(|| text("text")).unwrap_or_default();
        let body = if text("html").is_some() { Body::Html(raw) } else { Body::Text(raw) };
        let begin = Instant::now();
        let article = extract(&Input { url, ..Input::new(body) });
        let took = begin.elapsed();
        (pages, spent) = (pages + 1, spent + took);
        if took > slowest.0 {
            slowest = (took, id.to_owned());
        }
        let (clean, source) = (CodePoints::of(&article.text), CodePoints::of(raw));
        let paragraphs: Vec<Value> = article
            .paragraphs
            .iter()
            .map(|p| {
                let raw = article.raw_range(p.begin..p.end);
                let span = json!({
                    "begin": clean.at(p.begin), "end": clean.at(p.end), "rawBegin": source.at(raw.start), "rawEnd": source.at(raw.end)
                });
                json!({ "span": span, "kind": p.kind.as_str() })
            })
            .collect();
        let line = json!({
            "externalId": id,
            "title": article.title,
            "authors": article.authors,
            "publishedTime": article.published.and_then(|t| t.format(&Rfc3339).ok()),
            "language": article.language.as_ref().map(|l| l.code.as_str()),
            "siteName": article.site_name,
            "text": article.text,
            "paragraphs": paragraphs,
            "captions": article.captions.iter().map(|c| json!({ "text": c.text, "credit": c.credit })).collect::<Vec<_>>(),
            "removed": article.removed.iter().map(|r| json!({ "reason": r.reason.as_str(), "text": r.text })).collect::<Vec<_>>(),
            "notes": article.notes.iter().map(|n| json!({ "code": n.code.as_str(), "message": n.message })).collect::<Vec<_>>(),
        });
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    let rate = f64::from(pages) / spent.as_secs_f64().max(1e-9);
    eprintln!(
        "{pages} pages, {rate:.0} pages/s, slowest {:.0} ms: {}",
        slowest.0.as_secs_f64() * 1e3,
        slowest.1
    );
    Ok(())
}

/// Byte offsets to code points, by a count at every 64th byte.
struct CodePoints<'a> {
    text: &'a str,
    marks: Vec<usize>,
}

impl<'a> CodePoints<'a> {
    fn of(text: &'a str) -> Self {
        let (mut marks, mut count) = (Vec::with_capacity(text.len() / 64 + 1), 0);
        for chunk in text.as_bytes().chunks(64) {
            marks.push(count);
            count += chunk.iter().filter(|&&b| b & 0xc0 != 0x80).count();
        }
        marks.push(count);
        Self { text, marks }
    }

    fn at(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        let rest = &self.text.as_bytes()[byte / 64 * 64..byte];
        self.marks[byte / 64] + rest.iter().filter(|&&b| b & 0xc0 != 0x80).count()
    }
}
