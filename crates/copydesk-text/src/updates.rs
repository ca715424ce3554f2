//! Sentences that say an article was updated or corrected.
//!
//! Lives here: recognizing them among the paragraphs of the clean text, which keeps them. Must never come here: the time
//! of the last change (`meta`).

use crate::document::{Document, UpdateNote};
use crate::furniture::plain;

/// Openings of such sentences, in the form `plain` gives.
#[rustfmt::skip]
const OPENINGS: &[&str] = &[
    "this story has been updated", "this story was updated", "this article has been updated", "this article was updated", "this report has been updated", "this story has been corrected", "this article was amended",
    "this article was corrected", "this is a developing story", "this is a breaking news", "this post has been updated", "this page was updated", "correction ", "corrections ", "clarification ", "editor's note", "editors note", "update ", "updated ",
    "an earlier version of this", "a previous version of this", "dieser artikel wurde", "dieser text wurde", "aktualisierung ", "korrektur ", "anmerkung der redaktion", "in einer früheren version", "cet article a été mis à jour",
    "mise à jour ", "correction apportée", "esta noticia ha sido actualizada", "este artículo ha sido", "actualización ", "corrección ", "atualização ", "correção ", "esta notícia foi atualizada", "articolo aggiornato", "aggiornamento ",
    "rättelse ", "rettelse ", "обновлено ", "исправление ",
];

/// Longer paragraphs tell the update itself and are text like any other.
const MAX_CHARS: usize = 300;

/// Fills `update_notes`.
pub(crate) fn find(document: &mut Document) {
    let mut notes = Vec::new();
    for paragraph in &document.paragraphs {
        let text = document.text.get(paragraph.begin..paragraph.end).unwrap_or_default();
        if is_note(text) {
            let raw = document.raw_range(paragraph.begin..paragraph.end);
            notes.push(UpdateNote { text: text.to_owned(), raw });
        }
    }
    document.update_notes = notes;
}

/// True for a sentence that says so. Looks at short texts only.
pub(crate) fn is_note(text: &str) -> bool {
    if text.len() > 4 * MAX_CHARS || text.chars().count() > MAX_CHARS {
        return false;
    }
    // A colon or dash must follow the one-word openings: "Update: ..." is a note, "Update your app" is not.
    let marked = text.split_whitespace().take(3).any(|word| word.ends_with([':', '–', '—', '-']));
    let said = plain(text);
    OPENINGS.iter().any(|o| said.starts_with(o) && (!o.ends_with(' ') || marked))
}
