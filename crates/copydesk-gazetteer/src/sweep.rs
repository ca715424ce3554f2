//! Chooses among overlapping candidates: leftmost, then longest, then the list's order.
//!
//! Candidates come by where the automaton noticed them, not by where they begin. The last few beginnings wait in a ring
//! until no longer candidate for them can come, so memory is bounded by the longest prefix, whatever the text. Places
//! are folded offsets; no text and no names here.

/// A name at a place, found and checked.
#[derive(Clone, Copy)]
pub(crate) struct Candidate {
    /// Folded offset of its first character.
    pub(crate) start: usize,
    /// Folded offset behind its last one.
    pub(crate) stop: usize,
    /// The same places in the text.
    pub(crate) begin: usize,
    pub(crate) end: usize,
    /// Surface, by which a tie is decided: the lower wins.
    pub(crate) surface: u32,
}

pub(crate) struct Sweep {
    ring: Vec<Option<Candidate>>,
    /// How far behind the automaton a candidate may begin.
    reach: usize,
    /// The lowest start that is not decided yet, by time or by a match that covers it.
    next: usize,
    waiting: usize,
    /// Stop of the last match.
    done: usize,
    chosen: Vec<Candidate>,
}

impl Sweep {
    pub(crate) fn new(max_depth: usize) -> Self {
        let ring = vec![None; (max_depth + 2).next_power_of_two()];
        Self { ring, reach: max_depth, next: 0, waiting: 0, done: 0, chosen: Vec::new() }
    }

    /// Tells that all candidates to come are noticed at `seen` or later.
    #[inline]
    pub(crate) fn advance(&mut self, seen: usize) {
        self.decide(seen.saturating_sub(self.reach));
    }

    /// Whether a candidate that starts here can still be chosen. Asked before a candidate is checked, which costs more.
    #[inline]
    pub(crate) fn is_open(&self, start: usize) -> bool {
        if start <= self.next {
            return start == self.next;
        }
        // What waits at the lowest undecided start will be chosen, at this length or a greater one.
        match self.ring[self.slot(self.next)] {
            Some(certain) => start >= certain.stop,
            None => true,
        }
    }

    pub(crate) fn offer(&mut self, candidate: Candidate) {
        let slot = self.slot(candidate.start);
        match &mut self.ring[slot] {
            Some(held) => {
                let longer = candidate.stop > held.stop;
                if longer || (candidate.stop == held.stop && candidate.surface < held.surface) {
                    *held = candidate;
                }
            }
            empty @ None => {
                *empty = Some(candidate);
                self.waiting += 1;
            }
        }
    }

    /// The chosen ones, in the order of the text.
    pub(crate) fn finish(mut self) -> Vec<Candidate> {
        self.decide(usize::MAX);
        self.chosen
    }

    fn slot(&self, start: usize) -> usize {
        start & (self.ring.len() - 1)
    }

    fn decide(&mut self, until: usize) {
        while self.waiting > 0 && self.next < until.max(self.done) {
            let slot = self.slot(self.next);
            if let Some(candidate) = self.ring[slot].take() {
                self.waiting -= 1;
                if candidate.start >= self.done {
                    self.done = candidate.stop;
                    self.chosen.push(candidate);
                }
            }
            self.next += 1;
        }
        if self.waiting == 0 {
            self.next = self.next.max(until).max(self.done);
        }
    }
}
