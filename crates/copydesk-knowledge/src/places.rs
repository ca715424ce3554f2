//! The packaged gazetteer: countries, demonyms, states, cities and well-known organizations; see data/README.md.
//!
//! Read once, at the first use (some milliseconds); a lookup is constant. Knows names only; which of several places a
//! name means is decided in `link`.

use std::{collections::HashMap, sync::OnceLock};

use crate::fold::fold;

static PLACES: &str = include_str!("../data/places.tsv");
static ORGANIZATIONS: &str = include_str!("../data/organizations.tsv");

/// A place or organization that a name may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Index into the countries.
    Country(usize),
    /// A state of the United States, index into the states.
    State(usize),
    /// Index into the cities.
    City(usize),
}

/// A country.
#[derive(Debug)]
pub(crate) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(crate) code: &'static str,
    pub(crate) geonames_id: &'static str,
    /// Comma-separated codes.
    pub(crate) neighbours: &'static str,
}

/// A state of the United States.
#[derive(Debug)]
pub(crate) struct State {
    /// ISO 3166-2 behind "US-".
    pub(crate) code: &'static str,
    pub(crate) geonames_id: &'static str,
}

/// A city.
#[derive(Debug)]
pub(crate) struct City {
    pub(crate) geonames_id: &'static str,
    /// ISO 3166-1 alpha-2.
    pub(crate) country: &'static str,
    /// Of the United States; empty elsewhere.
    pub(crate) state: &'static str,
    pub(crate) people: u32,
    pub(crate) is_capital: bool,
}

/// Everything, by folded name.
#[derive(Debug, Default)]
pub(crate) struct Gazetteer {
    pub(crate) countries: Vec<Country>,
    pub(crate) states: Vec<State>,
    pub(crate) cities: Vec<City>,
    places: HashMap<String, Vec<Place>>,
    demonyms: HashMap<String, Vec<usize>>,
    organizations: HashMap<String, &'static str>,
}

/// The packaged gazetteer.
pub(crate) fn gazetteer() -> &'static Gazetteer {
    static GAZETTEER: OnceLock<Gazetteer> = OnceLock::new();
    GAZETTEER.get_or_init(Gazetteer::read)
}

impl Gazetteer {
    fn read() -> Gazetteer {
        let mut gazetteer = Gazetteer::default();
        let mut capitals = Vec::new();
        for line in PLACES.lines() {
            let columns: Vec<&'static str> = line.split('\t').collect();
            match columns.as_slice() {
                ["C", code, geonames_id, names, demonyms, capital, neighbours] => {
                    let country = Place::Country(gazetteer.countries.len());
                    names.split(';').for_each(|name| gazetteer.name(name, country));
                    for demonym in demonyms.split(';').filter(|demonym| !demonym.is_empty()) {
                        gazetteer.demonyms.entry(fold(demonym)).or_default().push(gazetteer.countries.len());
                    }
                    capitals.push(*capital);
                    gazetteer.countries.push(Country { code, geonames_id, neighbours });
                }
                ["S", code, geonames_id, name] => {
                    gazetteer.name(name, Place::State(gazetteer.states.len()));
                    gazetteer.states.push(State { code, geonames_id });
                }
                ["T", geonames_id, country, state, people, name] => {
                    gazetteer.name(name, Place::City(gazetteer.cities.len()));
                    let is_capital = capitals.contains(geonames_id);
                    // Digits, by the script that made the file; a test reads them all.
                    let people = people.parse().unwrap_or_default();
                    gazetteer.cities.push(City { geonames_id, country, state, people, is_capital });
                }
                _ => {}
            }
        }
        for line in ORGANIZATIONS.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let Some(id) = columns.next() else { continue };
            for name in columns.flat_map(|names| names.split(';')).filter(|name| !name.is_empty()) {
                gazetteer.organizations.insert(organization_key(name), id);
            }
        }
        gazetteer
    }

    fn name(&mut self, name: &str, place: Place) {
        let key = fold(name);
        let known = self.places.entry(key).or_default();
        if !known.contains(&place) {
            known.push(place);
        }
    }

    /// What a folded name may mean.
    pub(crate) fn places(&self, key: &str) -> &[Place] {
        let bare = || key.strip_prefix("the ").and_then(|bare| self.places.get(bare));
        self.places.get(key).or_else(bare).map_or(&[], Vec::as_slice)
    }

    /// The countries whose people a folded word names; those of "anti-Turkish" too.
    pub(crate) fn demonym(&self, key: &str) -> &[usize] {
        let bare =
            ["anti-", "pro-", "non-"].iter().find_map(|prefix| key.strip_prefix(prefix)).unwrap_or(key);
        self.demonyms.get(bare).map_or(&[], Vec::as_slice)
    }

    /// The Wikidata id of a well-known organization.
    pub(crate) fn organization(&self, name: &str) -> Option<&'static str> {
        self.organizations.get(&organization_key(name)).copied()
    }

    /// The country that a folded name means. A city of the same name (Armenia, Singapore) is less than a country; a state
    /// (Georgia) is not.
    pub(crate) fn only_country(&self, key: &str) -> Option<usize> {
        let mut country = None;
        for place in self.places(key) {
            match place {
                Place::Country(index) => country = Some(*index),
                Place::State(_) => return None,
                Place::City(_) => {}
            }
        }
        country
    }

    /// Whether a folded word names a country or its people.
    pub(crate) fn is_national(&self, key: &str) -> bool {
        !self.demonym(key).is_empty() || self.only_country(key).is_some()
    }
}

/// Abbreviations are told from words by their capitals: "WHO" is no "who".
fn organization_key(name: &str) -> String {
    let bare: String = name.chars().filter(|c| *c != '.').collect();
    let is_short = bare.len() <= 5 && bare.chars().all(char::is_uppercase);
    if is_short { bare } else { fold(name.strip_prefix("The ").unwrap_or(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packaged_file_is_read_whole() {
        let gazetteer = gazetteer();
        assert_eq!(gazetteer.states.len(), 51);
        assert!(gazetteer.countries.len() >= 249 && gazetteer.cities.len() > 5_000);
        assert!(gazetteer.cities.iter().all(|city| city.is_capital || city.people >= 100_000));
        assert!(gazetteer.countries.iter().all(|country| country.code.len() == 2));
        let read = gazetteer.countries.len() + gazetteer.states.len() + gazetteer.cities.len();
        assert_eq!(read, PLACES.lines().count());
    }

    #[test]
    fn names_mean_what_they_may_mean() {
        let gazetteer = gazetteer();
        let code = |key: &str| gazetteer.only_country(key).map(|country| gazetteer.countries[country].code);
        assert_eq!(code("us"), Some("US"));
        assert_eq!(code("turkey"), Some("TR"));
        assert_eq!(code("georgia"), None);
        assert_eq!(gazetteer.places("georgia").len(), 2);
        assert_eq!(gazetteer.organization("U.N."), Some("Q1065"));
        assert_eq!(gazetteer.organization("Who"), None);
    }
}
