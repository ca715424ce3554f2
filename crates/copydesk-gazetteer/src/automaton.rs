//! The Aho-Corasick automaton, as it is searched: a double array over bytes.
//!
//! It recognizes, of each key, the shortest prefix that no other key shares; the rest of the key, its tail, is compared
//! in place. A million names have nine million prefixes but tell each other apart within three million, and a third of
//! the states is a third of the memory and of the cache misses. Scanning is linear; a hit costs its tail on top.
//! `build` makes it; `gazetteer` decides what a hit is worth.

/// The state of no prefix at all. Block 0 before it holds no state, so that states without children can point there.
pub(crate) const ROOT: u32 = 256;
/// No key ends in this state.
pub(crate) const NONE: u32 = u32::MAX;

/// What failure links and bases can name.
pub(crate) const MAX_STATES: usize = 1 << 27;

/// A state in 8 bytes, so that a step is one cache line. From the low bits up: 8 of label, 1 that says whether a key ends
/// here, 27 of base, 27 of failure state.
///
/// The child for a byte is at `base ^ byte`, if the label there is this byte. No two states share a base.
#[derive(Clone, Copy)]
pub(crate) struct State(u64);

impl State {
    pub(crate) const fn new(label: u8, fail: u32, ends: bool) -> Self {
        Self(label as u64 | (ends as u64) << 8 | (fail as u64) << 36)
    }

    pub(crate) const fn with_base(self, base: u32) -> Self {
        Self(self.0 & !(0x7FF_FFFF << 9) | (base as u64) << 9)
    }

    pub(crate) const fn with_label(self, label: u8) -> Self {
        Self(self.0 & !0xFF | label as u64)
    }

    pub(crate) const fn label(self) -> u8 {
        self.0 as u8
    }

    /// Whether a key ends here, here or in a suffix.
    pub(crate) const fn ends(self) -> bool {
        self.0 >> 8 & 1 != 0
    }

    pub(crate) const fn base(self) -> u32 {
        (self.0 >> 9) as u32 & 0x7FF_FFFF
    }

    /// The state of the longest proper suffix.
    pub(crate) const fn fail(self) -> u32 {
        (self.0 >> 36) as u32
    }
}

/// What a key adds to its state; indexed by key.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    /// The next shorter key that ends where this one's prefix ends; [`NONE`] if there is none.
    pub(crate) shorter: u32,
    /// Where its tail begins; it ends where that of the next key begins.
    pub(crate) tail: u32,
    /// Bytes in its prefix.
    pub(crate) depth: u16,
}

/// Immutable; see `heap_bytes` for what it costs.
pub(crate) struct Automaton {
    pub(crate) states: Vec<State>,
    /// The longest key that ends in each state, here or in a suffix; [`NONE`] if none does. Apart from the states, since
    /// few steps ask.
    pub(crate) outputs: Vec<u32>,
    /// One more than there are keys, for the last tail's end.
    pub(crate) keys: Vec<Key>,
    pub(crate) tails: Vec<u8>,
    /// Longest prefix.
    pub(crate) max_depth: usize,
    /// The byte that all keys begin with, if it is the same.
    pub(crate) only_first: Option<u8>,
}

/// A key found in folded bytes.
pub(crate) struct Hit {
    pub(crate) key: u32,
    pub(crate) begin: usize,
    pub(crate) end: usize,
    /// End of its prefix. Hits come in ascending order of this, the longer key first.
    pub(crate) seen: usize,
}

impl Automaton {
    /// Calls `hit` for each occurrence of each key, overlapping ones included.
    ///
    /// Linear in `haystack` and hits; a hit costs the length of its tail, found or not.
    pub(crate) fn scan(&self, haystack: &[u8], mut hit: impl FnMut(Hit)) {
        if self.keys.len() < 2 {
            return;
        }
        let states = self.states.as_slice();
        let mut current = ROOT;
        let mut state = states[ROOT as usize];
        let mut at = 0;
        while let Some(byte) = haystack.get(at) {
            if current == ROOT
                && let Some(first) = self.only_first
                && *byte != first
            {
                match haystack[at..].iter().position(|byte| *byte == first) {
                    Some(skip) => at += skip,
                    None => return,
                }
                continue;
            }
            at += 1;
            loop {
                let child = state.base() ^ u32::from(*byte);
                let candidate = states[child as usize];
                if candidate.label() == *byte {
                    (current, state) = (child, candidate);
                    break;
                }
                if current == ROOT {
                    break;
                }
                current = state.fail();
                state = states[current as usize];
            }
            if !state.ends() {
                continue;
            }
            let mut output = self.outputs[current as usize];
            while output != NONE {
                let key = self.keys[output as usize];
                let tail = &self.tails[key.tail as usize..self.keys[output as usize + 1].tail as usize];
                if haystack[at..].starts_with(tail) {
                    let begin = at - usize::from(key.depth);
                    hit(Hit { key: output, begin, end: at + tail.len(), seen: at });
                }
                output = key.shorter;
            }
        }
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.states.capacity() * size_of::<State>()
            + self.keys.capacity() * size_of::<Key>()
            + self.tails.capacity()
    }
}
