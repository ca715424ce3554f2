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

/// Everything about entries that matching does not need.
#[derive(Default)]
pub(crate) struct Store {
    lists: Vec<Head>,
    surfaces: Strings,
    /// First surface of each entry.
    first_surfaces: Vec<u32>,
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
                first_entry: store.first_surfaces.len() as u32,
                first_surface: store.surfaces.ends.len() as u32,
            });
            for entry in &list.entries {
                store.first_surfaces.push(store.surfaces.ends.len() as u32);
                for surface in std::iter::once(&entry.name).chain(&entry.aliases) {
                    store.surfaces.push(surface.trim());
                }
                store.pack(entry, &mut numbers);
                store.detail_ends.push(store.details.len() as u32);
            }
        }
        store.surfaces.text.shrink_to_fit();
        store.surfaces.ends.shrink_to_fit();
        store.first_surfaces.shrink_to_fit();
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
        let name = self.surfaces.get(*self.first_surfaces.get(at)? as usize)?;
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
        let entry = self.first_surfaces.partition_point(|first| *first <= surface).saturating_sub(1);
        (entry as u32, self.first_surfaces.get(entry).is_some_and(|first| *first != surface))
    }

    pub(crate) fn options_of(&self, surface: u32) -> Options {
        let after = self.lists.partition_point(|list| list.first_surface <= surface);
        after.checked_sub(1).map_or_else(Options::default, |list| self.lists[list].options)
    }

    pub(crate) fn surface_count(&self) -> u32 {
        self.surfaces.ends.len() as u32
    }

    pub(crate) fn entry_count(&self) -> usize {
        self.first_surfaces.len()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.lists.iter().map(|list| size_of::<Head>() + list.name.capacity()).sum::<usize>()
            + self.surfaces.heap_bytes()
            + self.words.heap_bytes()
            + self.details.capacity()
            + (self.first_surfaces.capacity() + self.detail_ends.capacity()) * size_of::<u32>()
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
