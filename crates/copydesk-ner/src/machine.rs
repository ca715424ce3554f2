//! The greedy BILUO state machine that turns scores into mentions, with spaCy's rules of what may follow what.
//!
//! Begin: none open, not the last token, not white space. In: one open, not the last token. Last: one open. Unit:
//! none open, not white space. Out: none open. The best valid move is taken; on a tie the one that comes first in
//! the pipeline's list. The machine lives across blocks, one text after another.

use crate::blueprint::Move;
use crate::network::Scores;

/// A mention as token indices, with the natural logarithm of its moves' probabilities multiplied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TokenSpan {
    pub(crate) begin: usize,
    /// Exclusive.
    pub(crate) end: usize,
    pub(crate) label: u16,
    pub(crate) log_probability: f32,
}

#[derive(Default, Debug)]
pub(crate) struct Machine {
    open: Option<TokenSpan>,
    /// The logarithm of the least probability of a move since [`Machine::take_certainty`], if that is wanted: the
    /// moves outside of mentions cost a softmax each.
    least: Option<f32>,
}

/// What the machine must know of a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The token's index in its text.
    pub(crate) token: usize,
    pub(crate) is_last: bool,
    pub(crate) is_white: bool,
}

impl Machine {
    /// A machine that remembers how sure it was.
    pub(crate) fn with_certainty() -> Self {
        Machine { open: None, least: Some(0.0) }
    }

    /// The least probability that a move had since the last call; 1 if that is not remembered.
    pub(crate) fn take_certainty(&mut self) -> f32 {
        self.least.as_mut().map_or(1.0, |least| std::mem::take(least).exp())
    }

    fn note(&mut self, log_probability: f32) {
        if let Some(least) = &mut self.least {
            *least = least.min(log_probability);
        }
    }

    /// Takes one step; `at` is the token's index in its block. Returns a mention that this token ends.
    pub(crate) fn step(&mut self, step: Step, at: usize, scores: &mut Scores<'_>) -> Option<TokenSpan> {
        match self.open {
            Some(open) => self.step_open(open, step, at, scores),
            None => self.step_closed(step, at, scores),
        }
    }

    fn step_closed(&mut self, step: Step, at: usize, scores: &mut Scores<'_>) -> Option<TokenSpan> {
        let values = scores.closed(at);
        let valid = |next: Move| match next {
            Move::Begin(_) => !step.is_last && !step.is_white,
            Move::Unit(_) => !step.is_white,
            Move::Out => true,
            Move::In(_) | Move::Last(_) | Move::Never => false,
        };
        let mut best = (Move::Out, f32::NEG_INFINITY);
        for (&(_, next), &value) in scores.closed_moves().iter().zip(values) {
            if value > best.1 && valid(next) {
                best = (next, value);
            }
        }
        let (begins, label) = match best.0 {
            Move::Begin(label) => (true, label),
            Move::Unit(label) => (false, label),
            Move::Out | Move::In(_) | Move::Last(_) | Move::Never if self.least.is_none() => return None,
            Move::Out | Move::In(_) | Move::Last(_) | Move::Never => (false, u16::MAX),
        };
        let all: f32 = scores
            .closed_moves()
            .iter()
            .zip(values)
            .filter(|&(&(_, next), _)| valid(next))
            .map(|(_, value)| (value - best.1).exp())
            .sum();
        self.note(-all.ln());
        if label == u16::MAX {
            return None;
        }
        let span = TokenSpan { begin: step.token, end: step.token + 1, label, log_probability: -all.ln() };
        if !begins {
            return Some(span);
        }
        scores.open(at);
        self.open = Some(span);
        None
    }

    fn step_open(
        &mut self,
        mut open: TokenSpan,
        step: Step,
        at: usize,
        scores: &mut Scores<'_>,
    ) -> Option<TokenSpan> {
        let (go_on, end) = scores.open_scores(at, open.label);
        open.end = step.token + 1;
        if step.is_last || end > go_on {
            if !step.is_last {
                let doubt = (go_on - end).exp().ln_1p();
                open.log_probability -= doubt;
                self.note(-doubt);
            }
            self.open = None;
            return Some(open);
        }
        let doubt = (end - go_on).exp().ln_1p();
        open.log_probability -= doubt;
        self.note(-doubt);
        scores.extend(at);
        self.open = Some(open);
        None
    }
}
