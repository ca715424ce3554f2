//! Names out of bylines.
//!
//! Lives here: turning "By Jane Doe and John Roe, Staff Writers" into two names, and telling names from other things.
//! Must never come here: where bylines stand in a page (`mod.rs`, `flat`).

use crate::normal::tidy;

/// Words that open a byline, lower case.
#[rustfmt::skip]
const OPENERS: &[&str] = &[
    "by", "written by", "words by", "story by", "reported by", "reporting by", "posted by", "published by", "author:", "author", "authors:", "article by", "text by", "text:", "text",
    "von", "ein kommentar von", "eine analyse von", "ein gastbeitrag von", "ein interview von", "interview:", "aus", "par", "propos recueillis par", "por", "di", "a cura di",
    "av", "af", "door", "autor:", "autorin:", "autor", "auteur:", "autore:", "écrit par", "publié par", "escrito por", "publicado por", "redactado por", "tekst:", "tekst",
    "avtor:", "автор:", "автор", "текст:", "tác giả", "scris de", "napsal", "napsala", "írta:", "skriver", "kirjoittaja:", "yazan:", "haber:", "gönderen:", "作者:", "作者：", "記者", "文/",
];

/// What separates names.
const SEPARATORS: &[&str] = &[
    " and ", " und ", " et ", " y ", " e ", " och ", " og ", " en ", " i ", " и ", " та ", " & ", " with ",
    " mit ", "; ", " | ", " / ", " • ", " · ", "、", "，", " ve ", " ja ",
];

/// Words that no person's name holds, lower case: roles, agencies' legal forms, sections.
#[rustfmt::skip]
const NOT_NAMES: &[&str] = &[
    "staff", "reporter", "reporters", "editor", "editors", "correspondent", "writer", "writers", "columnist", "published", "updated", "posted", "photo", "photos", "contributor", "contributing",
    "min", "read", "minutes", "journalist", "redakteur", "redakteurin", "redaktion", "korrespondent", "korrespondentin", "volontär", "chefredakteur", "corresponsal", "periodista",
    "journaliste", "giornalista", "redactora", "redactor", "senior", "chief", "political", "director", "producer", "www", "http", "https", "follow", "view", "profile", "am", "uhr",
    "comments", "share", "bio", "written", "reviewed", "says", "name", "blog", "development", "pm", "subscribe", "ressortleiter", "leiter", "stand", "bureau", "special", "email", "twitter", "facebook", "professor", "university",
];

/// The names in a byline, cleaned, each once. Whole-line input such as "By Jane Doe | 3 May 2020" is fine.
pub(crate) fn split(byline: &str) -> Vec<String> {
    let mut parts = vec![strip_opener(&tidy(byline)).to_owned()];
    for separator in SEPARATORS {
        parts = parts.iter().flat_map(|part| part.split(separator)).map(str::to_owned).collect();
    }
    parts = parts.iter().flat_map(|part| commas(part)).collect();
    let mut names: Vec<String> = Vec::new();
    for part in parts {
        if let Some(name) = clean(&part)
            && !names.iter().any(|n| n.to_lowercase() == name.to_lowercase())
        {
            names.push(name);
        }
    }
    names
}

/// The names in an entry of structured data: trusted to be names, so roles and newsrooms stay, only lists are cut.
pub(crate) fn split_listed(entry: &str) -> Vec<String> {
    let mut parts = vec![strip_opener(&tidy(entry)).to_owned()];
    for separator in SEPARATORS.iter().chain(&[", "]) {
        parts = parts.iter().flat_map(|part| part.split(separator)).map(str::to_owned).collect();
    }
    let proper = |name: &String| {
        let lower = name.to_lowercase();
        let chars = name.chars().count();
        (2..=70).contains(&chars)
            && name.chars().any(char::is_alphabetic)
            && !name.contains("://")
            && !name.contains('@')
            && !["image:", "photo", "foto:", "bild:", "www."]
                .iter()
                .any(|start| lower.trim_start_matches('(').starts_with(start))
            && !ROLES.iter().any(|role| lower.split(' ').any(|word| word == *role))
    };
    parts
        .iter()
        .map(|p| p.trim().trim_matches(['"', '|', ',', '.']).trim().to_owned())
        .filter(proper)
        .collect()
}

/// Words of roles that follow a name after a comma.
const ROLES: &[&str] = &[
    "reporter",
    "correspondent",
    "editor",
    "redakteur",
    "redakteurin",
    "journalist",
    "writer",
    "producer",
    "columnist",
];

/// True for a newsroom, agency or desk that signs in place of a person.
pub(crate) fn is_desk(name: &str) -> bool {
    const WORDS: [&str; 22] = [
        "news",
        "newsroom",
        "redaktion",
        "desk",
        "nachrichten",
        "redacción",
        "redazione",
        "rédaction",
        "online",
        "digital",
        "editors",
        "admin",
        "agency",
        "agencia",
        "press",
        "team",
        "media",
        "tv",
        "ajansı",
        "редакция",
        "webdesk",
        "times",
    ];
    let lower = name.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
        || !name.contains(' ') && name.chars().all(|c| c.is_uppercase())
}

/// "Doe, Jane" does not occur in bylines often enough to matter; commas separate names from names or from roles.
fn commas(part: &str) -> Vec<String> {
    part.split([',', '(', '\n']).map(|p| p.trim().to_owned()).collect()
}

/// The byline without "By" and its like.
pub(crate) fn strip_opener(text: &str) -> &str {
    let mut rest = text.trim();
    let lower = rest.to_lowercase();
    if lower.len() != rest.len() {
        return rest;
    }
    let longest = OPENERS
        .iter()
        .filter(|o| {
            lower
                .strip_prefix(**o)
                .is_some_and(|r| o.ends_with([':', '：', '/']) || r.starts_with([' ', ':', '\u{a0}']))
        })
        .map(|o| o.len())
        .max();
    if let Some(length) = longest {
        rest = rest.get(length..).unwrap_or_default().trim_start_matches([' ', ':', '-', '–']);
    }
    rest
}

/// True when a line opens like a byline.
pub(crate) fn opens_byline(line: &str) -> bool {
    strip_opener(line).len() < line.trim().len()
}

/// One name, cleaned; nothing when it is no name.
pub(crate) fn clean(part: &str) -> Option<String> {
    let part = tidy(part);
    let part = strip_opener(&part)
        .trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '’' | '\'' | ')' | '"'));
    let part = part.trim_end_matches([')', '"']).trim_start_matches(['.', '\'', '"']);
    let part = part
        .split(" | ")
        .next()
        .unwrap_or(part)
        .split(" – ")
        .next()
        .unwrap_or(part)
        .split(" - ")
        .next()
        .unwrap_or(part)
        .trim();
    let chars = part.chars().count();
    if !(2..=60).contains(&chars)
        || part.contains("://")
        || part.contains("www.")
        || part.contains('@') && !part.starts_with('@')
    {
        return None;
    }
    let words: Vec<&str> = part.split_whitespace().collect();
    if words.len() > 7 || part.chars().any(|c| c.is_ascii_digit()) && words.len() > 1 {
        return None;
    }
    let lower = part.to_lowercase();
    if lower.split(|c: char| !c.is_alphanumeric()).any(|w| NOT_NAMES.contains(&w)) {
        return None;
    }
    part.chars().any(char::is_alphabetic).then(|| part.to_owned())
}

/// True for a run of two to four capitalized words, as a person's name is written.
pub(crate) fn looks_like_person(text: &str) -> bool {
    const PARTICLES: [&str; 16] = [
        "de", "del", "la", "van", "von", "der", "den", "da", "dos", "di", "al", "el", "bin", "ten", "zu",
        "le",
    ];
    let words: Vec<&str> = text.split_whitespace().collect();
    (2..=5).contains(&words.len())
        && words.iter().all(|w| w.starts_with(char::is_uppercase) || PARTICLES.contains(w))
        && text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '\'' | '’'))
        && clean(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_become_lists_of_names() {
        for (byline, names) in [
            ("By Jane Doe and John Roe", &["Jane Doe", "John Roe"][..]),
            ("BY JANE DOE, Staff Writer", &["JANE DOE"]),
            ("Von Anna Groß und Ben Klein", &["Anna Groß", "Ben Klein"]),
            ("Par Léa Petit et Luc Grand", &["Léa Petit", "Luc Grand"]),
            ("Jane Doe, John Roe, Ann Poe", &["Jane Doe", "John Roe", "Ann Poe"]),
            ("https://example.org/jane", &[]),
        ] {
            assert_eq!(split(byline), names, "{byline}");
        }
    }
}
