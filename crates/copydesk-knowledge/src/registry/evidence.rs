//! What speaks for and against two names being one: what the article has in common with an entity's earlier articles.
//!
//! Shared entities are weighed by how much they tell: a person or an organization 1, a city 0.6, a country or a people
//! 0.2 (half of the news has some), a well-known organization 0.5.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    Known, Subject,
    names::{Family, Match, Reading},
};

/// A shared person or organization, or several places: enough to say that a bare surname is this person.
const SURE: f32 = 0.9;
/// A city, or several countries: enough to say that initials or a sound are this person, and that namesakes are one.
const LIKELY: f32 = 0.5;
/// A country.
const SOME: f32 = 0.15;
/// How far the best must be ahead of the next.
const LEAD: f32 = 2.0;
/// Entities on either side from which on having none in common tells something.
const MIN_CONTEXT: usize = 4;

/// Which entities an article names, as far as it is decided.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    /// Entity to weight and the subject that it is.
    members: HashMap<Uuid, (f32, usize)>,
}

impl Context {
    pub(super) fn decide(&mut self, index: usize, id: Uuid, subject: &Subject) {
        self.members.retain(|_, (_, of)| *of != index);
        self.members.entry(id).or_insert((weight(subject), index));
    }
}

fn weight(subject: &Subject) -> f32 {
    let has = |wanted: &str| subject.links.iter().any(|[scheme, ..]| scheme == wanted);
    match Family::of(&subject.label) {
        Family::Person if Reading::of(&subject.label, &subject.name).is_short => 0.6,
        Family::Person => 1.0,
        Family::Organization if has("wikidata") => 0.5,
        Family::Organization => 1.0,
        Family::Place if has("iso3166-1") => 0.2,
        Family::Place => 0.6,
        Family::People => 0.2,
        Family::Other(label) if label == "LANGUAGE" => 0.2,
        Family::Other(_) => 0.8,
    }
}

/// A candidate and what speaks for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    id: Uuid,
    matched: Match,
    shared: f32,
    /// Both do the same.
    same_field: bool,
    is_apart: bool,
    /// It is linked and the subject is not.
    is_linked: bool,
    /// How much is known of it.
    size: usize,
    is_short: bool,
}

/// Weighs one candidate.
pub(super) fn weigh(
    subject: &Subject,
    index: usize,
    known: &Known,
    matched: Match,
    context: &Context,
) -> Standing {
    let others = context.members.iter().filter(|(id, (_, of))| *of != index && **id != known.id);
    let (mut shared, mut count) = (0.0, 0);
    for (id, (weight, _)) in others {
        count += 1;
        if known.context.contains(id) {
            shared += weight;
        }
    }
    let same_field = subject.fields.iter().any(|field| known.fields.contains(field));
    let is_apart = is_apart(subject, known, shared, count, same_field);
    let is_linked = subject.links.is_empty() && !known.links.is_empty();
    let is_short = Reading::of(&known.label, &known.name).is_short;
    Standing {
        id: known.id,
        matched,
        shared,
        same_field,
        is_apart,
        is_linked,
        size: known.context.len(),
        is_short,
    }
}

/// Whether it is clear that two of one name are two: they have nothing in common that tells something, and either do
/// different things (a striker and a senator), or neither article is short of names and not even a country is shared.
fn is_apart(subject: &Subject, known: &Known, shared: f32, count: usize, same_field: bool) -> bool {
    if shared >= LIKELY || same_field {
        return false;
    }
    if !subject.fields.is_empty() && !known.fields.is_empty() {
        return true;
    }
    shared < SOME && count >= MIN_CONTEXT && known.context.len() >= MIN_CONTEXT
}

/// Whether both are linked in one system to different things.
pub(super) fn links_differ(one: &[[String; 3]], other: &[[String; 3]]) -> bool {
    one.iter().any(|[scheme, id, _]| {
        other.iter().any(|[known, _, _]| known == scheme)
            && !other.iter().any(|[known, known_id, _]| known == scheme && known_id == id)
    })
}

/// The candidate that the subject is; none if it is somebody new.
pub(super) fn best(subject: &Subject, standings: &[Standing]) -> Option<Uuid> {
    let family = Family::of(&subject.label);
    let mut able: Vec<&Standing> = standings.iter().filter(|one| is_able(&family, one)).collect();
    able.sort_by(|one, other| {
        (other.matched.cmp(&one.matched))
            .then(other.shared.total_cmp(&one.shared))
            .then(other.same_field.cmp(&one.same_field))
            .then(other.size.cmp(&one.size))
    });
    let first = able.first()?;
    let rival = able.get(1).filter(|next| next.matched == first.matched);
    let is_contested = rival.is_some_and(|rival| first.shared < LEAD * rival.shared);
    match first.matched {
        // Of two of exactly this name, the one that is better known, if nothing else tells.
        Match::Exact => Some(first.id),
        Match::Close | Match::Short | Match::Part if is_contested => None,
        Match::Close | Match::Short | Match::Part if rival.is_some() && first.shared < SOME => None,
        Match::Close | Match::Short | Match::Part => Some(first.id),
    }
}

/// Whether a candidate may be the one at all.
fn is_able(family: &Family, one: &Standing) -> bool {
    // A place that the article leaves open is not the one that another article meant, unless they speak of the same.
    if *family == Family::Place && one.is_linked {
        return one.shared >= SOME;
    }
    match (family, one.matched) {
        (_, Match::Exact | Match::Close) => !one.is_apart,
        (Family::Person, Match::Short) => one.shared >= LIKELY || (one.same_field && one.shared >= SOME),
        (_, Match::Short) => !one.is_apart,
        // Two bare names are one if anything is shared; a bare name is a full one only if it is sure.
        (Family::Person, Match::Part) if one.is_short => one.shared >= LIKELY || one.same_field,
        (_, Match::Part) => one.shared >= SURE,
    }
}
