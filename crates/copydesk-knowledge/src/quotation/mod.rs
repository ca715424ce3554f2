//! Who said what.
//!
//! `marks` finds what stands between quotation marks; `attribution` and `subject` read the cue beside it; this file
//! decides which stretches are quotations and joins the pieces of one; `indirect` finds retold speech; `speaker` looks
//! up pronouns and roles. What a quotation is follows PARC 3 and PolNeAR: content, cue and source, where content is
//! attributed speech; scare quotes, titles and nicknames are none.

mod attribution;
mod cue;
mod direct;
mod indirect;
mod marks;
mod speaker;
mod subject;

use std::{collections::HashSet, ops::Range};

use crate::{
    article::{Paragraph, Quotation},
    cast::{Appearance, Cast},
    token::Tokens,
};
use attribution::Attribution;

/// A quotation whose speaker is still words.
#[derive(Clone, Debug)]
struct Draft {
    /// Without marks.
    parts: Vec<Range<usize>>,
    /// With marks and everything between.
    outer: Range<usize>,
    /// Of the last part.
    paragraph: usize,
    direct: bool,
    attribution: Option<Attribution>,
    /// A sentence of its own without a cue: the speaker is the one before.
    stands_alone: bool,
}

/// Finds all quotations, in text order, with the mentions by pronoun or role that resolving the speakers made. English
/// cues; in other languages direct quotations of a whole sentence are found, without speakers. `lead_end` is the byte behind
/// the dateline and its dash, which no quotation holds.
pub(crate) fn find(
    tokens: &Tokens<'_>,
    paragraphs: &[Paragraph],
    cast: &Cast,
    lead_end: usize,
    is_english: bool,
) -> (Vec<Quotation>, Vec<Appearance>) {
    let quoted = marks::find(tokens.text, paragraphs);
    let stretches: Vec<Range<usize>> = quoted.iter().map(|one| one.outer.clone()).collect();
    let mut drafts = direct::drafts(tokens, cast, paragraphs, quoted, is_english);
    if is_english {
        drafts.extend(retold(tokens, cast, paragraphs, &drafts, lead_end));
        drafts.sort_by_key(|draft| draft.outer.start);
    }
    speaker::resolve(tokens, cast, &stretches, drafts)
}

/// Indirect quotations of the sentences that quote nothing directly.
fn retold(
    tokens: &Tokens<'_>,
    cast: &Cast,
    paragraphs: &[Paragraph],
    direct: &[Draft],
    lead_end: usize,
) -> Vec<Draft> {
    let mut taken = HashSet::new();
    for draft in direct {
        let cue = draft.attribution.iter().map(|attribution| attribution.cue.start);
        for part in &draft.parts {
            let (first, last) = (tokens.at(part.start), tokens.at(part.end));
            for token in [first, last.saturating_sub(1)].into_iter().filter_map(|at| tokens.get(at)) {
                taken.insert(token.sentence);
            }
            // A long quotation holds sentences of its own.
            let inner = (tokens.get(first), tokens.get(last.saturating_sub(1)));
            if let (Some(first), Some(last)) = inner {
                taken.extend(first.sentence..=last.sentence);
            }
        }
        taken.extend(cue.filter_map(|byte| tokens.get(tokens.at(byte))).map(|token| token.sentence));
    }
    let mut drafts = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let sentence = tokens.sentence_of(at);
        at = sentence.end.max(at + 1);
        let is_prose = paragraphs.get(token.paragraph).is_some_and(|paragraph| paragraph.is_prose);
        if !is_prose || taken.contains(&token.sentence) {
            continue;
        }
        if let Some((mut clause, attribution)) = indirect::find(tokens, cast, sentence) {
            if clause.end <= lead_end {
                continue;
            }
            clause.start = clause.start.max(lead_end);
            drafts.push(Draft {
                parts: vec![clause.clone()],
                outer: clause,
                paragraph: token.paragraph,
                direct: false,
                attribution: Some(attribution),
                stands_alone: false,
            });
        }
    }
    drafts
}
