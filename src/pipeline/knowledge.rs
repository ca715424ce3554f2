//! From mentions to what the article says: `copydesk_knowledge`'s answer in the service's vocabulary, with ids, raw spans
//! and, where a user's list named an entity, the list's name and links.

use std::ops::Range;

use copydesk_gazetteer::{EntryView, Gazetteer};
use copydesk_knowledge::{Input, Knowledge, analyze};
use copydesk_text::Document;
use uuid::Uuid;

use super::recognize::{Found, Labels};
use crate::article::{
    Amount, AmountKind, DateValue, Entity, EntityLink, EntityType, Granularity, Mention, MentionKind,
    Processed, Quotation, Span, Speaker, Unresolved, name_key,
};

/// Namespace of entity ids: names of the same type and key have the same id everywhere.
const ENTITY_NAMESPACE: Uuid = Uuid::from_u128(0x5c0b_1d5f_6e6a_4c53_9a43_3f0c_9d6e_2b17);

/// Fills in entities, quotations, dates and amounts. `language` is that of the recognizer that read the text.
pub(super) fn add(
    processed: &mut Processed,
    found: &[Found],
    labels: Labels<'_>,
    language: &str,
    document: &Document,
) {
    let paragraphs: Vec<copydesk_knowledge::Paragraph> =
        document.paragraphs.iter().map(paragraph_of).collect();
    let mentions: Vec<copydesk_knowledge::Mention<'_>> =
        found.iter().filter_map(|found| mention_of(found, labels)).collect();
    let knowledge = analyze(&Input {
        text: &document.text,
        paragraphs: &paragraphs,
        mentions: &mentions,
        title: processed.title.as_deref().unwrap_or_default(),
        dateline: processed.dateline.as_deref().unwrap_or_default(),
        language,
        published: processed.published_time,
    });
    let teller = Teller { document, gazetteer: labels.gazetteer };
    teller.tell(knowledge, processed);
}

fn paragraph_of(paragraph: &copydesk_text::Paragraph) -> copydesk_knowledge::Paragraph {
    use copydesk_text::ParagraphKind::{Body, Heading, ListItem, Preformatted, Quotation, TableRow};
    let is_prose = match paragraph.kind {
        Body | ListItem | Quotation => true,
        Heading | TableRow | Preformatted => false,
    };
    copydesk_knowledge::Paragraph { begin: paragraph.begin, end: paragraph.end, is_prose }
}

/// None for a label or an entry that is not known, which no recognizer gives.
fn mention_of<'a>(found: &Found, labels: Labels<'a>) -> Option<copydesk_knowledge::Mention<'a>> {
    let label = match found.entry {
        Some(entry) => labels.gazetteer?.entry(entry)?.entity_type,
        None => labels.model.get(usize::from(found.label))?,
    };
    Some(copydesk_knowledge::Mention {
        begin: found.begin,
        end: found.end,
        label,
        probability: found.probability,
        entry: found.entry,
    })
}

/// Turns one vocabulary into the other.
struct Teller<'a> {
    document: &'a Document,
    gazetteer: Option<&'a Gazetteer>,
}

impl Teller<'_> {
    fn tell(&self, knowledge: Knowledge, processed: &mut Processed) {
        processed.entities = knowledge.entities.into_iter().map(|entity| self.entity(entity)).collect();
        let ids: Vec<Uuid> = processed.entities.iter().map(|entity| entity.entity_id).collect();
        processed.quotations =
            knowledge.quotations.into_iter().map(|quotation| self.quotation(quotation, &ids)).collect();
        processed.dates = knowledge.dates.into_iter().map(|date| self.date(date)).collect();
        processed.amounts = knowledge.amounts.into_iter().map(|amount| self.amount(amount)).collect();
    }

    fn span(&self, range: Range<usize>) -> Span {
        let raw = self.document.raw_range(range.clone());
        Span { begin: range.start, end: range.end, raw_begin: raw.start, raw_end: raw.end }
    }

    fn entity(&self, entity: copydesk_knowledge::Entity) -> Entity {
        let kind = EntityType::from(entity.label);
        let mentions = entity
            .mentions
            .into_iter()
            .map(|mention| Mention {
                span: self.span(mention.begin..mention.end),
                kind: match mention.kind {
                    copydesk_knowledge::MentionKind::Name => MentionKind::Name,
                    copydesk_knowledge::MentionKind::Nominal => MentionKind::Nominal,
                    copydesk_knowledge::MentionKind::Pronoun => MentionKind::Pronoun,
                },
                probability: mention.probability,
            })
            .collect();
        let (mut name, mut aliases) = (entity.name, entity.aliases);
        let mut links: Vec<EntityLink> = entity
            .links
            .into_iter()
            .map(|link| EntityLink { scheme: link.scheme.to_owned(), id: link.id, url: link.url })
            .collect();
        let mut list = None;
        if let Some(entry) = entity.entry.and_then(|entry| self.gazetteer?.entry(entry)) {
            // The list's own name is the canonical one; what the text says instead is an alias.
            if name != entry.name {
                aliases.insert(0, std::mem::replace(&mut name, entry.name.to_owned()));
            }
            aliases.retain(|alias| *alias != name);
            links = links_of(&entry);
            list = Some(entry.list.to_owned());
        }
        let id_name = format!("{}\0{}", kind.label(), name_key(&name));
        Entity {
            entity_id: Uuid::new_v5(&ENTITY_NAMESPACE, id_name.as_bytes()),
            kind,
            name,
            aliases,
            salience: entity.salience,
            mentions,
            links,
            gazetteer: list,
            fields: entity.fields.into_iter().map(str::to_owned).collect(),
        }
    }

    fn quotation(&self, quotation: copydesk_knowledge::Quotation, ids: &[Uuid]) -> Quotation {
        let speaker = quotation.speaker.map(|speaker| Speaker {
            span: self.span(speaker.span),
            entity_id: speaker.entity.and_then(|entity| ids.get(entity)).copied(),
        });
        Quotation {
            parts: quotation.parts.into_iter().map(|part| self.span(part)).collect(),
            direct: quotation.direct,
            speaker,
            cue: quotation.cue.map(|cue| self.span(cue)),
        }
    }

    fn date(&self, date: copydesk_knowledge::DateValue) -> DateValue {
        use copydesk_knowledge::Granularity as Found;
        let granularity = match date.granularity {
            Found::Unknown => Granularity::Unknown,
            Found::Decade => Granularity::Decade,
            Found::Year => Granularity::Year,
            Found::Quarter => Granularity::Quarter,
            Found::Month => Granularity::Month,
            Found::Week => Granularity::Week,
            Found::Day => Granularity::Day,
            Found::PartOfDay => Granularity::PartOfDay,
            Found::Minute => Granularity::Minute,
            Found::Duration => Granularity::Duration,
            Found::Interval => Granularity::Interval,
            Found::Recurring => Granularity::Recurring,
        };
        let (value, unresolved) = told(date.value);
        DateValue {
            span: self.span(date.span),
            value,
            granularity,
            part_of_day: date.part_of_day.map(str::to_owned),
            approximate: date.is_approximate,
            relative: date.is_relative,
            unresolved,
        }
    }

    fn amount(&self, amount: copydesk_knowledge::Amount) -> Amount {
        let (value, unresolved) = told(amount.value);
        Amount {
            span: self.span(amount.span),
            kind: match amount.kind {
                copydesk_knowledge::AmountKind::Money => AmountKind::Money,
                copydesk_knowledge::AmountKind::Percent => AmountKind::Percent,
                copydesk_knowledge::AmountKind::Quantity => AmountKind::Quantity,
            },
            value,
            max_value: amount.max_value,
            unit: amount.unit,
            approximate: amount.is_approximate,
            unresolved,
        }
    }
}

fn told<T>(value: Result<T, copydesk_knowledge::Unresolved>) -> (Option<T>, Option<Unresolved>) {
    match value {
        Ok(value) => (Some(value), None),
        Err(reason) => {
            let reason = match reason {
                copydesk_knowledge::Unresolved::NoReferenceTime => Unresolved::NoReferenceTime,
                copydesk_knowledge::Unresolved::NotUnderstood => Unresolved::NotUnderstood,
                copydesk_knowledge::Unresolved::Vague => Unresolved::Vague,
                copydesk_knowledge::Unresolved::OutOfRange => Unresolved::OutOfRange,
            };
            (None, Some(reason))
        }
    }
}

/// The entry's own id first, under its list's name.
fn links_of(entry: &EntryView<'_>) -> Vec<EntityLink> {
    let own = EntityLink { scheme: entry.list.to_owned(), id: entry.id.to_owned(), url: String::new() };
    let others = entry.links.iter().map(|link| EntityLink {
        scheme: link.scheme.to_owned(),
        id: link.id.to_owned(),
        url: link.url.to_owned(),
    });
    std::iter::once(own).filter(|own| !own.id.is_empty()).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{article::Body, pipeline::clean};

    /// The result for a text, with names and their labels in text order.
    fn told(text: &str, names: &[(&str, &str)]) -> Processed {
        let draft = crate::article::Draft {
            source: "test".to_owned(),
            external_id: None,
            url: String::new(),
            body: Body::Text(text.to_owned()),
            title: Some("A title".to_owned()),
            published_time: Some(datetime!(2019-07-31 12:00 UTC)),
            language: Some("en".to_owned()),
            accuracy: None,
            labels: Default::default(),
        };
        let document = clean::extract(&draft);
        let mut processed = clean::processed(&document);
        let labels: Vec<String> = ["PERSON", "ORG", "DATE"].map(str::to_owned).into();
        let mut from = 0;
        let found: Vec<Found> = names
            .iter()
            .map(|(name, label)| {
                let begin = from + document.text[from..].find(name).expect("the name follows");
                from = begin + name.len();
                let label = labels.iter().position(|known| known == label).expect("a label") as u16;
                Found { begin, end: from, label, probability: 0.9, entry: None }
            })
            .collect();
        add(&mut processed, &found, Labels { model: &labels, gazetteer: None }, "en", &document);
        processed
    }

    #[test]
    fn ids_depend_on_type_and_name_only() {
        let id = |text, names| told(text, names).entities[0].entity_id;
        let one = id("Tessaly spoke to the harbour board.", &[("Tessaly", "PERSON")]);
        assert_eq!(one, id("And so, in the end, did Tessaly.", &[("Tessaly", "PERSON")]));
        assert_ne!(one, id("Shares of Tessaly rose on Friday.", &[("Tessaly", "ORG")]));
    }

    #[test]
    fn dates_are_counted_from_the_publication_and_spans_lead_back_to_the_raw_text() {
        let text = "  “We  waited for ten long years,” said Ana Reyes late Tuesday, to applause.";
        let made = told(text, &[("Ana Reyes", "PERSON"), ("late Tuesday", "DATE")]);
        assert_eq!(made.dates[0].value.as_deref(), Some("2019-07-30"));
        assert!(made.dates[0].approximate && made.dates[0].relative);
        let speaker = made.quotations[0].speaker.as_ref().expect("a speaker");
        assert_eq!(speaker.entity_id, Some(made.entities[0].entity_id));
        let said = made.quotations[0].parts[0];
        assert_eq!(&text[said.raw_begin..said.raw_end], "We  waited for ten long years,");
        assert_eq!(&text[speaker.span.raw_begin..speaker.span.raw_end], "Ana Reyes");
    }

    #[test]
    fn a_stored_result_reads_back_as_it_was() {
        let made = told("“We waited,” said Ana Reyes.", &[("Ana Reyes", "PERSON")]);
        let stored = serde_json::to_string(&made).expect("is written");
        assert_eq!(serde_json::from_str::<Processed>(&stored).expect("is read"), made);
    }
}
