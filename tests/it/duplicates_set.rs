//! How well copies are told from other articles on the same story: measured, with floors.

use copydesk::article::{Fingerprint, MIN_SIMILARITY};

use crate::story::{Dice, retold, story, syndicated};

const STORIES: u64 = 300;

fn fingerprint(paragraphs: &[String]) -> Fingerprint {
    Fingerprint::of(&paragraphs.join("\n\n")).expect("is long enough")
}

/// As the server decides: found by a band, and then near enough.
fn is_copy(one: &Fingerprint, other: &Fingerprint) -> bool {
    let (bands, others) = (one.bands(), other.bands());
    bands.iter().any(|band| others.contains(band)) && one.similarity(other) >= MIN_SIMILARITY
}

#[test]
fn copies_are_found_and_other_articles_on_the_same_story_are_not_taken_for_them() {
    let (mut found, mut missed, mut wrong, mut right) = (0, 0, 0, 0);
    for seed in 0..STORIES {
        let mut dice = Dice(seed * 1_000 + 7);
        let paragraphs = 6 + dice.below(8);
        let told = story(&mut dice, paragraphs);
        let first = fingerprint(&told);
        for _ in 0..3 {
            let is_found = is_copy(&first, &fingerprint(&syndicated(&mut dice, &told)));
            (found, missed) = (found + u64::from(is_found), missed + u64::from(!is_found));
            let is_wrong = is_copy(&first, &fingerprint(&retold(&mut dice, &told)));
            (wrong, right) = (wrong + u64::from(is_wrong), right + u64::from(!is_wrong));
        }
    }
    let recall = found as f64 / (found + missed) as f64;
    let precision = found as f64 / (found + wrong) as f64;
    println!(
        "{} copies, {} others: recall {recall:.3}, precision {precision:.3}",
        found + missed,
        wrong + right
    );
    assert!(recall >= 0.97, "recall {recall:.3}");
    assert!(precision >= 0.99, "precision {precision:.3}");
}
