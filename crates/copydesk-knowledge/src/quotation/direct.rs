//! Which stretches between marks are quotations, and which of them are pieces of one.
//!
//! A stretch is a quotation when a cue stands beside it, when it is a sentence of its own, or when it is a fragment of
//! three words or more that a verb of speech or judgement governs. One or two words in the middle of a sentence are
//! scare quotes; words in title case are a title; a stretch that modifies the noun behind it is a name for that noun.

use crate::words::WordList;
use std::ops::Range;

use super::{
    Draft,
    attribution::{self, Attribution},
    marks::Quoted,
};
use crate::{article::Paragraph, cast::Cast, token::Tokens};

/// Fewer words within a sentence are scare quotes.
const MIN_FRAGMENT_WORDS: usize = 3;

/// In front of a title, a nickname or a name for something.
static NAMING: WordList = WordList::new(
    "called titled entitled named nicknamed dubbed known so-called album film movie song book novel series
     single show play documentary memoir essay poem word words term phrase label slogan reading read hashtag
     acronym code-named codenamed",
);

/// Stretches that are one quotation as they stand: one, or several paragraphs that go on.
struct Unit {
    parts: Vec<Range<usize>>,
    outer: Range<usize>,
    first_paragraph: usize,
    paragraph: usize,
    is_single: bool,
}

/// How a unit stands in its sentence.
struct Looks {
    words: usize,
    /// The mark closes a sentence or a clause: . ? ! … , —
    is_closed: bool,
    /// It ends with a full stop, question or exclamation mark.
    ends_sentence: bool,
    /// The sentence begins with it.
    begins_sentence: bool,
    is_title: bool,
    /// A determiner in front and a noun behind: the "right to repair" law.
    is_modifier: bool,
}

/// The direct quotations of an article, in text order.
pub(super) fn drafts(
    tokens: &Tokens<'_>,
    cast: &Cast,
    paragraphs: &[Paragraph],
    quoted: Vec<Quoted>,
    is_english: bool,
) -> Vec<Draft> {
    let units = units(quoted);
    let mut drafts: Vec<Draft> = Vec::new();
    // The end of the cue behind the last quotation: what begins there goes on with it.
    let mut interrupted_at = None;
    for (index, unit) in units.iter().enumerate() {
        let border = units.get(index + 1).map_or(usize::MAX, |next| next.outer.start);
        let end = paragraphs.get(unit.paragraph).map_or(border, |paragraph| paragraph.end.min(border));
        let floor =
            index.checked_sub(1).and_then(|before| units.get(before)).map_or(0, |before| before.outer.end);
        let looks = looks(tokens, unit);
        if looks.is_title || looks.words == 0 {
            continue;
        }
        let begin_token = tokens.at(unit.outer.start);
        let behind = if is_english { cue_behind(tokens, cast, unit, &looks, end) } else { None };
        if let Some(draft) = drafts.last_mut()
            && interrupted_at == Some(begin_token)
            && behind.is_none()
            && (looks.ends_sentence || looks.is_closed || looks.words >= MIN_FRAGMENT_WORDS)
        {
            draft.parts.extend(unit.parts.iter().cloned());
            draft.outer.end = unit.outer.end;
            draft.paragraph = unit.paragraph;
            interrupted_at = None;
            continue;
        }
        interrupted_at = None;
        let attribution = if !is_english {
            None
        } else if let Some(behind) = behind {
            // The next unit may stand right behind the sentence of the cue.
            interrupted_at = Some(cue_end(tokens, &behind, end));
            Some(behind)
        } else {
            cue_in_front(tokens, cast, unit, &looks, floor)
        };
        if let Some(draft) = accepted(unit, &looks, attribution) {
            drafts.push(draft);
        }
    }
    drafts
}

fn accepted(unit: &Unit, looks: &Looks, attribution: Option<Attribution>) -> Option<Draft> {
    let is_sentence = looks.begins_sentence && looks.ends_sentence && looks.words >= MIN_FRAGMENT_WORDS;
    let is_long = unit.parts.len() > 1;
    let has_cue = attribution.is_some();
    let is_quotation = is_long
        || (is_sentence && (!unit.is_single || has_cue))
        || (has_cue && looks.begins_sentence && looks.is_closed)
        || (has_cue && looks.words >= MIN_FRAGMENT_WORDS && !looks.is_modifier)
        || (has_cue && looks.ends_sentence && looks.words >= 1 && !looks.is_modifier && is_introduced(looks));
    is_quotation.then(|| Draft {
        parts: unit.parts.clone(),
        outer: unit.outer.clone(),
        paragraph: unit.paragraph,
        direct: true,
        stands_alone: attribution.is_none(),
        attribution,
    })
}

/// A short quotation in the middle of a sentence needs to be a sentence of its own: He said: “No.”
fn is_introduced(looks: &Looks) -> bool {
    looks.ends_sentence && looks.begins_sentence
}

/// Joins stretches that go on in the next paragraph.
fn units(quoted: Vec<Quoted>) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut goes_on = false;
    for one in quoted {
        // Marks with nothing between them say nothing, also where they end what goes on.
        let part = (!one.inner.is_empty()).then(|| one.inner.clone());
        match units.last_mut() {
            Some(unit) if goes_on && one.paragraph == unit.paragraph + 1 => {
                unit.parts.extend(part);
                unit.outer.end = one.outer.end;
                unit.paragraph = one.paragraph;
            }
            _ => units.push(Unit {
                parts: part.into_iter().collect(),
                outer: one.outer.clone(),
                first_paragraph: one.paragraph,
                paragraph: one.paragraph,
                is_single: one.is_single(),
            }),
        }
        goes_on = one.goes_on;
    }
    units
}

fn looks(tokens: &Tokens<'_>, unit: &Unit) -> Looks {
    let first = unit.parts.first().cloned().unwrap_or_default();
    let last = unit.parts.last().cloned().unwrap_or_default();
    let words: usize =
        unit.parts.iter().map(|part| tokens.slice(part.clone()).split_whitespace().count()).sum();
    let end = tokens.slice(last).chars().next_back().unwrap_or(' ');
    let begin_token = tokens.at(unit.outer.start);
    let before = begin_token.checked_sub(1);
    let before_word = before.map_or("", |at| tokens.words(at));
    let is_same_paragraph =
        before.and_then(|at| tokens.get(at)).is_some_and(|token| token.paragraph == unit.first_paragraph);
    let is_same_sentence = before.and_then(|at| tokens.get(at)).map(|token| token.sentence)
        == tokens.get(begin_token).map(|token| token.sentence);
    let first_char = tokens.slice(first.clone()).chars().find(|c| c.is_alphanumeric()).unwrap_or('a');
    let opens_clause =
        !is_same_paragraph || !is_same_sentence || matches!(before_word, ":" | "," | "—" | "–");
    let begins_sentence = opens_clause && !first_char.is_lowercase();
    let ends_sentence = matches!(end, '.' | '?' | '!' | '…');
    let after_word = tokens.words(tokens.at(unit.outer.end));
    let is_closed =
        ends_sentence || matches!(end, ',' | '—' | '–' | '-') || matches!(after_word, "," | "—" | "–");
    Looks {
        words,
        is_closed,
        ends_sentence,
        begins_sentence,
        is_title: is_title(
            tokens,
            first,
            words,
            before_word,
            is_same_paragraph && is_same_sentence,
            ends_sentence,
        ),
        is_modifier: is_modifier(before_word, after_word, end),
    }
}

/// Every word of weight has a capital, or a word for a title or a name stands in front.
fn is_title(
    tokens: &Tokens<'_>,
    inner: Range<usize>,
    words: usize,
    before_word: &str,
    is_inside: bool,
    ends_sentence: bool,
) -> bool {
    if is_inside && NAMING.has(&before_word.to_lowercase()) {
        let is_judged = before_word == "called" && words >= MIN_FRAGMENT_WORDS;
        return !is_judged;
    }
    let is_capital = |word: &str| {
        let first = word.chars().find(|c| c.is_alphanumeric());
        first.is_none_or(|c| !c.is_lowercase())
    };
    let text = tokens.slice(inner);
    let weighty = || text.split_whitespace().filter(|word| word.chars().count() > 4 || is_capital(word));
    is_inside
        && !ends_sentence
        && (2..=12).contains(&words)
        && weighty().count() >= 2
        && weighty().all(is_capital)
}

fn is_modifier(before_word: &str, after_word: &str, end: char) -> bool {
    let is_determined = matches!(
        before_word.to_lowercase().as_str(),
        "the"
            | "a"
            | "an"
            | "its"
            | "their"
            | "his"
            | "her"
            | "this"
            | "that"
            | "these"
            | "those"
            | "so-called"
            | "of"
    );
    let goes_on = after_word.starts_with(|c: char| c.is_lowercase())
        && !matches!(
            after_word,
            "and"
                | "or"
                | "but"
                | "of"
                | "for"
                | "in"
                | "on"
                | "at"
                | "by"
                | "to"
                | "that"
                | "which"
                | "who"
                | "as"
                | "after"
                | "before"
                | "when"
                | "if"
                | "with"
                | "from"
                | "because"
                | "while"
                | "is"
                | "was"
                | "were"
                | "are"
                | "had"
                | "has"
                | "would"
                | "will"
                | "during"
                | "over"
                | "about"
                | "against"
        );
    is_determined && goes_on && !matches!(end, '.' | ',' | '?' | '!')
}

/// The cue in the words behind a unit, up to `end`.
fn cue_behind(
    tokens: &Tokens<'_>,
    cast: &Cast,
    unit: &Unit,
    looks: &Looks,
    end: usize,
) -> Option<Attribution> {
    let from = tokens.at(unit.outer.end);
    let first = tokens.get(from).filter(|token| token.begin < end)?;
    let inside = tokens.get(from.checked_sub(1)?)?;
    let is_same_sentence = first.sentence == inside.sentence;
    let last_char = tokens.slice(unit.outer.clone()).chars().rev().nth(1).unwrap_or(' ');
    // “Why?” Kalin said: the mark ends the quoted sentence, not this one. After a full stop a new statement begins.
    if !is_same_sentence && !matches!(last_char, '?' | '!' | '…') {
        return None;
    }
    let to = tokens.sentence_of(from).end.min(tokens.at(end));
    if looks.is_closed {
        let found = attribution::behind(tokens, cast, from, to)?;
        // “Why?” Kalin said that it rained: another statement.
        let goes_on = !is_same_sentence && tokens.words(found.verb + 1) == "that";
        return Some(found).filter(|_| !goes_on);
    }
    let (_, found) = attribution::at_end(tokens, cast, from, to)?;
    Some(found)
}

/// The first token behind the sentence, or the part of it, that holds a cue.
fn cue_end(tokens: &Tokens<'_>, cue: &Attribution, border: usize) -> usize {
    let sentence_end = tokens.sentence_of(cue.verb).end;
    sentence_end.min(tokens.at(border))
}

/// The cue in front of a unit, in its sentence; or in the paragraph before, if that ends with a colon.
fn cue_in_front(
    tokens: &Tokens<'_>,
    cast: &Cast,
    unit: &Unit,
    looks: &Looks,
    floor: usize,
) -> Option<Attribution> {
    let to = tokens.at(unit.outer.start);
    let before = tokens.get(to.checked_sub(1)?)?;
    let here = tokens.get(to)?;
    let has_colon = tokens.words(to - 1) == ":";
    let is_in_paragraph = before.paragraph == unit.first_paragraph && before.sentence == here.sentence;
    let is_announced = has_colon && before.paragraph + 1 >= unit.first_paragraph;
    if !is_in_paragraph && !is_announced {
        return None;
    }
    let from = tokens.sentence_of(to - 1).start.max(tokens.at(floor));
    let is_fragment = !looks.begins_sentence;
    if from >= to {
        return None;
    }
    attribution::in_front(tokens, cast, from, to, is_fragment)
}
