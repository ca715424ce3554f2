//! Roles that the article gives to people by apposition or title: "Ibrahim Kalin, a spokesman for …", "spokesman Ibrahim
//! Kalin", "President Erdoğan". A role that two people share, or that an unnamed person has too, is nobody's.

use crate::words::WordList;
use std::collections::HashMap;

use crate::{
    cast::{Appearance, Cast, Sort},
    name,
    token::Tokens,
};

/// Nouns by which people are spoken of.
static ROLES: WordList = WordList::new(
    "spokesman spokeswoman spokesperson president minister mayor governor senator ambassador director chief
     chairman chairwoman chair executive coach captain manager secretary chancellor king queen pope bishop
     archbishop judge prosecutor lawyer attorney analyst economist professor researcher author actor actress
     singer commander general admiral commissioner sheriff officer adviser advisor leader founder owner
     principal teacher farmer doctor engineer scientist historian striker midfielder goalkeeper pilot driver
     architect conductor curator councillor councilman councilwoman lawmaker congressman congresswoman envoy
     negotiator treasurer rabbi imam priest astronaut biologist geologist physicist epidemiologist surgeon
     nurse novelist poet painter sculptor photographer producer composer pianist violinist banker broker
     trader fisherman firefighter detective inspector premier deputy candidate activist campaigner organiser
     organizer critic editor publisher harbourmaster ranger warden librarian baker chef swimmer sprinter
     goalie skipper ombudsman auditor hydrologist meteorologist archaeologist climatologist",
);

/// Longest apposition in tokens that is read.
const MAX_APPOSITION_TOKENS: usize = 12;
/// Longest run of words in front of a name that may give its role.
const MAX_TITLE_TOKENS: usize = 4;
/// Role nouns of a single name that are kept.
const MAX_ROLES: usize = 4;

/// The roles of a cast and the token at which each is given.
pub(super) struct Roles {
    /// To the person; none if there are several.
    pub(super) holders: HashMap<String, Option<usize>>,
    /// First token behind the place where a role is given.
    pub(super) known_from: HashMap<String, usize>,
}

/// Reads the roles of all people who appear.
pub(super) fn read(tokens: &Tokens<'_>, cast: &Cast) -> Roles {
    let mut roles = Roles { holders: HashMap::new(), known_from: HashMap::new() };
    // Tokens at which a role noun was given to somebody.
    let mut given = HashMap::new();
    for appearance in &cast.appearances {
        if cast.sort(appearance) != Sort::Person {
            continue;
        }
        let found =
            behind(tokens, appearance).into_iter().chain(in_front(tokens, appearance)).take(MAX_ROLES);
        for (at, role) in found {
            given.insert(at, appearance.entity);
            let behind = tokens.at(appearance.end).max(at + 1);
            roles.known_from.entry(role.clone()).or_insert(behind);
            roles
                .holders
                .entry(role)
                .and_modify(|holder| *holder = holder.filter(|known| *known == appearance.entity))
                .or_insert(Some(appearance.entity));
        }
    }
    withdraw_shared(tokens, &given, &mut roles);
    roles
}

/// "a spokesman said": somebody else has the role too.
fn withdraw_shared(tokens: &Tokens<'_>, given: &HashMap<usize, usize>, roles: &mut Roles) {
    for at in 0..tokens.len() {
        let word = tokens.words(at);
        if given.contains_key(&at) || !ROLES.has(word) {
            continue;
        }
        let from = at.saturating_sub(MAX_TITLE_TOKENS);
        let mut phrase =
            (from..at).rev().take_while(|before| tokens.get(*before).is_some_and(|token| token.is_word));
        let is_another = phrase
            .any(|before| matches!(tokens.words(before), "a" | "an" | "another" | "A" | "An" | "Another"));
        if is_another && let Some(holder) = roles.holders.get_mut(word) {
            *holder = None;
        }
    }
}

/// The role in an apposition behind a name: ", a spokesman for President Erdoğan,". Token of the noun, and the role.
fn behind(tokens: &Tokens<'_>, appearance: &Appearance) -> Option<(usize, String)> {
    let comma = tokens.at(appearance.end);
    // "appointed Lena Rostova as its conductor" tells as much as an apposition.
    let is_as =
        tokens.words(comma) == "as" && matches!(tokens.words(comma + 1), "its" | "the" | "their" | "a");
    if tokens.words(comma) != "," && !is_as {
        return None;
    }
    let first = tokens.words(comma + 1);
    let is_apposition = matches!(first, "a" | "an" | "the" | "his" | "her" | "its" | "their" | "who")
        || tokens.words(comma + 2) == "’s"
        || first.ends_with("’s")
        || first.ends_with("'s")
        || ROLES.has(first);
    if !is_apposition {
        return None;
    }
    let mut noun = None;
    for at in comma + 1..comma + 1 + MAX_APPOSITION_TOKENS {
        let word = tokens.words(at);
        if ROLES.has(word) {
            noun = Some(at);
            continue;
        }
        let ends = matches!(
            word,
            "," | "." | "of" | "for" | "at" | "in" | "who" | "and" | "with" | "from" | ";" | "said" | ""
        );
        if ends {
            break;
        }
        // The noun is the last of its phrase.
        noun = None;
    }
    let noun = noun?;
    Some((noun, role_at(tokens, noun)))
}

/// The role in front of a name, or within it: "spokesman Ibrahim Kalin", "President Erdoğan".
fn in_front(tokens: &Tokens<'_>, appearance: &Appearance) -> Option<(usize, String)> {
    let begin = tokens.at(appearance.begin);
    let mut end = begin;
    // A title within the mention.
    while tokens.get(end).is_some_and(|token| token.end < appearance.end) && is_role(tokens.words(end)) {
        end += 1;
    }
    // "The ministry’s spokesman, Ibrahim Kalin,".
    let before_comma = begin
        .checked_sub(2)
        .filter(|_| tokens.words(begin - 1) == "," && tokens.words(tokens.at(appearance.end)) == ",");
    let noun = if end > begin { end - 1 } else { before_comma.or(begin.checked_sub(1))? };
    let word = tokens.words(noun);
    let is_near = tokens
        .get(noun)
        .is_some_and(|token| tokens.get(begin).is_some_and(|name| name.sentence == token.sentence));
    (is_role(word) && is_near).then(|| (noun, role_at(tokens, noun)))
}

fn is_role(word: &str) -> bool {
    ROLES.has(&word.to_lowercase())
}

/// A noun with the word that belongs to it: "prime minister", "chief executive".
fn role_at(tokens: &Tokens<'_>, noun: usize) -> String {
    let word = tokens.words(noun).to_lowercase();
    let before = noun.checked_sub(1).map_or(String::new(), |at| tokens.words(at).to_lowercase());
    let is_pair = matches!(
        (before.as_str(), word.as_str()),
        (
            "prime" | "foreign" | "finance" | "defense" | "defence" | "interior" | "health" | "justice",
            "minister"
        ) | ("vice" | "deputy", _)
            | ("chief", "executive" | "adviser" | "advisor" | "economist" | "prosecutor" | "engineer")
    );
    if is_pair { format!("{before} {word}") } else { word }
}

/// Every "the spokesman" behind the place where the role was given to one person.
pub(super) fn nominal_mentions(tokens: &Tokens<'_>, cast: &Cast, roles: &Roles) -> Vec<Appearance> {
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if !matches!(tokens.words(at), "the" | "The") {
            continue;
        }
        let Some((role, len)) = role_behind(tokens, roles, at + 1) else { continue };
        let Some(entity) = roles.holders.get(&role).copied().flatten() else { continue };
        let is_known = roles.known_from.get(&role).is_some_and(|from| *from <= at);
        let next = tokens.words(at + 1 + len);
        // "The president of another country", "the spokesman Ali Demir": somebody is told apart.
        let is_told_apart = matches!(next, "of" | "for" | "at" | "from" | "who" | "-" | "’s" | "elect")
            || next.starts_with(char::is_uppercase);
        let (Some(begin), Some(end)) = (tokens.get(at), tokens.get(at + len)) else { continue };
        let is_free = cast.within(begin.begin..end.end).is_empty();
        if is_known && !is_told_apart && is_free {
            found.push(Appearance {
                begin: begin.begin,
                end: end.end,
                entity,
                kind: crate::article::MentionKind::Nominal,
                probability: cast.probability(entity),
            });
        }
    }
    found
}

/// The longest known role at a token, and its tokens.
fn role_behind(tokens: &Tokens<'_>, roles: &Roles, at: usize) -> Option<(String, usize)> {
    let one = tokens.words(at);
    let two = tokens.words(at + 1);
    if !one.starts_with(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    if ROLES.has(two) {
        let pair = format!("{one} {two}");
        return roles.holders.contains_key(&pair).then_some((pair, 2));
    }
    let is_known = ROLES.has(one) && roles.holders.contains_key(one);
    is_known.then(|| (one.to_owned(), 1))
}

/// What roles tell of gender.
pub(super) fn genders(roles: &Roles) -> Vec<(usize, crate::cast::Gender)> {
    let tell = |(role, holder): (&String, &Option<usize>)| Some(((*holder)?, name::gender_of_role(role)?));
    let mut told: Vec<_> = roles.holders.iter().filter_map(tell).collect();
    // The table has no order of its own.
    told.sort_by_key(|(entity, gender)| (*entity, *gender == crate::cast::Gender::She));
    told
}
