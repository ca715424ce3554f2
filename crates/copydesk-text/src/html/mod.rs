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
pub(crate) use build::parse;
use names::Tag;

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
    for (block, verdict) in blocks.into_iter().zip(verdicts) {
        let zone = zones.of(block.nodes.0);
        let kind = kind(tree, block.owner, zone, block.cells);
        match verdict {
            Verdict::Keep => draft.pieces.push(Piece { text: block.text, kind }),
            Verdict::Caption => draft.captions.push(block.text),
            Verdict::Remove(reason) => draft.removed.push((block.text, reason)),
        }
    }
    draft
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
