//! What the pipeline makes of a draft. Stored as JSON in Postgres, so a renamed field is a migration.
//!
//! Offsets are half-open and count bytes: of the clean text (UTF-8), and of the raw body as submitted.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use uuid::Uuid;

use super::{Amount, DateValue, Fingerprint, MentionKind, Quotation};

/// The clean article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Processed {
    /// Given, or found.
    pub title: Option<String>,
    /// Found.
    pub subtitle: Option<String>,
    /// In byline order.
    pub authors: Vec<String>,
    /// Found.
    pub site_name: Option<String>,
    /// Found.
    pub canonical_url: Option<String>,
    /// Found.
    pub description: Option<String>,
    /// Found.
    pub topics: Vec<String>,
    /// Found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_image: Option<LeadImage>,
    /// What the page says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_accessible_for_free: Option<bool>,
    /// In text order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<UpdateNote>,
    /// Given, or found.
    #[serde(with = "time::serde::rfc3339::option")]
    pub published_time: Option<OffsetDateTime>,
    /// Found.
    #[serde(with = "time::serde::rfc3339::option")]
    pub modified_time: Option<OffsetDateTime>,
    /// Given, or detected.
    pub language: Option<Language>,
    /// Place and agency in front of the text.
    pub dateline: Option<String>,
    /// NFC; paragraphs joined by one empty line.
    pub text: String,
    /// In order, without overlap.
    pub paragraphs: Vec<Paragraph>,
    /// Apart from the text.
    pub captions: Vec<Caption>,
    /// What was taken out, and why.
    pub removed: Vec<Removed>,
    /// In the order of first mention.
    pub entities: Vec<Entity>,
    /// In text order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotations: Vec<Quotation>,
    /// One for each DATE and TIME, in text order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<DateValue>,
    /// One for each MONEY, PERCENT and QUANTITY, in text order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<Amount>,
    /// Of `text`.
    pub word_count: i32,
    /// Remarks.
    pub notes: Vec<Note>,
    /// The pipeline's version.
    pub pipeline_version: String,
    /// The recognizer's model; empty if none ran.
    pub model: String,
    /// The revision of the name lists; 0 for none.
    #[serde(default)]
    pub gazetteer_revision: i64,
    /// What the archive's indexes are made from; not stored with the result, and not made for an analysis.
    #[serde(skip)]
    pub index: IndexParts,
}

/// What is stored for finding an article, and nothing that is shown of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IndexParts {
    /// See `search::indexed_words`.
    pub words: String,
    /// None for a short text.
    pub fingerprint: Option<Fingerprint>,
}

/// A range of the clean text and where it came from, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte in `text`.
    pub begin: usize,
    /// One past the last.
    pub end: usize,
    /// First byte in the raw body.
    pub raw_begin: usize,
    /// One past the last.
    pub raw_end: usize,
}

/// A range of the raw body, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawSpan {
    /// First byte.
    pub begin: usize,
    /// One past the last.
    pub end: usize,
}

/// The language of the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Language {
    /// ISO 639-1.
    pub code: String,
    /// 0 to 1.
    pub probability: f32,
    /// Whether a recognizer for it is loaded.
    pub supported: bool,
}

/// One paragraph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paragraph {
    /// Where.
    pub span: Span,
    /// What it is.
    pub kind: ParagraphKind,
}

/// What a paragraph is. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParagraphKind {
    /// Running text.
    Body = 1,
    /// A heading within the text.
    Heading = 2,
    /// A list's item.
    ListItem = 3,
    /// A block quotation.
    Quotation = 4,
    /// A table's row.
    TableRow = 5,
    /// Text whose line breaks matter.
    Preformatted = 6,
}

/// A picture's caption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Caption {
    /// Without the credit.
    pub text: String,
    /// Photographer and agency.
    pub credit: Option<String>,
    /// Caption and credit.
    pub raw: RawSpan,
}

/// The picture that stands for the article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadImage {
    /// Absolute, if the page's address is known.
    pub url: String,
    /// Without the credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Photographer and agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
}

/// A paragraph that says the article was updated or corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateNote {
    /// The whole paragraph.
    pub text: String,
    /// Where.
    pub raw: RawSpan,
}

/// A piece that is no article text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Removed {
    /// Where.
    pub raw: RawSpan,
    /// What it says, cut.
    pub text: String,
    /// Why, in snake_case.
    pub reason: String,
}

/// A remark on the input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Stable, in snake_case.
    pub code: String,
    /// For people.
    pub message: String,
}

/// One thing that the article names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// From the pipeline a function of type and name, see `pipeline::knowledge`; once stored, the registry's.
    pub entity_id: Uuid,
    /// What it is.
    pub kind: EntityType,
    /// The fullest name.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// 0 to 1.
    pub salience: f32,
    /// In text order.
    pub mentions: Vec<Mention>,
    /// From the gazetteer that named it, else from the packaged data; empty when unsure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<EntityLink>,
    /// The gazetteer that named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gazetteer: Option<String>,
    /// What a person does: "sport", "politics". Tells namesakes of different articles apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// An entity's name in another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityLink {
    /// Which system.
    pub scheme: String,
    /// Its id there.
    pub id: String,
    /// Its address there; may be empty.
    pub url: String,
}

/// One place where an entity is named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// Where.
    pub span: Span,
    /// How it is named.
    #[serde(default, skip_serializing_if = "MentionKind::is_name")]
    pub kind: MentionKind,
    /// 0 to 1; of a nominal or pronoun, that of the name it stands for.
    pub probability: f32,
}

/// A label of OntoNotes 5, or a model's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum EntityType {
    /// An index into `ENTITY_TYPES`.
    Known(u8),
    /// The model's label.
    Custom(String),
}

/// The 18 labels, in the order of the contract: index i is number i + 1.
pub const ENTITY_TYPES: [&str; 18] = [
    "PERSON",
    "NORP",
    "FAC",
    "ORG",
    "GPE",
    "LOC",
    "PRODUCT",
    "EVENT",
    "WORK_OF_ART",
    "LAW",
    "LANGUAGE",
    "DATE",
    "TIME",
    "PERCENT",
    "MONEY",
    "QUANTITY",
    "ORDINAL",
    "CARDINAL",
];

/// The contract's number for labels that are none of `ENTITY_TYPES`.
const CUSTOM_NUMBER: i16 = 19;

impl EntityType {
    /// The label.
    pub fn label(&self) -> &str {
        match self {
            EntityType::Known(index) => ENTITY_TYPES.get(usize::from(*index)).copied().unwrap_or("CUSTOM"),
            EntityType::Custom(label) => label,
        }
    }

    /// The contract's number.
    pub fn number(&self) -> i16 {
        match self {
            EntityType::Known(index) => i16::from(*index) + 1,
            EntityType::Custom(_) => CUSTOM_NUMBER,
        }
    }

    /// Whether it names a thing of its own, rather than an amount or a time.
    pub fn is_name(&self) -> bool {
        !matches!(self, EntityType::Known(index) if *index >= 11)
    }
}

impl From<String> for EntityType {
    fn from(label: String) -> EntityType {
        match ENTITY_TYPES.iter().position(|known| *known == label) {
            // 18 entries: the index fits.
            Some(index) => EntityType::Known(index as u8),
            None => EntityType::Custom(label),
        }
    }
}

impl From<EntityType> for String {
    fn from(kind: EntityType) -> String {
        kind.label().to_owned()
    }
}

impl From<&Entity> for super::SummaryEntity {
    fn from(entity: &Entity) -> super::SummaryEntity {
        super::SummaryEntity {
            entity_id: entity.entity_id,
            kind: entity.kind.clone(),
            name: entity.name.clone(),
            aliases: entity.aliases.clone(),
            salience: entity.salience,
            links: entity.links.clone(),
            gazetteer: entity.gazetteer.clone(),
            mention_count: i32::try_from(entity.mentions.len()).unwrap_or(i32::MAX),
        }
    }
}

/// The form under which names are compared: compatibility-decomposed, without combining marks, lower case, white space
/// as single spaces. Linear in the name.
pub fn name_key(name: &str) -> String {
    let bare: String = name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_accents_and_spacing() {
        assert_eq!(name_key("  Recep Tayyip\u{a0}ERDOĞAN "), "recep tayyip erdogan");
        assert_eq!(name_key("São  Paulo"), "sao paulo");
    }

    #[test]
    fn labels_and_numbers_agree_both_ways() {
        for (index, label) in ENTITY_TYPES.iter().enumerate() {
            let kind = EntityType::from((*label).to_owned());
            assert_eq!((kind.label(), usize::try_from(kind.number())), (*label, Ok(index + 1)));
        }
        assert_eq!(EntityType::from("SHIP".to_owned()).number(), 19);
    }
}
