//! The page as a list of paragraphs-to-be.
//!
//! Lives here: text gathered between block boundaries, with its place, its links and its element. Must never come here:
//! the question whether a block belongs to the article (`select.rs`). Each block's text is traced to the decoded page.

use super::entities::{Reference, reference};
use super::names::{AttrName, Tag};
use super::tree::{Kind, NONE, Tree};
use crate::normal::{Fate, fate};
use crate::trace::Traced;
use std::ops::Range;

/// Cells are joined into one row while the row is shorter than this; longer cells are layout, not data.
const MAX_ROW_BYTES: usize = 400;

/// Text between two block boundaries.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// The nearest element that starts on its own line.
    pub(crate) owner: u32,
    /// The first and last text node.
    pub(crate) nodes: (u32, u32),
    /// The text, traced to the decoded page.
    pub(crate) text: Traced,
    /// Characters without spaces; one of a script that writes words in one or two characters counts as three.
    pub(crate) chars: usize,
    /// Of these, inside links.
    pub(crate) link_chars: usize,
    /// Of these, in links to other sites.
    pub(crate) outer_chars: usize,
    /// Of these, in bold.
    pub(crate) bold_chars: usize,
    /// Of these, in italics.
    pub(crate) italic_chars: usize,
    /// Cells joined, 0 when it is no row.
    pub(crate) cells: usize,
}

impl Block {
    /// The share of characters inside links that stay on the site: the mark of menus and teasers.
    pub(crate) fn inner_density(&self) -> f32 {
        if self.chars == 0 { 0.0 } else { (self.link_chars - self.outer_chars) as f32 / self.chars as f32 }
    }

    /// The share of characters inside links.
    pub(crate) fn link_density(&self) -> f32 {
        if self.chars == 0 { 0.0 } else { self.link_chars as f32 / self.chars as f32 }
    }
}

#[derive(Clone, Copy, Default)]
struct Inherited {
    owner: u32,
    link: u32,
    outer: bool,
    bold: bool,
    italic: bool,
    pre: bool,
}

/// True when a link leads to another site. Sites are told apart by the last two labels of their names; with no name
/// known for the page, every absolute address leads out.
fn leads_out(href: &str, host: &str) -> bool {
    let Some(rest) =
        href.trim_start().strip_prefix("http").and_then(|r| r.split_once("//")).map(|(_, rest)| rest)
    else {
        return false;
    };
    let name = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    site_of(name) != site_of(host)
}

fn site_of(host: &str) -> &str {
    host.rmatch_indices('.').nth(1).map_or(host, |(at, _)| host.get(at + 1..).unwrap_or(host))
}

/// Cuts a page into blocks, in document order. One pass over the nodes. `host` is the name of the page's own server.
pub(crate) fn blocks(tree: &Tree<'_>, host: &str) -> Vec<Block> {
    let mut gather = Gather { blocks: Vec::new(), current: None, breaks: 0, space: None, last_link: NONE };
    let mut inherited = vec![Inherited { link: NONE, ..Inherited::default() }; tree.nodes.len()];
    let mut id = 0u32;
    while let Some(node) = tree.node(id) {
        let mut state = inherited
            .get(node.parent as usize)
            .copied()
            .unwrap_or(Inherited { link: NONE, ..Inherited::default() });
        match node.kind {
            Kind::Text(span) => gather.text(tree, id, span.0, tree.slice(span), state),
            Kind::Element { tag, .. } => {
                if tag.is_unread() {
                    if tag.is_block() {
                        gather.flush();
                    }
                    id = tree.subtree(id).end;
                    continue;
                }
                if tag == Tag::Br {
                    gather.line_break();
                } else if tag.is_block() {
                    state.owner = id;
                    gather.boundary(tree, id);
                }
                if tag == Tag::A {
                    state.link = id;
                    state.outer = tree.raw_attr(id, AttrName::Href).is_some_and(|href| leads_out(href, host));
                }
                state.bold |= matches!(tag, Tag::B | Tag::Strong);
                state.italic |= matches!(tag, Tag::I | Tag::Em | Tag::Cite);
                state.pre |= matches!(tag, Tag::Pre | Tag::Listing | Tag::Xmp);
                if let Some(slot) = inherited.get_mut(id as usize) {
                    *slot = state;
                }
            }
        }
        id += 1;
    }
    gather.flush();
    gather.blocks
}

struct Gather {
    blocks: Vec<Block>,
    current: Option<Block>,
    /// Line breaks seen since the last text.
    breaks: usize,
    /// White space seen since the last character.
    space: Option<Range<usize>>,
    last_link: u32,
}

impl Gather {
    fn flush(&mut self) {
        if let Some(mut block) = self.current.take() {
            block.text.trim_end();
            if block.chars > 0 {
                self.blocks.push(block);
            }
        }
        (self.breaks, self.space, self.last_link) = (0, None, NONE);
    }

    fn line_break(&mut self) {
        self.breaks += 1;
        if self.breaks >= 2 {
            self.flush();
        }
    }

    /// A block element starts: the text so far ends, except that cells of one row stay together.
    fn boundary(&mut self, tree: &Tree<'_>, id: u32) {
        let joins = matches!(tree.tag(id), Tag::Td | Tag::Th)
            && self.current.as_ref().is_some_and(|block| {
                let parent = |n: u32| tree.node(n).map_or(NONE, |n| n.parent);
                matches!(tree.tag(block.owner), Tag::Td | Tag::Th)
                    && parent(block.owner) == parent(id)
                    && block.text.text.len() < MAX_ROW_BYTES
            });
        if !joins {
            self.flush();
        }
    }

    fn text(&mut self, tree: &Tree<'_>, id: u32, from: u32, source: &str, state: Inherited) {
        if let Some(block) = &mut self.current
            && block.owner != state.owner
        {
            let cell = |n: u32| matches!(tree.tag(n), Tag::Td | Tag::Th);
            let parent = |n: u32| tree.node(n).map_or(NONE, |n| n.parent);
            let blank = source.trim().is_empty();
            if cell(state.owner) && cell(block.owner) && parent(state.owner) == parent(block.owner) {
                if blank {
                    return;
                }
                block.owner = state.owner;
                block.cells += 1;
                block.text.trim_end();
                block.text.push_unsourced(" | ");
                self.space = None;
            } else if blank && cell(block.owner) {
                return;
            } else {
                self.flush();
            }
        }
        if self.current.is_none() && source.trim_start().is_empty() {
            return;
        }
        let mut rest = source;
        let mut at = from as usize;
        while let Some(c) = rest.chars().next() {
            let named = if c == '&' { reference(rest, false) } else { None };
            let length = match named {
                Some(Reference::Char(decoded, length)) => {
                    self.character(id, decoded, at..at + length, state);
                    length
                }
                Some(Reference::Text(text, length)) if text.chars().nth(1).is_none() => {
                    let decoded = text.chars().next().unwrap_or(' ');
                    self.character(id, decoded, at..at + length, state);
                    length
                }
                Some(Reference::Text(text, length)) => {
                    let mut range = at..at + length;
                    for decoded in text.chars() {
                        self.character(id, decoded, range.clone(), state);
                        range.start = range.end;
                    }
                    length
                }
                None => {
                    self.character(id, c, at..at + c.len_utf8(), state);
                    c.len_utf8()
                }
            };
            at += length;
            rest = rest.get(length..).unwrap_or_default();
        }
    }

    fn character(&mut self, id: u32, c: char, source: Range<usize>, state: Inherited) {
        let before = self.current.as_ref().and_then(|b| b.text.text.chars().next_back());
        match fate(c, before) {
            Fate::Drop => return,
            Fate::Line if state.pre => return self.line_break_in_pre(),
            Fate::Space | Fate::Line => {
                self.space.get_or_insert(source);
                return;
            }
            Fate::Keep => {}
        }
        let block = self.current.get_or_insert_with(|| Block {
            owner: state.owner,
            nodes: (id, id),
            text: Traced::default(),
            chars: 0,
            link_chars: 0,
            outer_chars: 0,
            bold_chars: 0,
            italic_chars: 0,
            cells: usize::from(false),
        });
        if !block.text.text.is_empty() {
            let glued = self.last_link != state.link && self.last_link != NONE && state.link != NONE;
            if self.breaks > 0 {
                block.text.push_unsourced("\n");
            } else if !block.text.text.ends_with(' ') {
                match self.space.take() {
                    Some(range) => block.text.push(' ', range),
                    None if glued => block.text.push_unsourced(" "),
                    None => {}
                }
            }
        }
        (self.breaks, self.space, self.last_link) = (0, None, state.link);
        block.nodes.1 = id;
        let size = crate::normal::size(c);
        block.chars += size;
        block.link_chars += if state.link == NONE { 0 } else { size };
        block.outer_chars += if state.outer { size } else { 0 };
        block.bold_chars += if state.bold { size } else { 0 };
        block.italic_chars += if state.italic { size } else { 0 };
        block.text.push(c, source);
    }

    fn line_break_in_pre(&mut self) {
        self.breaks = 1;
    }
}
