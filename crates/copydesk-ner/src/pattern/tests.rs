//! Expected values are what CPython's `re` answers.

use super::{Pattern, SearchScratch};

fn search(pattern: &str, text: &str) -> Option<(usize, usize)> {
    Pattern::new(pattern).unwrap().search(text, &mut SearchScratch::default())
}

fn find_all(pattern: &str, text: &str) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    Pattern::new(pattern).unwrap().find_each(text, &mut SearchScratch::default(), |a, b| all.push((a, b)));
    all
}

#[test]
fn search_prefers_the_leftmost_start_then_the_first_branch() {
    type Case = (&'static str, &'static str, Option<(usize, usize)>);
    let table: &[Case] = &[
        ("a|ab", "xab", Some((1, 2))),
        ("ab|a", "xab", Some((1, 3))),
        ("a*?b", "aab", Some((0, 3))),
        ("a{2,3}", "aaaa", Some((0, 3))),
        ("a{2,3}?", "aaaa", Some((0, 2))),
        ("x{a}", "x{a}", Some((0, 4))),
        ("^b", "ab", None),
        (r"\.\.+$|[a-z]\.$", "ab...", Some((2, 5))),
        (r"(?<=[0-9])\+$", "10+", Some((2, 3))),
        (r"(?<=[0-9])\+$", "a+", None),
        (r"(?<=ab)c(?!d)", "abcd abce", Some((7, 8))),
        (r"a$", "a\n", Some((0, 1))),
        (r"a\Z", "a\n", None),
        (r"[]a]+", "x]a", Some((1, 3))),
        (r"[^\s]+", " é ", Some((1, 3))),
        (r"\bcat\b", "concat cat", Some((7, 10))),
        (r"(?i)É", "xé", Some((1, 3))),
        (r"(a|b)(?P<n>c)", "bc", Some((0, 2))),
        (r"(?:a*)*b", "aaab", Some((0, 4))),
    ];
    for &(pattern, text, expected) in table {
        assert_eq!(search(pattern, text), expected, "{pattern} on {text:?}");
    }
}

#[test]
fn find_each_steps_over_empty_matches_as_cpython_does() {
    assert_eq!(find_all("a*", "baac"), [(0, 0), (1, 3), (3, 3), (4, 4)]);
    assert_eq!(find_all("(?<=')(?=[a-z])|-", "l'a-b"), [(2, 2), (3, 4)]);
    assert_eq!(find_all(r"\.\.+|…", "a...b…..c"), [(1, 4), (5, 8), (8, 10)]);
}

#[test]
fn a_construct_that_is_not_covered_is_named_with_its_place() {
    for (pattern, at, what) in [
        (r"(a)\1", 4, "a back-reference"),
        ("a++", 3, "a possessive count"),
        ("[a", 2, "an unclosed class"),
        ("(a", 2, "an unclosed group"),
        ("a)", 1, "an unmatched )"),
        (r"\p", 2, "an unknown escape"),
        ("a(?i)b", 2, "flags that are not at the start, or an unknown kind of group"),
    ] {
        let error = Pattern::new(pattern).unwrap_err();
        assert_eq!((error.at, error.what.as_str()), (at, what), "{pattern}");
    }
}

#[test]
fn a_million_characters_take_linear_time() {
    let text = "a".repeat(1_000_000);
    assert_eq!(search("(?:a|aa)+b", &text), None);
    assert_eq!(search("(?:a*)*$", &text), Some((0, 1_000_000)));
}
