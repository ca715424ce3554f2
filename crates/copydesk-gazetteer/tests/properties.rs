//! Held against a matcher that tries every stretch of the text with every name, by the documented rules and nothing else.

use copydesk_gazetteer::{Entry, Format, Gazetteer, List, Options, parse};
use proptest::prelude::*;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What folding, boundaries and offsets can go wrong on; few enough that names are found often.
const PIECES: [&str; 33] = [
    "a", "A", "b", "a", "b", "e", "é", "É", "e\u{301}", "ß", "ss", "s", "İ", "i", "ı", "Σ", "ς", "ø", "o",
    "1", " ", " ", "\u{a0}", "\n", "\n\n", "-", "'", "’", "京", "都", "서", "울", "\u{301}",
];

fn pieces(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..max).prop_map(|pieces| pieces.concat())
}

fn options() -> impl Strategy<Value = Options> {
    any::<(bool, bool, bool)>().prop_map(|(fold_case, fold_diacritics, whole_words)| Options {
        fold_case,
        fold_diacritics,
        whole_words,
    })
}

fn lists() -> impl Strategy<Value = Vec<List>> {
    let entry = (pieces(5), prop::collection::vec(pieces(4), 0..2)).prop_map(|(name, aliases)| Entry {
        name,
        aliases,
        entity_type: "ORG".to_owned(),
        ..Entry::default()
    });
    let list = (options(), prop::collection::vec(entry, 0..6));
    prop::collection::vec(list, 0..4).prop_map(|lists| {
        let named = |(number, (options, entries))| List { name: format!("list {number}"), options, entries };
        lists.into_iter().enumerate().map(named).collect()
    })
}

fn is_mark(c: char) -> bool {
    // Vowels and finals of spelled-out Hangul go to the letter before as marks do.
    is_combining_mark(c) || matches!(c, '\u{1160}'..='\u{11FF}')
}

/// Beginnings of characters with their marks, and the end.
fn bounds(text: &str) -> Vec<usize> {
    let mut before = ' ';
    let mut bounds = Vec::new();
    for (at, c) in text.char_indices() {
        if !is_mark(c) || (before.is_whitespace() && !bounds.is_empty()) || at == 0 {
            bounds.push(at);
        }
        before = c;
    }
    bounds.push(text.len());
    bounds
}

fn folded(text: &str, options: Options) -> String {
    let mut out = String::new();
    let bounds = bounds(text);
    for unit in bounds.windows(2).map(|pair| &text[pair[0]..pair[1]]) {
        if unit.starts_with(char::is_whitespace) {
            if !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        let mut unit = unit.nfd().collect::<String>().replace('’', "'");
        if options.fold_case {
            unit = unit
                .chars()
                .flat_map(char::to_lowercase)
                .collect::<String>()
                .replace('ß', "ss")
                .replace('ς', "σ");
        }
        if options.fold_diacritics {
            let bare: String = unit.chars().filter(|c| !is_mark(*c)).collect();
            if !bare.is_empty() {
                unit = bare.replace('ß', "ss").replace('ø', "o").replace('ı', "i");
            }
        }
        out.extend(unit.nfc());
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

fn is_han(c: char) -> bool {
    matches!(c, '京' | '都')
}

fn is_whole(text: &str, begin: usize, end: usize) -> bool {
    let base = text[..begin].trim_end_matches(is_mark).chars().next_back();
    // Marks on nothing are marks directly before.
    let before = if text[..begin].ends_with(is_mark) {
        base.filter(|c| !c.is_whitespace()).or(Some('a'))
    } else {
        base
    };
    let before = before.filter(|c| is_word(*c) && !is_han(*c));
    let after = text[end..].chars().next().filter(|c| is_word(*c) && !is_han(*c));
    let span = &text[begin..end];
    let last = span.chars().rev().find(|c| !is_mark(*c));
    (before.is_none() || span.starts_with(is_han))
        && (after.is_none() || last.is_some_and(|c| is_han(c) || matches!(c, '서' | '울')))
}

fn has_empty_line(span: &str) -> bool {
    span.split(|c: char| !c.is_whitespace())
        .any(|space| space.contains('\u{2029}') || space.matches('\n').count() > 1)
}

fn naive(lists: &[List], text: &str) -> Vec<(usize, usize, u32)> {
    let bounds = bounds(text);
    let mut names = Vec::new();
    let entries = lists.iter().flat_map(|list| list.entries.iter().map(|entry| (list.options, entry)));
    for (number, (options, entry)) in entries.enumerate() {
        for name in std::iter::once(&entry.name).chain(&entry.aliases) {
            names.push((options, folded(name.trim(), options), number as u32));
        }
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < bounds.len() {
        let begin = bounds[at];
        let longest = (at + 1..bounds.len()).rev().find_map(|stop| {
            let end = bounds[stop];
            let span = &text[begin..end];
            if span.trim() != span || has_empty_line(span) {
                return None;
            }
            let same = |(options, name, _): &&(Options, String, u32)| {
                folded(span, *options) == *name && (!options.whole_words || is_whole(text, begin, end))
            };
            names.iter().find(same).map(|(_, _, number)| (stop, *number))
        });
        match longest {
            Some((stop, number)) => {
                found.push((begin, bounds[stop], number));
                at = stop;
            }
            None => at += 1,
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn finds_what_trying_everything_finds(lists in lists(), text in pieces(24)) {
        let gazetteer = Gazetteer::compile(&lists).unwrap();
        let found: Vec<_> = gazetteer.find(&text).iter().map(|m| (m.begin, m.end, m.entry)).collect();
        prop_assert_eq!(found, naive(&lists, &text));
    }

    #[test]
    fn no_text_panics_and_matches_are_in_order(lists in lists(), text in any::<String>()) {
        let gazetteer = Gazetteer::compile(&lists).unwrap();
        let mut done = 0;
        for found in gazetteer.find(&text) {
            prop_assert!(found.begin >= done && found.end > found.begin);
            prop_assert!(!text[found.begin..found.end].is_empty());
            prop_assert!(gazetteer.entry(found.entry).is_some());
            done = found.end;
        }
    }

    #[test]
    fn any_name_is_found_in_a_text_that_is_the_name(name in any::<String>(), options in options()) {
        let entry = Entry { name: name.clone(), entity_type: "ORG".to_owned(), ..Entry::default() };
        let gazetteer = match Gazetteer::compile(&[List { name: "x".to_owned(), options, entries: vec![entry] }]) {
            Ok(gazetteer) => gazetteer,
            Err(_) => return Ok(()),
        };
        prop_assume!(!name.trim().is_empty() && !has_empty_line(name.trim()));
        let text = format!("({name})");
        let found = gazetteer.find(&text);
        // Punctuation may itself be what the name is made of, and marks may go to the parenthesis.
        prop_assume!(!name.contains(['(', ')']) && !name.starts_with(is_mark));
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(&text[found[0].begin..found[0].end], name.trim());
    }

    #[test]
    fn no_bytes_panic_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..400), csv in any::<bool>()) {
        let mut file = if csv { b"name,type\n".to_vec() } else { Vec::new() };
        file.extend(bytes);
        let parsed = parse(if csv { Format::Csv } else { Format::Jsonl }, &file);
        prop_assert!(parsed.problem_count >= parsed.problems.len());
    }

    #[test]
    fn pieces_of_both_formats_never_panic_the_reader(
        parts in prop::collection::vec(
            prop::sample::select(
                ["\"", ",", "\n", "\r\n", "name", "type", "{", "}", ":", "[", "]", "|", "=", "a", "é", "\u{feff}", "\"name\":\"a\"",
                 "\"type\":\"ORG\"", "null", "1"].as_slice()),
            0..60),
        csv in any::<bool>(),
    ) {
        let file = parts.concat();
        let parsed = parse(if csv { Format::Csv } else { Format::Jsonl }, file.as_bytes());
        let lines = file.split('\n').count();
        prop_assert!(parsed.problems.iter().all(|problem| (1..=lines).contains(&problem.line)));
        prop_assert!(parsed.entries.iter().all(|entry| !entry.name.is_empty() && !entry.entity_type.is_empty()));
    }
}
