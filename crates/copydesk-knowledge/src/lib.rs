//! From the mentions of an article to what it says: which mentions are one entity, what the entities are known as
//! elsewhere, who said what, and which moment or amount is meant.
//!
//! Pure and deterministic: text and mentions in, plain data out. No clock (relative dates are counted from the time the
//! caller gives), no files, no randomness; the gazetteer of places is compiled in. Nothing here fails: what cannot be
//! decided is left out or said to be unresolved. Time grows in proportion to text and mentions.

mod article;
mod cast;
mod coreference;
mod entity;
mod fold;
mod link;
mod name;
mod occupation;
mod places;
mod quotation;
pub mod registry;
mod salience;
mod token;
mod value;
mod words;

pub use article::{
    Amount, AmountKind, DateValue, Entity, EntityMention, Granularity, Input, Knowledge, Link, Mention,
    MentionKind, Paragraph, Quotation, Speaker, Unresolved,
};
pub use fold::plain_letters;

use token::Tokens;

/// Everything that can be told of an article. Linear in text and mentions.
pub fn analyze(input: &Input<'_>) -> Knowledge {
    let is_english = input.language == "en";
    let tokens = Tokens::new(input.text, input.paragraphs);
    let mut resolved = coreference::resolve(input, &tokens, is_english);
    let lead_end = lead_end(input.text, input.dateline);
    let (quotations, speakers) =
        quotation::find(&tokens, input.paragraphs, &resolved.cast, lead_end, is_english);
    resolved.cast.add(speakers);
    let entities = entity::entities(input, &resolved, is_english);
    let (dates, amounts) = if is_english { value::read(input, &tokens) } else { Default::default() };
    Knowledge { entities, quotations, dates, amounts }
}

/// The byte behind the dateline and its dash; 0 if the text does not begin with one.
fn lead_end(text: &str, dateline: &str) -> usize {
    let Some(rest) = text.strip_prefix(dateline).filter(|_| !dateline.is_empty()) else { return 0 };
    let dash =
        rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '—' | '–' | '-' | '.' | ':'));
    text.len() - dash.len()
}
