//! Names, types, ids and links of a million entries in a few large allocations.
//!
//! Entries are numbered in the order of the lists; surfaces, an entry's name and then its aliases, in the order of the
//! entries, so that a lower number means a higher rank. What few entries differ in (types, schemes, the front of URLs)
//! is kept once. No matching here; `gazetteer` asks.

use std::collections::HashMap;

use crate::list::{Entry, Link, List, Options};

/// What an entry is, read out of compact storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView<'g> {
    /// The entry's name, not the alias that may have been found.
    pub name: &'g str,
    /// An OntoNotes label, or one of the list's own.
    pub entity_type: &'g str,
    /// The owner's id; may be empty.
    pub id: &'g str,
    /// What it is known as elsewhere.
    pub links: Vec<Link>,
    /// Name of the list.
    pub list: &'g str,
}

/// A list without its entries.
struct Head {
    name: String,
    options: Options,
    first_entry: u32,
    first_surface: u32,
}

/// Strings, each at a running number.
#[derive(Default)]
struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Strings {
    /// The caller has made sure that all of them together are below 4 GiB.
    fn push(&mut self, string: &str) {
        self.text.push_str(string);
        self.ends.push(self.text.len() as u32);
    }

    fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(begin..end)
    }

    fn heap_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<u32>()
    }
}

/// A row of bits that can be counted in constant time; 2 bits a bit.
#[derive(Default)]
struct Bits {
    /// 64 bits, and how many are set in the words before.
    words: Vec<(u64, u32)>,
    len: u32,
}

impl Bits {
    fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(64) {
            let before = self.words.last().map_or(0, |(word, before)| before + word.count_ones());
            self.words.push((0, before));
        }
        if let Some((word, _)) = self.words.last_mut() {
            *word |= u64::from(bit) << (self.len % 64);
        }
        self.len += 1;
    }

    /// Bits that are set before `at`, and whether that one is.
    fn rank(&self, at: u32) -> (u32, bool) {
        let Some((word, before)) = self.words.get(at as usize / 64) else { return (0, false) };
        let bit = 1 << (at % 64);
        (before + (word & (bit - 1)).count_ones(), word & bit != 0)
    }

    /// Where the bit is that has `rank` set bits before it; binary search.
    fn position(&self, rank: u32) -> Option<usize> {
        let index = self.words.partition_point(|(_, before)| *before <= rank).checked_sub(1)?;
        let (mut word, before) = self.words[index];
        for _ in before..rank {
            word &= word.wrapping_sub(1);
        }
        (word != 0).then(|| index * 64 + word.trailing_zeros() as usize)
    }
}

/// Everything about entries that matching does not need.
#[derive(Default)]
pub(crate) struct Store {
    lists: Vec<Head>,
    surfaces: Strings,
    /// Which surfaces are the first of an entry.
    firsts: Bits,
    /// Of each entry: number of its type, its id, then its links; see `pack`.
    details: Vec<u8>,
    detail_ends: Vec<u32>,
    /// Types, schemes and fronts of URLs.
    words: Strings,
}

impl Store {
    /// Takes the lists in their order. The caller has made sure that counts and sums of bytes stay below 2^32.
    pub(crate) fn new(lists: &[&List]) -> Self {
        let mut store = Self::default();
        let mut numbers = HashMap::new();
        for list in lists {
            store.lists.push(Head {
                name: list.name.clone(),
                options: list.options,
                first_entry: store.detail_ends.len() as u32,
                first_surface: store.surfaces.ends.len() as u32,
            });
            for entry in &list.entries {
                for (index, surface) in std::iter::once(&entry.name).chain(&entry.aliases).enumerate() {
                    store.firsts.push(index == 0);
                    store.surfaces.push(surface.trim());
                }
                store.pack(entry, &mut numbers);
                store.detail_ends.push(store.details.len() as u32);
            }
        }
        store.surfaces.text.shrink_to_fit();
        store.surfaces.ends.shrink_to_fit();
        store.firsts.words.shrink_to_fit();
        store.details.shrink_to_fit();
        store.detail_ends.shrink_to_fit();
        store
    }

    fn pack<'l>(&mut self, entry: &'l Entry, numbers: &mut HashMap<&'l str, usize>) {
        let mut number = |word: &'l str, words: &mut Strings| {
            *numbers.entry(word).or_insert_with(|| {
                words.push(word);
                words.ends.len() - 1
            })
        };
        let entity_type = number(&entry.entity_type, &mut self.words);
        write_number(entity_type, &mut self.details);
        write_string(&entry.id, &mut self.details);
        for link in &entry.links {
            let scheme = number(&link.scheme, &mut self.words);
            // Most URLs are a front that many links share, and the id.
            let (front, rest) = match link.url.strip_suffix(link.id.as_str()) {
                Some(front) => (front, true),
                None => match link.url.rfind('/') {
                    Some(slash) => (&link.url[..=slash], false),
                    None => ("", false),
                },
            };
            let back = if rest { "" } else { &link.url[front.len()..] };
            let front = number(front, &mut self.words);
            write_number(scheme, &mut self.details);
            write_string(&link.id, &mut self.details);
            write_number(front << 1 | usize::from(rest), &mut self.details);
            write_string(back, &mut self.details);
        }
    }

    pub(crate) fn entry(&self, index: u32) -> Option<EntryView<'_>> {
        let at = index as usize;
        let name = self.surfaces.get(self.firsts.position(index)?)?;
        let list = self.lists.partition_point(|list| list.first_entry <= index).checked_sub(1)?;
        let begin = at.checked_sub(1).map_or(0, |before| self.detail_ends[before] as usize);
        let mut details = self.details.get(begin..*self.detail_ends.get(at)? as usize)?;
        let entity_type = self.words.get(read_number(&mut details))?;
        let id = read_string(&mut details);
        let mut links = Vec::new();
        while !details.is_empty() {
            let scheme = self.words.get(read_number(&mut details))?.to_owned();
            let id = read_string(&mut details).to_owned();
            let front = read_number(&mut details);
            let mut url = self.words.get(front >> 1)?.to_owned();
            if front & 1 != 0 {
                url.push_str(&id);
            }
            url.push_str(read_string(&mut details));
            links.push(Link { scheme, id, url });
        }
        Some(EntryView { name, entity_type, id, links, list: &self.lists[list].name })
    }

    pub(crate) fn surface(&self, surface: u32) -> &str {
        self.surfaces.get(surface as usize).unwrap_or_default()
    }

    /// The entry of a surface, and whether it is an alias there.
    pub(crate) fn entry_of(&self, surface: u32) -> (u32, bool) {
        let (before, is_first) = self.firsts.rank(surface);
        (before.saturating_sub(u32::from(!is_first)), !is_first)
    }

    pub(crate) fn options_of(&self, surface: u32) -> Options {
        let after = self.lists.partition_point(|list| list.first_surface <= surface);
        after.checked_sub(1).map_or_else(Options::default, |list| self.lists[list].options)
    }

    pub(crate) fn surface_count(&self) -> u32 {
        self.surfaces.ends.len() as u32
    }

    pub(crate) fn entry_count(&self) -> usize {
        self.detail_ends.len()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.lists.iter().map(|list| size_of::<Head>() + list.name.capacity()).sum::<usize>()
            + self.surfaces.heap_bytes()
            + self.words.heap_bytes()
            + self.details.capacity()
            + self.firsts.words.capacity() * size_of::<(u64, u32)>()
            + self.detail_ends.capacity() * size_of::<u32>()
    }
}

/// Seven bits a byte, the low ones first.
fn write_number(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn write_string(string: &str, out: &mut Vec<u8>) {
    write_number(string.len(), out);
    out.extend_from_slice(string.as_bytes());
}

fn read_number(from: &mut &[u8]) -> usize {
    let mut number = 0;
    let mut shift = 0;
    while let Some((byte, rest)) = from.split_first() {
        *from = rest;
        number |= usize::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

fn read_string<'d>(from: &mut &'d [u8]) -> &'d str {
    let length = read_number(from).min(from.len());
    let (string, rest) = from.split_at(length);
    *from = rest;
    std::str::from_utf8(string).unwrap_or_default()
}
