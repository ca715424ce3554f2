//! Which part of the page is the article.
//!
//! Lives here: the weight of blocks and the search for the element that holds the article. Must never come here: the
//! verdict on single blocks (`verdict.rs`).

use super::blocks::Block;
use super::names::Tag;
use super::signals::Zone;
use super::tree::Tree;
use super::zones::Zones;

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
        return if zone.has(Zone::BODY) { 0.0 } else { -2.0 };
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
    // Where the page names the element that holds the text, its short lines belong to the text as well.
    tree.ancestors(choice).take(8).filter(|&id| is_body(tree, zones, id)).last().unwrap_or(choice)
}

/// True for the element that is named as the article's body, not for those inside it.
fn is_body(tree: &Tree<'_>, zones: &Zones, id: u32) -> bool {
    let above = tree.node(id).map_or(Zone::default(), |n| zones.of(n.parent));
    zones.of(id).has(Zone::BODY) && !above.has(Zone::BODY)
}
