//! Two engines as one: a fast model reads everything, an accurate one what the fast one was not sure of.
//!
//! The doubt of a paragraph is that of its least certain decision, whether or not a mention came of it. What is read
//! again is read together, as consecutive paragraphs of the article, so that a transformer has their context.

use crate::{Mention, Model, Scratch};

/// A fast and an accurate model, and when the latter is asked.
#[derive(Clone, Copy, Debug)]
pub struct Cascade<'m> {
    /// Reads every paragraph.
    pub fast: &'m Model,
    /// Reads those that are in doubt.
    pub accurate: &'m Model,
    /// A paragraph is in doubt if a decision on it had a smaller probability, from 0 (none is) to 1 (nearly all are).
    pub certainty: f32,
}

impl Cascade<'_> {
    /// The mentions of each text of one article, labels being those of `fast` (a label that `fast` lacks is left out), and
    /// how many texts `accurate` has read. Costs `fast` on all of them and `accurate` on these.
    pub fn recognize(
        &self,
        fast: &mut Scratch,
        accurate: &mut Scratch,
        texts: &[&str],
    ) -> (Vec<Vec<Mention>>, usize) {
        let found = self.fast.recognize_with_certainty(fast, texts);
        let in_doubt: Vec<usize> = (0..texts.len()).filter(|&text| found[text].1 < self.certainty).collect();
        let mut mentions: Vec<Vec<Mention>> = found.into_iter().map(|(mentions, _)| mentions).collect();
        if in_doubt.is_empty() {
            return (mentions, 0);
        }
        let again: Vec<&str> = in_doubt.iter().map(|&text| texts[text]).collect();
        let better = self.accurate.recognize(accurate, &again);
        let labels: Vec<Option<u16>> = self.accurate.labels().iter().map(|label| self.label(label)).collect();
        for (&text, better) in in_doubt.iter().zip(better) {
            let renamed = better.into_iter().filter_map(|mention| {
                Some(Mention { label: labels.get(usize::from(mention.label)).copied().flatten()?, ..mention })
            });
            mentions[text] = renamed.collect();
        }
        (mentions, in_doubt.len())
    }

    fn label(&self, name: &str) -> Option<u16> {
        let place = self.fast.labels().iter().position(|label| label == name)?;
        u16::try_from(place).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format;

    const TEXTS: [&str; 4] = ["Paris (and a-b) is can't.", "", "x9, paris", "Paris is paris"];

    fn models() -> (Model, Model) {
        let fast = Model::from_bytes(&format::write(&crate::import::tests::tiny())).unwrap();
        let mut plan = crate::transformer::tests::tiny();
        plan.labels = vec!["GPE".into(), "PERSON".into()];
        (fast, Model::from_bytes(&format::write_transformer(&plan)).unwrap())
    }

    fn recognize(certainty: f32) -> (Vec<Vec<Mention>>, usize) {
        let (fast, accurate) = models();
        let cascade = Cascade { fast: &fast, accurate: &accurate, certainty };
        cascade.recognize(&mut Scratch::new(), &mut Scratch::new(), &TEXTS)
    }

    #[test]
    fn without_doubt_the_fast_model_answers() {
        let (fast, _) = models();
        assert_eq!(recognize(0.0), (fast.recognize(&mut Scratch::new(), &TEXTS), 0));
    }

    #[test]
    fn what_is_in_doubt_has_the_accurate_models_mentions_under_the_fast_ones_labels() {
        let (fast, accurate) = models();
        let (mentions, again) = recognize(1.0);
        assert_eq!(again, 3, "the empty paragraph is in no doubt");
        let expected = accurate.recognize(&mut Scratch::new(), &[TEXTS[0], TEXTS[2], TEXTS[3]]);
        let spans = |model: &Model, mentions: &[Mention]| -> Vec<(usize, usize, String)> {
            let name = |m: &Mention| model.labels()[usize::from(m.label)].clone();
            mentions.iter().map(|m| (m.begin, m.end, name(m))).collect()
        };
        for (text, expected) in [0, 2, 3].into_iter().zip(&expected) {
            assert_eq!(spans(&fast, &mentions[text]), spans(&accurate, expected));
        }
        assert!(mentions[1].is_empty());
    }

    #[test]
    fn certainty_is_the_least_of_all_decisions_and_changes_no_mention() {
        let (fast, _) = models();
        let found = fast.recognize_with_certainty(&mut Scratch::new(), &TEXTS);
        let mentions: Vec<_> = found.iter().map(|(mentions, _)| mentions.clone()).collect();
        assert_eq!(mentions, fast.recognize(&mut Scratch::new(), &TEXTS));
        assert!(found.iter().all(|(_, certainty)| (0.0..=1.0).contains(certainty)));
        assert!(found[0].1 < 1.0);
        assert!((found[1].1 - 1.0).abs() < f32::EPSILON);
    }
}
