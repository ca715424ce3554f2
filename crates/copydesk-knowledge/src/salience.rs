//! How much an article is about each of its entities.
//!
//! A name mention weighs 1, one by role or pronoun 1/2, each twice as much in the first prose paragraph and three times
//! as much where the lead's first sentence begins with it; a name in the headline adds 4. An entity's salience is its
//! share of all weights, so that the saliences of an article add up to 1. The headline's subject, its first named entity
//! that hangs on no preposition and is not a people's adjective, comes first: if another weighs more, it gets that weight
//! and a tenth. Dates and amounts have none.

use std::{collections::HashMap, ops::Range};

use crate::{
    article::MentionKind,
    cast::{Appearance, Sort},
    fold::fold,
    name,
};

/// No headline is longer; a text that was taken for one may be.
const MAX_TITLE_WORDS: usize = 60;

const NAME_WEIGHT: f32 = 1.0;
const OTHER_WEIGHT: f32 = 0.5;
const LEAD_FACTOR: f32 = 2.0;
const OPENING_FACTOR: f32 = 3.0;
const TITLE_WEIGHT: f32 = 4.0;
const SUBJECT_MARGIN: f32 = 1.1;

/// An entity, as its weight needs it.
pub(crate) struct Weighed<'a> {
    pub(crate) sort: Sort,
    /// All names in the text.
    pub(crate) names: Vec<&'a str>,
    pub(crate) appearances: Vec<Appearance>,
}

/// The salience of each entity. `lead` is the first prose paragraph. Linear in mentions and title.
pub(crate) fn saliences(entities: &[Weighed<'_>], title: &str, lead: Range<usize>) -> Vec<f32> {
    let mut weights: Vec<f32> = entities.iter().map(|entity| weight(entity, &lead)).collect();
    let in_title = title_order(entities, title);
    for (entity, _) in &in_title {
        if let Some(weight) = weights.get_mut(*entity) {
            *weight += TITLE_WEIGHT;
        }
    }
    if let Some(subject) = subject(entities, &in_title, title) {
        let heaviest =
            weights.iter().enumerate().filter(|(entity, _)| *entity != subject).map(|(_, weight)| *weight);
        let least = heaviest.fold(0.0, f32::max) * SUBJECT_MARGIN;
        if let Some(weight) = weights.get_mut(subject) {
            *weight = weight.max(least);
        }
    }
    let total: f32 = weights.iter().sum();
    if total > 0.0 { weights.iter().map(|weight| weight / total).collect() } else { weights }
}

fn weight(entity: &Weighed<'_>, lead: &Range<usize>) -> f32 {
    if entity.sort == Sort::Value {
        return 0.0;
    }
    let one = |appearance: &Appearance| {
        let weight = if appearance.kind == MentionKind::Name { NAME_WEIGHT } else { OTHER_WEIGHT };
        // "The " may stand in front.
        let opens = appearance.begin <= lead.start + 4;
        match (lead.contains(&appearance.begin), opens) {
            (true, true) => weight * OPENING_FACTOR,
            (true, false) => weight * LEAD_FACTOR,
            (false, _) => weight,
        }
    };
    entity.appearances.iter().map(one).sum()
}

/// The entities that the title names, with the word at which each begins, in title order.
fn title_order(entities: &[Weighed<'_>], title: &str) -> Vec<(usize, usize)> {
    let words: Vec<String> = words_of(title);
    let mut at: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, word) in words.iter().enumerate() {
        at.entry(word).or_default().push(index);
    }
    let mut found = Vec::new();
    for (index, entity) in entities.iter().enumerate() {
        if entity.sort == Sort::Value || words.is_empty() {
            continue;
        }
        let starts = entity.names.iter().filter_map(|name| {
            let name = words_of(name::bare(name));
            let first = at.get(name.first()?.as_str())?;
            first.iter().copied().find(|start| words.get(*start..start + name.len()) == Some(&name))
        });
        found.extend(starts.min().map(|start| (index, start)));
    }
    found.sort_by_key(|(_, start)| *start);
    found
}

fn subject(entities: &[Weighed<'_>], in_title: &[(usize, usize)], title: &str) -> Option<usize> {
    let words = words_of(title);
    let is_oblique = |start: usize| {
        let before = start.checked_sub(1).and_then(|at| words.get(at)).map_or("", String::as_str);
        matches!(
            before,
            "in" | "on"
                | "at"
                | "of"
                | "for"
                | "from"
                | "with"
                | "to"
                | "by"
                | "against"
                | "over"
                | "after"
                | "the"
        ) && before != "the"
    };
    let is_adjective = |entity: usize| entities.get(entity).is_some_and(|entity| entity.sort == Sort::Norp);
    let free = in_title.iter().find(|(entity, start)| !is_oblique(*start) && !is_adjective(*entity));
    free.or(in_title.first()).map(|(entity, _)| *entity)
}

/// Folded words without marks; a genitive is cut.
fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| {
        c.is_whitespace()
            || matches!(c, ',' | ':' | ';' | '“' | '”' | '"' | '(' | ')' | '?' | '!' | '—' | '–')
    })
    .map(|word| fold(name::bare(word.trim_matches(|c: char| matches!(c, '‘' | '\'')))))
    .filter(|word| !word.is_empty())
    .take(MAX_TITLE_WORDS)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(sort: Sort, name: &'static str, begins: &[usize]) -> Weighed<'static> {
        let appearance = |begin: &usize| Appearance {
            begin: *begin,
            end: begin + 1,
            entity: 0,
            kind: MentionKind::Name,
            probability: 1.0,
        };
        Weighed { sort, names: vec![name], appearances: begins.iter().map(appearance).collect() }
    }

    #[test]
    fn salience_is_the_share_of_the_documented_weights() {
        let entities = [
            weighed(Sort::Person, "Ana Reyes", &[0, 20, 500]),
            weighed(Sort::Body, "Lisbon", &[600]),
            weighed(Sort::Value, "Tuesday", &[30]),
        ];
        // 3 + 2 + 1, and 1 + 4 for the title's; the title's subject gets a tenth more than the heaviest.
        let found = saliences(&entities, "In the end, Lisbon’s vote", 0..100);
        assert!((found[0] - 6.0 / 12.6).abs() < 1e-6, "{found:?}");
        assert!((found[1] - 6.6 / 12.6).abs() < 1e-6, "{found:?}");
        assert_eq!(found[2], 0.0);
        assert!((found.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_headline_s_subject_comes_first() {
        let entities = [
            weighed(Sort::Norp, "US", &[0, 10, 20]),
            weighed(Sort::Body, "Norland", &[5, 300, 400, 500, 600]),
            weighed(Sort::Body, "Turkey", &[40]),
        ];
        for title in ["Turkey defies Norland", "In Norland, Turkey gives way", "US threat: Turkey stays"] {
            let found = saliences(&entities, title, 0..100);
            assert!(found[2] > found[0] && found[2] > found[1], "{title}: {found:?}");
        }
    }

    #[test]
    fn nothing_named_has_no_salience() {
        assert!(saliences(&[], "A title", 0..0).is_empty());
        assert_eq!(saliences(&[weighed(Sort::Value, "Tuesday", &[3])], "Tuesday", 0..9), [0.0]);
    }
}
