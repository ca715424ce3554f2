//! From mentions to entities: what is called by one name is one thing, and a person's surname follows the full name.
//!
//! Salience: a mention weighs 1; one in the first paragraph 2 more; an entity named in the title 4 more. The weight's
//! share of all names' weights is the salience, so the salience of an article's names adds up to 1. Amounts and times
//! have none.

use std::{collections::HashMap, ops::Range};

use copydesk_gazetteer::{EntryView, Gazetteer};
use uuid::Uuid;

use crate::article::{Entity, EntityLink, EntityType, Mention, Span, name_key};

/// Namespace of entity ids: names of the same type and key have the same id everywhere.
const ENTITY_NAMESPACE: Uuid = Uuid::from_u128(0x5c0b_1d5f_6e6a_4c53_9a43_3f0c_9d6e_2b17);

const MENTION_WEIGHT: f32 = 1.0;
const FIRST_PARAGRAPH_WEIGHT: f32 = 2.0;
const TITLE_WEIGHT: f32 = 4.0;

/// A mention as the recognizer gives it, in bytes of the clean text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) label: u16,
    pub(super) probability: f32,
    pub(super) paragraph: usize,
    /// The gazetteer's entry that it names; `label` means nothing then.
    pub(super) entry: Option<u32>,
}

/// What the numbers in a `Found` stand for.
#[derive(Clone, Copy)]
pub(super) struct Labels<'a> {
    pub(super) model: &'a [String],
    pub(super) gazetteer: Option<&'a Gazetteer>,
}

/// What makes two mentions one entity.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    /// The same label and name.
    Name(u16, String),
    /// The same entry of a gazetteer.
    Entry(u32),
}

struct Group {
    kind: EntityType,
    entry: Option<u32>,
    /// Surfaces in order of appearance, without repeats.
    surfaces: Vec<String>,
    mentions: Vec<Found>,
}

/// Groups mentions, in the order of first mention. `raw_range` gives the raw bytes of a clean range. Linear in the
/// mentions, but for surnames, which are compared with every full name of a person.
pub(super) fn group(
    found: Vec<Found>,
    labels: Labels<'_>,
    text: &str,
    title: &str,
    raw_range: impl Fn(Range<usize>) -> Range<usize>,
) -> Vec<Entity> {
    let mut groups = group_by_name(found, labels, text);
    merge_surnames(&mut groups);
    groups.sort_by_key(|group| group.mentions.first().map(|mention| mention.begin));

    let title_key = format!(" {} ", words_of(title));
    let weights: Vec<f32> = groups.iter().map(|group| weight(group, &title_key)).collect();
    let total: f32 = weights.iter().sum();
    groups
        .into_iter()
        .zip(weights)
        .map(|(group, weight)| {
            let mentions = group.mentions.iter().map(|found| mention_of(found, &raw_range)).collect();
            let salience = if total > 0.0 { weight / total } else { 0.0 };
            entity_of(group, labels.gazetteer, mentions, salience)
        })
        .collect()
}

fn group_by_name(found: Vec<Found>, labels: Labels<'_>, text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_identity: HashMap<Identity, usize> = HashMap::new();
    for mention in found {
        let Some(surface) = text.get(mention.begin..mention.end) else { continue };
        let name = bare_name(surface);
        let (identity, kind) = match mention.entry {
            Some(entry) => match labels.gazetteer.and_then(|gazetteer| gazetteer.entry(entry)) {
                Some(view) => (Identity::Entry(entry), view.entity_type.to_owned()),
                None => continue,
            },
            None => match labels.model.get(usize::from(mention.label)) {
                Some(label) => (Identity::Name(mention.label, name_key(name)), label.clone()),
                None => continue,
            },
        };
        let index = *by_identity.entry(identity).or_insert_with(|| {
            groups.push(Group {
                kind: EntityType::from(kind),
                entry: mention.entry,
                surfaces: Vec::new(),
                mentions: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(index) {
            if !group.surfaces.iter().any(|known| known == name) {
                group.surfaces.push(name.to_owned());
            }
            group.mentions.push(mention);
        }
    }
    groups
}

/// A name without the article in front and the genitive behind; of a title in front nothing is known here.
fn bare_name(surface: &str) -> &str {
    let name = surface.trim();
    let name = ["'s", "’s"].iter().find_map(|genitive| name.strip_suffix(genitive)).unwrap_or(name);
    let lower = name.get(..4).map(str::to_ascii_lowercase);
    match lower.as_deref() {
        Some("the ") if name.len() > 4 => name.get(4..).unwrap_or(name),
        _ => name,
    }
}

/// Joins a person's single name to the one person whose full name ends or, failing that, begins with it; with two such
/// persons it stays alone. Linear in the groups.
fn merge_surnames(groups: &mut Vec<Group>) {
    let person = EntityType::from("PERSON".to_owned());
    let names: Vec<(usize, String)> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.kind == person)
        .filter_map(|(index, group)| Some((index, name_key(group.surfaces.first()?))))
        .collect();
    let mut by_last: HashMap<&str, Owner> = HashMap::new();
    let mut by_first: HashMap<&str, Owner> = HashMap::new();
    for (index, name) in &names {
        if let (Some((first, _)), Some((_, last))) = (name.split_once(' '), name.rsplit_once(' ')) {
            by_last.entry(last).and_modify(|owner| *owner = Owner::Several).or_insert(Owner::One(*index));
            by_first.entry(first).and_modify(|owner| *owner = Owner::Several).or_insert(Owner::One(*index));
        }
    }
    let merges: Vec<(usize, usize)> = names
        .iter()
        // What a list names is what the list says it is.
        .filter(|(index, name)| !name.contains(' ') && groups.get(*index).is_some_and(|g| g.entry.is_none()))
        .filter_map(|(index, name)| {
            match by_last.get(name.as_str()).or_else(|| by_first.get(name.as_str()))? {
                Owner::One(owner) => Some((*index, *owner)),
                Owner::Several => None,
            }
        })
        .collect();
    for (single, owner) in merges {
        let Some(part) = groups.get_mut(single) else { continue };
        let mentions = std::mem::take(&mut part.mentions);
        let surfaces = std::mem::take(&mut part.surfaces);
        if let Some(whole) = groups.get_mut(owner) {
            whole.mentions.extend(mentions);
            whole.surfaces.extend(surfaces);
        }
    }
    groups.retain(|group| !group.mentions.is_empty());
    for group in groups {
        group.mentions.sort_by_key(|mention| mention.begin);
    }
}

/// Whose name it is.
enum Owner {
    /// The group at this index.
    One(usize),
    /// More than one, so nobody's.
    Several,
}

fn weight(group: &Group, title_key: &str) -> f32 {
    if !group.kind.is_name() {
        return 0.0;
    }
    let mentions: f32 = group
        .mentions
        .iter()
        .map(|mention| MENTION_WEIGHT + if mention.paragraph == 0 { FIRST_PARAGRAPH_WEIGHT } else { 0.0 })
        .sum();
    let in_title = group.surfaces.iter().any(|name| title_key.contains(&format!(" {} ", words_of(name))));
    mentions + if in_title { TITLE_WEIGHT } else { 0.0 }
}

/// The name's key with everything but letters and digits as space.
fn words_of(text: &str) -> String {
    let key = name_key(text);
    key.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn mention_of(found: &Found, raw_range: &impl Fn(Range<usize>) -> Range<usize>) -> Mention {
    let raw = raw_range(found.begin..found.end);
    Mention {
        span: Span { begin: found.begin, end: found.end, raw_begin: raw.start, raw_end: raw.end },
        probability: found.probability,
    }
}

fn entity_of(group: Group, gazetteer: Option<&Gazetteer>, mentions: Vec<Mention>, salience: f32) -> Entity {
    let mut surfaces = group.surfaces;
    // The fullest name is the one with most words; the first of those.
    let fullest = (0..surfaces.len())
        .rev()
        .max_by_key(|index| surfaces.get(*index).map(|name| name.split_whitespace().count()))
        .unwrap_or(0);
    let mut name = if surfaces.is_empty() { String::new() } else { surfaces.remove(fullest) };
    let mut links = Vec::new();
    let mut list = None;
    if let Some(entry) = group.entry.and_then(|entry| gazetteer?.entry(entry)) {
        // The list's own name is the canonical one; what the text says instead is an alias.
        if name != entry.name {
            surfaces.insert(0, std::mem::replace(&mut name, entry.name.to_owned()));
        }
        surfaces.retain(|alias| *alias != name);
        links = links_of(&entry);
        list = Some(entry.list.to_owned());
    }
    let id_name = format!("{}\0{}", group.kind.label(), name_key(&name));
    Entity {
        entity_id: Uuid::new_v5(&ENTITY_NAMESPACE, id_name.as_bytes()),
        kind: group.kind,
        name,
        aliases: surfaces,
        salience,
        mentions,
        links,
        gazetteer: list,
    }
}

/// The entry's own id first, under its list's name.
fn links_of(entry: &EntryView<'_>) -> Vec<EntityLink> {
    let own = EntityLink { scheme: entry.list.to_owned(), id: entry.id.to_owned(), url: String::new() };
    let others = entry.links.iter().map(|link| EntityLink {
        scheme: link.scheme.to_owned(),
        id: link.id.to_owned(),
        url: link.url.to_owned(),
    });
    std::iter::once(own).filter(|own| !own.id.is_empty()).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entities(text: &str, title: &str, names: &[(&str, &str)]) -> Vec<Entity> {
        let labels: Vec<String> = ["PERSON", "ORG", "DATE"].map(str::to_owned).into();
        let mut from = 0;
        let found = names
            .iter()
            .map(|(name, label)| {
                let begin = from + text[from..].find(name).expect("the name follows");
                from = begin + name.len();
                let label = labels.iter().position(|known| known == label).expect("a label");
                let paragraph = text[..begin].matches("\n\n").count();
                Found { begin, end: from, label: label as u16, probability: 0.9, paragraph, entry: None }
            })
            .collect();
        let labels = Labels { model: &labels, gazetteer: None };
        group(found, labels, text, title, |range| range)
    }

    #[test]
    fn a_surname_follows_the_full_name_and_a_name_is_one_entity() {
        let text = "Ana Reyes met the Harbour Board.\n\nReyes told Harbour Board’s chair: “Ms. Reyes.”";
        let found = entities(
            text,
            "Reyes meets the board",
            &[
                ("Ana Reyes", "PERSON"),
                ("the Harbour Board", "ORG"),
                ("Reyes", "PERSON"),
                ("Harbour Board’s", "ORG"),
                ("Reyes", "PERSON"),
            ],
        );
        let shown: Vec<_> = found.iter().map(|e| (e.name.as_str(), e.mentions.len(), &e.aliases)).collect();
        assert_eq!(shown, [("Ana Reyes", 3, &vec!["Reyes".to_owned()]), ("Harbour Board", 2, &vec![])]);
        assert!(found[0].salience > found[1].salience);
        assert!((found.iter().map(|entity| entity.salience).sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_surname_of_two_people_stays_alone() {
        let found = entities(
            "Ana Reyes and Luis Reyes argued; Reyes left.",
            "",
            &[("Ana Reyes", "PERSON"), ("Luis Reyes", "PERSON"), ("Reyes", "PERSON")],
        );
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn ids_depend_on_type_and_name_only() {
        let one = entities("Tessaly spoke.", "", &[("Tessaly", "PERSON")]);
        let two = entities("And so did Tessaly", "", &[("Tessaly", "PERSON")]);
        let other = entities("Tessaly rose 3 %", "", &[("Tessaly", "ORG")]);
        assert_eq!(one[0].entity_id, two[0].entity_id);
        assert_ne!(one[0].entity_id, other[0].entity_id);
    }

    #[test]
    fn amounts_and_times_have_no_salience() {
        let found = entities("Ana Reyes left on Friday", "", &[("Ana Reyes", "PERSON"), ("Friday", "DATE")]);
        assert_eq!((found[0].salience, found[1].salience), (1.0, 0.0));
    }
}
