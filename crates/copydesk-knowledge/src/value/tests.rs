//! Tables of words and what they mean.

use time::macros::datetime;

use super::*;

/// A Wednesday.
const PUBLISHED: OffsetDateTime = datetime!(2019-07-31 12:02 UTC);

fn date_at(words: &str, published: Option<OffsetDateTime>, is_future: bool) -> DateValue {
    let anchor = Anchor { date: published.map(|time| time.date()), is_future };
    read_date(words, 0..words.len(), anchor, published)
}

fn date(words: &str) -> Result<String, Unresolved> {
    date_at(words, Some(PUBLISHED), false).value
}

#[test]
fn dates_that_are_written_out_need_no_reference() {
    for (words, value) in [
        ("August 22, 2017", "2017-08-22"),
        ("Aug. 22, 2017", "2017-08-22"),
        ("22 August 2017", "2017-08-22"),
        ("the 22nd of August 2017", "2017-08-22"),
        ("Tuesday, August 22, 2017", "2017-08-22"),
        ("August 2017", "2017-08"),
        ("2017", "2017"),
        ("2017-08-22", "2017-08-22"),
        ("22.8.2017", "2017-08-22"),
        ("8/22/2017", "2017-08-22"),
        ("the 1990s", "199X"),
        ("the '90s", "199X"),
        ("the late 1990s", "199X"),
        ("the second quarter of 2018", "2018-34"),
        ("Q3 2018", "2018-35"),
        ("the first half of 2019", "2019-01/2019-06"),
        ("the summer of 2016", "2016-22"),
        ("2016 to 2018", "2016/2018"),
        ("between 2016 and 2018", "2016/2018"),
        ("2016-17", "2016/2017"),
        ("2025/2026", "2025/2026"),
        ("approximately 3:18 a.m.", "T03:18"),
        ("August 3-5, 2017", "2017-08-03/2017-08-05"),
        ("three years", "P3Y"),
        ("42-year-old", "P42Y"),
        ("42 years old", "P42Y"),
        ("90 days", "P90D"),
        ("a decade", "P10Y"),
        ("two and a half years", "P30M"),
        ("the past three years", "P3Y"),
        ("six months", "P6M"),
        ("annual", "R/P1Y"),
        ("every week", "R/P1W"),
        ("20 minutes", "PT20M"),
        ("half an hour", "PT30M"),
        ("2:30 p.m.", "T14:30"),
        ("14:30 GMT", "T14:30Z"),
        ("10 a.m. EDT", "T10:00-04:00"),
        ("noon", "T12:00"),
        ("12:05 a.m.", "T00:05"),
        ("6 p.m. on August 22, 2017", "2017-08-22T18:00"),
    ] {
        let read = date_at(words, None, false);
        assert_eq!(read.value.as_deref(), Ok(value), "{words}");
        assert!(!read.is_relative, "{words}");
    }
}

#[test]
fn relative_dates_are_counted_from_the_publication() {
    for (words, value) in [
        ("today", "2019-07-31"),
        ("yesterday", "2019-07-30"),
        ("tomorrow", "2019-08-01"),
        ("late Tuesday", "2019-07-30"),
        ("Tuesday", "2019-07-30"),
        ("Wednesday", "2019-07-31"),
        ("Thursday", "2019-07-25"),
        ("last Wednesday", "2019-07-24"),
        ("next Wednesday", "2019-08-07"),
        ("Thursday next week", "2019-08-08"),
        ("last year", "2018"),
        ("this year", "2019"),
        ("earlier this year", "2019"),
        ("last month", "2019-06"),
        ("April last year", "2018-04"),
        ("next month", "2019-08"),
        ("this week", "2019-W31"),
        ("last week", "2019-W30"),
        ("next week", "2019-W32"),
        ("last quarter", "2019-34"),
        ("the second quarter", "2019-34"),
        ("the first half of the year", "2019-01/2019-06"),
        ("last summer", "2018-22"),
        ("last spring", "2019-21"),
        ("last August", "2018-08"),
        ("next August", "2019-08"),
        ("July", "2019-07"),
        ("March", "2019-03"),
        ("November", "2018-11"),
        ("July 4", "2019-07-04"),
        ("the end of July", "2019-07"),
        ("two years ago", "2017"),
        ("three days ago", "2019-07-28"),
        ("a month ago", "2019-06"),
        ("two hours ago", "2019-07-31T10:02Z"),
        ("this weekend", "2019-08-03/2019-08-04"),
        ("last weekend", "2019-07-27/2019-07-28"),
        ("Tuesday night", "2019-07-30"),
        ("this morning", "2019-07-31"),
        ("last night", "2019-07-30"),
        ("10 a.m. Tuesday", "2019-07-30T10:00"),
        ("Monday to Wednesday", "2019-07-29/2019-07-31"),
        ("last year's", "2018"),
        ("the last decade", "200X"),
    ] {
        assert_eq!(date(words).as_deref(), Ok(value), "{words}");
        let alone = date_at(words, None, false);
        assert_eq!(alone.value, Err(Unresolved::NoReferenceTime), "{words}");
        assert!(date_at(words, Some(PUBLISHED), false).is_relative, "{words}");
    }
}

#[test]
fn in_a_sentence_about_the_future_the_next_day_is_meant() {
    let at = |words| date_at(words, Some(PUBLISHED), true).value;
    assert_eq!(at("Thursday").as_deref(), Ok("2019-08-01"));
    assert_eq!(at("November").as_deref(), Ok("2019-11"));
    assert_eq!(at("March 3").as_deref(), Ok("2020-03-03"));
}

#[test]
fn what_cannot_be_told_says_why() {
    for (words, reason) in [
        ("recent years", Unresolved::Vague),
        ("several weeks", Unresolved::Vague),
        ("9–12 months", Unresolved::Vague),
        ("two days later", Unresolved::Vague),
        ("03/04/2017", Unresolved::Vague),
        ("the morning", Unresolved::Vague),
        ("Ramadan", Unresolved::NotUnderstood),
        ("February 30, 2017", Unresolved::OutOfRange),
        ("900 decades ago", Unresolved::OutOfRange),
    ] {
        assert_eq!(date(words), Err(reason), "{words}");
    }
    let end = Some(datetime!(9999-12-31 23:59 UTC));
    for words in
        ["tomorrow", "next year", "next week", "next month", "next Tuesday", "next summer", "this weekend"]
    {
        let read = date_at(words, end, true);
        assert!(matches!(read.value, Ok(_) | Err(Unresolved::OutOfRange)), "{words}: {read:?}");
    }
    assert_eq!(date_at("next year", end, false).value, Err(Unresolved::OutOfRange));
}

#[test]
fn the_part_of_a_day_stands_beside_the_day() {
    let read = date_at("late Tuesday night", Some(PUBLISHED), false);
    assert_eq!((read.part_of_day, read.granularity), (Some("night"), Granularity::PartOfDay));
    assert!(read.is_approximate);
    assert_eq!(date_at("tonight", Some(PUBLISHED), false).part_of_day, Some("night"));
}

#[test]
fn a_dateline_tells_the_day_if_it_is_near_the_publication() {
    let day = |dateline| reference_day(Some(PUBLISHED), dateline).map(|day| day.to_string());
    assert_eq!(day("ANKARA, July 30 (Agency)").as_deref(), Some("2019-07-30"));
    assert_eq!(day("ANKARA, 30 July").as_deref(), Some("2019-07-30"));
    assert_eq!(day("ANKARA, March 30").as_deref(), Some("2019-07-31"));
    assert_eq!(day("ANKARA (Agency)").as_deref(), Some("2019-07-31"));
    assert_eq!(
        reference_day(None, "ANKARA, July 30, 2019").map(|day| day.to_string()).as_deref(),
        Some("2019-07-30")
    );
}

fn amount_in(words: &str, kind: AmountKind, text: &str) -> (Result<f64, Unresolved>, Option<f64>, String) {
    let read = amount::read(words, 0..words.len(), kind, amount::Home::of(text));
    (read.value, read.max_value, read.unit)
}

#[test]
fn money_has_a_currency_where_it_is_certain() {
    for (words, value, unit) in [
        ("$1.2 billion", 1.2e9, "USD"),
        ("$1,250.50", 1250.5, "USD"),
        ("$5-billion", 5e9, "USD"),
        ("US$5m", 5e6, "USD"),
        ("A$30", 30.0, "AUD"),
        ("C$30", 30.0, "CAD"),
        ("€40", 40.0, "EUR"),
        ("£3.4bn", 3.4e9, "GBP"),
        ("20 million euros", 2e7, "EUR"),
        ("half a million dollars", 5e5, "USD"),
        ("about 300 yen", 300.0, "JPY"),
        ("1,000 Swiss francs", 1000.0, "CHF"),
        ("two thousand pesos", 2000.0, ""),
        ("50 cents", 0.5, "USD"),
        ("EUR 5 million", 5e6, "EUR"),
        ("12 million rubles", 1.2e7, "RUB"),
        ("10 Egyptian pounds", 10.0, "EGP"),
        ("10 pounds", 10.0, ""),
        ("at least $40 million", 4e7, "USD"),
    ] {
        let (read, _, named) = amount_in(words, AmountKind::Money, "");
        assert_eq!((read, named.as_str()), (Ok(value), unit), "{words}");
    }
    assert_eq!(amount_in("10 pounds", AmountKind::Money, "in London").2, "GBP");
    assert_eq!(amount_in("$5", AmountKind::Money, "5 Canadian dollars").2, "");
    assert_eq!(amount_in("$2 to $3 million", AmountKind::Money, ""), (Ok(2e6), Some(3e6), "USD".to_owned()));
    assert_eq!(amount_in("between 10 and 15 million euros", AmountKind::Money, "").1, Some(1.5e7));
    assert_eq!(amount_in("millions of dollars", AmountKind::Money, "").0, Err(Unresolved::Vague));
}

#[test]
fn shares_and_measures_have_their_unit() {
    for (words, kind, value, unit) in [
        ("3.5 percent", AmountKind::Percent, 3.5, "%"),
        ("3.5%", AmountKind::Percent, 3.5, "%"),
        ("nearly 40 per cent", AmountKind::Percent, 40.0, "%"),
        ("half a percent", AmountKind::Percent, 0.5, "%"),
        ("two percentage points", AmountKind::Percent, 2.0, "{percentage_point}"),
        ("25 basis points", AmountKind::Percent, 25.0, "{basis_point}"),
        ("12 miles", AmountKind::Quantity, 12.0, "[mi_i]"),
        ("12-mile", AmountKind::Quantity, 12.0, "[mi_i]"),
        ("300 square kilometers", AmountKind::Quantity, 300.0, "km2"),
        ("60 miles per hour", AmountKind::Quantity, 60.0, "[mi_i]/h"),
        ("60 mph", AmountKind::Quantity, 60.0, "[mi_i]/h"),
        ("40 degrees Celsius", AmountKind::Quantity, 40.0, "Cel"),
        ("40 °C", AmountKind::Quantity, 40.0, "Cel"),
        ("six feet", AmountKind::Quantity, 6.0, "[ft_i]"),
        ("6'2\"", AmountKind::Quantity, 74.0, "[in_i]"),
        ("200 tons", AmountKind::Quantity, 200.0, ""),
        ("200 metric tons", AmountKind::Quantity, 200.0, "t"),
        ("1.5 million barrels", AmountKind::Quantity, 1.5e6, "[bbl_us]"),
        ("20 nautical miles", AmountKind::Quantity, 20.0, "[nmi_i]"),
        ("30 kg", AmountKind::Quantity, 30.0, "kg"),
    ] {
        let (read, _, named) = amount_in(words, kind, "");
        assert_eq!((read, named.as_str()), (Ok(value), unit), "{words}");
    }
    assert_eq!(amount_in("5% to 7%", AmountKind::Percent, "").1, Some(7.0));
    assert_eq!(amount_in("10 to 15 miles", AmountKind::Quantity, "").1, Some(15.0));
}
