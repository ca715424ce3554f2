//! Raw bytes in, clean article out.
//!
//! [`extract`] is the crate's one verb. It never fails and never panics: it returns what was found, with notes. The crate
//! is pure: no I/O, no clock, no randomness, no state between calls, so the same input gives the same output on any
//! thread. Modules in reading order: `document` (what goes in and out), `decode` (bytes to characters), `trace` (text
//! that knows its source), `normal` (characters), `html` and `flat` (the two paths), `furniture`, `caption`, `dateline`,
//! `updates` (words and lines), `meta` (title, authors, times), `language`, `draft` (the end of both paths).

mod absent;
mod caption;
mod dateline;
mod decode;
mod document;
mod draft;
mod flat;
mod furniture;
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "the names of HTML are an open set; most of them mean nothing here"
)]
mod html;
mod language;
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "the names of HTML are an open set; most of them mean nothing here"
)]
mod meta;
mod normal;
mod trace;
mod updates;

pub use document::{
    Body, Caption, Dateline, Document, Image, Input, Language, MAX_REMOVED_CHARS, MAX_REMOVED_LINES, Note,
    NoteCode, Paragraph, ParagraphKind, Precision, Removed, RemovedReason, UpdateNote,
};
#[doc(hidden)]
pub use flat::training::{FlatLine, flat_feature_names, flat_lines};
pub use trace::EditMap;

use decode::Decoded;
use std::borrow::Cow;

/// The most bytes of a body that are read; offsets are kept in 32 bits, and no article is longer.
pub const MAX_BODY_BYTES: usize = 256 << 20;

/// The most bytes that are read of a page that is not UTF-8: each of its characters is converted one by one.
const MAX_CONVERTED_BYTES: usize = 16 << 20;

/// The most bytes of flat text, or of text that has to be repaired, that are read: a long novel has one MiB.
const MAX_TEXT_BYTES: usize = 2 << 20;

/// Cleans an article. Time and memory are linear in what is read: about 30 ms for each megabyte of an ordinary page, and
/// below a second whatever a page holds, since at most 320,000 nodes and 2 MiB of text are read of it. What was not read
/// is noted.
#[must_use]
pub fn extract(input: &Input<'_>) -> Document {
    let mut early = Vec::new();
    let (decoded, is_html) = match input.body {
        Body::Text(text) => (decode::from_str(text), false),
        Body::Html(html) => (decode::from_str(html), true),
        Body::Page { bytes, content_type } => {
            let limit = if decode::is_utf8(bytes) { MAX_BODY_BYTES } else { MAX_CONVERTED_BYTES };
            if bytes.len() > limit {
                let message = format!("only the first {limit} bytes were read");
                early.push(Note::new(NoteCode::Truncated, message));
            }
            let bytes = bytes.get(..limit).unwrap_or(bytes);
            let decoded = decode::from_bytes(bytes, content_type, input.url);
            let is_html = decode::is_html(content_type, &decoded.text);
            (decoded, is_html)
        }
    };
    let mut document = Document { encoding: decoded.encoding, notes: early, ..Document::default() };
    note_decoding(&decoded, &mut document);
    if document.notes.iter().any(|n| matches!(n.code, NoteCode::NotText | NoteCode::EmptyBody)) {
        own_values(input, &mut document);
        return document;
    }
    let bounded = !is_html || decode::is_damaged(&decoded.text);
    let limit = if bounded { MAX_TEXT_BYTES } else { MAX_BODY_BYTES };
    let text = head(decoded.text, limit, &mut document);
    let (text, map, repaired) = decode::repair(text, decoded.map);
    if repaired > 0 {
        let message =
            format!("{repaired} characters had been decoded in a wrong encoding before and were repaired");
        document.notes.push(Note::new(NoteCode::MojibakeRepaired, message));
    }
    let mut declared = input.language.map(str::to_owned);
    let draft = if is_html {
        let tree = html::parse(&text);
        if tree.truncated {
            document.notes.push(Note::new(
                NoteCode::Truncated,
                "the page has too many elements or too much text; only its beginning was read",
            ));
        }
        if tree.flattened {
            document.notes.push(Note::new(
                NoteCode::NestingFlattened,
                "elements nested deeper than 512 were flattened",
            ));
        }
        declared = declared.or(meta::fill(&tree, input.url, &mut document));
        own_values(input, &mut document);
        html::extract(&tree, input.url, &document)
    } else {
        flat::extract(&text, input.title, input.url, &mut document)
    };
    let described = draft.described;
    draft.finish(&map, &mut document);
    own_values(input, &mut document);
    updates::find(&mut document);
    document.dateline = dateline::find(&document.text);
    document.language = language::of(&document.text, declared.as_deref());
    document.word_count = count_words(&document.text);
    absent::note(&mut document, is_html, described);
    note_content(&mut document);
    document
}

/// The beginning of a text that is too long, noted.
fn head<'a>(text: Cow<'a, str>, limit: usize, document: &mut Document) -> Cow<'a, str> {
    if text.len() <= limit {
        return text;
    }
    let message = format!("the body is too long; only its first {limit} bytes were read");
    document.notes.push(Note::new(NoteCode::Truncated, message));
    let end = text.floor_char_boundary(limit);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// A page for payers that shows fewer words than this shows a teaser.
const TEASER_WORDS: usize = 200;

/// Notes what the text is besides an article: a teaser, or one in two languages.
fn note_content(document: &mut Document) {
    if document.paywalled == Some(true) && (1..TEASER_WORDS).contains(&document.word_count) {
        let message = format!("the page is for payers; it shows {} words", document.word_count);
        document.notes.push(Note::new(NoteCode::PaywallTeaser, message));
    }
    if let Some(other) = language::second(document) {
        let message = format!("a part of the text is in another language: {other}");
        document.notes.push(Note::new(NoteCode::MixedLanguages, message));
    }
}

/// The sender's own values win.
fn own_values(input: &Input<'_>, document: &mut Document) {
    if let Some(title) = input.title.map(normal::tidy).filter(|t| !t.is_empty()) {
        document.title = Some(title);
    }
    if let Some(published) = input.published {
        (document.published, document.published_precision) = (Some(published), Precision::Zoned);
    }
}

fn note_decoding(decoded: &Decoded<'_>, document: &mut Document) {
    let mut note = |code, message: String| document.notes.push(Note::new(code, message));
    if let Some(what) = decoded.not_text {
        return note(NoteCode::NotText, format!("the body is no text; it looks like {what}"));
    }
    if decoded.text.chars().all(|c| normal::fate(c, None) != normal::Fate::Keep) {
        return note(NoteCode::EmptyBody, "the body is empty".to_owned());
    }
    if decoded.replaced > 0 {
        let message = format!("{} broken sequences were replaced by U+FFFD", decoded.replaced);
        note(NoteCode::BrokenSequencesReplaced, message);
    }
    if decoded.guessed {
        note(
            NoteCode::EncodingGuessed,
            format!("the encoding, {}, was guessed from the bytes", decoded.encoding),
        );
    }
}

/// Words: runs of letters and digits; characters of scripts without spaces count one each.
fn count_words(text: &str) -> usize {
    let (mut words, mut inside) = (0, false);
    for c in text.chars() {
        let unspaced = matches!(c, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}');
        let part = c.is_alphanumeric() || (inside && matches!(c, '\'' | '’'));
        words += usize::from(unspaced || (part && !inside));
        inside = part && !unspaced;
    }
    words
}
