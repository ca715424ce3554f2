//! Who is who, on marked names.

use crate::{Entity, Input, Knowledge, Mention, MentionKind, Paragraph, analyze};

/// Analyzes a text in which `[name|LABEL]` marks a mention; paragraphs are split at empty lines.
fn read(marked: &str, title: &str) -> (String, Knowledge) {
    let mut text = String::new();
    let mut mentions = Vec::new();
    let mut rest = marked;
    while let Some(at) = rest.find('[') {
        text.push_str(&rest[..at]);
        let inner = &rest[at + 1..];
        let bar = inner.find('|').expect("a label");
        let close = inner.find(']').expect("an end");
        let begin = text.len();
        text.push_str(&inner[..bar]);
        mentions.push((begin, text.len(), &inner[bar + 1..close]));
        rest = &inner[close + 1..];
    }
    text.push_str(rest);
    let mentions: Vec<Mention<'_>> = mentions
        .into_iter()
        .map(|(begin, end, label)| Mention { begin, end, label, probability: 0.9, entry: None })
        .collect();
    let mut begin = 0;
    let paragraphs: Vec<Paragraph> = text
        .split("\n\n")
        .map(|words| {
            let paragraph = Paragraph { begin, end: begin + words.len(), is_prose: true };
            begin = paragraph.end + 2;
            paragraph
        })
        .collect();
    let input = Input {
        text: &text,
        paragraphs: &paragraphs,
        mentions: &mentions,
        title,
        dateline: "",
        language: "en",
        published: None,
    };
    let found = analyze(&input);
    (text, found)
}

/// Name and mentions of each entity.
fn shown(marked: &str) -> Vec<(String, usize)> {
    read(marked, "").1.entities.into_iter().map(|entity| (entity.name, entity.mentions.len())).collect()
}

fn check(marked: &str, expected: &[(&str, usize)]) {
    let expected: Vec<(String, usize)> =
        expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(shown(marked), expected, "{marked}");
}

#[test]
fn spellings_titles_and_surnames_of_one_person_are_one_entity() {
    check(
        "[Recep Tayyip Erdoğan|PERSON] spoke. [President Erdoğan|PERSON] left; [Erdogan|PERSON]’s car and [Tayyip Erdogan|PERSON] too.",
        &[("Recep Tayyip Erdoğan", 4)],
    );
    check(
        "[J. K. Marlowe|PERSON] and later [Joanna Marlowe|PERSON], said [Marlowe|PERSON].",
        &[("J. K. Marlowe", 3)],
    );
    check("[Ana Reyes|PERSON] won. [Ana|PERSON] smiled.", &[("Ana Reyes", 2)]);
    check("[Mayor Ana Reyes|PERSON] won. [Ana Reyes|PERSON] smiled.", &[("Ana Reyes", 2)]);
}

#[test]
fn two_people_of_one_surname_who_are_named_in_full_are_two() {
    check("[Ana Reyes|PERSON] met [Luis Reyes|PERSON].", &[("Ana Reyes", 1), ("Luis Reyes", 1)]);
    // The one named last before; a title that says otherwise counts more.
    check(
        "[Ana Reyes|PERSON] won.\n\n[Luis Reyes|PERSON] lost. [Reyes|PERSON] wept. Mrs. [Reyes|PERSON] did not.",
        &[("Ana Reyes", 2), ("Luis Reyes", 2)],
    );
    check(
        "[Ana Reyes|PERSON] and [Luis Reyes|PERSON] argued. [Reyes|PERSON] left.",
        &[("Ana Reyes", 1), ("Luis Reyes", 1), ("Reyes", 1)],
    );
}

#[test]
fn abbreviations_go_with_the_names_they_stand_for() {
    check(
        "The [North Sea Fishing Council|ORG] ([NSFC|ORG]) met. The [NSFC|ORG] agreed.",
        &[("North Sea Fishing Council", 3)],
    );
    check("The [Harbour Workers Union|ORG] struck. [HWU|ORG] said so.", &[("Harbour Workers Union", 2)]);
    check("The [Partiya Nova|ORG] (PNV) won. The [PNV|ORG] cheered.", &[("Partiya Nova", 2)]);
    check(
        "The [Harbour Workers Union|ORG] met the [Home Women United|ORG]. [HWU|ORG] won.",
        &[("Harbour Workers Union", 1), ("Home Women United", 1), ("HWU", 1)],
    );
    check("The [US Congress|ORG] voted. [Congress|ORG] rose.", &[("US Congress", 2)]);
    check("[Toyota Motor Corporation|ORG] grew. [Toyota|ORG] rose.", &[("Toyota Motor Corporation", 2)]);
    check(
        "The [Ministry of Defense|ORG] denied it; the [Defense Ministry|ORG] did.",
        &[("Ministry of Defense", 2)],
    );
    check("[Apex Inc.|ORG] fell. [Apex|ORG] rose.", &[("Apex Inc.", 2)]);
}

#[test]
fn names_of_one_country_are_one_entity_and_its_people_another() {
    check(
        "[the US|GPE] and [America|GPE], the [U.S.|GPE] or [United States|GPE]; an [American|NORP] among [Americans|NORP].",
        &[("United States", 4), ("American", 2)],
    );
}

#[test]
fn a_role_stands_for_its_only_holder_once_it_is_given() {
    let (text, found) = read(
        "The spokesman was ill. [Ibrahim Kalin|PERSON], a spokesman for [Ali Demir|PERSON], spoke. Then the spokesman left.",
        "",
    );
    let nominal: Vec<&str> =
        mentions(&found.entities, MentionKind::Nominal).map(|(begin, end)| &text[begin..end]).collect();
    assert_eq!(nominal, ["the spokesman"]);
    assert_eq!(found.entities[0].mentions.len(), 2);
    for shared in [
        "[Ana Reyes|PERSON], a lawyer, met [Luis Soto|PERSON], a lawyer. The lawyer left.",
        "[Ana Reyes|PERSON], a lawyer, came. Another lawyer spoke. The lawyer left.",
        "[Ana Reyes|PERSON], the lawyer, came. The lawyer for the city left.",
    ] {
        assert_eq!(mentions(&read(shared, "").1.entities, MentionKind::Nominal).count(), 0, "{shared}");
    }
}

fn mentions(entities: &[Entity], kind: MentionKind) -> impl Iterator<Item = (usize, usize)> {
    entities.iter().flat_map(move |entity| {
        entity
            .mentions
            .iter()
            .filter(move |mention| mention.kind == kind)
            .map(|mention| (mention.begin, mention.end))
    })
}

/// The ids of the entity of a name.
fn links(marked: &str, name: &str) -> Vec<String> {
    let (_, found) = read(marked, "");
    let entity = found.entities.into_iter().find(|entity| entity.name == name).expect("is found");
    entity.links.into_iter().map(|link| format!("{}:{}", link.scheme, link.id)).collect()
}

#[test]
fn places_peoples_and_organizations_are_linked() {
    for (marked, name, expected) in [
        ("[Turkey|GPE] won.", "Turkey", vec!["iso3166-1:TR", "geonames:298795"]),
        ("A [Turkish|NORP] ship.", "Turkish", vec!["iso3166-1:TR"]),
        ("In [Ankara|GPE].", "Ankara", vec!["geonames:323786"]),
        ("[NATO|ORG] met.", "NATO", vec!["wikidata:Q7184"]),
        ("[Paris|GPE] is far.", "Paris", vec!["geonames:2988507"]),
        ("[Paris|GPE], Texas, is hot.", "Paris", vec![]),
        ("[Birmingham|GPE] is grey.", "Birmingham", vec![]),
        ("[Birmingham|GPE], Ala., is hot.", "Birmingham", vec!["geonames:4049979"]),
        ("[Birmingham|GPE] in [Alabama|GPE].", "Birmingham", vec!["geonames:4049979"]),
        ("[British|NORP] police in [Birmingham|GPE].", "Birmingham", vec!["geonames:2655603"]),
        ("[Cambridge|GPE] is small.", "Cambridge", vec![]),
        ("[Georgia|GPE] voted.", "Georgia", vec![]),
        ("[Georgia|GPE] and [Alabama|GPE].", "Georgia", vec!["iso3166-2:US-GA", "geonames:4197000"]),
        (
            "[Georgia|GPE], [Armenia|GPE] and [Azerbaijan|GPE].",
            "Georgia",
            vec!["iso3166-1:GE", "geonames:614540"],
        ),
        ("[Michael Jordan|PERSON] in [Jordan|GPE].", "Jordan", vec![]),
        ("[Jordan|GPE] and [Syria|GPE].", "Jordan", vec!["iso3166-1:JO", "geonames:248816"]),
        ("A [Congolese|NORP] miner.", "Congolese", vec![]),
        ("A [Congolese|NORP] miner in [Kinshasa|GPE].", "Congolese", vec!["iso3166-1:CD"]),
        ("[Washington|GPE] and [Moscow|GPE].", "Washington", vec!["geonames:4140963"]),
        ("[Washington|GPE], near [Seattle|GPE].", "Washington", vec![]),
    ] {
        assert_eq!(links(marked, name), expected, "{marked}");
    }
}
