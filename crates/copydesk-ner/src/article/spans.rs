//! Cuts a mention to the name: white space, articles, titles, possessives and half brackets go.

use super::{Article, Kind};
use crate::Mention;

/// Titles and roles that stand before a person's name.
const TITLES: &[&str] = &[
    "Mr",
    "Mrs",
    "Ms",
    "Miss",
    "Dr",
    "Prof",
    "Gen",
    "Sen",
    "Rep",
    "Gov",
    "Lt",
    "Col",
    "Sgt",
    "Capt",
    "Rev",
    "Sir",
    "President",
    "Prime Minister",
    "Minister",
    "Senator",
    "Governor",
    "Chancellor",
    "Captain",
    "General",
    "Judge",
    "Justice",
    "King",
    "Queen",
    "Prince",
    "Princess",
    "Pope",
    "Saint",
    "Aunt",
    "Uncle",
    "Professor",
    "Doctor",
];

impl Article<'_> {
    pub(super) fn cut_spans(&mut self) {
        let english = self.english;
        for (text, mentions) in self.texts.iter().zip(self.mentions.iter_mut()) {
            for mention in mentions.iter_mut() {
                let kind = self.kinds.get(usize::from(mention.label)).copied().unwrap_or(Kind::Value);
                cut(text, mention, english, kind == Kind::Person);
            }
            mentions.retain(|mention| mention.begin < mention.end);
        }
    }
}

fn cut(text: &str, mention: &mut Mention, english: bool, is_person: bool) {
    let whole = &text[mention.begin..mention.end];
    let mut name = whole.trim_start_matches(|c: char| !c.is_alphanumeric() && !"$€£#@.'’".contains(c));
    name = name.trim_end_matches(|c: char| !c.is_alphanumeric() && !".'’%)”\"".contains(c));
    if english {
        name = without_article(name);
        name = without_possessive(name);
        if is_person {
            name = without_titles(name);
        }
    }
    name = without_half_bracket(name);
    mention.begin += name.as_ptr() as usize - whole.as_ptr() as usize;
    mention.end = mention.begin + name.len();
}

fn without_article(name: &str) -> &str {
    for article in ["the", "a", "an"] {
        if let (Some(head), Some(rest)) = (name.get(..article.len()), name.get(article.len()..))
            && head.eq_ignore_ascii_case(article)
            && rest.starts_with(char::is_whitespace)
            && !rest.trim_start().is_empty()
        {
            return rest.trim_start();
        }
    }
    name
}

fn without_possessive(name: &str) -> &str {
    for ending in ["'s", "’s", "'", "’"] {
        if let Some(rest) = name.strip_suffix(ending).filter(|rest| !rest.is_empty()) {
            return rest;
        }
    }
    name
}

fn without_titles(name: &str) -> &str {
    let mut name = name;
    // "Lt. Gen. Smith" has two; a name of titles only keeps the last.
    while let Some(rest) = TITLES.iter().find_map(|title| {
        let rest = name.strip_prefix(title)?;
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        (rest.starts_with(char::is_whitespace) && !rest.trim_start().is_empty()).then(|| rest.trim_start())
    }) {
        name = rest;
    }
    name
}

/// Ends the name before a bracket that it does not close.
fn without_half_bracket(name: &str) -> &str {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some(at) = name.find(open).filter(|&at| at > 0)
            && !name.contains(close)
        {
            return name[..at].trim_end();
        }
    }
    name
}
