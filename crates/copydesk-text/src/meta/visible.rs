//! What readers see of the metadata: headlines, bylines, dates.
//!
//! Lives here: reading them out of the body by microdata, `rel`, `<time>` and class names. Must never come here: the
//! head (`head.rs`) or scripts (`jsonld.rs`).

use super::authors;
use crate::html::names::{AttrName, Tag};
use crate::html::signals::split_words;
use crate::html::tree::{Kind, Tree};

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Visible {
    /// `h1`, then elements marked as headline, in order.
    pub(crate) headings: Vec<String>,
    pub(crate) subtitle: Option<String>,
    pub(crate) authors: Vec<String>,
    /// Of microdata or `<time datetime>`.
    pub(crate) published: Option<String>,
    pub(crate) modified: Option<String>,
    /// Text of an element that says it is a date.
    pub(crate) shown_date: Option<String>,
}

/// Reads a page's body. One pass over its elements.
pub(crate) fn read(tree: &Tree<'_>) -> Visible {
    let mut seen = Visible::default();
    let mut marked = Vec::new();
    let (mut by_rel, mut by_class) = (Vec::new(), Vec::new());
    for id in 0..tree.nodes.len() as u32 {
        let Some(node) = tree.node(id) else { break };
        let Kind::Element { tag, .. } = node.kind else { continue };
        if tag == Tag::H1 && seen.headings.len() < 8 {
            let text = tree.text(id, 500);
            if !text.is_empty() {
                seen.headings.push(text);
            }
        }
        let itemprop = tree.raw_attr(id, AttrName::Itemprop).unwrap_or_default().to_ascii_lowercase();
        for prop in itemprop.split_ascii_whitespace() {
            let value = || {
                tree.attr(id, AttrName::Datetime)
                    .or_else(|| tree.attr(id, AttrName::Content))
                    .map_or_else(|| tree.text(id, 120), |v| v.into_owned())
            };
            match prop {
                "headline" if tag != Tag::Meta && marked.len() < 8 => marked.push(tree.text(id, 500)),
                "datepublished" if seen.published.is_none() => seen.published = Some(value()),
                "datemodified" if seen.modified.is_none() => seen.modified = Some(value()),
                "author" if by_rel.len() < 20 => by_rel.push(author_text(tree, id)),
                _ => {}
            }
        }
        if tag == Tag::Time && seen.published.is_none() && seen.shown_date.is_none() {
            seen.shown_date = tree
                .attr(id, AttrName::Datetime)
                .map(|v| v.into_owned())
                .filter(|v| super::dates::parse(v).is_some())
                .or_else(|| Some(tree.text(id, 120)).filter(|t| super::dates::parse(t).is_some()));
        }
        if tree
            .raw_attr(id, AttrName::Rel)
            .is_some_and(|r| r.split_ascii_whitespace().any(|w| w.eq_ignore_ascii_case("author")))
            && tag == Tag::A
            && by_rel.len() < 20
        {
            by_rel.push(tree.text(id, 120));
        }
        if let Some(class) = tree.raw_attr(id, AttrName::Class)
            && class.len() < 400
        {
            by_class_name(tree, id, class, &mut seen, &mut by_class);
        }
    }
    seen.headings.extend(marked.into_iter().filter(|h| !h.is_empty()));
    seen.authors = if by_rel.iter().any(|a| !a.is_empty()) { by_rel } else { by_class };
    seen
}

fn by_class_name(tree: &Tree<'_>, id: u32, class: &str, seen: &mut Visible, authors: &mut Vec<String>) {
    let words = split_words(class);
    let has = |word: &str| words.iter().any(|w| w == word);
    if (has("byline") || has("author") || has("autor")) && authors.len() < 10 && !has("bio") {
        let text = tree.text(id, 200);
        if (2..120).contains(&text.chars().count()) && !authors::split(&text).is_empty() && authors.is_empty()
        {
            authors.push(text);
        }
    }
    let dated = has("date") || has("published") || has("timestamp") || has("pubdate") || has("time");
    if dated && seen.shown_date.is_none() {
        let text = tree.text(id, 160);
        if text.chars().count() < 120 && super::dates::parse(&text).is_some() {
            seen.shown_date = Some(text);
        }
    }
    let under = has("subtitle") || has("standfirst") || has("dek") || has("subheadline");
    if under && seen.subtitle.is_none() {
        let text = tree.text(id, 600);
        if (10..500).contains(&text.chars().count()) {
            seen.subtitle = Some(text);
        }
    }
}

/// The name inside an element that is marked as author: its `name` when it is an item of its own.
fn author_text(tree: &Tree<'_>, id: u32) -> String {
    let named = tree
        .subtree(id)
        .find(|&n| tree.raw_attr(n, AttrName::Itemprop).is_some_and(|p| p.eq_ignore_ascii_case("name")));
    match named {
        Some(n) => tree.attr(n, AttrName::Content).map_or_else(|| tree.text(n, 120), |c| c.into_owned()),
        None => tree.attr(id, AttrName::Content).map_or_else(|| tree.text(id, 120), |c| c.into_owned()),
    }
}
