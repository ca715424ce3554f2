//! What each character becomes in clean text, and NFC.
//!
//! Lives here: which characters are dropped, which are spaces, composition. Must never come here: words or lines.
//! Used by the HTML and the flat path alike, so that both give the same characters.

use crate::trace::Traced;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// What a character becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays.
    Keep,
    /// Any kind of space but a line end.
    Space,
    /// A line end.
    Line,
    /// Control, zero-width and other characters that readers never see.
    Drop,
}

/// Decides on a character; `before` is the last one kept, which decides whether a joiner joins anything.
pub(crate) fn fate(c: char, before: Option<char>) -> Fate {
    match c {
        '!'..='~' => Fate::Keep,
        ' '
        | '\t'
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => Fate::Space,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Line,
        // Joiners shape letters in Arabic and Indic scripts and bind emoji; between Latin letters they are litter.
        '\u{200c}' | '\u{200d}' if before.is_some_and(|b| b >= '\u{600}' && !b.is_whitespace()) => Fate::Keep,
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{e0001}'
        | '\u{f0000}'..='\u{10ffff}' => Fate::Drop,
        _ => Fate::Keep,
    }
}

/// How much a character says: one of Chinese, Japanese or Korean as much as three letters, so that one threshold on
/// lengths serves all scripts (a Chinese text is about a third as long as its English translation).
pub(crate) fn size(c: char) -> usize {
    if matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{20000}'..='\u{3ffff}')
    {
        3
    } else {
        1
    }
}

/// Composes to NFC. Text that is NFC already, nearly all of it, is returned as it is.
pub(crate) fn compose(traced: Traced) -> Traced {
    if is_nfc_quick(traced.text.chars()) == IsNormalized::Yes {
        return traced;
    }
    let mut out = Traced::default();
    let mut cluster = 0..0;
    let mut previous = None;
    for (at, c) in traced.text.char_indices() {
        let joins =
            canonical_combining_class(c) != 0 || is_nfc_quick(std::iter::once(c)) != IsNormalized::Yes;
        if !joins || previous.is_none() {
            push_cluster(&mut out, &traced, cluster);
            cluster = at..at;
        }
        cluster.end = at + c.len_utf8();
        previous = Some(c);
    }
    push_cluster(&mut out, &traced, cluster);
    out
}

fn push_cluster(out: &mut Traced, traced: &Traced, cluster: std::ops::Range<usize>) {
    let text = traced.text.get(cluster.clone()).unwrap_or_default();
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return out.push_slice(traced, cluster);
    }
    let composed: String = text.nfc().collect();
    out.push_replaced(&composed, traced.source(cluster));
}

/// Normalizes a short string that needs no offsets: metadata, names, addresses of sites.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        match fate(c, out.chars().next_back()) {
            Fate::Keep => {
                if space && !out.is_empty() {
                    out.push(' ');
                }
                space = false;
                out.push(c);
            }
            Fate::Space | Fate::Line => space = true,
            Fate::Drop => {}
        }
    }
    if is_nfc_quick(out.chars()) == IsNormalized::Yes { out } else { out.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decomposed_letters_are_composed_and_keep_their_source() {
        let mut traced = Traced::default();
        traced.push_copied("Erdog\u{306}an met Ángel", 0);
        let out = compose(traced);
        assert_eq!(out.text, "Erdoğan met Ángel");
        assert_eq!(out.source(4..6), 4..7);
        assert_eq!(out.source(6..8), 7..9);
    }

    #[test]
    fn joiners_stay_only_where_a_script_needs_them() {
        assert_eq!(tidy("co\u{200d}op \u{ad}x\u{200b}"), "coop x");
        assert_eq!(tidy("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }
}
