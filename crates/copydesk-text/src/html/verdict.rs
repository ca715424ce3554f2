//! The verdict on each block of a page.
//!
//! Lives here: reasons to leave a block out by its place, its words and its links. Must never come here: what needs more
//! than one block to decide (`passes.rs`).

use super::blocks::Block;
use super::names::Tag;
use super::passes;
use super::signals::Zone;
use super::tree::Tree;
use super::zones::Zones;
use crate::caption;
use crate::document::{Document, RemovedReason};
use crate::furniture::{self, ends_sentence};
use crate::meta::{authors, dates, title};
use std::ops::Range;

/// What becomes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Part of the text.
    Keep,
    /// A caption.
    Caption,
    /// Left out.
    Remove(RemovedReason),
}

/// What the verdicts are found from.
pub(crate) struct Page<'p, 'a> {
    pub(crate) tree: &'p Tree<'a>,
    pub(crate) blocks: &'p [Block],
    pub(crate) zones: &'p Zones,
    /// The metadata found so far.
    pub(crate) known: &'p Document,
}

/// The verdict on every block.
pub(crate) fn verdicts(page: &Page<'_, '_>, root: u32) -> Vec<Verdict> {
    let inside = page.tree.subtree(root);
    let mut verdicts: Vec<Verdict> = page.blocks.iter().map(|block| verdict(page, block, &inside)).collect();
    passes::run(page, &mut verdicts);
    verdicts
}

fn verdict(page: &Page<'_, '_>, block: &Block, inside: &Range<u32>) -> Verdict {
    let zone = page.zones.of(block.nodes.0);
    let text = block.text.text.as_str();
    let by_zone = reason_of(zone).filter(|_| !(inside.contains(&block.nodes.0) && is_misnamed(block, zone)));
    if let Some(reason) = by_zone {
        let only_caption = !zone.has(Zone::OUTSIDE.without(Zone::CAPTION));
        return if reason == RemovedReason::Caption && only_caption && inside.contains(&block.nodes.0) {
            Verdict::Caption
        } else {
            Verdict::Remove(reason)
        };
    }
    if page.known.title.as_deref().is_some_and(|title| title::same(title, text)) {
        return Verdict::Remove(RemovedReason::Title);
    }
    if !inside.contains(&block.nodes.0) {
        return Verdict::Remove(RemovedReason::OutsideArticle);
    }
    if block.chars < MAX_CAPTION_CHARS && block.cells == 0 && caption::is_caption_line(text) {
        return Verdict::Caption;
    }
    if furniture::is_symbols(text) && block.cells == 0 {
        return Verdict::Remove(RemovedReason::Symbols);
    }
    if let Some(reason) = furniture::reason(text).or_else(|| byline(page, text)) {
        return Verdict::Remove(reason);
    }
    // A linked heading may head a part of the article; a linked line to another site may be a source.
    let heading = page.tree.tag(block.owner).is_heading();
    let button =
        block.link_density() > 0.8 && block.chars < 25 && !heading && page.tree.tag(block.owner) != Tag::Li;
    if button || block.inner_density() > 0.8 && block.chars < 200 {
        return Verdict::Remove(RemovedReason::RelatedLinks);
    }
    Verdict::Keep
}

/// Longer text that ends in a credit is a paragraph with a source.
const MAX_CAPTION_CHARS: usize = 400;

/// Full sentences inside a part whose name is used for many things are text all the same.
fn is_misnamed(block: &Block, zone: Zone) -> bool {
    const VAGUE: Zone = Zone(Zone::WIDGET.0 | Zone::META.0 | Zone::TAGS.0);
    !zone.has(Zone::OUTSIDE.without(VAGUE))
        && block.chars >= 100
        && block.link_density() < 0.3
        && ends_sentence(&block.text.text)
}

/// Lines that say who wrote the article or when.
pub(super) fn byline(page: &Page<'_, '_>, text: &str) -> Option<RemovedReason> {
    let chars = text.chars().count();
    if chars > 120 {
        return None;
    }
    let bare = authors::strip_opener(text);
    let by = page.known.authors.iter().any(|author| bare.to_lowercase().starts_with(&author.to_lowercase()));
    if by && !ends_sentence(text) {
        return Some(RemovedReason::Byline);
    }
    (chars < 70 && dates::parse(text).is_some() && !ends_sentence(text)).then_some(RemovedReason::Timestamp)
}

/// The reason that belongs to the part a block lies in.
pub(crate) fn reason_of(zone: Zone) -> Option<RemovedReason> {
    const REASONS: [(Zone, RemovedReason); 17] = [
        (Zone::HIDDEN, RemovedReason::Hidden),
        (Zone::CONSENT, RemovedReason::Consent),
        (Zone::COMMENTS, RemovedReason::Comments),
        (Zone::AD, RemovedReason::Advertisement),
        (Zone::NAV, RemovedReason::Navigation),
        (Zone::SUBSCRIBE, RemovedReason::Subscription),
        (Zone::RELATED, RemovedReason::RelatedLinks),
        (Zone::SHARE, RemovedReason::Sharing),
        (Zone::TAGS, RemovedReason::Topics),
        (Zone::CAPTION, RemovedReason::Caption),
        (Zone::META, RemovedReason::Byline),
        (Zone::AUTHOR, RemovedReason::AuthorNote),
        (Zone::LEGAL, RemovedReason::Legal),
        (Zone::WIDGET, RemovedReason::Widget),
        (Zone::FOOTER, RemovedReason::PageFurniture),
        (Zone::HEADER, RemovedReason::PageFurniture),
        (Zone::ASIDE, RemovedReason::RelatedLinks),
    ];
    REASONS
        .iter()
        .find(|(z, _)| zone.has(*z))
        .map(|&(_, reason)| reason)
        .or(zone.has(Zone::OUTSIDE).then_some(RemovedReason::Widget))
}
