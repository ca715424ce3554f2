//! The part of the page that each node lies in, its ancestors' words included.
//!
//! Lives here: how an element's own words and those around it combine, and the guard that keeps a wrong word from
//! throwing away the article. Must never come here: the words themselves (`signals.rs`).

use super::blocks::Block;
use super::names::Tag;
use super::signals::{Zone, own_zone};
use super::tree::{Kind, Tree};
use std::collections::HashMap;

/// A paragraph this long, of which little is linked, counts as prose when the weight of a part is asked.
const PROSE_CHARS: usize = 60;

/// Zones that a part keeps however much prose it holds.
const STRONG: Zone = Zone(
    Zone::COMMENTS.0 | Zone::CONSENT.0 | Zone::NAV.0 | Zone::FOOTER.0 | Zone::CAPTION.0 | Zone::RELATED.0,
);

/// A weakly named part may hold this share of the page's prose before its name is disbelieved: "card", "meta" or
/// "widget" wrap whole articles on some systems. Set by reading which names wrap articles, not by fitting.
const WEAK_SHARE: f32 = 0.3;

/// The same for strongly named parts: a page may well have more comments than article.
const STRONG_SHARE: f32 = 0.75;

/// With less prose than this left, there is no article beside the comments.
const MIN_ARTICLE_CHARS: u32 = 300;

/// The share of all prose that a weak word may cover in many small parts together.
const WEAK_TOTAL_SHARE: f32 = 0.4;

/// Zones by node, with how much prose lies before each node.
pub(crate) struct Zones {
    zones: Vec<Zone>,
    prose: Vec<u32>,
    total: u32,
}

impl Zones {
    /// The zone of a node, inherited from its ancestors.
    pub(crate) fn of(&self, id: u32) -> Zone {
        self.zones.get(id as usize).copied().unwrap_or_default()
    }

    /// Characters of prose in the subtree.
    pub(crate) fn prose_in(&self, range: std::ops::Range<u32>) -> u32 {
        let at = |i: u32| self.prose.get(i as usize).copied().unwrap_or(self.total);
        at(range.end) - at(range.start)
    }
}

/// True when a block reads like prose by length and links.
pub(crate) fn is_prose(block: &Block) -> bool {
    block.chars >= PROSE_CHARS && block.link_density() < 0.4
}

/// Decides the zone of every node. One pass over the nodes.
pub(crate) fn zones(tree: &Tree<'_>, blocks: &[Block]) -> Zones {
    let mut prose = vec![0u32; tree.nodes.len() + 1];
    for block in blocks.iter().filter(|b| is_prose(b)) {
        if let Some(slot) = prose.get_mut(block.nodes.0 as usize + 1) {
            *slot += block.chars as u32;
        }
    }
    let mut total = 0u32;
    for slot in &mut prose {
        total = total.saturating_add(*slot);
        *slot = total;
    }
    let mut out = Zones { zones: vec![Zone::default(); tree.nodes.len()], prose, total };
    let mut cache = HashMap::new();
    let own: Vec<Zone> = (0..tree.nodes.len() as u32)
        .map(|id| match tree.node(id).map(|n| n.kind) {
            Some(Kind::Element { .. }) => own_zone(tree, id, &mut cache),
            _ => Zone::default(),
        })
        .collect();
    let disbelieved = disbelieved(tree, &own, blocks, &out);
    inherit(tree, &own, disbelieved, &mut out);
    out
}

/// Words that cover most of a page's prose, be it in a hundred small parts, mean something else on that page: site
/// builders wrap each paragraph in a "widget".
fn disbelieved(tree: &Tree<'_>, own: &[Zone], blocks: &[Block], zones: &Zones) -> Zone {
    // Every word counts here, also those that their own share of the prose would disprove.
    let mut said = vec![Zone::default(); own.len()];
    for (id, own) in own.iter().enumerate() {
        let above =
            tree.node(id as u32).and_then(|n| said.get(n.parent as usize)).copied().unwrap_or_default();
        let own = if matches!(tree.tag(id as u32), Tag::Html | Tag::Body | Tag::Main) {
            Zone::default()
        } else {
            *own
        };
        if let Some(slot) = said.get_mut(id) {
            *slot = above.with(own);
        }
    }
    let mut mass = [0u32; 32];
    for block in blocks.iter().filter(|b| is_prose(b)) {
        let zone = said.get(block.nodes.0 as usize).copied().unwrap_or_default();
        for (bit, slot) in mass.iter_mut().enumerate() {
            *slot += if zone.has(Zone(1 << bit)) { block.chars as u32 } else { 0 };
        }
    }
    let mut out = Zone::default();
    for (bit, mass) in mass.iter().enumerate() {
        let zone = Zone(1 << bit);
        let limit = match zone {
            // A short post may have any number of comments; hidden is mostly hidden indeed.
            Zone::COMMENTS if zones.total - mass >= MIN_ARTICLE_CHARS => 1.0,
            Zone::HIDDEN => 0.6,
            zone if zone.has(STRONG) => STRONG_SHARE,
            _ => WEAK_TOTAL_SHARE,
        };
        if zone.has(Zone::OUTSIDE) && *mass as f32 > zones.total as f32 * limit {
            out = out.with(zone);
        }
    }
    out
}

fn inherit(tree: &Tree<'_>, own: &[Zone], disbelieved: Zone, out: &mut Zones) {
    for id in 0..tree.nodes.len() as u32 {
        let Some(node) = tree.node(id) else { break };
        let above = if id == 0 { Zone::default() } else { out.of(node.parent) };
        let zone = match node.kind {
            Kind::Text(_) => above,
            Kind::Element { tag, .. } => {
                let own = own.get(id as usize).copied().unwrap_or_default().without(disbelieved);
                combine(tree, out, id, tag, own, above)
            }
        };
        if let Some(slot) = out.zones.get_mut(id as usize) {
            *slot = zone;
        }
    }
}

fn combine(tree: &Tree<'_>, zones: &Zones, id: u32, tag: Tag, own: Zone, above: Zone) -> Zone {
    let mut own = own;
    if matches!(tag, Tag::Html | Tag::Body) {
        return above;
    }
    if tag == Tag::Main {
        own = own.without(Zone::OUTSIDE);
    }
    if own.has(Zone::OUTSIDE) {
        let share = zones.prose_in(tree.subtree(id)) as f32 / zones.total.max(1) as f32;
        let limit = if own.has(STRONG) && !own.has(Zone::BODY) { STRONG_SHARE } else { WEAK_SHARE };
        if share > limit || own.has(Zone::BODY) && share > 0.05 {
            own = own.without(Zone::OUTSIDE);
        }
    }
    // A body named as such inside a "teaser" is a body: the outer name was about its free first part.
    let above = if own.has(Zone::BODY) && zones.prose_in(tree.subtree(id)) * 4 > zones.total {
        above.without(Zone(Zone::OUTSIDE.0 & !Zone::COMMENTS.0 & !Zone::HIDDEN.0 & !Zone::CONSENT.0))
    } else {
        above
    };
    // The head of an article is no page header: it holds title, standfirst and byline.
    if tag == Tag::Header && above.has(Zone::ARTICLE) {
        own = own.without(Zone::HEADER);
    }
    above.with(own)
}
