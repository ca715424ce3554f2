//! Styled text set in lines of a given width.
//!
//! What comes from an article is not trusted: control characters and direction overrides, with which a text could
//! repaint the reader's terminal, are shown as U+FFFD.

use anstyle::Style;
use unicode_width::UnicodeWidthChar;

use super::palette::Palette;

/// A piece of text in one style; words may run on from one piece to the next.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Run {
    pub(super) fn new(text: impl Into<String>, style: Style) -> Run {
        Run { text: text.into(), style }
    }
}

/// Where lines start and end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure<'a> {
    /// In terminal columns, indents included.
    pub(super) width: usize,
    /// In front of the first line.
    pub(super) first_indent: &'a str,
    /// In front of the other lines.
    pub(super) indent: &'a str,
}

#[derive(Default)]
struct Word {
    parts: Vec<(Style, String)>,
    columns: usize,
    /// Of the space in front, so that an underlined name of two words has no hole.
    space_style: Style,
}

/// Sets runs as one paragraph, each line ended by a newline. All white space counts as one space; a word that is wider
/// than a line is cut.
pub(super) fn wrap(palette: Palette, runs: &[Run], measure: Measure<'_>) -> String {
    let first_room = measure.width.saturating_sub(columns(measure.first_indent)).max(8);
    let room = measure.width.saturating_sub(columns(measure.indent)).max(8);
    let mut lines = Lines { palette, out: measure.first_indent.to_owned(), style: Style::new() };
    let mut used = 0;
    let mut line_room = first_room;
    for word in words(runs, room) {
        if used > 0 && used + 1 + word.columns > line_room {
            lines.put(Style::new(), "\n");
            lines.out.push_str(measure.indent);
            used = 0;
            line_room = room;
        } else if used > 0 {
            lines.put(word.space_style, " ");
            used += 1;
        }
        used += word.columns;
        for (style, text) in &word.parts {
            lines.put(*style, text);
        }
    }
    lines.put(Style::new(), "\n");
    lines.out
}

/// What is shown in place of a character that must not reach a terminal.
pub(super) fn printable(character: char) -> char {
    let redirects = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if character.is_control() || redirects { char::REPLACEMENT_CHARACTER } else { character }
}

/// How many terminal columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

fn words(runs: &[Run], max_columns: usize) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word::default();
    for run in runs {
        for character in run.text.chars() {
            if character.is_whitespace() {
                finish(&mut words, &mut word);
                word.space_style = run.style;
                continue;
            }
            let character = printable(character);
            let character_columns = character.width().unwrap_or(0);
            if word.columns + character_columns > max_columns {
                finish(&mut words, &mut word);
            }
            word.columns += character_columns;
            match word.parts.last_mut() {
                Some((style, text)) if *style == run.style => text.push(character),
                _ => word.parts.push((run.style, character.into())),
            }
        }
    }
    finish(&mut words, &mut word);
    words
}

fn finish(words: &mut Vec<Word>, word: &mut Word) {
    if !word.parts.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// Switches styles only where they change.
struct Lines {
    palette: Palette,
    out: String,
    style: Style,
}

impl Lines {
    fn put(&mut self, style: Style, text: &str) {
        if style != self.style {
            let (_, off) = self.palette.escapes(self.style);
            let (on, _) = self.palette.escapes(style);
            self.out.push_str(&off);
            self.out.push_str(&on);
            self.style = style;
        }
        self.out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, width: usize, first_indent: &str, indent: &str) -> String {
        let runs = [Run::new(text, Style::new())];
        wrap(Palette::new(false), &runs, Measure { width, first_indent, indent })
    }

    #[test]
    fn lines_are_no_wider_than_asked() {
        for (text, expected) in [
            ("", "> \n"),
            ("one two  three\nfour", "> one two\n  three four\n"),
            ("abcdefghijklmnop", "> abcdefghij\n  klmnop\n"),
            // Two columns each.
            ("漢字漢字漢字漢字", "> 漢字漢字漢\n  字漢字\n"),
        ] {
            assert_eq!(plain(text, 12, "> ", "  "), expected, "{text}");
        }
    }

    #[test]
    fn a_text_cannot_command_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb \u{202e}c", 80, "", ""), "a\u{fffd}[2Jb \u{fffd}c\n");
    }

    #[test]
    fn a_style_goes_on_across_lines_and_is_off_at_the_ends() {
        let bold = Style::new().bold();
        let runs = [Run::new("say ", Style::new()), Run::new("New York", bold), Run::new("!", Style::new())];
        let measure = Measure { width: 11, first_indent: "", indent: "" };
        assert_eq!(
            wrap(Palette::new(true), &runs, measure),
            "say \u{1b}[1mNew\u{1b}[0m\n\u{1b}[1mYork\u{1b}[0m!\n"
        );
        let measure = Measure { width: 80, ..measure };
        assert_eq!(wrap(Palette::new(true), &runs, measure), "say \u{1b}[1mNew York\u{1b}[0m!\n");
    }
}
