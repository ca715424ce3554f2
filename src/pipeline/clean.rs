//! From `copydesk_text`'s document to the service's vocabulary.

use copydesk_text::{Document, Input};

use super::PIPELINE_VERSION;
use crate::article::{
    Body, Caption, Draft, IndexParts, Language, LeadImage, Note, Paragraph, ParagraphKind, Processed,
    RawSpan, Removed, Span, UpdateNote,
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
        lead_image: document.lead_image.as_ref().map(|image| LeadImage {
            url: storable(&image.url),
            caption: image.caption.as_deref().map(storable),
            credit: image.credit.as_deref().map(storable),
        }),
        is_accessible_for_free: document.paywalled.map(|paywalled| !paywalled),
        updates: document
            .update_notes
            .iter()
            .map(|note| UpdateNote {
                text: storable(&note.text),
                raw: RawSpan { begin: note.raw.start, end: note.raw.end },
            })
            .collect(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Limits, RawDraft};

    #[test]
    fn what_a_page_says_of_itself_reaches_the_result() {
        let page = r#"<html><head><title>Ferry to stop</title>
            <meta property="og:image" content="https://example.com/ferry.jpg">
            <script type="application/ld+json">{"@type": "NewsArticle", "headline": "Ferry to stop", "isAccessibleForFree": false}</script>
            </head><body><article><h1>Ferry to stop</h1>
            <p>The ferry between the two towns will stop in the autumn, the line said on Monday, because too few people use it.</p>
            <p>This story has been updated with a statement of the mayor.</p></article></body></html>"#;
        let raw = RawDraft { body: Some(Body::Html(page.to_owned())), ..RawDraft::default() };
        let draft = Draft::new(raw, Limits { max_body_bytes: 1 << 20 }).expect("a draft");
        let result = processed(&extract(&draft));
        let image = result.lead_image.expect("an image");
        assert_eq!((image.url.as_str(), image.caption), ("https://example.com/ferry.jpg", None));
        assert_eq!(result.is_accessible_for_free, Some(false));
        let [update] = result.updates.as_slice() else { panic!("{:?}", result.updates) };
        assert_eq!(update.text, "This story has been updated with a statement of the mayor.");
        assert_eq!(page.get(update.raw.begin..update.raw.end), Some(update.text.as_str()));
    }
}
