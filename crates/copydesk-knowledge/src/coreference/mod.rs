//! Which mentions are one entity.
//!
//! Names first, each decided by its kind:
//! * people: full names that agree are one person ("Recep Tayyip Erdoğan", "Tayyip Erdogan", "R. T. Erdoğan"). A bare
//!   surname or given name is the one person with it; of several, the one named in full last before it, unless two were
//!   named in that sentence: then it stays alone. Two people who are both named in full are never one.
//! * organizations: one name under its spellings, with and without "Inc."; an abbreviation and the name that it stands
//!   for, beside it in parentheses or by its initials; "Congress" and the one "US Congress".
//! * old and new names, where the text says so ("X, formerly Y").
//! * countries, peoples and well-known organizations: all names that the packaged gazetteer knows for one thing.
//!
//! Then "the spokesman", where an apposition tells who that is. Linear, but for people of one surname, of whom a bounded
//! number is compared.

mod abbreviation;
mod group;
mod person;
mod renamed;
pub(crate) mod role;

use crate::{
    article::{Input, MentionKind},
    cast::{Appearance, Cast, Sort},
    name::{self, PersonName},
    token::Tokens,
};
pub(crate) use group::{CORPORATE, Group};

/// The groups of an article's mentions and the cast they make; group i is entity i of the cast.
pub(crate) struct Resolved<'a> {
    pub(crate) groups: Vec<Group<'a>>,
    pub(crate) cast: Cast,
}

/// Resolves all mentions. Word lists and roles apply to English.
pub(crate) fn resolve<'a>(input: &Input<'a>, tokens: &Tokens<'_>, is_english: bool) -> Resolved<'a> {
    let mut groups = group::by_name(input, is_english);
    person::join(&mut groups, input, tokens);
    if is_english {
        abbreviation::join(&mut groups, input);
        renamed::join(&mut groups, input);
    }
    groups.retain(|group| !group.mentions.is_empty());
    for group in &mut groups {
        group.mentions.sort_by_key(|mention| mention.begin);
    }
    groups.sort_by_key(|group| group.mentions.first().map(|mention| mention.begin));
    let mut cast = cast_of(&groups, input);
    if is_english {
        add_roles(&mut cast, tokens);
    }
    Resolved { groups, cast }
}

fn cast_of(groups: &[Group<'_>], input: &Input<'_>) -> Cast {
    let mut cast = Cast::default();
    for (entity, group) in groups.iter().enumerate() {
        let sort = Sort::of(group.label());
        cast.sorts.push(sort);
        cast.probabilities.push(group.mentions.first().map_or(0.0, |mention| mention.probability));
        let mut gender = None;
        for mention in &group.mentions {
            if sort == Sort::Person && gender.is_none() {
                let name = PersonName::read(input.text.get(mention.begin..mention.end).unwrap_or_default());
                let before = title_before(input.text, mention.begin);
                let titled = PersonName::read(&format!("{before} x")).gender;
                gender =
                    name.gender.or(titled).or(name::gender_of_given(name.first()).filter(|_| name.is_full()));
            }
            cast.appearances.push(Appearance {
                begin: mention.begin,
                end: mention.end,
                entity,
                kind: MentionKind::Name,
                probability: mention.probability,
            });
        }
        cast.genders.push(gender);
    }
    cast.appearances.sort_by_key(|appearance| appearance.begin);
    cast
}

/// The word in front of a name: the recognizer leaves "Mrs." out.
pub(crate) fn title_before(text: &str, begin: usize) -> &str {
    let head = text.get(..begin).unwrap_or_default().trim_end_matches(' ');
    let from = head.len()
        - head
            .chars()
            .rev()
            .take(12)
            .take_while(|c| c.is_alphabetic() || *c == '.')
            .map(char::len_utf8)
            .sum::<usize>();
    head.get(from..).unwrap_or_default()
}

fn add_roles(cast: &mut Cast, tokens: &Tokens<'_>) {
    let roles = role::read(tokens, cast);
    for (entity, gender) in role::genders(&roles) {
        if let Some(known) = cast.genders.get_mut(entity) {
            known.get_or_insert(gender);
        }
    }
    let nominal = role::nominal_mentions(tokens, cast, &roles);
    cast.appearances.extend(nominal);
    cast.appearances.sort_by_key(|appearance| appearance.begin);
    cast.roles = roles.holders;
}

#[cfg(test)]
mod tests;
