//! MONEY, PERCENT and QUANTITY: the number, its upper end if it is a range, and the unit.
//!
//! Units are those of ISO 4217 for money and of UCUM (<https://ucum.org>) for the rest, and only where the words leave no
//! choice: "pounds", "pesos" and "tons" name several units and get one only when the article tells which.

use std::ops::Range;

use super::{
    lex::{Piece, lex},
    number::{self, Number},
    unit,
};
use crate::article::{Amount, AmountKind, Unresolved};

/// What the article as a whole tells of its units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Home {
    /// "$" and "dollars" may be another country's.
    pub(super) has_other_dollars: bool,
    /// "pounds" are Britain's.
    pub(super) is_british: bool,
    /// "lira" is Turkey's.
    pub(super) is_turkish: bool,
}

impl Home {
    /// Linear in the text.
    pub(super) fn of(text: &str) -> Home {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        Home {
            has_other_dollars: has(&[
                "Canadian dollar",
                "Australian dollar",
                "Hong Kong dollar",
                "A$",
                "C$",
                "NZ$",
            ]),
            is_british: has(&["£", "sterling", "Britain", "British", "London"]),
            is_turkish: has(&["Turkish", "Turkey", "Ankara", "Istanbul"]),
        }
    }
}

/// Reads the words of a mention.
pub(super) fn read(words: &str, span: Range<usize>, kind: AmountKind, home: Home) -> Amount {
    let pieces = lex(words);
    let rest = pieces.as_slice();
    let (rest, is_approximate) = hedged(rest);
    let parsed = match kind {
        AmountKind::Money => money(rest, home),
        AmountKind::Percent => percent(rest),
        AmountKind::Quantity => quantity(rest),
    };
    let is_vague = pieces.iter().any(|piece| number::is_vague(piece.word()));
    let (value, max_value, unit) = match parsed {
        Some(Parsed { value, max_value, unit }) if value.is_finite() => (Ok(value), max_value, unit),
        Some(_) => (Err(Unresolved::OutOfRange), None, String::new()),
        None if is_vague => (Err(Unresolved::Vague), None, String::new()),
        None => (Err(Unresolved::NotUnderstood), None, String::new()),
    };
    Amount { span, kind, value, max_value, unit, is_approximate }
}

struct Parsed {
    value: f64,
    max_value: Option<f64>,
    unit: String,
}

/// Behind "about", "more than" and the like.
pub(super) fn hedged(pieces: &[Piece]) -> (&[Piece], bool) {
    let mut rest = pieces;
    let mut is_approximate = false;
    while let Some(first) = rest.first() {
        let second = rest.get(1).map_or("", Piece::word);
        let len = match first.word() {
            "about" | "around" | "approximately" | "roughly" | "nearly" | "almost" | "over" | "under"
            | "some" | "circa" | "estimated" | "up" | "barely" | "just" | "only" | "minimum" | "maximum"
            | "below" | "above" | "another" => 1,
            "more" | "less" | "fewer" | "greater" if second == "than" => 2,
            "at" if matches!(second, "least" | "most") => 2,
            "as" if matches!(second, "much" | "many" | "little") => 3,
            "to" | "between" | "from" | "an" if second == "estimated" || first.word() != "an" => 1,
            "the" => 1,
            _ => break,
        };
        is_approximate |= !matches!(first.word(), "the" | "between" | "from" | "just" | "only" | "another");
        rest = rest.get(len..).unwrap_or_default();
    }
    (rest, is_approximate)
}

/// A number or a range of two; the second's scale is the first's too ("2 to 3 million").
fn range(pieces: &[Piece], skip: impl Fn(&[Piece]) -> usize) -> Option<(Number, Option<f64>)> {
    let lead = skip(pieces);
    let first = number::read(pieces.get(lead..)?, true)?;
    let mut len = lead + first.len;
    let joins = match pieces.get(len)? {
        Piece::Mark('-') => true,
        Piece::Word(word) => matches!(word.as_str(), "to" | "and" | "or"),
        Piece::Number { .. } | Piece::Mark(_) => false,
    };
    let none = Some((Number { value: first.value, len }, None));
    if !joins {
        return none;
    }
    let behind = pieces.get(len + 1..)?;
    let lead = skip(behind);
    let Some(second) = behind.get(lead..).and_then(|rest| number::read(rest, true)) else { return none };
    len += 1 + lead + second.len;
    let bare = first.len == 1 && second.len == 2 && first.value < second.value;
    let factor = match behind.get(lead) {
        Some(Piece::Number { value, .. }) if bare && *value > 0.0 => second.value / value,
        _ => 1.0,
    };
    Some((Number { value: first.value * factor, len }, Some(second.value).filter(|max| *max > first.value)))
}

/// A number alone, where `range` finds nothing behind it.
fn amount(pieces: &[Piece], skip: impl Fn(&[Piece]) -> usize) -> Option<(Number, Option<f64>)> {
    range(pieces, &skip).or_else(|| {
        let lead = skip(pieces);
        let alone = number::read(pieces.get(lead..)?, true)?;
        Some((Number { value: alone.value, len: lead + alone.len }, None))
    })
}

fn money(pieces: &[Piece], home: Home) -> Option<Parsed> {
    // US$, A$, USD: letters in front of the sign or the number.
    let lead = |pieces: &[Piece]| pieces.iter().take_while(|piece| unit::is_currency_lead(piece)).count();
    let (number, max_value) = amount(pieces, lead)?;
    let front = pieces.get(..lead(pieces)).unwrap_or_default();
    let behind: Vec<&str> = pieces
        .get(number.len..)
        .unwrap_or_default()
        .iter()
        .map(Piece::word)
        .filter(|word| !word.is_empty())
        .collect();
    let (unit, factor) = unit::currency(front, &behind, home);
    Some(Parsed {
        value: number.value * factor,
        max_value: max_value.map(|max| max * factor),
        unit: unit.to_owned(),
    })
}

fn percent(pieces: &[Piece]) -> Option<Parsed> {
    let skip_sign = |pieces: &[Piece]| usize::from(matches!(pieces.first(), Some(Piece::Mark('-' | '+'))));
    // "5% to 7%": the first sign stands in the way of the range.
    let signs =
        pieces.iter().filter(|piece| **piece == Piece::Mark('%') || piece.word() == "percent").count();
    let bare: Vec<Piece> = match signs {
        0 | 1 => pieces.to_vec(),
        _ => pieces.iter().filter(|piece| **piece != Piece::Mark('%')).cloned().collect(),
    };
    let (number, max_value) = amount(&bare, skip_sign)?;
    let words: Vec<&str> = pieces.iter().map(Piece::word).collect();
    let unit = match words.iter().position(|word| matches!(*word, "points" | "point")) {
        Some(at) if at > 0 && words.get(at - 1) == Some(&"basis") => "{basis_point}",
        Some(_) => "{percentage_point}",
        None => "%",
    };
    let is_negative = bare.first() == Some(&Piece::Mark('-'));
    let value = if is_negative { -number.value } else { number.value };
    Some(Parsed { value, max_value: max_value.filter(|_| !is_negative), unit: unit.to_owned() })
}

fn quantity(pieces: &[Piece]) -> Option<Parsed> {
    let (number, max_value) = amount(pieces, |_| 0)?;
    let behind = pieces.get(number.len..).unwrap_or_default();
    if let Some(inches) = feet_and_inches(number, behind) {
        return Some(Parsed { value: inches, max_value: None, unit: "[in_i]".to_owned() });
    }
    let words: Vec<&str> = behind.iter().map(Piece::word).collect();
    let marks: Vec<char> = behind
        .iter()
        .filter_map(|piece| match piece {
            Piece::Mark(mark) => Some(*mark),
            Piece::Word(_) | Piece::Number { .. } => None,
        })
        .collect();
    Some(Parsed { value: number.value, max_value, unit: unit::measure(&words, &marks).to_owned() })
}

/// 6'2", 6 feet 2 inches, 6-foot-2.
fn feet_and_inches(feet: Number, behind: &[Piece]) -> Option<f64> {
    let behind: Vec<&Piece> = behind.iter().filter(|piece| **piece != Piece::Mark('-')).collect();
    let is_feet = match behind.first()? {
        Piece::Mark('\'') => true,
        Piece::Word(word) => matches!(word.as_str(), "foot" | "feet" | "ft"),
        Piece::Mark(_) | Piece::Number { .. } => false,
    };
    match behind.get(1)? {
        Piece::Number { value, .. } if is_feet && *value < 12.0 => Some(feet.value * 12.0 + value),
        Piece::Number { .. } | Piece::Word(_) | Piece::Mark(_) => None,
    }
}
