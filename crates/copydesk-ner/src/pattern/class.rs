//! Sets of characters as Python's `re` builds them: ranges, `\d \s \w`, negation, and its way of ignoring case.

use crate::unicode;

/// A predefined set inside a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Predefined {
    Digit,
    Space,
    Word,
}

impl Predefined {
    fn holds(self, c: char) -> bool {
        match self {
            Predefined::Digit => unicode::is_decimal(c),
            Predefined::Space => unicode::is_space(c),
            Predefined::Word => unicode::is_word(c),
        }
    }
}

/// A set of characters. Membership of an ASCII character is one bit test; of others a binary search.
#[derive(Clone, Debug)]
pub(crate) struct CharClass {
    ascii: u128,
    ranges: Vec<(u32, u32)>,
    predefined: Vec<(Predefined, bool)>,
    negated: bool,
    ignore_case: bool,
}

impl CharClass {
    /// `predefined` pairs a set with whether it is the set's complement (`\D`). With `ignore_case` the ranges are
    /// lowered here, once, and each tested character later, which is what CPython's compiler does.
    pub(crate) fn new(
        ranges: Vec<(u32, u32)>,
        predefined: Vec<(Predefined, bool)>,
        negated: bool,
        ignore_case: bool,
    ) -> Self {
        let ranges = merge(if ignore_case { lowered(&ranges) } else { ranges });
        let mut class = CharClass { ascii: 0, ranges, predefined, negated, ignore_case };
        for code in 0u8..128 {
            if class.contains_slowly(char::from(code)) {
                class.ascii |= 1 << code;
            }
        }
        class
    }

    #[inline]
    pub(crate) fn contains(&self, c: char) -> bool {
        if c.is_ascii() { self.ascii >> (c as u32) & 1 == 1 } else { self.contains_slowly(c) }
    }

    /// The ASCII members, one bit each.
    pub(crate) fn ascii(&self) -> u128 {
        self.ascii
    }

    /// The single member, if the set is one ASCII character.
    pub(crate) fn only(&self) -> Option<u8> {
        match self.ranges[..] {
            [(first, last)]
                if first == last && self.predefined.is_empty() && !self.negated && !self.ignore_case =>
            {
                u8::try_from(first).ok().filter(u8::is_ascii)
            }
            _ => None,
        }
    }

    fn contains_slowly(&self, c: char) -> bool {
        let c = if self.ignore_case { unicode::simple_lower(c) } else { c };
        let code = u32::from(c);
        let before = self.ranges.partition_point(|&(first, _)| first <= code);
        let listed = before > 0 && self.ranges[before - 1].1 >= code;
        (listed || self.predefined.iter().any(|&(set, complement)| set.holds(c) != complement))
            != self.negated
    }
}

/// Sorts ranges and joins those that touch.
fn merge(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match out.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

/// Lower-case characters that CPython's `re` treats as equal when ignoring case (`_EXTRA_CASES` of
/// `re/_casefix.py`, as groups).
const EQUAL_LOWER_CASE: [&[u32]; 24] = [
    &[0x69, 0x131],
    &[0x73, 0x17f],
    &[0xb5, 0x3bc],
    &[0x345, 0x3b9, 0x1fbe],
    &[0x390, 0x1fd3],
    &[0x3b0, 0x1fe3],
    &[0x3b2, 0x3d0],
    &[0x3b5, 0x3f5],
    &[0x3b8, 0x3d1],
    &[0x3ba, 0x3f0],
    &[0x3c0, 0x3d6],
    &[0x3c1, 0x3f1],
    &[0x3c2, 0x3c3],
    &[0x3c6, 0x3d5],
    &[0x432, 0x1c80],
    &[0x434, 0x1c81],
    &[0x43e, 0x1c82],
    &[0x441, 0x1c83],
    &[0x442, 0x1c84, 0x1c85],
    &[0x44a, 0x1c86],
    &[0x463, 0x1c87],
    &[0x1c88, 0xa64b],
    &[0x1e61, 0x1e9b],
    &[0xfb05, 0xfb06],
];

fn lowered(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = Vec::new();
    for code in ranges.iter().flat_map(|&(first, last)| first..=last) {
        let lower = char::from_u32(code).map_or(code, |c| u32::from(unicode::simple_lower(c)));
        match out.last_mut() {
            Some((_, end)) if lower == *end + 1 => *end = lower,
            _ => out.push((lower, lower)),
        }
        if let Some(group) = EQUAL_LOWER_CASE.iter().find(|group| group.contains(&lower)) {
            out.extend(group.iter().map(|&equal| (equal, equal)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignoring_case_works_on_ranges_and_complements() {
        let a_to_f = CharClass::new(vec![(0x41, 0x46)], vec![], false, true);
        assert!(a_to_f.contains('b') && a_to_f.contains('B') && !a_to_f.contains('g'));
        let not_e_acute = CharClass::new(vec![(0xc9, 0xc9)], vec![], true, true);
        assert!(!not_e_acute.contains('é') && !not_e_acute.contains('É') && not_e_acute.contains('e'));
        let s = CharClass::new(vec![(0x73, 0x73)], vec![], false, true);
        assert!(s.contains('ſ') && s.contains('S'));
    }
}
