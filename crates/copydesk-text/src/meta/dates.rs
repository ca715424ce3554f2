//! Dates as pages write them.
//!
//! Lives here: reading a date, time and zone out of a short string, in ISO forms and in the words of the languages of
//! the news. Must never come here: where in a page to look (`mod.rs`). No clock: a date without a year is no date.

use crate::document::Precision;
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// Years outside are typos or placeholders: no news page was written before the web, and 1970 is an empty timestamp.
const YEARS: std::ops::RangeInclusive<i32> = 1991..=2099;

/// Month names by their beginning, folded to lower case; the longest that fits decides.
#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen", "янв", "січ", "sty", "oca", "led", "tammi", "يناير", "januar", "sij", "ian", "ιαν", "styc"],
    &["feb", "fév", "fev", "fev", "févr", "фев", "лют", "lut", "şub", "úno", "helmi", "فبراير", "velj", "φεβ"],
    &["mar", "mär", "maa", "mrt", "мар", "бер", "març", "břez", "bře", "مارس", "ožu", "μαρ", "mrz", "märz"],
    &["apr", "avr", "abr", "апр", "кві", "kwi", "nis", "dub", "huhti", "أبريل", "tra", "απρ"],
    &["may", "mai", "maj", "mei", "mag", "maio", "май", "мая", "тра", "květ", "kvě", "touko", "مايو", "svi", "μαΐ", "μαι", "máj"],
    &["jun", "juin", "giu", "июн", "чер", "cze", "haz", "červn", "kesä", "يونيو", "lip", "ιουν", "jún", "iun"],
    &["jul", "juil", "lug", "июл", "лип", "lip", "tem", "červenec", "července", "heinä", "يوليو", "srp", "ιουλ", "júl", "iul"],
    &["aug", "aoû", "aou", "ago", "авг", "сер", "sie", "ağu", "srp", "elo", "أغسطس", "kol", "αυγ", "agosto"],
    &["sep", "set", "сен", "вер", "wrz", "eyl", "zář", "syys", "سبتمبر", "ruj", "σεπ", "sept"],
    &["oct", "okt", "out", "ott", "окт", "жов", "paź", "eki", "říj", "loka", "أكتوبر", "lis", "οκτ", "paz"],
    &["nov", "ноя", "лис", "lis", "kas", "listopad", "marras", "نوفمبر", "stu", "νοε", "noi"],
    &["dec", "déc", "dic", "dez", "des", "дек", "гру", "gru", "ara", "pro", "joulu", "ديسمبر", "δεκ"],
];

/// Zones that are written as letters, in minutes east of UTC.
const ZONES: [(&str, i32); 30] = [
    ("z", 0),
    ("utc", 0),
    ("gmt", 0),
    ("bst", 60),
    ("wet", 0),
    ("west", 60),
    ("cet", 60),
    ("cest", 120),
    ("mez", 60),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("ist", 330),
    ("pkt", 300),
    ("jst", 540),
    ("kst", 540),
    ("hkt", 480),
    ("sgt", 480),
    ("wib", 420),
    ("aest", 600),
    ("aedt", 660),
    ("est", -300),
    ("edt", -240),
    ("et", -300),
    ("cst", -360),
    ("cdt", -300),
    ("pst", -480),
    ("pdt", -420),
    ("mdt", -360),
];

/// Reads the first date in a short text.
pub(crate) fn parse(text: &str) -> Option<(OffsetDateTime, Precision)> {
    let text = text.trim();
    let text = text.get(..text.char_indices().nth(160).map_or(text.len(), |(i, _)| i)).unwrap_or(text);
    if let Some(found) = epoch(text) {
        return Some(found);
    }
    let tokens = tokens(text);
    let (date, after) = iso(&tokens).or_else(|| named(&tokens)).or_else(|| numeric(&tokens))?;
    let rest = tokens.get(after..).unwrap_or_default();
    // "12:30 | 31 July 2020": the time may stand before the date.
    let clock = clock(rest).or_else(|| clock(tokens.get(..after.saturating_sub(3)).unwrap_or_default()));
    let Some((time, used)) = clock else { return Some((date.midnight().assume_utc(), Precision::Day)) };
    match zone(rest.get(used..).unwrap_or_default()) {
        Some(offset) => Some((date.with_time(time).assume_offset(offset), Precision::Zoned)),
        None => Some((date.with_time(time).assume_utc(), Precision::Local)),
    }
}

fn epoch(text: &str) -> Option<(OffsetDateTime, Precision)> {
    if !matches!(text.len(), 10 | 13) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    let seconds = if text.len() == 13 { number / 1000 } else { number };
    let when = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
    YEARS.contains(&when.year()).then_some((when, Precision::Zoned))
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    /// A number and how many digits it was written with.
    Number(i32, usize),
    Word(String),
    Sign(char),
}

fn tokens(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for c in text.chars() {
        let digit = c.to_digit(10);
        match (parts.last_mut(), digit) {
            (Some(Part::Number(value, digits)), Some(d)) if *digits < 9 => {
                *value = *value * 10 + d as i32;
                *digits += 1;
            }
            (_, Some(d)) => parts.push(Part::Number(d as i32, 1)),
            (Some(Part::Word(word)), None) if c.is_alphabetic() => word.extend(c.to_lowercase()),
            (_, None) if matches!(c, '年' | '月' | '日' | '년' | '월' | '일') => {
                parts.push(Part::Sign('-'))
            }
            (_, None) if c.is_alphabetic() => parts.push(Part::Word(c.to_lowercase().collect())),
            _ => parts.push(Part::Sign(c)),
        }
    }
    parts
}

fn date(year: i32, month: i32, day: i32) -> Option<Date> {
    if !YEARS.contains(&year) {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
}

/// 2020-07-31, 2020/7/31, 2020.07.31, 20200731.
fn iso(parts: &[Part]) -> Option<(Date, usize)> {
    for (at, part) in parts.iter().enumerate() {
        match (part, parts.get(at + 1..at + 5)) {
            (Part::Number(value, 8), _) => {
                if let Some(date) = date(value / 10_000, value / 100 % 100, value % 100) {
                    return Some((date, at + 1));
                }
            }
            (
                Part::Number(year, 4),
                Some([Part::Sign(a), Part::Number(month, 1..=2), Part::Sign(b), Part::Number(day, 1..=2)]),
            ) if a == b && matches!(a, '-' | '/' | '.') => {
                if let Some(date) = date(*year, *month, *day) {
                    return Some((date, at + 5));
                }
            }
            (
                Part::Number(year, 4),
                Some([Part::Sign('-'), Part::Sign(' '), Part::Number(month, 1..=2), Part::Sign('-')]),
            ) => {
                if let Some(Part::Number(day, _)) = parts.iter().skip(at + 5).find(|p| **p != Part::Sign(' '))
                    && let Some(date) = date(*year, *month, *day)
                {
                    return Some((date, at + 7));
                }
            }
            _ => {}
        }
    }
    None
}

fn month(word: &str) -> Option<i32> {
    let mut best: Option<(usize, i32)> = None;
    for (index, names) in MONTHS.iter().enumerate() {
        for name in *names {
            if word.starts_with(name) && best.is_none_or(|(length, _)| name.len() > length) {
                best = Some((name.len(), index as i32 + 1));
            }
        }
    }
    best.map(|(_, month)| month)
}

/// "July 31, 2020", "31 July 2020", "31. Juli 2020", "31 de julio de 2020".
fn named(parts: &[Part]) -> Option<(Date, usize)> {
    for (at, part) in parts.iter().enumerate() {
        let Part::Word(word) = part else { continue };
        let Some(month) = month(word) else { continue };
        let near =
            |p: &Part| matches!(p, Part::Sign(_)) || matches!(p, Part::Word(w) if w.chars().count() <= 3);
        let before = parts.get(..at)?.iter().rev().take(6).find(|p| !near(p));
        let follows: Vec<(usize, &Part)> =
            parts.iter().enumerate().skip(at + 1).filter(|(_, p)| !near(p)).take(2).collect();
        let day_first = match (before, follows.first()) {
            (Some(Part::Number(day, 1..=2)), Some((end, Part::Number(year, 4)))) if *end <= at + 8 => {
                date(*year, month, *day).map(|d| (d, end + 1))
            }
            _ => None,
        };
        let month_first = || match follows.as_slice() {
            [(_, Part::Number(day, 1..=2)), (end, Part::Number(year, 4))] if *end <= at + 10 => {
                date(*year, month, *day).map(|d| (d, end + 1))
            }
            _ => None,
        };
        if let Some(found) = day_first.or_else(month_first) {
            return Some(found);
        }
    }
    None
}

/// 31.07.2020, 31/07/2020, 07/31/2020: day first unless that cannot be.
fn numeric(parts: &[Part]) -> Option<(Date, usize)> {
    for (at, window) in parts.windows(5).enumerate() {
        if let [
            Part::Number(a, 1..=2),
            Part::Sign(x),
            Part::Number(b, 1..=2),
            Part::Sign(y),
            Part::Number(year, digits),
        ] = window
            && x == y
            && matches!(x, '.' | '/' | '-')
            && matches!(digits, 2 | 4)
        {
            let year = if *digits == 2 { 2000 + year } else { *year };
            if let Some(date) = date(year, *b, *a).or_else(|| date(year, *a, *b)) {
                return Some((date, at + 5));
            }
        }
    }
    None
}

fn clock(parts: &[Part]) -> Option<(Time, usize)> {
    for (at, window) in parts.windows(3).enumerate().take(14) {
        let [Part::Number(hour, 1..=2), Part::Sign(sign), Part::Number(minute, 2)] = window else {
            continue;
        };
        if !matches!(sign, ':' | '.') {
            continue;
        }
        let mut used = at + 3;
        let mut second = 0;
        if let (Some(Part::Sign(':')), Some(Part::Number(value, 2))) = (parts.get(used), parts.get(used + 1))
        {
            (second, used) = (*value, used + 2);
            if let (Some(Part::Sign('.' | ',')), Some(Part::Number(..))) =
                (parts.get(used), parts.get(used + 1))
            {
                used += 2;
            }
        }
        let mut hour = *hour;
        for (i, part) in parts.iter().enumerate().skip(used).take(3) {
            if let Part::Word(word) = part {
                match word.as_str() {
                    "pm" | "p" if hour < 12 => hour += 12,
                    "am" | "a" if hour == 12 => hour = 0,
                    "am" | "pm" | "a" | "p" => {}
                    _ => break,
                }
                used = i + 1;
                break;
            }
        }
        let small = |n: i32| u8::try_from(n).ok();
        if let Ok(time) = Time::from_hms(small(hour)?, small(*minute)?, small(second)?.min(59)) {
            return Some((time, used));
        }
    }
    None
}

fn zone(parts: &[Part]) -> Option<UtcOffset> {
    for (at, part) in parts.iter().enumerate().take(6) {
        match (part, parts.get(at + 1), parts.get(at + 2), parts.get(at + 3)) {
            (Part::Sign(sign @ ('+' | '-' | '−')), Some(Part::Number(value, digits)), colon, minutes) => {
                let minutes = match (digits, colon, minutes) {
                    (4, ..) => value / 100 * 60 + value % 100,
                    (_, Some(Part::Sign(':')), Some(Part::Number(m, 2))) => value * 60 + m,
                    _ => value * 60,
                };
                let minutes = if *sign == '+' { minutes } else { -minutes };
                return UtcOffset::from_whole_seconds(minutes * 60).ok();
            }
            (Part::Word(word), ..) => {
                if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| name == word) {
                    // "GMT+2" goes on with a number.
                    return match parts.get(at + 1) {
                        Some(Part::Sign('+' | '-')) => zone(parts.get(at + 1..)?),
                        _ => UtcOffset::from_whole_seconds(minutes * 60).ok(),
                    };
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::format_description::well_known::Rfc3339;

    #[test]
    fn dates_are_read_in_the_forms_pages_write() {
        for (text, expected, precision) in [
            ("2025-06-30T15:59:30+02:00", "2025-06-30T15:59:30+02:00", Precision::Zoned),
            ("2025-06-30T15:59:30.123Z", "2025-06-30T15:59:30Z", Precision::Zoned),
            ("2025-06-30 15:59", "2025-06-30T15:59:00Z", Precision::Local),
            ("Mon, 05 Feb 2024 10:00:00 GMT", "2024-02-05T10:00:00Z", Precision::Zoned),
            ("July 31, 2020 at 3:05 pm EDT", "2020-07-31T15:05:00-04:00", Precision::Zoned),
            ("Updated 31. Juli 2020, 08:10 Uhr", "2020-07-31T08:10:00Z", Precision::Local),
            ("31 de julio de 2020", "2020-07-31T00:00:00Z", Precision::Day),
            ("07/31/2020", "2020-07-31T00:00:00Z", Precision::Day),
            ("1 августа 2023 г. 12:30", "2023-08-01T12:30:00Z", Precision::Local),
            ("2024年5月3日 12:00", "2024-05-03T12:00:00Z", Precision::Local),
            ("1590000000000", "2020-05-20T18:40:00Z", Precision::Zoned),
        ] {
            let (when, how) = parse(text).unwrap_or_else(|| panic!("no date in {text}"));
            assert_eq!((when.format(&Rfc3339).unwrap().as_str(), how), (expected, precision), "{text}");
        }
        for text in ["", "1970-01-01", "May we say 2020", "no date", "0000-00-00 00:00:00", "call 5551234567"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
