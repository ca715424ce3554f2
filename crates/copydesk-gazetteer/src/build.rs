//! Builds the automaton from sorted keys, level by level, with no other automaton in between.
//!
//! A range of the sorted keys stands for the prefix that they share, so the only memory beside the result is one level
//! of ranges. A parent's level is complete before its children's, so a child's failure state is found on the spot.
//! Called by `gazetteer` only.

use std::mem;

use crate::automaton::{Automaton, Key, NONE, ROOT, State};

/// States that the failure link's 24 bits can name; five million names or so.
pub(crate) const MAX_STATES: usize = 1 << 24;

/// Blocks of 256 slots that are looked through for room; more would fill better and build slower.
const OPEN_BLOCKS: usize = 32;

/// The keys need more than [`MAX_STATES`] or 4 GiB.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// A state whose children are not placed yet, and the keys that go through it.
struct Range {
    state: u32,
    first: u32,
    last: u32,
}

/// Builds from keys that are sorted, distinct and not empty, each below 64 KiB.
pub(crate) fn build(keys: &[&[u8]]) -> Result<Automaton, TooLarge> {
    let mut builder = Builder {
        states: Slots::new(),
        keys: vec![Key { shorter: NONE, tail: 0, depth: 0 }; keys.len() + 1],
        max_depth: 0,
    };
    let last = u32::try_from(keys.len()).map_err(|_| TooLarge)?;
    let mut level = vec![Range { state: ROOT, first: 0, last }];
    let mut next = Vec::new();
    let mut depth = 0;
    while !level.is_empty() {
        for range in level.drain(..) {
            builder.place_children(keys, &range, depth, &mut next)?;
        }
        mem::swap(&mut level, &mut next);
        depth += 1;
    }
    let Builder { states, keys: mut records, max_depth } = builder;
    let tail = |(key, record): (&&[u8], &Key)| key.len() - usize::from(record.depth);
    let mut tails = Vec::with_capacity(keys.iter().zip(&records).map(tail).sum());
    for (key, record) in keys.iter().zip(&mut records) {
        record.tail = u32::try_from(tails.len()).map_err(|_| TooLarge)?;
        tails.extend_from_slice(&key[usize::from(record.depth)..]);
    }
    records[keys.len()].tail = u32::try_from(tails.len()).map_err(|_| TooLarge)?;
    let only_first = match (keys.first(), keys.last()) {
        (Some(low), Some(high)) if low.first() == high.first() => low.first().copied(),
        _ => None,
    };
    Ok(Automaton { states: states.finish(), keys: records, tails, max_depth, only_first })
}

struct Builder {
    states: Slots,
    keys: Vec<Key>,
    max_depth: usize,
}

impl Builder {
    fn place_children(
        &mut self,
        keys: &[&[u8]],
        range: &Range,
        depth: usize,
        next: &mut Vec<Range>,
    ) -> Result<(), TooLarge> {
        let byte = |key: u32| keys[key as usize][depth];
        // The key that ends here sorts first; the state was told when it was made.
        let own = range.first < range.last && keys[range.first as usize].len() == depth;
        let first = range.first + u32::from(own);
        let mut labels = Vec::new();
        let mut key = first;
        while key < range.last {
            labels.push((byte(key), key));
            let label = byte(key);
            while key < range.last && byte(key) == label {
                key += 1;
            }
        }
        if labels.is_empty() {
            return Ok(());
        }
        let base = self.states.place(&labels)?;
        self.states.states[range.state as usize].base = base;
        for (index, (label, first)) in labels.iter().copied().enumerate() {
            let last = labels.get(index + 1).map_or(range.last, |(_, key)| *key);
            let state = base ^ u32::from(label);
            let fail = if range.state == ROOT { ROOT } else { self.fail_of(range.state, label) };
            let mut output = self.states.states[fail as usize].output;
            let alone = last - first == 1;
            if alone || keys[first as usize].len() == depth + 1 {
                let record = &mut self.keys[first as usize];
                record.shorter = output;
                record.depth = u16::try_from(depth + 1).map_err(|_| TooLarge)?;
                self.max_depth = self.max_depth.max(depth + 1);
                output = first;
            }
            self.states.states[state as usize] =
                State { base: 0, fail_and_label: fail << 8 | u32::from(label), output };
            if !alone {
                next.push(Range { state, first, last });
            }
        }
        Ok(())
    }

    /// The child by `label` of the longest proper suffix of `parent` that has one.
    fn fail_of(&self, parent: u32, label: u8) -> u32 {
        let mut state = parent;
        while state != ROOT {
            state = self.states.states[state as usize].fail();
            if let Some(child) = self.states.child(state, label) {
                return child;
            }
        }
        ROOT
    }
}

/// The double array while it grows.
struct Slots {
    states: Vec<State>,
    /// A bit for each slot that holds a state.
    taken: Vec<u64>,
    /// A bit for each base that a state has.
    based: Vec<u64>,
}

fn get(bits: &[u64], at: u32) -> bool {
    bits[at as usize / 64] >> (at % 64) & 1 != 0
}

fn set(bits: &mut [u64], at: u32) {
    bits[at as usize / 64] |= 1 << (at % 64);
}

const VACANT: State = State { base: 0, fail_and_label: ROOT << 8, output: NONE };

impl Slots {
    fn new() -> Self {
        let mut slots = Self { states: vec![VACANT; 512], taken: vec![0; 8], based: vec![0; 8] };
        // Base 0 belongs to all states without children; block 0 stays empty for them.
        slots.taken[..4].fill(u64::MAX);
        set(&mut slots.based, 0);
        set(&mut slots.taken, ROOT);
        // The root carries label 0 and must not become anyone's child by a zero byte.
        set(&mut slots.based, ROOT);
        slots
    }

    fn child(&self, state: u32, label: u8) -> Option<u32> {
        let child = self.states[state as usize].base ^ u32::from(label);
        let is_child =
            child > ROOT && get(&self.taken, child) && self.states[child as usize].label() == label;
        is_child.then_some(child)
    }

    /// Takes a slot for each label, and gives the base that leads to them.
    fn place(&mut self, labels: &[(u8, u32)]) -> Result<u32, TooLarge> {
        let base = match self.room(labels) {
            Some(base) => base,
            None => {
                let base = self.states.len() as u32;
                if self.states.len() >= MAX_STATES {
                    return Err(TooLarge);
                }
                self.states.resize(self.states.len() + 256, VACANT);
                self.taken.resize(self.taken.len() + 4, 0);
                self.based.resize(self.based.len() + 4, 0);
                base
            }
        };
        set(&mut self.based, base);
        for (label, _) in labels {
            let slot = base ^ u32::from(*label);
            set(&mut self.taken, slot);
            // A sibling that is looked at before its state is written must not seem to have label 0.
            self.states[slot as usize].fail_and_label = ROOT << 8 | u32::from(*label);
        }
        Ok(base)
    }

    fn room(&self, labels: &[(u8, u32)]) -> Option<u32> {
        let start = self.taken.len().saturating_sub(OPEN_BLOCKS * 4);
        for (word, taken) in self.taken.iter().enumerate().skip(start) {
            let mut free = !taken;
            while free != 0 {
                let slot = word as u32 * 64 + free.trailing_zeros();
                free &= free - 1;
                let base = slot ^ u32::from(labels[0].0);
                let fits = |(label, _): &(u8, u32)| !get(&self.taken, base ^ u32::from(*label));
                if !get(&self.based, base) && labels[1..].iter().all(fits) {
                    return Some(base);
                }
            }
        }
        None
    }

    /// Labels the slots that stayed empty so that no base leads to them.
    fn finish(mut self) -> Vec<State> {
        for block in 0..self.states.len() as u32 / 256 {
            let bases = block * 256..(block + 1) * 256;
            // Each base has a slot that no other has, so an empty slot leaves a base over.
            let Some(unused) = bases.clone().find(|base| !get(&self.based, *base)) else { continue };
            for slot in bases {
                let empty = block == 0 || !get(&self.taken, slot);
                if empty {
                    self.states[slot as usize].fail_and_label = ROOT << 8 | (slot ^ unused);
                }
            }
        }
        self.states.shrink_to_fit();
        self.states
    }
}
