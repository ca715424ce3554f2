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
            Move::Out | Move::In(_) | Move::Last(_) | Move::Never => return None,
        };
        let all: f32 = scores
            .closed_moves()
            .iter()
            .zip(values)
            .filter(|&(&(_, next), _)| valid(next))
            .map(|(_, value)| (value - best.1).exp())
            .sum();
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
                open.log_probability -= (go_on - end).exp().ln_1p();
            }
            self.open = None;
            return Some(open);
        }
        open.log_probability -= (end - go_on).exp().ln_1p();
        scores.extend(at);
        self.open = Some(open);
        None
    }
}
