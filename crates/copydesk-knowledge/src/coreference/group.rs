//! Mentions under one name.

use std::collections::HashMap;

use crate::{
    article::{Input, Mention},
    cast::Sort,
    fold::fold,
    name::{self, PersonName},
    places::{Gazetteer, gazetteer},
};

/// Mentions of one entity.
#[derive(Clone, Debug)]
pub(crate) struct Group<'a> {
    /// In text order once resolved.
    pub(crate) mentions: Vec<Mention<'a>>,
    /// The list entry that they named.
    pub(crate) entry: Option<u32>,
    /// The name under which the first was found, folded; a person's without titles.
    pub(super) key: String,
    /// People only.
    pub(super) person: Option<PersonName>,
    pub(super) sort: Sort,
}

impl<'a> Group<'a> {
    /// The label that most certainty stands behind; of equals, the first in the text.
    pub(crate) fn label(&self) -> &'a str {
        let mut weights: Vec<(&'a str, f32)> = Vec::new();
        for mention in &self.mentions {
            match weights.iter_mut().find(|(label, _)| *label == mention.label) {
                Some((_, weight)) => *weight += mention.probability,
                None => weights.push((mention.label, mention.probability)),
            }
        }
        let best = weights.iter().rev().max_by(|one, other| one.1.total_cmp(&other.1));
        best.map_or("", |(label, _)| label)
    }

    /// Takes over another's mentions.
    pub(super) fn take(&mut self, other: &mut Group<'a>) {
        self.mentions.append(&mut other.mentions);
    }
}

/// What makes two mentions one entity at first sight.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Entry(u32),
    Person(String),
    /// A country, by all its names.
    Country(usize),
    /// A people, by all its names: the country, as far as only one is meant.
    People(usize),
    /// A well-known organization.
    Known(&'static str),
    /// Organizations and places of one name, whatever the recognizer takes them for.
    Named(String),
    /// Everything else under its own label.
    Labelled(&'a str, String),
}

/// Behind the names of companies.
pub(crate) const CORPORATE: &[&str] = &[
    "inc",
    "corp",
    "corporation",
    "ltd",
    "limited",
    "plc",
    "co",
    "company",
    "llc",
    "llp",
    "ag",
    "sa",
    "nv",
    "gmbh",
    "spa",
    "oyj",
    "ab",
];

/// Groups by identity, in the order of first mention. Linear.
pub(super) fn by_name<'a>(input: &Input<'a>, is_english: bool) -> Vec<Group<'a>> {
    let gazetteer = gazetteer();
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<Identity<'a>, usize> = HashMap::new();
    // A person of a bare name is looked at mention by mention later: each is a group of its own.
    for mention in input.mentions {
        let Some(surface) = input.text.get(mention.begin..mention.end) else { continue };
        let sort = Sort::of(mention.label);
        let person = (sort == Sort::Person).then(|| PersonName::read(surface));
        let key = match &person {
            Some(person) => person.parts.join(" "),
            None => name_key(surface, sort),
        };
        let identity = identity(gazetteer, mention, surface, &key, sort, is_english);
        let index = *known.entry(identity).or_insert(groups.len());
        if index == groups.len() {
            groups.push(Group { mentions: Vec::new(), entry: mention.entry, key, person, sort });
        }
        if let Some(group) = groups.get_mut(index) {
            group.mentions.push(*mention);
        }
    }
    groups
}

fn identity<'a>(
    gazetteer: &Gazetteer,
    mention: &Mention<'a>,
    surface: &str,
    key: &str,
    sort: Sort,
    is_english: bool,
) -> Identity<'a> {
    if let Some(entry) = mention.entry {
        return Identity::Entry(entry);
    }
    let is_place = matches!(mention.label, "GPE" | "LOC" | "ORG" | "FAC");
    match sort {
        Sort::Person => Identity::Person(key.to_owned()),
        Sort::Value | Sort::Other if !is_place => Identity::Labelled(mention.label, key.to_owned()),
        Sort::Norp => match gazetteer.demonym(key) {
            [country] if is_english => Identity::People(*country),
            _ => Identity::Labelled(mention.label, key.to_owned()),
        },
        Sort::Value | Sort::Other | Sort::Body => {
            let country = gazetteer.only_country(key).filter(|_| is_english);
            if let Some(country) = country {
                return Identity::Country(country);
            }
            let organization = gazetteer.organization(name::bare(surface)).filter(|_| is_english);
            match organization {
                Some(id) => Identity::Known(id),
                None => Identity::Named(key.to_owned()),
            }
        }
    }
}

/// The form under which names of one kind are compared: folded, of a company without "Inc.", of a ministry with the
/// field in front.
fn name_key(surface: &str, sort: Sort) -> String {
    let folded = fold(name::bare(surface));
    if sort != Sort::Body {
        return folded;
    }
    let mut words: Vec<&str> = folded.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| CORPORATE.contains(word)) {
        words.pop();
    }
    if let ["ministry" | "department", "of", rest @ ..] = words.as_slice()
        && !rest.is_empty()
    {
        let rest: Vec<&str> = rest.iter().copied().filter(|word| *word != "the").collect();
        return format!("{} {}", rest.join(" "), words.first().copied().unwrap_or_default());
    }
    words.join(" ")
}
