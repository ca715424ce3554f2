//! Made-up names and a text that has some of them; the same on every run.
//!
//! Persons, companies and places from made-up syllables, so that they share first names, surnames and endings as real
//! lists do: 18 bytes a name, nine million different prefixes in a million names.

use std::collections::HashSet;

use copydesk_gazetteer::{Entry, Link};

const ONSETS: [&str; 30] = [
    "b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p", "pr", "r", "s",
    "sh", "st", "t", "tr", "v", "w", "z", "", "é", "ö",
];
const VOWELS: [&str; 10] = ["a", "e", "i", "o", "u", "ai", "ou", "ia", "ee", "á"];
const CODAS: [&str; 8] = ["n", "r", "s", "l", "m", "t", "nd", "ng"];
const ENDINGS: [&str; 10] = [
    "Ltd",
    "Group",
    "Holdings",
    "Bank",
    "University",
    "Ministry of Defence",
    "Party",
    "Football Club",
    "Energy",
    "Partners",
];

/// SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// Low numbers come more often, as some first names do.
    fn skewed(&mut self, bound: usize) -> usize {
        self.below(bound).min(self.below(bound)).min(self.below(bound))
    }

    fn word(&mut self, syllables: usize) -> String {
        let mut word = String::new();
        for _ in 0..syllables {
            word += ONSETS[self.below(ONSETS.len())];
            word += VOWELS[self.below(VOWELS.len())];
            if self.below(3) == 0 {
                word += CODAS[self.below(CODAS.len())];
            }
        }
        let mut chars = word.chars();
        chars
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
    }
}

/// This many different names, each with a type, an id and a link.
pub(crate) fn entries(count: usize) -> Vec<Entry> {
    let mut dice = Dice(7);
    let firsts: Vec<String> = (0..6_000).map(|number| dice.word(1 + number % 3)).collect();
    let lasts: Vec<String> = (0..80_000).map(|number| dice.word(2 + number % 3)).collect();
    let mut seen = HashSet::new();
    let mut entries = Vec::with_capacity(count);
    while entries.len() < count {
        let last = &lasts[dice.skewed(lasts.len())];
        let (name, entity_type) = match dice.below(10) {
            0 => (
                format!(
                    "{} {}. {last}",
                    firsts[dice.skewed(firsts.len())],
                    char::from(b'A' + dice.below(26) as u8)
                ),
                "PERSON",
            ),
            1..=5 => (format!("{} {last}", firsts[dice.skewed(firsts.len())]), "PERSON"),
            6..=7 => {
                (format!("{} {}", lasts[dice.below(lasts.len())], ENDINGS[dice.below(ENDINGS.len())]), "ORG")
            }
            8 => (format!("{last} {}", lasts[dice.below(lasts.len())]), "FAC"),
            _ => (dice.word(3), "GPE"),
        };
        if seen.insert(name.clone()) {
            let number = entries.len();
            let url = format!("https://www.wikidata.org/wiki/Q{number}");
            let link = Link { scheme: "wikidata".to_owned(), id: format!("Q{number}"), url };
            let (entity_type, id) = (entity_type.to_owned(), number.to_string());
            entries.push(Entry { name, entity_type, id, aliases: Vec::new(), links: vec![link] });
        }
    }
    entries
}

/// News prose with one of the names every forty words, about this long.
pub(crate) fn text(entries: &[Entry], bytes: usize) -> String {
    let articles = [
        include_str!("../../../../samples/dam-talks.txt"),
        include_str!("../../../../samples/harvest-forecast.txt"),
        include_str!("../../../../samples/night-flights.txt"),
    ];
    let mut dice = Dice(3);
    let mut text = String::with_capacity(bytes + 100);
    for (number, word) in articles.iter().flat_map(|article| article.split(' ')).cycle().enumerate() {
        if text.len() >= bytes {
            break;
        }
        text += word;
        text.push(' ');
        if number % 40 == 0 {
            text += &entries[dice.below(entries.len())].name;
            text.push(' ');
        }
    }
    text
}
