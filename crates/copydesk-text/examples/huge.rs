//! What bodies of 50 MB cost that are made to be costly.
//!
//! `cargo run --release -p copydesk-text --example huge`; prints seconds of one core, the median of three, and what was
//! found. Nothing is written.

use copydesk_text::{Body, Input, extract};
use std::time::{Duration, Instant};

const BYTES: usize = 50 << 20;
const RUNS: usize = 3;

/// What is said again and again, and whether it is HTML.
const BODIES: [(&str, &str, bool); 14] = [
    (
        "paragraphs",
        "<p>The ferry between the two towns will stop in the autumn, the line said on Monday.</p>\n",
        true,
    ),
    (
        "paragraphs in Cyrillic",
        "<p>Паром между двумя городами осенью перестанет ходить, сообщила в понедельник компания.</p>\n",
        true,
    ),
    (
        "letters to be composed",
        "<p>Le be\u{301}ne\u{301}vole a e\u{301}te\u{301} reporte\u{301} a\u{300} l'e\u{301}te\u{301}, a dit la re\u{301}gie.</p>\n",
        true,
    ),
    ("mojibake", "<p>Le bÃ©nÃ©vole a Ã©tÃ© reportÃ© Ã  lâ€™Ã©tÃ©, a dit la rÃ©gie lundi soir.</p>\n", true),
    ("nested elements, never closed", "<div><span>", true),
    ("paragraphs, never closed", "<p>a<b>b<i>c", true),
    ("entities", "&eacute;&amp;&#233;&#x41;&nbsp;&unknown; ", true),
    ("attributes", "<a href=\"/x\" class=\"y\" data-z=\"1\" id=\"w\" title=\"t\"></a>", true),
    ("links", "<a href=\"/story\">Read more</a> | ", true),
    ("rows of tables", "<table><tr><td>1</td><td>2,000</td></tr></table>", true),
    ("a script", "<script>var a = '<p>text</p>';</script>", true),
    ("letters and nothing else", "a", true),
    ("flat lines", "The ferry between the two towns will stop in the autumn.\n", false),
    ("one flat line", "The ferry between the two towns will stop in the autumn. ", false),
];

fn main() {
    println!("| body of {} MB | seconds | words of text | notes |\n|---|---:|---:|---|", BYTES >> 20);
    for (name, piece, is_html) in BODIES {
        let body = piece.repeat(BYTES / piece.len());
        measure(name, &body, is_html);
    }
    let image = format!(
        "<p>Before it.</p><img src=\"data:image/png;base64,{}\"><p>After it.</p>",
        "iVBORw0KGgoAAAA".repeat(BYTES / 15)
    );
    measure("an image in base64", &image, true);
}

fn measure(name: &str, body: &str, is_html: bool) {
    let input = Input::new(if is_html { Body::Html(body) } else { Body::Text(body) });
    let mut times: Vec<Duration> = Vec::new();
    let mut found = String::new();
    for _ in 0..RUNS {
        let begin = Instant::now();
        let article = extract(&input);
        times.push(begin.elapsed());
        let notes: Vec<&str> = article.notes.iter().map(|note| note.code.as_str()).collect();
        found = format!("{} | {}", article.text.split_whitespace().count(), notes.join(", "));
    }
    times.sort_unstable();
    let median = times.get(RUNS / 2).copied().unwrap_or_default();
    println!("| {name} | {:.2} | {found} |", median.as_secs_f64());
}
