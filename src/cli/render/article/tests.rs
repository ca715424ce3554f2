//! What a reader sees of an article, in full.

use super::*;
use crate::cli::render::{coloured_screen, plain_screen};

fn sample() -> v1::Article {
    let text = "Turkey said no.\n\nÉlan — NATO.".to_owned();
    let span = |begin, end| Some(v1::Span { begin, end, ..Default::default() });
    let paragraph = |begin, end| v1::Paragraph { span: span(begin, end), kind: ParagraphKind::Body as i32 };
    let entity = |name: &str, kind: v1::EntityType, begin, end| v1::Entity {
        name: name.into(),
        r#type: kind as i32,
        mention_count: 2,
        mentions: vec![v1::Mention { span: span(begin, end), ..Default::default() }],
        ..Default::default()
    };
    v1::Article {
        external_id: "a.txt".into(),
        source: "cli".into(),
        title: "A title".into(),
        authors: vec!["A. Author".into()],
        paragraphs: vec![paragraph(0, 15), paragraph(17, 32)],
        entities: vec![
            entity("Turkey", v1::EntityType::Gpe, 0, 6),
            entity("NATO", v1::EntityType::Org, 27, 31),
            // Out of the text, and inside a character: neither may be shown or end the program.
            entity("Beyond", v1::EntityType::Org, 30, 99),
            entity("Within", v1::EntityType::Org, 18, 20),
        ],
        lead_image: Some(v1::LeadImage {
            url: "https://example.com/a.jpg".into(),
            credit: "AFP".into(),
            ..Default::default()
        }),
        is_accessible_for_free: Some(false),
        captions: vec![v1::Caption { text: "A picture.".into(), credit: "AFP".into(), ..Default::default() }],
        removed: (0..8)
            .map(|n| v1::Removed {
                text: format!("Share {n}"),
                reason: "page_furniture".into(),
                ..Default::default()
            })
            .collect(),
        word_count: 5,
        text,
        ..Default::default()
    }
}

#[test]
fn an_article_without_colours_keeps_everything() {
    assert_eq!(
        article(&plain_screen(60), &sample(), Some(Duration::from_millis(23))),
        "\
━━ A title
    by A. Author · for subscribers

    [Turkey|GPE] said no.

    Élan — [NATO|ORG].

    Lead image: https://example.com/a.jpg (AFP)

    Picture: A picture. (AFP)

    Entities
    Organizations: NATO ×2, Beyond ×2, Within ×2
    Places: Turkey ×2

    Removed
    page furniture (8)
      - Share 0
      - Share 1
      - Share 2
      - Share 3
      - Share 4
      - Share 5
      - and 2 more

    cli/a.txt · 5 words · took 23 ms
"
    );
}

#[test]
fn entities_are_coloured_where_they_stand() {
    let shown = article(&coloured_screen(60), &sample(), None);
    assert!(shown.contains("    \u{1b}[1m\u{1b}[92mTurkey\u{1b}[0m said no.\n"), "{shown:?}");
    assert!(!shown.contains("|GPE]"));
}

#[test]
fn an_empty_article_is_no_trouble() {
    let shown = article(&plain_screen(60), &v1::Article::default(), None);
    assert_eq!(shown, "━━ (no title found)\n\n    0 words\n");
}

#[test]
fn quotations_are_listed_with_their_speakers_and_dates_with_their_value() {
    let span = |begin, end| v1::Span { begin, end, ..Default::default() };
    let text = "“No,” Kalin said late Tuesday.".to_owned();
    let shown = v1::Article {
        paragraphs: vec![v1::Paragraph { span: Some(span(0, 34)), kind: ParagraphKind::Body as i32 }],
        quotations: vec![v1::Quotation {
            parts: vec![span(3, 6)],
            text: "No,".into(),
            direct: true,
            speaker: Some(v1::Speaker {
                text: "Kalin".into(),
                span: Some(span(10, 15)),
                ..Default::default()
            }),
            cue: Some(v1::Cue { span: Some(span(16, 20)), ..Default::default() }),
            ..Default::default()
        }],
        dates: vec![v1::DateValue {
            text: "late Tuesday".into(),
            value: "2019-07-30".into(),
            approximate: true,
            ..Default::default()
        }],
        text,
        ..Default::default()
    };
    let plain = article(&plain_screen(60), &shown, None);
    assert!(plain.contains("    Kalin: “No,”\n"), "{plain}");
    assert!(plain.contains("    late Tuesday (about 2019-07-30)\n"), "{plain}");
    let coloured = article(&coloured_screen(60), &shown, None);
    assert!(
        coloured.contains(
            "“\u{1b}[3m\u{1b}[33mNo,\u{1b}[0m” \u{1b}[4mKalin\u{1b}[0m \u{1b}[2msaid\u{1b}[0m late"
        ),
        "{coloured:?}"
    );
}
