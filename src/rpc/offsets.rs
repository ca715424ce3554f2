//! Byte offsets as the client counts them.

use copydesk_proto::v1::OffsetEncoding;

/// Bytes between two remembered counts: a lookup walks at most this far.
const STEP_BYTES: usize = 256;

/// Converts byte offsets of one text. Building is linear in the text; a lookup is constant.
pub(super) struct Offsets<'a> {
    text: &'a str,
    encoding: OffsetEncoding,
    /// Units before each multiple of `STEP_BYTES`; empty when bytes are wanted.
    counts: Vec<usize>,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(text: &'a str, encoding: OffsetEncoding) -> Offsets<'a> {
        let mut counts = Vec::new();
        if encoding != OffsetEncoding::Utf8 {
            let mut units = 0;
            for (begin, c) in text.char_indices() {
                if begin / STEP_BYTES >= counts.len() {
                    counts.push(units);
                }
                units += units_of(c, encoding);
            }
        }
        Offsets { text, encoding, counts }
    }

    /// For a raw body that is no string: always bytes.
    pub(super) fn bytes() -> Offsets<'static> {
        Offsets { text: "", encoding: OffsetEncoding::Utf8, counts: Vec::new() }
    }

    /// The offset in units. One inside a character counts as its begin, one past the end as the end.
    pub(super) fn convert(&self, byte: usize) -> i32 {
        if self.encoding == OffsetEncoding::Utf8 {
            return saturate(byte);
        }
        let byte = byte.min(self.text.len());
        let step = (byte / STEP_BYTES).min(self.counts.len().saturating_sub(1));
        let Some(before) = self.counts.get(step).copied() else { return 0 };
        // A remembered count stands at the first character that begins at or after the step.
        let mut from = step * STEP_BYTES;
        while !self.text.is_char_boundary(from) {
            from += 1;
        }
        let rest = self.text.get(from..).unwrap_or_default();
        let walked: usize = rest
            .char_indices()
            .take_while(|(index, c)| from + index + c.len_utf8() <= byte)
            .map(|(_, c)| units_of(c, self.encoding))
            .sum();
        saturate(before + walked)
    }
}

fn units_of(c: char, encoding: OffsetEncoding) -> usize {
    match encoding {
        OffsetEncoding::Utf16 => c.len_utf16(),
        OffsetEncoding::CodePoint => 1,
        OffsetEncoding::Utf8 | OffsetEncoding::Unspecified => c.len_utf8(),
    }
}

/// Bodies are far below 2 GiB; a larger offset could not be told.
pub(super) fn saturate(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offset_is_what_counting_from_the_start_gives() {
        let text: String = "aé€😀\u{301}".chars().cycle().take(3_000).collect();
        for encoding in [OffsetEncoding::Utf8, OffsetEncoding::Utf16, OffsetEncoding::CodePoint] {
            let offsets = Offsets::new(&text, encoding);
            for (byte, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let counted: usize = text[..byte].chars().map(|c| units_of(c, encoding)).sum();
                assert_eq!(offsets.convert(byte), saturate(counted), "{encoding:?} at {byte}");
            }
        }
    }

    #[test]
    fn offsets_past_the_end_and_inside_a_character_are_clamped() {
        let offsets = Offsets::new("é", OffsetEncoding::CodePoint);
        assert_eq!((offsets.convert(1), offsets.convert(2), offsets.convert(99)), (0, 1, 1));
        assert_eq!(Offsets::new("", OffsetEncoding::Utf16).convert(5), 0);
    }
}
