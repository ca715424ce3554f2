//! Quotations, dates and amounts as the contract shows them.

use std::collections::HashMap;

use copydesk_proto::v1;

use super::offsets::Offsets;
use crate::article::{Amount, DateValue, Mention, Processed, Quotation, Span, Speaker};

/// Turns a result's parts into the contract's, with offsets as the client counts them.
pub(super) struct Telling<'a> {
    pub(super) result: &'a Processed,
    pub(super) clean: Offsets<'a>,
    pub(super) raw: Offsets<'a>,
}

impl Telling<'_> {
    pub(super) fn span(&self, span: &Span) -> Option<v1::Span> {
        Some(v1::Span {
            begin: self.clean.convert(span.begin),
            end: self.clean.convert(span.end),
            raw_begin: self.raw.convert(span.raw_begin),
            raw_end: self.raw.convert(span.raw_end),
        })
    }

    fn text(&self, span: &Span) -> String {
        self.result.text.get(span.begin..span.end).unwrap_or_default().to_owned()
    }

    pub(super) fn mention(&self, mention: &Mention) -> v1::Mention {
        v1::Mention {
            span: self.span(&mention.span),
            text: self.text(&mention.span),
            kind: mention.kind as i32,
            probability: mention.probability,
        }
    }

    /// Linear in quotations and mentions.
    pub(super) fn quotations(&self) -> Vec<v1::Quotation> {
        let mentions: HashMap<usize, &Mention> = match self.result.quotations.as_slice() {
            [] => HashMap::new(),
            _ => self
                .result
                .entities
                .iter()
                .flat_map(|entity| &entity.mentions)
                .map(|m| (m.span.begin, m))
                .collect(),
        };
        self.result.quotations.iter().filter_map(|quotation| self.quotation(quotation, &mentions)).collect()
    }

    fn quotation(&self, quotation: &Quotation, mentions: &HashMap<usize, &Mention>) -> Option<v1::Quotation> {
        let (first, last) = (quotation.parts.first()?, quotation.parts.last()?);
        let whole =
            Span { begin: first.begin, raw_begin: first.raw_begin, end: last.end, raw_end: last.raw_end };
        Some(v1::Quotation {
            span: self.span(&whole),
            text: self.joined(&quotation.parts),
            direct: quotation.direct,
            speaker: quotation.speaker.as_ref().map(|speaker| self.speaker(speaker, mentions)),
            cue: quotation.cue.as_ref().map(|cue| v1::Cue { span: self.span(cue), text: self.text(cue) }),
            parts: quotation.parts.iter().filter_map(|part| self.span(part)).collect(),
        })
    }

    /// The words of all parts; an empty line stands between those of two paragraphs.
    fn joined(&self, parts: &[Span]) -> String {
        let mut text = String::new();
        let mut end = None;
        for part in parts {
            if let Some(end) = end {
                let between = self.result.text.get(end..part.begin).unwrap_or_default();
                text.push_str(if between.contains("\n\n") { "\n\n" } else { " " });
            }
            text.push_str(&self.text(part));
            end = Some(part.end);
        }
        text
    }

    fn speaker(&self, speaker: &Speaker, mentions: &HashMap<usize, &Mention>) -> v1::Speaker {
        let mention = mentions.get(&speaker.span.begin).filter(|mention| mention.span == speaker.span);
        v1::Speaker {
            mention: mention.filter(|_| speaker.entity_id.is_some()).map(|mention| self.mention(mention)),
            text: self.text(&speaker.span),
            entity_id: speaker.entity_id.map(|id| id.to_string()).unwrap_or_default(),
            span: self.span(&speaker.span),
        }
    }

    pub(super) fn date(&self, date: &DateValue) -> v1::DateValue {
        v1::DateValue {
            span: self.span(&date.span),
            text: self.text(&date.span),
            value: date.value.clone().unwrap_or_default(),
            granularity: date.granularity as i32,
            part_of_day: date.part_of_day.clone().unwrap_or_default(),
            approximate: date.approximate,
            relative: date.relative,
            unresolved: date.unresolved.map(|reason| reason as i32).unwrap_or_default(),
        }
    }

    pub(super) fn amount(&self, amount: &Amount) -> v1::Amount {
        v1::Amount {
            span: self.span(&amount.span),
            text: self.text(&amount.span),
            kind: amount.kind as i32,
            value: amount.value,
            max_value: amount.max_value,
            unit: amount.unit.clone(),
            approximate: amount.approximate,
            unresolved: amount.unresolved.map(|reason| reason as i32).unwrap_or_default(),
        }
    }
}

/// Takes back who said what where the entity was left out of the answer.
pub(super) fn forget_absent_speakers(article: &mut v1::Article) {
    let present: std::collections::HashSet<&str> =
        article.entities.iter().map(|entity| entity.entity_id.as_str()).collect();
    for speaker in article.quotations.iter_mut().filter_map(|quotation| quotation.speaker.as_mut()) {
        if !present.contains(speaker.entity_id.as_str()) {
            speaker.entity_id.clear();
            speaker.mention = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> Processed {
        serde_json::from_value(serde_json::json!({
            "title": null, "subtitle": null, "authors": [], "site_name": null, "canonical_url": null,
            "description": null, "topics": [], "published_time": null, "modified_time": null, "language": null,
            "dateline": null, "text": "“É,” Ana said. “O.”", "paragraphs": [], "captions": [], "removed": [],
            "entities": [{
                "entity_id": "00000000-0000-0000-0000-000000000001", "kind": "PERSON", "name": "Ana", "aliases": [],
                "salience": 1.0, "mentions": [{"span": {"begin": 10, "end": 13, "raw_begin": 0, "raw_end": 0},
                "probability": 0.5}],
            }],
            "quotations": [{
                "parts": [{"begin": 3, "end": 6, "raw_begin": 0, "raw_end": 0}, {"begin": 23, "end": 25, "raw_begin": 0, "raw_end": 0}],
                "direct": true, "speaker": {"span": {"begin": 10, "end": 13, "raw_begin": 0, "raw_end": 0},
                "entity_id": "00000000-0000-0000-0000-000000000001"},
                "cue": {"begin": 14, "end": 18, "raw_begin": 0, "raw_end": 0},
            }],
            "word_count": 1, "notes": [], "pipeline_version": "0", "model": "",
        }))
        .expect("a result")
    }

    #[test]
    fn an_interrupted_quotation_is_told_with_its_parts_in_the_wanted_units() {
        let result = result();
        let telling = Telling {
            clean: Offsets::new(&result.text, v1::OffsetEncoding::CodePoint),
            raw: Offsets::bytes(),
            result: &result,
        };
        let told = telling.quotations();
        let whole = told[0].span.expect("a span");
        assert_eq!((told[0].text.as_str(), whole.begin, whole.end), ("É, O.", 1, 18));
        let speaker = told[0].speaker.as_ref().expect("a speaker");
        assert_eq!(
            (speaker.text.as_str(), speaker.mention.as_ref().map(|mention| mention.probability)),
            ("Ana", Some(0.5))
        );
        assert_eq!(told[0].cue.as_ref().map(|cue| cue.text.as_str()), Some("said"));
    }

    #[test]
    fn a_speaker_whose_entity_is_left_out_keeps_only_its_words() {
        let speaker = v1::Speaker {
            entity_id: "1".to_owned(),
            text: "Ana".to_owned(),
            mention: Some(v1::Mention::default()),
            span: None,
        };
        let quotation = v1::Quotation { speaker: Some(speaker), ..v1::Quotation::default() };
        let mut article = v1::Article { quotations: vec![quotation], ..v1::Article::default() };
        forget_absent_speakers(&mut article);
        let left = article.quotations[0].speaker.as_ref().expect("its words");
        assert_eq!((left.entity_id.as_str(), left.text.as_str(), left.mention.is_none()), ("", "Ana", true));
    }
}
