//! Decoding that remembers which bytes each character came from.
//!
//! Lives here: `decode` and `SourceMap`. Must never come here: the choice of encoding (`mod.rs`). UTF-8 is borrowed
//! and mapped by a shift; other encodings get a run-length coded map, small because neighbours are alike.

use crate::trace::{EditMap, Traced};
use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;
use std::ops::Range;

/// From decoded offsets to submitted offsets.
#[derive(Debug, Clone)]
pub(crate) enum SourceMap {
    /// The text stands in the submitted bytes unchanged, this many bytes in.
    Shift(usize),
    /// The text was converted.
    Runs(EditMap),
}

impl SourceMap {
    /// The submitted range of a decoded range.
    pub(crate) fn range(&self, decoded: Range<usize>) -> Range<usize> {
        match self {
            Self::Shift(by) => decoded.start + by..decoded.end + by,
            Self::Runs(map) => map.raw_range(decoded),
        }
    }

    /// Turns a text traced to decoded offsets into one traced to submitted offsets.
    pub(crate) fn to_submitted(&self, traced: Traced) -> Traced {
        match self {
            Self::Shift(0) => traced,
            &Self::Shift(by) => {
                let mut traced = traced;
                for run in &mut traced.map.runs {
                    run.from += by as u32;
                }
                traced
            }
            Self::Runs(map) => {
                let mut moved = Traced::default();
                let mut at = 0;
                for run in &traced.map.runs {
                    let (begin, end) = (run.at as usize, (run.at + run.count * run.step) as usize);
                    moved.push_unsourced(traced.text.get(at..begin).unwrap_or_default());
                    let text = traced.text.get(begin..end).unwrap_or_default();
                    if run.step == 1 && run.width == 1 {
                        for (i, c) in text.char_indices() {
                            let from = run.from as usize + i;
                            moved.push(c, map.raw_range(from..from + c.len_utf8()));
                        }
                    } else {
                        let step = run.step as usize;
                        for unit in 0..run.count as usize {
                            let from = run.from as usize + unit * run.width as usize;
                            let piece = text.get(unit * step..(unit + 1) * step).unwrap_or_default();
                            moved.push_replaced(piece, map.raw_range(from..from + run.width as usize));
                        }
                    }
                    at = end;
                }
                moved.push_unsourced(traced.text.get(at..).unwrap_or_default());
                moved
            }
        }
    }
}

/// Decodes `bytes` past a byte order mark of `skip` bytes. Gives the text, the map and the number of broken sequences.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    skip: usize,
    encoding: &'static Encoding,
) -> (Cow<'a, str>, SourceMap, usize) {
    let body = bytes.get(skip..).unwrap_or_default();
    if encoding == UTF_8 {
        if let Ok(text) = std::str::from_utf8(body) {
            return (Cow::Borrowed(text), SourceMap::Shift(skip), 0);
        }
        return finish(utf8(body, skip));
    }
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return finish(utf16(body, skip, encoding == UTF_16BE));
    }
    if encoding.is_single_byte() {
        return finish(single_byte(body, skip, encoding));
    }
    finish(multi_byte(body, skip, encoding))
}

fn finish<'a>((traced, replaced): (Traced, usize)) -> (Cow<'a, str>, SourceMap, usize) {
    (Cow::Owned(traced.text), SourceMap::Runs(traced.map), replaced)
}

fn utf8(body: &[u8], skip: usize) -> (Traced, usize) {
    let (mut traced, mut replaced, mut at) = (Traced::default(), 0, skip);
    for chunk in body.utf8_chunks() {
        traced.push_copied(chunk.valid(), at);
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            traced.push('\u{fffd}', at..at + chunk.invalid().len());
            at += chunk.invalid().len();
            replaced += 1;
        }
    }
    (traced, replaced)
}

fn utf16(body: &[u8], skip: usize, big_endian: bool) -> (Traced, usize) {
    let (mut traced, mut replaced, mut at) = (Traced::default(), 0, skip);
    let units = body
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&pair| if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
    for unit in char::decode_utf16(units) {
        let (c, width) = unit.map_or(('\u{fffd}', 2), |c| (c, 2 * c.len_utf16()));
        replaced += usize::from(c == '\u{fffd}');
        traced.push(c, at..at + width);
        at += width;
    }
    (traced, replaced)
}

fn single_byte(body: &[u8], skip: usize, encoding: &'static Encoding) -> (Traced, usize) {
    let mut table = ['\u{fffd}'; 256];
    for (byte, slot) in (0..=255u8).zip(table.iter_mut()) {
        if let Some(c) = encoding.decode_without_bom_handling(&[byte]).0.chars().next() {
            *slot = c;
        }
    }
    let (mut traced, mut replaced) = (Traced::default(), 0);
    for (i, &byte) in body.iter().enumerate() {
        let c = table[usize::from(byte)];
        replaced += usize::from(c == '\u{fffd}');
        traced.push(c, skip + i..skip + i + 1);
    }
    (traced, replaced)
}

/// Feeds one byte at a time, which is how a character's bytes become known; about 10 ns a byte.
fn multi_byte(body: &[u8], skip: usize, encoding: &'static Encoding) -> (Traced, usize) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut traced, mut replaced, mut begin) = (Traced::default(), 0, 0);
    let mut out = [0u8; 32];
    for i in 0..=body.len() {
        let last = i == body.len();
        let input = if last { &[][..] } else { body.get(i..=i).unwrap_or_default() };
        let end = (i + 1).min(body.len());
        let (result, _, written, broken) = decoder.decode_to_utf8(input, &mut out, last);
        debug_assert_eq!(result, CoderResult::InputEmpty);
        replaced += usize::from(broken);
        let text = std::str::from_utf8(out.get(..written).unwrap_or_default()).unwrap_or_default();
        for c in text.chars() {
            traced.push(c, skip + begin..skip + end.max(begin));
        }
        if written > 0 {
            begin = end;
        }
    }
    (traced, replaced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{SHIFT_JIS, WINDOWS_1252};

    #[test]
    fn multi_byte_characters_map_to_all_their_bytes() {
        let (bytes, _, _) = SHIFT_JIS.encode("港の橋 A");
        let (text, map, replaced) = decode(&bytes, 0, SHIFT_JIS);
        assert_eq!((text.as_ref(), replaced), ("港の橋 A", 0));
        assert_eq!(map.range(3..6), 2..4);
        assert_eq!(map.range(10..11), 7..8);
    }

    #[test]
    fn moved_text_keeps_entities_and_bytes() {
        let (text, map, _) = decode(b"x caf\xe9 &amp; th\xe9", 0, WINDOWS_1252);
        let mut traced = Traced::default();
        let at = text.find("café").unwrap();
        traced.push_copied("café ", at);
        traced.push('&', at + 6..at + 11);
        let moved = map.to_submitted(traced);
        assert_eq!(moved.text, "café &");
        assert_eq!(moved.source(0..5), 2..6);
        assert_eq!(moved.whole(), 2..12);
    }
}
