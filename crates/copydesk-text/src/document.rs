//! What goes in and what comes out: the crate's whole public vocabulary.
//!
//! Lives here: `Input`, `Document` and the types inside it. Must never come here: any finding of content; these are
//! plain values. `extract` in lib.rs fills a `Document`; the service's pipeline reads it.

use crate::trace::EditMap;
use std::ops::Range;
use time::OffsetDateTime;

/// The longest text kept of a removed line, in characters; what is longer is cut, its raw range stays whole.
pub const MAX_REMOVED_CHARS: usize = 400;

/// The most removed lines recorded for one document; the rest is counted in a `truncated` note.
pub const MAX_REMOVED_LINES: usize = 2_000;

/// The article as it was submitted.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Flat text, perhaps with leftovers of the page around it.
    Text(&'a str),
    /// An HTML page that is decoded already.
    Html(&'a str),
    /// An HTML page or flat text as it came over the network.
    Page {
        /// The undecoded bytes.
        bytes: &'a [u8],
        /// The value of the Content-Type header; may be empty.
        content_type: &'a str,
    },
}

/// One article with what its sender knows about it. The sender's values win over what is found in the body.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The raw article.
    pub body: Body<'a>,
    /// Where the page was fetched; may be empty.
    pub url: &'a str,
    /// The sender's title.
    pub title: Option<&'a str>,
    /// The sender's language, an ISO 639-1 code or a tag such as `pt-BR`.
    pub language: Option<&'a str>,
    /// The sender's time of publication.
    pub published: Option<OffsetDateTime>,
}

impl<'a> Input<'a> {
    /// An input with nothing known but its body.
    #[must_use]
    pub fn new(body: Body<'a>) -> Self {
        Self { body, url: "", title: None, language: None, published: None }
    }
}

/// A clean article. Every offset named clean counts bytes of `text`; every offset named raw counts bytes of the body
/// as submitted (of the string's UTF-8 form for `Text` and `Html`, of the undecoded bytes for `Page`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The headline, without the name of the site.
    pub title: Option<String>,
    /// The line under the headline, when the page sets one apart.
    pub subtitle: Option<String>,
    /// One name an entry, in the order of the byline, no "By", no titles of honour.
    pub authors: Vec<String>,
    /// The publication's name.
    pub site_name: Option<String>,
    /// The page's own address for itself, absolute.
    pub canonical_url: Option<String>,
    /// The description made for search engines and previews.
    pub description: Option<String>,
    /// First publication.
    pub published: Option<OffsetDateTime>,
    /// How much of `published` was given by the page.
    pub published_precision: Precision,
    /// Last change after publication.
    pub modified: Option<OffsetDateTime>,
    /// The picture that stands for the article.
    pub lead_image: Option<Image>,
    /// Topics or keywords, in the page's order, each once.
    pub topics: Vec<String>,
    /// True when the page says that it is for payers, false when it says it is free, `None` when it says nothing.
    pub paywalled: Option<bool>,
    /// The language of `text`.
    pub language: Option<Language>,
    /// The place (and agency) that opens the text of a report.
    pub dateline: Option<Dateline>,
    /// Paragraphs of `text` that say the article was updated or corrected, in text order.
    pub update_notes: Vec<UpdateNote>,
    /// Paragraphs joined by an empty line; NFC; no control or zero-width characters.
    pub text: String,
    /// The parts of `text` in order; together they cover all but the empty lines between them.
    pub paragraphs: Vec<Paragraph>,
    /// Captions of pictures, which are no part of `text`.
    pub captions: Vec<Caption>,
    /// What was left out, in the order of the raw body.
    pub removed: Vec<Removed>,
    /// What the reader of this document should know about how it came to be.
    pub notes: Vec<Note>,
    /// Words in `text`: runs of letters and digits; each character of scripts that write no spaces counts as one.
    pub word_count: usize,
    /// The name of the encoding the body was read in, by the WHATWG's list.
    pub encoding: &'static str,
    pub(crate) map: EditMap,
}

impl Document {
    /// The raw range that a clean range came from: O(log n) in the number of edits. Ranges past the end are clipped;
    /// an empty document gives `0..0`. Tags stripped and entities decoded, the raw range reads as the clean one.
    #[must_use]
    pub fn raw_range(&self, clean: Range<usize>) -> Range<usize> {
        self.map.raw_range(clean)
    }

    /// The edit map itself, for callers that keep it beside the text.
    #[must_use]
    pub fn edit_map(&self) -> &EditMap {
        &self.map
    }
}

/// How exact a time is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// Only the day was given; the time reads 00:00 UTC.
    #[default]
    Day,
    /// Day and time were given without a zone; read as UTC.
    Local,
    /// Day, time and zone were given.
    Zoned,
}

/// A paragraph of the clean text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paragraph {
    /// Clean offset of its first byte.
    pub begin: usize,
    /// Clean offset past its last byte.
    pub end: usize,
    /// What it is.
    pub kind: ParagraphKind,
}

/// What a paragraph is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ParagraphKind {
    /// Running text.
    #[default]
    Body,
    /// A sub-head.
    Heading,
    /// An entry of a list.
    ListItem,
    /// A block set apart as a quotation.
    Quotation,
    /// One row of a table, cells joined by " | ".
    TableRow,
    /// Preformatted text; line ends are kept.
    Preformatted,
}

impl ParagraphKind {
    /// The name in `snake_case`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Heading => "heading",
            Self::ListItem => "list_item",
            Self::Quotation => "quotation",
            Self::TableRow => "table_row",
            Self::Preformatted => "preformatted",
        }
    }
}

/// A picture's caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// The caption without its credit; empty when there is only a credit.
    pub text: String,
    /// Who made or provided the picture, as written: "AFP PHOTO / A. Name".
    pub credit: Option<String>,
    /// Where both stand in the raw body.
    pub raw: Range<usize>,
}

/// A paragraph that says the article was updated or corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateNote {
    /// The whole paragraph.
    pub text: String,
    /// Where it stands in the raw body.
    pub raw: Range<usize>,
}

/// The picture that stands for the article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Absolute when the page's address is known.
    pub url: String,
    /// Its caption, when the page has one for it.
    pub caption: Option<String>,
    /// Its credit, when the caption has one.
    pub credit: Option<String>,
}

/// A language with how sure it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Language {
    /// ISO 639-1, lower case.
    pub code: String,
    /// 0 to 1.
    pub probability: f32,
}

/// The opening of a report: "LISBON, July 31 (Agency) —".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dateline {
    /// As written, without the dash.
    pub text: String,
    /// The place alone.
    pub place: String,
    /// Clean range of `text`.
    pub span: Range<usize>,
}

/// A line or block that is not part of the article's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Where it stands in the raw body.
    pub raw: Range<usize>,
    /// Its text, cut at [`MAX_REMOVED_CHARS`].
    pub text: String,
    /// Why it was left out.
    pub reason: RemovedReason,
}

/// Declares a fieldless enum with `as_str` and the list of all its values.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in `snake_case`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

named! {
    /// Why a line was left out of the text.
    RemovedReason {
        /// The headline itself, kept as `title`.
        Title => "title",
        /// The line under the headline, kept as `subtitle`.
        Subtitle => "subtitle",
        /// Who wrote it, kept as `authors`.
        Byline => "byline",
        /// When it was published or changed.
        Timestamp => "timestamp",
        /// What belongs to the site rather than to the article: icons, version switches, skip links.
        PageFurniture => "page_furniture",
        /// Menus, breadcrumbs, section names.
        Navigation => "navigation",
        /// Links and teasers to other articles.
        RelatedLinks => "related_links",
        /// Buttons to share, print, save or follow.
        Sharing => "sharing",
        /// An invitation to subscribe, register or donate.
        Subscription => "subscription",
        /// Cookie and consent notices.
        Consent => "consent",
        /// Readers' comments and the forms for them.
        Comments => "comments",
        /// Advertising and its labels.
        Advertisement => "advertisement",
        /// A portrait of the author or of the publication.
        AuthorNote => "author_note",
        /// Rights, imprint, addresses.
        Legal => "legal",
        /// Tags and categories.
        Topics => "topics",
        /// A caption, kept in `captions`.
        Caption => "caption",
        /// Said once already.
        Duplicate => "duplicate",
        /// Not shown to readers.
        Hidden => "hidden",
        /// Only symbols or a lone number.
        Symbols => "symbols",
        /// Forms, buttons and players.
        Widget => "widget",
        /// Stands outside the part of the page that holds the article.
        OutsideArticle => "outside_article",
    }
}

named! {
    /// What a note is about.
    NoteCode {
        /// No article was found; the message says what the body looks like.
        NoArticle => "no_article",
        /// The body has no character but white space.
        EmptyBody => "empty_body",
        /// The body is not text: an image, an archive, a PDF.
        NotText => "not_text",
        /// Bytes that mean nothing in the body's encoding were replaced by U+FFFD.
        BrokenSequencesReplaced => "broken_sequences_replaced",
        /// Text that had been decoded in a wrong encoding before was repaired.
        MojibakeRepaired => "mojibake_repaired",
        /// The encoding was guessed from the bytes.
        EncodingGuessed => "encoding_guessed",
        /// Only a part of the body was read.
        Truncated => "truncated",
        /// Elements nested too deep were flattened.
        NestingFlattened => "nesting_flattened",
        /// Paragraphs in another language than the document's.
        MixedLanguages => "mixed_languages",
        /// The page shows only a part of the article to readers who do not pay.
        PaywallTeaser => "paywall_teaser",
    }
}

/// Something to know about how a document came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub code: NoteCode,
    /// A sentence for people.
    pub message: String,
}

impl Note {
    pub(crate) fn new(code: NoteCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
