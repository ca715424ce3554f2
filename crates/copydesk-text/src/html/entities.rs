//! Character references (`&eacute;`, `&#8217;`) after the rules of the HTML standard.
//!
//! Lives here: reading one reference and decoding whole attribute values. Must never come here: anything else that
//! changes text. The table of names is the standard's, from crate `entities`.

use std::borrow::Cow;
use std::sync::OnceLock;

/// The longest name in the standard's table, with `&` and `;`.
const MAX_REFERENCE: usize = 33;

fn table() -> &'static [(&'static str, &'static str)] {
    static TABLE: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut all: Vec<_> = entities::ENTITIES.iter().map(|e| (e.entity, e.characters)).collect();
        all.sort_unstable();
        all
    })
}

/// A character reference: what it stands for and how many bytes it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference {
    /// A numeric reference.
    Char(char, usize),
    /// A named one.
    Text(&'static str, usize),
}

/// Reads the reference that `text` starts with. `in_attribute`: there, `&copy=` is no reference.
pub(crate) fn reference(text: &str, in_attribute: bool) -> Option<Reference> {
    let bytes = text.as_bytes();
    if bytes.get(1) == Some(&b'#') {
        return numeric(bytes);
    }
    if !bytes.get(1)?.is_ascii_alphabetic() {
        return None;
    }
    let longest =
        bytes.iter().take(MAX_REFERENCE).skip(1).take_while(|b| b.is_ascii_alphanumeric()).count() + 1;
    let semicolon = bytes.get(longest) == Some(&b';');
    let whole = if semicolon { longest + 1 } else { longest };
    let find = |length: usize| {
        let name = text.get(..length)?;
        let index = table().binary_search_by_key(&name, |&(name, _)| name).ok()?;
        table().get(index).map(|&(_, characters)| Reference::Text(characters, length))
    };
    if let Some(found) = find(whole) {
        let next = bytes.get(whole);
        let ends_open =
            !semicolon && in_attribute && next.is_some_and(|&b| b == b'=' || b.is_ascii_alphanumeric());
        return (!ends_open).then_some(found);
    }
    if in_attribute {
        return None;
    }
    // "&ampx": old references work without a semicolon, the longest name wins.
    (3..longest).rev().find_map(find)
}

fn numeric(bytes: &[u8]) -> Option<Reference> {
    let hex = matches!(bytes.get(2), Some(b'x' | b'X'));
    let (begin, radix) = if hex { (3, 16) } else { (2, 10) };
    let (mut end, mut value) = (begin, 0u32);
    while let Some(digit) = bytes.get(end).and_then(|&b| char::from(b).to_digit(radix)) {
        value = value.saturating_mul(radix).saturating_add(digit).min(0x0011_0000);
        end += 1;
    }
    if end == begin {
        return None;
    }
    if bytes.get(end) == Some(&b';') {
        end += 1;
    }
    let c = match value {
        0x80..=0x9f => encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(&[value as u8])
            .0
            .chars()
            .next()
            .unwrap_or('\u{fffd}'),
        0 => '\u{fffd}',
        _ => char::from_u32(value).unwrap_or('\u{fffd}'),
    };
    Some(Reference::Char(c, end))
}

/// An attribute's value, decoded.
pub(crate) fn decode_attribute(value: &str) -> Cow<'_, str> {
    decode(value, true)
}

/// Text, decoded, for places where no offsets are kept.
pub(crate) fn decode_text(value: &str) -> Cow<'_, str> {
    decode(value, false)
}

fn decode(value: &str, in_attribute: bool) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let (mut out, mut rest) = (String::with_capacity(value.len()), value);
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = match reference(from, in_attribute) {
            Some(Reference::Char(c, length)) => {
                out.push(c);
                from.get(length..).unwrap_or_default()
            }
            Some(Reference::Text(text, length)) => {
                out.push_str(text);
                from.get(length..).unwrap_or_default()
            }
            None => {
                out.push('&');
                from.get(1..).unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_browsers_do() {
        for (input, expected) in [
            ("&eacute;&#233;&#xE9;", "ééé"),
            ("AT&amp;T &ampx &copy 2020", "AT&T &x © 2020"),
            ("&#146;&#0;&#x110000;", "’\u{fffd}\u{fffd}"),
            ("&notit; &nosuch; & &;", "¬it; &nosuch; & &;"),
            ("&NotEqualTilde;", "≂̸"),
        ] {
            assert_eq!(decode_text(input), expected, "{input}");
        }
        assert_eq!(decode_attribute("?a=1&copy=2&amp;x"), "?a=1&copy=2&x");
    }
}
