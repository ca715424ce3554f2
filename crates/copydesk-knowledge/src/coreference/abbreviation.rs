//! Abbreviations and short forms of organizations.

use crate::words::WordList;
use std::collections::HashMap;

use super::{Group, person::take_over};
use crate::{article::Input, cast::Sort, fold::fold, name, places::gazetteer};

/// Longest abbreviation in letters.
const MAX_LETTERS: usize = 8;

/// Words of a company's name behind which the first word alone names it.
static COMPANY: WordList = WordList::new(
    "corporation corp inc ltd plc company co motor motors group holdings airlines airways industries
     technologies pharmaceuticals electronics energy petroleum ag sa gmbh partners logistics shipping foods
     brewing telecom",
);

/// Whose short form a word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    One(usize),
    Several,
}

/// Joins abbreviations, national short forms and companies' first names with the one organization they stand for. Groups
/// that are taken over are left empty. Linear in the names.
pub(super) fn join(groups: &mut [Group<'_>], input: &Input<'_>) {
    let mut short_forms: HashMap<String, Owner> = HashMap::new();
    let mut own: HashMap<String, usize> = HashMap::new();
    let mut declared: HashMap<String, usize> = HashMap::new();
    for (index, group) in groups.iter().enumerate() {
        if group.sort != Sort::Body || group.entry.is_some() {
            continue;
        }
        own.entry(group.key.clone()).or_insert(index);
        for mention in &group.mentions {
            let surface = input.text.get(mention.begin..mention.end).unwrap_or_default();
            if let Some(letters) = in_parentheses(input.text, mention.end).filter(|_| surface.contains(' ')) {
                declared.entry(letters.to_owned()).or_insert(index);
            }
        }
        let Some(first) = group.mentions.first() else { continue };
        let surface = name::bare(input.text.get(first.begin..first.end).unwrap_or_default());
        for form in forms(surface, &group.key, first.label == "ORG") {
            short_forms
                .entry(form)
                .and_modify(|owner| {
                    if *owner != Owner::One(index) {
                        *owner = Owner::Several;
                    }
                })
                .or_insert(Owner::One(index));
        }
    }
    let mut merges = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        if group.sort != Sort::Body || group.entry.is_some() || group.key.is_empty() {
            continue;
        }
        let Some(first) = group.mentions.first() else { continue };
        let surface = name::bare(input.text.get(first.begin..first.end).unwrap_or_default());
        let letters = abbreviation(surface);
        let by_declaration = letters.as_ref().and_then(|letters| declared.get(letters)).copied();
        let by_form = match short_forms.get(letters.as_ref().unwrap_or(&group.key)) {
            Some(Owner::One(owner)) => Some(*owner),
            Some(Owner::Several) | None => None,
        };
        if let Some(owner) = by_declaration.or(by_form).filter(|owner| *owner != index) {
            merges.push((index, owner));
        }
    }
    // A short form of a short form ends at the same owner.
    let mut ends: HashMap<usize, usize> = HashMap::new();
    for (index, owner) in merges {
        let end = ends.get(&owner).copied().unwrap_or(owner);
        if end != index {
            take_over(groups, index, end);
            ends.insert(index, end);
        }
    }
}

/// The letters of an abbreviation ("N.A.T.O." has the same); none if it is no abbreviation.
fn abbreviation(surface: &str) -> Option<String> {
    let letters: String = surface.chars().filter(|c| *c != '.').collect();
    let count = letters.chars().count();
    let is_one = (2..=MAX_LETTERS).contains(&count)
        && letters.chars().all(|c| c.is_alphanumeric() || c == '-')
        && letters.chars().filter(|c| c.is_uppercase()).count() * 2 > count;
    is_one.then_some(letters)
}

/// The abbreviation that stands in parentheses right behind a name.
fn in_parentheses(text: &str, end: usize) -> Option<&str> {
    let inner = text.get(end..)?.strip_prefix(" (")?;
    let close = inner.char_indices().take(MAX_LETTERS + 4).find(|(_, c)| *c == ')')?.0;
    let letters = inner.get(..close)?;
    (abbreviation(letters).as_deref() == Some(letters)).then_some(letters)
}

/// The short forms of an organization's name: its initials, the name without its country, a company's first word.
fn forms(surface: &str, key: &str, is_organization: bool) -> Vec<String> {
    let words: Vec<&str> = surface.split([' ', '-']).filter(|word| !word.is_empty()).collect();
    let mut forms = Vec::new();
    if words.len() < 2 || !is_organization {
        return forms;
    }
    let initials = |counts: fn(&str) -> bool| -> String {
        words
            .iter()
            .filter(|word| counts(word))
            .filter_map(|word| word.chars().next())
            .flat_map(char::to_uppercase)
            .collect()
    };
    let capitals = initials(|word| word.starts_with(char::is_uppercase));
    let all = initials(|_| true);
    forms.extend([capitals, all].into_iter().filter(|letters| letters.chars().count() > 1));
    forms.dedup();
    let folded: Vec<String> = words.iter().map(|word| fold(name::bare(word))).collect();
    let gazetteer = gazetteer();
    // "US Congress", "Turkish Defense Ministry"; "New Zealand" is two words.
    if let [first, rest @ ..] = folded.as_slice()
        && gazetteer.is_national(first)
        && !rest.is_empty()
    {
        let tail = key.split_once(' ').map_or("", |(_, tail)| tail);
        forms.push(tail.to_owned());
    }
    let is_company = folded.last().is_some_and(|last| COMPANY.has(last));
    if let Some(first) = folded.first().filter(|_| is_company && folded.len() <= 4) {
        forms.push(first.clone());
    }
    forms
}
