//! The byline and the date that stand beside the headline without any mark.
//!
//! Lives here: reading short texts and links around the `h1`. Must never come here: marks such as microdata, `rel` and
//! class names (`visible.rs`). Called for pages that say nothing of authors or dates in a way made for machines.

use super::{authors, dates};
use crate::html::names::{AttrName, Tag};
use crate::html::tree::{Kind, Tree};

/// Nodes above the headline that are looked at: kickers, and dates in the small print above it.
const NODES_ABOVE: u32 = 40;

/// Nodes below.
const NODES_BELOW: u32 = 140;

/// Longer texts are no byline, nor a date by itself.
const MAX_CHARS: usize = 70;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Near {
    pub(super) author: Option<String>,
    pub(super) date: Option<String>,
}

/// Looks around the first headline of a page. Bounded by the nodes looked at.
pub(super) fn read(tree: &Tree<'_>) -> Near {
    let heads = (0..tree.nodes.len() as u32).filter(|&id| tree.tag(id) == Tag::H1);
    let Some(head) = heads.take(3).find(|&id| tree.text(id, 300).chars().count() >= 12) else {
        return Near::default();
    };
    let inside = tree.subtree(head);
    let mut near = Near::default();
    let below = inside.end..inside.end.saturating_add(NODES_BELOW).min(tree.nodes.len() as u32);
    look(tree, below, &mut near);
    look(tree, head.saturating_sub(NODES_ABOVE)..head, &mut near);
    near
}

fn look(tree: &Tree<'_>, range: std::ops::Range<u32>, near: &mut Near) {
    for id in range {
        let Some(Kind::Element { tag, .. }) = tree.node(id).map(|node| node.kind) else { continue };
        if near.author.is_some() && near.date.is_some() {
            return;
        }
        let linked = tag == Tag::A && tree.raw_attr(id, AttrName::Href).is_some_and(is_authors);
        let text = tree.text(id, MAX_CHARS * 4 + 4);
        if !(4..=MAX_CHARS).contains(&text.chars().count()) {
            continue;
        }
        if near.author.is_none() {
            let said = authors::split(&text).into_iter().next();
            let person = said.is_some_and(|name| authors::looks_like_person(&name));
            if person && (linked || is_byline(&text)) {
                near.author = Some(text.clone());
            }
        }
        if near.date.is_none() && dates::parse(&text).is_some() {
            near.date = Some(text);
        }
    }
}

/// Words that open a byline and hardly anything else.
const OPENERS: [&str; 12] = [
    "by ",
    "by: ",
    "written by ",
    "words by ",
    "author: ",
    "authors: ",
    "posted by ",
    "published by ",
    "von ",
    "par ",
    "escrito por ",
    "autor: ",
];

fn is_byline(text: &str) -> bool {
    let lower = text.to_lowercase();
    OPENERS.iter().any(|opener| lower.starts_with(opener))
}

/// True for the address of an author's page.
fn is_authors(address: &str) -> bool {
    const PARTS: [&str; 12] = [
        "author",
        "authors",
        "autor",
        "autoren",
        "auteur",
        "auteurs",
        "contributor",
        "contributors",
        "producers",
        "writers",
        "columnists",
        "journalist",
    ];
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.split('/').rev().filter(|part| !part.is_empty());
    parts.next();
    parts.any(|part| PARTS.contains(&part.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;

    #[test]
    fn the_line_below_the_headline_is_read() {
        let tree = html::parse(
            "<nav><a href=/news>News</a></nav><h1>The bridge is closed again</h1><p>by Ana Reis</p><p>Dec 17, 2025</p><p>Nobody knows why.</p>",
        );
        let near = read(&tree);
        assert_eq!(near.author.as_deref(), Some("by Ana Reis"));
        assert_eq!(near.date.as_deref(), Some("Dec 17, 2025"));
    }

    #[test]
    fn links_to_authors_are_told_by_their_address() {
        assert!(is_authors("/blog/author/ana-reis"));
        assert!(is_authors("https://post.example/authors/ana?x=1"));
        assert!(!is_authors("/author"));
        assert!(!is_authors("/news/authority"));
    }
}
