//! Damaging bodies at random, and what must hold of any document whatever the body was.
//!
//! Lives here: `mutate` and `check`, shared by the test and by `examples/mutate.rs`. Must never come here: what the text
//! should say.

use copydesk_text::{Body, Input, extract};

/// A small generator of random numbers; the same seed gives the same damage everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `limit`, or 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

/// Pieces that confuse parsers.
const PIECES: [&[u8]; 20] = [
    b"<",
    b">",
    b"</p>",
    b"<div",
    b"\"",
    b"'",
    b"<!--",
    b"-->",
    b"&#x",
    b"&amp",
    b"<script>",
    b"</table>",
    b"<td>",
    b"\xff\xfe",
    b"\xc3",
    b"\xe2\x80",
    b"\0",
    b"<a href=",
    b"<h1>",
    b"\xcc\x86",
];

/// Damages a body in one to eight places.
pub(crate) fn mutate(body: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = body.to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(out.len() + 1);
        let end = (at + random.below(400)).min(out.len());
        match random.below(6) {
            0 => drop(out.drain(at..end)),
            1 => {
                let piece = out[at..end].to_vec();
                let to = random.below(out.len() + 1);
                out.splice(to..to, piece);
            }
            2 => {
                let piece = PIECES[random.below(PIECES.len())];
                out.splice(at..at, piece.iter().copied());
            }
            3 => out[at..end].iter_mut().for_each(|b| *b ^= 1 << (at % 8)),
            4 => out.truncate(at.max(out.len() / 4)),
            _ => out[at..end].reverse(),
        }
    }
    out
}

/// Reads a body in every way there is and panics unless the document keeps its promises.
pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for body in [
        Body::Html(&text),
        Body::Text(&text),
        Body::Page { bytes, content_type: "" },
        Body::Page { bytes, content_type: "text/html; charset=shift_jis" },
    ] {
        let length = if let Body::Page { .. } = body { bytes.len() } else { text.len() };
        let document = extract(&Input { url: "https://example.org/a", ..Input::new(body) });
        let mut end = 0;
        for paragraph in &document.paragraphs {
            assert!(paragraph.begin >= end && paragraph.end > paragraph.begin, "paragraphs overlap");
            assert!(
                document.text.get(paragraph.begin..paragraph.end).is_some(),
                "a paragraph cuts a character"
            );
            let raw = document.raw_range(paragraph.begin..paragraph.end);
            assert!(
                raw.start < raw.end && raw.end <= length,
                "a raw range {raw:?} lies outside of {length} bytes"
            );
            if let Body::Html(text) | Body::Text(text) = body {
                assert!(text.get(raw).is_some(), "a raw range cuts a character");
            }
            end = paragraph.end;
        }
        assert_eq!(end, document.text.len(), "text without a paragraph");
        assert!(!document.text.chars().any(|c| c.is_control() && c != '\n'), "control characters");
        for removed in &document.removed {
            assert!(removed.raw.start <= removed.raw.end && removed.raw.end <= length);
        }
    }
}
