//! The compiled lists: how they are made, and how names are found with them.
//!
//! One automaton holds the names of all lists in their most folded form ([`Folds::ALL`]); a key found there is then held
//! against the options of the lists that it came from. So a text is read once, whatever lists there are, and the rare
//! comparison that is strict is made on the few bytes of a candidate.

use thiserror::Error;

use crate::{
    automaton::Automaton,
    build::build,
    fold::{MARK, fold, fold_name, spelling},
    letters::{Class, Folds, class, is_hangul, is_mark},
    list::{List, MAX_NAME_CHARS},
    store::{EntryView, Store},
    sweep::{Candidate, Sweep},
};

/// What a text may have; names that end beyond this are not found.
pub const MAX_TEXT_BYTES: usize = 1 << 30;

/// Names and details of all lists together, so that folded offsets fit 32 bits. Most lists meet the automaton's own limit,
/// which lies near five million names.
const MAX_BYTES: usize = 1 << 30;

/// Marks a number as that of a group; surfaces stay below it by [`MAX_BYTES`].
const SHARED: u32 = 1 << 31;

/// Why lists cannot be compiled together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CompileError {
    /// Two lists have the same name.
    #[error("two lists are named {name:?}")]
    DuplicateList {
        /// That name.
        name: String,
    },
    /// A name or alias is longer than [`MAX_NAME_CHARS`].
    #[error("entry {entry} of list {list:?} has a name of {chars} characters; {MAX_NAME_CHARS} are allowed")]
    NameTooLong {
        /// The list.
        list: String,
        /// Index of the entry in the list, from 0.
        entry: usize,
        /// Characters of the name or alias.
        chars: usize,
    },
    /// The lists are too many or too large for one automaton: about five million names.
    #[error(
        "the lists have too many names for one automaton: {names} names and aliases of {bytes} bytes with details"
    )]
    TooLarge {
        /// Names and aliases.
        names: usize,
        /// Bytes of names, aliases, ids and links.
        bytes: usize,
    },
}

/// A name found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    /// Byte offset in the text of the first character.
    pub begin: usize,
    /// Byte offset behind the last one, its combining marks included.
    pub end: usize,
    /// The entry; see [`Gazetteer::entry`].
    pub entry: u32,
    /// The entry's name, or an alias.
    pub is_alias: bool,
}

/// All lists of the service, compiled; immutable, and shared freely between threads.
pub struct Gazetteer {
    automaton: Automaton,
    /// Of each key its surface; or, with the bit [`SHARED`], the index of its group.
    surfaces: Vec<u32>,
    /// Surfaces that share a key: sorted by options, spelling and rank, one for each spelling.
    groups: Vec<Box<[u32]>>,
    store: Store,
}

impl Gazetteer {
    /// Compiles lists, in any order; the result is the same for the same lists.
    ///
    /// A million names take a few seconds of one thread and, at the peak, about twice what the result takes. A name
    /// without any character to match, such as an empty one, stays in its list and is never found.
    pub fn compile(lists: &[List]) -> Result<Self, CompileError> {
        let mut lists: Vec<&List> = lists.iter().collect();
        lists.sort_by(|a, b| a.name.cmp(&b.name));
        check(&lists)?;
        let too_large = || {
            let (names, bytes) = measure(&lists);
            CompileError::TooLarge { names, bytes }
        };
        let store = Store::new(&lists);
        let folded = FoldedNames::new(&store);
        let order = folded.order();
        let (mut surfaces, mut groups) = (Vec::with_capacity(order.len()), Vec::new());
        let mut keys = Vec::with_capacity(order.len());
        for same in order.chunk_by(|a, b| folded.get(*a) == folded.get(*b)) {
            keys.push(folded.get(same[0]));
            surfaces.push(match same {
                [surface] => *surface,
                _ => {
                    groups.push(distinct_spellings(&store, same));
                    (groups.len() - 1) as u32 | SHARED
                }
            });
        }
        drop(order);
        surfaces.shrink_to_fit();
        groups.shrink_to_fit();
        let automaton = build(&keys).map_err(|_| too_large())?;
        Ok(Self { automaton, surfaces, groups, store })
    }

    /// The names in a text: leftmost first, of those that begin at one place the longest, none within another.
    ///
    /// "Longest" is by where the match ends in the text. Where one stretch is the name of several entries, the list
    /// whose name sorts first decides (by bytes), and within a list the line that comes first. A match never goes across
    /// an empty line. Folding never moves offsets: they are those of `text`, and lie between characters.
    ///
    /// Linear in the text; a hundred megabytes a second is usual. Takes about as much memory as the text for the time of
    /// the call. Only the first [`MAX_TEXT_BYTES`] are searched.
    pub fn find(&self, text: &str) -> Vec<Match> {
        if self.is_empty() {
            return Vec::new();
        }
        let text = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
        let folded = fold(text);
        let mut sweep = Sweep::new(self.automaton.max_depth);
        self.automaton.scan(&folded.bytes, |hit| {
            sweep.advance(hit.seen);
            let (start, stop) = (hit.begin + usize::from(folded.bytes[hit.begin] == MARK), hit.end);
            if sweep.is_open(start)
                && let (Some(begin), Some(end)) = (folded.original(start), folded.original(stop))
                && let Some(surface) = self.surface_at(hit.key, text, begin, end)
            {
                sweep.offer(Candidate { start, stop, begin, end, surface });
            }
        });
        sweep.finish().into_iter().map(|candidate| self.resolve(candidate)).collect()
    }

    /// What an entry is; nothing if there is no entry of this number.
    ///
    /// Copies its links; the rest is borrowed.
    pub fn entry(&self, index: u32) -> Option<EntryView<'_>> {
        self.store.entry(index)
    }

    /// Number of entries, of all lists.
    pub fn len(&self) -> usize {
        self.store.entry_count()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes on the heap: names, details and automaton.
    pub fn heap_bytes(&self) -> usize {
        self.automaton.heap_bytes()
            + self.store.heap_bytes()
            + self.surfaces.capacity() * size_of::<u32>()
            + self.groups.iter().map(|group| size_of_val(group) + size_of_val(&**group)).sum::<usize>()
    }

    /// The surface of highest rank that is the same as this span under its list's options.
    fn surface_at(&self, key: u32, text: &str, begin: usize, end: usize) -> Option<u32> {
        let surface = &self.surfaces[key as usize];
        let mut rest = match surface & SHARED {
            0 => std::slice::from_ref(surface),
            _ => &self.groups[(surface & !SHARED) as usize],
        };
        let span = &text[begin..end];
        let mut best = None;
        while let Some(surface) = rest.first() {
            let kind = kind_of(&self.store, *surface);
            let (same_kind, others) =
                rest.split_at(rest.partition_point(|next| kind_of(&self.store, *next) == kind));
            rest = others;
            if kind.whole_words && !is_whole(text, begin, end) {
                continue;
            }
            let found = if kind.folds == Folds::ALL || self.store.surface(*surface) == span {
                // The key itself is this spelling; or the common case, the text spells it as the list does.
                Some(*surface)
            } else {
                let wanted = spelling(span, kind.folds);
                let order = |surface: &u32| spelling(self.store.surface(*surface), kind.folds).cmp(&wanted);
                same_kind.binary_search_by(order).ok().map(|index| same_kind[index])
            };
            best = match (best, found) {
                (Some(best), Some(found)) => Some(u32::min(best, found)),
                (best, found) => best.or(found),
            };
        }
        best
    }

    fn resolve(&self, candidate: Candidate) -> Match {
        let Candidate { begin, end, surface, .. } = candidate;
        let (entry, is_alias) = self.store.entry_of(surface);
        Match { begin, end, entry, is_alias }
    }
}

impl std::fmt::Debug for Gazetteer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Gazetteer")
            .field("len", &self.len())
            .field("heap_bytes", &self.heap_bytes())
            .finish()
    }
}

/// A list's options, as far as candidates of one key differ by them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    folds: Folds,
    whole_words: bool,
}

fn kind_of(store: &Store, surface: u32) -> Kind {
    let options = store.options_of(surface);
    let folds = Folds { case: options.fold_case, diacritics: options.fold_diacritics };
    Kind { folds, whole_words: options.whole_words }
}

/// Sorts surfaces of one key, and keeps the one of highest rank of each kind and spelling.
fn distinct_spellings(store: &Store, same: &[u32]) -> Box<[u32]> {
    let spelled = |surface: &u32| {
        let kind = kind_of(store, *surface);
        (kind, spelling(store.surface(*surface), kind.folds), *surface)
    };
    let mut spelled: Vec<(Kind, String, u32)> = same.iter().map(spelled).collect();
    spelled.sort();
    spelled.dedup_by(|later, kept| (later.0, &later.1) == (kept.0, &kept.1));
    spelled.into_iter().map(|(_, _, surface)| surface).collect()
}

/// Whether no letter, digit or mark is directly before or after the span, by the rules of [`crate::Options`].
fn is_whole(text: &str, begin: usize, end: usize) -> bool {
    let span = &text[begin..end];
    let is_word = |c: Option<char>| c.is_some_and(|c| class(c) == Class::Word);
    let is_solo = |c: char| class(c) == Class::Solo;
    // The letter that marks before the span are on; marks on nothing speak for themselves. A bound on their number keeps
    // this constant, and no script has more on one letter.
    let mut back = text[..begin].chars().rev().take(16);
    let near = back.next();
    let base = if near.is_some_and(is_mark) { back.find(|c| !is_mark(*c)) } else { near };
    let before = base.filter(|c| near == base || !c.is_whitespace()).or(near);
    if is_word(before) && !span.starts_with(is_solo) {
        return false;
    }
    let last = span.chars().rev().take(16).find(|c| !is_mark(*c));
    let free = last.is_some_and(|c| is_solo(c) || is_hangul(c));
    free || !is_word(text[end..].chars().next())
}

/// Errors that have a place, before anything is built.
fn check(lists: &[&List]) -> Result<(), CompileError> {
    if let Some(pair) = lists.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(CompileError::DuplicateList { name: pair[0].name.clone() });
    }
    for list in lists {
        for (entry, content) in list.entries.iter().enumerate() {
            for name in std::iter::once(&content.name).chain(&content.aliases) {
                if name.len() > MAX_NAME_CHARS && name.chars().count() > MAX_NAME_CHARS {
                    let chars = name.chars().count();
                    return Err(CompileError::NameTooLong { list: list.name.clone(), entry, chars });
                }
            }
        }
    }
    let (names, bytes) = measure(lists);
    if names >= MAX_BYTES || bytes >= MAX_BYTES {
        return Err(CompileError::TooLarge { names, bytes });
    }
    Ok(())
}

/// Names and aliases, and bytes of them with ids and links.
fn measure(lists: &[&List]) -> (usize, usize) {
    let mut total = (0, 0);
    for entry in lists.iter().flat_map(|list| &list.entries) {
        let names = entry.name.len() + entry.aliases.iter().map(String::len).sum::<usize>();
        let links: usize = entry.links.iter().map(|link| link.id.len() + link.url.len() + 16).sum();
        total.0 += 1 + entry.aliases.len();
        total.1 += names + entry.id.len() + links + 16;
    }
    total
}

/// Every surface's key, for as long as the automaton is built.
struct FoldedNames {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl FoldedNames {
    fn new(store: &Store) -> Self {
        let count = store.surface_count();
        let mut names = Self { bytes: Vec::new(), ends: Vec::with_capacity(count as usize) };
        for surface in 0..count {
            let whole_words = store.options_of(surface).whole_words;
            fold_name(store.surface(surface), whole_words, &mut names.bytes);
            names.ends.push(names.bytes.len() as u32);
        }
        names
    }

    fn get(&self, surface: u32) -> &[u8] {
        let end = self.ends[surface as usize] as usize;
        let begin = surface.checked_sub(1).map_or(0, |before| self.ends[before as usize] as usize);
        &self.bytes[begin..end]
    }

    /// Surfaces with a key, by key and then by rank.
    fn order(&self) -> Vec<u32> {
        // Sorting by the first bytes in place spares most visits to the bytes themselves.
        let front = |surface: u32| {
            let mut front = [0; 8];
            front.iter_mut().zip(self.get(surface)).for_each(|(to, from)| *to = *from);
            u64::from_be_bytes(front)
        };
        let surfaces = (0..self.ends.len() as u32).filter(|surface| !self.get(*surface).is_empty());
        let mut order: Vec<(u64, u32)> = surfaces.map(|surface| (front(surface), surface)).collect();
        order.sort_unstable_by(|a, b| {
            let rest = || self.get(a.1).cmp(self.get(b.1)).then(a.1.cmp(&b.1));
            a.0.cmp(&b.0).then_with(rest)
        });
        order.into_iter().map(|(_, surface)| surface).collect()
    }
}
