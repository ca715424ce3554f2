//! Reads a list from CSV or JSONL and says, line by line, what is wrong and how it would be right.
//!
//! Never fails: a line that cannot be read is left out and reported. `csv` and `jsonl` bring a line into [`Fields`];
//! the rules that both share are here. Called by whoever stores a list, before compiling it.

mod csv;
mod jsonl;

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
};

use crate::list::{Entry, Link, MAX_NAME_CHARS};

/// Problems that are kept; beyond it they are only counted.
pub const MAX_PROBLEMS: usize = 100;

/// Longest type, id, scheme; URLs may be [`MAX_URL_BYTES`].
const MAX_FIELD_BYTES: usize = 256;
const MAX_URL_BYTES: usize = 2048;
/// Aliases, or links, of one entry.
const MAX_PER_ENTRY: usize = 100;

/// The columns of CSV and the keys of JSONL, in the order of [`Fields`].
const COLUMNS: [&str; 5] = ["name", "type", "id", "aliases", "links"];

/// Labels whose case does not matter; a type of the list's own is kept as it is written.
const ONTONOTES: [&str; 18] = [
    "CARDINAL",
    "DATE",
    "EVENT",
    "FAC",
    "GPE",
    "LANGUAGE",
    "LAW",
    "LOC",
    "MONEY",
    "NORP",
    "ORDINAL",
    "ORG",
    "PERCENT",
    "PERSON",
    "PRODUCT",
    "QUANTITY",
    "TIME",
    "WORK_OF_ART",
];

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header row names the columns: `name` and `type`, and if wanted `id`, `aliases` (split by `|`) and `links`
    /// (`scheme=id` or URLs, split by spaces or `|`), in any order. Fields may be quoted by `"` and then have line breaks.
    Csv,
    /// One object a line: `{"name", "type", "id", "aliases": ["..."], "links": [{"scheme", "id", "url"}]}`; only `name` and
    /// `type` must be there.
    Jsonl,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what would be right, as one sentence.
    pub message: String,
}

/// A list as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// In the order of their lines.
    pub entries: Vec<Entry>,
    /// The first [`MAX_PROBLEMS`], in the order of their lines.
    pub problems: Vec<Problem>,
    /// All of them.
    pub problem_count: usize,
}

/// Reads a list; lines that cannot be read are left out and reported.
///
/// Linear in `bytes`, about a second for a million lines. A byte order mark and CRLF are accepted; empty lines are skipped.
pub fn parse(format: Format, bytes: &[u8]) -> Parsed {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = Reader::default();
    match format {
        Format::Csv => csv::read(bytes, &mut reader),
        Format::Jsonl => jsonl::read(bytes, &mut reader),
    }
    reader.parsed.entries.shrink_to_fit();
    reader.parsed
}

/// One line's content, before it is checked.
#[derive(Default)]
struct Fields {
    name: String,
    entity_type: String,
    id: String,
    aliases: Vec<String>,
    links: Vec<Link>,
}

#[derive(Default)]
struct Reader {
    parsed: Parsed,
    /// Line of each entry.
    lines: Vec<u32>,
    /// Entries by the hash of their name, to find duplicates without a second copy of all names. The hasher has no
    /// random state, so that the same list always costs the same.
    seen: HashMap<u64, u32, BuildHasherDefault<DefaultHasher>>,
}

impl Reader {
    fn problem(&mut self, line: usize, message: impl Into<String>) {
        self.parsed.problem_count += 1;
        if self.parsed.problems.len() < MAX_PROBLEMS {
            self.parsed.problems.push(Problem { line, message: message.into() });
        }
    }

    /// Takes a line in, or says why not.
    fn take(&mut self, line: usize, fields: Fields) {
        match self.check(fields) {
            Ok(entry) => {
                self.lines.push(u32::try_from(line).unwrap_or(u32::MAX));
                self.parsed.entries.push(entry);
            }
            Err(message) => self.problem(line, message),
        }
    }

    fn check(&mut self, fields: Fields) -> Result<Entry, String> {
        let name = checked_name("name", &fields.name)?;
        let mut entity_type = fields.entity_type.trim().to_owned();
        if entity_type.is_empty() {
            return Err(
                "type is empty; write an OntoNotes label such as PERSON, or one of your own".to_owned()
            );
        }
        bounded("type", &entity_type, MAX_FIELD_BYTES)?;
        if let Some(bad) = entity_type.chars().find(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'))
        {
            let shown = excerpt(&entity_type);
            return Err(format!("type {shown} has {bad:?}; use letters, digits, _, - and . only"));
        }
        if let Some(label) = ONTONOTES.iter().find(|label| label.eq_ignore_ascii_case(&entity_type)) {
            (*label).clone_into(&mut entity_type);
        }
        let id = fields.id.trim().to_owned();
        bounded("id", &id, MAX_FIELD_BYTES)?;
        if fields.aliases.len() > MAX_PER_ENTRY || fields.links.len() > MAX_PER_ENTRY {
            let (aliases, links) = (fields.aliases.len(), fields.links.len());
            return Err(format!(
                "{aliases} aliases and {links} links; at most {MAX_PER_ENTRY} of each are allowed"
            ));
        }
        let mut aliases = Vec::with_capacity(fields.aliases.len());
        for alias in &fields.aliases {
            let alias = checked_name("alias", alias)?;
            if alias != name && !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        for link in &fields.links {
            bounded("link scheme", &link.scheme, MAX_FIELD_BYTES)?;
            bounded("link id", &link.id, MAX_FIELD_BYTES)?;
            bounded("link url", &link.url, MAX_URL_BYTES)?;
            if link.id.is_empty() && link.url.is_empty() {
                return Err("a link has neither an id nor a url; give one of them".to_owned());
            }
        }
        self.first_of_its_name(&name)?;
        Ok(Entry { name, entity_type, id, aliases, links: fields.links })
    }

    fn first_of_its_name(&mut self, name: &str) -> Result<(), String> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let new = self.parsed.entries.len() as u32;
        let first = *self.seen.entry(hasher.finish()).or_insert(new) as usize;
        match self.parsed.entries.get(first) {
            Some(entry) if entry.name == name => {
                let (shown, line) = (excerpt(name), self.lines[first]);
                Err(format!("{shown} is already on line {line}, which counts; remove one of the two"))
            }
            _ => Ok(()),
        }
    }
}

fn checked_name(what: &str, name: &str) -> Result<String, String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(format!("{what} is empty; give it or remove the line"));
    }
    // Bytes first, so that a line of ten megabytes is not counted for nothing.
    if name.len() > MAX_NAME_CHARS && name.chars().count() > MAX_NAME_CHARS {
        let (shown, chars) = (excerpt(name), name.chars().count());
        return Err(format!("{what} {shown} has {chars} characters; shorten it to {MAX_NAME_CHARS}"));
    }
    if let Some(control) = name.chars().find(|c| c.is_control() && !c.is_whitespace()) {
        return Err(format!("{what} {} has the control character {control:?}; remove it", excerpt(name)));
    }
    Ok(name.to_owned())
}

fn bounded(what: &str, field: &str, max: usize) -> Result<(), String> {
    if field.len() <= max {
        return Ok(());
    }
    Err(format!("{what} {} has {} bytes; shorten it to {max}", excerpt(field), field.len()))
}

/// `https://example.org/x` or `scheme=id`, as CSV writes links.
fn link(text: &str) -> Result<Link, String> {
    if text.contains("://") {
        return Ok(Link { url: text.to_owned(), ..Link::default() });
    }
    match text.split_once('=') {
        Some((scheme, id)) if !scheme.is_empty() && !id.is_empty() => {
            Ok(Link { scheme: scheme.to_owned(), id: id.to_owned(), ..Link::default() })
        }
        _ => Err(format!("link {} is neither a URL nor scheme=id, such as wikidata=Q64", excerpt(text))),
    }
}

/// A quoted beginning, for messages.
fn excerpt(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}", format!("{}…", &text[..end])),
        None => format!("{text:?}"),
    }
}

/// A key or column that has no meaning here, and those that do.
fn unknown(what: &str, name: &str) -> String {
    format!("{what} {} is not known and ignored; the known ones are {}", excerpt(name), COLUMNS.join(", "))
}

/// Where a line's UTF-8 breaks, as a message.
fn not_utf8(error: &std::str::Utf8Error) -> String {
    format!("not UTF-8 at byte {} of the line; save the file as UTF-8", error.valid_up_to() + 1)
}
