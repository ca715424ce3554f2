//! Retold speech: "Kalin said that …", "Kalin said the talks had failed", "…, Kalin said", "According to Kalin, …".
//!
//! Only main clauses with a verb that always retells; a sentence that quotes directly is left to that.

use crate::words::WordList;
use std::ops::Range;

use super::{
    attribution::{self, Attribution},
    cue, subject,
};
use crate::{cast::Cast, token::Tokens};

/// Words that may stand between the verb and "that": told reporters in Ankara on Tuesday that.
const MAX_ADJUNCT_TOKENS: usize = 9;
/// A clause has a subject and a verb, and says something.
const MIN_CLAUSE_TOKENS: usize = 3;
/// Verbs of saying that are tried in one sentence; the first that fits is taken.
const MAX_TRIED_VERBS: usize = 4;
/// Longer sentences are lists.
const MAX_SENTENCE_TOKENS: usize = 200;

/// What a sentence retells: the clause in bytes, and its cue.
pub(super) fn find(
    tokens: &Tokens<'_>,
    cast: &Cast,
    sentence: Range<usize>,
) -> Option<(Range<usize>, Attribution)> {
    if sentence.len() > MAX_SENTENCE_TOKENS || sentence.len() < MIN_CLAUSE_TOKENS + 2 {
        return None;
    }
    let last = tokens.words(sentence.end - 1);
    if last == "?" {
        return None;
    }
    let content_end = if matches!(last, "." | "!" | "…") { sentence.end - 1 } else { sentence.end };
    if attribution::is_according(tokens, sentence.start) {
        let comma = (sentence.start..content_end).filter(|at| tokens.words(*at) == ",").find(|comma| {
            // "According to Kalin, a spokesman for Erdoğan, the talks failed": the clause is behind the apposition.
            let next = (comma + 1..content_end).find(|at| tokens.words(*at) == ",");
            let upto = next.unwrap_or(content_end);
            (comma + 1..upto).any(|at| cue::is_finite(tokens.words(at)))
        })?;
        let found = attribution::according(tokens, cast, sentence.start, comma)?;
        return Some((clause(tokens, comma + 1, content_end)?, found));
    }
    let verbs = sentence
        .clone()
        .filter(|at| cue::verb_at(tokens, *at).is_some_and(|verb| verb.retelling && !verb.participle))
        .take(MAX_TRIED_VERBS);
    for verb in verbs {
        if let Some(found) = after_verb(tokens, cast, &sentence, verb, content_end) {
            return Some(found);
        }
    }
    let (comma, found) = attribution::at_end(tokens, cast, sentence.start, content_end)?;
    let is_clause = (sentence.start..comma).any(|at| cue::is_finite(tokens.words(at)));
    Some((clause(tokens, sentence.start, comma).filter(|_| is_clause)?, found))
}

fn after_verb(
    tokens: &Tokens<'_>,
    cast: &Cast,
    sentence: &Range<usize>,
    verb: usize,
    content_end: usize,
) -> Option<(Range<usize>, Attribution)> {
    if verb == sentence.start || attribution::is_taken_back(tokens, verb) {
        return None;
    }
    // "Trump, who says the move could fail, left": a remark, not the sentence's statement.
    if tokens.words(verb - 1) == "who"
        || tokens.words(verb - 1) == "that"
        || tokens.words(verb - 1) == "which"
    {
        return None;
    }
    let is_saying = cue::verb_at(tokens, verb).is_some_and(|verb| verb.saying);
    let begin = behind_that(tokens, verb, content_end)
        .or_else(|| clause_begin(tokens, cast, verb, content_end).filter(|_| is_saying))?;
    let subject = subject::read_before(tokens, cast, sentence.start, verb)?;
    let found = Attribution { subject: Some(subject), cue: attribution::range(tokens, verb)?, verb };
    Some((clause(tokens, begin, content_end)?, found))
}

/// Behind the "that" that belongs to the verb.
fn behind_that(tokens: &Tokens<'_>, verb: usize, to: usize) -> Option<usize> {
    let reach = to.min(verb + 1 + MAX_ADJUNCT_TOKENS);
    let that = (verb + 1..reach).find(|at| {
        let word = tokens.words(*at);
        word == "that" || matches!(word, ";" | ":" | "“" | "\"" | "who" | "which")
    })?;
    let is_that = tokens.words(that) == "that";
    // "said on Monday in that city": a clause follows, or it is no conjunction.
    let has_verb =
        (that + 1..to).any(|at| cue::is_finite(tokens.words(at)) || ends_like_verb(tokens.words(at)));
    (is_that && has_verb && to > that + MIN_CLAUSE_TOKENS).then_some(that + 1)
}

/// Where a clause without "that" begins: right behind the verb, a day, or the person told.
fn clause_begin(tokens: &Tokens<'_>, cast: &Cast, verb: usize, to: usize) -> Option<usize> {
    let mut begin = verb + 1;
    if matches!(tokens.words(verb), "told" | "tells") {
        begin = behind_listener(tokens, cast, begin, to)?;
    }
    if is_day(tokens.words(begin)) {
        begin += 1;
    }
    let first = tokens.get(begin).filter(|token| token.is_word && begin < to)?;
    if cue::begins_no_clause(tokens.words(begin)) || to < begin + MIN_CLAUSE_TOKENS {
        return None;
    }
    // Cheap, and enough: a clause carries its verb within its first words.
    let has_verb = (begin + 1..to.min(begin + 25)).any(|at| cue::is_finite(tokens.words(at)));
    (has_verb && first.begin < first.end).then_some(begin)
}

/// Behind the person that is told: "told reporters the", "told the committee the", "told Duarte she".
fn behind_listener(tokens: &Tokens<'_>, cast: &Cast, from: usize, to: usize) -> Option<usize> {
    static GROUPS: WordList = WordList::new(
        "reporters journalists lawmakers investors parliament residents supporters broadcasters us me him her
         them delegates viewers jurors voters councillors members police shareholders staff",
    );
    let token = tokens.get(from).filter(|_| from < to)?;
    if GROUPS.has(tokens.words(from)) {
        return Some(from + 1);
    }
    if let Some(name) = cast.within(token.begin..token.end).first() {
        return Some(tokens.at(name.end));
    }
    if matches!(tokens.words(from), "the" | "a" | "an" | "his" | "her" | "their") {
        let next = tokens.get(from + 1)?;
        if let Some(name) = cast.within(next.begin..next.end).first() {
            return Some(tokens.at(name.end));
        }
        return Some(from + 2);
    }
    None
}

fn is_day(word: &str) -> bool {
    matches!(
        word,
        "Monday" | "Tuesday" | "Wednesday" | "Thursday" | "Friday" | "Saturday" | "Sunday" | "yesterday"
    )
}

fn ends_like_verb(word: &str) -> bool {
    word.ends_with('s') && word.len() > 3 && word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// The bytes of the tokens `begin..end`.
fn clause(tokens: &Tokens<'_>, begin: usize, end: usize) -> Option<Range<usize>> {
    if end < begin + MIN_CLAUSE_TOKENS {
        return None;
    }
    Some(tokens.get(begin)?.begin..tokens.get(end - 1)?.end)
}
