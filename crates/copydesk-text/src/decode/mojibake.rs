//! Repair of text that was UTF-8 once and was read as windows-1252, latin-1 or windows-1251.
//!
//! Lives here: when a body is surely damaged so, and its repair, sequence by sequence, offsets kept. Must never come here:
//! guessing among encodings for undamaged bytes (`mod.rs`). Only sequences that decode to characters which the damaged
//! texts of the world hold are touched: French "É»" and German "Ü“" are sound text although they decode to something.

use super::source::SourceMap;
use crate::trace::Traced;
use encoding_rs::{Encoding, WINDOWS_1251, WINDOWS_1252};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Text damaged twice is repaired twice; more is not seen in the wild.
const MAX_PASSES: usize = 2;

/// Sequences that sound text never holds make the damage sure in this number even if other letters are sound.
const TELLING_COUNT: usize = 3;

/// So many sequences of the kinds that sound text could hold by chance make the damage sure.
const SURE_COUNT: usize = 4;

/// Repairs a decoded body if it is surely damaged. Gives the number of repaired characters, 0 when nothing was done.
/// Linear; a body without damage costs one scan.
pub(crate) fn repair<'a>(mut text: Cow<'a, str>, mut map: SourceMap) -> (Cow<'a, str>, SourceMap, usize) {
    let mut repaired = 0;
    for _ in 0..MAX_PASSES {
        let Some(encoding) = damage(&text) else { break };
        let (fixed, count) = pass(&text, encoding);
        repaired += count;
        let fixed = map.to_submitted(fixed);
        (text, map) = (Cow::Owned(fixed.text), SourceMap::Runs(fixed.map));
    }
    (text, map, repaired)
}

/// Only the beginning of a text is looked at for damage: it is damaged throughout, or not at all.
const DAMAGE_BYTES: usize = 1 << 20;

/// True when a text is surely damaged.
pub(crate) fn is_damaged(text: &str) -> bool {
    damage(text).is_some()
}

/// The encoding that the text was wrongly read in, when that is sure.
fn damage(text: &str) -> Option<&'static Encoding> {
    let text = text.get(..text.floor_char_boundary(DAMAGE_BYTES)).unwrap_or(text);
    if text.is_ascii() {
        return None;
    }
    let (mut telling, mut count) = (0usize, 0usize);
    let (mut cyrillic, mut letters) = (0usize, 0usize);
    let (mut sound, mut skip) = (0usize, 0usize);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = c.len_utf8();
        if !c.is_ascii() && skip == 0 {
            if let Some((decoded, length)) = sequence(rest, WINDOWS_1252) {
                count += 1;
                skip = rest.get(..length).map_or(0, |s| s.chars().count());
                telling += usize::from(matches!(c, 'Ã' | 'Â' | 'â') && !decoded.is_ascii());
            }
            if ('А'..='я').contains(&c) {
                letters += 1;
                cyrillic += usize::from(sequence(rest, WINDOWS_1251).is_some());
            }
        }
        sound += usize::from(skip == 0 && c.is_alphabetic() && !c.is_ascii());
        skip = skip.saturating_sub(1);
        rest = rest.get(length..).unwrap_or_default();
    }
    // Sound letters beside a few damaged ones: the text may be speaking of the damage.
    if telling > sound || telling >= TELLING_COUNT || count >= SURE_COUNT {
        Some(WINDOWS_1252)
    } else if cyrillic >= SURE_COUNT && cyrillic * 10 > letters * 7 {
        // In sound Russian hardly any letter starts such a pair; in damaged text every letter does.
        Some(WINDOWS_1251)
    } else {
        None
    }
}

fn pass(text: &str, encoding: &'static Encoding) -> (Traced, usize) {
    let (mut out, mut count, mut at, mut copied) = (Traced::default(), 0, 0, 0);
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let found =
            if c.is_ascii() { None } else { sequence(rest, encoding).or_else(|| spaced_out(rest, encoding)) };
        let Some((decoded, length)) = found else {
            at += c.len_utf8();
            continue;
        };
        out.push_copied(text.get(copied..at).unwrap_or_default(), copied);
        out.push(decoded, at..at + length);
        at += length;
        copied = at;
        count += 1;
    }
    out.push_copied(text.get(copied..).unwrap_or_default(), copied);
    (out, count)
}

/// "Ã" before a space was "à": its second byte reads as a no-break space, which other programs turn into a plain one.
fn spaced_out(text: &str, encoding: &'static Encoding) -> Option<(char, usize)> {
    let rest = text.strip_prefix('Ã').filter(|_| encoding == WINDOWS_1252)?;
    let doubled = rest.starts_with("  ");
    rest.starts_with(' ').then_some(('à', 2 + usize::from(doubled)))
}

/// Reads a damaged character at the start of `text`: what it was, and how many bytes of `text` it takes.
fn sequence(text: &str, encoding: &'static Encoding) -> Option<(char, usize)> {
    let mut chars = text.chars();
    let first = byte(chars.next()?, encoding)?;
    let count = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [first, 0, 0, 0];
    let mut length = text.chars().next()?.len_utf8();
    for slot in bytes.iter_mut().take(count).skip(1) {
        let c = chars.next()?;
        *slot = byte(c, encoding).filter(|b| (0x80..0xc0).contains(b))?;
        length += c.len_utf8();
    }
    let decoded = std::str::from_utf8(bytes.get(..count)?).ok()?.chars().next()?;
    plausible(decoded, encoding).then_some((decoded, length))
}

/// What the damaged texts of the world hold; not what two neighbouring letters decode to by chance.
fn plausible(c: char, encoding: &'static Encoding) -> bool {
    if encoding == WINDOWS_1251 {
        return matches!(c, '\u{401}'..='\u{491}' | '\u{a0}' | '\u{ab}' | '\u{bb}' | '\u{2010}'..='\u{203a}' | '\u{2116}');
    }
    matches!(
        c,
        // The five bytes that windows-1252 leaves undefined, damaged twice.
        '\u{81}' | '\u{8d}' | '\u{8f}' | '\u{90}' | '\u{9d}' | '\u{a0}'..='\u{17f}' | '\u{192}' | '\u{218}'..='\u{21b}' | '\u{2c6}' | '\u{2dc}' | '\u{384}'..='\u{3ce}' | '\u{401}'..='\u{491}' | '\u{5d0}'..='\u{5ea}'
        | '\u{600}'..='\u{6ff}' | '\u{900}'..='\u{97f}' | '\u{e00}'..='\u{e5b}' | '\u{1ea0}'..='\u{1ef9}' | '\u{2010}'..='\u{2044}'
        | '\u{20ac}' | '\u{2116}' | '\u{2122}' | '\u{2190}'..='\u{21ff}' | '\u{2212}' | '\u{25a0}'..='\u{27bf}' | '\u{3000}'..='\u{30ff}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{feff}' | '\u{ff00}'..='\u{ff5e}' | '\u{1f300}'..='\u{1faff}')
}

/// The byte that a character was read from.
fn byte(c: char, encoding: &'static Encoding) -> Option<u8> {
    static TABLES: OnceLock<[Vec<(char, u8)>; 2]> = OnceLock::new();
    let [latin, cyrillic] = TABLES.get_or_init(|| [table(WINDOWS_1252), table(WINDOWS_1251)]);
    let table = if encoding == WINDOWS_1251 { cyrillic } else { latin };
    // Latin-1 reads 80 to 9F as control characters of the same number.
    if ('\u{80}'..='\u{9f}').contains(&c) {
        return u8::try_from(u32::from(c)).ok();
    }
    table.binary_search_by_key(&c, |&(c, _)| c).ok().and_then(|i| table.get(i)).map(|&(_, byte)| byte)
}

fn table(encoding: &'static Encoding) -> Vec<(char, u8)> {
    let mut table: Vec<(char, u8)> = (0x80..=0xffu8)
        .filter_map(|byte| encoding.decode_without_bom_handling(&[byte]).0.chars().next().map(|c| (c, byte)))
        .collect();
    table.sort_unstable();
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(text: &str) -> (String, usize) {
        let (text, _, count) = repair(Cow::Borrowed(text), SourceMap::Shift(0));
        (text.into_owned(), count)
    }

    fn damaged(text: &str, encoding: &'static Encoding) -> String {
        encoding.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn damaged_text_is_restored() {
        for text in ["Café “Zürich” — à la carte", "Ministři řekli, že most je zavřený", "日本語の記事"]
        {
            assert_eq!(fixed(&damaged(text, WINDOWS_1252)).0, text);
            assert_eq!(fixed(&damaged(&damaged(text, WINDOWS_1252), WINDOWS_1252)).0, text);
        }
        let russian = "Мост через реку закрыт до весны, сообщила мэрия";
        assert_eq!(fixed(&damaged(russian, WINDOWS_1251)).0, russian);
    }

    #[test]
    fn sound_text_is_left_alone() {
        for text in [
            "Au « CAFÉ» du port",
            "Das „MENÜ“ und die „TÜR“",
            "SÃO PAULO, AÇÃO",
            "Россия, Сербия и СССР",
            "x ≥ 3 © 2020",
            "ÅÄÖ",
        ] {
            assert_eq!(fixed(text), (text.to_owned(), 0));
        }
    }

    #[test]
    fn offsets_survive_the_repair() {
        let (text, map, _) = repair(Cow::Borrowed("a CafÃ© b"), SourceMap::Shift(0));
        assert_eq!(text, "a Café b");
        assert_eq!(map.range(5..7), 5..9);
        assert_eq!(map.range(8..9), 10..11);
    }
}
