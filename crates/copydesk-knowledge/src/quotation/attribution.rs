//! Cues beside a quotation: behind it ("…," Kalin said), in front of it (Kalin said: "…"), or around a fragment.

use std::ops::Range;

use super::{
    cue,
    subject::{self, Subject},
};
use crate::{cast::Cast, token::Tokens};

/// A cue and its subject.
#[derive(Clone, Debug)]
pub(super) struct Attribution {
    pub(super) subject: Option<Subject>,
    /// The verb, or "according to", in bytes.
    pub(super) cue: Range<usize>,
    /// Index of the verb's token.
    pub(super) verb: usize,
}

/// How far a verb may stand from its quotation, in tokens: an apposition with two titles fits in.
const MAX_REACH_TOKENS: usize = 45;

/// Reads the cue in the tokens `from..to` right behind a quotation.
pub(super) fn behind(tokens: &Tokens<'_>, cast: &Cast, from: usize, to: usize) -> Option<Attribution> {
    let to = to.min(from + MAX_REACH_TOKENS);
    let from = (from..to).find(|at| !matches!(tokens.words(*at), "," | "—" | "–" | "-"))?;
    if is_according(tokens, from) {
        return according(tokens, cast, from, to);
    }
    let verb = (from..to).find(|at| is_speech(tokens, *at) && !is_taken_back(tokens, *at))?;
    let subject = if verb == from {
        subject::read(tokens, cast, verb + 1, to)
    } else {
        let end = subject_end(tokens, from, verb);
        subject::read(tokens, cast, from, end).filter(|_| is_one_clause(tokens, from, verb))
    }?;
    Some(Attribution { subject: Some(subject), cue: range(tokens, verb)?, verb })
}

/// Whether nothing between a subject and its verb begins another clause.
fn is_one_clause(tokens: &Tokens<'_>, from: usize, verb: usize) -> bool {
    let first = tokens.words(from);
    !matches!(
        first,
        "which" | "that" | "because" | "if" | "although" | "though" | "while" | "to" | "in" | "on"
    ) && (from..verb).all(|at| !matches!(tokens.words(at), ";" | ":" | "“" | "\""))
}

/// In front of auxiliaries and adverbs.
fn subject_end(tokens: &Tokens<'_>, from: usize, verb: usize) -> usize {
    let mut end = verb;
    while end > from + 1 && cue::stands_between(tokens.words(end - 1)) {
        end -= 1;
    }
    end
}

/// Reads the last cue in the tokens `from..to` in front of a quotation. `is_fragment`: verbs of judgement count, and
/// words may stand between the verb and the mark.
pub(super) fn in_front(
    tokens: &Tokens<'_>,
    cast: &Cast,
    from: usize,
    to: usize,
    is_fragment: bool,
) -> Option<Attribution> {
    let from = from.max(to.saturating_sub(MAX_REACH_TOKENS));
    let verb = (from..to).rev().find(|at| {
        let verb = cue::verb_at(tokens, *at);
        verb.is_some_and(|verb| verb.speech || (is_fragment && verb.judgement)) && !is_taken_back(tokens, *at)
    });
    let phrase = (from..to).find(|at| is_according(tokens, *at));
    let Some(verb) = verb.filter(|verb| phrase.is_none_or(|phrase| phrase < *verb)) else {
        return according(tokens, cast, phrase?, to);
    };
    if !is_fragment && !introduces(tokens, verb, to) {
        return None;
    }
    let is_participle = cue::verb_at(tokens, verb).is_some_and(|verb| verb.participle);
    let subject = if is_participle {
        subject::main_subject(tokens, cast, from, verb)
    } else {
        subject::read_before(tokens, cast, from, verb)
    };
    Some(Attribution { subject, cue: range(tokens, verb)?, verb })
}

/// Whether the words between a verb and a full quotation lead up to it: a colon, a comma, "that", or nothing.
fn introduces(tokens: &Tokens<'_>, verb: usize, to: usize) -> bool {
    verb + 1 == to || matches!(tokens.words(to - 1), ":" | "," | "that" | "—" | "–")
}

/// A retold sentence's end: "…, Kalin said on Tuesday." Tokens `from..to` are the sentence.
pub(super) fn at_end(
    tokens: &Tokens<'_>,
    cast: &Cast,
    from: usize,
    to: usize,
) -> Option<(usize, Attribution)> {
    let from = from.max(to.saturating_sub(MAX_REACH_TOKENS));
    let commas = (from + 1..to).rev().filter(|at| tokens.words(*at) == ",").take(4);
    for comma in commas {
        if is_according(tokens, comma + 1) {
            return according(tokens, cast, comma + 1, to).map(|found| (comma, found));
        }
        let Some(found) = behind(tokens, cast, comma, to) else { continue };
        let is_saying = cue::verb_at(tokens, found.verb).is_some_and(|verb| verb.saying);
        let rest = found.verb + 1..to;
        let is_last =
            rest.clone().all(|at| !matches!(tokens.words(at), "that" | "," | ":" | "“" | "\"" | "and"))
                && rest.len() <= 12;
        if is_saying && is_last {
            return Some((comma, found));
        }
    }
    None
}

pub(super) fn is_according(tokens: &Tokens<'_>, at: usize) -> bool {
    matches!(tokens.words(at), "according" | "According") && tokens.words(at + 1) == "to"
}

pub(super) fn according(tokens: &Tokens<'_>, cast: &Cast, at: usize, to: usize) -> Option<Attribution> {
    let subject = subject::read(tokens, cast, at + 2, to)?;
    let cue = tokens.get(at)?.begin..tokens.get(at + 1)?.end;
    Some(Attribution { subject: Some(subject), cue, verb: at + 1 })
}

fn is_speech(tokens: &Tokens<'_>, at: usize) -> bool {
    cue::verb_at(tokens, at).is_some_and(|verb| verb.speech)
}

/// did not say, to say, was told.
pub(super) fn is_taken_back(tokens: &Tokens<'_>, verb: usize) -> bool {
    let mut at = verb;
    while at > 0 && verb - at < 3 {
        at -= 1;
        let word = tokens.words(at).to_lowercase();
        if cue::takes_back(&word) {
            return true;
        }
        if !cue::stands_between(&word) {
            return false;
        }
    }
    false
}

pub(super) fn range(tokens: &Tokens<'_>, token: usize) -> Option<Range<usize>> {
    tokens.get(token).map(|token| token.begin..token.end)
}
