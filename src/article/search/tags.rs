//! What filters compare, as lexemes beside the words: one index answers words and filters together, whatever is rare in
//! the combination.
//!
//! `=s:` source, `=l:` language, `=y:` entity type, `=n:` entity name and type, `=i:` entity id, `=q:` speaker, `=p:` published
//! (year, month, day), `=a:` accepted (year, month, day, hour, minute). No word begins so.

use std::collections::BTreeSet;

use time::{Duration, Month, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::quoted;
use crate::article::{Processed, Summary, name_key};

/// Bytes of an article's tags; of one with more, some entities are not found by filters.
const MAX_BYTES: usize = 150_000;
/// Longest value; longer ones are cut, here and in filters alike.
const MAX_VALUE_BYTES: usize = 400;
/// Times outside of these years count as their ends.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// What an article must be; an empty field wants all, values of one field are joined by OR.
#[derive(Clone, Copy, Debug, Default)]
pub struct TagFilter<'a> {
    /// Exact.
    pub sources: &'a [String],
    /// ISO 639-1 codes.
    pub languages: &'a [String],
    /// As `name_key` makes them.
    pub entity_name_keys: &'a [String],
    /// Contract numbers; with names, one entity must match both.
    pub entity_types: &'a [i16],
    /// Any of these.
    pub entity_ids: &'a [Uuid],
    /// Names of those quoted, as `name_key` makes them.
    pub speaker_name_keys: &'a [String],
    /// When it was published; to the day, so the caller compares the time itself too.
    pub published: TimeRange,
}

/// Half-open; `None` is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// At or after.
    pub from: Option<OffsetDateTime>,
    /// Before.
    pub until: Option<OffsetDateTime>,
}

/// The tags of an article, as a `tsvector` in text form.
pub fn article_tags(summary: &Summary, processed: &Processed) -> String {
    let mut tags = BTreeSet::new();
    tags.insert(tag('s', &summary.source));
    if let Some(language) = &summary.language {
        tags.insert(tag('l', &language.code));
    }
    if let Some(time) = summary.published_time {
        tags.extend(time_tags('p', time, Unit::Day));
    }
    tags.extend(time_tags('a', summary.accepted_time, Unit::Minute));
    let speakers: BTreeSet<Uuid> =
        processed.quotations.iter().filter_map(|quotation| quotation.speaker.as_ref()?.entity_id).collect();
    let mut bytes = 0;
    for entity in &processed.entities {
        if bytes > MAX_BYTES {
            break;
        }
        let number = entity.kind.number();
        tags.insert(tag('y', &number.to_string()));
        tags.insert(tag('i', &entity.entity_id.simple().to_string()));
        for name in std::iter::once(&entity.name).chain(&entity.aliases) {
            let key = name_key(name);
            bytes += 2 * key.len().min(MAX_VALUE_BYTES) + 50;
            if speakers.contains(&entity.entity_id) {
                tags.insert(tag('q', &key));
            }
            tags.insert(named(&key, Some(number)));
        }
    }
    tags.iter().map(|tag| quoted(tag)).collect::<Vec<_>>().join(" ")
}

impl TagFilter<'_> {
    /// Each is a part of a `tsquery`, to be joined by AND.
    pub fn conditions(&self) -> Vec<String> {
        let each = |kind, values: &[String]| any(values.iter().map(|value| quoted(&tag(kind, value))));
        let named_ones = match (self.entity_name_keys, self.entity_types) {
            (keys, []) => any(keys.iter().map(|key| format!("{}:*", quoted(&named(key, None))))),
            ([], types) => any(types.iter().map(|number| quoted(&tag('y', &number.to_string())))),
            (keys, types) => any(keys
                .iter()
                .flat_map(|key| types.iter().map(move |number| quoted(&named(key, Some(*number)))))),
        };
        let ids = self.entity_ids.iter().map(|id| quoted(&tag('i', &id.simple().to_string())));
        [
            each('s', self.sources),
            each('l', self.languages),
            named_ones,
            any(ids),
            each('q', self.speaker_name_keys),
            self.published.condition('p', Unit::Day),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl TimeRange {
    /// Part of a `tsquery` that holds for all articles accepted in this range, and few others; `None` if it is open at both
    /// ends. The longer the range, the coarser, so that it stays short.
    pub fn accepted_condition(&self) -> Option<String> {
        let length = match (self.from, self.until) {
            (Some(from), Some(until)) => until - from,
            _ => Duration::days(365),
        };
        let unit = match length {
            length if length < Duration::hours(2) => Unit::Minute,
            length if length < Duration::days(3) => Unit::Hour,
            _ => Unit::Day,
        };
        self.condition('a', unit)
    }

    /// From both ends in steps of `finest`, and in larger ones between.
    fn condition(&self, kind: char, finest: Unit) -> Option<String> {
        if self.from.is_none() && self.until.is_none() {
            return None;
        }
        let first = start_of(*YEARS.start());
        let end = start_of(*YEARS.end() + 1);
        let mut at = Unit::floor(
            finest,
            self.from.unwrap_or(first).to_offset(UtcOffset::UTC).max(first).min(end - Duration::DAY),
        );
        let until =
            self.until.unwrap_or(end).to_offset(UtcOffset::UTC).min(end).max(first + Duration::SECOND);
        let mut tags = Vec::new();
        while at < until {
            let is_whole = |unit: &Unit| unit.floor(at) == at && unit.next(at) <= until;
            let unit = Unit::ALL.into_iter().filter(|unit| *unit <= finest).find(is_whole).unwrap_or(finest);
            tags.push(quoted(&tag(kind, &unit.name(at))));
            at = unit.next(at);
        }
        // A range that holds nothing finds nothing.
        any(tags).or_else(|| Some(quoted(&tag(kind, "never"))))
    }
}

fn any(parts: impl IntoIterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().collect();
    (!parts.is_empty()).then(|| format!("({})", parts.join(" | ")))
}

fn tag(kind: char, value: &str) -> String {
    format!("={kind}:{}", cut(value))
}

/// The type stands behind the name, so that a name of any type is a beginning.
fn named(key: &str, number: Option<i16>) -> String {
    format!("=n:{}\u{1}{}", cut(key), number.map(|number| number.to_string()).unwrap_or_default())
}

fn cut(value: &str) -> &str {
    let end = (0..=MAX_VALUE_BYTES.min(value.len())).rev().find(|end| value.is_char_boundary(*end));
    value.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn time_tags(kind: char, time: OffsetDateTime, finest: Unit) -> impl Iterator<Item = String> {
    let time = time
        .to_offset(UtcOffset::UTC)
        .clamp(start_of(*YEARS.start()), start_of(*YEARS.end() + 1) - Duration::SECOND);
    Unit::ALL.into_iter().filter(move |unit| *unit <= finest).map(move |unit| tag(kind, &unit.name(time)))
}

fn start_of(year: i32) -> OffsetDateTime {
    let date = time::Date::from_calendar_date(year, Month::January, 1).unwrap_or(time::Date::MIN);
    date.midnight().assume_utc()
}

/// From the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
}

impl Unit {
    const ALL: [Unit; 5] = [Unit::Year, Unit::Month, Unit::Day, Unit::Hour, Unit::Minute];

    fn name(self, time: OffsetDateTime) -> String {
        let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
        match self {
            Unit::Year => format!("{year:04}"),
            Unit::Month => format!("{year:04}-{month:02}"),
            Unit::Day => format!("{year:04}-{month:02}-{day:02}"),
            Unit::Hour => format!("{year:04}-{month:02}-{day:02}T{:02}", time.hour()),
            Unit::Minute => format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", time.hour(), time.minute()),
        }
    }

    fn floor(self, time: OffsetDateTime) -> OffsetDateTime {
        let date = match self {
            Unit::Year => {
                time.date().replace_day(1).ok().and_then(|date| date.replace_month(Month::January).ok())
            }
            Unit::Month => time.date().replace_day(1).ok(),
            Unit::Day | Unit::Hour | Unit::Minute => Some(time.date()),
        };
        let midnight = date.unwrap_or(time.date()).midnight().assume_utc();
        midnight
            + match self {
                Unit::Year | Unit::Month | Unit::Day => Duration::ZERO,
                Unit::Hour => Duration::hours(i64::from(time.hour())),
                Unit::Minute => Duration::minutes(i64::from(time.hour()) * 60 + i64::from(time.minute())),
            }
    }

    /// The start of the one after that of `time`.
    fn next(self, time: OffsetDateTime) -> OffsetDateTime {
        let start = self.floor(time);
        match self {
            // Into the next one, whatever its length.
            Unit::Year => self.floor(start + Duration::days(367)),
            Unit::Month => self.floor(start + Duration::days(32)),
            Unit::Day => start + Duration::DAY,
            Unit::Hour => start + Duration::HOUR,
            Unit::Minute => start + Duration::MINUTE,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_range_of_time_is_covered_by_the_fewest_units() {
        let range = TimeRange {
            from: Some(datetime!(2024-11-29 10:00 UTC)),
            until: Some(datetime!(2026-02-02 00:00 UTC)),
        };
        assert_eq!(
            range.condition('p', Unit::Day).expect("a condition"),
            "('=p:2024-11-29' | '=p:2024-11-30' | '=p:2024-12' | '=p:2025' | '=p:2026-01' | '=p:2026-02-01')"
        );
        assert_eq!(TimeRange::default().accepted_condition(), None);
        let minutes = TimeRange {
            from: Some(datetime!(2026-02-28 23:58:30 UTC)),
            until: Some(datetime!(2026-03-01 01:00:30 UTC)),
        };
        assert_eq!(
            minutes.accepted_condition().expect("a condition"),
            "('=a:2026-02-28T23:58' | '=a:2026-02-28T23:59' | '=a:2026-03-01T00' | '=a:2026-03-01T01:00')"
        );
    }

    #[test]
    fn every_time_has_a_unit_in_every_range_that_holds_it() {
        let bounds = [
            datetime!(0001-01-01 0:00 UTC),
            datetime!(1899-12-31 23:59 UTC),
            datetime!(2026-02-28 23:59:59 UTC),
            datetime!(2026-03-01 0:00 UTC),
            datetime!(2100-12-31 23:59:59 UTC),
            datetime!(9999-12-31 23:59:59 UTC),
        ];
        for time in bounds {
            let tags: Vec<String> = time_tags('p', time, Unit::Day).map(|tag| quoted(&tag)).collect();
            for (from, until) in [(None, Some(time + Duration::NANOSECOND)), (Some(time), None)] {
                let condition = TimeRange { from, until }.condition('p', Unit::Day).expect("a condition");
                assert!(tags.iter().any(|tag| condition.contains(tag)), "{time}: {tags:?} in {condition}");
                assert!(condition.len() < 10_000);
            }
        }
    }

    #[test]
    fn names_with_types_must_be_one_entity_and_names_alone_of_any_type() {
        let keys = ["nato".to_owned(), "o'brien".to_owned()];
        let names = TagFilter { entity_name_keys: &keys, ..TagFilter::default() };
        assert_eq!(names.conditions(), ["('=n:nato\u{1}':* | '=n:o''brien\u{1}':*)"]);
        let both = TagFilter { entity_types: &[4], ..names };
        assert_eq!(both.conditions(), ["('=n:nato\u{1}4' | '=n:o''brien\u{1}4')"]);
    }
}
