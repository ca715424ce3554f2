//! How an entity looks in a terminal. Turns messages into text and writes nothing.

use copydesk_proto::v1;
use time::{OffsetDateTime, macros::format_description};

use crate::cli::{
    choices::entity_type_name,
    render::{Role, Screen},
};

/// Heights of a column, from nothing to the greatest.
const COLUMNS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Spellings that are shown.
const MAX_NAMES: usize = 8;
/// Widest bar of shared articles.
const BAR: usize = 20;

/// All that is shown of an entity.
pub(super) struct Portrait {
    pub(super) entity: v1::EntityRecord,
    pub(super) timeline: Vec<v1::TimelineEntry>,
    pub(super) related: Vec<v1::RelatedEntity>,
    pub(super) mentions: Vec<v1::ArticleMention>,
    /// Others of the name.
    pub(super) namesakes: Vec<v1::EntityRecord>,
}

/// The whole page; `bucket` is what a column stands for.
pub(super) fn entity(screen: &Screen, portrait: &Portrait, bucket: &str) -> String {
    let entity = &portrait.entity;
    let mut page = format!(
        "{}  {}\n",
        screen.paint(Role::Title, &entity.name),
        screen.paint(Role::Quiet, &type_of(entity))
    );
    page.push_str(&format!("{}\n", screen.paint(Role::Quiet, &entity.entity_id)));
    let label = |text: &str| screen.paint(Role::Label, &format!("{text:<10}"));
    let others: Vec<String> = entity
        .names
        .iter()
        .filter(|name| name.name != entity.name)
        .take(MAX_NAMES)
        .map(|name| format!("{} ×{}", name.name, name.article_count))
        .collect();
    if !others.is_empty() {
        page.push_str(&format!("\n{} {}\n", label("Also"), others.join(", ")));
    }
    for (index, link) in entity.links.iter().enumerate() {
        let head = if index == 0 { "Links" } else { "" };
        let address = if link.url.is_empty() { String::new() } else { format!("  {}", link.url) };
        page.push_str(&format!(
            "{} {} {}{}\n",
            label(head),
            link.scheme,
            link.id,
            screen.paint(Role::Quiet, &address)
        ));
    }
    if !entity.merged_entity_ids.is_empty() {
        page.push_str(&format!("{} {}\n", label("Merged"), entity.merged_entity_ids.join(", ")));
    }
    page.push_str(&format!("{} {}\n", label("Articles"), articles(entity)));
    page.push_str(&timeline(screen, &portrait.timeline, bucket));
    page.push_str(&related(screen, &portrait.related));
    page.push_str(&mentions(screen, &portrait.mentions));
    page.push_str(&namesakes(screen, &portrait.namesakes));
    page
}

fn type_of(entity: &v1::EntityRecord) -> String {
    if entity.custom_type.is_empty() {
        entity_type_name(entity.r#type()).to_owned()
    } else {
        entity.custom_type.clone()
    }
}

fn articles(entity: &v1::EntityRecord) -> String {
    let more = if entity.has_more_articles { "more than " } else { "" };
    match (&entity.first_time, &entity.last_time) {
        (Some(first), Some(last)) => {
            format!("{more}{}, {} to {}", entity.article_count, day(first), day(last))
        }
        _ => format!("{more}{}", entity.article_count),
    }
}

fn day(time: &prost_types::Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp(time.seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
}

/// One column a bucket, the highest for the most articles.
fn timeline(screen: &Screen, entries: &[v1::TimelineEntry], bucket: &str) -> String {
    let most = entries.iter().map(|entry| entry.article_count).max().unwrap_or(0);
    let column = |count: i64| {
        if count <= 0 || most <= 0 {
            return COLUMNS[0];
        }
        let height = usize::try_from((count * 8 + most - 1) / most).unwrap_or(8).clamp(1, 8);
        COLUMNS.get(height).copied().unwrap_or('█')
    };
    let columns: String = entries.iter().map(|entry| column(entry.article_count)).collect();
    let ends = [entries.first(), entries.last()]
        .map(|entry| entry.and_then(|entry| entry.start_time.as_ref()).map(day).unwrap_or_default());
    format!(
        "\n{}\n  {columns}\n  {}\n",
        screen.paint(Role::Label, &format!("In the news, by {bucket}")),
        screen.paint(Role::Quiet, &format!("{} to {}, at most {most} articles a {bucket}", ends[0], ends[1]))
    )
}

fn related(screen: &Screen, related: &[v1::RelatedEntity]) -> String {
    if related.is_empty() {
        return String::new();
    }
    let most = usize::try_from(related.iter().map(|one| one.article_count).max().unwrap_or(1)).unwrap_or(1);
    let widest = related.iter().map(|one| name_of(one).chars().count()).max().unwrap_or(0).min(40);
    let mut page = format!("\n{}\n", screen.paint(Role::Label, "In company of"));
    for one in related {
        let count = usize::try_from(one.article_count).unwrap_or(0);
        let bar = "━".repeat((count * BAR).div_ceil(most.max(1)).max(1));
        let name: String = name_of(one).chars().take(40).collect();
        let kind = one.entity.as_ref().map(type_of).unwrap_or_default();
        page.push_str(&format!("  {name:<widest$}  {bar} {count} {}\n", screen.paint(Role::Quiet, &kind)));
    }
    page
}

fn name_of(related: &v1::RelatedEntity) -> &str {
    related.entity.as_ref().map_or("", |entity| entity.name.as_str())
}

fn mentions(screen: &Screen, mentions: &[v1::ArticleMention]) -> String {
    if mentions.is_empty() {
        return String::new();
    }
    let mut page = format!("\n{}\n", screen.paint(Role::Label, "Newest articles"));
    for mention in mentions {
        let date = mention.time.as_ref().map(day).unwrap_or_default();
        let title = if mention.title.is_empty() { "(without a title)" } else { mention.title.as_str() };
        let room = screen.width().saturating_sub(16);
        let title: String = title.chars().take(room).collect();
        page.push_str(&format!(
            "  {date}  {title}\n              {}\n",
            screen.paint(
                Role::Quiet,
                &format!("{} · ×{} · {}", mention.source, mention.mention_count, mention.article_id)
            )
        ));
    }
    page
}

fn namesakes(screen: &Screen, namesakes: &[v1::EntityRecord]) -> String {
    if namesakes.is_empty() {
        return String::new();
    }
    let mut page = format!("\n{}\n", screen.paint(Role::Label, "Others of this name"));
    for one in namesakes {
        page.push_str(&format!(
            "  {}  {}\n",
            one.name,
            screen.paint(Role::Quiet, &format!("{} · {} · {}", type_of(one), articles(one), one.entity_id))
        ));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::render::plain_screen;

    fn time(day: i64) -> Option<prost_types::Timestamp> {
        Some(prost_types::Timestamp { seconds: day * 86_400, nanos: 0 })
    }

    #[test]
    fn a_page_shows_names_links_time_company_and_articles() {
        let name = |name: &str, article_count| v1::EntityName { name: name.to_owned(), article_count };
        let nato = v1::EntityRecord {
            entity_id: "e1".to_owned(),
            r#type: v1::EntityType::Org as i32,
            name: "NATO".to_owned(),
            names: vec![name("NATO", 8), name("North Atlantic Treaty Organization", 2)],
            links: vec![v1::EntityLink {
                scheme: "wikidata".to_owned(),
                id: "Q7184".to_owned(),
                url: String::new(),
            }],
            article_count: 9,
            first_time: time(0),
            last_time: time(2),
            ..Default::default()
        };
        let entry = |day, article_count| v1::TimelineEntry {
            start_time: time(day),
            article_count,
            mention_count: article_count,
        };
        let lisbon = v1::EntityRecord { name: "Lisbon".to_owned(), r#type: 5, ..Default::default() };
        let portrait = Portrait {
            entity: nato,
            timeline: vec![entry(0, 8), entry(1, 0), entry(2, 1)],
            related: vec![v1::RelatedEntity { entity: Some(lisbon.clone()), article_count: 4 }],
            mentions: vec![v1::ArticleMention {
                article_id: "a1".to_owned(),
                source: "desk".to_owned(),
                title: "Ferries sail".to_owned(),
                time: time(2),
                mention_count: 3,
                ..Default::default()
            }],
            namesakes: vec![lisbon],
        };
        let page = entity(&plain_screen(80), &portrait, "day");
        for expected in [
            "NATO  ORG",
            "North Atlantic Treaty Organization ×2",
            "wikidata Q7184",
            "9, 1970-01-01 to 1970-01-03",
            "█·▁",
            "Lisbon  ━━━━━━━━━━━━━━━━━━━━ 4 GPE",
            "1970-01-03  Ferries sail",
            "desk · ×3 · a1",
            "Others of this name",
        ] {
            assert!(page.contains(expected), "{expected} in\n{page}");
        }
    }
}
