//! Bytes to characters, in browsers' order of evidence: byte order mark, Content-Type, `meta`, then the bytes.
//!
//! Lives here: the choice of encoding. `source.rs` beside it decodes and keeps where each character came from.
//! Must never come here: anything that reads HTML beyond the first `meta` elements. Called by `extract`.

mod mojibake;
mod source;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
pub(crate) use mojibake::{is_damaged, repair};
pub(crate) use source::SourceMap;
use std::borrow::Cow;

/// Browsers look for `meta` in the first 1,024 bytes; real pages put it later after scripts and comments.
const PRESCAN_BYTES: usize = 16 * 1024;

/// How many bytes the detector reads at most; more changes no guess and costs time on huge pages.
const DETECT_BYTES: usize = 256 * 1024;

/// A body as characters.
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) map: SourceMap,
    pub(crate) encoding: &'static str,
    /// Broken sequences that became U+FFFD.
    pub(crate) replaced: usize,
    pub(crate) guessed: bool,
    /// Set when the bytes are no text: what they are.
    pub(crate) not_text: Option<&'static str>,
}

/// Wraps a string that needs no decoding.
pub(crate) fn from_str(text: &str) -> Decoded<'_> {
    Decoded {
        text: Cow::Borrowed(text),
        map: SourceMap::Shift(0),
        encoding: "UTF-8",
        replaced: 0,
        guessed: false,
        not_text: looks_binary(text),
    }
}

/// True for UTF-8 without a byte order mark of another encoding; what needs no conversion.
pub(crate) fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

/// Decodes a page. Linear in its length.
pub(crate) fn from_bytes<'a>(bytes: &'a [u8], content_type: &str, url: &str) -> Decoded<'a> {
    if let Some(what) = magic(bytes) {
        let (text, map) = (Cow::Borrowed(""), SourceMap::Shift(0));
        return Decoded { text, map, encoding: "UTF-8", replaced: 0, guessed: false, not_text: Some(what) };
    }
    let (encoding, skip, guessed) = choose(bytes, content_type, url);
    let (text, map, replaced) = source::decode(bytes, skip, encoding);
    let not_text = looks_binary(&text);
    Decoded { text, map, encoding: encoding.name(), replaced, guessed, not_text }
}

/// True when a body is HTML: by its Content-Type, else by what it opens with.
pub(crate) fn is_html(content_type: &str, text: &str) -> bool {
    let kind = content_type.to_ascii_lowercase();
    if kind.contains("html") || kind.contains("xml") {
        return true;
    }
    let head: String = text.chars().take(4096).collect::<String>().to_ascii_lowercase();
    let tags = [
        "<!doctype",
        "<html",
        "<head",
        "<body",
        "<div",
        "<p>",
        "<p ",
        "<article",
        "<meta",
        "<script",
        "<title",
    ];
    let opened = head.trim_start().starts_with('<') && tags.iter().any(|tag| head.contains(tag));
    opened || (kind.is_empty() && ["<html", "<body", "</p>", "<div"].iter().any(|tag| head.contains(tag)))
}

/// The encoding, the length of the byte order mark, and whether it had to be guessed.
fn choose(bytes: &[u8], content_type: &str, url: &str) -> (&'static Encoding, usize, bool) {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return (encoding, length, false);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return (encoding, 0, true);
    }
    let valid_utf8 = std::str::from_utf8(bytes).is_ok();
    let declared = charset_of(content_type.as_bytes()).or_else(|| meta_charset(bytes));
    match declared {
        Some(encoding) if encoding == UTF_8 && !valid_utf8 && mostly_broken(bytes) => {}
        // Latin-1 labels are the commonest wrong labels; text that is valid UTF-8 by chance is next to impossible.
        Some(encoding) if encoding == WINDOWS_1252 && valid_utf8 && !bytes.is_ascii() => {
            return (UTF_8, 0, true);
        }
        Some(encoding) => return (encoding, 0, false),
        None if valid_utf8 => return (UTF_8, 0, false),
        None => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..DETECT_BYTES).unwrap_or(bytes), true);
    let tld = top_level_domain(url);
    (detector.guess(tld.as_deref().map(str::as_bytes), Utf8Detection::Allow), 0, true)
}

/// True when a page that calls itself UTF-8 has more broken than sound multi-byte sequences: then the label is wrong
/// rather than the page damaged.
fn mostly_broken(bytes: &[u8]) -> bool {
    let (mut broken, mut sound) = (0usize, 0usize);
    for chunk in bytes.get(..DETECT_BYTES).unwrap_or(bytes).utf8_chunks() {
        broken += usize::from(!chunk.invalid().is_empty());
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
    }
    broken > sound
}

fn charset_of(header: &[u8]) -> Option<&'static Encoding> {
    let lower = header.to_ascii_lowercase();
    let at = find(&lower, b"charset")? + 7;
    let rest = lower.get(at..)?;
    let rest = trim_start(rest).strip_prefix(b"=")?;
    let rest = trim_start(rest);
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end = rest.iter().position(|b| b"\"'; \t\r\n>/".contains(b)).unwrap_or(rest.len());
    Encoding::for_label(rest.get(..end)?)
}

/// The charset of the first `meta` that names one. As browsers do, UTF-16 in a readable `meta` means UTF-8.
fn meta_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..PRESCAN_BYTES).unwrap_or(bytes).to_ascii_lowercase();
    let mut at = 0;
    while let Some(found) = head.get(at..).and_then(|rest| find(rest, b"<meta")) {
        let begin = at + found;
        let rest = head.get(begin..)?;
        let end = rest.iter().position(|&b| b == b'>').unwrap_or(rest.len());
        if let Some(encoding) = charset_of(rest.get(..end)?) {
            return Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding });
        }
        at = begin + 5;
    }
    let declaration = head.strip_prefix(b"<?xml")?;
    let end = find(declaration, b"?>")?;
    let at = find(declaration.get(..end)?, b"encoding")? + 8;
    let label = declaration.get(at..end)?;
    let label: Vec<u8> = label.iter().copied().filter(|b| !b"=\"' ".contains(b)).collect();
    Encoding::for_label(&label)
}

/// UTF-16 of mostly Latin text has a zero in every second byte; nothing else that is text has.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..4096).unwrap_or(bytes);
    if head.len() < 16 {
        return None;
    }
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if odd * 10 > half * 6 && even * 10 < half {
        Some(UTF_16LE)
    } else if even * 10 > half * 6 && odd * 10 < half {
        Some(UTF_16BE)
    } else {
        None
    }
}

fn magic(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 14] = [
        (b"%PDF-", "a PDF file"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF87a", "a GIF image"),
        (b"GIF89a", "a GIF image"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "gzip data"),
        (b"\x28\xb5\x2f\xfd", "zstd data"),
        (b"RIFF", "a media file"),
        (b"OggS", "a media file"),
        (b"\x7fELF", "a program"),
        (b"ID3", "a media file"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"wOF", "a font"),
    ];
    MAGIC.iter().find(|(start, _)| bytes.starts_with(start)).map(|&(_, what)| what)
}

/// Text has next to no control characters; arbitrary bytes have them in one of eight places.
fn looks_binary(text: &str) -> Option<&'static str> {
    let (mut odd, mut all) = (0usize, 0usize);
    for c in text.chars().take(65_536) {
        all += 1;
        odd +=
            usize::from((c < ' ' && !matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b')) || c == '\u{fffd}');
    }
    (all >= 8 && odd * 10 > all * 3).then_some("binary data")
}

fn top_level_domain(url: &str) -> Option<String> {
    let host = url.split("://").nth(1)?.split(['/', '?', '#', ':']).next()?;
    let last = host.rsplit('.').next()?;
    let plain = !last.is_empty() && last.bytes().all(|b| b.is_ascii_alphabetic());
    plain.then(|| last.to_ascii_lowercase())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let skip = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
    bytes.get(skip..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], content_type: &str, encoding: &str, text: &str) {
        let decoded = from_bytes(bytes, content_type, "");
        assert_eq!((decoded.encoding, decoded.text.as_ref()), (encoding, text));
    }

    #[test]
    fn evidence_is_taken_in_browsers_order() {
        check(b"\xef\xbb\xbfcaf\xc3\xa9", "text/html; charset=windows-1251", "UTF-8", "café");
        check(b"\xff\xfeh\0i\0", "text/html; charset=utf-8", "UTF-16LE", "hi");
        check(b"caf\xe9", "text/html; charset=\"ISO-8859-1\"", "windows-1252", "café");
        let page = b"<meta charset=windows-1251>\xcf\xf0\xe8";
        check(page, "text/html", "windows-1251", "<meta charset=windows-1251>При");
        check(page, "text/html; charset=koi8-r", "KOI8-R", "<meta charset=windows-1251>оПХ");
    }

    #[test]
    fn a_wrong_latin_1_label_on_utf_8_is_seen_through() {
        check("“naïve”".as_bytes(), "text/html; charset=iso-8859-1", "UTF-8", "“naïve”");
    }

    #[test]
    fn utf_16_without_a_mark_is_recognized() {
        let bytes: Vec<u8> = "a plain sentence of text".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&bytes, "", "UTF-16BE", "a plain sentence of text");
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        assert_eq!(from_bytes(b"%PDF-1.7 ...", "", "").not_text, Some("a PDF file"));
        let noise: Vec<u8> =
            (0..4000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 & 0x1f).collect();
        assert!(from_bytes(&noise, "", "").not_text.is_some());
    }

    #[test]
    fn broken_sequences_are_replaced_and_counted() {
        let bytes = "déjà vu, très bien".bytes().chain(*b"\xff end").collect::<Vec<u8>>();
        let decoded = from_bytes(&bytes, "text/plain; charset=utf-8", "");
        assert_eq!((decoded.text.as_ref(), decoded.replaced), ("déjà vu, très bien\u{fffd} end", 1));
    }
}
