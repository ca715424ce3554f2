//! Which part of the page is the article, and which blocks of it are its text.
//!
//! Lives here: the weight of blocks, the search for the root, the verdict on each block. Must never come here: reading of
//! markup (`signals.rs`) or of phrases (`furniture.rs`).

use super::blocks::Block;
use super::names::Tag;
use super::signals::Zone;
use super::tree::Tree;
use super::zones::Zones;
use crate::document::RemovedReason;
use crate::furniture;

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

/// How much a block speaks for being in the article (positive) or outside (negative), in characters of prose.
pub(crate) fn weight(tree: &Tree<'_>, block: &Block, zone: Zone) -> f32 {
    if zone.has(Zone::OUTSIDE) {
        return -2.0;
    }
    let chars = block.chars as f32;
    let density = block.link_density();
    if density > 0.5 {
        return -(10.0 + chars * 0.3).min(60.0);
    }
    let tag = tree.tag(block.owner);
    if tag.is_heading() {
        return 0.0;
    }
    if chars < 25.0 {
        return -2.0;
    }
    let factor = match tag {
        Tag::P => 1.0,
        Tag::Li | Tag::Blockquote | Tag::Div => 0.8,
        _ => 0.6,
    };
    ((chars - 25.0) * (1.0 - 1.5 * density) * factor).min(800.0)
}

/// The element that holds the article: the smallest whose blocks weigh nearly as much as any element's.
pub(crate) fn root(tree: &Tree<'_>, blocks: &[Block], zones: &Zones) -> u32 {
    let mut sums = vec![0f32; tree.nodes.len()];
    for block in blocks {
        let weight = weight(tree, block, zones.of(block.nodes.0));
        if let Some(slot) = sums.get_mut(block.owner as usize) {
            *slot += weight;
        }
    }
    // Children come after their parents, so one pass from the end adds every subtree up.
    for id in (1..tree.nodes.len()).rev() {
        let parent = tree.node(id as u32).map_or(0, |n| n.parent) as usize;
        let sum = sums.get(id).copied().unwrap_or(0.0);
        if let Some(slot) = sums.get_mut(parent) {
            *slot += sum;
        }
    }
    let best = sums.iter().copied().fold(0.0f32, f32::max);
    let mut choice = 0u32;
    for id in 0..tree.nodes.len() as u32 {
        let sum = sums.get(id as usize).copied().unwrap_or(0.0);
        // Later nodes that still hold nearly everything are deeper ones.
        if best > 0.0 && sum >= best * 0.95 {
            choice = id;
        }
    }
    choice
}

/// The verdict on every block.
pub(crate) fn verdicts(tree: &Tree<'_>, blocks: &[Block], zones: &Zones, root: u32) -> Vec<Verdict> {
    let inside = tree.subtree(root);
    blocks
        .iter()
        .map(|block| {
            let zone = zones.of(block.nodes.0);
            if let Some(reason) = reason_of(zone) {
                return if zone.has(Zone::CAPTION)
                    && inside.contains(&block.nodes.0)
                    && !zone.has(Zone(Zone::OUTSIDE.0 & !Zone::CAPTION.0))
                {
                    Verdict::Caption
                } else {
                    Verdict::Remove(reason)
                };
            }
            if !inside.contains(&block.nodes.0) {
                return Verdict::Remove(RemovedReason::OutsideArticle);
            }
            if furniture::is_symbols(&block.text.text) && block.cells == 0 {
                return Verdict::Remove(RemovedReason::Symbols);
            }
            if let Some(reason) = furniture::reason(&block.text.text) {
                return Verdict::Remove(reason);
            }
            if block.link_density() > 0.8 && block.chars < 200 {
                return Verdict::Remove(RemovedReason::RelatedLinks);
            }
            Verdict::Keep
        })
        .collect()
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
