//! Runs compiled patterns: a simulation of all threads at once, in order of preference.
//!
//! The answer is the one that CPython's backtracking gives (leftmost start, then the first branch that succeeds),
//! but the time is linear in the text for any pattern. Offsets are bytes; texts are at most 4 GiB.

use super::program::{Assertion, Compiled, Inst};
use crate::unicode;

/// Reusable memory of one thread for any number of patterns.
#[derive(Default, Debug)]
pub(crate) struct SearchScratch {
    pool: Vec<Threads>,
}

/// A set of program positions in order of preference, each with the offset where its match began.
#[derive(Default, Debug)]
struct Threads {
    dense: Vec<(u32, u32)>,
    sparse: Vec<u32>,
    stack: Vec<u32>,
}

impl Threads {
    fn reset(&mut self, instructions: usize) {
        self.dense.clear();
        if self.sparse.len() < instructions {
            self.sparse.resize(instructions, 0);
        }
    }

    fn insert(&mut self, pc: u32, start: u32) -> bool {
        let slot = self.sparse[pc as usize] as usize;
        if self.dense.get(slot).is_some_and(|&(at, _)| at == pc) {
            return false;
        }
        self.sparse[pc as usize] = self.dense.len() as u32;
        self.dense.push((pc, start));
        true
    }
}

/// One run of one program over one text.
struct Run<'a> {
    compiled: &'a Compiled,
    program: usize,
    text: &'a str,
    backwards: bool,
}

impl Compiled {
    /// The leftmost match that begins at `from` or later and is not empty at `not_empty_at`.
    pub(crate) fn find(
        &self,
        text: &str,
        from: usize,
        not_empty_at: Option<usize>,
        scratch: &mut SearchScratch,
    ) -> Option<(usize, usize)> {
        if self.starts_at_start && text.bytes().next().is_some_and(|byte| !self.first.admits(byte)) {
            return None;
        }
        let run = Run { compiled: self, program: 0, text, backwards: false };
        run.leftmost_first(from, not_empty_at, scratch)
    }

    /// Where the leftmost match begins, for a pattern whose every match ends at the end of the text; `None` if it
    /// is not such a pattern, or if a final line feed makes "the end" ambiguous.
    pub(crate) fn find_at_end(&self, text: &str, scratch: &mut SearchScratch) -> Option<Option<usize>> {
        let program = self.backwards? as usize;
        if text.ends_with('\n') {
            return None;
        }
        if text.bytes().next_back().is_some_and(|byte| !self.last.admits(byte)) {
            return Some(None);
        }
        Some(Run { compiled: self, program, text, backwards: true }.furthest(text.len(), false, scratch))
    }

    /// Whether a match begins at the start of `text`.
    pub(crate) fn matches_at_start(&self, text: &str, scratch: &mut SearchScratch) -> bool {
        if text.bytes().next().is_some_and(|byte| !self.first.admits(byte)) {
            return false;
        }
        Run { compiled: self, program: 0, text, backwards: false }.furthest(0, true, scratch).is_some()
    }
}

impl Run<'_> {
    fn leftmost_first(
        &self,
        from: usize,
        not_empty_at: Option<usize>,
        scratch: &mut SearchScratch,
    ) -> Option<(usize, usize)> {
        let code = &self.compiled.programs[self.program];
        let (mut now, mut next) = self.take(scratch);
        let mut found: Option<(usize, usize)> = None;
        let mut at = from;
        loop {
            if now.dense.is_empty() {
                if found.is_some() || (self.compiled.starts_at_start && at > 0) {
                    break;
                }
                at = self.skip_to_candidate(at);
            }
            if found.is_none() && (at == 0 || !self.compiled.starts_at_start) {
                self.follow(0, at as u32, at, &mut now, scratch);
            }
            let c = self.text[at..].chars().next();
            next.reset(code.len());
            for i in 0..now.dense.len() {
                let (pc, start) = now.dense[i];
                match &code[pc as usize] {
                    Inst::Class(class) => {
                        if let Some(c) = c
                            && self.compiled.classes[*class as usize].contains(c)
                        {
                            self.follow(pc + 1, start, at + c.len_utf8(), &mut next, scratch);
                        }
                    }
                    Inst::Match if not_empty_at == Some(at) && start as usize == at => {}
                    Inst::Match => {
                        found = Some((start as usize, at));
                        break;
                    }
                    Inst::Split(..) | Inst::Jump(_) | Inst::Assert(_) => {}
                }
            }
            std::mem::swap(&mut now, &mut next);
            match c {
                Some(c) => at += c.len_utf8(),
                None => break,
            }
        }
        scratch.pool.extend([now, next]);
        found
    }

    /// The first offset from `at` on where a match could begin.
    fn skip_to_candidate(&self, at: usize) -> usize {
        let first = self.compiled.first;
        if first.any || self.compiled.starts_at_start {
            return at;
        }
        let rest = &self.text.as_bytes()[at..];
        let skip = rest.iter().position(|&byte| first.admits(byte));
        at + skip.unwrap_or(rest.len())
    }

    /// Runs from `at` in the program's direction; the last offset where the program matched, or with `any` the
    /// first one that comes up.
    fn furthest(&self, at: usize, any: bool, scratch: &mut SearchScratch) -> Option<usize> {
        let code = &self.compiled.programs[self.program];
        let (mut now, mut next) = self.take(scratch);
        let mut found = None;
        let mut at = at;
        self.follow(0, 0, at, &mut now, scratch);
        while !now.dense.is_empty() {
            let c = if self.backwards {
                self.text[..at].chars().next_back()
            } else {
                self.text[at..].chars().next()
            };
            let after = c.map(|c| if self.backwards { at - c.len_utf8() } else { at + c.len_utf8() });
            next.reset(code.len());
            for i in 0..now.dense.len() {
                let (pc, start) = now.dense[i];
                match &code[pc as usize] {
                    Inst::Class(class) => {
                        if let (Some(c), Some(after)) = (c, after)
                            && self.compiled.classes[*class as usize].contains(c)
                        {
                            self.follow(pc + 1, start, after, &mut next, scratch);
                        }
                    }
                    Inst::Match => found = Some(at),
                    Inst::Split(..) | Inst::Jump(_) | Inst::Assert(_) => {}
                }
            }
            if any && found.is_some() {
                break;
            }
            std::mem::swap(&mut now, &mut next);
            match after {
                Some(after) => at = after,
                None => break,
            }
        }
        scratch.pool.extend([now, next]);
        found
    }

    fn take(&self, scratch: &mut SearchScratch) -> (Threads, Threads) {
        let instructions = self.compiled.programs[self.program].len();
        let mut now = scratch.pool.pop().unwrap_or_default();
        let mut next = scratch.pool.pop().unwrap_or_default();
        now.reset(instructions);
        next.reset(instructions);
        (now, next)
    }

    /// Adds `pc` and all that is reached from it without consuming a character, preferred branches first.
    fn follow(&self, pc: u32, start: u32, at: usize, threads: &mut Threads, scratch: &mut SearchScratch) {
        let code = &self.compiled.programs[self.program];
        let base = threads.stack.len();
        threads.stack.push(pc);
        while threads.stack.len() > base {
            let Some(mut pc) = threads.stack.pop() else { break };
            while threads.insert(pc, start) {
                match &code[pc as usize] {
                    Inst::Jump(to) => pc = *to,
                    Inst::Split(first, second) => {
                        threads.stack.push(*second);
                        pc = *first;
                    }
                    Inst::Assert(assertion) if self.holds(assertion, at, scratch) => pc += 1,
                    Inst::Assert(_) | Inst::Class(_) | Inst::Match => break,
                }
            }
        }
    }

    fn holds(&self, assertion: &Assertion, at: usize, scratch: &mut SearchScratch) -> bool {
        let before = || self.text[..at].chars().next_back();
        let after = || self.text[at..].chars().next();
        match *assertion {
            Assertion::Start => at == 0,
            Assertion::End { before_line_feed } => {
                at == self.text.len() || (before_line_feed && &self.text[at..] == "\n")
            }
            Assertion::WordBoundary { negated } => {
                (before().is_some_and(unicode::is_word) != after().is_some_and(unicode::is_word)) != negated
            }
            Assertion::LookClass { class, behind, negated } => {
                let class = &self.compiled.classes[class as usize];
                let c = if behind { before() } else { after() };
                c.is_some_and(|c| class.contains(c)) != negated
            }
            Assertion::Look { program, behind, negated } => {
                let look = Run { program: program as usize, backwards: behind, ..*self };
                look.furthest(at, true, scratch).is_some() != negated
            }
        }
    }
}
