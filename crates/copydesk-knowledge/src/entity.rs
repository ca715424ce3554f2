//! The entities of an article as they are handed out: named, linked, weighed.

use std::collections::HashSet;

use crate::{
    article::{Entity, EntityMention, Input, MentionKind},
    cast::{Appearance, Sort},
    coreference::{Group, Resolved},
    link::{self, Evidence, Named},
    name, occupation,
    salience::{self, Weighed},
};

/// One entity for each group, in the order of the groups.
pub(crate) fn entities(input: &Input<'_>, resolved: &Resolved<'_>, is_english: bool) -> Vec<Entity> {
    let groups = &resolved.groups;
    let names: Vec<Vec<&str>> = groups.iter().map(|group| names_of(input.text, group)).collect();
    let mut appearances: Vec<Vec<Appearance>> = vec![Vec::new(); groups.len()];
    for appearance in &resolved.cast.appearances {
        if let Some(own) = appearances.get_mut(appearance.entity) {
            own.push(*appearance);
        }
    }
    let weighed: Vec<Weighed<'_>> = names
        .iter()
        .zip(&appearances)
        .zip(&resolved.cast.sorts)
        .map(|((names, appearances), sort)| Weighed {
            sort: *sort,
            names: names.clone(),
            appearances: appearances.clone(),
        })
        .collect();
    let lead = input
        .paragraphs
        .iter()
        .find(|paragraph| paragraph.is_prose)
        .map_or(0..0, |lead| lead.begin..lead.end);
    let saliences = salience::saliences(&weighed, input.title, lead);
    let evidence = if is_english { Some(evidence(input, groups, &names)) } else { None };
    groups
        .iter()
        .zip(names)
        .zip(appearances)
        .zip(saliences)
        .map(|(((group, names), appearances), salience)| {
            let links = match &evidence {
                Some(evidence) if group.entry.is_none() => links(input, group, &names, evidence),
                Some(_) | None => Vec::new(),
            };
            let sort = Sort::of(group.label());
            let fields = match sort {
                Sort::Person if is_english => {
                    let mentions = group.mentions.iter().map(|mention| (mention.begin, mention.end));
                    occupation::fields(input.text, mentions)
                }
                Sort::Person | Sort::Body | Sort::Norp | Sort::Other | Sort::Value => Vec::new(),
            };
            let (name, aliases) = fullest(names, sort);
            Entity {
                label: group.label().to_owned(),
                entry: group.entry,
                name,
                aliases,
                salience,
                mentions: appearances.iter().map(mention_of).collect(),
                links,
                fields,
            }
        })
        .collect()
}

fn mention_of(appearance: &Appearance) -> EntityMention {
    EntityMention {
        begin: appearance.begin,
        end: appearance.end,
        kind: appearance.kind,
        probability: appearance.probability,
    }
}

/// All names, in text order, without articles, genitives and repeats.
fn names_of<'t>(text: &'t str, group: &Group<'_>) -> Vec<&'t str> {
    let mut seen = HashSet::new();
    group
        .mentions
        .iter()
        .filter_map(|mention| text.get(mention.begin..mention.end))
        .map(name::bare)
        .filter(|name| seen.insert(*name))
        .collect()
}

/// The name with most words, the first of equals; and the others.
fn fullest(names: Vec<&str>, sort: Sort) -> (String, Vec<String>) {
    let fullness = |name: &str| {
        let words = name.split_whitespace().count();
        match sort {
            // "President Erdoğan" is no fuller than "Recep Erdoğan", and titles are no part of a name.
            Sort::Person => (name::PersonName::read(name).parts.len(), std::cmp::Reverse(words)),
            // "anti-Turkish" says something about the Turkish.
            Sort::Norp => (usize::from(!name.contains('-')), std::cmp::Reverse(0)),
            Sort::Body | Sort::Other | Sort::Value => (words, std::cmp::Reverse(0)),
        }
    };
    let best = (0..names.len()).rev().max_by_key(|index| names.get(*index).map(|name| fullness(name)));
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    let Some(best) = best.filter(|best| *best < names.len()) else { return Default::default() };
    let name = names.remove(best);
    (name, names)
}

fn evidence(input: &Input<'_>, groups: &[Group<'_>], names: &[Vec<&str>]) -> Evidence {
    let named = groups.iter().zip(names).flat_map(|(group, names)| {
        let label = group.label();
        names.iter().map(move |name| Named { name, label, count: 0, probability: 0.0, qualifier: None })
    });
    Evidence::gather(named, input.dateline)
}

/// The links of the first of its names that is linked: names of one group mean one thing.
fn links(input: &Input<'_>, group: &Group<'_>, names: &[&str], evidence: &Evidence) -> Vec<crate::Link> {
    let label = group.label();
    if !matches!(label, "GPE" | "LOC" | "NORP" | "ORG") {
        return Vec::new();
    }
    let probability = group.mentions.iter().map(|mention| mention.probability).fold(0.0, f32::max);
    let qualifier = group.mentions.iter().find_map(|mention| qualifier(input.text, mention.end));
    let count = group.mentions.len();
    // A thing of many names has the one that links it among the first.
    let tried = names.iter().take(MAX_TRIED_NAMES);
    let mut found =
        tried.map(|name| link::links(&Named { name, label, count, probability, qualifier }, evidence));
    found.find(|links| !links.is_empty()).unwrap_or_default()
}

const MAX_TRIED_NAMES: usize = 8;

/// The capitalized words behind a comma: "Texas" behind "Paris, Texas".
fn qualifier(text: &str, end: usize) -> Option<&str> {
    let rest = text.get(end..)?.strip_prefix(", ")?;
    let mut len = 0;
    for word in rest.split_inclusive(' ').take(3) {
        if !word.starts_with(char::is_uppercase) {
            break;
        }
        len += word.len();
        if word.trim_end().ends_with([',', '.', ';', ':', ')']) {
            break;
        }
    }
    let words = rest.get(..len)?.trim_end().trim_end_matches([',', ';', ':', '.', ')']);
    (!words.is_empty()).then_some(words)
}

impl crate::cast::Cast {
    /// Adds appearances that overlap none of those that are there.
    pub(crate) fn add(&mut self, mut more: Vec<Appearance>) {
        more.retain(|one| {
            one.kind != MentionKind::Name
                && self.within(one.begin..one.end).is_empty()
                && !self.is_covered(one.begin)
        });
        more.sort_by_key(|one| one.begin);
        // Two quotations of one cue.
        more.dedup_by_key(|one| one.begin);
        self.appearances.extend(more);
        self.appearances.sort_by_key(|one| one.begin);
    }

    fn is_covered(&self, byte: usize) -> bool {
        let after = self.appearances.partition_point(|appearance| appearance.begin <= byte);
        after.checked_sub(1).and_then(|at| self.appearances.get(at)).is_some_and(|before| before.end > byte)
    }
}
