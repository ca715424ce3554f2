//! Numbers in digits and words: "1.2 billion", "two hundred and fifty", "three and a half", "a dozen".

use super::lex::Piece;

/// A number and how many pieces it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) value: f64,
    pub(super) len: usize,
}

/// The value of a word below a hundred.
pub(super) fn small(word: &str) -> Option<f64> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let position = |words: &[&str]| words.iter().position(|known| *known == word).map(|at| at as f64);
    position(&WORDS).or(position(&TENS).map(|at| (at + 2.0) * 10.0))
}

/// What a word multiplies by.
fn scale(word: &str) -> Option<f64> {
    match word {
        "hundred" => Some(1e2),
        "thousand" | "k" => Some(1e3),
        "million" | "m" | "mn" | "mln" | "mm" => Some(1e6),
        "billion" | "b" | "bn" | "bln" => Some(1e9),
        "trillion" | "tn" | "trn" => Some(1e12),
        "dozen" => Some(12.0),
        _ => None,
    }
}

/// First, second, … thirty-first as a number.
pub(super) fn ordinal(word: &str) -> Option<u8> {
    const WORDS: [&str; 12] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
        "eleventh", "twelfth",
    ];
    WORDS.iter().position(|known| *known == word).and_then(|at| u8::try_from(at + 1).ok())
}

/// Whether a word says how many without a number.
pub(super) fn is_vague(word: &str) -> bool {
    matches!(
        word,
        "several"
            | "few"
            | "some"
            | "many"
            | "dozens"
            | "hundreds"
            | "thousands"
            | "millions"
            | "billions"
            | "trillions"
            | "tens"
            | "recent"
            | "various"
            | "numerous"
            | "couple"
            | "multiple"
            | "countless"
            | "much"
            | "scores"
    )
}

/// Reads a number at the head of `pieces`. Of letters, only `m`, `b` and `k` glued to digits are scales where a unit may
/// follow; `letters` says whether they are allowed at all.
pub(super) fn read(pieces: &[Piece], letters: bool) -> Option<Number> {
    let word = |at: usize| pieces.get(at).map_or("", Piece::word);
    let scaled = |at: usize| scale(word(at)).filter(|_| letters || word(at).len() > 1);
    let (mut value, mut len) = match pieces.first()? {
        Piece::Number { value, .. } => (*value, 1),
        Piece::Word(first) => match first.as_str() {
            "half" => (0.5, 1 + usize::from(matches!(word(1), "a" | "an"))),
            "a" | "an" if word(1) == "half" => (0.5, 2),
            "a" | "an" | "one" if word(1) == "quarter" => (0.25, 2),
            "a" | "an" => (1.0, 1),
            "hundred" | "thousand" | "million" | "billion" | "trillion" | "dozen" => (1.0, 0),
            other => (small(other)?, 1),
        },
        Piece::Mark(_) => return None,
    };
    let is_digits = matches!(pieces.first(), Some(Piece::Number { .. }));
    // 3½.
    if let Some(Piece::Number { value: part, digits: 0, .. }) = pieces.get(len).filter(|_| is_digits) {
        value += part;
        len += 1;
    }
    let mut total = 0.0;
    loop {
        if matches!(pieces.get(len), Some(Piece::Mark('-'))) && !is_digits && small(word(len + 1)).is_some() {
            value += small(word(len + 1)).unwrap_or_default();
            len += 2;
        } else if is_digits
            && pieces.get(len) == Some(&Piece::Mark('-'))
            && scaled(len + 1).is_some_and(|by| by >= 1e3)
        {
            // $5-billion.
            len += 1;
        } else if let Some(factor) = scaled(len) {
            value *= factor;
            len += 1;
            if factor >= 1e3 {
                total += value;
                value = 0.0;
            }
        } else if word(len) == "and" && word(len + 1) == "a" && word(len + 2) == "half" {
            value += 0.5;
            len += 3;
        } else if let Some(part) = small(word(len)).filter(|_| !is_digits && can_add(value, total)) {
            value += part;
            len += 1;
        } else if let Some(part) =
            small(word(len + 1)).filter(|_| word(len) == "and" && value + total >= 100.0)
        {
            value += part;
            len += 2;
        } else {
            break;
        }
    }
    let value = total + value;
    value.is_finite().then_some(Number { value, len })
}

/// Twenty one, two hundred fifty: the next word fills zeros. "One nine" does not.
fn can_add(value: f64, total: f64) -> bool {
    (value >= 20.0 && value % 10.0 == 0.0) || (value == 0.0 && total > 0.0)
}

#[cfg(test)]
mod tests {
    use super::{super::lex::lex, *};

    #[test]
    fn digits_and_words_are_read_to_their_end() {
        for (words, value, len) in [
            ("12 miles", 12.0, 1),
            ("1.2 billion dollars", 1.2e9, 2),
            ("two hundred and fifty tons", 250.0, 4),
            ("twenty-five miles", 25.0, 3),
            ("three and a half hours", 3.5, 4),
            ("3½ hours", 3.5, 2),
            ("half a million people", 5e5, 3),
            ("a hundred", 100.0, 2),
            ("one million two hundred thousand", 1_200_000.0, 5),
            ("a dozen years", 12.0, 2),
            ("5bn euros", 5e9, 2),
            ("5-billion", 5e9, 3),
        ] {
            assert_eq!(read(&lex(words), true), Some(Number { value, len }), "{words}");
        }
        assert_eq!(read(&lex("miles"), true), None);
        assert_eq!(read(&lex("6 m"), false), Some(Number { value: 6.0, len: 1 }));
    }
}
