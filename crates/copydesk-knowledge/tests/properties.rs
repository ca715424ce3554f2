//! What holds for any input: spans fit, indexes exist, answers repeat, and odd articles end in bounded time.

use copydesk_knowledge::{Input, Knowledge, Mention, Paragraph, analyze};
use proptest::prelude::*;
use time::{OffsetDateTime, macros::datetime};

const LABELS: [&str; 8] = ["PERSON", "ORG", "GPE", "NORP", "DATE", "MONEY", "QUANTITY", "SHIP"];

fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut begin = 0;
    text.split("\n\n")
        .map(|words| {
            let paragraph = Paragraph { begin, end: begin + words.len(), is_prose: true };
            begin = paragraph.end + 2;
            paragraph
        })
        .collect()
}

fn analyzed(text: &str, mentions: &[Mention<'_>], published: Option<OffsetDateTime>) -> Knowledge {
    analyze(&Input {
        text,
        paragraphs: &paragraphs(text),
        mentions,
        title: text.get(..40).unwrap_or("A title"),
        dateline: "LISBON, July 31 (Agency)",
        language: "en",
        published,
    })
}

/// Marks every word that `wants` as a mention, labels in turn.
fn mentions_of(text: &str, wants: impl Fn(usize, &str) -> bool) -> Vec<Mention<'static>> {
    let mut mentions = Vec::new();
    for (index, word) in text.split_whitespace().enumerate() {
        // Words are slices of the text.
        let begin = word.as_ptr() as usize - text.as_ptr() as usize;
        if wants(index, word) {
            let label = LABELS[index % LABELS.len()];
            mentions.push(Mention { begin, end: begin + word.len(), label, probability: 0.9, entry: None });
        }
    }
    mentions
}

fn check(text: &str, mentions: &[Mention<'_>], published: Option<OffsetDateTime>) {
    let found = analyzed(text, mentions, published);
    assert_eq!(found, analyzed(text, mentions, published), "another answer the second time");
    let fits = |begin: usize, end: usize| text.get(begin..end).is_some_and(|words| !words.is_empty());
    let mut named = 0;
    for entity in &found.entities {
        assert!((0.0..=1.0).contains(&entity.salience), "{entity:?}");
        assert!(entity.mentions.is_sorted_by_key(|mention| mention.begin));
        assert!(entity.mentions.iter().all(|mention| fits(mention.begin, mention.end)), "{entity:?}");
        named += entity.mentions.iter().filter(|m| m.kind == copydesk_knowledge::MentionKind::Name).count();
    }
    assert_eq!(named, mentions.len(), "every mention belongs to one entity");
    assert!(found.entities.iter().map(|entity| entity.salience).sum::<f32>() <= 1.001);
    for quotation in &found.quotations {
        assert!(!quotation.parts.is_empty());
        assert!(quotation.parts.iter().all(|part| fits(part.start, part.end)), "{quotation:?}");
        assert!(quotation.parts.is_sorted_by_key(|part| part.start));
        if let Some(speaker) = &quotation.speaker {
            assert!(fits(speaker.span.start, speaker.span.end));
            assert!(speaker.entity.is_none_or(|entity| entity < found.entities.len()));
        }
        assert!(quotation.cue.as_ref().is_none_or(|cue| fits(cue.start, cue.end)));
    }
    let values = mentions.iter().filter(|mention| mention.label == "DATE").count();
    assert_eq!(found.dates.len(), values);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_gives_spans_that_fit_and_the_same_answer_twice(
        words in prop::collection::vec(
            prop_oneof![
                Just("“They"), Just("left,”"), Just("said"), Just("Kalin"), Just("Ana Reyes"), Just("Reyes"), Just("he"),
                Just("\""), Just("'"), Just("’"), Just("‘yes"), Just("«"), Just("»."), Just("that"), Just("\n\n"), Just(","),
                Just("."), Just("(NATO)"), Just("the spokesman"), Just(", a spokesman for"), Just("According to"), Just("É"),
                Just("1,200"), Just("last"), Just("year"), Just("$5m"), Just("6'2\""), Just("😀"), Just("will"), Just("told"),
            ],
            0..60,
        ),
        pick in 1_usize..4,
    ) {
        let text = words.join(" ");
        let mentions = mentions_of(&text, |index, word| index % pick == 0 && word.chars().any(char::is_alphanumeric));
        check(&text, &mentions, Some(datetime!(2019-07-31 12:00 UTC)));
    }

    #[test]
    fn any_characters_are_read(text in "\\PC{0,200}") {
        let mentions = mentions_of(&text, |index, _| index % 2 == 0);
        check(&text, &mentions, None);
    }
}

#[test]
fn an_article_of_only_names_or_of_a_hundred_thousand_mentions_is_read() {
    let one_sentence = "Ana Reyes ".repeat(50_000);
    let distinct: String = (0..50_000).map(|n| format!("Ana{n} Reyes Kim{n}. ")).collect();
    let quoted = "“So it is,” Kalin said. ".repeat(25_000);
    let retold = "Kalin told Reyes that Ana would say that she will go on Tuesday, ".repeat(10_000);
    let parentheses = "Kim (K) ".repeat(50_000);
    for text in [one_sentence, distinct, quoted, retold, parentheses] {
        let mentions = mentions_of(&text, |_, word| word.starts_with(char::is_uppercase));
        check(&text, &mentions, Some(datetime!(2019-07-31 12:00 UTC)));
    }
}

#[test]
fn a_hundred_thousand_people_of_one_surname_are_read() {
    let text: String = (0..100_000).map(|n| format!("A{n} Reyes met Reyes. ")).collect();
    let mut mentions = Vec::new();
    let mut from = 0;
    for n in 0..100_000 {
        let name = format!("A{n} Reyes");
        let begin = from + text[from..].find(&name).unwrap();
        let bare = begin + name.len() + 5;
        from = bare + 5;
        for (begin, end) in [(begin, begin + name.len()), (bare, bare + 5)] {
            mentions.push(Mention { begin, end, label: "PERSON", probability: 0.9, entry: None });
        }
    }
    check(&text, &mentions, None);
}

#[test]
fn marks_with_nothing_between_them_are_no_part_of_a_quotation() {
    for text in ["« , \n\n « ».", "« \n\n « It ends here, he said. ».", "“So it is.\n\n“” Kalin said."]
    {
        check(text, &[], None);
    }
}

#[test]
fn an_article_of_only_quotation_marks_is_read() {
    for mark in ["“", "”", "\"", "'", "‘", "’", "«", "»", "„", "“”", "\" \"", " '", "“a\n\n"]
    {
        check(&mark.repeat(40_000), &[], None);
    }
}

#[test]
fn a_publication_at_the_end_of_the_calendar_is_no_trouble() {
    let text = "tomorrow next-year Tuesday next Friday last year in 10,000 years";
    let mentions: Vec<Mention<'_>> = mentions_of(text, |_, _| true)
        .into_iter()
        .map(|mention| Mention { label: "DATE", ..mention })
        .collect();
    for published in [datetime!(9999-12-31 23:59:59 UTC), datetime!(-9999-01-01 0:00 UTC)] {
        let found = analyzed(text, &mentions, Some(published));
        assert_eq!(found.dates.len(), mentions.len());
    }
}
