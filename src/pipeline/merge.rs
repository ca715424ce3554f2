//! One list of mentions from two: the recognizer's and the gazetteers'.
//!
//! The longer of two that overlap is kept; of two equally long ones, and of two that cross, the gazetteer's. So a list
//! that knows "Bank of America" decides its type and id, and does not break up "Bank of America Tower".

use super::recognize::Found;

/// Both lists in text order, without overlaps within each. Linear.
pub(super) fn merge(recognized: Vec<Found>, listed: Vec<Found>) -> Vec<Found> {
    let mut kept = Vec::with_capacity(recognized.len() + listed.len());
    let mut recognized = recognized.into_iter().peekable();
    let mut listed = listed.into_iter().peekable();
    loop {
        let (model, list) = match (recognized.peek(), listed.peek()) {
            (Some(model), Some(list)) => (*model, *list),
            (Some(_), None) => {
                kept.extend(recognized);
                return kept;
            }
            (None, _) => {
                kept.extend(listed);
                return kept;
            }
        };
        if model.end <= list.begin {
            kept.extend(recognized.next());
        } else if list.end <= model.begin {
            kept.extend(listed.next());
        } else if contains_more(&model, &list) {
            listed.next();
        } else {
            recognized.next();
        }
    }
}

/// Whether `outer` holds all of `inner` and something besides.
fn contains_more(outer: &Found, inner: &Found) -> bool {
    outer.begin <= inner.begin && inner.end <= outer.end && outer.end - outer.begin > inner.end - inner.begin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(begin: usize, end: usize, entry: Option<u32>) -> Found {
        Found { begin, end, label: 0, probability: 1.0, entry }
    }

    fn check(recognized: &[(usize, usize)], listed: &[(usize, usize)], expected: &[(usize, usize, bool)]) {
        let model = recognized.iter().map(|(begin, end)| found(*begin, *end, None)).collect();
        let list = listed.iter().map(|(begin, end)| found(*begin, *end, Some(0))).collect();
        let merged: Vec<_> =
            merge(model, list).iter().map(|found| (found.begin, found.end, found.entry.is_some())).collect();
        assert_eq!(merged, expected, "{recognized:?} and {listed:?}");
    }

    #[test]
    fn the_longer_mention_is_kept_and_of_equals_the_listed_one() {
        check(&[(0, 5)], &[(6, 9)], &[(0, 5, false), (6, 9, true)]);
        check(&[(0, 5)], &[(0, 5)], &[(0, 5, true)]);
        check(&[(0, 20)], &[(0, 15)], &[(0, 20, false)]);
        check(&[(0, 20)], &[(5, 8), (10, 12)], &[(0, 20, false)]);
        check(&[(3, 8)], &[(0, 15)], &[(0, 15, true)]);
        check(&[(0, 8)], &[(5, 15)], &[(5, 15, true)]);
        check(&[(0, 3), (4, 8), (20, 22)], &[(2, 6)], &[(2, 6, true), (20, 22, false)]);
        check(&[], &[(1, 2)], &[(1, 2, true)]);
    }
}
