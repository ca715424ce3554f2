//! The questions that spaCy and the transformer's training ask Python about a character, answered as Python answers them.
//!
//! The tables come from Python itself (`unicode_tables.rs`). Where Rust and Python agree (upper case, full lower
//! casing, white space but for four control characters) the standard library is used.

use crate::unicode_tables::{ALPHA, DECIMAL, DIGIT, NONSPACING_MARK, NUMBER, NUMERIC, OTHER, PUNCT};

/// `str.isalpha` of one character.
pub(crate) fn is_alpha(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { within(ALPHA, c) }
}

/// `str.isdecimal` of one character; `\d` of Python's `re`.
pub(crate) fn is_decimal(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { within(DECIMAL, c) }
}

/// `str.isdigit` of one character.
pub(crate) fn is_digit(c: char) -> bool {
    is_decimal(c) || (!c.is_ascii() && within(DIGIT, c))
}

/// `\w` of Python's `re`: letters, everything numeric, and the underscore.
pub(crate) fn is_word(c: char) -> bool {
    c == '_' || is_alpha(c) || is_digit(c) || (!c.is_ascii() && within(NUMERIC, c))
}

/// The general categories P*.
pub(crate) fn is_punct(c: char) -> bool {
    within(PUNCT, c)
}

/// The general categories N*.
pub(crate) fn is_number(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { within(NUMBER, c) }
}

/// The general categories C*.
pub(crate) fn is_other(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_control() } else { within(OTHER, c) }
}

/// The general category Mn.
pub(crate) fn is_nonspacing_mark(c: char) -> bool {
    !c.is_ascii() && within(NONSPACING_MARK, c)
}

/// The general category Zs.
pub(crate) fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// `str.isupper` of one character.
pub(crate) fn is_upper(c: char) -> bool {
    c.is_uppercase()
}

/// `str.isspace` of one character; `\s` of Python's `re`. Python adds the four information separators.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Python's single-character lower casing as `re.IGNORECASE` uses it.
pub(crate) fn simple_lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

/// Whether `c` lies in one of the flattened inclusive ranges of `table`.
fn within(table: &[u32], c: char) -> bool {
    let code = u32::from(c);
    let starts_at_or_before = table.as_chunks::<2>().0.partition_point(|range| range[0] <= code);
    starts_at_or_before > 0 && table[2 * starts_at_or_before - 1] >= code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_pythons_not_rusts() {
        let table: &[(char, bool, bool, bool)] = &[
            // character, isalpha, isdigit, \w
            ('a', true, false, true),
            ('é', true, false, true),
            ('Ⅷ', false, false, true),
            ('\u{0901}', false, false, false),
            ('²', false, true, true),
            ('½', false, false, true),
            ('٣', false, true, true),
            ('_', false, false, true),
            ('-', false, false, false),
        ];
        for &(c, alpha, digit, word) in table {
            assert_eq!((is_alpha(c), is_digit(c), is_word(c)), (alpha, digit, word), "{c:?}");
        }
        assert!(is_space('\u{1f}') && is_space('\u{a0}') && !is_space('\u{200b}'));
        assert!(is_punct('«') && !is_punct('$') && !is_punct('a'));
    }
}
