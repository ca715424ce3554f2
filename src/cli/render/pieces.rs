//! A range of an article's text cut where anything begins or ends: mentions, quotations, cues. The terminal and the page
//! draw the same pieces.
//!
//! Expects spans in bytes of UTF-8. A span that does not fit the text is passed over: this shows what it can.

use std::collections::HashMap;

use copydesk_proto::v1;

/// Words that everything holds for alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    /// The entity that they name.
    pub(super) entity: Option<&'a v1::Entity>,
    /// The quotation that they are part of.
    pub(super) quotation: Option<&'a v1::Quotation>,
    /// They say who said something.
    pub(super) is_speaker: bool,
    /// They are the verb of saying.
    pub(super) is_cue: bool,
}

/// A half-open range of bytes and what it is.
type Marked<T> = (usize, usize, T);

/// Everything that is marked in an article, in text order.
pub(super) struct Marks<'a> {
    text: &'a str,
    /// Of entities, by their ids.
    names: HashMap<&'a str, &'a str>,
    mentions: Vec<Marked<&'a v1::Entity>>,
    parts: Vec<Marked<&'a v1::Quotation>>,
    speakers: Vec<Marked<()>>,
    cues: Vec<Marked<()>>,
}

impl<'a> Marks<'a> {
    /// Sorts the marks; n log n.
    pub(super) fn new(article: &'a v1::Article) -> Marks<'a> {
        let text = article.text.as_str();
        let of_entity = |entity: &'a v1::Entity| {
            let spans = entity.mentions.iter().filter_map(|mention| byte_range(text, mention.span.as_ref()));
            spans.map(move |(begin, end)| (begin, end, entity))
        };
        let of_quotation = |quotation: &'a v1::Quotation| {
            let spans = quotation.parts.iter().filter_map(|part| byte_range(text, Some(part)));
            spans.map(move |(begin, end)| (begin, end, quotation))
        };
        let speaker = |quotation: &v1::Quotation| {
            let (begin, end) = byte_range(text, quotation.speaker.as_ref()?.span.as_ref())?;
            Some((begin, end, ()))
        };
        let cue = |quotation: &v1::Quotation| {
            let (begin, end) = byte_range(text, quotation.cue.as_ref()?.span.as_ref())?;
            Some((begin, end, ()))
        };
        Marks {
            text,
            names: article.entities.iter().map(|entity| (&*entity.entity_id, &*entity.name)).collect(),
            mentions: apart(article.entities.iter().flat_map(of_entity).collect()),
            parts: apart(article.quotations.iter().flat_map(of_quotation).collect()),
            speakers: apart(article.quotations.iter().filter_map(speaker).collect()),
            cues: apart(article.quotations.iter().filter_map(cue).collect()),
        }
    }

    /// The name of who said it: the entity's, or the words that stand for nobody known.
    pub(super) fn speaker<'q>(&self, quotation: &'q v1::Quotation) -> Option<&'q str>
    where
        'a: 'q,
    {
        let speaker = quotation.speaker.as_ref()?;
        let entity = self.names.get(speaker.entity_id.as_str()).filter(|_| !speaker.entity_id.is_empty());
        Some(entity.copied().unwrap_or(&speaker.text)).filter(|name| !name.is_empty())
    }

    /// The pieces of a range, which must fit the text. Linear in the marks within it.
    pub(super) fn pieces(&self, (begin, end): (usize, usize)) -> Vec<Piece<'a>> {
        let mut borders = vec![begin, end];
        add_borders(&self.mentions, begin, end, &mut borders);
        add_borders(&self.parts, begin, end, &mut borders);
        add_borders(&self.speakers, begin, end, &mut borders);
        add_borders(&self.cues, begin, end, &mut borders);
        borders.sort_unstable();
        borders.dedup();
        let pairs = borders.iter().zip(borders.iter().skip(1));
        pairs
            .map(|(from, to)| Piece {
                text: self.text.get(*from..*to).unwrap_or_default(),
                entity: at(&self.mentions, *from).copied(),
                quotation: at(&self.parts, *from).copied(),
                is_speaker: at(&self.speakers, *from).is_some(),
                is_cue: at(&self.cues, *from).is_some(),
            })
            .collect()
    }
}

/// In text order; of two that overlap, the first.
fn apart<T>(mut marked: Vec<Marked<T>>) -> Vec<Marked<T>> {
    marked.sort_by_key(|(begin, end, _)| (*begin, *end));
    let mut free_from = 0;
    marked.retain(|(begin, end, _)| {
        let is_free = *begin >= free_from && begin < end;
        if is_free {
            free_from = *end;
        }
        is_free
    });
    marked
}

fn add_borders<T>(marked: &[Marked<T>], begin: usize, end: usize, borders: &mut Vec<usize>) {
    let first = marked.partition_point(|(_, mark_end, _)| *mark_end <= begin);
    for (mark_begin, mark_end, _) in
        marked.iter().skip(first).take_while(|(mark_begin, _, _)| *mark_begin < end)
    {
        borders.extend([*mark_begin, *mark_end].into_iter().filter(|border| (begin..end).contains(border)));
    }
}

fn at<T>(marked: &[Marked<T>], byte: usize) -> Option<&T> {
    let index = marked.partition_point(|(_, end, _)| *end <= byte);
    marked.get(index).filter(|(begin, _, _)| *begin <= byte).map(|(_, _, what)| what)
}

/// The bytes of a span that fits the text.
pub(super) fn byte_range(text: &str, span: Option<&v1::Span>) -> Option<(usize, usize)> {
    let span = span?;
    let (begin, end) = (usize::try_from(span.begin).ok()?, usize::try_from(span.end).ok()?);
    text.get(begin..end).map(|_| (begin, end))
}

/// A date's or an amount's value for people; none if it was not resolved.
pub(super) fn date_value(date: &v1::DateValue) -> Option<String> {
    let about = if date.approximate { "about " } else { "" };
    let part = if date.part_of_day.is_empty() { String::new() } else { format!(", {}", date.part_of_day) };
    (!date.value.is_empty()).then(|| format!("{about}{}{part}", date.value))
}

/// See [`date_value`].
pub(super) fn amount_value(amount: &v1::Amount) -> Option<String> {
    let about = if amount.approximate { "about " } else { "" };
    let upper = amount.max_value.map(|max| format!(" to {max}")).unwrap_or_default();
    let unit = if amount.unit.is_empty() { "(unit not certain)" } else { &amount.unit };
    amount.value.map(|value| format!("{about}{value}{upper} {unit}"))
}
