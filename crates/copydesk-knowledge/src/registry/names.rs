//! Names across articles: how a name is read, where it is looked for, and how well two names agree.

use super::Subject;
use crate::{
    coreference::CORPORATE,
    fold::fold,
    name::{self, PersonName},
};

/// Types that one thing may be taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Person,
    Place,
    Organization,
    People,
    Other(String),
}

impl Family {
    pub(super) fn of(label: &str) -> Family {
        match label {
            "PERSON" | "PER" => Family::Person,
            "GPE" | "LOC" | "FAC" => Family::Place,
            "ORG" => Family::Organization,
            "NORP" => Family::People,
            _ => Family::Other(label.to_owned()),
        }
    }
}

/// How well two names agree, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    /// The one is a part of the other: a bare surname, a company's first word.
    Part,
    /// An abbreviation stands for the other; or the other's initials, or its sound, do.
    Short,
    /// Given names are left out, or it is transliterated otherwise.
    Close,
    /// The same.
    Exact,
}

/// A name as the registry compares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    family: Family,
    /// Folded; of a company without "Inc.", of a person without titles.
    key: String,
    /// People only.
    person: Option<PersonName>,
    /// "WHO", and single words of people.
    pub(super) is_short: bool,
}

impl Reading {
    pub(super) fn of(label: &str, name: &str) -> Reading {
        let family = Family::of(label);
        if family == Family::Person {
            let person = PersonName::read(name);
            let (key, is_short) = (person.parts.join(" "), !person.is_full());
            return Reading { family, key, person: Some(PersonName { gender: None, ..person }), is_short };
        }
        let bare = name::bare(name);
        let folded = fold(bare);
        let mut words: Vec<&str> = folded.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        if family == Family::Organization {
            while words.len() > 1 && words.last().is_some_and(|word| CORPORATE.contains(word)) {
                words.pop();
            }
        }
        Reading { family, key: words.join(" "), person: None, is_short: is_abbreviation(bare) }
    }

    /// Where it is looked for: the name; of people, initial and surname, and the surname; of organizations, the first word.
    pub(super) fn keys(&self) -> Vec<String> {
        if self.key.is_empty() {
            return Vec::new();
        }
        let letter = self.family.letter();
        let mut keys = vec![format!("{letter}={}", self.key)];
        match (&self.family, &self.person) {
            (Family::Person, Some(person)) => {
                let surname = sound(person.last());
                let given = person.parts.len().saturating_sub(1);
                for part in person.parts.iter().take(given.min(MAX_GIVEN)) {
                    for initial in name::initials(part) {
                        keys.push(format!("p:{initial} {surname}"));
                    }
                }
                keys.push(format!("p~{surname}"));
                // "Juan Manuel Santos Calderón" is Juan Manuel Santos, too.
                if let [_, .., second, _] = person.parts.as_slice() {
                    keys.push(format!("p~{}", sound(second)));
                }
            }
            (Family::Organization, _) => {
                let first = self.key.split(' ').next().unwrap_or_default();
                if !GENERIC.contains(&first) {
                    keys.push(format!("o~{first}"));
                }
            }
            _ => {}
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// Given names by whose initials a person is looked for.
const MAX_GIVEN: usize = 4;

/// First words that say nothing of an organization.
const GENERIC: &[&str] = &[
    "national",
    "international",
    "european",
    "american",
    "british",
    "the",
    "united",
    "central",
    "ministry",
    "department",
    "university",
    "bank",
    "new",
    "royal",
    "federal",
    "supreme",
    "association",
    "institute",
];

/// Letters, most of them capital, in one word of at most six.
fn is_abbreviation(name: &str) -> bool {
    let letters: Vec<char> = name.chars().filter(|c| *c != '.').collect();
    (2..=6).contains(&letters.len())
        && letters.iter().all(|c| c.is_alphanumeric() || *c == '-')
        && letters.iter().filter(|c| c.is_uppercase()).count() * 2 > letters.len()
}

/// The best that any two of their names agree; none if they do not, or if full names contradict.
pub(super) fn compare(subject: &[Reading], known: &[Reading]) -> Option<Match> {
    let is_person = subject.iter().chain(known).all(|reading| reading.family == Family::Person);
    let pairs = subject.iter().flat_map(|one| known.iter().map(move |other| (one, other)));
    if is_person {
        return pairs.filter_map(|(one, other)| compare_people(one, other)).max();
    }
    let has_long = |readings: &[Reading]| readings.iter().any(|reading| !reading.is_short);
    let both_long = has_long(subject) && has_long(known);
    pairs.filter_map(|(one, other)| compare_names(one, other, both_long)).max()
}

fn compare_names(one: &Reading, other: &Reading, both_long: bool) -> Option<Match> {
    if one.family != other.family {
        return None;
    }
    if one.key == other.key {
        // Of two bodies with long names that differ, the same letters mean nothing.
        return match (one.is_short && other.is_short, both_long) {
            (false, _) => Some(Match::Exact),
            (true, true) => None,
            (true, false) => Some(Match::Short),
        };
    }
    if one.family != Family::Organization {
        return None;
    }
    let (short, long) = if one.key.len() < other.key.len() { (one, other) } else { (other, one) };
    let is_head = long.key.strip_prefix(&short.key).is_some_and(|rest| rest.starts_with(' '));
    (is_head && !short.is_short && !GENERIC.contains(&short.key.as_str())).then_some(Match::Part)
}

fn compare_people(one: &Reading, other: &Reading) -> Option<Match> {
    let (Some(one), Some(other)) = (&one.person, &other.person) else { return None };
    if one.parts == other.parts {
        return Some(if one.is_full() { Match::Exact } else { Match::Part });
    }
    match (one.is_full(), other.is_full()) {
        (true, true) => compare_full(one, other),
        (false, false) => (sound(one.last()) == sound(other.last())).then_some(Match::Part),
        (true, false) => is_part(other, one).then_some(Match::Part),
        (false, true) => is_part(one, other).then_some(Match::Part),
    }
}

/// A bare surname. A bare given name is nobody's across articles.
fn is_part(bare: &PersonName, full: &PersonName) -> bool {
    sound(bare.last()) == sound(full.last())
}

fn compare_full(one: &PersonName, other: &PersonName) -> Option<Match> {
    if one.agrees(other) {
        let shares_given =
            given(one).iter().any(|part| part.chars().count() > 2 && given(other).contains(part));
        return Some(if shares_given { Match::Close } else { Match::Short });
    }
    let heard = |name: &PersonName| PersonName {
        parts: name.parts.iter().map(|part| sound(part)).collect(),
        gender: None,
    };
    let (heard_one, heard_other) = (heard(one), heard(other));
    let is_long = |name: &PersonName| name.last().len() > 2;
    if !is_long(&heard_one) || !heard_one.agrees(&heard_other) {
        return None;
    }
    let first_is_same = one.first() == other.first() || heard_one.parts == heard_other.parts;
    Some(if first_is_same { Match::Close } else { Match::Short })
}

fn given(name: &PersonName) -> &[String] {
    name.parts.split_last().map_or(&[], |(_, given)| given)
}

/// A word by its consonants, in one letter for those that transliterations confuse: "Qaddafi" and "Gadhafi", "Zelenskyy"
/// and "Selenskij". The first letter stays, as a vowel class if it is one.
pub(super) fn sound(word: &str) -> String {
    let mut word = word.to_owned();
    for (from, to) in SPELLINGS {
        if word.contains(from) {
            word = word.replace(from, to);
        }
    }
    let mut heard = String::with_capacity(word.len());
    for (index, c) in word.chars().enumerate() {
        let letter = match c {
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'j' | 'h' | '\'' | '-' if index > 0 => continue,
            'q' | 'k' | 'c' | 'g' => 'k',
            'w' | 'v' => 'v',
            'z' | 's' => 's',
            'y' | 'j' => 'i',
            other => other,
        };
        if !heard.ends_with(letter) {
            heard.push(letter);
        }
    }
    heard
}

/// What transliterations of one letter from Arabic, Cyrillic or Turkish look like.
const SPELLINGS: &[(&str, &str)] = &[
    ("tsch", "ch"),
    ("tch", "ch"),
    ("sch", "sh"),
    ("dzh", "j"),
    ("dj", "j"),
    ("kh", "h"),
    ("ph", "f"),
    ("ou", "u"),
    ("tz", "ts"),
    ("x", "ks"),
];

/// Whether the first is the better canonical name: a person's more parts, written out rather than as initials; another's
/// more words, unless it is only longer by its description.
pub(super) fn is_fuller(one: &Reading, one_name: &str, other: &Reading, other_name: &str) -> bool {
    if let (Some(person), Some(known)) = (&one.person, &other.person) {
        let fullness = |name: &PersonName| {
            let written_out = name.parts.iter().filter(|part| part.chars().count() > 1).count();
            (written_out, name.parts.len())
        };
        // Of equal names, the one without a title.
        let shorter = one.key == other.key && one_name.len() < other_name.len();
        return fullness(person) > fullness(known) || shorter;
    }
    other.is_short && !one.is_short
}

/// Which are decided first: those whose names are certain.
pub(super) fn certainty(subject: &Subject) -> u8 {
    let reading = Reading::of(&subject.label, &subject.name);
    match (reading.family, reading.is_short) {
        (Family::Organization | Family::People | Family::Other(_), false) => 0,
        (Family::Place, false) => 1,
        (Family::Person, false) => 2,
        (_, true) => 3,
    }
}

/// Peoples and languages have names of their own.
pub(super) fn has_namesakes(label: &str) -> bool {
    !matches!(label, "NORP" | "LANGUAGE")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(label: &str, one: &str, other: &str) -> Option<Match> {
        compare(&[Reading::of(label, one)], &[Reading::of(label, other)])
    }

    #[test]
    fn people_are_compared_by_the_parts_of_their_names() {
        for (one, other, expected) in [
            ("Recep Tayyip Erdoğan", "President Recep Tayyip Erdogan", Some(Match::Exact)),
            ("Recep Tayyip Erdoğan", "Tayyip Erdogan", Some(Match::Close)),
            ("Volodymyr Zelensky", "Volodymyr Zelenskyy", Some(Match::Close)),
            ("Muammar Qaddafi", "Moammar Gadhafi", Some(Match::Close)),
            ("J. Marlowe", "Joanna Marlowe", Some(Match::Short)),
            ("Erdogan", "Recep Tayyip Erdoğan", Some(Match::Part)),
            ("Ana Reyes", "Luis Reyes", None),
            ("Ana", "Ana Reyes", None),
            ("Jan Li", "Jan Lu", None),
        ] {
            assert_eq!(compared("PERSON", one, other), expected, "{one} and {other}");
        }
    }

    #[test]
    fn organizations_are_compared_without_their_legal_form() {
        for (one, other, expected) in [
            ("Tessaly Shipping Inc.", "Tessaly Shipping", Some(Match::Exact)),
            ("Tessaly", "Tessaly Shipping", Some(Match::Part)),
            ("WHO", "W.H.O.", Some(Match::Short)),
            ("National", "National Rail Board", None),
            ("Harbour Board", "Ferry Board", None),
        ] {
            assert_eq!(compared("ORG", one, other), expected, "{one} and {other}");
        }
    }

    #[test]
    fn what_may_be_one_shares_a_key() {
        for (one, other) in [
            ("Recep Tayyip Erdoğan", "Tayyip Erdogan"),
            ("Volodymyr Zelensky", "Volodymyr Zelenskyy"),
            ("Muammar Qaddafi", "Moammar Gadhafi"),
            ("Bob Kane", "Robert Kane"),
            ("J. Marlowe", "Joanna Marlowe"),
            ("Erdogan", "Recep Tayyip Erdoğan"),
        ] {
            let keys = Reading::of("PERSON", one).keys();
            let others = Reading::of("PERSON", other).keys();
            assert!(keys.iter().any(|key| others.contains(key)), "{keys:?} {others:?}");
        }
    }
}
