//! Turns a pattern's tree into programs for the simulation in `search.rs` (Thompson's construction).
//!
//! A pattern becomes one program that reads forwards, one that reads backwards if the pattern can only end where
//! the text ends, and one for each lookaround: lookaheads read forwards, lookbehinds backwards.

use super::PatternError;
use super::class::CharClass;
use super::parse::{Node, Parsed};

#[derive(Clone, Debug)]
pub(crate) enum Inst {
    /// Consumes one character of the class.
    Class(u32),
    /// Goes both ways; the first is preferred.
    Split(u32, u32),
    Jump(u32),
    Assert(Assertion),
    Match,
}

#[derive(Clone, Debug)]
pub(crate) enum Assertion {
    Start,
    End {
        before_line_feed: bool,
    },
    WordBoundary {
        negated: bool,
    },
    /// A lookaround of one character.
    LookClass {
        class: u32,
        behind: bool,
        negated: bool,
    },
    /// A lookaround by another program of the pattern.
    Look {
        program: u32,
        behind: bool,
        negated: bool,
    },
}

pub(crate) type Program = Vec<Inst>;

/// The compiled form of one pattern.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) classes: Vec<CharClass>,
    /// The first is the whole pattern, forwards.
    pub(crate) programs: Vec<Program>,
    /// The whole pattern backwards, if every match ends at the end of the text.
    pub(crate) backwards: Option<u32>,
    /// Every match starts at the start of the text.
    pub(crate) starts_at_start: bool,
    /// What a match can start with, and for a pattern with a program backwards what it can end with.
    pub(crate) first: First,
    pub(crate) last: First,
    /// An ASCII character that every match contains, if there is one: a text without it is not even looked at.
    pub(crate) required: Option<u8>,
}

/// The characters that a match can begin (or end) with; over-approximate, any other than ASCII may too.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct First {
    pub(crate) ascii: u128,
    /// A match may be empty, so the set says nothing.
    pub(crate) any: bool,
}

impl First {
    pub(crate) fn admits(self, byte: u8) -> bool {
        self.any || byte >= 128 || self.ascii >> byte & 1 == 1
    }
}

/// Instructions in all programs of one pattern; spaCy's URL pattern has 600, French `token_match` 30,000.
const MAX_INSTRUCTIONS: usize = 1 << 20;

pub(crate) fn compile(parsed: Parsed) -> Result<Compiled, PatternError> {
    let mut compiler = Compiler { programs: vec![Vec::new()], size: 0 };
    let forwards = compiler.program(&parsed.node, false)?;
    compiler.programs[0] = forwards;
    let mut backwards = None;
    if ends_at_end(&parsed.node) {
        let program = compiler.program(&parsed.node, true)?;
        backwards = Some(compiler.programs.len() as u32);
        compiler.programs.push(program);
    }
    let edge = |backwards| {
        let mut edge = First::default();
        edge.any = first_of(&parsed.node, &parsed.classes, backwards, &mut edge.ascii);
        edge
    };
    Ok(Compiled {
        programs: compiler.programs,
        backwards,
        starts_at_start: starts_at_start(&parsed.node),
        first: edge(false),
        last: edge(true),
        required: (0..128).find(|bit| required(&parsed.node, &parsed.classes) >> bit & 1 == 1),
        classes: parsed.classes,
    })
}

struct Compiler {
    programs: Vec<Program>,
    size: usize,
}

impl Compiler {
    fn program(&mut self, node: &Node, backwards: bool) -> Result<Program, PatternError> {
        let mut code = Vec::new();
        self.emit(node, backwards, &mut code)?;
        code.push(Inst::Match);
        Ok(code)
    }

    fn push(&mut self, code: &mut Program, inst: Inst) -> Result<usize, PatternError> {
        self.size += 1;
        if self.size > MAX_INSTRUCTIONS {
            return Err(PatternError {
                at: 0,
                what: "a pattern that expands to over a million steps".into(),
            });
        }
        code.push(inst);
        Ok(code.len() - 1)
    }

    fn emit(&mut self, node: &Node, backwards: bool, code: &mut Program) -> Result<(), PatternError> {
        match node {
            Node::Class(class) => self.push(code, Inst::Class(*class)).map(|_| ()),
            Node::Concat(nodes) if backwards => {
                nodes.iter().rev().try_for_each(|node| self.emit(node, true, code))
            }
            Node::Concat(nodes) => nodes.iter().try_for_each(|node| self.emit(node, false, code)),
            Node::Alternatives(branches) => self.alternatives(branches, backwards, code),
            Node::Repeat { node, min, max, lazy } => self.repeat(node, (*min, *max), *lazy, backwards, code),
            Node::Start => self.push(code, Inst::Assert(Assertion::Start)).map(|_| ()),
            Node::End { before_line_feed } => {
                let before_line_feed = *before_line_feed;
                self.push(code, Inst::Assert(Assertion::End { before_line_feed })).map(|_| ())
            }
            Node::WordBoundary { negated } => {
                self.push(code, Inst::Assert(Assertion::WordBoundary { negated: *negated })).map(|_| ())
            }
            Node::Look { body, behind, negated } => {
                let (behind, negated) = (*behind, *negated);
                let assertion = if let Node::Class(class) = **body {
                    Assertion::LookClass { class, behind, negated }
                } else {
                    let program = self.program(body, behind)?;
                    self.programs.push(program);
                    Assertion::Look { program: (self.programs.len() - 1) as u32, behind, negated }
                };
                self.push(code, Inst::Assert(assertion)).map(|_| ())
            }
        }
    }

    fn alternatives(
        &mut self,
        branches: &[Node],
        backwards: bool,
        code: &mut Program,
    ) -> Result<(), PatternError> {
        let mut exits = Vec::new();
        for (i, branch) in branches.iter().enumerate() {
            if i + 1 == branches.len() {
                self.emit(branch, backwards, code)?;
                break;
            }
            let split = self.push(code, Inst::Split(0, 0))?;
            self.emit(branch, backwards, code)?;
            exits.push(self.push(code, Inst::Jump(0))?);
            code[split] = Inst::Split(split as u32 + 1, code.len() as u32);
        }
        let end = code.len() as u32;
        for exit in exits {
            code[exit] = Inst::Jump(end);
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        node: &Node,
        (min, max): (u32, Option<u32>),
        lazy: bool,
        backwards: bool,
        code: &mut Program,
    ) -> Result<(), PatternError> {
        let split = |enter: usize, leave: usize| {
            let (enter, leave) = (enter as u32, leave as u32);
            if lazy { Inst::Split(leave, enter) } else { Inst::Split(enter, leave) }
        };
        for _ in 0..min {
            self.emit(node, backwards, code)?;
        }
        let Some(max) = max else {
            let entry = self.push(code, Inst::Split(0, 0))?;
            self.emit(node, backwards, code)?;
            self.push(code, Inst::Jump(entry as u32))?;
            code[entry] = split(entry + 1, code.len());
            return Ok(());
        };
        let mut entries = Vec::new();
        for _ in min..max {
            entries.push(self.push(code, Inst::Split(0, 0))?);
            self.emit(node, backwards, code)?;
        }
        let end = code.len();
        for entry in entries {
            code[entry] = split(entry + 1, end);
        }
        Ok(())
    }
}

fn starts_at_start(node: &Node) -> bool {
    match node {
        Node::Start => true,
        Node::Concat(nodes) => nodes.first().is_some_and(starts_at_start),
        Node::Alternatives(branches) => branches.iter().all(starts_at_start),
        Node::Repeat { node, min, .. } => *min > 0 && starts_at_start(node),
        Node::Class(_) | Node::End { .. } | Node::WordBoundary { .. } | Node::Look { .. } => false,
    }
}

fn ends_at_end(node: &Node) -> bool {
    match node {
        Node::End { .. } => true,
        Node::Concat(nodes) => nodes.last().is_some_and(ends_at_end),
        Node::Alternatives(branches) => branches.iter().all(ends_at_end),
        Node::Repeat { .. }
        | Node::Class(_)
        | Node::Start
        | Node::WordBoundary { .. }
        | Node::Look { .. } => false,
    }
}

/// Adds what `node` can begin with, read in the direction given; returns whether it can match nothing.
fn first_of(node: &Node, classes: &[CharClass], backwards: bool, ascii: &mut u128) -> bool {
    match node {
        Node::Class(class) => {
            *ascii |= classes[*class as usize].ascii();
            false
        }
        Node::Concat(nodes) if backwards => {
            nodes.iter().rev().all(|node| first_of(node, classes, true, ascii))
        }
        Node::Concat(nodes) => nodes.iter().all(|node| first_of(node, classes, false, ascii)),
        Node::Alternatives(branches) => {
            branches.iter().fold(false, |empty, branch| first_of(branch, classes, backwards, ascii) | empty)
        }
        Node::Repeat { node, min, .. } => first_of(node, classes, backwards, ascii) || *min == 0,
        // A positive lookaround in front holds the next character to its own first set.
        Node::Look { body, behind, negated: false } if *behind == backwards => {
            first_of(body, classes, backwards, ascii)
        }
        Node::Look { .. } | Node::Start | Node::End { .. } | Node::WordBoundary { .. } => true,
    }
}

/// The ASCII characters that every match consumes at least once, one bit each.
fn required(node: &Node, classes: &[CharClass]) -> u128 {
    match node {
        Node::Class(class) => classes[*class as usize].only().map_or(0, |c| 1 << c),
        Node::Concat(nodes) => nodes.iter().fold(0, |all, node| all | required(node, classes)),
        Node::Alternatives(branches) => {
            branches.iter().fold(u128::MAX, |common, branch| common & required(branch, classes))
        }
        Node::Repeat { node, min, .. } if *min > 0 => required(node, classes),
        Node::Repeat { .. }
        | Node::Look { .. }
        | Node::Start
        | Node::End { .. }
        | Node::WordBoundary { .. } => 0,
    }
}
