//! The short forms: an article or an update on two lines, and how times and lengths are written.

use std::time::Duration;

use copydesk_proto::v1::{self, ArticleState, UpdateKind};
use prost_types::Timestamp;
use time::OffsetDateTime;

use super::{
    Category, Role, Screen,
    flow::{columns, printable},
};

/// Names shown of an article; the weightiest first.
const MAX_NAMES: usize = 5;

/// One article of a list, on two lines.
pub(crate) fn article_lines(screen: &Screen, article: &v1::Article) -> String {
    let time = article.accepted_time.as_ref().map(moment).unwrap_or_default();
    let (word, role) = match article.state() {
        ArticleState::Accepted => ("ACCEPTED", Role::Quiet),
        ArticleState::Processed => ("PROCESSED", Role::Good),
        ArticleState::Failed => ("FAILED", Role::Bad),
        ArticleState::Deleted => ("DELETED", Role::Warning),
        ArticleState::Unspecified => ("UNKNOWN", Role::Warning),
    };
    two_lines(screen, &time, word, role, article, None)
}

/// One update of the feed, on two lines. `cursor` is in text form.
pub(crate) fn update_lines(screen: &Screen, update: &v1::Update, cursor: &str) -> String {
    let time = update.time.as_ref().map(moment).unwrap_or_default();
    let (word, role) = match update.kind() {
        UpdateKind::Accepted => ("ACCEPTED", Role::Quiet),
        UpdateKind::Processed => ("PROCESSED", Role::Good),
        UpdateKind::Failed => ("FAILED", Role::Bad),
        UpdateKind::Deleted => ("DELETED", Role::Warning),
        UpdateKind::Reprocessed => ("AGAIN", Role::Good),
        UpdateKind::DuplicateFound => ("DUPLICATE", Role::Warning),
        UpdateKind::Unspecified => ("UNKNOWN", Role::Warning),
    };
    let nothing = v1::Article::default();
    let lines =
        two_lines(screen, &time, word, role, update.article.as_ref().unwrap_or(&nothing), Some(cursor));
    let told = update.reprocessing.as_ref().map(|told| changes(screen, told)).unwrap_or_default();
    lines + &told
}

/// What processing again changed, on one line.
fn changes(screen: &Screen, told: &v1::Reprocessing) -> String {
    if let Some(failure) = &told.failure {
        let line = format!("failed, the earlier result stays: {}", clip(&failure.message, 80));
        return format!("    {}\n", screen.paint(Role::Bad, &line));
    }
    let names = |sign: &str, entities: &[v1::Entity]| {
        entities.iter().map(|entity| format!("{sign}{}", clip(&entity.name, 40))).collect::<Vec<_>>()
    };
    let changed = told.entities_changed.iter().filter_map(|change| change.after.as_ref());
    let changed = changed.map(|entity| format!("~{}", clip(&entity.name, 40)));
    let mut all = names("+", &told.entities_added);
    all.extend(names("-", &told.entities_removed));
    all.extend(changed);
    let line = if all.is_empty() { "the same entities as before".to_owned() } else { all.join("  ") };
    format!("    {}\n", screen.paint(Role::Quiet, &clip(&line, screen.width().saturating_sub(4))))
}

fn two_lines(
    screen: &Screen,
    time: &str,
    word: &str,
    role: Role,
    article: &v1::Article,
    cursor: Option<&str>,
) -> String {
    // Before it is processed an article has no title but the one that its sender gave.
    let title =
        [&article.title, &article.external_id, &article.url].into_iter().find(|text| !text.is_empty());
    let title = title.map_or("(no title)", String::as_str);
    let head = columns(time) + 13;
    let first = format!(
        "{}  {} {}\n",
        screen.paint(Role::Quiet, time),
        screen.paint(role, &format!("{word:<9}")),
        screen.paint(Role::Title, &clip(title, screen.width().saturating_sub(head)))
    );
    let mut facts = vec![article.article_id.clone()];
    if article.version > 1 {
        facts.push(format!("version {}", article.version));
    }
    facts.push(match article.external_id.as_str() {
        "" => clip(&article.source, 40),
        external_id => clip(&format!("{}/{external_id}", article.source), 60),
    });
    if let Some(language) = &article.language {
        facts.push(language.code.clone());
    }
    if let Some(cursor) = cursor {
        facts.push(format!("cursor {cursor}"));
    }
    if let Some(duplicate) = &article.duplicate {
        facts.push(format!("{} copy of {}", percent(duplicate.similarity), duplicate.of_article_id));
    }
    if let Some(failure) = &article.failure {
        facts.push(clip(&failure.message, 80));
    }
    let second = format!("    {}\n", screen.paint(Role::Quiet, &facts.join("  ")));
    let names = weightiest(article)
        .into_iter()
        .map(|entity| {
            let category = Category::of(entity.r#type());
            screen.palette.paint(category.style(), &clip(&entity.name, 40))
        })
        .collect::<Vec<_>>();
    match names.as_slice() {
        [] => first + &second,
        names => format!("{first}{second}    {}\n", names.join(", ")),
    }
}

/// Who and what an article is about: no dates, no numbers.
fn weightiest(article: &v1::Article) -> Vec<&v1::Entity> {
    let mut named: Vec<&v1::Entity> = article
        .entities
        .iter()
        .filter(|entity| !matches!(Category::of(entity.r#type()), Category::Dates | Category::Numbers))
        .collect();
    named.sort_by(|a, b| b.salience.total_cmp(&a.salience));
    named.truncate(MAX_NAMES);
    named
}

/// A text on one line of at most `max_columns`, with an ellipsis where it is cut.
pub(crate) fn clip(text: &str, max_columns: usize) -> String {
    let line =
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().map(printable).collect::<String>();
    if columns(&line) <= max_columns {
        return line;
    }
    let mut cut = String::new();
    let mut used = 1;
    for character in line.chars() {
        used += columns(character.encode_utf8(&mut [0; 4]));
        if used > max_columns {
            break;
        }
        cut.push(character);
    }
    cut.truncate(cut.trim_end().len());
    cut + "…"
}

/// A point in time to the second, UTC.
pub(crate) fn moment(timestamp: &Timestamp) -> String {
    let Some(time) = to_utc(timestamp) else { return "?".to_owned() };
    format!("{} {:02}:{:02}:{:02}", time.date(), time.hour(), time.minute(), time.second())
}

/// A point in time to the minute, UTC; only the day if that is all there is.
pub(super) fn date(timestamp: &Timestamp) -> String {
    let Some(time) = to_utc(timestamp) else { return "?".to_owned() };
    match (time.hour(), time.minute(), time.second()) {
        (0, 0, 0) => time.date().to_string(),
        (hour, minute, _) => format!("{} {hour:02}:{minute:02} UTC", time.date()),
    }
}

pub(super) fn percent(probability: f32) -> String {
    format!("{:.0} %", f64::from(probability) * 100.0)
}

/// A length of time in the unit in which it is read most easily.
pub(crate) fn duration(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds < 0.01 => format!("{:.1} ms", seconds * 1e3),
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{seconds:.1} s"),
    }
}

fn to_utc(timestamp: &Timestamp) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(timestamp.seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_with_an_ellipsis() {
        for (text, max_columns, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("two\n words", 20, "two words"),
            ("漢字漢字", 5, "漢字…"),
        ] {
            assert_eq!(clip(text, max_columns), expected);
        }
    }

    #[test]
    fn times_are_read_in_utc() {
        let at = |seconds| Timestamp { seconds, nanos: 0 };
        assert_eq!(date(&at(1_564_531_200)), "2019-07-31");
        assert_eq!(date(&at(1_564_574_520)), "2019-07-31 12:02 UTC");
        assert_eq!(moment(&at(i64::MAX)), "?");
    }
}
