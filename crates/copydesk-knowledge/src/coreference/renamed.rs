//! One thing under an old name and a new one, where the text says so: "Harrow Steel, formerly Borough Iron Works".

use super::{Group, person::take_over};
use crate::{article::Input, cast::Sort};

/// What stands between two names of one.
const BETWEEN: &[&str] = &[
    ", formerly ",
    ", formerly the ",
    ", formerly known as ",
    ", formerly called ",
    " (formerly ",
    " (formerly known as ",
    ", previously ",
    ", previously known as ",
    " (previously ",
    " (previously known as ",
    ", now ",
    ", now known as ",
    ", now called ",
    " (now ",
    ", once known as ",
    ", also known as ",
    " (also known as ",
    ", since renamed ",
    ", renamed ",
    ", which was renamed ",
    " was renamed ",
    " has been renamed ",
    " changed its name to ",
    " has changed its name to ",
    ", née ",
    " (née ",
    ", nee ",
];

/// Joins neighbours of one kind with such words between them. What is taken over is left empty. Linear in mentions.
pub(super) fn join(groups: &mut [Group<'_>], input: &Input<'_>) {
    let mut places: Vec<(usize, usize, usize)> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        places.extend(group.mentions.iter().map(|mention| (mention.begin, mention.end, index)));
    }
    places.sort_unstable();
    let mut merges: Vec<(usize, usize)> = Vec::new();
    for pair in places.windows(2) {
        let [(_, end, one), (begin, _, other)] = *pair else { continue };
        let between = input.text.get(end..begin).unwrap_or_default();
        if one != other && BETWEEN.contains(&between) && are_of_one_kind(groups.get(one), groups.get(other)) {
            merges.push((other, one));
        }
    }
    for (index, owner) in merges {
        // A chain ("A, now B, now C") ends at whoever is left.
        if groups.get(owner).is_some_and(|group| !group.mentions.is_empty()) {
            take_over(groups, index, owner);
        }
    }
}

fn are_of_one_kind(one: Option<&Group<'_>>, other: Option<&Group<'_>>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let is_free = one.entry.is_none() && other.entry.is_none();
    is_free && one.label() == other.label() && !matches!(one.sort, Sort::Value | Sort::Norp)
}
