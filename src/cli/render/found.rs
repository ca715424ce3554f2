//! What a search found: title, source, date and score on one line, and the part of the text that shows why.

use anstyle::Style;
use copydesk_proto::v1;

use super::{
    Screen,
    flow::{Measure, Run, columns, wrap},
    line::{clip, date},
    palette::Role,
};

/// One match. Highlights count bytes.
pub(crate) fn found_lines(screen: &Screen, found: &v1::SearchResult) -> String {
    let nothing = v1::Article::default();
    let article = found.article.as_ref().unwrap_or(&nothing);
    let title = if article.title.is_empty() { "(no title)" } else { article.title.as_str() };
    let mut out = set(screen, title, &found.title_highlights, Role::Title.style(), "");
    let time = article.published_time.as_ref().or(article.accepted_time.as_ref());
    let mut facts = vec![clip(&article.source, 40)];
    facts.extend(time.map(date));
    facts.push(format!("score {:.3}", found.score));
    facts.push(article.article_id.clone());
    let line = facts.join("  ");
    let line = if columns(&line) + 4 > screen.width() {
        clip(&line, screen.width().saturating_sub(4))
    } else {
        line
    };
    out.push_str(&format!("    {}\n", screen.paint(Role::Quiet, &line)));
    if let Some(snippet) = &found.snippet {
        let lead = if snippet.is_start { "" } else { "… " };
        let text = format!("{lead}{} …", snippet.text);
        let shift = i32::try_from(lead.len()).unwrap_or(0);
        let moved: Vec<v1::Highlight> = snippet
            .highlights
            .iter()
            .map(|mark| v1::Highlight { begin: mark.begin + shift, end: mark.end + shift })
            .collect();
        out.push_str(&set(screen, &text, &moved, Style::new(), "    "));
    }
    out
}

/// A text with its marks: coloured, or in brackets where there are no colours.
fn set(screen: &Screen, text: &str, marks: &[v1::Highlight], style: Style, indent: &str) -> String {
    let (open, close) = if screen.palette.has_colour() { ("", "") } else { ("[", "]") };
    let mut runs = Vec::new();
    let mut at = 0;
    for mark in marks {
        let (Ok(begin), Ok(end)) = (usize::try_from(mark.begin), usize::try_from(mark.end)) else { continue };
        let (Some(before), Some(hit)) = (text.get(at..begin), text.get(begin..end)) else { continue };
        runs.push(Run::new(before, style));
        runs.push(Run::new(format!("{open}{hit}{close}"), Role::Match.style()));
        at = end;
    }
    runs.push(Run::new(text.get(at..).unwrap_or_default(), style));
    wrap(screen.palette, &runs, Measure { width: screen.width(), first_indent: indent, indent })
}

#[cfg(test)]
mod tests {
    use super::super::{coloured_screen, plain_screen};
    use super::*;

    fn found() -> v1::SearchResult {
        let mark = |begin, end| v1::Highlight { begin, end };
        v1::SearchResult {
            article: Some(v1::Article {
                title: "Talks on the ferry".to_owned(),
                source: "wire".to_owned(),
                article_id: "id".to_owned(),
                published_time: Some(prost_types::Timestamp { seconds: 1_564_531_200, nanos: 0 }),
                ..Default::default()
            }),
            score: 0.125,
            snippet: Some(v1::Snippet {
                text: "to Łódź the ferry\u{1b}[31m sails".to_owned(),
                highlights: vec![mark(15, 20)],
                is_start: false,
            }),
            title_highlights: vec![mark(13, 18)],
        }
    }

    #[test]
    fn hits_are_in_brackets_where_there_is_no_colour_and_coloured_where_there_is() {
        let plain = found_lines(&plain_screen(80), &found());
        assert_eq!(
            plain,
            "Talks on the [ferry]\n    wire  2019-07-31  score 0.125  id\n    … to Łódź the [ferry]\u{fffd}[31m sails …\n"
        );
        let coloured = found_lines(&coloured_screen(80), &found());
        let hit = screen_paint(&coloured_screen(80));
        assert_eq!(coloured.matches(&hit).count(), 2, "{coloured:?}");
    }

    fn screen_paint(screen: &Screen) -> String {
        let (on, _) = screen.palette.escapes(Role::Match.style());
        format!("{on}ferry")
    }

    #[test]
    fn marks_that_cannot_be_are_passed_over() {
        let mut broken = found();
        broken.title_highlights =
            vec![v1::Highlight { begin: 5, end: 2 }, v1::Highlight { begin: -1, end: 900 }];
        assert!(found_lines(&plain_screen(80), &broken).starts_with("Talks on the ferry\n"));
    }
}
