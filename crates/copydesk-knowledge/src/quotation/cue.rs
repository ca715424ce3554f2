//! The English words that introduce speech.
//!
//! Verbs are listed in the forms that news uses. Which list a verb is in decides how much it is trusted: any verb of
//! speech may stand beside a full quotation; a fragment in the middle of a sentence may also be introduced by verbs of
//! judgement ("called it “…”"); only verbs that always retell speech introduce an indirect quotation.

use crate::{token::Tokens, words::WordList};
/// Stands beside a full quotation: "…," she said.
static SPEECH: WordList = WordList::new(
    "acknowledged acknowledges added adding adds admitted admits agreed announced answered argued argues
     arguing asked asking asks asserted assured begged boasted cautioned cautions claimed claiming claims
     commented complained complaining complains conceded concedes concluded confessed confided confirmed
     continued countered cried declared declaring detailed demanded denied emphasized emphasised exclaimed explained
     explaining explains insisted insisting insists interjected joked jokes laughed lamented maintained
     maintains mused muttered noted notes noting observed offered pleaded pledged posted predicted predicts
     proclaimed promised promises protested quipped recalled recalling recalls reflected reiterated remarked
     remarks remembered repeated replied replies reported responded retorted said say saying says shouted
     shouting sighed stated states stating stressed stresses suggested suggests testified thundered told
     telling tells tweeted urged urges urging vowed vows warned warning warns whispered wondered writes
     writing wrote yelled",
);

/// Introduces a fragment: called the plan “a gift to speculators”.
static JUDGEMENT: WordList = WordList::new(
    "accused accusing blamed blasted branded called calling calls characterized characterised condemned
     condemning criticized criticised denounced denouncing described describes describing dismissed
     dismissing dubbed hailed hailing labelled labeled likened praised praising referred rejected ridiculed
     slammed spoke welcomed",
);

/// Introduces an indirect quotation before "that".
static RETELLING: WordList = WordList::new(
    "acknowledged added adds admitted admits announced answered argued argues asserted cautioned cautions claimed
     claims complained conceded concluded confirmed countered declared emphasized emphasised explained explains
     insisted insists lamented maintained maintains noted notes observed pledged predicted predicts promised
     promises recalled reiterated remarked repeated replied responded said say says stated states stressed
     stresses suggested testified told tells tweeted vowed vows warned warns wrote writes",
);

/// Introduces an indirect quotation even without "that", and closes one at the end of a sentence.
const SAYING: &[&str] = &["said", "says", "say", "added", "told", "tells"];

/// Between subject and verb: has, had, also, later.
static BETWEEN: WordList = WordList::new(
    "has have had also later then once often repeatedly recently again still already previously first even
     quickly bluntly quietly publicly himself herself themselves itself both simply earlier since finally
     angrily flatly famously now further separately reportedly immediately just only never",
);

/// A verb in front of it tells that nobody said it, or to whom it was said.
static UNSAID: WordList = WordList::new(
    "not never to was were is are be been being didn't didn’t won't won’t wouldn't wouldn’t don't don’t
     doesn't doesn’t cannot can't can’t hasn't hasn’t hadn't hadn’t nor nobody no-one could would will might
     may should",
);

/// Begins a phrase that is no clause: said in a statement, said late on Tuesday.
static NO_CLAUSE: WordList = WordList::new(
    "in on at during after before by from through via over late early earlier last yesterday today of to
     about as when while for with without so nothing little something no yes and or but goodbye hello more
     what how why who where whether if because monday tuesday wednesday thursday friday saturday sunday
     against under outside inside near among following since than",
);

/// What a verb may introduce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verb {
    pub(super) speech: bool,
    pub(super) judgement: bool,
    pub(super) retelling: bool,
    pub(super) saying: bool,
    /// adding, saying, calling: its subject is the sentence's.
    pub(super) participle: bool,
}

/// The verb of speech that a word is.
pub(super) fn verb(word: &str) -> Option<Verb> {
    let is_lower = word.starts_with(|c: char| c.is_ascii_lowercase());
    if !is_lower || !(3..=13).contains(&word.len()) {
        return None;
    }
    let (speech, judgement) = (SPEECH.has(word), JUDGEMENT.has(word));
    (speech || judgement).then(|| Verb {
        speech,
        judgement,
        retelling: RETELLING.has(word),
        saying: SAYING.contains(&word),
        participle: word.ends_with("ing"),
    })
}

/// The verb of speech that a token is. "claims" and "states" are nouns behind anything but a name or a pronoun.
pub(super) fn verb_at(tokens: &Tokens<'_>, at: usize) -> Option<Verb> {
    let word = tokens.words(at);
    let may_be_noun =
        matches!(word, "states" | "claims" | "notes" | "promises" | "complains" | "offered" | "read");
    if word == "put" && tokens.words(at + 1) == "it" {
        return Some(Verb {
            speech: true,
            judgement: false,
            retelling: false,
            saying: false,
            participle: false,
        });
    }
    let before = at.checked_sub(1).map_or("", |before| tokens.words(before));
    let follows_name =
        before.starts_with(char::is_uppercase) || matches!(before, "he" | "she" | "it" | "who" | ",");
    verb(word).filter(|_| !may_be_noun || follows_name)
}

/// Whether a word may stand between a subject and its verb.
pub(super) fn stands_between(word: &str) -> bool {
    BETWEEN.has(word) || (word.ends_with("ly") && word.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Whether a word in front of a verb takes the speech back.
pub(super) fn takes_back(word: &str) -> bool {
    UNSAID.has(word)
}

/// Whether a word behind a verb of saying begins something that is no retold clause.
pub(super) fn begins_no_clause(word: &str) -> bool {
    NO_CLAUSE.has(&word.to_lowercase())
}

/// Whether a word can carry a clause: an auxiliary, or the look of a past tense.
pub(super) fn is_finite(word: &str) -> bool {
    static AUXILIARIES: WordList = WordList::new(
        "is are was were has have had will would could can may might should must did does do am cannot won't
         won’t wouldn't wouldn’t isn't isn’t wasn't wasn’t aren't aren’t didn't didn’t doesn't doesn’t don't
         don’t can't can’t couldn't couldn’t hasn't hasn’t hadn't hadn’t weren't weren’t it's it’s they're
         they’re he's he’s she's she’s there's there’s we're we’re i'm i’m went came took made gave got knew
         saw left lost won met held kept felt found began fell rose ran wanted needs wants hopes plans
         expects remains believes supports makes takes gives shows faces means seems sold paid spent sent
         built brought broke told grew led hit cut put set",
    );
    let lower = word.to_lowercase();
    AUXILIARIES.has(&lower) || (lower.ends_with("ed") && lower.len() > 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_verb() {
        assert!(verb("said").is_some_and(|verb| verb.saying && !verb.participle));
        assert!(verb("called").is_some_and(|verb| verb.judgement && !verb.speech));
        assert!(verb("Said").is_none() && verb("walked").is_none());
    }
}
