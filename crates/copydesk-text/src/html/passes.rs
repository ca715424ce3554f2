//! Verdicts that need more than one block.
//!
//! Lives here: headline, standfirst, lists of links, captions beside pictures, things said twice, the tail of an article.
//! Each pass is one loop over the blocks and only changes verdicts it has a reason for. Must never come here: the page's
//! words (`furniture.rs`) or names (`signals.rs`).

use super::names::Tag;
use super::signals::Zone;
use super::tree::{Kind, NONE};
use super::verdict::{Page, Verdict, byline};
use crate::document::RemovedReason;
use crate::furniture::{self, ends_sentence};
use std::collections::HashSet;

/// Runs all passes in their order.
pub(crate) fn run(page: &Page<'_, '_>, verdicts: &mut [Verdict]) {
    headline(page, verdicts);
    standfirst(page, verdicts);
    link_lists(page, verdicts);
    captions(page, verdicts);
    repeated(page, verdicts);
    tail(page, verdicts);
}

/// The first kept block that is a paragraph of some length.
fn first_prose(page: &Page<'_, '_>, verdicts: &[Verdict]) -> Option<usize> {
    page.blocks
        .iter()
        .zip(verdicts)
        .position(|(b, v)| *v == Verdict::Keep && b.chars >= 80 && b.link_density() < 0.4)
}

/// The page's `h1` before the text is its headline even where it is worded otherwise than the title.
fn headline(page: &Page<'_, '_>, verdicts: &mut [Verdict]) {
    let Some(first) = first_prose(page, verdicts) else { return };
    for at in 0..first {
        let Some(block) = page.blocks.get(at) else { continue };
        let h1 = |id: u32| page.tree.tag(id) == Tag::H1;
        let in_h1 = h1(block.owner)
            || page.tree.tag(block.owner) != Tag::P && page.tree.ancestors(block.owner).take(4).any(h1);
        if in_h1
            && let Some(verdict) = verdicts.get_mut(at)
            && matches!(verdict, Verdict::Keep | Verdict::Remove(RemovedReason::OutsideArticle))
        {
            *verdict = Verdict::Remove(RemovedReason::Title);
        }
    }
}

/// The most blocks between headline and text that may be a standfirst.
const STANDFIRST_BLOCKS: usize = 3;

/// Keeps what stands between the headline and the text: many pages put the standfirst into the head of the article,
/// outside of the element that holds its paragraphs.
fn standfirst(page: &Page<'_, '_>, verdicts: &mut [Verdict]) {
    let Some(first) = verdicts.iter().position(|v| *v == Verdict::Keep) else { return };
    let title = verdicts
        .get(..first)
        .and_then(|before| before.iter().rposition(|v| *v == Verdict::Remove(RemovedReason::Title)));
    let start = title.map_or(first.saturating_sub(30), |at| at + 1);
    let mut kept = 0;
    for at in start..first {
        let (Some(block), Some(verdict)) = (page.blocks.get(at), verdicts.get_mut(at)) else { continue };
        let zone = page.zones.of(block.nodes.0);
        let text = block.text.text.as_str();
        if *verdict != Verdict::Remove(RemovedReason::OutsideArticle)
            || furniture::is_symbols(text)
            || block.link_density() > 0.3
        {
            continue;
        }
        let described = described(page, text);
        let marked = title.is_some() && (zone.has(Zone::SUBTITLE) && block.chars >= 20 || block.chars >= 60);
        if (described || marked)
            && furniture::reason(text).or_else(|| byline(page, text)).is_none()
            && kept < STANDFIRST_BLOCKS
        {
            *verdict = Verdict::Keep;
            kept += 1;
        }
    }
}

/// True when the page's own description opens like the text.
fn described(page: &Page<'_, '_>, text: &str) -> bool {
    let squeeze = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).take(60).collect::<String>();
    let text = squeeze(text);
    let said = |s: &Option<String>| {
        s.as_deref().is_some_and(|s| {
            squeeze(s).starts_with(&text) || text.starts_with(&squeeze(s)) && squeeze(s).len() > 20
        })
    };
    text.len() >= 20 && (said(&page.known.description) || said(&page.known.subtitle))
}

/// The share of a list's characters that must be links for the list to be one of links.
const LINK_LIST_DENSITY: f32 = 0.6;

/// Lists whose entries are mostly links lead away from the article. A list that a sentence with a colon introduces is
/// part of it.
fn link_lists(page: &Page<'_, '_>, verdicts: &mut [Verdict]) {
    let list_of = |owner: u32| {
        let mut found = NONE;
        for id in page.tree.ancestors(owner).take(6) {
            if matches!(page.tree.tag(id), Tag::Ul | Tag::Ol | Tag::Dl) {
                found = id;
            }
        }
        found
    };
    let mut at = 0;
    while let Some(block) = page.blocks.get(at) {
        let list = list_of(block.owner);
        if list == NONE {
            at += 1;
            continue;
        }
        let range = page.tree.subtree(list);
        let end = page
            .blocks
            .iter()
            .skip(at)
            .position(|b| !range.contains(&b.owner))
            .map_or(page.blocks.len(), |n| at + n);
        let blocks = page.blocks.get(at..end).unwrap_or_default();
        let (links, chars) =
            blocks.iter().fold((0, 0), |(l, c), b| (l + b.link_chars - b.outer_chars, c + b.chars));
        let introduced = at > 0
            && verdicts.get(at - 1) == Some(&Verdict::Keep)
            && page.blocks.get(at - 1).is_some_and(|b| b.text.text.ends_with(':') && b.chars >= 30);
        if chars > 0 && links as f32 / chars as f32 > LINK_LIST_DENSITY && !introduced {
            for verdict in verdicts.get_mut(at..end).unwrap_or_default() {
                if *verdict == Verdict::Keep {
                    *verdict = Verdict::Remove(RemovedReason::RelatedLinks);
                }
            }
        }
        at = end.max(at + 1);
    }
}

/// The longest text beside a picture that is taken for its caption.
const MAX_CAPTION_CHARS: usize = 200;

/// The share of an article's paragraphs that may turn out as captions; beyond it, pictures stand beside text for looks.
const MAX_CAPTION_SHARE: f32 = 0.25;

/// Text inside a `figure`, or a short text that is alone with a picture in its box, is the picture's caption.
fn captions(page: &Page<'_, '_>, verdicts: &mut [Verdict]) {
    let found: Vec<usize> = (0..verdicts.len())
        .filter(|&at| verdicts.get(at) == Some(&Verdict::Keep) && beside_picture(page, at))
        .collect();
    let kept = verdicts.iter().filter(|v| **v == Verdict::Keep).count();
    if found.len() as f32 > kept as f32 * MAX_CAPTION_SHARE {
        return;
    }
    for at in found {
        if let Some(verdict) = verdicts.get_mut(at) {
            *verdict = Verdict::Caption;
        }
    }
}

fn beside_picture(page: &Page<'_, '_>, at: usize) -> bool {
    let Some(block) = page.blocks.get(at) else { return false };
    let tag = page.tree.tag(block.owner);
    if block.chars > MAX_CAPTION_CHARS || tag.is_heading() || block.cells > 0 {
        return false;
    }
    if page.tree.ancestors(block.owner).take(6).any(|id| page.tree.tag(id) == Tag::Figure)
        && tag != Tag::Blockquote
    {
        return true;
    }
    let alone = |id: u32| {
        let range = page.tree.subtree(id);
        let first = at == 0 || page.blocks.get(at - 1).is_none_or(|b| !range.contains(&b.nodes.0));
        let last = page.blocks.get(at + 1).is_none_or(|b| !range.contains(&b.nodes.0));
        let image = |n| {
            matches!(
                page.tree.node(n).map(|n| n.kind),
                Some(Kind::Element { tag: Tag::Img | Tag::Picture | Tag::Amp, .. })
            )
        };
        first && last && range.len() <= 60 && (range.start..block.nodes.0).any(image)
    };
    let outer = |&id: &u32| !matches!(page.tree.tag(id), Tag::Li | Tag::Article | Tag::Body | Tag::Main);
    page.tree.ancestors(block.owner).take(4).take_while(outer).any(alone)
}

/// Shorter lines may well be said twice: answers, refrains, headings.
const MIN_REPEATED_CHARS: usize = 60;

/// Leaves out prose that was said before: pages hold teasers, pull quotes and versions for other screens.
fn repeated(page: &Page<'_, '_>, verdicts: &mut [Verdict]) {
    let mut seen: HashSet<&str> = HashSet::new();
    for (block, verdict) in page.blocks.iter().zip(verdicts.iter_mut()) {
        let counts = *verdict == Verdict::Keep && block.chars >= MIN_REPEATED_CHARS && block.cells == 0;
        if counts && !seen.insert(block.text.text.as_str()) {
            *verdict = Verdict::Remove(RemovedReason::Duplicate);
        }
    }
}

/// How many of the last blocks are looked at for portraits of authors and invitations.
const TAIL_BLOCKS: usize = 5;

/// Cleans the end of the article: portraits of its authors, invitations, headings with nothing below them.
fn tail(page: &Page<'_, '_>, verdicts: &mut [Verdict]) {
    let kept: Vec<usize> = (0..verdicts.len()).filter(|&i| verdicts.get(i) == Some(&Verdict::Keep)).collect();
    if kept.len() < 4 {
        return;
    }
    for &at in kept.iter().rev().take(TAIL_BLOCKS) {
        let (Some(block), Some(verdict)) = (page.blocks.get(at), verdicts.get_mut(at)) else { continue };
        let text = block.text.text.as_str();
        let portrait = page.known.authors.iter().any(|a| a.contains(' ') && text.starts_with(a.as_str()));
        if portrait {
            *verdict = Verdict::Remove(RemovedReason::AuthorNote);
        } else if let Some(reason) = furniture::invitation(text) {
            *verdict = Verdict::Remove(reason);
        }
    }
    for &at in kept.iter().rev() {
        let (Some(block), Some(verdict)) = (page.blocks.get(at), verdicts.get_mut(at)) else { continue };
        let heading = page.tree.tag(block.owner).is_heading() && !ends_sentence(&block.text.text);
        match verdict {
            Verdict::Keep if heading => *verdict = Verdict::Remove(RemovedReason::OutsideArticle),
            Verdict::Keep => break,
            Verdict::Caption | Verdict::Remove(_) => {}
        }
    }
}
