//! Dates that are counted from another day, and lengths of time.

use time::Date;

use super::{
    calendar::{self, Moment, Unit},
    date::{Anchor, Read, plain, reference, settled, whole, word_at},
    lex::Piece,
    number,
};
use crate::article::{Granularity, Unresolved};

/// today, Tuesday, last Tuesday.
pub(super) fn relative_day(pieces: &[Piece], anchor: Anchor) -> Option<Read> {
    let words: Vec<&str> = pieces.iter().map(Piece::word).collect();
    let step =
        |days: i64| Some(reference(anchor).and_then(|here| settled(calendar::away(here, Unit::Day, days))));
    let (lead, rest) = match words.as_slice() {
        ["today" | "tonight"] | ["this" | "same", "day"] => return step(0),
        ["yesterday"] => return step(-1),
        ["tomorrow"] => return step(1),
        ["day", "before", "yesterday"] => return step(-2),
        ["day", "after", "tomorrow"] => return step(2),
        [lead @ ("last" | "next" | "this" | "past" | "previous" | "coming"), rest] => (*lead, *rest),
        [day, "of" | "", "last", "week"] | [day, "last", "week"] => ("week -1", *day),
        [day, "next", "week"] => ("week 1", *day),
        [day, "this", "week"] => ("week 0", *day),
        [day] => ("", *day),
        _ => return None,
    };
    let weekday = calendar::weekday(rest)?;
    if lead.is_empty() && rest.ends_with("days") {
        return Some(Ok(Moment::new("R/P1W".to_owned(), Granularity::Recurring)));
    }
    Some(reference(anchor).and_then(|here| {
        let of_week = |weeks: i64| {
            let monday =
                calendar::days_away(here, weeks * 7 - i64::from(here.weekday().number_days_from_monday()))?;
            calendar::days_away(monday, i64::from(weekday.number_days_from_monday()))
        };
        let day = match lead {
            "last" | "past" | "previous" => calendar::nearest_weekday(here, weekday, false, true),
            "next" | "coming" => calendar::nearest_weekday(here, weekday, true, true),
            "this" | "week 0" => of_week(0),
            "week -1" => of_week(-1),
            "week 1" => of_week(1),
            _ => calendar::nearest_weekday(here, weekday, anchor.is_future, false),
        };
        settled(day.and_then(calendar::day))
    }))
}

/// last year, this week, next August, last summer, the past three years.
pub(super) fn relative_unit(pieces: &[Piece], anchor: Anchor) -> Option<Read> {
    if let ([_, _, Piece::Word(unit)], Some(month)) = (pieces, calendar::month(word_at(pieces, 0)))
        && unit == "year"
    {
        let steps = match word_at(pieces, 1) {
            "last" => -1,
            "this" => 0,
            "next" => 1,
            _ => return None,
        };
        return Some(
            reference(anchor).and_then(|here| settled(calendar::month_of(here.year() + steps, month))),
        );
    }
    let steps = match word_at(pieces, 0) {
        "last" | "past" | "previous" => -1,
        "this" | "current" => 0,
        "next" | "coming" => 1,
        _ => return None,
    };
    let rest = pieces.get(1..)?;
    if let [Piece::Word(word)] = rest {
        if let Some(unit) =
            calendar::unit(word).filter(|unit| !matches!(unit, Unit::Hour | Unit::Minute | Unit::Second))
        {
            // "the past year" is the year up to now.
            if word_at(pieces, 0) == "past" {
                return Some(settled(calendar::duration(1.0, unit)));
            }
            return Some(reference(anchor).and_then(|here| settled(calendar::away(here, unit, steps))));
        }
        if let Some(month) = calendar::month(word) {
            return Some(reference(anchor).and_then(|here| {
                let ahead = (i64::from(u8::from(month)) - i64::from(u8::from(here.month()))).rem_euclid(12);
                let distance = match steps {
                    -1 => ahead - 12,
                    0 => i64::from(u8::from(month)) - i64::from(u8::from(here.month())),
                    _ if ahead == 0 => 12,
                    _ => ahead,
                };
                let there = calendar::months_away(here, distance);
                settled(there.and_then(|(year, month)| calendar::month_of(year, month)))
            }));
        }
        if let Some(season) = calendar::season(word) {
            return Some(reference(anchor).and_then(|here| settled(season_away(here, season, steps))));
        }
        if *word == "weekend" {
            return Some(reference(anchor).and_then(|here| settled(weekend(here, steps))));
        }
    }
    let rest = if matches!(word_at(rest, 0), "few" | "couple" | "several") {
        return Some(Err(Unresolved::Vague));
    } else {
        rest
    };
    let count = number::read(rest, false).filter(|number| number.len > 0)?;
    let unit = calendar::unit(word_at(rest, count.len)).filter(|_| rest.len() == count.len + 1)?;
    Some(settled(calendar::duration(count.value, unit)))
}

/// Last summer in July is that of the year before: this year's is not over.
fn season_away(here: Date, season: u8, steps: i64) -> Option<Moment> {
    let first_month = i32::from(season - 21) * 3 + 3;
    let month = i32::from(u8::from(here.month()));
    let year = match steps {
        -1 if month >= first_month + 3 => here.year(),
        1 if month < first_month => here.year(),
        _ => here.year() + i32::try_from(steps).ok()?,
    };
    calendar::season_of(year, season)
}

fn weekend(here: Date, steps: i64) -> Option<Moment> {
    let saturday = calendar::nearest_weekday(here, time::Weekday::Saturday, true, false)?;
    let from_sunday = if here.weekday() == time::Weekday::Sunday { -7 } else { 0 };
    let first = calendar::days_away(saturday, steps * 7 + from_sunday)?;
    let last = calendar::days_away(first, 1)?;
    let value = format!("{}/{}", calendar::day(first)?.value, calendar::day(last)?.value);
    Some(Moment::new(value, Granularity::Interval))
}

/// The second quarter, the first half of 2018, the summer of 2016.
pub(super) fn part_of_year(pieces: &[Piece], anchor: Anchor) -> Option<Read> {
    let all = plain(pieces);
    let word = |at: usize| all.get(at).map_or("", |piece| piece.word());
    let place = |at: usize| {
        number::ordinal(word(at))
            .or_else(|| whole(all.get(at).copied()).and_then(|(number, _)| u8::try_from(number).ok()))
    };
    let (part, len) = if word(0) == "q" {
        (Part::Quarter(place(1)?), 2)
    } else if let Some(season) = calendar::season(word(0)) {
        (Part::Season(season), 1)
    } else {
        match word(1) {
            "quarter" => (Part::Quarter(place(0)?), 2),
            "half" => (Part::Half(place(0)?), 2),
            _ => return None,
        }
    };
    let rest = all.get(len..)?;
    let year = match rest {
        [] | [_] if rest.first().is_none_or(|piece| piece.word() == "year") => {
            reference(anchor).map(|here| here.year())
        }
        [year] => Ok(whole(Some(year)).filter(|(_, digits)| *digits == 4)?.0),
        [lead, unit] if unit.word() == "year" => {
            let steps = match lead.word() {
                "last" => -1,
                "this" => 0,
                "next" => 1,
                _ => return None,
            };
            reference(anchor).map(|here| here.year() + steps)
        }
        _ => return None,
    };
    Some(year.and_then(|year| {
        settled(match part {
            Part::Quarter(quarter) => calendar::quarter_of(year, quarter),
            Part::Season(season) => calendar::season_of(year, season),
            Part::Half(1) => Some(Moment::new(format!("{year:04}-01/{year:04}-06"), Granularity::Interval)),
            Part::Half(_) => Some(Moment::new(format!("{year:04}-07/{year:04}-12"), Granularity::Interval)),
        })
    }))
}

enum Part {
    Quarter(u8),
    Half(u8),
    Season(u8),
}

/// The 1990s, the '90s, the nineties.
pub(super) fn decade(pieces: &[Piece], _: Anchor) -> Option<Read> {
    let rest = if pieces.first() == Some(&Piece::Mark('\'')) { pieces.get(1..)? } else { pieces };
    let [number, Piece::Word(letter)] = rest else { return None };
    if letter != "s" {
        return None;
    }
    match whole(Some(number))? {
        (year, 4) => Some(settled(calendar::decade_of(year))),
        // Of which century is a guess; news means the last full one.
        (year, 2) if year % 10 == 0 => Some(settled(calendar::decade_of(1900 + year))),
        _ => None,
    }
}

/// Two years ago, a week later.
pub(super) fn ago(pieces: &[Piece], anchor: Anchor) -> Option<Read> {
    let direction = match pieces.last()?.word() {
        "ago" => -1,
        "now" if word_at(pieces, pieces.len().checked_sub(2)?) == "from" => 1,
        "later" | "earlier" | "before" | "after" => {
            return lasting(pieces.split_last()?.1, anchor).map(|_| Err(Unresolved::Vague));
        }
        _ => return None,
    };
    let rest = pieces.get(..pieces.len() - if direction < 0 { 1 } else { 2 })?;
    let count = number::read(rest, false).filter(|number| number.len > 0)?;
    let unit = calendar::unit(word_at(rest, count.len)).filter(|_| rest.len() == count.len + 1)?;
    if count.value.fract() != 0.0 || count.value > 1e6 {
        return Some(Err(Unresolved::Vague));
    }
    // Below a million: exact.
    let steps = direction * count.value as i64;
    Some(reference(anchor).and_then(|here| match unit {
        Unit::Hour | Unit::Minute | Unit::Second => Err(Unresolved::Vague),
        Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year | Unit::Decade | Unit::Century => {
            settled(calendar::away(here, unit, steps))
        }
    }))
}

/// Every week, annual, daily.
pub(super) fn recurring(pieces: &[Piece], _: Anchor) -> Option<Read> {
    let words: Vec<&str> = pieces.iter().map(Piece::word).collect();
    let period = match words.as_slice() {
        ["daily"] => "P1D",
        ["weekly"] => "P1W",
        ["monthly"] => "P1M",
        ["quarterly"] => "P3M",
        ["annual" | "yearly" | "annually"] => "P1Y",
        ["every" | "each" | "a" | "per", unit] if words.first() != Some(&"a") => {
            if calendar::weekday(unit).is_some() {
                "P1W"
            } else {
                match calendar::unit(unit)? {
                    Unit::Day => "P1D",
                    Unit::Week => "P1W",
                    Unit::Month => "P1M",
                    Unit::Year => "P1Y",
                    Unit::Minute
                    | Unit::Second
                    | Unit::Hour
                    | Unit::Quarter
                    | Unit::Decade
                    | Unit::Century => {
                        return None;
                    }
                }
            }
        }
        _ => return None,
    };
    Some(Ok(Moment::new(format!("R/{period}"), Granularity::Recurring)))
}

/// Three years, a decade, 42-year-old, 90 days.
pub(super) fn lasting(pieces: &[Piece], _: Anchor) -> Option<Read> {
    let bare: Vec<Piece> = pieces.iter().filter(|piece| **piece != Piece::Mark('-')).cloned().collect();
    let tail_is_age = matches!(bare.last()?.word(), "old" | "olds" | "long");
    let rest = if tail_is_age { bare.get(..bare.len() - 1)? } else { &bare };
    let skip = usize::from(matches!(word_at(rest, 0), "full" | "straight" | "whole"));
    let rest = rest.get(skip..)?;
    if matches!(word_at(rest, 0), "several" | "few" | "many" | "some" | "couple" | "recent") {
        return Some(Err(Unresolved::Vague));
    }
    let alone =
        calendar::unit(word_at(rest, 0)).filter(|_| rest.len() == 1 && !word_at(rest, 0).ends_with('s'));
    if let Some(unit) = alone {
        return Some(settled(calendar::duration(1.0, unit)));
    }
    let count = number::read(rest, false).filter(|number| number.len > 0)?;
    let more = match rest.get(count.len..)? {
        [unit] => calendar::unit(unit.word())?,
        [adjective, unit]
            if matches!(adjective.word(), "full" | "straight" | "consecutive" | "more" | "whole" | "of") =>
        {
            calendar::unit(unit.word())?
        }
        _ => return None,
    };
    Some(settled(calendar::duration(count.value, more)))
}
