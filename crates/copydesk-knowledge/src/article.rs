//! What goes in and what comes out. Offsets are half-open and count bytes of the clean text.

use std::ops::Range;

use time::OffsetDateTime;

/// A clean article with the mentions found in it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The clean text.
    pub text: &'a str,
    /// In order, without overlap, on character boundaries.
    pub paragraphs: &'a [Paragraph],
    /// In text order, without overlap, on character boundaries; none crosses a paragraph.
    pub mentions: &'a [Mention<'a>],
    /// The headline; may be empty.
    pub title: &'a str,
    /// Place, day and agency in front of the text; may be empty.
    pub dateline: &'a str,
    /// ISO 639-1; may be empty. Word lists apply to English ("en") only.
    pub language: &'a str,
    /// What relative dates are counted from.
    pub published: Option<OffsetDateTime>,
}

/// A paragraph's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// First byte.
    pub begin: usize,
    /// One past the last.
    pub end: usize,
    /// Running text, a list's item or a block quotation, as against headings, table rows and code.
    pub is_prose: bool,
}

/// A recognized mention.
#[derive(Clone, Copy, Debug)]
pub struct Mention<'a> {
    /// First byte.
    pub begin: usize,
    /// One past the last.
    pub end: usize,
    /// OntoNotes' label, or another model's.
    pub label: &'a str,
    /// 0 to 1.
    pub probability: f32,
    /// The caller's number for the list entry that it names. Mentions of one entry are one entity, and its links are the
    /// caller's to give.
    pub entry: Option<u32>,
}

/// What an article says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Knowledge {
    /// In the order of first mention.
    pub entities: Vec<Entity>,
    /// In text order.
    pub quotations: Vec<Quotation>,
    /// One for each mention of a DATE or TIME, in text order.
    pub dates: Vec<DateValue>,
    /// One for each mention of MONEY, PERCENT or QUANTITY, in text order.
    pub amounts: Vec<Amount>,
}

/// One thing that the article names.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The label of most of its mentions.
    pub label: String,
    /// The list entry that its mentions named.
    pub entry: Option<u32>,
    /// The fullest of its names.
    pub name: String,
    /// Its other names, in text order, without repeats.
    pub aliases: Vec<String>,
    /// 0 to 1; see `salience`.
    pub salience: f32,
    /// In text order.
    pub mentions: Vec<EntityMention>,
    /// From the packaged gazetteer; empty when unsure.
    pub links: Vec<Link>,
    /// What a person does, as the words beside the name say: "sport", "politics" and so on, see `occupation`.
    pub fields: Vec<&'static str>,
}

/// One place where an entity is spoken of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntityMention {
    /// First byte.
    pub begin: usize,
    /// One past the last.
    pub end: usize,
    /// How it is spoken of.
    pub kind: MentionKind,
    /// 0 to 1. A nominal or pronominal mention has that of the name it stands for.
    pub probability: f32,
}

/// How a mention names its entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MentionKind {
    /// By a name.
    Name,
    /// By what it is: "the spokesman".
    Nominal,
    /// By a pronoun; only speakers of quotations are resolved.
    Pronoun,
}

/// What an entity is known as elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// "iso3166-1" (alpha-2), "iso3166-2", "geonames" or "wikidata".
    pub scheme: &'static str,
    /// The id there.
    pub id: String,
    /// Its address there; may be empty.
    pub url: String,
}

/// Something said, and who said it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quotation {
    /// The words without their marks: one part, or more where a cue interrupts or a paragraph ends.
    pub parts: Vec<Range<usize>>,
    /// In the speaker's words, between marks; otherwise retold.
    pub direct: bool,
    /// Who said it, if the text tells.
    pub speaker: Option<Speaker>,
    /// The verb of saying, or "according to".
    pub cue: Option<Range<usize>>,
}

/// Who said something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The words that name the speaker.
    pub span: Range<usize>,
    /// Index into `Knowledge::entities`; none if the article does not name the speaker, or not certainly.
    pub entity: Option<usize>,
}

/// When something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateValue {
    /// The words.
    pub span: Range<usize>,
    /// ISO 8601 (with part 2's forms for decades, seasons and quarters), or why there is none.
    pub value: Result<String, Unresolved>,
    /// How much time the value covers.
    pub granularity: Granularity,
    /// "morning", "afternoon", "evening" or "night", with [`Granularity::PartOfDay`]: ISO 8601 cannot write it.
    pub part_of_day: Option<&'static str>,
    /// "about", "early", "late": the value is where it lies, not its bounds.
    pub is_approximate: bool,
    /// Counted from the publication rather than written out.
    pub is_relative: bool,
}

/// How much time a date covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// Not known.
    Unknown,
    /// 199X.
    Decade,
    /// 2017.
    Year,
    /// 2017-33 to 2017-36; seasons are 2017-21 to 2017-24.
    Quarter,
    /// 2017-08.
    Month,
    /// 2017-W34.
    Week,
    /// 2017-08-22.
    Day,
    /// The day; `part_of_day` tells which part.
    PartOfDay,
    /// 2017-08-22T14:30, with Z or an offset if one is given; T14:30 without a day.
    Minute,
    /// P3Y, PT20M.
    Duration,
    /// Two values with a slash.
    Interval,
    /// R/P1W: comes again.
    Recurring,
}

/// Why a date or an amount has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// It is relative, and there is no time to count from.
    NoReferenceTime,
    /// The words are not understood.
    NotUnderstood,
    /// The words name no certain time or amount ("recent years", "millions").
    Vague,
    /// Outside of the years 0000 to 9999, or no day of the calendar.
    OutOfRange,
}

/// How much something is.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// The words.
    pub span: Range<usize>,
    /// What is measured.
    pub kind: AmountKind,
    /// The number in `unit`, or why there is none.
    pub value: Result<f64, Unresolved>,
    /// The upper end of "10 to 15".
    pub max_value: Option<f64>,
    /// ISO 4217 for money, UCUM otherwise; empty if it is not certain.
    pub unit: String,
    /// "about", "nearly", "more than".
    pub is_approximate: bool,
}

/// What an amount measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountKind {
    /// Money.
    Money,
    /// A share of a hundred.
    Percent,
    /// Length, mass, time and the like.
    Quantity,
}
