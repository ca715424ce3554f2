//! Which entity of the registry each entity of an article is: the same person under another spelling, a namesake, or
//! somebody new.
//!
//! Pure: [`keys`] says where to look, the caller loads what stands there into a [`Registry`], [`Registry::resolve`]
//! decides article by article and learns from each, and [`Registry::changes`] says what is to be stored. The rules, in
//! the order in which they are tried:
//!
//! 1. What the article was resolved to before, if the name still agrees: an article that is processed again keeps its ids.
//! 2. A link that the registry knows decides. Entities whose links of one scheme differ are never one.
//! 3. A name, with the type: people's full names (spelling, initials, nicknames and transliteration aside), names of
//!    organizations without "Inc.", anything else as it is written.
//! 4. Evidence: what the article and the entity's earlier articles have in common. Full names and exact ones are one
//!    entity unless the evidence is clear that they are not (see `evidence::is_apart`). Bare surnames, initials,
//!    abbreviations and places of several meanings are one only if it is clear that they are.
//!
//! A new entity's id is a function of type and name, so that it does not depend on which process registers it; a
//! namesake's, of that and its first article.

mod evidence;
mod names;
mod types;

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

pub use types::{Changes, Known, NameCount, Subject};

use evidence::{Context, Standing};
use names::{Family, Match, Reading};

/// Spellings kept of one entity.
pub const MAX_NAMES: usize = 64;
/// Entities kept as an entity's context; enough for a few articles, which is what tells namesakes apart.
pub const MAX_CONTEXT: usize = 64;
/// Entities of one article that become context of another: its most salient ones.
const MAX_CONTEXT_OF_ARTICLE: usize = 24;
/// Longest name that is registered, in bytes; longer ones are no names.
const MAX_NAME_BYTES: usize = 200;
/// Entities that one key may stand for in the registry's answer: more are namesakes by the dozen.
pub const MAX_CANDIDATES_OF_KEY: usize = 32;

/// Whether entities of this label are registered: names are, dates and amounts are not.
pub fn is_registered(label: &str) -> bool {
    !matches!(label, "DATE" | "TIME" | "PERCENT" | "MONEY" | "QUANTITY" | "ORDINAL" | "CARDINAL")
}

/// Whether entities of this label share links with peoples rather than with places and organizations.
pub fn is_people(label: &str) -> bool {
    label == "NORP"
}

/// The keys under which entities of this label and name are to be found. At most 12, each of at most 300 bytes.
pub fn keys(label: &str, name: &str) -> Vec<String> {
    if name.len() > MAX_NAME_BYTES { Vec::new() } else { Reading::of(label, name).keys() }
}

/// All keys of an entity of an article.
pub fn keys_of(subject: &Subject) -> Vec<String> {
    let mut keys: Vec<String> = names_of(subject).flat_map(|name| keys(&subject.label, name)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn names_of(subject: &Subject) -> impl Iterator<Item = &str> {
    let names = std::iter::once(&subject.name).chain(&subject.aliases).map(String::as_str);
    names.filter(|name| name.len() <= MAX_NAME_BYTES && !name.trim().is_empty()).take(MAX_NAMES)
}

/// The part of the registry that a batch of articles may mean, and what was learnt since it was loaded.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    known: HashMap<Uuid, Entry>,
    by_key: HashMap<String, Vec<Uuid>>,
    by_link: HashMap<(String, String, bool), Uuid>,
    /// Ids that were given out, also to entities that were merged since.
    taken: HashSet<Uuid>,
    new_keys: Vec<(Uuid, String)>,
    new_links: Vec<(Uuid, bool, [String; 3])>,
    name_counts: HashMap<(Uuid, String), NameCount>,
}

#[derive(Clone, Debug)]
struct Entry {
    known: Known,
    readings: Vec<Reading>,
    is_changed: bool,
}

impl Entry {
    fn new(known: Known, is_changed: bool) -> Entry {
        let names = std::iter::once(&known.name).chain(&known.names);
        let mut readings: Vec<Reading> = Vec::new();
        for name in names {
            let reading = Reading::of(&known.label, name);
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        }
        Entry { known, readings, is_changed }
    }
}

impl Registry {
    /// `taken` are ids that are in use, also by entities that were merged into others. `known` are not merged.
    pub fn new(known: Vec<Known>, taken: impl IntoIterator<Item = Uuid>) -> Registry {
        let mut registry = Registry { taken: taken.into_iter().collect(), ..Registry::default() };
        for one in known {
            registry.taken.insert(one.id);
            for name in std::iter::once(&one.name).chain(&one.names) {
                for key in keys(&one.label, name) {
                    registry.index(key, one.id);
                }
            }
            for [scheme, id, _] in &one.links {
                registry.by_link.insert((scheme.clone(), id.clone(), is_people(&one.label)), one.id);
            }
            registry.known.insert(one.id, Entry::new(one, false));
        }
        registry
    }

    fn index(&mut self, key: String, id: Uuid) -> bool {
        let ids = self.by_key.entry(key).or_default();
        let is_new = !ids.contains(&id);
        if is_new {
            ids.push(id);
        }
        is_new
    }

    /// The entity that each of an article's is; none for what is not registered. `previous` are the entities of its
    /// earlier result, if it had one. Cost: subjects times their candidates.
    pub fn resolve(&mut self, article: Uuid, subjects: &[Subject], previous: &[Uuid]) -> Vec<Option<Uuid>> {
        let mut decided: Vec<Option<Uuid>> = vec![None; subjects.len()];
        let candidates: Vec<Vec<(Uuid, Match)>> =
            subjects.iter().map(|subject| self.candidates(subject)).collect();
        for (index, subject) in subjects.iter().enumerate() {
            let kept = |(id, matched): &&(Uuid, Match)| previous.contains(id) && *matched >= Match::Short;
            let kept = candidates.get(index).and_then(|found| found.iter().find(kept));
            let linked = || self.by_links(subject);
            if let Some(slot) = decided.get_mut(index) {
                *slot = kept.map(|(id, _)| *id).or_else(linked);
            }
        }
        let mut context = self.context(subjects, &decided, &candidates);
        // Certain ones first: each decision is context of the next.
        let mut order: Vec<usize> = (0..subjects.len())
            .filter(|index| decided.get(*index).is_some_and(Option::is_none))
            .filter(|index| subjects.get(*index).is_some_and(is_nameable))
            .collect();
        order.sort_by_key(|index| subjects.get(*index).map(names::certainty));
        let mut is_new = vec![false; subjects.len()];
        for index in order {
            let (Some(subject), Some(found)) = (subjects.get(index), candidates.get(index)) else { continue };
            let chosen = self.choose(subject, index, found, &context, &decided);
            let id = chosen.unwrap_or_else(|| {
                if let Some(new) = is_new.get_mut(index) {
                    *new = true;
                }
                self.free_id(subject, article)
            });
            self.taken.insert(id);
            context.decide(index, id, subject);
            if let Some(slot) = decided.get_mut(index) {
                *slot = Some(id);
            }
        }
        for (subject, id) in subjects.iter().zip(&decided) {
            if let Some(id) = id {
                self.learn(*id, subject, previous.contains(id));
            }
        }
        self.learn_context(subjects, &decided);
        decided
    }

    fn by_links(&self, subject: &Subject) -> Option<Uuid> {
        let people = is_people(&subject.label);
        subject
            .links
            .iter()
            .find_map(|[scheme, id, _]| self.by_link.get(&(scheme.clone(), id.clone(), people)).copied())
    }

    /// Those of the right kind whose names may be the subject's, best match first.
    fn candidates(&self, subject: &Subject) -> Vec<(Uuid, Match)> {
        let readings: Vec<Reading> =
            names_of(subject).map(|name| Reading::of(&subject.label, name)).collect();
        let mut found: Vec<(Uuid, Match)> = Vec::new();
        for key in keys_of(subject) {
            for id in self.by_key.get(&key).into_iter().flatten().take(MAX_CANDIDATES_OF_KEY) {
                if found.iter().any(|(known, _)| known == id) {
                    continue;
                }
                let Some(entry) = self.known.get(id) else { continue };
                if evidence::links_differ(&subject.links, &entry.known.links) {
                    continue;
                }
                if let Some(matched) = names::compare(&readings, &entry.readings) {
                    found.push((*id, matched));
                }
            }
        }
        // The id breaks ties, so that the answer does not depend on the order of rows.
        found.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
        found
    }

    /// What is known of an article before the uncertain ones are decided: the decided, and those of whom there is one
    /// candidate of exactly that name.
    fn context(
        &self,
        subjects: &[Subject],
        decided: &[Option<Uuid>],
        candidates: &[Vec<(Uuid, Match)>],
    ) -> Context {
        let mut context = Context::default();
        for (index, subject) in subjects.iter().enumerate() {
            let sole = || {
                let mut exact = candidates.get(index)?.iter().filter(|(_, matched)| *matched == Match::Exact);
                let first = exact.next()?;
                exact.next().is_none().then_some(first.0)
            };
            if let Some(id) = decided.get(index).copied().flatten().or_else(sole) {
                context.decide(index, id, subject);
            }
        }
        context
    }

    fn choose(
        &self,
        subject: &Subject,
        index: usize,
        found: &[(Uuid, Match)],
        context: &Context,
        decided: &[Option<Uuid>],
    ) -> Option<Uuid> {
        let standings: Vec<Standing> = found
            .iter()
            // Two of an article are two: its own names told them apart.
            .filter(|(id, _)| !decided.contains(&Some(*id)))
            .filter_map(|(id, matched)| {
                let entry = self.known.get(id)?;
                Some(evidence::weigh(subject, index, &entry.known, *matched, context))
            })
            .collect();
        evidence::best(subject, &standings)
    }

    /// An id that nobody has.
    fn free_id(&self, subject: &Subject, article: Uuid) -> Uuid {
        if !self.taken.contains(&subject.default_id) {
            return subject.default_id;
        }
        let linked = subject
            .links
            .first()
            .map(|[scheme, id, _]| Uuid::new_v5(&subject.default_id, format!("{scheme}\0{id}").as_bytes()));
        if let Some(id) = linked.filter(|id| !self.taken.contains(id)) {
            return id;
        }
        let mut id = Uuid::new_v5(&subject.default_id, article.as_bytes());
        while self.taken.contains(&id) {
            id = Uuid::new_v5(&id, article.as_bytes());
        }
        id
    }

    /// Takes over what an article says of an entity. Names are counted once an article.
    fn learn(&mut self, id: Uuid, subject: &Subject, was_counted: bool) {
        let entry = self.known.entry(id).or_insert_with(|| {
            let known =
                Known { id, label: subject.label.clone(), name: subject.name.clone(), ..Known::default() };
            Entry::new(known, true)
        });
        let mut keyed = Vec::new();
        for name in names_of(subject) {
            let folded = crate::fold::fold(name);
            let reading = Reading::of(&entry.known.label, name);
            let is_known = entry.known.names.iter().any(|known| crate::fold::fold(known) == folded);
            if !is_known {
                if entry.known.names.len() >= MAX_NAMES {
                    continue;
                }
                entry.known.names.push(name.to_owned());
                keyed.extend(reading.keys());
                if names::is_fuller(
                    &reading,
                    name,
                    &Reading::of(&entry.known.label, &entry.known.name),
                    &entry.known.name,
                ) {
                    entry.known.name = name.to_owned();
                    entry.is_changed = true;
                }
                if !entry.readings.contains(&reading) {
                    entry.readings.push(reading);
                }
            }
            if !is_known || !was_counted {
                let count = self.name_counts.entry((id, folded)).or_insert_with(|| NameCount {
                    id,
                    name: name.to_owned(),
                    label: entry.known.label.clone(),
                    article_count: 0,
                });
                count.article_count += 1;
            }
        }
        for field in &subject.fields {
            if !entry.known.fields.contains(field) {
                entry.known.fields.push(field.clone());
                entry.is_changed = true;
            }
        }
        let people = is_people(&entry.known.label);
        let mut linked = Vec::new();
        for link in &subject.links {
            let [scheme, link_id, _] = link;
            let at = (scheme.clone(), link_id.clone(), people);
            let has_scheme = entry.known.links.iter().any(|[known, ..]| known == scheme);
            if !has_scheme && is_people(&subject.label) == people && !self.by_link.contains_key(&at) {
                entry.known.links.push(link.clone());
                linked.push((at, link.clone()));
            }
        }
        for (at, link) in linked {
            self.by_link.insert(at, id);
            self.new_links.push((id, people, link));
        }
        for key in keyed {
            if self.index(key.clone(), id) {
                self.new_keys.push((id, key));
            }
        }
    }

    fn learn_context(&mut self, subjects: &[Subject], decided: &[Option<Uuid>]) {
        let mut by_salience: Vec<(f32, Uuid)> = subjects
            .iter()
            .zip(decided)
            .filter_map(|(subject, id)| Some((subject.salience, (*id)?)))
            .collect();
        by_salience.sort_by(|one, other| other.0.total_cmp(&one.0));
        by_salience.truncate(MAX_CONTEXT_OF_ARTICLE);
        for id in decided.iter().flatten() {
            let Some(entry) = self.known.get_mut(id) else { continue };
            if !names::has_namesakes(&entry.known.label) {
                continue;
            }
            for (_, other) in &by_salience {
                let context = &mut entry.known.context;
                if other != id && context.len() < MAX_CONTEXT && !context.contains(other) {
                    context.push(*other);
                    entry.is_changed = true;
                }
            }
        }
    }

    /// What was learnt since the registry was loaded, in an order that does not depend on chance.
    pub fn changes(self) -> Changes {
        let mut entities: Vec<Known> =
            self.known.into_values().filter(|entry| entry.is_changed).map(|entry| entry.known).collect();
        entities.sort_by_key(|known| known.id);
        let mut names: Vec<NameCount> = self.name_counts.into_values().collect();
        names.sort();
        Changes { entities, names, keys: self.new_keys, links: self.new_links }
    }
}

fn is_nameable(subject: &Subject) -> bool {
    is_registered(&subject.label) && names_of(subject).next().is_some()
}

/// Whether this is a type of which several share a name: they need context.
pub fn needs_context(label: &str) -> bool {
    names::has_namesakes(label)
}

impl Family {
    /// The prefix of its keys.
    fn letter(&self) -> &str {
        match self {
            Family::Person => "p",
            Family::Place => "l",
            Family::Organization => "o",
            Family::People => "n",
            Family::Other(label) => label,
        }
    }
}
