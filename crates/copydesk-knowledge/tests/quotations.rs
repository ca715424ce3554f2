//! Quotations and their speakers, measured on self-written articles about invented people, read with the real recognizer.
//!
//! Two halves: rules were developed on one; the other was written before and is only counted. A quotation is right when
//! all its parts are, without marks and punctuation at their ends; a speaker is right when the entity has the marked name
//! among its names, or, for an unnamed speaker, when the words are the marked ones and no entity is claimed. The floors
//! are the figures at the time of writing, rounded down; lowering one is a decision to be seen.

mod marked;

use copydesk_knowledge::{Knowledge, Quotation};
use marked::{Article, Marked, analyzed, articles, bare, model};

#[derive(Debug, Default)]
struct Counts {
    marked: usize,
    found: usize,
    right: usize,
    right_speakers: usize,
}

impl Counts {
    fn f1(&self) -> f64 {
        2.0 * self.right as f64 / (self.marked + self.found) as f64
    }

    /// Of the quotations that were found.
    fn speaker_accuracy(&self) -> f64 {
        self.right_speakers as f64 / self.right as f64
    }
}

fn measure(file: &str, shows_mistakes: bool) -> Counts {
    let model = model();
    let mut counts = Counts::default();
    for article in articles(file) {
        let knowledge = analyzed(&model, &article);
        counts.marked += article.marked.len();
        counts.found += knowledge.quotations.len();
        let mut left: Vec<&Quotation> = knowledge.quotations.iter().collect();
        for marked in &article.marked {
            let Some(at) = left.iter().position(|found| is_same(&article, marked, found)) else {
                show(shows_mistakes, "missed", &article, marked, None, &knowledge);
                continue;
            };
            let found = left.remove(at);
            counts.right += 1;
            if is_spoken_by(&article, marked, found, &knowledge) {
                counts.right_speakers += 1;
            } else {
                show(shows_mistakes, "speaker", &article, marked, Some(found), &knowledge);
            }
        }
        if shows_mistakes {
            for found in left {
                let words: Vec<&str> = found.parts.iter().map(|part| &article.text[part.clone()]).collect();
                println!("too much: {words:?} in {:?}", article.title);
            }
        }
    }
    println!("{counts:?}: F1 {:.3}, speakers {:.3}", counts.f1(), counts.speaker_accuracy());
    counts
}

fn is_same(article: &Article, marked: &Marked, found: &Quotation) -> bool {
    let parts: Vec<_> = found.parts.iter().map(|part| bare(&article.text, part.clone())).collect();
    parts == marked.parts && found.direct == marked.direct
}

fn is_spoken_by(article: &Article, marked: &Marked, found: &Quotation, knowledge: &Knowledge) -> bool {
    let Some(speaker) = &found.speaker else { return marked.speaker == "-" };
    match speaker.entity.and_then(|entity| knowledge.entities.get(entity)) {
        Some(entity) => {
            let bare = marked.speaker.strip_prefix("the ").unwrap_or(&marked.speaker);
            // A title is no part of a name.
            entity
                .aliases
                .iter()
                .chain([&entity.name])
                .any(|name| bare == name || bare.ends_with(&format!(" {name}")))
        }
        None => article.text[speaker.span.clone()].to_lowercase() == marked.speaker.to_lowercase(),
    }
}

fn show(
    wanted: bool,
    what: &str,
    article: &Article,
    marked: &Marked,
    found: Option<&Quotation>,
    knowledge: &Knowledge,
) {
    if !wanted {
        return;
    }
    let words: Vec<&str> = marked.parts.iter().map(|part| &article.text[part.clone()]).collect();
    let speaker = found.and_then(|found| found.speaker.as_ref()).map(|speaker| {
        let entity =
            speaker.entity.and_then(|entity| knowledge.entities.get(entity)).map(|entity| &entity.name);
        (&article.text[speaker.span.clone()], entity)
    });
    println!("{what}: {words:?} by {:?}, found {speaker:?}", marked.speaker);
}

#[test]
fn quotations_and_speakers_of_the_half_that_rules_were_made_on() {
    let counts = measure(include_str!("quotations/developed.txt"), true);
    assert!(counts.marked >= 75, "{counts:?}");
    assert!(counts.f1() >= 0.95 && counts.speaker_accuracy() >= 0.85, "{counts:?}");
}

#[test]
fn quotations_and_speakers_of_the_half_that_was_held_out() {
    let counts = measure(include_str!("quotations/held_out.txt"), false);
    assert!(counts.marked >= 75, "{counts:?}");
    assert!(counts.f1() >= 0.95 && counts.speaker_accuracy() >= 0.85, "{counts:?}");
}
