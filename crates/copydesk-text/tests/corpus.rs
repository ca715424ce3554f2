//! Every case of `corpus/` at the repository's root: a raw body that was once read wrongly, and what must come out.
//!
//! A case is a folder with `raw.html` or `raw.txt` (bytes in any encoding), `expected.txt` (the clean text) and
//! `expected.json` (those values of the metadata that the case is about). A new fault starts with a new folder.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use copydesk_text::{Body, Document, Input, extract};
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn every_case_comes_out_as_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let mut cases: Vec<_> =
        std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    cases.sort();
    assert!(cases.len() >= 15, "cases are missing");
    let faults: Vec<String> = cases.iter().filter_map(|case| fault(case)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn fault(case: &Path) -> Option<String> {
    let name = case.file_name().unwrap().to_string_lossy().into_owned();
    let html = case.join("raw.html").exists();
    let bytes = std::fs::read(case.join(if html { "raw.html" } else { "raw.txt" })).unwrap();
    let content_type = if html { "text/html" } else { "text/plain" };
    let document = extract(&Input::new(Body::Page { bytes: &bytes, content_type }));
    let text = std::fs::read_to_string(case.join("expected.txt")).unwrap();
    if document.text.trim() != text.trim() {
        return Some(format!("{name}: expected\n{}\nfound\n{}\n", text.trim(), document.text));
    }
    let expected: Value =
        serde_json::from_slice(&std::fs::read(case.join("expected.json")).unwrap()).unwrap();
    for (key, value) in expected.as_object().unwrap() {
        let found = found(&document, key);
        if found != *value {
            return Some(format!("{name}: {key} expected {value}, found {found}"));
        }
    }
    None
}

fn found(document: &Document, key: &str) -> Value {
    match key {
        "title" => json!(document.title),
        "authors" => json!(document.authors),
        "site_name" => json!(document.site_name),
        "published" => json!(document.published.map(|p| p.date().to_string())),
        "language" => json!(document.language.as_ref().map(|l| l.code.as_str())),
        "captions" => json!(document.captions.iter().map(|c| json!([c.text, c.credit])).collect::<Vec<_>>()),
        "lead_image" => json!(document.lead_image.as_ref().map(|i| json!([i.url, i.caption, i.credit]))),
        "kinds" => json!(document.paragraphs.iter().map(|p| p.kind.as_str()).collect::<Vec<_>>()),
        "dateline" => json!(document.dateline.as_ref().map(|d| d.text.as_str())),
        "paywalled" => json!(document.paywalled),
        "update_notes" => json!(document.update_notes.iter().map(|u| u.text.as_str()).collect::<Vec<_>>()),
        "notes" => json!(document.notes.iter().map(|n| n.code.as_str()).collect::<Vec<_>>()),
        other => panic!("no value named {other}"),
    }
}
