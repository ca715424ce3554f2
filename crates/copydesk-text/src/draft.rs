//! The article between the two paths (HTML, flat) and the finished `Document`.
//!
//! Lives here: `Draft`, pieces traced to the decoded body, and `finish`, which composes, joins and moves all
//! offsets to the submitted body. Must never come here: decisions about which pieces belong to the article.

use crate::decode::SourceMap;
use crate::document::{Caption, Document, MAX_REMOVED_CHARS, MAX_REMOVED_LINES, Note, NoteCode, Paragraph};
use crate::document::{ParagraphKind, Removed, RemovedReason};
use crate::trace::Traced;
use crate::{caption, normal};

/// A paragraph of the article.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) text: Traced,
    pub(crate) kind: ParagraphKind,
}

/// What one of the paths found.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) captions: Vec<Traced>,
    pub(crate) removed: Vec<(Traced, RemovedReason)>,
    /// The caption of the lead image, its credit included.
    pub(crate) lead_caption: Option<String>,
    /// The pieces are only the page's description of itself.
    pub(crate) described: bool,
}

impl Draft {
    /// Fills the document's text, paragraphs, captions, removed lines and map.
    pub(crate) fn finish(self, map: &SourceMap, document: &mut Document) {
        let mut all = Traced::default();
        for piece in self.pieces {
            let text = normal::compose(piece.text);
            if text.text.is_empty() {
                continue;
            }
            if !all.text.is_empty() {
                all.push_unsourced("\n\n");
            }
            let begin = all.text.len();
            all.push_slice(&text, 0..text.text.len());
            document.paragraphs.push(Paragraph { begin, end: all.text.len(), kind: piece.kind });
        }
        let mut seen: Vec<String> = Vec::new();
        for caption in self.captions {
            let text = normal::compose(caption);
            let raw = map.range(text.whole());
            document.removed.push(removed(&text.text, raw.clone(), RemovedReason::Caption));
            if seen.contains(&text.text) {
                continue;
            }
            let parts = caption::split(&text.text);
            let part = |range: std::ops::Range<usize>| text.text.get(range).unwrap_or_default().to_owned();
            document.captions.push(Caption { text: part(parts.text), credit: parts.credit.map(part), raw });
            seen.push(text.text);
        }
        if let (Some(caption), Some(image)) = (self.lead_caption, document.lead_image.as_mut()) {
            let caption = normal::tidy(&caption);
            let parts = caption::split(&caption);
            let part = |range| caption.get(range).map(str::to_owned).filter(|t: &String| !t.is_empty());
            (image.caption, image.credit) = (part(parts.text), parts.credit.and_then(part));
        }
        for (text, reason) in self.removed {
            let text = normal::compose(text);
            if !text.text.is_empty() {
                document.removed.push(removed(&text.text, map.range(text.whole()), reason));
            }
        }
        document.removed.sort_by_key(|r| (r.raw.start, r.raw.end));
        if document.removed.len() > MAX_REMOVED_LINES {
            let more = document.removed.len() - MAX_REMOVED_LINES;
            document.removed.truncate(MAX_REMOVED_LINES);
            document
                .notes
                .push(Note::new(NoteCode::Truncated, format!("{more} more removed lines are not listed")));
        }
        let all = map.to_submitted(all);
        document.text = all.text;
        document.map = all.map;
    }
}

fn removed(text: &str, raw: std::ops::Range<usize>, reason: RemovedReason) -> Removed {
    let text = match text.char_indices().nth(MAX_REMOVED_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    };
    Removed { raw, text, reason }
}
