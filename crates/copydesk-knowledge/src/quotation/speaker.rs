//! From words to speakers: names, pronouns, roles, and quotations whose speaker is the one before.
//!
//! "he" and "she" are the last person of that gender in the text around, outside of quotation marks: the first named in
//! the nearest sentence that names one, or the last speaker, whichever is nearer. "the spokesman" is the one person whom
//! the article introduced so. What is not certain keeps its words and gets no entity.

use std::{collections::HashMap, ops::Range};

use super::{
    Draft,
    attribution::Attribution,
    subject::{self, Subject},
};
use crate::{
    article::{MentionKind, Quotation, Speaker},
    cast::{Appearance, Cast, Gender, Sort},
    token::Tokens,
};

/// How many sentences back a pronoun reaches.
const MAX_REACH_SENTENCES: usize = 5;
/// Names in a sentence that are looked at.
const MAX_NAMES: usize = 12;

/// Gives drafts their speakers. The appearances are those of pronouns and roles, not in order.
pub(super) fn resolve(
    tokens: &Tokens<'_>,
    cast: &Cast,
    stretches: &[Range<usize>],
    drafts: Vec<Draft>,
) -> (Vec<Quotation>, Vec<Appearance>) {
    let mut room = Room { tokens, cast, stretches, genders: HashMap::new(), last: None, made: Vec::new() };
    let quotations = drafts.into_iter().map(|draft| room.finish(draft)).collect();
    (quotations, room.made)
}

/// Who was last heard.
#[derive(Clone)]
struct Heard {
    speaker: Speaker,
    paragraph: usize,
    outer: Range<usize>,
    cue: Option<usize>,
}

struct Room<'a> {
    tokens: &'a Tokens<'a>,
    cast: &'a Cast,
    stretches: &'a [Range<usize>],
    /// Of persons whom a pronoun was found for.
    genders: HashMap<usize, Gender>,
    last: Option<Heard>,
    made: Vec<Appearance>,
}

impl Room<'_> {
    fn finish(&mut self, draft: Draft) -> Quotation {
        let speaker = match draft.attribution.as_ref().and_then(|attribution| attribution.subject.clone()) {
            Some(subject) => Some(self.speaker(&subject, &draft)),
            None if draft.stands_alone => self.before(&draft),
            None => None,
        };
        let cue = draft.attribution.as_ref().map(|Attribution { cue, .. }| cue.clone());
        if let Some(speaker) = &speaker {
            self.last = Some(Heard {
                speaker: speaker.clone(),
                paragraph: draft.paragraph,
                outer: draft.outer.clone(),
                cue: cue.as_ref().map(|cue| cue.start),
            });
        }
        Quotation { parts: draft.parts, direct: draft.direct, speaker, cue }
    }

    fn speaker(&mut self, subject: &Subject, draft: &Draft) -> Speaker {
        match subject {
            Subject::Named { span, entity } => Speaker { span: span.clone(), entity: Some(*entity) },
            Subject::Pronoun { span } => {
                let entity = self.antecedent(span, draft);
                self.record(span, entity, MentionKind::Pronoun);
                Speaker { span: span.clone(), entity }
            }
            Subject::Nominal { span } => {
                let entity = self.role(span);
                self.record(span, entity, MentionKind::Nominal);
                Speaker { span: span.clone(), entity }
            }
        }
    }

    /// The one who is known by "the …".
    fn role(&self, span: &Range<usize>) -> Option<usize> {
        let words = self.tokens.slice(span.clone()).to_lowercase();
        let role = words.strip_prefix("the ")?;
        self.cast.roles.get(role).copied().flatten()
    }

    fn record(&mut self, span: &Range<usize>, entity: Option<usize>, kind: MentionKind) {
        let Some(entity) = entity else { return };
        let probability = self.cast.probability(entity);
        self.made.push(Appearance { begin: span.start, end: span.end, entity, kind, probability });
    }

    /// Whom "he" or "she" stands for.
    fn antecedent(&mut self, span: &Range<usize>, draft: &Draft) -> Option<usize> {
        let gender = match self.tokens.slice(span.clone()).to_lowercase().as_str() {
            "he" => Gender::He,
            "she" => Gender::She,
            _ => return None,
        };
        let at = self.tokens.at(span.start);
        let sentence = self.tokens.get(at)?.sentence;
        let heard = self.last.clone().filter(|heard| {
            draft.paragraph <= heard.paragraph + 2
                && heard.speaker.entity.is_some_and(|entity| self.may_be(entity, gender))
        });
        let heard_sentence = heard.as_ref().and_then(|heard| {
            let byte = heard.cue.unwrap_or(heard.outer.start).max(heard.speaker.span.start);
            Some(self.tokens.get(self.tokens.at(byte))?.sentence)
        });
        for back in 0..=MAX_REACH_SENTENCES {
            let Some(number) = sentence.checked_sub(back) else { break };
            if heard_sentence == Some(number) && back > 0 {
                return self.settle(heard?.speaker.entity?, gender);
            }
            let persons = self.persons(number, span.start, gender);
            let main = persons.iter().find(|(_, is_oblique)| !is_oblique).or(persons.first());
            if let Some((entity, _)) = main {
                return self.settle(*entity, gender);
            }
        }
        let entity = heard?.speaker.entity?;
        self.settle(entity, gender)
    }

    fn settle(&mut self, entity: usize, gender: Gender) -> Option<usize> {
        self.genders.entry(entity).or_insert(gender);
        Some(entity)
    }

    fn may_be(&self, entity: usize, gender: Gender) -> bool {
        let is_person = self.cast.sorts.get(entity) == Some(&Sort::Person);
        let known = self.cast.gender(entity).or(self.genders.get(&entity).copied());
        is_person && known.is_none_or(|known| known == gender)
    }

    /// Persons whom a sentence names in front of a byte and outside of marks, and whether each hangs on a preposition.
    fn persons(&self, sentence: usize, before: usize, gender: Gender) -> Vec<(usize, bool)> {
        let range = self.tokens.sentence(sentence);
        let (Some(first), Some(last)) =
            (self.tokens.get(range.start), self.tokens.get(range.end.saturating_sub(1)))
        else {
            return Vec::new();
        };
        let named = self.cast.within(first.begin..last.end.min(before));
        named
            .iter()
            .take(MAX_NAMES)
            .filter(|one| self.may_be(one.entity, gender) && !self.is_quoted(one.begin))
            .map(|one| (one.entity, subject::is_oblique(self.tokens, range.start, one.begin)))
            .collect()
    }

    fn is_quoted(&self, byte: usize) -> bool {
        let index = self.stretches.partition_point(|stretch| stretch.end <= byte);
        self.stretches.get(index).is_some_and(|stretch| stretch.start <= byte)
    }

    /// The speaker of a sentence in marks that stands alone: whoever the sentence before is about, or spoke last.
    fn before(&mut self, draft: &Draft) -> Option<Speaker> {
        let begin = self.tokens.at(draft.outer.start);
        let before = begin.checked_sub(1).and_then(|at| self.tokens.get(at))?;
        let heard = self.last.clone().filter(|heard| draft.paragraph <= heard.paragraph + 1);
        let is_same_paragraph = self.tokens.get(begin)?.paragraph == before.paragraph;
        let is_after_heard = heard.as_ref().is_some_and(|heard| {
            let end = heard.cue.unwrap_or(0).max(heard.outer.end);
            self.tokens
                .get(self.tokens.at(end).saturating_sub(1))
                .is_some_and(|token| token.sentence == before.sentence)
        });
        if !is_same_paragraph || is_after_heard {
            return heard.map(|heard| heard.speaker);
        }
        let sentence = self.tokens.sentence(before.sentence);
        match subject::main_subject(self.tokens, self.cast, sentence.start, sentence.end)? {
            Subject::Named { span, entity } if self.cast.sorts.get(entity) == Some(&Sort::Person) => {
                Some(Speaker { span, entity: Some(entity) })
            }
            Subject::Pronoun { span } => {
                let entity = self.antecedent(&span, draft);
                Some(Speaker { span, entity }).filter(|_| entity.is_some())
            }
            Subject::Named { .. } | Subject::Nominal { .. } => heard.map(|heard| heard.speaker),
        }
    }
}
