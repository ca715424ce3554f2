//! Arithmetic on days, weeks and months, and how each is written.

use time::{Date, Duration, Month, Weekday};

use crate::article::Granularity;

/// A value and how much time it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) value: String,
    pub(super) granularity: Granularity,
}

impl Moment {
    pub(super) fn new(value: String, granularity: Granularity) -> Moment {
        Moment { value, granularity }
    }
}

/// A unit of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Second,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
}

pub(super) fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "second" | "seconds" | "sec" => Unit::Second,
        "minute" | "minutes" | "min" | "mins" => Unit::Minute,
        "hour" | "hours" | "hr" | "hrs" => Unit::Hour,
        "day" | "days" => Unit::Day,
        "week" | "weeks" => Unit::Week,
        "month" | "months" => Unit::Month,
        "quarter" | "quarters" => Unit::Quarter,
        "year" | "years" | "yr" | "yrs" => Unit::Year,
        "decade" | "decades" => Unit::Decade,
        "century" | "centuries" => Unit::Century,
        _ => return None,
    })
}

pub(super) fn month(word: &str) -> Option<Month> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if word.len() < 3 {
        return None;
    }
    let word = if word == "sept" { "sep" } else { word };
    let at = NAMES.iter().position(|name| *name == word || (word.len() == 3 && name.starts_with(word)))?;
    Month::try_from(u8::try_from(at + 1).ok()?).ok()
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let word = word.strip_suffix('s').unwrap_or(word);
    Some(match word {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" | "tues" => Weekday::Tuesday,
        "wednesday" | "wed" | "wedne" => Weekday::Wednesday,
        "thursday" | "thu" | "thur" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// ISO 8601-2 gives the seasons the places of months 21 to 24.
pub(super) fn season(word: &str) -> Option<u8> {
    Some(match word {
        "spring" => 21,
        "summer" => 22,
        "autumn" | "fall" => 23,
        "winter" => 24,
        _ => return None,
    })
}

/// A year of four digits; ISO 8601 has no others without agreement.
pub(super) fn year(year: i32) -> Option<Moment> {
    (0..=9999).contains(&year).then(|| Moment::new(format!("{year:04}"), Granularity::Year))
}

pub(super) fn day(date: Date) -> Option<Moment> {
    let year = date.year();
    let written = || format!("{year:04}-{:02}-{:02}", u8::from(date.month()), date.day());
    (0..=9999).contains(&year).then(|| Moment::new(written(), Granularity::Day))
}

pub(super) fn month_of(year: i32, month: Month) -> Option<Moment> {
    let written = || format!("{year:04}-{:02}", u8::from(month));
    (0..=9999).contains(&year).then(|| Moment::new(written(), Granularity::Month))
}

pub(super) fn week_of(date: Date) -> Option<Moment> {
    let (year, week, _) = date.to_iso_week_date();
    (0..=9999).contains(&year).then(|| Moment::new(format!("{year:04}-W{week:02}"), Granularity::Week))
}

/// 1 to 4; ISO 8601-2 gives the quarters the places of months 33 to 36.
pub(super) fn quarter_of(year: i32, quarter: u8) -> Option<Moment> {
    let is_known = (0..=9999).contains(&year) && (1..=4).contains(&quarter);
    is_known.then(|| Moment::new(format!("{year:04}-{}", 32 + quarter), Granularity::Quarter))
}

/// 199X: ISO 8601-2 writes unspecified digits so.
pub(super) fn decade_of(year: i32) -> Option<Moment> {
    (0..=9999).contains(&year).then(|| Moment::new(format!("{:03}X", year / 10), Granularity::Decade))
}

pub(super) fn season_of(year: i32, season: u8) -> Option<Moment> {
    (0..=9999).contains(&year).then(|| Moment::new(format!("{year:04}-{season}"), Granularity::Quarter))
}

/// The year and month `count` months away.
pub(super) fn months_away(date: Date, count: i64) -> Option<(i32, Month)> {
    let months = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1;
    let moved = months.checked_add(count)?;
    let year = i32::try_from(moved.div_euclid(12)).ok()?;
    let month = u8::try_from(moved.rem_euclid(12) + 1).ok()?;
    Some((year, Month::try_from(month).ok()?))
}

/// The day `count` days away, if the calendar has it.
pub(super) fn days_away(date: Date, count: i64) -> Option<Date> {
    // Beyond this, `Duration::days` would overflow; the calendar ends long before.
    (count.abs() < 10_000_000).then(|| date.checked_add(Duration::days(count)))?
}

/// `count` units away from a day, as wide as the unit.
pub(super) fn away(date: Date, unit: Unit, count: i64) -> Option<Moment> {
    match unit {
        Unit::Day => day(days_away(date, count)?),
        Unit::Week => week_of(days_away(date, count.checked_mul(7)?)?),
        Unit::Month => {
            let (year, month) = months_away(date, count)?;
            month_of(year, month)
        }
        Unit::Quarter => {
            let (year, month) = months_away(date, count.checked_mul(3)?)?;
            quarter_of(year, (u8::from(month) - 1) / 3 + 1)
        }
        Unit::Year => year(i32::try_from(i64::from(date.year()).checked_add(count)?).ok()?),
        Unit::Decade => {
            decade_of(i32::try_from(i64::from(date.year()).checked_add(count.checked_mul(10)?)?).ok()?)
        }
        Unit::Century => {
            let year = i32::try_from(i64::from(date.year()).checked_add(count.checked_mul(100)?)?).ok()?;
            (0..=9999)
                .contains(&year)
                .then(|| Moment::new(format!("{:02}XX", year / 100), Granularity::Unknown))
        }
        Unit::Hour | Unit::Minute | Unit::Second => None,
    }
}

/// The nearest such day of the week: on or before the day, or (`ahead`) on or after it. `strictly`: not the day itself.
pub(super) fn nearest_weekday(date: Date, weekday: Weekday, ahead: bool, strictly: bool) -> Option<Date> {
    let here = i64::from(date.weekday().number_days_from_monday());
    let there = i64::from(weekday.number_days_from_monday());
    let mut distance = if ahead { (there - here).rem_euclid(7) } else { (here - there).rem_euclid(7) };
    if distance == 0 && strictly {
        distance = 7;
    }
    days_away(date, if ahead { distance } else { -distance })
}

/// How long `count` units are: P3Y, PT20M. Halves become the next smaller unit.
pub(super) fn duration(count: f64, unit: Unit) -> Option<Moment> {
    let (count, letter, prefix) = match unit {
        Unit::Second => (count, 'S', "PT"),
        Unit::Minute => (count, 'M', "PT"),
        Unit::Hour => (count, 'H', "PT"),
        Unit::Day => (count, 'D', "P"),
        Unit::Week => (count, 'W', "P"),
        Unit::Month => (count, 'M', "P"),
        Unit::Quarter => (count * 3.0, 'M', "P"),
        Unit::Year => (count, 'Y', "P"),
        Unit::Decade => (count * 10.0, 'Y', "P"),
        Unit::Century => (count * 100.0, 'Y', "P"),
    };
    if !count.is_finite() || !(0.0..1e12).contains(&count) {
        return None;
    }
    let is_whole = count.fract() == 0.0;
    let halves = match letter {
        'H' if !is_whole => format!("PT{}M", (count * 60.0).round()),
        'Y' if !is_whole => format!("P{}M", (count * 12.0).round()),
        'D' if !is_whole => format!("PT{}H", (count * 24.0).round()),
        _ => format!("{prefix}{count}{letter}"),
    };
    Some(Moment::new(halves, Granularity::Duration))
}
