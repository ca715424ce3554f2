//! The HTML path: page to blocks, blocks to article.
//!
//! Lives here: the order of the steps. `names`, `tokenizer`, `entities`, `build`, `tree` read markup; `blocks` gathers text;
//! `signals`, `zones` say what part of the page it lies in; `select` finds the article, `verdict` and `passes` decide on each block. Must never come here: flat text, metadata.

pub(crate) mod blocks;
mod build;
pub(crate) mod entities;
pub(crate) mod names;
mod passes;
pub(crate) mod select;
pub(crate) mod signals;
mod tokenizer;
pub(crate) mod tree;
mod verdict;
pub(crate) mod zones;

use crate::document::{Document, ParagraphKind};
use crate::draft::{Draft, Piece};
use crate::normal::{Fate, fate};
use crate::trace::Traced;
pub(crate) use build::parse;
use names::{AttrName, Tag};

use signals::Zone;
use tree::Tree;
use verdict::{Page, Verdict};

/// Reads the article out of a page.
///
/// `known` holds the metadata, which is left out of the text where it is shown.
pub(crate) fn extract(tree: &Tree<'_>, url: &str, known: &Document) -> Draft {
    let address = if url.is_empty() { known.canonical_url.as_deref().unwrap_or_default() } else { url };
    let host =
        address.split("//").nth(1).unwrap_or_default().split(['/', '?', '#', ':']).next().unwrap_or_default();
    let blocks = blocks::blocks(tree, host);
    let zones = zones::zones(tree, &blocks);
    let root = select::root(tree, &blocks, &zones);
    let verdicts = verdict::verdicts(&Page { tree, blocks: &blocks, zones: &zones, known }, root);
    let mut draft = Draft::default();
    let image = known.lead_image.as_ref().map(|image| image.url.as_str());
    draft.lead_caption = image.and_then(|url| lead_caption(tree, &blocks, &verdicts, url));
    for (block, verdict) in blocks.into_iter().zip(verdicts) {
        let zone = zones.of(block.nodes.0);
        let kind = kind(tree, block.owner, zone, block.cells);
        match verdict {
            Verdict::Keep => draft.pieces.push(Piece { text: block.text, kind }),
            Verdict::Caption => draft.captions.push(block.text),
            Verdict::Remove(reason) => draft.removed.push((block.text, reason)),
        }
    }
    if draft.pieces.is_empty() {
        let text = description(tree);
        draft.described = text.is_some();
        draft.pieces.extend(text.map(|text| Piece { text, kind: ParagraphKind::Body }));
    }
    draft
}

/// How many nodes may lie between a picture and its caption.
const CAPTION_REACH: u32 = 80;

/// The caption of the lead image: the one that follows a picture of the same file name, else the one above the text.
fn lead_caption(
    tree: &Tree<'_>,
    blocks: &[blocks::Block],
    verdicts: &[Verdict],
    url: &str,
) -> Option<String> {
    let captions = || blocks.iter().zip(verdicts).filter(|(_, v)| **v == Verdict::Caption).map(|(b, _)| b);
    captions().next()?;
    let name = file_name(url);
    let pictured = |&id: &u32| {
        tree.tag(id) == Tag::Img
            && tree.attrs(id).any(|(key, value)| key == AttrName::Src && file_name(value) == name)
    };
    let image = (0..tree.nodes.len() as u32).find(|id| name.len() > 4 && pictured(id));
    let below = image.and_then(|at| captions().find(|b| (at..at + CAPTION_REACH).contains(&b.nodes.0)));
    let text = verdicts.iter().position(|v| *v == Verdict::Keep).and_then(|at| blocks.get(at));
    let above = || captions().next().filter(|b| text.is_none_or(|text| b.nodes.0 < text.nodes.0));
    below.or_else(above).map(|block| block.text.text.clone())
}

/// The last part of an address's path.
fn file_name(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default()
}

/// Shorter descriptions say nothing.
const MIN_DESCRIPTION_CHARS: usize = 40;

/// The page's description of itself, with its source: all the text there is where scripts fill the page.
fn description(tree: &Tree<'_>) -> Option<Traced> {
    let named = |id: u32, key: AttrName| {
        tree.raw_attr(id, key).is_some_and(|name| {
            ["og:description", "description"].iter().any(|d| name.eq_ignore_ascii_case(d))
        })
    };
    let meta =
        |&id: &u32| tree.tag(id) == Tag::Meta && (named(id, AttrName::Property) || named(id, AttrName::Name));
    let id = (0..tree.nodes.len() as u32).find(meta)?;
    let value = tree.raw_attr(id, AttrName::Content)?;
    let base = (value.as_ptr() as usize).checked_sub(tree.source.as_ptr() as usize)?;
    let (mut text, mut at) = (Traced::default(), 0);
    while let Some(c) = value.get(at..).and_then(|rest| rest.chars().next()) {
        let (c, len) = match entities::reference(value.get(at..).unwrap_or_default(), true) {
            Some(entities::Reference::Char(c, len)) => (c, len),
            Some(entities::Reference::Text(named, len)) if named.trim() == named => {
                text.push_replaced(named, base + at..base + at + len);
                at += len;
                continue;
            }
            Some(entities::Reference::Text(_, len)) => (' ', len),
            None => (c, c.len_utf8()),
        };
        match fate(c, text.text.chars().next_back()) {
            Fate::Keep => text.push(c, base + at..base + at + len),
            Fate::Space | Fate::Line if !text.text.is_empty() && !text.text.ends_with(' ') => {
                text.push(' ', base + at..base + at + len);
            }
            Fate::Space | Fate::Line | Fate::Drop => {}
        }
        at += len;
    }
    text.trim_end();
    (text.text.chars().count() >= MIN_DESCRIPTION_CHARS).then_some(text)
}

fn kind(tree: &Tree<'_>, owner: u32, zone: Zone, cells: usize) -> ParagraphKind {
    if cells > 0 {
        return ParagraphKind::TableRow;
    }
    for id in tree.ancestors(owner).take(12) {
        match tree.tag(id) {
            tag if tag.is_heading() => return ParagraphKind::Heading,
            Tag::Pre | Tag::Listing | Tag::Xmp => return ParagraphKind::Preformatted,
            Tag::Li | Tag::Dd | Tag::Dt => return ParagraphKind::ListItem,
            Tag::Blockquote => return ParagraphKind::Quotation,
            _ => {}
        }
    }
    if zone.has(Zone::QUOTE) { ParagraphKind::Quotation } else { ParagraphKind::Body }
}
