//! Subjects of verbs of speech: where they stand, and who they are.
//!
//! A subject is read from its head: the words up to the first preposition, comma or verb. A person's name in the head is
//! the speaker ("Turkish President Recep Tayyip Erdoğan"); one behind a preposition is not ("a spokesman for Erdoğan").

use crate::words::WordList;
use std::ops::Range;

use super::cue;
use crate::{
    cast::{Appearance, Cast, Sort},
    token::Tokens,
};

/// Who a subject is, as far as its own words tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// Named.
    Named { span: Range<usize>, entity: usize },
    /// he, she, they, I: to be looked up.
    Pronoun { span: Range<usize> },
    /// "the spokesman", "a witness", "police".
    Nominal { span: Range<usize> },
}

/// Longest head in tokens; names with titles are shorter.
const MAX_HEAD_TOKENS: usize = 14;

/// Titles between a preposition and a name: "for Turkish President …".
const MAX_TITLE_TOKENS: usize = 5;

/// Names in a sentence that are tried as its subject.
const MAX_TRIED_NAMES: usize = 8;

pub(super) const PRONOUNS: &[&str] = &["he", "she", "they", "we", "i", "it"];

static PREPOSITIONS: WordList = WordList::new(
    "of for from in at with to by on who whose which that under near as outside about against into during
     after before and or but while when",
);

/// Nouns that speak without an article or a name.
static BARE_SPEAKERS: WordList = WordList::new(
    "police officials residents witnesses critics prosecutors investigators analysts supporters opponents
     experts authorities organisers organizers activists doctors sources economists scientists researchers
     lawyers defenders teachers farmers traders rescuers neighbours neighbors firefighters engineers unions
     relatives survivors campaigners workers members leaders diplomats ministers employees soldiers
     students parents nurses commuters growers owners executives managers fishermen miners drivers players
     fans voters scholars historians aides lawmakers senators councillors insiders colleagues",
);

const DETERMINERS: &[&str] = &[
    "the", "a", "an", "one", "another", "his", "her", "their", "its", "this", "that", "some", "many",
    "several", "two", "three", "most", "both",
];

/// Reads the subject that begins at token `from` and ends before token `to`.
pub(super) fn read(tokens: &Tokens<'_>, cast: &Cast, from: usize, to: usize) -> Option<Subject> {
    let from = skip_lead(tokens, from, to);
    let to = to.min(from + 60);
    let first = tokens.get(from).filter(|_| from < to)?;
    let head_end = head_end(tokens, cast, from, to);
    let word = tokens.words(from).to_lowercase();
    if PRONOUNS.contains(&word.as_str()) {
        return Some(Subject::Pronoun { span: first.begin..first.end });
    }
    let last = tokens.get(head_end.checked_sub(1)?)?;
    let head = first.begin..last.end;
    let named = cast.within(head.clone());
    if let Some(person) = named.iter().rev().find(|one| cast.sort(one) == Sort::Person) {
        return Some(named_subject(person));
    }
    // "The ministry’s spokesman, Ibrahim Kalin, said": the next piece is the name.
    if tokens.words(head_end) == ","
        && let Some(person) = name_at(tokens, cast, head_end + 1).filter(|_| head_end + 1 < to)
    {
        return Some(named_subject(&person));
    }
    if let Some(body) = named.last().filter(|one| one.end >= last.end && cast.sort(one) != Sort::Value) {
        let speaks = matches!(cast.sort(body), Sort::Body | Sort::Norp | Sort::Other);
        if speaks {
            return Some(named_subject(body));
        }
    }
    let is_nominal = DETERMINERS.contains(&word.as_str())
        || BARE_SPEAKERS.has(&word)
        || BARE_SPEAKERS.has(tokens.words(head_end - 1))
        // A name that the recognizer missed.
        || (last.is_word && head_end - from <= 5 && tokens.words(head_end - 1).starts_with(char::is_uppercase));
    is_nominal.then_some(Subject::Nominal { span: head })
}

/// Behind words that lead into a subject: "and", "But", "the lawmaker" stays.
fn skip_lead(tokens: &Tokens<'_>, mut from: usize, to: usize) -> usize {
    while from < to {
        let word = tokens.words(from).to_lowercase();
        let is_lead =
            matches!(word.as_str(), "," | "—" | "–" | "-" | "and" | "but" | "as" | "so" | "then" | "yet");
        if !is_lead {
            break;
        }
        from += 1;
    }
    from
}

/// The token behind the head.
fn head_end(tokens: &Tokens<'_>, cast: &Cast, from: usize, to: usize) -> usize {
    let mut at = from;
    while at < to && at < from + MAX_HEAD_TOKENS {
        let Some(token) = tokens.get(at) else { break };
        let word = tokens.words(at);
        // A name holds prepositions of its own: "Bank of England".
        if let Some(inside) = cast
            .within(token.begin..token.end)
            .first()
            .filter(|one| one.end > token.end && cast.sort(one) != Sort::Value)
        {
            at = tokens.at(inside.end).max(at + 1);
            continue;
        }
        let is_stop = (!token.is_word && !matches!(word, "’" | "'" | "&" | "/" | "“" | "”" | "\""))
            || (at > from && PREPOSITIONS.has(word))
            || (at > from && cue::verb_at(tokens, at).is_some_and(|verb| verb.speech));
        if is_stop {
            break;
        }
        at += 1;
    }
    at.min(to).max(from + 1)
}

/// A person whose name, perhaps with a title in front, stands at a token.
fn name_at(tokens: &Tokens<'_>, cast: &Cast, at: usize) -> Option<Appearance> {
    let begin = tokens.get(at)?.begin;
    let end = tokens.get(at + 3).map_or(begin + 1, |token| token.end);
    let person = cast.within(begin..end).iter().find(|one| cast.sort(one) == Sort::Person)?;
    let titles = tokens.slice(begin..person.begin);
    titles.split_whitespace().all(|word| word.starts_with(char::is_alphabetic)).then_some(*person)
}

fn named_subject(appearance: &Appearance) -> Subject {
    Subject::Named { span: appearance.begin..appearance.end, entity: appearance.entity }
}

/// Reads the subject that ends before token `to`, not before token `from`: of a verb that follows it.
pub(super) fn read_before(tokens: &Tokens<'_>, cast: &Cast, from: usize, to: usize) -> Option<Subject> {
    let mut end = to;
    while end > from && cue::stands_between(tokens.words(end - 1)) {
        end -= 1;
    }
    if end <= from {
        return None;
    }
    // "Kalin, a spokesman for Erdoğan, said": the subject is in front of the pair of commas.
    if tokens.words(end - 1) == "," {
        let opening = (from..end - 1).rev().find(|at| tokens.words(*at) == ",")?;
        let begin = piece_begin(tokens, from, opening);
        return read(tokens, cast, begin, opening + 1)
            .filter(|subject| matches!(subject, Subject::Named { .. }))
            .or_else(|| read(tokens, cast, begin, end - 1));
    }
    if tokens.words(end - 1) == "who" && tokens.words(end.checked_sub(2)?) == "," {
        let begin = piece_begin(tokens, from, end - 2);
        return read(tokens, cast, begin, end - 2);
    }
    if matches!(tokens.words(end - 1), "and" | "but" | "then" | "or") {
        return main_subject(tokens, cast, from, end - 1);
    }
    let begin = piece_begin(tokens, from, end);
    read(tokens, cast, begin, end)
}

/// Where the clause that ends before `to` begins: behind the last comma, mark or joining word.
fn piece_begin(tokens: &Tokens<'_>, from: usize, to: usize) -> usize {
    let is_border = |at: &usize| {
        matches!(
            tokens.words(*at),
            "," | ";"
                | ":"
                | "—"
                | "–"
                | "("
                | ")"
                | "and"
                | "but"
                | "while"
                | "when"
                | "because"
                | "after"
                | "that"
                | "although"
                | "though"
                | "where"
                | "if"
                | "”"
                | "\""
                | "..."
        )
    };
    (from..to).rev().find(is_border).map_or(from, |border| border + 1)
}

/// The subject of a sentence as a whole: its first named person or body, or a pronoun, in front of token `to`.
pub(super) fn main_subject(tokens: &Tokens<'_>, cast: &Cast, from: usize, to: usize) -> Option<Subject> {
    let (begin, end) = (tokens.get(from)?.begin, tokens.get(to.checked_sub(1)?)?.end);
    let pronoun =
        (from..to.min(from + 40)).find(|at| matches!(&*tokens.words(*at).to_lowercase(), "he" | "she"));
    let pronoun = pronoun.and_then(|at| tokens.get(at));
    let named = cast.within(begin..end);
    let person = named
        .iter()
        .take(MAX_TRIED_NAMES)
        .find(|one| cast.sort(one) == Sort::Person && !is_oblique(tokens, from, one.begin));
    if let Some(pronoun) = pronoun.filter(|pronoun| person.is_none_or(|person| pronoun.begin < person.begin))
    {
        return Some(Subject::Pronoun { span: pronoun.begin..pronoun.end });
    }
    if let Some(person) = person {
        return Some(named_subject(person));
    }
    read(tokens, cast, from, to)
}

/// Whether a name hangs on a preposition or is a possessor.
pub(super) fn is_oblique(tokens: &Tokens<'_>, from: usize, begin: usize) -> bool {
    let mut at = tokens.at(begin);
    // Titles stand between the preposition and the name.
    let farthest = from.max(at.saturating_sub(MAX_TITLE_TOKENS));
    while at > farthest && tokens.words(at - 1).starts_with(char::is_uppercase) {
        at -= 1;
    }
    at > from && PREPOSITIONS.has(&tokens.words(at - 1).to_lowercase())
}
