//! The rules of comparison and choice, one table each: names, text, what is found.

use copydesk_gazetteer::{CompileError, Entry, Gazetteer, Link, List, MAX_NAME_CHARS, Options};

const EXACT: Options = Options { fold_case: false, fold_diacritics: false, whole_words: true };
const CASE: Options = Options { fold_case: true, ..EXACT };
const DIACRITICS: Options = Options { fold_diacritics: true, ..EXACT };
const BOTH: Options = Options { fold_case: true, ..DIACRITICS };
const INSIDE: Options = Options { whole_words: false, ..EXACT };

fn list(name: &str, options: Options, names: &[&str]) -> List {
    let entry = |name: &&str| Entry {
        name: (*name).to_owned(),
        entity_type: "ORG".to_owned(),
        id: format!("id of {name}"),
        ..Entry::default()
    };
    List { name: name.to_owned(), options, entries: names.iter().map(entry).collect() }
}

/// Found stretches of the text, as the text has them.
#[track_caller]
fn check(options: Options, names: &[&str], text: &str, expected: &[&str]) {
    let gazetteer = Gazetteer::compile(&[list("names", options, names)]).expect("a small list");
    let found: Vec<_> = gazetteer.find(text).iter().map(|found| &text[found.begin..found.end]).collect();
    assert_eq!(found, expected, "{names:?} in {text:?}");
}

#[test]
fn whole_words_end_at_anything_but_letters_digits_and_marks() {
    check(EXACT, &["Kalin"], "Kalin's Kalinov (Kalin) Kalin2 Kalin-led 2Kalin", &["Kalin"; 3]);
    check(EXACT, &["US"], "US-led, BUS, USA and the US.", &["US", "US"]);
    check(EXACT, &["Brien"], "O'Brien", &["Brien"]);
    check(EXACT, &["Jose"], "José Jose\u{301} Jose", &["Jose"]);
    check(EXACT, &[".NET"], "ASP.NET, .NET", &[".NET"]);
    check(EXACT, &["U.S."], "U.S.A. is not U.S.-led", &["U.S."]);
    check(EXACT, &["AT&T", "A-b"], "AT & T, AT&T, A - b, A- b, A-b", &["AT&T", "A-b"]);
    check(INSIDE, &["york"], "New yorker, york", &["york", "york"]);
    check(INSIDE, &["ork times"], "the york times", &["ork times"]);
}

#[test]
fn scripts_without_spaces_are_matched_inside_runs() {
    check(EXACT, &["東京"], "東京都は東京Towerと。", &["東京", "東京"]);
    check(EXACT, &["トヨタ"], "トヨタの車", &["トヨタ"]);
    check(EXACT, &["กรุงเทพ"], "ที่กรุงเทพมหานคร", &["กรุงเทพ"]);
    check(EXACT, &["서울"], "서울에서, 새서울", &["서울"]);
}

#[test]
fn options_say_which_letters_are_the_same() {
    check(EXACT, &["Straße"], "STRASSE Strasse straße Straße", &["Straße"]);
    check(
        CASE,
        &["Straße"],
        "STRASSE Strasse straße STRAẞE Strase",
        &["STRASSE", "Strasse", "straße", "STRAẞE"],
    );
    check(CASE, &["Gros", "s"], "Groß", &[]);
    check(CASE, &["ΟΔΟΣ"], "οδος οδός", &["οδος"]);
    check(DIACRITICS, &["Lodz", "Malmo"], "Łódź, Malmö, ŁÓDŹ", &["Łódź", "Malmö"]);
    check(DIACRITICS, &["Åre"], "Are åre", &["Are"]);
    check(
        BOTH,
        &["istanbul"],
        "İSTANBUL, I\u{307}stanbul, ISTANBUL",
        &["İSTANBUL", "I\u{307}stanbul", "ISTANBUL"],
    );
    check(BOTH, &["Việt Nam"], "viet nam", &["viet nam"]);
    check(BOTH, &["Ердоган"], "ЕРДОГАН", &["ЕРДОГАН"]);
    check(BOTH, &["की"], "का", &[]);
    check(BOTH, &["か"], "が", &[]);
}

#[test]
fn typography_never_matters() {
    check(EXACT, &["José"], "Jose\u{301}", &["Jose\u{301}"]);
    check(EXACT, &["서울".nfd_by_hand()], "서울", &["서울"]);
    check(EXACT, &["O'Brien"], "O’Brien, OʼBrien", &["O’Brien", "OʼBrien"]);
    check(EXACT, &["Jean-Luc"], "Jean\u{2011}Luc", &["Jean\u{2011}Luc"]);
    check(
        EXACT,
        &["New York"],
        "New\nYork, New \u{a0} York, New\r\nYork",
        &["New\nYork", "New \u{a0} York", "New\r\nYork"],
    );
    check(EXACT, &["New\n\nYork"], "New York", &["New York"]);
}

trait ByHand {
    fn nfd_by_hand(&self) -> &str;
}

impl ByHand for str {
    /// 서울 spelled out in conjoining letters, as file names of some systems are.
    fn nfd_by_hand(&self) -> &str {
        assert_eq!(self, "서울");
        "\u{1109}\u{1165}\u{110b}\u{116e}\u{11af}"
    }
}

#[test]
fn no_match_goes_across_an_empty_line() {
    check(EXACT, &["New York"], "New\n\nYork", &[]);
    check(EXACT, &["New York"], "New\r\n \r\nYork New\u{2029}York", &[]);
}

#[test]
fn leftmost_then_longest_and_never_overlapping() {
    check(
        EXACT,
        &["New York", "New York Times", "York Times Square"],
        "New York Times Square",
        &["New York Times"],
    );
    check(EXACT, &["a b", "b c d", "c d"], "a b c d", &["a b", "c d"]);
    check(EXACT, &["New York", "New Yorkers Club"], "New Yorkers, New York", &["New York"]);
    check(INSIDE, &["a", "aa", "aaa"], "aaaaa", &["aaa", "aa"]);
}

#[test]
fn the_first_list_by_name_wins_and_in_it_the_first_line() {
    let lists = [
        list("b", BOTH, &["Paris", "Oslo", "oslo"]),
        list("a", CASE, &["PARIS"]),
        list("c", INSIDE, &["Paris", "Oslo Group"]),
    ];
    let gazetteer = Gazetteer::compile(&lists).unwrap();
    let found: Vec<_> = gazetteer
        .find("París paris Paris' OSLO Oslo Group")
        .into_iter()
        .map(|found| {
            gazetteer.entry(found.entry).map(|entry| (entry.list.to_owned(), entry.name.to_owned())).unwrap()
        })
        .collect();
    let expected = [("b", "Paris"), ("a", "PARIS"), ("a", "PARIS"), ("b", "Oslo"), ("c", "Oslo Group")];
    assert_eq!(found, expected.map(|(list, name)| (list.to_owned(), name.to_owned())));
}

#[test]
fn each_list_keeps_its_own_options_for_the_same_name() {
    let gazetteer =
        Gazetteer::compile(&[list("a", EXACT, &["US", "us", "Us"]), list("b", CASE, &["uS"])]).unwrap();
    let names: Vec<_> = gazetteer.find("us US Us uS").iter().map(|found| found.entry).collect();
    assert_eq!(names, [1, 0, 2, 3]);
}

#[test]
fn an_entry_comes_back_as_it_was_given() {
    let link = |scheme: &str, id: &str, url: &str| Link {
        scheme: scheme.to_owned(),
        id: id.to_owned(),
        url: url.to_owned(),
    };
    let entry = Entry {
        name: "Berlin".to_owned(),
        entity_type: "GPE".to_owned(),
        id: "1".to_owned(),
        aliases: vec!["Hauptstadt".to_owned(), "Spree-Athen".to_owned()],
        links: vec![
            link("wikidata", "Q64", "https://www.wikidata.org/wiki/Q64"),
            link("geonames", "2950159", ""),
            link("", "", "https://example.org/de/berlin?a=b"),
            link("own", "7", "berlin"),
        ],
    };
    let mut lists = [list("a", EXACT, &["Oslo"]), list("b", EXACT, &[])];
    lists[1].entries.push(entry.clone());
    let gazetteer = Gazetteer::compile(&lists).unwrap();
    let found = gazetteer.find("Berlin, Hauptstadt; Spree-Athen");
    assert_eq!(
        found.iter().map(|found| (found.entry, found.is_alias)).collect::<Vec<_>>(),
        [(1, false), (1, true), (1, true)]
    );
    let view = gazetteer.entry(1).unwrap();
    assert_eq!((view.name, view.entity_type, view.id, view.list), ("Berlin", "GPE", "1", "b"));
    assert_eq!(view.links, entry.links);
    assert_eq!(gazetteer.entry(2), None);
    assert_eq!(gazetteer.len(), 2);
}

#[test]
fn what_cannot_be_compiled_is_named() {
    let twice = Gazetteer::compile(&[list("a", EXACT, &[]), list("a", CASE, &[])]);
    assert_eq!(twice.err(), Some(CompileError::DuplicateList { name: "a".to_owned() }));
    let long = "é".repeat(MAX_NAME_CHARS + 1);
    let too_long = Gazetteer::compile(&[list("a", EXACT, &["b", &long])]);
    assert_eq!(
        too_long.err(),
        Some(CompileError::NameTooLong { list: "a".to_owned(), entry: 1, chars: 201 })
    );
    assert!(Gazetteer::compile(&[list("a", EXACT, &[&"é".repeat(MAX_NAME_CHARS)])]).is_ok());
}

#[test]
fn nothing_is_found_with_nothing() {
    assert!(Gazetteer::compile(&[]).unwrap().find("a b").is_empty());
    check(EXACT, &["", "  ", "\u{301}"], "a  b", &[]);
    check(INSIDE, &["\0", "a\0b"], "a\0b", &["a\0b"]);
    check(EXACT, &["a"], "", &[]);
}

#[test]
fn hostile_texts_and_names_take_linear_time() {
    // Every position begins or ends as many names as the bound on names allows.
    let nested: Vec<String> = (1..=MAX_NAME_CHARS).map(|length| "a".repeat(length)).collect();
    let names: Vec<&str> = nested.iter().map(String::as_str).collect();
    let unbroken = "a".repeat(1_000_000);
    let mixed = format!("b{}", &unbroken[..199]).repeat(100);
    for options in [EXACT, INSIDE, Options { whole_words: false, ..BOTH }] {
        let gazetteer = Gazetteer::compile(&[list("a", options, &names)]).unwrap();
        let found = gazetteer.find(&unbroken);
        assert_eq!(found.len(), if options.whole_words { 0 } else { 5000 });
        assert_eq!(gazetteer.find(&mixed).len(), if options.whole_words { 0 } else { 100 });
    }
    // A letter under a million marks, and as many words as there can be.
    let gazetteer = Gazetteer::compile(&[list("a", BOTH, &["a a a b", "e", "x"])]).unwrap();
    assert_eq!(gazetteer.find(&format!("e{} x", "\u{301}".repeat(1_000_000))).len(), 2);
    assert_eq!(gazetteer.find(&"a ".repeat(5_000_000)).len(), 0);
    // The same word in a thousand spellings.
    let spellings: Vec<String> = (0..1 << 10)
        .map(|bits| (0..10).map(|bit| if bits >> bit & 1 == 0 { 'a' } else { 'A' }).collect())
        .collect();
    let names: Vec<&str> = spellings.iter().map(String::as_str).collect();
    let gazetteer = Gazetteer::compile(&[list("a", EXACT, &names)]).unwrap();
    let found = gazetteer.find(&"aAaAaAaAaA ".repeat(10_000));
    assert!(found.len() == 10_000 && found.iter().all(|found| found.entry == 0b10_1010_1010));
}
