//! From clean paragraphs to mentions: the recognizer and the gazetteers, paragraph by paragraph, so that no mention
//! crosses from one into the next.

use std::cell::RefCell;

use copydesk_gazetteer::Gazetteer;
use copydesk_ner::{Cascade, Mention, Scratch};
use copydesk_text::Document;

use super::{Features, Pipeline, accuracy::Readers, merge::merge, model_name};

/// A mention, in bytes of the clean text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) label: u16,
    pub(super) probability: f32,
    /// The gazetteer's entry that it names; `label` means nothing then.
    pub(super) entry: Option<u32>,
}

/// What the numbers in a `Found` stand for.
#[derive(Clone, Copy)]
pub(super) struct Labels<'a> {
    pub(super) model: &'a [String],
    pub(super) gazetteer: Option<&'a Gazetteer>,
}

thread_local! {
    /// Buffers of each model, which grow to the largest article of the thread; they never change an answer.
    static SCRATCHES: RefCell<Vec<Scratch>> = const { RefCell::new(Vec::new()) };
}

/// All mentions of the article, in text order, and the names of the models that read it, joined by `+`. Without a model
/// only the lists speak.
pub(super) fn mentions(
    pipeline: &Pipeline,
    readers: Readers<'_>,
    document: &Document,
    features: Features,
) -> (Vec<Found>, String) {
    let texts: Vec<&str> = document
        .paragraphs
        .iter()
        .map(|paragraph| document.text.get(paragraph.begin..paragraph.end).unwrap_or_default())
        .collect();
    let (recognized, models) = recognize(readers, &texts, features);
    let mut found = Vec::new();
    for (index, (paragraph, text)) in document.paragraphs.iter().zip(&texts).enumerate() {
        let of_model = recognized.get(index).into_iter().flatten().map(|mention| Found {
            begin: paragraph.begin + mention.begin,
            end: paragraph.begin + mention.end,
            label: mention.label,
            probability: mention.probability,
            entry: None,
        });
        let matched = pipeline.gazetteer.as_ref().map(|gazetteer| gazetteer.find(text)).unwrap_or_default();
        let of_lists = matched.into_iter().map(|matched| Found {
            begin: paragraph.begin + matched.begin,
            end: paragraph.begin + matched.end,
            label: 0,
            probability: 1.0,
            entry: Some(matched.entry),
        });
        found.extend(merge(of_model.collect(), of_lists.collect()));
    }
    (found, models)
}

/// What the mentions' numbers stand for.
pub(super) fn labels<'a>(pipeline: &'a Pipeline, readers: Readers<'a>) -> Labels<'a> {
    Labels {
        model: readers.model().map(|model| model.labels()).unwrap_or_default(),
        gazetteer: pipeline.gazetteer.as_deref(),
    }
}

fn recognize(readers: Readers<'_>, texts: &[&str], features: Features) -> (Vec<Vec<Mention>>, String) {
    let (mut mentions, models) = match readers {
        Readers::Nobody => return (Vec::new(), String::new()),
        Readers::One(place, model) => {
            (with_scratch(place, |scratch| model.recognize(scratch, texts)), model_name(model))
        }
        Readers::Two { fast: (place, fast), accurate: (last, accurate), certainty } => {
            let cascade = Cascade { fast, accurate, certainty };
            let (mentions, again) = with_scratch(place, |scratch| {
                with_scratch(last, |other| cascade.recognize(scratch, other, texts))
            });
            let mut models = model_name(fast);
            if again > 0 {
                models = format!("{models}+{}", model_name(accurate));
            }
            (mentions, models)
        }
    };
    if let Some(model) = readers.model()
        && !features.keep_model_spans
    {
        let options = copydesk_ner::article::Options::default();
        copydesk_ner::article::refine(model.labels(), model.language(), texts, &mut mentions, options);
    }
    (mentions, models)
}

/// Runs with the buffers of the model at this place, which are out of their shelf meanwhile.
fn with_scratch<T>(place: usize, run: impl FnOnce(&mut Scratch) -> T) -> T {
    let mut scratch = SCRATCHES.with_borrow_mut(|scratches| {
        if scratches.len() <= place {
            scratches.resize_with(place + 1, Scratch::default);
        }
        scratches.get_mut(place).map(std::mem::take).unwrap_or_default()
    });
    let outcome = run(&mut scratch);
    SCRATCHES.with_borrow_mut(|scratches| {
        if let Some(shelf) = scratches.get_mut(place) {
            *shelf = scratch;
        }
    });
    outcome
}
