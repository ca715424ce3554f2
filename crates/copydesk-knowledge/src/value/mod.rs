//! Dates and amounts: from the words of DATE, TIME, MONEY, PERCENT and QUANTITY mentions to values in a named standard.
//!
//! A mention is read whole or not at all: what is left over makes it unresolved, with the reason. Time is linear in the
//! mention, and a mention of more than a few words is not read.

mod amount;
mod calendar;
mod clock;
mod date;
mod lex;
mod number;
mod relative;
mod unit;

#[cfg(test)]
mod tests;

use std::ops::Range;

use time::{Date, OffsetDateTime};

use crate::{
    article::{Amount, AmountKind, DateValue, Granularity, Input, Unresolved},
    token::Tokens,
};
use calendar::Moment;
use date::Anchor;
use lex::{Piece, lex};

/// Tokens on each side of a date in which the future shows.
const FUTURE_REACH_TOKENS: usize = 14;
/// How far the day in a dateline may be from the publication to be meant by it.
const MAX_DATELINE_DAYS: i64 = 10;

/// Reads the mentions of an English article.
pub(crate) fn read(input: &Input<'_>, tokens: &Tokens<'_>) -> (Vec<DateValue>, Vec<Amount>) {
    let reference = reference_day(input.published, input.dateline);
    let home = amount::Home::of(input.text);
    let mut dates = Vec::new();
    let mut amounts = Vec::new();
    for mention in input.mentions {
        let span = mention.begin..mention.end;
        let words = input.text.get(span.clone()).unwrap_or_default();
        let kind = match mention.label {
            "DATE" | "TIME" => {
                let anchor = Anchor { date: reference, is_future: is_future(tokens, &span) };
                dates.push(read_date(words, span, anchor, input.published));
                continue;
            }
            "MONEY" => AmountKind::Money,
            "PERCENT" => AmountKind::Percent,
            "QUANTITY" => AmountKind::Quantity,
            _ => continue,
        };
        // The recognizer takes a share for money where money is near.
        let is_share =
            kind == AmountKind::Money && ["%", "percent", "per cent"].iter().any(|word| words.contains(word));
        let kind = if is_share { AmountKind::Percent } else { kind };
        amounts.push(amount::read(words, span, kind, home));
    }
    (dates, amounts)
}

/// The day that relative dates are counted from: the dateline's, if it is near the publication, else the publication's
/// in its own zone.
fn reference_day(published: Option<OffsetDateTime>, dateline: &str) -> Option<Date> {
    let day = published.map(|time| time.date());
    let pieces = lex(dateline);
    let at = pieces.iter().position(|piece| calendar::month(piece.word()).is_some());
    let Some(at) = at else { return day };
    let anchor = Anchor { date: day, is_future: false };
    let around = [at..at + 4, at..at + 3, at..at + 2, at.saturating_sub(1)..at + 1];
    let told = around.into_iter().filter_map(|range| pieces.get(range)).find_map(|pieces| {
        let moment = date::read(pieces, anchor).ok()?;
        let format = time::macros::format_description!("[year]-[month]-[day]");
        Date::parse(&moment.value, format).ok()
    });
    match (told, day) {
        (Some(told), Some(day)) if (told - day).whole_days().abs() > MAX_DATELINE_DAYS => Some(day),
        (Some(told), _) => Some(told),
        (None, day) => day,
    }
}

/// Whether the words around a date speak of what comes.
fn is_future(tokens: &Tokens<'_>, span: &Range<usize>) -> bool {
    let at = tokens.at(span.start);
    let sentence = tokens.sentence_of(at);
    let from = sentence.start.max(at.saturating_sub(FUTURE_REACH_TOKENS));
    let to = sentence.end.min(at + FUTURE_REACH_TOKENS);
    (from..to).any(|at| {
        let next = tokens.words(at + 1);
        match tokens.words(at) {
            "will" | "upcoming" | "shall" | "’ll" => true,
            "is" | "are" => {
                matches!(next, "due" | "expected" | "scheduled" | "set" | "slated" | "likely" | "planned")
            }
            "due" | "scheduled" | "expected" | "set" => matches!(next, "to" | "for"),
            "plans" | "plan" | "intends" | "hopes" | "expects" => next == "to",
            _ => false,
        }
    })
}

fn read_date(
    words: &str,
    span: Range<usize>,
    anchor: Anchor,
    published: Option<OffsetDateTime>,
) -> DateValue {
    let pieces = lex(words);
    let (rest, is_approximate) = date::lead(&pieces);
    let mut part = None;
    let read = if let Some(read) = clock::read(&pieces, anchor) {
        read
    } else if let Some(read) = time_ago(rest, published) {
        read
    } else if let Some((found, read)) = with_part(rest, anchor) {
        part = Some(found);
        read
    } else {
        date::read(rest, anchor)
    };
    let is_relative = read.is_ok() && {
        let alone = Anchor { date: None, ..anchor };
        matches!(again(&pieces, rest, alone), Err(Unresolved::NoReferenceTime))
    };
    let granularity = match &read {
        Ok(_) if part.is_some() => Granularity::PartOfDay,
        Ok(moment) => moment.granularity,
        Err(_) => Granularity::Unknown,
    };
    let part_of_day = part.filter(|_| read.is_ok());
    let value = read.map(|moment| moment.value);
    DateValue { span, value, granularity, part_of_day, is_approximate, is_relative }
}

/// The same without a time to count from, to see whether it was needed.
fn again(pieces: &[Piece], rest: &[Piece], anchor: Anchor) -> date::Read {
    if let Some(read) = clock::read(pieces, anchor) {
        return read;
    }
    if time_ago(rest, Some(OffsetDateTime::UNIX_EPOCH)).is_some() {
        return Err(Unresolved::NoReferenceTime);
    }
    match with_part(rest, anchor) {
        Some((_, read)) => read,
        None => date::read(rest, anchor),
    }
}

/// "two hours ago": the only dates for which the time of publication counts, and not its day alone.
fn time_ago(pieces: &[Piece], published: Option<OffsetDateTime>) -> Option<date::Read> {
    let (last, rest) = pieces.split_last()?;
    let count = number::read(rest, false).filter(|number| last.word() == "ago" && number.len > 0)?;
    let unit = calendar::unit(rest.get(count.len).filter(|_| rest.len() == count.len + 1)?.word())?;
    let seconds = match unit {
        calendar::Unit::Second => 1.0,
        calendar::Unit::Minute => 60.0,
        calendar::Unit::Hour => 3600.0,
        calendar::Unit::Day
        | calendar::Unit::Week
        | calendar::Unit::Month
        | calendar::Unit::Quarter
        | calendar::Unit::Year
        | calendar::Unit::Decade
        | calendar::Unit::Century => return None,
    };
    let Some(published) = published else { return Some(Err(Unresolved::NoReferenceTime)) };
    // A number of any size is no trouble: what leaves the calendar is none.
    let ago =
        time::Duration::try_from(std::time::Duration::try_from_secs_f64(count.value * seconds).ok()?).ok()?;
    Some(published.checked_sub(ago).and_then(minute).ok_or(Unresolved::OutOfRange))
}

fn minute(time: OffsetDateTime) -> Option<Moment> {
    let day = calendar::day(time.date())?.value;
    let (hours, minutes, _) = time.offset().as_hms();
    let zone = match (hours, minutes) {
        (0, 0) => "Z".to_owned(),
        _ => format!("{hours:+03}:{:02}", minutes.abs()),
    };
    Some(Moment::new(format!("{day}T{:02}:{:02}{zone}", time.hour(), time.minute()), Granularity::Minute))
}

/// "Tuesday night", "this morning", "last night", "tonight": the part and the day.
fn with_part(pieces: &[Piece], anchor: Anchor) -> Option<(&'static str, date::Read)> {
    if let [Piece::Word(word)] = pieces
        && word == "tonight"
    {
        return Some(("night", date::read(pieces, anchor)));
    }
    let at = pieces.iter().position(|piece| clock::part_of_day(piece.word()).is_some())?;
    let part = clock::part_of_day(pieces.get(at)?.word())?;
    let mut day: Vec<Piece> = pieces.get(..at)?.to_vec();
    day.extend_from_slice(pieces.get(at + 1..)?);
    let (day, _) = date::lead(&day);
    let word = |word: &str| vec![Piece::Word(word.to_owned())];
    let read = match day {
        [] => Err(Unresolved::Vague),
        [Piece::Word(one)] if one == "this" => date::read(&word("today"), anchor),
        [Piece::Word(one)] if one == "last" => date::read(&word("yesterday"), anchor),
        day => date::read(day, anchor),
    };
    Some((
        part,
        read.and_then(|day| {
            if day.granularity == Granularity::Day { Ok(day) } else { Err(Unresolved::NotUnderstood) }
        }),
    ))
}
