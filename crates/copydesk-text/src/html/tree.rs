//! A page as a tree in an arena.
//!
//! Lives here: nodes, attributes, walks and the text of a subtree. Must never come here: how the tree is built
//! (`build.rs`) or judgement about content. Ids grow in document order, which makes every subtree a range of ids and
//! every walk a loop: nothing recurses, however deep a page nests.

use super::names::{AttrName, Tag};
use super::tokenizer::{Attr, Span};
use std::borrow::Cow;

/// The absent node.
pub(crate) const NONE: u32 = u32::MAX;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An element; its attributes are `attrs.0` to `attrs.1` of the tree's list.
    Element { tag: Tag, attrs: Span },
    /// Text as written.
    Text(Span),
}

/// A node of the arena.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) parent: u32,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) next: u32,
}

/// A page.
pub(crate) struct Tree<'a> {
    pub(crate) source: &'a str,
    pub(crate) nodes: Vec<Node>,
    pub(super) attrs: Vec<Attr>,
    pub(crate) truncated: bool,
    pub(crate) flattened: bool,
}

impl<'a> Tree<'a> {
    pub(crate) fn node(&self, id: u32) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The element's tag, or `Other` for text.
    pub(crate) fn tag(&self, id: u32) -> Tag {
        match self.node(id).map(|n| n.kind) {
            Some(Kind::Element { tag, .. }) => tag,
            _ => Tag::Other,
        }
    }

    pub(crate) fn slice(&self, span: Span) -> &'a str {
        self.source.get(span.0 as usize..span.1 as usize).unwrap_or_default()
    }

    /// An attribute as written.
    pub(crate) fn raw_attr(&self, id: u32, name: AttrName) -> Option<&'a str> {
        let Kind::Element { attrs, .. } = self.node(id)?.kind else { return None };
        let list = self.attrs.get(attrs.0 as usize..attrs.1 as usize)?;
        list.iter().find(|a| a.name == name).map(|a| self.slice(a.value))
    }

    /// An attribute, decoded.
    pub(crate) fn attr(&self, id: u32, name: AttrName) -> Option<Cow<'a, str>> {
        self.raw_attr(id, name).map(super::entities::decode_attribute)
    }

    /// All kept attributes, as written.
    pub(crate) fn attrs(&self, id: u32) -> impl Iterator<Item = (AttrName, &'a str)> {
        let span = match self.node(id).map(|n| n.kind) {
            Some(Kind::Element { attrs, .. }) => attrs,
            _ => (0, 0),
        };
        let list = self.attrs.get(span.0 as usize..span.1 as usize).unwrap_or_default();
        list.iter().map(|a| (a.name, self.slice(a.value)))
    }

    pub(crate) fn children(&self, id: u32) -> impl Iterator<Item = u32> {
        let mut next = self.node(id).map_or(NONE, |n| n.first);
        std::iter::from_fn(move || {
            let current = next;
            next = self.node(current)?.next;
            Some(current)
        })
    }

    /// The nodes below `id` in document order, `id` first. Ids grow in that order, so this is a range.
    pub(crate) fn subtree(&self, id: u32) -> std::ops::Range<u32> {
        let mut node = id;
        while let Some(last) = self.node(node).map(|n| n.last).filter(|&last| last != NONE) {
            node = last;
        }
        id..(node + 1).min(self.nodes.len() as u32)
    }

    /// The node and its ancestors, from inside out.
    pub(crate) fn ancestors(&self, id: u32) -> impl Iterator<Item = u32> {
        let mut next = id;
        std::iter::from_fn(move || {
            let current = next;
            next = self.node(current)?.parent;
            Some(current)
        })
    }

    /// All text below a node, decoded, white space collapsed, cut at about `limit` bytes. The cost is bounded by the
    /// limit, not by the subtree: an unclosed heading may hold a whole page.
    pub(crate) fn text(&self, id: u32, limit: usize) -> String {
        let mut out = String::new();
        for node in self.subtree(id).take(limit * 4) {
            match self.node(node).map(|n| n.kind) {
                Some(Kind::Text(span))
                    if !self.tag(self.node(node).map_or(NONE, |n| n.parent)).is_unread() =>
                {
                    for word in
                        super::entities::decode_text(self.slice(span)).split_inclusive(char::is_whitespace)
                    {
                        let bare = word.trim();
                        let spaced = word.starts_with(char::is_whitespace) || bare.is_empty();
                        if spaced && !out.ends_with(' ') && !out.is_empty() {
                            out.push(' ');
                        }
                        out.push_str(bare);
                        if bare.len() < word.len() && !bare.is_empty() {
                            out.push(' ');
                        }
                    }
                }
                Some(Kind::Element { tag, .. })
                    if (tag.is_block() || tag == Tag::Br) && !out.ends_with(' ') && !out.is_empty() =>
                {
                    out.push(' ');
                }
                _ => {}
            }
            if out.len() > limit {
                break;
            }
        }
        out.truncate(out.trim_end().len());
        out
    }
}
