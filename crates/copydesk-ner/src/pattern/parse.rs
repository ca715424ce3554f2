//! Reads the syntax of Python's `re` into a tree.
//!
//! Covered is what spaCy's rules and their kin use: literals, classes, groups, alternation, greedy and lazy
//! counts, anchors, word boundaries, lookahead and lookbehind, and the flags `i`, `s`, `u` at the start. Anything
//! else (back-references, possessive counts, multi-line anchors) is an error that names the construct.

use std::collections::HashMap;

use super::PatternError;
use super::class::{CharClass, Predefined};

/// A pattern's tree. Classes are indices into [`Parsed::classes`].
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Class(u32),
    Concat(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        lazy: bool,
    },
    Start,
    /// `$`: at the end, or before a line feed that ends the text. `\Z` is the former only.
    End {
        before_line_feed: bool,
    },
    WordBoundary {
        negated: bool,
    },
    Look {
        body: Box<Node>,
        behind: bool,
        negated: bool,
    },
}

pub(crate) struct Parsed {
    pub(crate) node: Node,
    pub(crate) classes: Vec<CharClass>,
}

/// Groups may nest this deep; spaCy's URL pattern needs six.
const MAX_DEPTH: u32 = 100;

pub(crate) fn parse(pattern: &str) -> Result<Parsed, PatternError> {
    let mut parser = Parser {
        pattern,
        at: 0,
        depth: 0,
        ignore_case: false,
        dot_all: false,
        classes: Vec::new(),
        interned: HashMap::new(),
    };
    let node = parser.alternatives()?;
    match parser.peek() {
        None => Ok(Parsed { node, classes: parser.classes }),
        Some(_) => parser.fail("an unmatched )"),
    }
}

struct Parser<'p> {
    pattern: &'p str,
    at: usize,
    depth: u32,
    ignore_case: bool,
    dot_all: bool,
    classes: Vec<CharClass>,
    /// Class source (with the flag in front) to class: a French rule set repeats one class 480 times.
    interned: HashMap<String, u32>,
}

/// What an escape stands for.
enum Escape {
    Literal(char),
    Predefined(Predefined, bool),
}

impl<'p> Parser<'p> {
    fn fail<T>(&self, what: &str) -> Result<T, PatternError> {
        Err(PatternError { at: self.at, what: what.to_owned() })
    }

    fn peek(&self) -> Option<char> {
        self.pattern[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.pattern[self.at..].starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn intern(&mut self, source: String, build: impl FnOnce(bool) -> CharClass) -> Node {
        let ignore_case = self.ignore_case;
        let key = if ignore_case { format!("i{source}") } else { format!("c{source}") };
        let classes = &mut self.classes;
        let id = *self.interned.entry(key).or_insert_with(|| {
            classes.push(build(ignore_case));
            (classes.len() - 1) as u32
        });
        Node::Class(id)
    }

    fn literal(&mut self, c: char) -> Node {
        let code = u32::from(c);
        self.intern(format!("={c}"), |fold| CharClass::new(vec![(code, code)], vec![], false, fold))
    }

    fn alternatives(&mut self) -> Result<Node, PatternError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail("groups nested too deep");
        }
        let mut branches = vec![self.sequence()?];
        while self.eat("|") {
            branches.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Alternatives(branches) })
    }

    fn sequence(&mut self) -> Result<Node, PatternError> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            if let Some(atom) = self.atom()? {
                nodes.push(self.counted(atom)?);
            }
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Concat(nodes) })
    }

    /// One atom, or none for what matches nothing by itself (flags, comments).
    fn atom(&mut self) -> Result<Option<Node>, PatternError> {
        let Some(c) = self.next() else { return Ok(None) };
        Ok(Some(match c {
            '(' => return self.group(),
            '[' => self.class()?,
            '.' => {
                let dot_all = self.dot_all;
                let not: Vec<(u32, u32)> = if dot_all { vec![] } else { vec![(10, 10)] };
                self.intern(format!(".{dot_all}"), |_| CharClass::new(not, vec![], true, false))
            }
            '^' => Node::Start,
            '$' => Node::End { before_line_feed: true },
            '*' | '+' | '?' => return self.fail("a count with nothing before it"),
            '\\' => match self.peek() {
                Some('A') => self.skip(Node::Start),
                Some('Z') => self.skip(Node::End { before_line_feed: false }),
                Some('b') => self.skip(Node::WordBoundary { negated: false }),
                Some('B') => self.skip(Node::WordBoundary { negated: true }),
                Some('1'..='9') => return self.fail("a back-reference"),
                _ => match self.escape()? {
                    Escape::Literal(c) => self.literal(c),
                    Escape::Predefined(set, complement) => self
                        .intern(format!("\\{set:?}{complement}"), |fold| {
                            CharClass::new(vec![], vec![(set, complement)], false, fold)
                        }),
                },
            },
            c => self.literal(c),
        }))
    }

    fn skip(&mut self, node: Node) -> Node {
        self.next();
        node
    }

    fn counted(&mut self, atom: Node) -> Result<Node, PatternError> {
        let Some((min, max)) = self.count()? else { return Ok(atom) };
        let lazy = self.eat("?");
        if self.eat("+") {
            return self.fail("a possessive count");
        }
        let node = Node::Repeat { node: Box::new(atom), min, max, lazy };
        match self.count()? {
            Some(_) => self.fail("a count of a count"),
            None => Ok(node),
        }
    }

    fn count(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        if self.eat("*") {
            return Ok(Some((0, None)));
        }
        if self.eat("+") {
            return Ok(Some((1, None)));
        }
        if self.eat("?") {
            return Ok(Some((0, Some(1))));
        }
        // `{` opens a count only if a well-formed one follows, as in Python.
        let rest = &self.pattern[self.at..];
        let Some((inside, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            return Ok(None);
        };
        let (low, high) = inside.split_once(',').unwrap_or((inside, inside));
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !number(low) || !number(high) || inside.is_empty() {
            return Ok(None);
        }
        let bound = |text: &str| text.parse::<u32>().ok().filter(|&n| n <= 1000);
        let min = if low.is_empty() { Some(0) } else { bound(low) };
        let max = if high.is_empty() { Some(None) } else { bound(high).map(Some) };
        match (min, max) {
            (Some(min), Some(max)) if max.is_none_or(|max| min <= max) => {
                self.at += inside.len() + 2;
                Ok(Some((min, max)))
            }
            _ => self.fail("a count above 1000 or out of order"),
        }
    }

    fn group(&mut self) -> Result<Option<Node>, PatternError> {
        let look = [("?=", false, false), ("?!", false, true), ("?<=", true, false), ("?<!", true, true)];
        for (mark, behind, negated) in look {
            if self.eat(mark) {
                let body = Box::new(self.alternatives()?);
                self.close()?;
                return Ok(Some(Node::Look { body, behind, negated }));
            }
        }
        if self.eat("?#") {
            while self.next().is_some_and(|c| c != ')') {}
            return Ok(None);
        }
        if self.eat("?P<") {
            while self.next().is_some_and(|c| c != '>') {}
        } else if self.pattern[self.at..].starts_with('?') && !self.eat("?:") {
            return self.flags();
        }
        let node = self.alternatives()?;
        self.close()?;
        Ok(Some(node))
    }

    fn close(&mut self) -> Result<(), PatternError> {
        if self.eat(")") { Ok(()) } else { self.fail("an unclosed group") }
    }

    /// `(?iu)` at the start of the pattern.
    fn flags(&mut self) -> Result<Option<Node>, PatternError> {
        if self.at != 1 {
            return self.fail("flags that are not at the start, or an unknown kind of group");
        }
        self.eat("?");
        while let Some(c) = self.next() {
            match c {
                'i' => self.ignore_case = true,
                's' => self.dot_all = true,
                'u' => {}
                ')' => return Ok(None),
                _ => return self.fail("a flag other than i, s, u"),
            }
        }
        self.fail("an unclosed group")
    }

    fn class(&mut self) -> Result<Node, PatternError> {
        let start = self.at;
        let negated = self.eat("^");
        let (mut ranges, mut predefined) = (Vec::new(), Vec::new());
        let mut first = true;
        loop {
            let c = match self.next() {
                None => return self.fail("an unclosed class"),
                Some(']') if !first => break,
                Some(c) => c,
            };
            first = false;
            let low = match if c == '\\' { self.escape()? } else { Escape::Literal(c) } {
                Escape::Literal(c) => c,
                Escape::Predefined(set, complement) => {
                    predefined.push((set, complement));
                    continue;
                }
            };
            let rest = &self.pattern[self.at..];
            if !rest.starts_with('-') || rest.starts_with("-]") {
                ranges.push((u32::from(low), u32::from(low)));
                continue;
            }
            self.eat("-");
            let high = match self.next() {
                None => return self.fail("an unclosed class"),
                Some('\\') => self.escape()?,
                Some(c) => Escape::Literal(c),
            };
            match high {
                Escape::Literal(high) if low <= high => ranges.push((u32::from(low), u32::from(high))),
                Escape::Literal(_) | Escape::Predefined(..) => return self.fail("a bad range in a class"),
            }
        }
        let source = self.pattern[start..self.at].to_owned();
        Ok(self.intern(format!("[{source}"), |fold| CharClass::new(ranges, predefined, negated, fold)))
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<Escape, PatternError> {
        let Some(c) = self.next() else { return self.fail("a backslash at the end") };
        Ok(Escape::Literal(match c {
            'd' => return Ok(Escape::Predefined(Predefined::Digit, false)),
            'D' => return Ok(Escape::Predefined(Predefined::Digit, true)),
            's' => return Ok(Escape::Predefined(Predefined::Space, false)),
            'S' => return Ok(Escape::Predefined(Predefined::Space, true)),
            'w' => return Ok(Escape::Predefined(Predefined::Word, false)),
            'W' => return Ok(Escape::Predefined(Predefined::Word, true)),
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'a' => '\u{7}',
            'b' => '\u{8}',
            '0' => '\0',
            'x' => self.hex(2)?,
            'u' => self.hex(4)?,
            'U' => self.hex(8)?,
            c if c.is_ascii_alphanumeric() => return self.fail("an unknown escape"),
            c => c,
        }))
    }

    fn hex(&mut self, digits: usize) -> Result<char, PatternError> {
        let code =
            self.pattern.get(self.at..self.at + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => {
                self.at += digits;
                Ok(c)
            }
            None => self.fail("a bad hexadecimal escape"),
        }
    }
}
