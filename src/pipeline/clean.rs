//! From `copydesk_text`'s document to the service's vocabulary.

use copydesk_text::{Document, Input};

use super::PIPELINE_VERSION;
use crate::article::{
    Body, Caption, Draft, IndexParts, Language, Note, Paragraph, ParagraphKind, Processed, RawSpan, Removed,
    Span,
};

/// Cleans a draft; the sender's own title, time and language win over what is found.
pub(super) fn extract(draft: &Draft) -> Document {
    let body = match &draft.body {
        Body::Text(text) => copydesk_text::Body::Text(text),
        Body::Html(html) => copydesk_text::Body::Html(html),
        Body::Page { content, content_type } => copydesk_text::Body::Page { bytes: content, content_type },
    };
    copydesk_text::extract(&Input {
        body,
        url: &draft.url,
        title: draft.title.as_deref(),
        language: draft.language.as_deref(),
        published: draft.published_time,
    })
}

/// Everything but the entities. Strings from the raw side lose U+0000, which Postgres cannot store.
pub(super) fn processed(document: &Document) -> Processed {
    let language = document.language.as_ref();
    Processed {
        title: document.title.as_deref().map(storable),
        subtitle: document.subtitle.as_deref().map(storable),
        authors: document.authors.iter().map(|author| storable(author)).collect(),
        site_name: document.site_name.as_deref().map(storable),
        canonical_url: document.canonical_url.as_deref().map(storable),
        description: document.description.as_deref().map(storable),
        topics: document.topics.iter().map(|topic| storable(topic)).collect(),
        published_time: document.published,
        modified_time: document.modified,
        language: language.map(|language| Language {
            code: language.code.clone(),
            probability: language.probability,
            supported: false,
        }),
        dateline: document.dateline.as_ref().map(|dateline| storable(&dateline.text)),
        text: document.text.clone(),
        paragraphs: document.paragraphs.iter().map(|paragraph| paragraph_of(document, paragraph)).collect(),
        captions: document
            .captions
            .iter()
            .map(|caption| Caption {
                text: storable(&caption.text),
                credit: caption.credit.as_deref().map(storable),
                raw: RawSpan { begin: caption.raw.start, end: caption.raw.end },
            })
            .collect(),
        removed: document
            .removed
            .iter()
            .map(|removed| Removed {
                raw: RawSpan { begin: removed.raw.start, end: removed.raw.end },
                text: storable(&removed.text),
                reason: removed.reason.as_str().to_owned(),
            })
            .collect(),
        entities: Vec::new(),
        quotations: Vec::new(),
        dates: Vec::new(),
        amounts: Vec::new(),
        word_count: i32::try_from(document.word_count).unwrap_or(i32::MAX),
        notes: document
            .notes
            .iter()
            .map(|note| Note { code: note.code.as_str().to_owned(), message: storable(&note.message) })
            .collect(),
        pipeline_version: PIPELINE_VERSION.to_owned(),
        model: String::new(),
        gazetteer_revision: 0,
        index: IndexParts::default(),
    }
}

fn paragraph_of(document: &Document, paragraph: &copydesk_text::Paragraph) -> Paragraph {
    let raw = document.raw_range(paragraph.begin..paragraph.end);
    let span = Span { begin: paragraph.begin, end: paragraph.end, raw_begin: raw.start, raw_end: raw.end };
    let kind = match paragraph.kind {
        copydesk_text::ParagraphKind::Body => ParagraphKind::Body,
        copydesk_text::ParagraphKind::Heading => ParagraphKind::Heading,
        copydesk_text::ParagraphKind::ListItem => ParagraphKind::ListItem,
        copydesk_text::ParagraphKind::Quotation => ParagraphKind::Quotation,
        copydesk_text::ParagraphKind::TableRow => ParagraphKind::TableRow,
        copydesk_text::ParagraphKind::Preformatted => ParagraphKind::Preformatted,
    };
    Paragraph { span, kind }
}

fn storable(text: &str) -> String {
    text.replace('\0', "")
}
