//! DATE: from words to ISO 8601, counted from the day of publication where the words are relative.
//!
//! | words | published Wed 2019-07-31 | granularity |
//! |---|---|---|
//! | August 22, 2017 | 2017-08-22 | day |
//! | late Tuesday | 2019-07-30, approximate | day |
//! | last year | 2018 | year |
//! | next week | 2019-W32 | week |
//! | the second quarter | 2019-34 | quarter (ISO 8601-2: 33 to 36) |
//! | last summer | 2018-22 | quarter (ISO 8601-2: seasons 21 to 24) |
//! | the 1990s | 199X | decade (ISO 8601-2) |
//! | three years | P3Y | duration |
//! | 2016 to 2018 | 2016/2018 | interval |
//! | every week | R/P1W | recurring |
//!
//! A bare weekday is the last one, the day of publication included: so does news write. In a sentence about the future
//! it is the next. A day or month without a year is the nearest.

use time::{Date, Month};

use super::{
    calendar::{self, Moment},
    lex::Piece,
    number,
    relative::{ago, decade, lasting, part_of_year, recurring, relative_day, relative_unit},
};
use crate::article::{Granularity, Unresolved};

/// What relative dates are counted from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    pub(super) date: Option<Date>,
    /// The sentence is about what comes.
    pub(super) is_future: bool,
}

/// Reads one form of date; none if the pieces have another.
type Form = fn(&[Piece], Anchor) -> Option<Read>;

/// A date as read.
pub(super) type Read = Result<Moment, Unresolved>;

/// Words before a date that leave its value alone.
pub(super) fn lead(pieces: &[Piece]) -> (&[Piece], bool) {
    let mut rest = pieces;
    let mut is_approximate = false;
    while let Some(first) = rest.first() {
        let second = rest.get(1).map_or("", Piece::word);
        let third = rest.get(2).map_or("", Piece::word);
        let (len, loosens) = match first.word() {
            "on" | "in" | "by" | "since" | "until" | "from" | "of" | "the" | "during" | "for" | "over"
            | "within" | "before" | "after" | "between" | "just" | "only" | "fiscal" | "another" | "as"
            | "through" => (1, false),
            "about" | "around" | "nearly" | "almost" | "roughly" | "approximately" | "early" | "late"
            | "mid" | "later" | "earlier" | "circa" | "some" | "at" => (1, true),
            "least" | "most" if !rest.is_empty() => (1, true),
            "more" | "less" if second == "than" => (2, true),
            "end" | "start" | "beginning" | "middle" | "close" | "eve" if second == "of" => (2, true),
            "rest" | "whole" | "course" if second == "of" => (2, false),
            "first" | "last" if matches!(second, "days" | "weeks" | "months") && third == "of" => (3, true),
            _ if *first == Piece::Mark('-') => (1, false),
            _ => break,
        };
        is_approximate |= loosens;
        rest = rest.get(len..).unwrap_or_default();
    }
    (rest, is_approximate)
}

/// Reads all pieces as a date.
pub(super) fn read(pieces: &[Piece], anchor: Anchor) -> Read {
    if pieces.is_empty() {
        return Err(Unresolved::NotUnderstood);
    }
    let forms: [Form; 9] =
        [numeric, absolute, relative_day, relative_unit, part_of_year, decade, ago, recurring, lasting];
    for form in forms {
        if let Some(read) = form(pieces, anchor) {
            return read;
        }
    }
    if let Some(read) = interval(pieces, anchor) {
        return read;
    }
    let is_vague = pieces.iter().any(|piece| {
        number::is_vague(piece.word())
            || matches!(
                piece.word(),
                "now" | "then" | "currently" | "recently" | "ago" | "later" | "earlier" | "future"
            )
            || matches!(
                piece.word(),
                "days"
                    | "weeks"
                    | "months"
                    | "years"
                    | "hours"
                    | "minutes"
                    | "decades"
                    | "centuries"
                    | "weekend"
                    | "same"
                    | "previous"
                    | "following"
                    | "past"
                    | "time"
                    | "period"
                    | "once"
                    | "long"
            )
    });
    Err(if is_vague { Unresolved::Vague } else { Unresolved::NotUnderstood })
}

/// A value that may lie outside of the calendar.
pub(super) fn settled(moment: Option<Moment>) -> Read {
    moment.ok_or(Unresolved::OutOfRange)
}

pub(super) fn reference(anchor: Anchor) -> Result<Date, Unresolved> {
    anchor.date.ok_or(Unresolved::NoReferenceTime)
}

pub(super) fn whole(piece: Option<&Piece>) -> Option<(i32, usize)> {
    match piece? {
        Piece::Number { value, digits, has_point: false } if *digits <= 4 => Some((*value as i32, *digits)),
        Piece::Number { .. } | Piece::Word(_) | Piece::Mark(_) => None,
    }
}

pub(super) fn word_at(pieces: &[Piece], at: usize) -> &str {
    pieces.get(at).map_or("", Piece::word)
}

/// Without commas and the letters of ordinals.
pub(super) fn plain(pieces: &[Piece]) -> Vec<&Piece> {
    pieces
        .iter()
        .filter(|piece| {
            **piece != Piece::Mark(',') && !matches!(piece.word(), "st" | "nd" | "rd" | "th" | "of" | "the")
        })
        .collect()
}

/// 2017-08-22, 22.8.2017, 8/22/2017; a day that could be a month is not understood.
fn numeric(pieces: &[Piece], _: Anchor) -> Option<Read> {
    let [first, Piece::Mark(mark), second, Piece::Mark(other), third] = pieces else { return None };
    if mark != other || !matches!(mark, '-' | '/' | '.') {
        return None;
    }
    let (first, second, third) = (whole(Some(first))?, whole(Some(second))?, whole(Some(third))?);
    let (year, month, day) = match (first, second, third) {
        ((year, 4), (month, _), (day, _)) => (year, month, day),
        ((day, _), (month, _), (year, 4)) if *mark == '.' || day > 12 => (year, month, day),
        ((month, _), (day, _), (year, 4)) if day > 12 => (year, month, day),
        _ => return Some(Err(Unresolved::Vague)),
    };
    Some(settled(date_of(year, month, day).and_then(calendar::day)))
}

fn date_of(year: i32, month: i32, day: i32) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
}

/// Day, month and year written out, as far as they are.
fn absolute(pieces: &[Piece], anchor: Anchor) -> Option<Read> {
    let all = plain(pieces);
    let mut rest = all.as_slice();
    if rest.len() > 1 && calendar::weekday(rest.first()?.word()).is_some() {
        rest = rest.get(1..)?;
    }
    let number = |at: usize| whole(rest.get(at).copied());
    let word = |at: usize| rest.get(at).map_or("", |piece| piece.word());
    let month = |at: usize| calendar::month(word(at));
    let is_day = |number: (i32, usize)| number.1 <= 2 && (1..=31).contains(&number.0);
    Some(match rest.len() {
        1 => match (number(0), month(0)) {
            (Some((year, 4)), _) => settled(calendar::year(year)),
            (_, Some(month)) => nearest_month(month, anchor),
            _ => holiday(&[word(0)], anchor)?,
        },
        2 => match (month(0), number(0), month(1), number(1)) {
            (Some(month), _, _, Some((year, 4))) => settled(calendar::month_of(year, month)),
            (Some(month), _, _, Some(day)) if is_day(day) => nearest_day(month, day.0, anchor),
            (_, Some(day), Some(month), _) if is_day(day) => nearest_day(month, day.0, anchor),
            (_, _, _, Some((year, 4))) if word(0) == "year" => settled(calendar::year(year)),
            (Some(month), _, _, _) if matches!(word(1), "year") => nearest_month(month, anchor),
            _ => holiday(&[word(0), word(1)], anchor)?,
        },
        3 => match (month(0), number(0), month(1), number(1), number(2)) {
            (Some(month), _, _, Some(day), Some((year, 4))) if is_day(day) => {
                settled(date_of(year, i32::from(u8::from(month)), day.0).and_then(calendar::day))
            }
            (_, Some(day), Some(month), _, Some((year, 4))) if is_day(day) => {
                settled(date_of(year, i32::from(u8::from(month)), day.0).and_then(calendar::day))
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn holiday(words: &[&str], anchor: Anchor) -> Option<Read> {
    let (month, day) = match words {
        ["christmas"] | ["christmas", "day"] => (Month::December, 25),
        ["christmas", "eve"] => (Month::December, 24),
        ["new", "year"] | ["new", "years"] => (Month::January, 1),
        ["halloween"] => (Month::October, 31),
        _ => return None,
    };
    Some(nearest_day(month, day, anchor))
}

fn nearest_day(month: Month, day: i32, anchor: Anchor) -> Read {
    let here = reference(anchor)?;
    let month = i32::from(u8::from(month));
    let candidates = [-1, 0, 1].into_iter().filter_map(|years| date_of(here.year() + years, month, day));
    let nearest = candidates
        .filter(|date| !anchor.is_future || *date >= here)
        .min_by_key(|date| (*date - here).whole_days().abs());
    settled(nearest.and_then(calendar::day))
}

fn nearest_month(month: Month, anchor: Anchor) -> Read {
    let here = reference(anchor)?;
    let distance = (i64::from(u8::from(month)) - i64::from(u8::from(here.month()))).rem_euclid(12);
    // Half a year back and half a year ahead; what comes is ahead.
    let distance = if anchor.is_future || distance <= 2 { distance } else { distance - 12 };
    settled(calendar::months_away(here, distance).and_then(|(year, month)| calendar::month_of(year, month)))
}

/// Two dates with "to", a dash or "and" between; the first borrows month and year from the second.
fn interval(pieces: &[Piece], anchor: Anchor) -> Option<Read> {
    if let [first, Piece::Mark('/'), second] = pieces
        && let (Some((first, 4)), Some((second, 4))) = (whole(Some(first)), whole(Some(second)))
    {
        return Some(Ok(Moment::new(format!("{first:04}/{second:04}"), Granularity::Interval)));
    }
    let is_joint = |piece: &Piece| {
        matches!(piece.word(), "to" | "through" | "until" | "and") || *piece == Piece::Mark('-')
    };
    let at = pieces.iter().position(is_joint)?;
    let (first, second) = (pieces.get(..at)?, pieces.get(at + 1..)?);
    let (first, _) = lead(first);
    let (second, _) = lead(second);
    if first.is_empty() || second.is_empty() || second.iter().any(is_joint) {
        return None;
    }
    // "2016-17": the second borrows the century; "August 3-5", the month; "3-5 August 2017", month and year.
    let mut begin = first.to_vec();
    let mut end = second.to_vec();
    let year = |pieces: &[Piece]| {
        pieces.iter().find(|piece| whole(Some(piece)).is_some_and(|(_, digits)| digits == 4)).cloned()
    };
    let month =
        |pieces: &[Piece]| pieces.iter().find(|piece| calendar::month(piece.word()).is_some()).cloned();
    if let ([Piece::Number { value: from, digits: 4, .. }], [Piece::Number { value: to, digits: 2, .. }]) =
        (first, second)
    {
        let century = (from / 100.0).floor() * 100.0;
        end = vec![Piece::Number { value: century + to, digits: 4, has_point: false }];
    } else {
        match (month(&begin), month(&end)) {
            (Some(month), None) if whole(end.first()).is_some_and(|(_, digits)| digits <= 2) => {
                end.insert(0, month)
            }
            (None, Some(month)) if whole(begin.first()).is_some_and(|(_, digits)| digits <= 2) => {
                begin.push(month)
            }
            _ => {}
        }
        if year(&begin).is_none() && month(&begin).is_some() {
            begin.extend(year(&end));
        }
    }
    let known = |pieces: &[Piece]| -> Option<Read> {
        absolute(pieces, anchor)
            .or_else(|| relative_day(pieces, anchor))
            .or_else(|| relative_unit(pieces, anchor))
            .or_else(|| decade(pieces, anchor))
            .or_else(|| part_of_year(pieces, anchor))
    };
    let (begin, end) = (known(&begin)?, known(&end)?);
    Some(begin.and_then(|begin| {
        let end = end?;
        Ok(Moment::new(format!("{}/{}", begin.value, end.value), Granularity::Interval))
    }))
}
