//! The flat path: lines of text with leftovers of the page around them.
//!
//! Lives here: cutting text into lines, finding title, byline and captions among them, and the verdict on each line.
//! `weigh.rs` finds the article's part, `score.rs` decides on each line. Must never come here: markup. On light text nearly every line is content, so a line is left
//! out for a stated reason only.

mod code;
mod context;
mod evidence;
mod features;
mod judge;
mod lines;
mod model;
mod score;
mod sections;
mod texture;
mod title;
pub(crate) mod training;
mod weigh;
mod words;

use crate::document::{Document, Note, NoteCode, RemovedReason};
use crate::draft::{Draft, Piece};
use crate::meta::{authors, dates};
use crate::normal::tidy;

/// Reads the article out of flat text. `title` is the sender's, when there is one; `url` is empty when there is none.
pub(crate) fn extract(text: &str, title: Option<&str>, url: &str, document: &mut Document) -> Draft {
    let lines = lines::split(text);
    if lines.len() == lines::MAX_LINES {
        let message = format!("the text has too many lines; only the first {} were read", lines::MAX_LINES);
        document.notes.push(Note::new(NoteCode::Truncated, message));
    }
    let verdicts = score::verdicts(&lines, title, url);
    let mut draft = Draft::default();
    // A caption awaits its credit, which may stand in a line of its own.
    let mut captioned = false;
    for (line, verdict) in lines.into_iter().zip(verdicts) {
        captioned &= matches!(verdict, score::Verdict::Caption);
        let shown = line.text.text.as_str();
        match verdict {
            score::Verdict::Keep(kind) => {
                draft.pieces.push(Piece { text: line.text, kind });
                continue;
            }
            score::Verdict::Caption => {
                let credit = crate::caption::is_credit_line(&line.text.text);
                match draft.captions.last_mut().filter(|_| credit && captioned) {
                    Some(caption) => {
                        caption.push_unsourced(" ");
                        caption.push_slice(&line.text, 0..line.text.text.len());
                    }
                    None => draft.captions.push(line.text),
                }
                captioned = !credit;
                continue;
            }
            score::Verdict::Remove(reason) => {
                note(shown, reason, document);
                draft.removed.push((line.text, reason));
            }
        }
    }
    draft
}

/// Takes metadata out of a removed line.
fn note(line: &str, reason: RemovedReason, document: &mut Document) {
    if reason == RemovedReason::Title {
        document.title.get_or_insert_with(|| tidy(line));
    } else if reason == RemovedReason::Byline && document.authors.is_empty() {
        document.authors = authors::split(line);
    } else if reason == RemovedReason::PageFurniture && document.site_name.is_none() {
        document.site_name = site_name(line);
    }
    if matches!(reason, RemovedReason::Byline | RemovedReason::Timestamp) {
        date(line, document);
    }
}

fn date(line: &str, document: &mut Document) {
    let Some((when, precision)) = dates::parse(line) else { return };
    let lower = line.to_lowercase();
    let changed =
        ["updated", "modified", "aktualisiert", "mis à jour", "actualizado", "atualizado", "aggiornato"]
            .iter()
            .any(|w| lower.contains(w));
    if changed && document.published.is_some() {
        document.modified = document.modified.or(Some(when));
    } else if document.published.is_none() {
        (document.published, document.published_precision) = (Some(when), precision);
    }
}

/// "Site icon NAME" is the alternative text of the site's icon in WordPress's AMP pages.
fn site_name(line: &str) -> Option<String> {
    let name = line
        .strip_prefix("Site icon ")
        .or_else(|| line.strip_prefix("Logo of "))
        .or_else(|| line.strip_suffix(" logo"))?
        .trim();
    let chars = name.chars().count();
    (2..=60).contains(&chars).then(|| name.to_owned())
}
