//! Which names of people are one person.

use std::collections::HashMap;

use super::{Group, title_before};
use crate::{
    article::Input,
    cast::Gender,
    name::{self, PersonName},
    token::Tokens,
};

/// People of one surname that are compared with each other; a list of a family has fewer.
const MAX_NAMESAKES: usize = 32;

/// Joins the groups of people. Those that are taken over are left empty.
pub(super) fn join(groups: &mut [Group<'_>], input: &Input<'_>, tokens: &Tokens<'_>) {
    join_full_names(groups);
    join_bare_names(groups, input, tokens);
}

/// Full names that agree become one, the fullest first; a name that agrees with two people stays alone.
fn join_full_names(groups: &mut [Group<'_>]) {
    let mut order: Vec<usize> = full_names(groups).collect();
    order.sort_by_key(|index| {
        let parts =
            groups.get(*index).and_then(|group| group.person.as_ref()).map_or(0, |person| person.parts.len());
        std::cmp::Reverse(parts)
    });
    // By surname and by first name: names that leave the second surname out share the latter.
    let mut people: HashMap<String, Vec<usize>> = HashMap::new();
    let mut merges = Vec::new();
    for index in order {
        let Some(person) = groups.get(index).and_then(|group| group.person.clone()) else { continue };
        let mut agreeing: Vec<usize> = Vec::new();
        for key in [person.last(), person.first()] {
            for other in people.get(key).into_iter().flatten().take(MAX_NAMESAKES) {
                let agrees = groups
                    .get(*other)
                    .and_then(|group| group.person.as_ref())
                    .is_some_and(|known| known.agrees(&person));
                if agrees && !agreeing.contains(other) {
                    agreeing.push(*other);
                }
            }
        }
        match agreeing.as_slice() {
            [owner] => merges.push((index, *owner)),
            _ => {
                for key in [person.last(), person.first()] {
                    let namesakes = people.entry(key.to_owned()).or_default();
                    if namesakes.len() < MAX_NAMESAKES && !namesakes.contains(&index) {
                        namesakes.push(index);
                    }
                }
            }
        }
    }
    for (index, owner) in merges {
        take_over(groups, index, owner);
    }
}

fn full_names<'g>(groups: &'g [Group<'_>]) -> impl Iterator<Item = usize> + 'g {
    groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.entry.is_none() && group.person.as_ref().is_some_and(PersonName::is_full))
        .map(|(index, _)| index)
}

pub(super) fn take_over(groups: &mut [Group<'_>], from: usize, to: usize) {
    if from == to {
        return;
    }
    let Some(mut taken) = groups
        .get_mut(from)
        .map(|group| Group { mentions: std::mem::take(&mut group.mentions), ..group.clone() })
    else {
        return;
    };
    if let Some(owner) = groups.get_mut(to) {
        owner.take(&mut taken);
    }
}

/// Whose bare name it is, as the text goes on.
#[derive(Clone, Copy, Debug)]
struct Latest {
    owner: usize,
    sentence: usize,
    /// Another of the name was named in full in the same sentence.
    is_shared: bool,
}

/// Everyone with a surname, or with a given name.
#[derive(Default)]
struct Owners<'a> {
    by_last: HashMap<&'a str, Vec<usize>>,
    by_first: HashMap<&'a str, Vec<usize>>,
}

/// Gives each bare name to the person that it means.
fn join_bare_names(groups: &mut [Group<'_>], input: &Input<'_>, tokens: &Tokens<'_>) {
    let names: Vec<Option<PersonName>> = groups.iter().map(|group| group.person.clone()).collect();
    let mut owners = Owners::default();
    for (index, group) in groups.iter().enumerate() {
        let Some(Some(person)) = names.get(index) else { continue };
        if group.mentions.is_empty() || !person.is_full() {
            continue;
        }
        owners.by_last.entry(person.last()).or_default().push(index);
        owners.by_first.entry(person.first()).or_default().push(index);
    }
    let genders: Vec<Option<Gender>> =
        groups.iter().zip(&names).map(|(group, name)| gender_of(group, name.as_ref(), input)).collect();
    // All mentions of people in text order, with the group and the place in it.
    let mut all: Vec<(usize, usize, usize)> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        if names.get(index).is_some_and(Option::is_some) && group.entry.is_none() {
            all.extend(group.mentions.iter().enumerate().map(|(at, mention)| (mention.begin, index, at)));
        }
    }
    all.sort_unstable();
    let mut latest: HashMap<&str, Latest> = HashMap::new();
    let mut moves = Vec::new();
    for (begin, index, at) in all {
        let Some(Some(person)) = names.get(index) else { continue };
        let sentence = tokens.get(tokens.at(begin)).map_or(0, |token| token.sentence);
        if person.is_full() {
            for part in [person.last(), person.first()] {
                let is_shared = latest.get(part).is_some_and(|known| {
                    known.sentence == sentence && (known.owner != index || known.is_shared)
                });
                latest.insert(part, Latest { owner: index, sentence, is_shared });
            }
            continue;
        }
        let title =
            PersonName::read(&format!("{} x", title_before(input.text, begin))).gender.or(person.gender);
        let part = person.last();
        let candidates = owners.by_last.get(part).or_else(|| owners.by_first.get(part));
        let fits = |owner: &usize| {
            let known = genders.get(*owner).copied().flatten();
            title.is_none() || known.is_none() || known == title
        };
        let fitting: Vec<usize> =
            candidates.into_iter().flatten().copied().filter(fits).take(MAX_NAMESAKES).collect();
        let owner = match fitting.as_slice() {
            [] => None,
            [one] => Some(*one),
            several => latest
                .get(part)
                .filter(|known| !known.is_shared && several.contains(&known.owner))
                .map(|known| known.owner),
        };
        if let Some(owner) = owner {
            moves.push((index, at, owner));
        }
    }
    apply(groups, moves);
}

fn gender_of(group: &Group<'_>, name: Option<&PersonName>, input: &Input<'_>) -> Option<Gender> {
    let name = name?;
    let titled = || {
        let first = group.mentions.first()?;
        PersonName::read(&format!("{} x", title_before(input.text, first.begin))).gender
    };
    name.gender.or_else(titled).or_else(|| name::gender_of_given(name.first()))
}

/// Moves single mentions. `moves` are in text order; places within a group were counted before any move.
fn apply(groups: &mut [Group<'_>], moves: Vec<(usize, usize, usize)>) {
    let mut taken: HashMap<usize, Vec<usize>> = HashMap::new();
    for (from, at, to) in moves {
        let mention = groups.get(from).and_then(|group| group.mentions.get(at)).copied();
        if let (Some(mention), Some(owner)) = (mention, groups.get_mut(to)) {
            owner.mentions.push(mention);
            taken.entry(from).or_default().push(at);
        }
    }
    for (from, places) in taken {
        let Some(group) = groups.get_mut(from) else { continue };
        let mut at = 0;
        group.mentions.retain(|_| {
            let is_taken = places.binary_search(&at).is_ok();
            at += 1;
            !is_taken
        });
    }
}
