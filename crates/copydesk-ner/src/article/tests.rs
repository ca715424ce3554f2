use super::{Options, refine};
use crate::Mention;

const LABELS: [&str; 6] = ["ORG", "PERSON", "GPE", "DATE", "FAC", "NORP"];

/// Marks in square brackets, `[LABEL text]` or `[LABEL:0.3 text]`, to texts and mentions.
fn marked(paragraphs: &[&str]) -> (Vec<String>, Vec<Vec<Mention>>) {
    let mut texts = Vec::new();
    let mut all = Vec::new();
    for paragraph in paragraphs {
        let (mut text, mut mentions) = (String::new(), Vec::new());
        for (i, part) in paragraph.split(['[', ']']).enumerate() {
            if i % 2 == 0 {
                text.push_str(part);
                continue;
            }
            let (mark, name) = part.split_once(' ').unwrap();
            let (label, probability) = mark.split_once(':').unwrap_or((mark, "0.9"));
            let label = LABELS.iter().position(|known| *known == label).unwrap() as u16;
            let begin = text.len();
            text.push_str(name);
            mentions.push(Mention {
                begin,
                end: text.len(),
                label,
                probability: probability.parse().unwrap(),
            });
        }
        texts.push(text);
        all.push(mentions);
    }
    (texts, all)
}

fn refined(paragraphs: &[&str], language: &str, options: Options) -> Vec<String> {
    let (texts, mut mentions) = marked(paragraphs);
    let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
    let labels: Vec<String> = LABELS.iter().map(|&label| label.to_owned()).collect();
    refine(&labels, language, &borrowed, &mut mentions, options);
    let mark = |(text, mentions): (&String, &Vec<Mention>)| {
        let mut out = text.clone();
        for mention in mentions.iter().rev() {
            let name =
                format!("[{} {}]", LABELS[usize::from(mention.label)], &text[mention.begin..mention.end]);
            out.replace_range(mention.begin..mention.end, &name);
        }
        out
    };
    texts.iter().zip(&mentions).map(mark).collect()
}

fn check(paragraphs: &[&str], expected: &[&str]) {
    assert_eq!(refined(paragraphs, "en", Options::default()), expected);
}

#[test]
fn spans_are_cut_to_the_name() {
    check(&["In [ORG the US Senate's] hall"], &["In the [ORG US Senate]'s hall"]);
    check(
        &["said [PERSON Lt. Gen. Ann Lee] and [PERSON Dr.]"],
        &["said Lt. Gen. [PERSON Ann Lee] and [PERSON Dr.]"],
    );
    check(&["[GPE  the U.S. ] in [DATE the 1990s]"], &[" the [GPE U.S.]  in the [DATE 1990s]"]);
    check(&["by [ORG Broadway (Random House]"], &["by [ORG Broadway] (Random House"]);
    check(&["[ORG The]"], &["[ORG The]"]);
    let own = Options { own_spans: true, ..Options::default() };
    assert_eq!(refined(&["In [ORG the US Senate's] hall"], "en", own), ["In [ORG the US Senate's] hall"]);
    assert_eq!(refined(&["[ORG The Club] à"], "fr", Options::default()), ["[ORG The Club] à"]);
}

#[test]
fn a_surname_follows_its_full_name_across_paragraphs() {
    check(
        &["[PERSON Ann Norton] won.", "[ORG:0.3 Norton] thanked Norton fans, not Nortons."],
        &["[PERSON Ann Norton] won.", "[PERSON Norton] thanked [PERSON Norton] fans, not Nortons."],
    );
}

#[test]
fn a_repeated_name_keeps_the_type_that_has_most_behind_it() {
    check(
        &["[GPE Gaza] and [PERSON:0.4 Gaza]", "[GPE:0.1 Gaza]; [DATE May] or [PERSON May]"],
        &["[GPE Gaza] and [GPE Gaza]", "[GPE Gaza]; [DATE May] or [PERSON May]"],
    );
}

#[test]
fn last_words_and_acronyms_tell_types() {
    check(&["[PERSON Sandy Dock] by [GPE Dover School]"], &["[FAC Sandy Dock] by [ORG Dover School]"]);
    check(
        &["[ORG Central Bank of Kenya] (CBK) and [ORG Free Party] ([GPE FP]) and [ORG Red Cross] (IFRC)"],
        &[
            "[ORG Central Bank of Kenya] ([ORG CBK]) and [ORG Free Party] ([ORG FP]) and [ORG Red Cross] (IFRC)",
        ],
    );
}

#[test]
fn doubtful_mentions_go_unless_kept() {
    check(
        &["[ORG:0.2 Foo] [ORG:0.4 widgets] [DATE:0.1 May] [GPE:0.3 Oyo]"],
        &["Foo widgets [DATE May] [GPE Oyo]"],
    );
    let keep = Options { keep_doubtful: true, ..Options::default() };
    assert_eq!(refined(&["[ORG:0.2 Foo]"], "en", keep), ["[ORG Foo]"]);
}

#[test]
fn mentions_stay_in_order_and_apart() {
    let (texts, mut mentions) = marked(&["Acme, [ORG Acme Bank] and Acme met [ORG Acme] of Acme Bank."]);
    let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
    let labels: Vec<String> = LABELS.iter().map(|&label| label.to_owned()).collect();
    refine(&labels, "en", &borrowed, &mut mentions, Options::default());
    let spans: Vec<&str> = mentions[0].iter().map(|m| &texts[0][m.begin..m.end]).collect();
    assert_eq!(spans, ["Acme", "Acme Bank", "Acme", "Acme", "Acme Bank"]);
    assert!(mentions[0].windows(2).all(|pair| pair[0].end <= pair[1].begin));
}

#[test]
fn any_mentions_of_any_text_stay_within_it_in_order_and_apart() {
    let pieces = [
        "the ", "Ann ", "Norton", "'s", " (", "AN", ") ", "é", "\u{a0}", "Dr. ", "Lake", ", ", "İ", "😀",
        "U.S.",
    ];
    let mut state = 7u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % bound
    };
    let labels: Vec<String> = LABELS.iter().map(|&label| label.to_owned()).collect();
    for _ in 0..5_000 {
        let texts: Vec<String> =
            (0..3).map(|_| (0..below(20)).map(|_| pieces[below(pieces.len())]).collect()).collect();
        let mut mentions = Vec::new();
        for text in &texts {
            let mut cuts: Vec<usize> =
                text.char_indices().map(|(at, _)| at).filter(|_| below(3) == 0).collect();
            cuts.push(text.len());
            cuts.dedup();
            let spans = cuts.chunks_exact(2).filter(|cut| cut[0] < cut[1]);
            let mention = |cut: &[usize]| Mention {
                begin: cut[0],
                end: cut[1],
                label: below(LABELS.len()) as u16,
                probability: below(100) as f32 / 100.0,
            };
            mentions.push(spans.map(mention).collect::<Vec<_>>());
        }
        let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
        refine(&labels, "en", &borrowed, &mut mentions, Options::default());
        for (text, mentions) in texts.iter().zip(&mentions) {
            assert!(
                mentions.iter().all(|m| m.begin < m.end && text.get(m.begin..m.end).is_some()),
                "{text:?}"
            );
            assert!(mentions.windows(2).all(|pair| pair[0].end <= pair[1].begin), "{text:?} {mentions:?}");
        }
    }
}
