//! The Aho-Corasick automaton, as it is searched: a double array over bytes.
//!
//! It recognizes, of each key, the shortest prefix that no other key shares; the rest of the key, its tail, is compared
//! in place. A million names have nine million prefixes but tell each other apart within three million, and a third of
//! the states is a third of the memory and of the cache misses. Scanning is linear; a hit costs its tail on top.
//! `build` makes it; `gazetteer` decides what a hit is worth.

use crate::fold::{MARK, is_letter};

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
    /// If all keys start a word, which words.
    pub(crate) gate: Option<Gate>,
}

/// Tells of most words of a text that no key starts with them, at a fraction of what the automaton takes to find out.
///
/// A set of hashes, one bit each: what it lets through may be wrong, what it keeps out is not.
pub(crate) struct Gate {
    /// The state after [`MARK`], before the word.
    first: u32,
    bits: Vec<u64>,
}

impl Gate {
    /// For keys that all start with [`MARK`]; `first` is the state that it leads to. 8 to 16 bits a word.
    pub(crate) fn new(keys: &[&[u8]], first: u32) -> Self {
        let words = || keys.iter().map(|key| &key[1..]).map(|key| &key[..word_end(key, 0).0]);
        // Sorted keys bring most equal words together; the others only make it a little roomier.
        let mut before: &[u8] = &[];
        let count = words().filter(|word| std::mem::replace(&mut before, word) != *word).count();
        let mut bits = vec![0; (count / 4).next_power_of_two().max(64)];
        for word in words() {
            let (_, hash) = word_end(word, 0);
            let bit = place(hash, bits.len());
            bits[bit / 64] |= 1 << (bit % 64);
        }
        Self { first, bits }
    }

    /// The end of the word at `at`, and whether a key may start with it.
    #[inline]
    fn asks(&self, haystack: &[u8], at: usize) -> (usize, bool) {
        let (end, hash) = word_end(haystack, at);
        let bit = place(hash, self.bits.len());
        let known = self.bits[bit / 64] >> (bit % 64) & 1 != 0;
        // In Hangul a name may end within a word; scripts in three bytes a character are cheap enough without a gate.
        (end, known || haystack[at..end].iter().any(|byte| *byte > 0xE0))
    }
}

/// Where the word ends that begins at `at`, and its hash.
#[inline]
fn word_end(bytes: &[u8], at: usize) -> (usize, u64) {
    let mut hash = 0_u64;
    let mut end = at;
    while let Some(byte) = bytes.get(end)
        && is_letter(*byte)
    {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        end += 1;
    }
    (end, hash)
}

/// The bit for a hash, of a power of two of words.
fn place(hash: u64, words: usize) -> usize {
    // The product's middle has taken in all bytes; its low bits only their low bits.
    (hash >> 24) as usize & (words * 64 - 1)
}

/// A key found in folded bytes.
pub(crate) struct Hit {
    pub(crate) key: u32,
    pub(crate) begin: usize,
    pub(crate) end: usize,
    /// End of its prefix.
    pub(crate) seen: usize,
}

/// See [`Automaton::scan`].
pub(crate) struct Scan<'a> {
    automaton: &'a Automaton,
    haystack: &'a [u8],
    at: usize,
    current: u32,
    /// Next key to try that ends here.
    output: u32,
}

impl Iterator for Scan<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        loop {
            while self.output != NONE {
                let number = self.output;
                let key = self.automaton.keys[number as usize];
                self.output = key.shorter;
                let tail_end = self.automaton.keys[number as usize + 1].tail;
                let tail = &self.automaton.tails[key.tail as usize..tail_end as usize];
                if self.haystack[self.at..].starts_with(tail) {
                    let (begin, end) = (self.at - usize::from(key.depth), self.at + tail.len());
                    return Some(Hit { key: number, begin, end, seen: self.at });
                }
            }
            if !self.step() {
                return None;
            }
        }
    }
}

impl Scan<'_> {
    /// Reads on until a key's prefix ends; not so if there is none any more.
    fn step(&mut self) -> bool {
        let states = self.automaton.states.as_slice();
        let gate = self.automaton.gate.as_ref();
        let (mut at, mut current) = (self.at, self.current);
        let mut state = states[current as usize];
        while let Some(byte) = self.haystack.get(at).copied() {
            at += 1;
            if current == ROOT && gate.is_some() && byte != MARK {
                // Within a word that the gate kept out, or between words.
                continue;
            }
            loop {
                let child = state.base() ^ u32::from(byte);
                let candidate = states[child as usize];
                if candidate.label() == byte {
                    (current, state) = (child, candidate);
                    break;
                }
                if current == ROOT {
                    break;
                }
                current = state.fail();
                state = states[current as usize];
            }
            if byte == MARK
                && let Some(gate) = gate
                && current == gate.first
            {
                let (end, may_start) = gate.asks(self.haystack, at);
                if !may_start {
                    (at, current, state) = (end, ROOT, states[ROOT as usize]);
                }
            }
            if state.ends() {
                (self.at, self.current, self.output) =
                    (at, current, self.automaton.outputs[current as usize]);
                return true;
            }
        }
        self.at = at;
        false
    }
}

impl Automaton {
    /// Each occurrence of each key, overlapping ones included, in ascending order of `seen`, there the longer key first.
    ///
    /// Linear in `haystack` and hits; a hit costs the length of its tail, found or not.
    pub(crate) fn scan<'a>(&'a self, haystack: &'a [u8]) -> Scan<'a> {
        // Without keys there is nothing to read for.
        let haystack = if self.keys.len() < 2 { &[] } else { haystack };
        Scan { automaton: self, haystack, at: 0, current: ROOT, output: NONE }
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.states.capacity() * size_of::<State>()
            + self.keys.capacity() * size_of::<Key>()
            + self.tails.capacity()
            + self.gate.as_ref().map_or(0, |gate| gate.bits.capacity() * size_of::<u64>())
    }
}
