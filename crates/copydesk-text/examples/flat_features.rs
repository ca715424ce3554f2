//! Writes the features that the flat-text model is trained on: `flat_features DIR < pages.jsonl`.
//!
//! A page is `{"lines": [..], "labels": [0 or 1, ..]}`; labels may be left out. Writes to DIR, all little-endian:
//! `features.f32`, a row a line; `labels.u8`; `pages.u32`, the number of each line's page; `first.u32`, the number of the
//! line's first source line; `ends.u32`, where each line's hashes end in `hashes.u32`; and `names.txt`. Pages that are kept
//! whole without a look at their lines are left out. Called by training/flat/train.

#![allow(missing_docs, reason = "a tool for developers")]

use copydesk_text::{flat_feature_names, flat_lines};
use serde_json::Value;
use std::io::{BufRead, BufWriter, Write};
use std::path::Path;

fn main() -> std::io::Result<()> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let create = |name: &str| std::fs::File::create(Path::new(&dir).join(name)).map(BufWriter::new);
    let (mut features, mut labels, mut pages) =
        (create("features.f32")?, create("labels.u8")?, create("pages.u32")?);
    let (mut first, mut ends, mut hashes) =
        (create("first.u32")?, create("ends.u32")?, create("hashes.u32")?);
    let mut end = 0u32;
    for (page, line) in std::io::stdin().lock().lines().enumerate() {
        let value: Value = serde_json::from_str(&line?)?;
        let list =
            |key: &str| value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let texts: Vec<&str> = list("lines").iter().filter_map(Value::as_str).collect();
        let marks: Vec<u8> = list("labels").iter().map(|v| u8::from(v.as_u64() == Some(1))).collect();
        let starts: Vec<usize> = texts
            .iter()
            .scan(0, |at, text| {
                let start = *at;
                *at += text.len() + 1;
                Some(start)
            })
            .collect();
        for line in flat_lines(&texts.join("\n")).unwrap_or_default() {
            let from = starts.partition_point(|&start| start <= line.source.start).saturating_sub(1);
            for value in &line.features {
                features.write_all(&value.to_le_bytes())?;
            }
            labels.write_all(&[marks.get(from).copied().unwrap_or(0)])?;
            pages.write_all(&(page as u32).to_le_bytes())?;
            first.write_all(&(from as u32).to_le_bytes())?;
            end += line.hashes.len() as u32;
            ends.write_all(&end.to_le_bytes())?;
            for hash in &line.hashes {
                hashes.write_all(&hash.to_le_bytes())?;
            }
        }
    }
    std::fs::write(Path::new(&dir).join("names.txt"), flat_feature_names().join("\n"))
}
