//! TIME: hours and minutes, zones, and parts of a day.

use super::{
    calendar::Moment,
    date::{self, Anchor, Read},
    lex::Piece,
    number,
};
use crate::article::{Granularity, Unresolved};

/// What a clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clock {
    hour: u8,
    minute: u8,
    /// From the first piece, how many.
    len: usize,
}

/// The part of a day that a word names.
pub(super) fn part_of_day(word: &str) -> Option<&'static str> {
    Some(match word {
        "morning" | "mornings" => "morning",
        "afternoon" | "afternoons" => "afternoon",
        "evening" | "evenings" => "evening",
        "night" | "nights" | "overnight" => "night",
        _ => return None,
    })
}

/// Reads a time of day, with the day if one is told. None if no clock is in it.
pub(super) fn read(pieces: &[Piece], anchor: Anchor) -> Option<Read> {
    let (at, clock) = (0..pieces.len()).find_map(|at| Some((at, clock(pieces.get(at..)?)?)))?;
    let mut rest: Vec<Piece> = pieces.get(..at)?.to_vec();
    rest.extend_from_slice(pieces.get(at + clock.len..)?);
    let zone = take_zone(&mut rest);
    rest.retain(|piece| {
        let is_filler = matches!(
            piece.word(),
            "approximately"
                | "nearly"
                | "just"
                | "shortly"
                | "before"
                | "after"
                | "by"
                | "until"
                | "as"
                | "early"
                | "late"
                | "at"
                | "local"
                | "time"
                | "sharp"
                | "about"
                | "around"
                | "oclock"
                | "on"
                | "in"
        );
        let is_part = part_of_day(piece.word()).is_some() || piece.word() == "the";
        !is_filler && !is_part && !matches!(piece, Piece::Mark(',' | '(' | ')'))
    });
    let time = format!("T{:02}:{:02}{zone}", clock.hour, clock.minute);
    if rest.is_empty() {
        return Some(Ok(Moment::new(time, Granularity::Minute)));
    }
    let (rest, _) = date::lead(&rest);
    Some(date::read(rest, anchor).and_then(|day| {
        let is_day = day.granularity == Granularity::Day;
        let told = is_day.then(|| Moment::new(format!("{}{time}", day.value), Granularity::Minute));
        told.ok_or(Unresolved::NotUnderstood)
    }))
}

/// 2:30 p.m., 14:30, 10 a.m., noon.
fn clock(pieces: &[Piece]) -> Option<Clock> {
    let word = |at: usize| pieces.get(at).map_or("", Piece::word);
    match pieces.first()? {
        Piece::Word(first) => {
            let hour = match first.as_str() {
                "noon" | "midday" => 12,
                "midnight" => 0,
                other => {
                    // "ten o'clock", "seven am".
                    let hour = number::small(other).filter(|hour| (1.0..=12.0).contains(hour))?;
                    let (hour, len) = with_half(hour as u8, word(1), 1)?;
                    return Some(Clock { hour, minute: 0, len });
                }
            };
            Some(Clock { hour, minute: 0, len: 1 })
        }
        Piece::Number { value, digits, has_point } => {
            let minutes = match (pieces.get(1), pieces.get(2)) {
                (Some(Piece::Mark(':')), Some(Piece::Number { value, digits: 2, has_point: false })) => {
                    Some((*value, 3))
                }
                _ => None,
            };
            // "2.30 p.m." is a British clock.
            let pointed = has_point.then(|| ((value.fract() * 100.0).round(), 1));
            let is_military = *digits == 4 && !has_point && matches!(word(1), "gmt" | "utc" | "hours");
            if is_military {
                let (hour, minute) = ((value / 100.0).floor(), value % 100.0);
                return finish(hour, minute, 1 + usize::from(word(1) == "hours"));
            }
            let (minute, len) = minutes.or(pointed.filter(|_| is_half(word(1)))).unwrap_or((0.0, 1));
            let hour = value.floor();
            if !(0.0..24.0).contains(&hour) {
                return None;
            }
            if let Some((hour, len)) = with_half(hour as u8, word(len), len) {
                return finish(f64::from(hour), minute, len);
            }
            let is_clock = minutes.is_some() && *digits <= 2;
            finish(hour, minute, len).filter(|_| is_clock)
        }
        Piece::Mark(_) => None,
    }
}

fn is_half(word: &str) -> bool {
    matches!(word, "am" | "pm" | "oclock")
}

fn with_half(hour: u8, half: &str, len: usize) -> Option<(u8, usize)> {
    let hour = match half {
        "am" | "oclock" if hour == 12 && half == "am" => 0,
        "am" | "oclock" => hour,
        "pm" if hour < 12 => hour + 12,
        "pm" => hour,
        _ => return None,
    };
    Some((hour, len + 1))
}

fn finish(hour: f64, minute: f64, len: usize) -> Option<Clock> {
    let is_clock = (0.0..24.0).contains(&hour) && (0.0..60.0).contains(&minute);
    // Checked: both fit.
    is_clock.then_some(Clock { hour: hour as u8, minute: minute as u8, len })
}

/// Takes a zone out of the pieces; as ISO 8601 writes it. Zones that change with the season and the place ("ET", "CST")
/// leave the time local.
fn take_zone(pieces: &mut Vec<Piece>) -> &'static str {
    let offset = |word: &str| {
        Some(match word {
            "gmt" | "utc" => "Z",
            "edt" => "-04:00",
            "est" | "cdt" => "-05:00",
            "mdt" => "-06:00",
            "pdt" | "mst" => "-07:00",
            "pst" => "-08:00",
            "cet" => "+01:00",
            "cest" => "+02:00",
            "msk" => "+03:00",
            "jst" => "+09:00",
            "et" | "pt" | "ct" | "bst" | "ist" | "cst" => "",
            _ => return None,
        })
    };
    let Some(at) = pieces.iter().position(|piece| offset(piece.word()).is_some()) else { return "" };
    let zone = offset(pieces.remove(at).word()).unwrap_or("");
    // "(1430 GMT)" in front of a zone stays with its own.
    zone
}
