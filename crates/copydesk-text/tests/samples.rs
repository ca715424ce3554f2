//! The samples that the demo runs on come out right: title, furniture, captions, paragraphs, offsets.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use copydesk_text::{Body, Document, Input, NoteCode, ParagraphKind, RemovedReason, extract};
use std::path::Path;

fn sample(name: &str) -> (Vec<u8>, Document) {
    let bytes =
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(name)).unwrap();
    let content_type =
        if Path::new(name).extension().is_some_and(|e| e == "html") { "text/html" } else { "text/plain" };
    let document = extract(&Input::new(Body::Page { bytes: &bytes, content_type }));
    (bytes, document)
}

fn reason(document: &Document, start: &str) -> Option<RemovedReason> {
    document.removed.iter().find(|r| r.text.starts_with(start)).map(|r| r.reason)
}

#[test]
fn flat_text_loses_its_furniture_and_nothing_else() {
    let (_, document) = sample("dam-talks.txt");
    assert_eq!(
        document.title.as_deref(),
        Some("Dam talks resume in Khartoum after three-month pause, ministers say")
    );
    assert_eq!(document.site_name.as_deref(), Some("Nile Dispatch"));
    assert_eq!(reason(&document, "Site icon"), Some(RemovedReason::PageFurniture));
    assert_eq!(reason(&document, "Exit mobile version"), Some(RemovedReason::PageFurniture));
    assert_eq!(document.captions.len(), 1);
    assert_eq!(document.captions[0].credit.as_deref(), Some("AFP PHOTO / Samir HADDAD"));
    assert!(document.captions[0].text.ends_with("its planned level."));
    assert_eq!(document.paragraphs.len(), 6);
    assert!(document.paragraphs.iter().all(|p| p.kind == ParagraphKind::Body));
}

#[test]
fn a_report_has_its_dateline_and_authors() {
    let (_, document) = sample("harvest-forecast.txt");
    assert_eq!(document.authors, ["Marta Leone", "Ilias Vardas"]);
    let dateline = document.dateline.unwrap();
    assert_eq!(
        (dateline.place.as_str(), dateline.text.as_str()),
        ("MADRID", "MADRID, June 12 (Meridian News)")
    );
    assert_eq!(&document.text[dateline.span], dateline.text);
}

#[test]
fn a_page_is_read_with_its_metadata() {
    let (_, document) = sample("harbour-bridge.html");
    assert_eq!(document.title.as_deref(), Some("Harbour bridge to stay closed until spring, engineers say"));
    assert_eq!(document.authors, ["Nora Whitlock", "Dev Patel-Hughes"]);
    assert_eq!(
        document.canonical_url.as_deref(),
        Some("https://www.portaldercourier.example/news/harbour-bridge-closed-until-spring")
    );
    assert!(document.published.unwrap() < document.modified.unwrap());
    assert_eq!(document.paywalled, Some(false));
    assert_eq!(document.topics, ["Port Alder", "Infrastructure", "Bridges"]);
    let kinds = |kind| document.paragraphs.iter().filter(|p| p.kind == kind).count();
    assert_eq!(
        (kinds(ParagraphKind::Heading), kinds(ParagraphKind::ListItem), kinds(ParagraphKind::Quotation)),
        (1, 3, 1)
    );
    for left_out in
        ["cookies", "Advertisement", "Most read", "half price parking", "newsletter", "All rights reserved"]
    {
        assert!(!document.text.to_lowercase().contains(&left_out.to_lowercase()), "{left_out}");
    }
}

#[test]
fn offsets_count_the_submitted_bytes() {
    let (bytes, document) = sample("water-reform.html");
    assert_eq!(document.encoding, "windows-1252");
    assert!(document.paragraphs.len() >= 5);
    let words = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    for paragraph in &document.paragraphs {
        let raw = &bytes[document.raw_range(paragraph.begin..paragraph.end)];
        let decoded: String = raw.iter().map(|&b| if b == 0x96 { '–' } else { char::from(b) }).collect();
        let mut bare = String::new();
        let mut inside = false;
        for c in decoded.replace("&nbsp;", " ").chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => bare.push(c),
                _ => {}
            }
        }
        assert_eq!(words(&bare), words(&document.text[paragraph.begin..paragraph.end]));
    }
}

#[test]
fn damaged_text_is_repaired_with_a_note() {
    let (bytes, document) = sample("night-flights.txt");
    assert!(document.notes.iter().any(|n| n.code == NoteCode::MojibakeRepaired));
    assert!(document.text.contains("Jürg Häberli") && document.text.contains("“regrets”"));
    let at = document.text.find("Häberli").unwrap();
    let raw = std::str::from_utf8(&bytes[document.raw_range(at..at + "Häberli".len())]).unwrap();
    assert_eq!(raw, "HÃ¤berli");
}
