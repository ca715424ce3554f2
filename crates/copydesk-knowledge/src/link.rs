//! Which place a name means, and what it is known as elsewhere.
//!
//! The article's evidence is a weight for each country: one for each of its names, peoples and cities that can mean
//! nothing else, half for a neighbour's. A name with several meanings is linked to the one that the evidence or, for
//! cities, the number of people prefers clearly; otherwise it stays unlinked. What follows a comma ("Paris, Texas") rules
//! out everything else. A demonym is linked to its country as an entity of its own (NORP).

use std::collections::HashMap;

use crate::{
    article::Link,
    fold::fold,
    name::bare,
    places::{Country, Gazetteer, Place, gazetteer},
};

/// A city must have this many times the weight of the next, evidence counted in.
const MIN_CITY_RATIO: f64 = 6.0;
/// What one piece of evidence is worth to a city, as a factor on its people.
const EVIDENCE_FACTOR: f64 = 12.0;
/// Evidence beyond this adds nothing.
const MAX_EVIDENCE: f64 = 3.0;

/// Cities of more people are known without their country.
const MIN_FAMOUS_PEOPLE: u32 = 500_000;

/// Countries whose names are also a person's, a river's or a bird's; they need evidence, or a recognizer that is sure.
const MANY_MEANINGS: &[&str] = &["jordan", "chad", "guinea", "niger", "dominica", "mali", "israel"];

/// A named place or people, as the decision needs it.
#[derive(Clone, Debug)]
pub(crate) struct Named<'a> {
    /// One of its names in the text.
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    /// How often it is named.
    pub(crate) count: usize,
    /// The greatest probability among its mentions.
    pub(crate) probability: f32,
    /// What stands behind the comma behind one of its mentions, if that is a name.
    pub(crate) qualifier: Option<&'a str>,
}

/// What the article as a whole tells of places.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    countries: HashMap<&'static str, f64>,
    /// States of the United States that are named without doubt.
    states: HashMap<&'static str, f64>,
    /// Folded names of people: "Jordan" is then no country.
    people: Vec<String>,
}

impl Evidence {
    /// Gathers what cannot mean anything else. Linear in the names.
    pub(crate) fn gather<'a>(named: impl Iterator<Item = Named<'a>>, dateline: &str) -> Evidence {
        let gazetteer = gazetteer();
        let mut evidence = Evidence::default();
        for one in named {
            let key = fold(bare(one.name));
            match one.label {
                "PERSON" | "PER" => evidence.people.extend(key.split(' ').map(str::to_owned)),
                "NORP" => {
                    if let [country] = gazetteer.demonym(&key) {
                        evidence.add_country(gazetteer, *country, 1.0);
                    }
                }
                "GPE" | "LOC" => evidence.add_place(gazetteer, &key),
                _ => {
                    // "US Congress", "Turkish Airlines".
                    let first = key.split(' ').next().unwrap_or_default();
                    let country = gazetteer.only_country(first).or(gazetteer.demonym(first).first().copied());
                    if let Some(country) = country.filter(|_| key.contains(' ')) {
                        evidence.add_country(gazetteer, country, 0.5);
                    }
                }
            }
        }
        let place = dateline.split([',', '(', '/']).next().unwrap_or_default();
        evidence.add_place(gazetteer, &fold(place));
        evidence.people.sort_unstable();
        evidence
    }

    fn add_place(&mut self, gazetteer: &Gazetteer, key: &str) {
        if let Some(country) = gazetteer.only_country(key) {
            return self.add_country(gazetteer, country, 1.0);
        }
        match gazetteer.places(key) {
            [Place::State(state)] => {
                if let Some(state) = gazetteer.states.get(*state) {
                    *self.states.entry(state.code).or_default() += 1.0;
                    self.add("US", 1.0);
                }
            }
            [Place::City(city)] => {
                if let Some(city) = gazetteer.cities.get(*city) {
                    self.add(city.country, 1.0);
                    if !city.state.is_empty() {
                        *self.states.entry(city.state).or_default() += 1.0;
                    }
                }
            }
            _ => {}
        }
    }

    fn add_country(&mut self, gazetteer: &Gazetteer, country: usize, weight: f64) {
        let Some(country) = gazetteer.countries.get(country) else { return };
        self.add(country.code, weight);
        for neighbour in country.neighbours.split(',') {
            self.add(neighbour, weight * 0.5);
        }
    }

    fn add(&mut self, code: &'static str, weight: f64) {
        if !code.is_empty() {
            *self.countries.entry(code).or_default() += weight;
        }
    }

    fn of(&self, code: &str) -> f64 {
        self.countries.get(code).copied().unwrap_or_default()
    }

    fn is_person(&self, key: &str) -> bool {
        self.people.binary_search_by(|known| known.as_str().cmp(key)).is_ok()
    }
}

/// The links of an entity by one of its names; empty if its meaning is not certain.
pub(crate) fn links(named: &Named<'_>, evidence: &Evidence) -> Vec<Link> {
    let gazetteer = gazetteer();
    let key = fold(bare(named.name));
    match named.label {
        "NORP" => demonym(gazetteer, &key, evidence),
        "GPE" | "LOC" => match gazetteer.organization(bare(named.name)) {
            // The European Union is often taken for a place.
            Some(id) if gazetteer.places(&key).is_empty() => vec![wikidata(id)],
            _ => place(gazetteer, &key, named, evidence),
        },
        "ORG" => gazetteer.organization(bare(named.name)).map(wikidata).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn wikidata(id: &str) -> Link {
    Link { scheme: "wikidata", id: id.to_owned(), url: format!("https://www.wikidata.org/wiki/{id}") }
}

fn geonames(id: &str) -> Link {
    Link { scheme: "geonames", id: id.to_owned(), url: format!("https://www.geonames.org/{id}") }
}

fn country_links(country: &Country) -> Vec<Link> {
    let iso = Link { scheme: "iso3166-1", id: country.code.to_owned(), url: String::new() };
    vec![iso, geonames(country.geonames_id)]
}

/// The one country whose people it is; of several ("Congolese", "Dominican") the one that the article is about.
fn demonym(gazetteer: &Gazetteer, key: &str, evidence: &Evidence) -> Vec<Link> {
    let known: Vec<&Country> =
        gazetteer.demonym(key).iter().filter_map(|country| gazetteer.countries.get(*country)).collect();
    let chosen = match known.as_slice() {
        [] => None,
        [one] => Some(*one),
        several => {
            let best =
                several.iter().max_by(|one, other| evidence.of(one.code).total_cmp(&evidence.of(other.code)));
            let others = several.iter().filter(|one| best.is_some_and(|best| best.code != one.code));
            let next = others.map(|one| evidence.of(one.code)).fold(0.0, f64::max);
            best.filter(|best| evidence.of(best.code) >= 1.0 && evidence.of(best.code) >= 2.0 * next).copied()
        }
    };
    let iso =
        |country: &Country| Link { scheme: "iso3166-1", id: country.code.to_owned(), url: String::new() };
    chosen.map(iso).into_iter().collect()
}

fn place(gazetteer: &Gazetteer, key: &str, named: &Named<'_>, evidence: &Evidence) -> Vec<Link> {
    let known = gazetteer.places(key);
    if let Some(qualifier) = named.qualifier {
        let fitting: Vec<Place> =
            known.iter().copied().filter(|place| fits(gazetteer, *place, &fold(bare(qualifier)))).collect();
        return match fitting.as_slice() {
            [one] => place_links(gazetteer, *one),
            // "Georgia, Armenia and": a list of countries tells no city.
            _ if is_region(gazetteer, qualifier) => {
                let regions: Vec<Place> =
                    known.iter().copied().filter(|place| !matches!(place, Place::City(_))).collect();
                choose(gazetteer, key, named, &regions, evidence)
            }
            _ => choose(gazetteer, key, named, known, evidence),
        };
    }
    choose(gazetteer, key, named, known, evidence)
}

/// Whether a word behind a comma names a country or a state at all.
fn is_region(gazetteer: &Gazetteer, qualifier: &str) -> bool {
    let places = gazetteer.places(&fold(bare(qualifier)));
    places.iter().any(|place| matches!(place, Place::Country(_) | Place::State(_)))
        || state_of(qualifier).is_some()
}

/// "Calif.", "D.C.": what agencies write for states behind a city.
fn state_of(qualifier: &str) -> Option<&'static str> {
    Some(match fold(qualifier).as_str() {
        "dc" | "d c" | "district of columbia" => "DC",
        "calif" | "ca" => "CA",
        "mass" | "ma" => "MA",
        "tex" | "tx" => "TX",
        "ala" | "al" => "AL",
        "fla" | "fl" => "FL",
        "ga" => "GA",
        "ill" | "il" => "IL",
        "mich" | "mi" => "MI",
        "minn" | "mn" => "MN",
        "pa" => "PA",
        "va" => "VA",
        "wash" | "wa" => "WA",
        "ny" => "NY",
        "nj" => "NJ",
        "nc" => "NC",
        "tenn" | "tn" => "TN",
        "ky" => "KY",
        "mo" => "MO",
        "ore" | "or" => "OR",
        _ => return None,
    })
}

fn fits(gazetteer: &Gazetteer, place: Place, qualifier: &str) -> bool {
    let Place::City(city) = place else { return false };
    let Some(city) = gazetteer.cities.get(city) else { return false };
    let names_it = gazetteer.places(qualifier).iter().any(|region| match region {
        Place::Country(country) => {
            gazetteer.countries.get(*country).is_some_and(|country| country.code == city.country)
        }
        Place::State(state) => gazetteer.states.get(*state).is_some_and(|state| state.code == city.state),
        Place::City(_) => false,
    });
    names_it
        || state_of(qualifier).is_some_and(|state| state == city.state)
        || (matches!(qualifier, "england" | "scotland" | "wales") && city.country == "GB")
        || (qualifier == "ontario" && city.country == "CA")
}

fn choose(
    gazetteer: &Gazetteer,
    key: &str,
    named: &Named<'_>,
    known: &[Place],
    evidence: &Evidence,
) -> Vec<Link> {
    if evidence.is_person(key) || (key == "washington" && !is_capital_meant(evidence)) {
        return Vec::new();
    }
    match known {
        [] => Vec::new(),
        [Place::Country(country), ..] if gazetteer.only_country(key).is_some() => {
            let is_sure = !MANY_MEANINGS.contains(&key) || named.probability >= 0.8 || named.count > 1;
            if is_sure { place_links(gazetteer, Place::Country(*country)) } else { Vec::new() }
        }
        [one @ Place::State(_)] => place_links(gazetteer, *one),
        [Place::City(city)] if is_obscure(gazetteer, *city, evidence) => Vec::new(),
        several => {
            heaviest(gazetteer, key, several, evidence).map_or(Vec::new(), |one| place_links(gazetteer, one))
        }
    }
}

/// A city of middling size may share its name with a town that is not in the table, unless its country is spoken of too.
fn is_obscure(gazetteer: &Gazetteer, city: usize, evidence: &Evidence) -> bool {
    let city = gazetteer.cities.get(city);
    city.is_none_or(|city| {
        city.people < MIN_FAMOUS_PEOPLE && !city.is_capital && evidence.of(city.country) <= 1.0
    })
}

/// The capital rather than the state: other countries are named, and none of the state's cities.
fn is_capital_meant(evidence: &Evidence) -> bool {
    let others = evidence.countries.keys().filter(|code| **code != "US").count();
    !evidence.states.contains_key("WA") && (others > 0 || evidence.of("US") > 0.0)
}

/// The one meaning that outweighs the next by far.
fn heaviest(gazetteer: &Gazetteer, key: &str, places: &[Place], evidence: &Evidence) -> Option<Place> {
    let weight = |place: &Place| {
        let (people, country, state) = match place {
            Place::Country(country) => {
                (3e5, gazetteer.countries.get(*country).map_or("", |country| country.code), "")
            }
            Place::State(state) => (3e5, "US", gazetteer.states.get(*state).map_or("", |state| state.code)),
            Place::City(city) => gazetteer.cities.get(*city).map_or((0.0, "", ""), |city| {
                let people = f64::from(city.people) * if city.is_capital { 3.0 } else { 1.0 };
                (people, city.country, city.state)
            }),
        };
        let told = evidence.of(country) + evidence.states.get(state).copied().unwrap_or_default();
        people * EVIDENCE_FACTOR.powf(told.min(MAX_EVIDENCE))
    };
    let mut weighed: Vec<(f64, Place)> = places.iter().map(|place| (weight(place), *place)).collect();
    weighed.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (best, place) = *weighed.first()?;
    if key == "washington" {
        return weighed.iter().map(|(_, place)| *place).find(|place| matches!(place, Place::City(_)));
    }
    let next = weighed.get(1).map_or(0.0, |(weight, _)| *weight);
    (best >= MIN_CITY_RATIO * next).then_some(place)
}

fn place_links(gazetteer: &Gazetteer, place: Place) -> Vec<Link> {
    match place {
        Place::Country(country) => gazetteer.countries.get(country).map(country_links).unwrap_or_default(),
        Place::State(state) => gazetteer
            .states
            .get(state)
            .map(|state| {
                let iso = Link { scheme: "iso3166-2", id: format!("US-{}", state.code), url: String::new() };
                vec![iso, geonames(state.geonames_id)]
            })
            .unwrap_or_default(),
        Place::City(city) => {
            gazetteer.cities.get(city).map(|city| vec![geonames(city.geonames_id)]).unwrap_or_default()
        }
    }
}
