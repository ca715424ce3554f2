//! Bodies that are damaged, hostile or no articles: each gets text or a clear note, in bounded time, on a small stack.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use copydesk_text::{Body, Document, Input, NoteCode, extract};
use std::time::{Duration, Instant};

/// Slow machines and unoptimized builds are allowed this much; release builds need a fifth.
const LIMIT: Duration = Duration::from_secs(10);

/// Runs on a stack of 512 KiB, far below a server's: what recurses with the input would overflow it.
fn run(body: &'static (impl AsRef<[u8]> + ?Sized + Sync), html: bool) -> Document {
    let work = move || {
        let begin = Instant::now();
        let bytes = body.as_ref();
        let document = match std::str::from_utf8(bytes) {
            Ok(text) if html => extract(&Input::new(Body::Html(text))),
            Ok(text) => extract(&Input::new(Body::Text(text))),
            Err(_) => extract(&Input::new(Body::Page { bytes, content_type: "text/html" })),
        };
        (document, begin.elapsed())
    };
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(work).unwrap();
    let (document, took) = thread.join().unwrap();
    assert!(took < LIMIT, "took {took:?}");
    for paragraph in &document.paragraphs {
        assert!(document.text.get(paragraph.begin..paragraph.end).is_some());
        let raw = document.raw_range(paragraph.begin..paragraph.end);
        assert!(raw.start <= raw.end && raw.end <= body.as_ref().len());
    }
    document
}

fn html(page: String) -> Document {
    run(page.leak(), true)
}

fn note(document: &Document, code: NoteCode) -> String {
    let found = document.notes.iter().find(|n| n.code == code).map(|n| n.message.clone());
    found.unwrap_or_else(|| panic!("no {} among {:?}", code.as_str(), document.notes))
}

const PROSE: &str = "<p>The ferry between the two towns will stop in the autumn, the line said on Monday, because too few people use it.</p>";

#[test]
fn an_empty_body_is_noted() {
    for body in ["", " \n\t \u{feff}", "\u{a0}"] {
        assert!(note(&run(body, false), NoteCode::EmptyBody).contains("empty"));
        note(&run(body, true), NoteCode::EmptyBody);
    }
}

#[test]
fn bytes_that_are_no_text_are_noted() {
    let noise: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [b"%PDF-1.4 stream \xff\xfe".to_vec(), b"\x89PNG\r\n\x1a\n\0\0\xff".to_vec()] {
        assert!(note(&run(bytes.leak(), true), NoteCode::NotText).contains("looks like"));
    }
    let document = run(noise.leak(), true);
    assert!(document.text.len() < 200_000);
}

#[test]
fn nesting_of_a_hundred_thousand_is_flattened() {
    for tag in ["div", "b", "blockquote", "ul><li", "table><tr><td", "font", "svg", "section", "x-y"] {
        let document = html(format!("{}{PROSE}", format!("<{tag}>").repeat(100_000)));
        note(&document, NoteCode::NestingFlattened);
        if tag != "svg" {
            assert!(document.text.contains("ferry"), "{tag}: {:?}", document.notes);
        }
    }
    let closed = format!("{}{PROSE}{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
    assert!(html(closed).text.contains("ferry"));
}

#[test]
fn a_million_attributes_are_read_past() {
    let attributes: String = (0..1_000_000).map(|i| format!(" a{i}=\"{i}\" class")).collect();
    assert!(html(format!("<div{attributes}>{PROSE}</div>")).text.contains("ferry"));
    let classes: String = (0..300_000).map(|i| format!("c{i} ")).collect();
    assert!(html(format!("<div class='{classes}'>{PROSE}</div>")).text.contains("ferry"));
}

#[test]
fn unclosed_things_end_with_the_page() {
    for open in [
        "<!--",
        "<script>",
        "<style>",
        "<textarea>",
        "<a href=\"",
        "<p class='",
        "<title>",
        "</div",
        "<![CDATA[",
        "<?php",
    ] {
        let document = html(format!("{PROSE}{open}{}", " word".repeat(200_000)));
        assert!(document.text.contains("ferry"), "{open}");
    }
    assert!(
        html(format!("<html><body><div><p><b><i><a href=x><table><tr><td>{PROSE}")).text.contains("ferry")
    );
}

#[test]
fn stray_tags_by_the_million_cost_little() {
    for stray in [
        "</b>",
        "</x>",
        "</p>",
        "<p>",
        "<br>",
        "<a>",
        "<!>",
        "</>",
        "<",
        "&",
        "&lt",
        "<h2>",
        "<li>",
        "<td>",
        "<button><p>",
    ] {
        assert!(
            html(format!("{PROSE}{}{PROSE}", stray.repeat(1_000_000 / stray.len()))).text.contains("ferry"),
            "{stray}"
        );
    }
}

#[test]
fn a_page_of_twenty_megabytes_is_read() {
    let document = html(PROSE.replace("Monday", "Monday &amp; again").repeat((20 << 20) / PROSE.len()));
    assert!(document.text.contains("ferry"));
    let document = html(format!("<body>{PROSE}{}", "<a href=/x>link</a> ".repeat(1 << 20)));
    assert!(document.text.contains("ferry") && document.removed.len() <= copydesk_text::MAX_REMOVED_LINES);
    let one_line = run(format!("{} end.", "word ".repeat(4 << 20)).leak(), false);
    assert_eq!(one_line.paragraphs.len(), 1);
}

#[test]
fn a_million_short_lines_are_read_up_to_a_bound() {
    let document = run("Menu\n".repeat(200_000).leak(), false);
    assert!(note(&document, NoteCode::Truncated).contains("lines"));
    let document = run("Menu item here\n".repeat(1_000_000).leak(), false);
    assert!(note(&document, NoteCode::Truncated).contains("too long"));
    assert!(document.text.len() < 4 << 20);
}

#[test]
fn what_is_not_read_of_a_huge_page_is_noted() {
    let document = html(format!("<body>{}", PROSE.repeat((4 << 20) / PROSE.len())));
    assert!(note(&document, NoteCode::Truncated).contains("too much text"));
    let damaged = "<p>Le caf\u{c3}\u{a9} est ferm\u{c3}\u{a9} d\u{c3}\u{a9}j\u{c3}\u{a0}.</p>";
    let document = html(format!("<body>{}", damaged.repeat((4 << 20) / damaged.len())));
    assert!(note(&document, NoteCode::Truncated).contains("too long"));
    assert!(document.text.starts_with("Le café est fermé"));
    let scripts = html(format!("{PROSE}<script>{}</script>{PROSE}", "var a = 1; ".repeat(1 << 20)));
    assert!(scripts.notes.iter().all(|n| n.code != NoteCode::Truncated));
}

#[test]
fn pictures_inside_the_page_are_no_text() {
    let picture = "QUJD".repeat(10 << 18);
    let document =
        html(format!("<article>{PROSE}<img src=\"data:image/png;base64,{picture}\" alt=x>{PROSE}</article>"));
    assert!(document.text.starts_with("The ferry") && document.text.len() < 400);
}

#[test]
fn utf_16_without_a_mark_is_read() {
    let page: Vec<u8> =
        format!("<html><body>{PROSE}</body></html>").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bytes: &'static [u8] = page.leak();
    let document = extract(&Input::new(Body::Page { bytes, content_type: "text/html" }));
    assert!(document.text.starts_with("The ferry"));
    let raw = document.raw_range(4..9);
    let units: Vec<u16> = bytes[raw].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    assert_eq!(String::from_utf16(&units).unwrap(), "ferry");
}

#[test]
fn pages_without_an_article_say_what_they_are() {
    for (page, what) in [
        (
            "<html><head><title>App</title><script>var a = 1;</script></head><body><div id=root></div><script>run()</script></body></html>",
            "scripts",
        ),
        (
            "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1><p>The requested address was not found on this server, sorry.</p></body></html>",
            "error",
        ),
        (
            "<html><head><title>The Post</title></head><body><div><h2>We value your privacy</h2><p>We use cookies and similar technologies.</p><button>Accept all</button></div></body></html>",
            "cookie wall",
        ),
        (
            "<html><head><title>Log in - The Post</title></head><body><form><label>Username</label><input><label>Password</label><input type=password><button>Log in</button></form></body></html>",
            "login",
        ),
        (
            "<html><head><title>Just a moment...</title></head><body><p>Checking your browser before you go on.</p></body></html>",
            "robots",
        ),
    ] {
        let document = run(page, true);
        let message = note(&document, NoteCode::NoArticle);
        assert!(message.contains(what), "{message}");
    }
}

#[test]
fn the_same_input_gives_the_same_output_on_any_thread() {
    let page: &'static str = format!("<title>Ferry stops</title><article><h1>Ferry stops</h1>{PROSE}<ul><li><a href=/a>One more thing</a></ul></article>").leak();
    let expected = run(page, true);
    let threads: Vec<_> =
        (0..8).map(|_| std::thread::spawn(move || extract(&Input::new(Body::Html(page))))).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), expected);
    }
}
