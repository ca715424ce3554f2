//! The pieces of a date or an amount: numbers, words and marks.

/// One piece, in lower case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Written in digits. `digits`: how many before the point; a year has four.
    Number {
        value: f64,
        digits: usize,
        has_point: bool,
    },
    Word(String),
    Mark(char),
}

impl Piece {
    pub(super) fn word(&self) -> &str {
        match self {
            Piece::Word(word) => word,
            Piece::Number { .. } | Piece::Mark(_) => "",
        }
    }
}

/// More pieces than this are no date and no amount.
const MAX_PIECES: usize = 24;

/// Cuts the words of a mention; empty if there is too much of it. Full stops of abbreviations are dropped ("p.m." is
/// "pm"), thousands are read with their commas, a possessive is left out.
pub(super) fn lex(words: &str) -> Vec<Piece> {
    let chars: Vec<char> = words.chars().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        if pieces.len() > MAX_PIECES {
            return Vec::new();
        }
        if c.is_whitespace() {
            at += 1;
        } else if c.is_ascii_digit() {
            at = number(&chars, at, &mut pieces);
        } else if c.is_alphabetic() {
            at = word(&chars, at, &mut pieces);
        } else {
            pieces.extend(fraction(c).map_or(Some(Piece::Mark(plain(c))), |value| {
                Some(Piece::Number { value, digits: 0, has_point: true })
            }));
            at += 1;
        }
    }
    pieces
}

fn plain(c: char) -> char {
    match c {
        '–' | '—' | '‐' | '‑' | '−' => '-',
        '’' | '‘' | '′' => '\'',
        '″' | '”' | '“' => '"',
        _ => c,
    }
}

fn fraction(c: char) -> Option<f64> {
    match c {
        '½' => Some(0.5),
        '¼' => Some(0.25),
        '¾' => Some(0.75),
        '⅓' => Some(1.0 / 3.0),
        '⅔' => Some(2.0 / 3.0),
        _ => None,
    }
}

fn number(chars: &[char], from: usize, pieces: &mut Vec<Piece>) -> usize {
    let mut digits = String::new();
    let mut before_point = 0;
    let mut has_point = false;
    let mut at = from;
    while let Some(&c) = chars.get(at) {
        let next_is_digit = chars.get(at + 1).is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() {
            digits.push(c);
            before_point += usize::from(!has_point);
        } else if c == ',' && next_is_digit && groups_thousands(chars, at) {
            // Left out.
        } else if c == '.' && next_is_digit && !has_point && !is_dotted(chars, at) {
            has_point = true;
            digits.push(c);
        } else {
            break;
        }
        at += 1;
    }
    // Digits and one point at most: what Rust reads as a number. A longer row than its range is infinite, and refused.
    let value = digits.parse().unwrap_or(f64::INFINITY);
    pieces.push(Piece::Number { value, digits: before_point, has_point });
    at
}

/// Whether another point follows the digits behind this one: 22.8.2017.
fn is_dotted(chars: &[char], point: usize) -> bool {
    let digits = chars.iter().skip(point + 1).take_while(|c| c.is_ascii_digit()).take(4).count();
    let at = point + 1 + digits;
    let before = chars.get(point.saturating_sub(2)..point).unwrap_or_default();
    let goes_on = chars.get(at) == Some(&'.') && chars.get(at + 1).is_some_and(char::is_ascii_digit);
    goes_on || before.contains(&'.')
}

fn groups_thousands(chars: &[char], comma: usize) -> bool {
    let three = (comma + 1..comma + 4).all(|at| chars.get(at).is_some_and(char::is_ascii_digit));
    three && !chars.get(comma + 4).is_some_and(char::is_ascii_digit)
}

fn word(chars: &[char], from: usize, pieces: &mut Vec<Piece>) -> usize {
    let mut word = String::new();
    let mut at = from;
    while let Some(&c) = chars.get(at) {
        let next_is_letter = chars.get(at + 1).is_some_and(|next| next.is_alphabetic());
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        } else if c == '.' && (next_is_letter || word.len() <= 4) {
            // p.m., U.S., Aug.
        } else if matches!(c, '\'' | '’') {
            let is_clock = word == "o";
            let is_possessive = chars.get(at + 1).is_some_and(|next| matches!(next, 's' | 'S'))
                && !chars.get(at + 2).is_some_and(|next| next.is_alphabetic());
            at += if is_possessive && !is_clock { 1 } else { 0 };
        } else {
            break;
        }
        at += 1;
    }
    // A$: an article has no dollar sign behind it.
    if word == "a" && chars.get(at) == Some(&'$') {
        word.push('u');
    }
    pieces.push(Piece::Word(word));
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_numbers_words_and_marks() {
        let number = |value, digits, has_point| Piece::Number { value, digits, has_point };
        let word = |word: &str| Piece::Word(word.to_owned());
        assert_eq!(lex("$1,200.5bn"), [Piece::Mark('$'), number(1200.5, 4, true), word("bn")]);
        assert_eq!(
            lex("10 p.m. Aug. 3"),
            [number(10.0, 2, false), word("pm"), word("aug"), number(3.0, 1, false)]
        );
        assert_eq!(lex("last year’s"), [word("last"), word("year")]);
        assert_eq!(lex("o’clock 3½"), [word("oclock"), number(3.0, 1, false), number(0.5, 0, true)]);
        assert!(lex(&"7 ".repeat(90)).is_empty());
    }
}
