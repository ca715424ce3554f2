//! Heads in flat text below which other things stand than the article.
//!
//! Lives here: readers' comments, related links, sources and notes, portraits of authors, told by their heads and by where
//! in the text these stand. Must never come here: shapes (`weigh.rs`) or the words of single lines (`furniture.rs`).

use super::lines::Line;
use super::weigh::Shape;
use crate::document::RemovedReason;
use crate::furniture::{ends_sentence, plain};

/// True for lines that open or close a reader's comment in the common blog systems.
fn opens_comment(text: &str) -> bool {
    const BUTTONS: [&str; 8] =
        ["reply", "antworten", "répondre", "responder", "rispondi", "svara", "ответить", "odpowiedz"];
    const SAYS: [&str; 6] = [" says:", " says", " said:", " schreibt:", " dice:", " a dit :"];
    text.len() < 80
        && (BUTTONS.contains(&text.to_lowercase().as_str()) || SAYS.iter().any(|end| text.ends_with(end)))
}

/// The kind of head that a line is: 1 of what follows an article, 2 of comments, 3 of one comment, 4 of what
/// `furniture.rs` knows, 0 none.
pub(super) fn head(text: &str) -> u8 {
    if counts_comments(text) {
        2
    } else if opens_comment(text) {
        3
    } else if closes_article(text) {
        1
    } else if text.chars().count() <= 60
        && matches!(
            crate::furniture::reason(text),
            Some(
                RemovedReason::RelatedLinks
                    | RemovedReason::AuthorNote
                    | RemovedReason::Subscription
                    | RemovedReason::Comments
            )
        )
    {
        4
    } else {
        0
    }
}

/// The share of an article's prose that must stand above a head for it to close the article.
const LATE_SHARE: f32 = 0.8;

/// What lines of prose and other lines below such a head weigh less.
const CLOSED_COSTS: (f32, f32) = (3.0, 2.0);

/// What each line weighs less, since it stands below a head such as "Comments" or "Related articles".
pub(super) fn marks(lines: &[Line], reasons: &[Option<RemovedReason>], shapes: &[Shape]) -> Vec<f32> {
    let mut weights = vec![0.0f32; lines.len()];
    mark(lines, reasons, shapes, &mut weights);
    weights
}

/// Before so many lines of prose no discussion begins.
const MIN_PROSE_LINES: usize = 3;

/// A discussion may be so many times as long as the article.
const DISCUSSION_PARTS: usize = 40;

/// Where the readers' comments of a text begin that has no other edge: at the head that counts them.
pub(super) fn discussion(lines: &[Line], shapes: &[Shape]) -> Option<usize> {
    let at = lines.iter().position(|line| counts_comments(&line.text.text))?;
    let prose = |range: &[Shape]| range.iter().filter(|s| **s == Shape::Prose).count();
    let before = prose(shapes.get(..at)?);
    (before >= MIN_PROSE_LINES && before * DISCUSSION_PARTS >= prose(shapes)).then_some(at)
}

fn mark(lines: &[Line], reasons: &[Option<RemovedReason>], shapes: &[Shape], weights: &mut [f32]) {
    let mut count = 0;
    let before: Vec<usize> = shapes
        .iter()
        .map(|s| {
            let n = count;
            count += usize::from(*s == Shape::Prose);
            n
        })
        .collect();
    let all = count;
    let marked: Vec<usize> =
        (0..lines.len()).filter(|&i| lines.get(i).is_some_and(|l| opens_comment(&l.text.text))).collect();
    // Three readers in a row make a discussion; it begins with the name above the first.
    if let Some(&first) =
        marked.first().filter(|&&i| marked.len() >= 3 && before.get(i).is_some_and(|&n| n >= 3))
    {
        let named = |i: &usize| shapes.get(*i) != Some(&Shape::Prose);
        let begin = (first.saturating_sub(2)..first).rev().take_while(named).last().unwrap_or(first);
        for weight in weights.get_mut(begin..).unwrap_or_default() {
            *weight -= 3.0;
        }
    }
    for i in 0..lines.len() {
        let text = lines.get(i).map(|l| l.text.text.as_str()).unwrap_or_default();
        let short = text.chars().count() <= 60;
        let before = before[i];
        if counts_comments(text) && before >= MIN_PROSE_LINES && before * DISCUSSION_PARTS >= all {
            for weight in weights.get_mut(i..).unwrap_or_default() {
                *weight -= 4.0;
            }
            return;
        }
        let reason = reasons.get(i).copied().flatten();
        let late = before as f32 >= all as f32 * LATE_SHARE;
        if late && before >= 3 && closes_article(text) {
            lower(weights, shapes, i..lines.len(), CLOSED_COSTS);
        }
        match reason {
            Some(RemovedReason::Comments) if short && before >= 3 && before * 4 >= all => {
                for weight in weights.get_mut(i..).unwrap_or_default() {
                    *weight -= 3.0;
                }
                return;
            }
            // Buttons to share stand above an article as well.
            Some(RemovedReason::Sharing) if short && late => {
                lower(weights, shapes, i..lines.len(), SECTION_COSTS);
            }
            Some(RemovedReason::RelatedLinks | RemovedReason::AuthorNote | RemovedReason::Subscription)
                if short =>
            {
                // Late in the text such a section is followed by others of its kind, not by the article again.
                let reach = if late { lines.len() } else { (i + 8).min(lines.len()) };
                lower(weights, shapes, i..reach, SECTION_COSTS);
            }
            _ => {}
        }
    }
}

/// What lines of prose and other lines in a section of links, portraits or invitations weigh less.
const SECTION_COSTS: (f32, f32) = (0.4, 0.8);

fn lower(weights: &mut [f32], shapes: &[Shape], range: std::ops::Range<usize>, costs: (f32, f32)) {
    for (weight, shape) in weights.iter_mut().zip(shapes).take(range.end).skip(range.start) {
        *weight -= if *shape == Shape::Prose { costs.0 } else { costs.1 };
    }
}

/// True for a head that counts the readers' comments below it: "59 Comments on ...".
fn counts_comments(text: &str) -> bool {
    const COUNTED: [&str; 20] = [
        "comment",
        "comments",
        "response",
        "responses",
        "thought",
        "thoughts",
        "reply",
        "replies",
        "kommentar",
        "kommentare",
        "commentaire",
        "commentaires",
        "comentario",
        "comentarios",
        "comentários",
        "commenti",
        "reacties",
        "kommentarer",
        "komentarzy",
        "комментариев",
    ];
    let plain = plain(text);
    let mut words = plain.split(' ');
    let number =
        words.next().is_some_and(|w| !w.is_empty() && w.len() <= 5 && w.bytes().all(|b| b.is_ascii_digit()));
    let counted = number && words.next().is_some_and(|w| COUNTED.contains(&w)) && text.chars().count() <= 160;
    // The head repeats the article's title, which may be a question.
    let titled = matches!(words.next(), Some("on" | "to" | "zu" | "sur" | "en" | "em" | "su"));
    counted && (titled || !ends_sentence(text) || text.ends_with(':'))
}

/// Heads of what follows an article, whole, in the form `plain` gives.
#[rustfmt::skip]
const CLOSINGS: &[&str] = &[
    "references", "footnotes", "sources", "article sources", "bibliography", "works cited", "citations", "disclosures", "disclosure", "editor's note", "notes",
    "post navigation", "connect with us", "contact us", "get in touch", "quick links", "was this page helpful", "was this article helpful", "was this helpful",
    "quellen", "einzelnachweise", "literatur", "literaturverzeichnis", "références", "referencias", "fuentes", "notas", "referências", "fonti", "källor", "źródła", "источники", "примечания",
];

/// Their beginnings.
#[rustfmt::skip]
const CLOSING_STARTS: &[&str] = &[
    "about ", "author bio", "meet the author", "written by", "posted by", "how we reviewed", "article sources", "tags", "filed under", "share", "keep exploring", "keep reading", "explore more",
    "popular articles", "recent articles", "subscribe", "join our", "sign up", "follow us",
];

/// True for heads of what follows an article: sources, notes, its author, the rest of the site.
fn closes_article(text: &str) -> bool {
    // "tags: string[];" is a line of a program.
    if text.ends_with([';', '{', '}', ',']) {
        return false;
    }
    if text.chars().count() > 50 || ends_sentence(text) && !text.ends_with([':', '?']) {
        return false;
    }
    let said = plain(text);
    let said = said.trim_end();
    CLOSINGS.contains(&said) || CLOSING_STARTS.iter().any(|start| said.starts_with(start))
}
