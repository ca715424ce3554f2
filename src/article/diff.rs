//! What changed between two versions of an article: paragraphs added, removed and changed.

use std::collections::HashSet;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::search::folded_words;

/// Longer texts are compared as sets: the order of their paragraphs would cost too much.
const MAX_PARAGRAPHS: usize = 2_000;
/// Share of words that two paragraphs have in common, of all they have, to be one that was changed.
const MIN_COMMON_WORDS: f64 = 0.3;

/// A paragraph that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParagraphChange {
    /// Only in the later version.
    Added(String),
    /// Only in the earlier one.
    Removed(String),
    /// In both, in other words.
    Changed {
        /// In the earlier version.
        before: String,
        /// In the later one.
        after: String,
    },
}

/// The changes in the order of the text, and how many paragraphs stayed. Myers' algorithm: the paragraphs times the
/// changes.
pub fn diff_paragraphs(before: &str, after: &str) -> (Vec<ParagraphChange>, usize) {
    let before: Vec<&str> = paragraphs(before);
    let after: Vec<&str> = paragraphs(after);
    if before.len() > MAX_PARAGRAPHS || after.len() > MAX_PARAGRAPHS {
        return diff_sets(&before, &after);
    }
    let mut changes = Vec::new();
    let mut unchanged = 0;
    for operation in capture_diff_slices(Algorithm::Myers, &before, &after) {
        if let DiffOp::Equal { len, .. } = operation {
            unchanged += len;
            continue;
        }
        let old = before.get(operation.old_range()).unwrap_or_default();
        let new = after.get(operation.new_range()).unwrap_or_default();
        replaced(old, new, &mut changes);
    }
    (changes, unchanged)
}

fn paragraphs(text: &str) -> Vec<&str> {
    text.split("\n\n").filter(|paragraph| !paragraph.is_empty()).collect()
}

/// Each old paragraph goes with the next new one that has enough in common with it.
fn replaced(old: &[&str], new: &[&str], changes: &mut Vec<ParagraphChange>) {
    let mut next = 0;
    for before in old {
        let rest = new.get(next..).unwrap_or_default();
        match rest.iter().position(|after| has_enough_in_common(before, after)) {
            Some(at) => {
                changes.extend(rest.iter().take(at).map(|added| ParagraphChange::Added((*added).to_owned())));
                let after = rest.get(at).copied().unwrap_or_default();
                changes
                    .push(ParagraphChange::Changed { before: (*before).to_owned(), after: after.to_owned() });
                next += at + 1;
            }
            None => changes.push(ParagraphChange::Removed((*before).to_owned())),
        }
    }
    let rest = new.get(next..).unwrap_or_default();
    changes.extend(rest.iter().map(|added| ParagraphChange::Added((*added).to_owned())));
}

fn has_enough_in_common(one: &str, other: &str) -> bool {
    let one: HashSet<String> = folded_words(one).collect();
    let other: HashSet<String> = folded_words(other).collect();
    let common = one.intersection(&other).count();
    let all = one.len() + other.len() - common;
    common as f64 >= MIN_COMMON_WORDS * all as f64 && common > 0
}

fn diff_sets(before: &[&str], after: &[&str]) -> (Vec<ParagraphChange>, usize) {
    let (old, new): (HashSet<&str>, HashSet<&str>) =
        (before.iter().copied().collect(), after.iter().copied().collect());
    let removed = before.iter().filter(|paragraph| !new.contains(**paragraph));
    let added = after.iter().filter(|paragraph| !old.contains(**paragraph));
    let unchanged = after.iter().filter(|paragraph| old.contains(**paragraph)).count();
    let changes = removed
        .map(|paragraph| ParagraphChange::Removed((*paragraph).to_owned()))
        .chain(added.map(|paragraph| ParagraphChange::Added((*paragraph).to_owned())));
    (changes.collect(), unchanged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_added_removed_and_changed_in_the_order_of_the_text() {
        let before = "One stays here.\n\nTwo is about ferries in Lisbon.\n\nThree goes.\n\nFour stays.";
        let after = "One stays here.\n\nTwo is about ferries in Porto.\n\nFour stays.\n\nFive came.";
        let (changes, unchanged) = diff_paragraphs(before, after);
        let text = |text: &str| text.to_owned();
        assert_eq!(
            changes,
            [
                ParagraphChange::Changed {
                    before: text("Two is about ferries in Lisbon."),
                    after: text("Two is about ferries in Porto."),
                },
                ParagraphChange::Removed(text("Three goes.")),
                ParagraphChange::Added(text("Five came.")),
            ]
        );
        assert_eq!(unchanged, 2);
        assert_eq!(diff_paragraphs(before, before), (Vec::new(), 4));
        assert_eq!(diff_paragraphs("", ""), (Vec::new(), 0));
    }

    #[test]
    fn texts_of_any_length_are_compared() {
        let many =
            |word: &str| (0..10_000).map(|number| format!("{word}{number}")).collect::<Vec<_>>().join("\n\n");
        let (changes, unchanged) = diff_paragraphs(&many("old"), &many("new"));
        assert_eq!((changes.len(), unchanged), (20_000, 0));
    }
}
