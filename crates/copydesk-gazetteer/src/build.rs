//! Builds the automaton from sorted keys, with no other automaton in between.
//!
//! A range of the sorted keys stands for the prefix that they share. First the states are placed, depth first, so that a
//! name's states lie close together and finding it touches few pages of memory; then the failure links are found, level
//! by level, since a link leads to a lower level. Beside the result this takes 8 bytes a state. Called by `gazetteer`
//! only.

use crate::automaton::{Automaton, Key, MAX_STATES, NONE, ROOT, State};

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
    /// Length of the prefix.
    depth: u32,
}

/// Builds from keys that are sorted, distinct and not empty, each below 64 KiB.
pub(crate) fn build(keys: &[&[u8]]) -> Result<Automaton, TooLarge> {
    let last = u32::try_from(keys.len()).map_err(|_| TooLarge)?;
    let blank = Key { shorter: NONE, tail: 0, depth: 0 };
    let mut builder = Builder {
        slots: Slots::new(),
        keys: vec![blank; keys.len() + 1],
        levels: Vec::new(),
        labels: Vec::new(),
    };
    let mut open = vec![Range { state: ROOT, first: 0, last, depth: 0 }];
    while let Some(range) = open.pop() {
        builder.place_children(keys, &range, &mut open)?;
    }
    builder.link();
    let Builder { slots, keys: mut records, levels, .. } = builder;
    let max_depth = levels.len();
    drop(levels);
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
    let (states, outputs) = slots.finish();
    Ok(Automaton { states, outputs, keys: records, tails, max_depth, only_first })
}

struct Builder {
    slots: Slots,
    keys: Vec<Key>,
    /// States and their parents by depth, from 1.
    levels: Vec<Vec<(u32, u32)>>,
    /// Of the state at hand: the labels of its children, and the first key of each.
    labels: Vec<(u8, u32)>,
}

impl Builder {
    /// Gives each child of a state its slot, its label and, if a key is told apart there, that key as output.
    fn place_children(
        &mut self,
        keys: &[&[u8]],
        range: &Range,
        open: &mut Vec<Range>,
    ) -> Result<(), TooLarge> {
        let depth = range.depth as usize;
        let byte = |key: u32| keys[key as usize][depth];
        // The key that ends here sorts first; its state was told when it was placed.
        let own = range.first < range.last && keys[range.first as usize].len() == depth;
        self.labels.clear();
        let mut key = range.first + u32::from(own);
        while key < range.last {
            let label = byte(key);
            self.labels.push((label, key));
            while key < range.last && byte(key) == label {
                key += 1;
            }
        }
        if self.labels.is_empty() {
            return Ok(());
        }
        let base = self.slots.place(&self.labels)?;
        let parent = &mut self.slots.states[range.state as usize];
        *parent = parent.with_base(base);
        if self.levels.len() == depth {
            self.levels.push(Vec::new());
        }
        // Backwards, since what is opened last is placed first.
        let mut last = range.last;
        for (label, first) in self.labels.iter().rev().copied() {
            let state = base ^ u32::from(label);
            self.levels[depth].push((state, range.state));
            let alone = last - first == 1;
            if alone || keys[first as usize].len() == depth + 1 {
                self.keys[first as usize].depth = u16::try_from(depth + 1).map_err(|_| TooLarge)?;
                self.slots.outputs[state as usize] = first;
            }
            if !alone {
                open.push(Range { state, first, last, depth: range.depth + 1 });
            }
            last = first;
        }
        Ok(())
    }

    /// Finds the failure link of each state, and what it adds to the outputs.
    fn link(&mut self) {
        for (state, parent) in self.levels.iter().flatten().copied() {
            let label = self.slots.states[state as usize].label();
            let fail = self.slots.fail_of(parent, label);
            let inherited = self.slots.outputs[fail as usize];
            let output = &mut self.slots.outputs[state as usize];
            match self.keys.get_mut(*output as usize) {
                Some(own) => own.shorter = inherited,
                None => *output = inherited,
            }
            let ends = *output != NONE;
            let base = self.slots.states[state as usize].base();
            self.slots.states[state as usize] = State::new(label, fail, ends).with_base(base);
        }
    }
}

/// The double array while it grows.
struct Slots {
    states: Vec<State>,
    outputs: Vec<u32>,
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

const VACANT: State = State::new(0, ROOT, false);

impl Slots {
    fn new() -> Self {
        let mut slots = Self {
            states: vec![VACANT; 512],
            outputs: vec![NONE; 512],
            taken: vec![0; 8],
            based: vec![0; 8],
        };
        // Base 0 belongs to all states without children; block 0 stays empty for them.
        slots.taken[..4].fill(u64::MAX);
        set(&mut slots.based, 0);
        set(&mut slots.taken, ROOT);
        // The root carries label 0 and must not become anyone's child by a zero byte.
        set(&mut slots.based, ROOT);
        slots
    }

    fn child(&self, state: u32, label: u8) -> Option<u32> {
        let child = self.states[state as usize].base() ^ u32::from(label);
        let is_child =
            child > ROOT && get(&self.taken, child) && self.states[child as usize].label() == label;
        is_child.then_some(child)
    }

    /// The child by `label` of the longest proper suffix of `parent` that has one.
    fn fail_of(&self, parent: u32, label: u8) -> u32 {
        let mut state = parent;
        while state != ROOT {
            state = self.states[state as usize].fail();
            if let Some(child) = self.child(state, label) {
                return child;
            }
        }
        ROOT
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
                self.outputs.resize(self.outputs.len() + 256, NONE);
                self.taken.resize(self.taken.len() + 4, 0);
                self.based.resize(self.based.len() + 4, 0);
                base
            }
        };
        set(&mut self.based, base);
        for (label, _) in labels {
            let slot = base ^ u32::from(*label);
            set(&mut self.taken, slot);
            self.states[slot as usize] = VACANT.with_label(*label);
        }
        Ok(base)
    }

    fn room(&self, labels: &[(u8, u32)]) -> Option<u32> {
        let start = self.taken.len().saturating_sub(OPEN_BLOCKS * 4);
        // From the newest back, to stay close to the parent.
        for (word, taken) in self.taken.iter().enumerate().skip(start).rev() {
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
    fn finish(mut self) -> (Vec<State>, Vec<u32>) {
        for block in 0..self.states.len() as u32 / 256 {
            let bases = block * 256..(block + 1) * 256;
            // Each base has a slot that no other has, so an empty slot leaves a base over.
            let Some(unused) = bases.clone().find(|base| !get(&self.based, *base)) else { continue };
            for slot in bases {
                let empty = block == 0 || !get(&self.taken, slot);
                if empty {
                    self.states[slot as usize] = VACANT.with_label((slot ^ unused) as u8);
                }
            }
        }
        self.states.shrink_to_fit();
        self.outputs.shrink_to_fit();
        (self.states, self.outputs)
    }
}
