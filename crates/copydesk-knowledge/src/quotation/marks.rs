//! Stretches between quotation marks, whatever they mean: curly, straight, single, guillemets, German low quotes.
//!
//! The outermost marks count. A mark that is never closed quotes nothing, unless the next paragraph opens with the same
//! mark again: so runs a long quotation through paragraphs. One pass; a single mark looks ahead a bounded way.

use std::ops::Range;

use crate::article::Paragraph;

/// How far behind the first possible end of a single quotation a better one is looked for: the apostrophe of "the
/// workers’ rights" is a possible end too.
const MAX_LOOK_AHEAD_CHARS: usize = 600;

/// A stretch between marks within one paragraph.
#[derive(Clone, Debug)]
pub(super) struct Quoted {
    /// With the marks.
    pub(super) outer: Range<usize>,
    /// Without them, trimmed.
    pub(super) inner: Range<usize>,
    /// Index into the paragraphs.
    pub(super) paragraph: usize,
    /// No closing mark: the next stretch, in the next paragraph, goes on.
    pub(super) goes_on: bool,
    /// Marks of the single kind.
    is_single: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Curly,
    Straight,
    CurlySingle,
    StraightSingle,
    Guillemets,
    TurnedGuillemets,
    Low,
}

impl Kind {
    fn is_single(self) -> bool {
        matches!(self, Kind::CurlySingle | Kind::StraightSingle)
    }
}

#[derive(Clone, Copy)]
struct Open {
    kind: Kind,
    mark: char,
    /// Index into the characters.
    at: usize,
    /// An index where a single quotation may end, if nothing better comes.
    possible_end: Option<usize>,
}

/// Finds the stretches of all prose paragraphs, in text order, without overlap.
pub(super) fn find(text: &str, paragraphs: &[Paragraph]) -> Vec<Quoted> {
    let mut found = Vec::new();
    for (index, paragraph) in paragraphs.iter().enumerate() {
        if !paragraph.is_prose {
            continue;
        }
        let next_mark = paragraphs
            .get(index + 1)
            .filter(|next| next.is_prose)
            .and_then(|next| text.get(next.begin..next.end)?.chars().find(|c| !c.is_whitespace()));
        let Some(words) = text.get(paragraph.begin..paragraph.end) else { continue };
        let chars = words.char_indices().map(|(at, c)| (paragraph.begin + at, c)).collect();
        let scan = Scan { chars, end: paragraph.end, text, paragraph: index };
        scan.find(next_mark, &mut found);
    }
    found
}

struct Scan<'a> {
    chars: Vec<(usize, char)>,
    end: usize,
    text: &'a str,
    paragraph: usize,
}

impl Scan<'_> {
    fn char(&self, index: usize) -> char {
        self.chars.get(index).map_or(' ', |(_, c)| *c)
    }

    fn before(&self, index: usize) -> char {
        index.checked_sub(1).map_or(' ', |before| self.char(before))
    }

    fn byte(&self, index: usize) -> usize {
        self.chars.get(index).map_or(self.end, |(byte, _)| *byte)
    }

    fn find(&self, next_mark: Option<char>, found: &mut Vec<Quoted>) {
        let mut from = 0;
        while let Some(last) = self.find_closed(from, found) {
            if let Some(end) = last.possible_end {
                found.push(self.quoted(last, end, false));
                from = end + 1;
            } else if last.kind.is_single() {
                // An apostrophe: what follows it is read again.
                from = last.at + 1;
            } else {
                if next_mark == Some(last.mark) {
                    found.push(self.quoted(last, self.chars.len(), true));
                }
                return;
            }
        }
    }

    /// Finds what is closed behind the character `from`; the mark that is open at the paragraph's end.
    fn find_closed(&self, from: usize, found: &mut Vec<Quoted>) -> Option<Open> {
        let mut open: Option<Open> = None;
        let mut index = from;
        while index < self.chars.len() {
            let Some(current) = &mut open else {
                open = self.opening(index);
                index += 1;
                continue;
            };
            if current.kind.is_single() {
                match self.single_step(current, index) {
                    Step::GoOn => {}
                    Step::Close(end) => {
                        found.push(self.quoted(*current, end, false));
                        open = None;
                        index = end;
                    }
                    Step::Restart => {
                        open = None;
                        continue;
                    }
                }
            } else if self.closes(current.kind, index) {
                found.push(self.quoted(*current, index, false));
                open = None;
            } else if let Some(inner) = self.opening(index).filter(|inner| inner.kind == current.kind) {
                // The former was never closed.
                open = Some(inner);
            }
            index += 1;
        }
        open
    }

    /// What a character says while a single quotation is open.
    fn single_step(&self, open: &mut Open, index: usize) -> Step {
        let c = self.char(index);
        let is_mark = matches!(c, '’' | '\'');
        if is_mark && !self.char(index + 1).is_alphanumeric() && index > open.at + 1 {
            let before = self.before(index);
            if matches!(before, ',' | '.' | '!' | '?' | '…') {
                return Step::Close(index);
            }
            if !before.is_whitespace() {
                open.possible_end.get_or_insert(index);
            }
        }
        let is_other = self.opening(index).is_some_and(|other| match open.kind {
            // A double quotation within a straight single one: the single was an apostrophe.
            Kind::StraightSingle => true,
            // Within one that may have ended, anything that opens is another.
            Kind::CurlySingle => other.kind == Kind::CurlySingle || open.possible_end.is_some(),
            Kind::Curly | Kind::Straight | Kind::Guillemets | Kind::TurnedGuillemets | Kind::Low => false,
        });
        match open.possible_end {
            Some(end) if is_other || index > end + MAX_LOOK_AHEAD_CHARS => Step::Close(end),
            None if is_other => Step::Restart,
            None | Some(_) => Step::GoOn,
        }
    }

    /// A mark that opens, judged by its neighbours.
    fn opening(&self, index: usize) -> Option<Open> {
        let mark = self.char(index);
        let (before, after) = (self.before(index), self.char(index + 1));
        let at_word = !after.is_whitespace() && index + 1 < self.chars.len();
        let behind_space =
            before.is_whitespace() || matches!(before, '(' | '[' | '—' | '–' | '-' | ':' | ',' | '/');
        let kind = match mark {
            '“' if at_word => Kind::Curly,
            '"' if at_word && behind_space => Kind::Straight,
            '«' if !before.is_alphanumeric() => Kind::Guillemets,
            '»' if at_word && behind_space => Kind::TurnedGuillemets,
            '„' if at_word => Kind::Low,
            '‘' if at_word && behind_space && !self.is_elision(index) => Kind::CurlySingle,
            '\'' if after.is_alphanumeric() && behind_space && !self.is_elision(index) => {
                Kind::StraightSingle
            }
            _ => return None,
        };
        Some(Open { kind, mark, at: index, possible_end: None })
    }

    fn closes(&self, kind: Kind, index: usize) -> bool {
        match (kind, self.char(index)) {
            (Kind::Curly, '”') | (Kind::Guillemets, '»') | (Kind::TurnedGuillemets, '«') => true,
            (Kind::Low, '“' | '”') => true,
            (Kind::Curly, '"') => !self.before(index).is_whitespace(),
            (Kind::Straight | Kind::Low, '"') => !self.opens_again(index) && !self.is_inch(index),
            (Kind::Straight, '”') => true,
            _ => false,
        }
    }

    /// A straight mark with a space in front and a word behind begins something.
    fn opens_again(&self, index: usize) -> bool {
        self.before(index).is_whitespace() && self.char(index + 1).is_alphanumeric()
    }

    /// 6'2": feet and inches.
    fn is_inch(&self, index: usize) -> bool {
        let mut at = index;
        while at > 0 && self.before(at).is_ascii_digit() {
            at -= 1;
        }
        at < index && matches!(self.before(at), '\'' | '’' | '′')
    }

    /// '90s, 'em, 'til: an apostrophe in front of a word.
    fn is_elision(&self, index: usize) -> bool {
        let word: String =
            (index + 1..index + 8).map(|at| self.char(at)).take_while(|c| c.is_alphanumeric()).collect();
        let word = word.to_lowercase();
        let is_decade =
            word.len() == 3 && word.ends_with('s') && word.starts_with(|c: char| c.is_ascii_digit());
        is_decade || matches!(word.as_str(), "em" | "til" | "tis" | "twas" | "cause" | "bout" | "n" | "round")
    }

    fn quoted(&self, open: Open, end: usize, goes_on: bool) -> Quoted {
        let outer_end = if end < self.chars.len() { self.byte(end + 1) } else { self.end };
        let inner = trimmed(self.text, self.byte(open.at + 1)..self.byte(end));
        Quoted {
            outer: self.byte(open.at)..outer_end,
            inner,
            paragraph: self.paragraph,
            goes_on,
            is_single: open.kind.is_single(),
        }
    }
}

enum Step {
    GoOn,
    Close(usize),
    Restart,
}

impl Quoted {
    /// Between single marks, which scare quotes and titles use most.
    pub(super) fn is_single(&self) -> bool {
        self.is_single
    }
}

/// A range without white space at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let words = text.get(range.clone()).unwrap_or_default();
    let begin = range.start + (words.len() - words.trim_start().len());
    let end = begin + words.trim().len();
    begin..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> Vec<&str> {
        let mut begin = 0;
        let paragraphs: Vec<Paragraph> = text
            .split("\n\n")
            .map(|words| {
                let paragraph = Paragraph { begin, end: begin + words.len(), is_prose: true };
                begin = paragraph.end + 2;
                paragraph
            })
            .collect();
        find(text, &paragraphs).into_iter().map(|quoted| &text[quoted.inner]).collect()
    }

    #[test]
    fn every_style_of_marks_is_read() {
        for (text, expected) in [
            ("He said “yes, now” twice.", vec!["yes, now"]),
            ("He said \"yes, now\" twice.", vec!["yes, now"]),
            ("She said: ‘The workers’ rights are gone,’ and left.", vec!["The workers’ rights are gone,"]),
            ("'It can't last,' he said. 'It won't.'", vec!["It can't last,", "It won't."]),
            ("« Jamais », dit-il.", vec!["Jamais"]),
            ("»Niemals«, sagte sie. „Doch“, sagte er.", vec!["Niemals", "Doch"]),
            ("“He told me ‘no’ and “left,” she said.", vec!["left,"]),
            ("“One.\n\n“Two.”", vec!["One.", "Two."]),
            ("“One.\n\nTwo.”", vec![]),
            (
                "The 6'2\" guard of the '90s said \"I am 6'2\" tall\" to the boys' coach.",
                vec!["I am 6'2\" tall"],
            ),
            ("‘Boxes’ hold it. “We sent them,” she says.", vec!["Boxes", "We sent them,"]),
            ("The ‘workers rights. “We sent them,” she says.", vec!["We sent them,"]),
            ("Rock 'n' roll and the dogs' dinner", vec![]),
        ] {
            assert_eq!(quoted(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_but_marks_is_read_in_bounded_time() {
        for mark in ["“", "”", "\"", "'", "‘", "’", "« ", "„", "'a ", "‘b’ "] {
            quoted(&mark.repeat(50_000));
        }
    }
}
