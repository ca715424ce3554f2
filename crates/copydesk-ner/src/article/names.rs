//! Makes the occurrences of a name agree across an article, and drops what is probably no name.

use std::collections::HashMap;

use super::{Article, Kind};
use crate::Mention;

/// Last words of names of places that are built or that are there.
const PLACE_WORDS: &str = "\
    Abbey Aerodrome Airfield Airport Arena Avenue Basin Bay Beach Boulevard Bridge Building Canal \
    Canyon Cape Castle Cathedral Cemetery Church Coast County Creek Dam Desert Dock Docks Falls Field \
    Forest Formation Fort Fortress Freeway Garden Gardens Glacier Gulf Gym Hall Harbor Harbour Highway \
    Hill Hills Island Islands Jail Lagoon Lake Lane Monastery Mosque Motorway Mount Mountain Mountains \
    Ocean Palace Park Peak Peninsula Pier Plateau Playfield Plaza Port Prison Province Ridge River Road \
    Sea Shrine Square Stadium Station Strait Street Temple Tower Township Tunnel Valley Village Wharf \
    Zoo";

/// Last words of names of organizations.
const ORGANIZATION_WORDS: &str = "\
    Academy Agency Airlines Airways Army Assembly Association Authority Band Bank Battalion Brigade \
    Bureau Club Co. College Commission Committee Companies Company Congress Corp Corp. Corporation \
    Council Court Department F.C. FC Federation Foundation Gazette Group Herald Holdings Hospital Inc \
    Inc. Institute Institution Journal LLC LLP League Limited Ltd Ltd. Ministry Motors Movement Navy \
    Orchestra PLC Parliament Partners Party Police Press Railroad Railway Records Regiment School \
    Senate Society Squadron Team Times Tribune Union University plc";

/// A full name below this probability says nothing about its parts or other occurrences.
const TRUSTED: f32 = 0.38;
/// Core mentions below these are dropped: F1 gains where fewer than about a third are right, and organizations are
/// wrong more often than their score says.
const DOUBTFUL: f32 = 0.23;
const DOUBTFUL_ORGANIZATION: f32 = 0.26;
/// Without a capital a person, organization or place needs more than this.
const DOUBTFUL_LOWER_CASE: f32 = 0.48;
/// What a name is worth where the network did not see it, and a surname alone besides.
const UNSEEN: f32 = 0.8;
const SURNAME: f32 = 0.9;
/// Names that are tried at one word; more than an honest article ever has.
const MAX_NAMES_AT_A_WORD: usize = 32;

/// Whether `word` is one of the words of `list`.
fn lists(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

fn surface<'t>(text: &'t str, mention: &Mention) -> &'t str {
    &text[mention.begin..mention.end]
}

/// The last of several words.
fn last_word(name: &str) -> Option<&str> {
    name.rsplit_once(char::is_whitespace).map(|(_, last)| last)
}

impl Article<'_> {
    /// Calls `change` with each mention, its text and its kind.
    fn each(&mut self, mut change: impl FnMut(&str, &mut Mention, Kind)) {
        for (text, mentions) in self.texts.iter().zip(self.mentions.iter_mut()) {
            for mention in mentions {
                let kind = self.kinds.get(usize::from(mention.label)).copied().unwrap_or(Kind::Value);
                change(text, mention, kind);
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = (&str, &Mention, Kind)> {
        let texts = self.texts.iter().zip(self.mentions.iter());
        let each = texts.flat_map(|(text, mentions)| mentions.iter().map(move |mention| (*text, mention)));
        each.map(|(text, mention)| (surface(text, mention), mention, self.kind(mention)))
    }

    /// "Trafalgar Dock" is no organization, and "Dover School" no place.
    pub(super) fn type_by_last_word(&mut self) {
        if !self.english {
            return;
        }
        let place = self.label(Kind::Facility).or(self.label(Kind::Place));
        let organization = self.label(Kind::Organization);
        self.each(|text, mention, kind| {
            let Some(last) = last_word(surface(text, mention)) else { return };
            let taken_for_place = !matches!(kind, Kind::Organization | Kind::OtherName | Kind::Value);
            if matches!(kind, Kind::Organization | Kind::Person) && lists(PLACE_WORDS, last) {
                mention.label = place.unwrap_or(mention.label);
            } else if taken_for_place && lists(ORGANIZATION_WORDS, last) {
                mention.label = organization.unwrap_or(mention.label);
            }
        });
    }

    /// In "Central Bank of Kenya (CBK)" the letters name what the words name.
    pub(super) fn type_acronyms(&mut self) {
        for (text, mentions) in self.texts.iter().zip(self.mentions.iter_mut()) {
            let mut i = 0;
            while i < mentions.len() {
                let full = mentions[i];
                i += 1;
                let kind = self.kinds.get(usize::from(full.label)).copied().unwrap_or(Kind::Value);
                let Some((begin, end)) = acronym_after(text, &full).filter(|_| kind.is_core()) else {
                    continue;
                };
                match mentions.get_mut(i) {
                    Some(next) if next.begin < end => {
                        if (next.begin, next.end) == (begin, end) {
                            next.label = full.label;
                            next.probability = next.probability.max(full.probability);
                        }
                    }
                    _ => mentions.insert(i, Mention { begin, end, ..full }),
                }
            }
        }
    }

    /// A single word that ends a person's full name elsewhere in the article is that person.
    pub(super) fn follow_full_names(&mut self) {
        let Some(person) = self.label(Kind::Person) else { return };
        let mut surnames: HashMap<String, f32> = HashMap::new();
        for (name, mention, kind) in self.all() {
            if let Some(last) = last_word(name)
                && kind == Kind::Person
                && mention.probability > TRUSTED
            {
                let best = surnames.entry(last.to_owned()).or_default();
                *best = best.max(mention.probability);
            }
        }
        self.each(|text, mention, kind| {
            if let Some(&probability) = surnames.get(surface(text, mention))
                && kind.is_name()
            {
                mention.label = person;
                mention.probability = mention.probability.max(probability);
            }
        });
    }

    /// All occurrences of a name get the label with the most probability behind it.
    pub(super) fn agree_on_types(&mut self) {
        let mut votes: HashMap<String, Vec<(u16, f32)>> = HashMap::new();
        for (name, mention, kind) in self.all() {
            if kind.is_name() {
                let votes = votes.entry(name.to_owned()).or_default();
                match votes.iter_mut().find(|(label, _)| *label == mention.label) {
                    Some((_, weight)) => *weight += mention.probability,
                    None => votes.push((mention.label, mention.probability)),
                }
            }
        }
        self.each(|text, mention, kind| {
            if let Some(votes) = votes.get(surface(text, mention)).filter(|_| kind.is_name()) {
                let first = (mention.label, f32::NEG_INFINITY);
                mention.label =
                    votes.iter().fold(first, |best, &vote| if vote.1 > best.1 { vote } else { best }).0;
            }
        });
    }

    /// The clearest occurrence of a name vouches for the others.
    pub(super) fn vouch_for_repeats(&mut self) {
        let mut best: HashMap<(String, u16), f32> = HashMap::new();
        for (name, mention, kind) in self.all() {
            if kind.is_name() {
                let best = best.entry((name.to_owned(), mention.label)).or_default();
                *best = best.max(mention.probability);
            }
        }
        self.each(|text, mention, kind| {
            if kind.is_name() {
                let known = best.get(&(surface(text, mention).to_owned(), mention.label));
                mention.probability = known.copied().unwrap_or(mention.probability);
            }
        });
    }

    pub(super) fn drop_doubtful(&mut self) {
        let kinds = &self.kinds;
        for (text, mentions) in self.texts.iter().zip(self.mentions.iter_mut()) {
            mentions.retain(|mention| {
                let kind = kinds.get(usize::from(mention.label)).copied().unwrap_or(Kind::Value);
                let lower =
                    kind != Kind::Political && !surface(text, mention).chars().any(char::is_uppercase);
                let least = match kind {
                    Kind::OtherName | Kind::Value => return true,
                    _ if lower => DOUBTFUL_LOWER_CASE,
                    Kind::Organization => DOUBTFUL_ORGANIZATION,
                    Kind::Person | Kind::Political | Kind::Place | Kind::Facility => DOUBTFUL,
                };
                mention.probability >= least
            });
        }
    }

    /// Adds the occurrences of trusted names, and of the surnames of trusted persons, that the network missed.
    pub(super) fn find_missed(&mut self) {
        let known = self.trusted_names();
        if known.is_empty() {
            return;
        }
        for (text, mentions) in self.texts.iter().zip(self.mentions.iter_mut()) {
            let mut found = Vec::new();
            let mut next = 0;
            let mut free_from = 0;
            for (begin, word) in words(text) {
                while mentions.get(next).is_some_and(|mention| mention.end <= begin) {
                    next += 1;
                }
                let limit = mentions.get(next).map_or(text.len(), |mention| mention.begin);
                let names = known.get(word).into_iter().flatten();
                let fits = |name: &&Name| {
                    let end = begin + name.text.len();
                    begin >= free_from
                        && end <= limit
                        && text[begin..].starts_with(&name.text)
                        && ends_word(text, end)
                };
                if let Some(name) = names.into_iter().find(fits) {
                    let end = begin + name.text.len();
                    found.push(Mention {
                        begin,
                        end,
                        label: name.label,
                        probability: name.probability * UNSEEN,
                    });
                    free_from = end;
                }
            }
            if !found.is_empty() {
                mentions.extend(found);
                mentions.sort_by_key(|mention| mention.begin);
            }
        }
    }

    /// Names worth looking for, by their first word, longest first.
    fn trusted_names(&self) -> HashMap<String, Vec<Name>> {
        let mut names: HashMap<&str, (u16, f32)> = HashMap::new();
        let mut surnames: Vec<(&str, u16, f32)> = Vec::new();
        for (name, mention, kind) in self.all() {
            let distinct = name.chars().nth(2).is_some() && name.chars().any(char::is_uppercase);
            if !kind.is_core() || !distinct || mention.probability <= TRUSTED {
                continue;
            }
            let known = names.entry(name).or_insert((mention.label, mention.probability));
            if known.1 < mention.probability {
                *known = (mention.label, mention.probability);
            }
            if let Some(last) = last_word(name)
                && kind == Kind::Person
                && last.chars().nth(2).is_some()
                && last.starts_with(char::is_uppercase)
            {
                surnames.push((last, mention.label, mention.probability * SURNAME));
            }
        }
        for (surname, label, probability) in surnames {
            names.entry(surname).or_insert((label, probability));
        }
        let mut by_word: HashMap<String, Vec<Name>> = HashMap::new();
        for (text, (label, probability)) in names {
            if let Some((0, word)) = words(text).next() {
                let name = Name { text: text.to_owned(), label, probability };
                by_word.entry(word.to_owned()).or_default().push(name);
            }
        }
        for names in by_word.values_mut() {
            names.sort_by(|a, b| b.text.len().cmp(&a.text.len()).then_with(|| a.text.cmp(&b.text)));
            names.truncate(MAX_NAMES_AT_A_WORD);
        }
        by_word
    }
}

struct Name {
    text: String,
    label: u16,
    probability: f32,
}

/// The runs of letters and digits in a text, with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(|run| (run.as_ptr() as usize - text.as_ptr() as usize, run))
}

fn ends_word(text: &str, end: usize) -> bool {
    !text[end..].starts_with(char::is_alphanumeric)
}

/// The place of an acronym in brackets right after a name of several words, if it is made of their capitals.
fn acronym_after(text: &str, name: &Mention) -> Option<(usize, usize)> {
    let words = surface(text, name).split_whitespace();
    let capitals: String =
        words.filter_map(|word| word.chars().next().filter(|c| c.is_uppercase())).collect();
    let inside = text[name.end..].strip_prefix(" (")?;
    let acronym = &inside[..inside.find(')')?];
    let letters = || acronym.chars().filter(|&c| c != '.' && c != '&');
    (capitals.chars().nth(1).is_some() && letters().eq(capitals.chars()))
        .then(|| (name.end + 2, name.end + 2 + acronym.len()))
}
