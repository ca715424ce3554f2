//! Parses a listing's filter.
//!
//! ```text
//! filter     = comparison { "AND" comparison }
//! comparison = field operator value | "(" field "=" value { "OR" field "=" value } ")"
//! ```

use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{
    article::{EntityType, State, Violation, name_key},
    store::ListFilter,
};

/// Longest filter, in bytes.
const MAX_BYTES: usize = 4_000;

/// The error is a violation of `filter` that names the place and what would be right.
pub(in crate::app) fn parse(text: &str) -> Result<ListFilter, Violation> {
    if text.len() > MAX_BYTES {
        return Err(Violation::new("filter", format!("is longer than {MAX_BYTES} bytes")));
    }
    let mut parser = Parser { text, at: 0, filter: ListFilter::default() };
    parser
        .filter()
        .map_err(|problem| Violation::new("filter", format!("at byte {}: {problem}", parser.at)))?;
    Ok(parser.filter)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    filter: ListFilter,
}

impl<'a> Parser<'a> {
    fn filter(&mut self) -> Result<(), String> {
        self.skip_space();
        if self.rest().is_empty() {
            return Ok(());
        }
        loop {
            if self.take("(") {
                self.alternatives()?;
            } else {
                self.comparison()?;
            }
            self.skip_space();
            if self.rest().is_empty() {
                return Ok(());
            }
            if !self.take_word("AND") {
                return Err("expected AND or the end".to_owned());
            }
        }
    }

    fn alternatives(&mut self) -> Result<(), String> {
        let first = self.comparison()?;
        while self.take_word("OR") {
            if self.comparison()? != first {
                return Err(format!("values joined by OR must be of one field, here {first}"));
            }
        }
        if self.take(")") { Ok(()) } else { Err("expected OR or )".to_owned()) }
    }

    fn comparison(&mut self) -> Result<&'a str, String> {
        self.skip_space();
        let start = self.at;
        let field = self.field();
        // ":" is AIP-160's "has"; of one value it means the same.
        let operator = ["<=", ">=", "=", "<", ">", ":"].into_iter().find(|operator| self.take(operator));
        let Some(operator) = operator else {
            return Err(format!(
                "expected a comparison like {} = \"…\"",
                if field.is_empty() { "source" } else { field }
            ));
        };
        let value = self.value()?;
        self.apply(field, operator, &value).inspect_err(|_| self.at = start)?;
        Ok(field)
    }

    fn apply(&mut self, field: &str, operator: &str, value: &str) -> Result<(), String> {
        if !matches!(operator, "=" | ":") && !matches!(field, "published_time" | "accepted_time") {
            return Err(format!("{field} can only be compared with ="));
        }
        match field {
            "source" => self.filter.sources.push(value.to_owned()),
            "language" => self.filter.languages.push(value.to_lowercase()),
            "state" => self.filter.states.push(state_number(value)?),
            "entity.name" => self.filter.entity_name_keys.push(name_key(value)),
            "entity.id" => self.filter.entity_ids.push(entity_id(value)?),
            "entity.type" => self.filter.entity_types.push(entity_type_number(value)?),
            "speaker" => self.filter.speaker_name_keys.push(name_key(value)),
            "published_time" | "accepted_time" => return self.apply_time(field, operator, value),
            _ => {
                return Err(format!(
                    "unknown field {field:?}; there are source, state, language, entity.name, entity.type, \
                     entity.id, speaker, published_time and accepted_time"
                ));
            }
        }
        Ok(())
    }

    fn apply_time(&mut self, field: &str, operator: &str, value: &str) -> Result<(), String> {
        let time = OffsetDateTime::parse(value, &Rfc3339)
            .map_err(|_| format!("{value:?} is no RFC 3339 time like \"2026-11-01T00:00:00Z\""))?;
        // Stored times have whole microseconds, so the bounds are half-open at that step.
        let next = time.checked_add(time::Duration::MICROSECOND).unwrap_or(time);
        let (from, until) = match field {
            "published_time" => (&mut self.filter.published_from, &mut self.filter.published_until),
            _ => (&mut self.filter.accepted_from, &mut self.filter.accepted_until),
        };
        match operator {
            ">=" => *from = Some(time),
            ">" => *from = Some(next),
            "<" => *until = Some(time),
            "<=" => *until = Some(next),
            _ => return Err(format!("{field} is compared with <, <=, > or >=")),
        }
        Ok(())
    }

    fn value(&mut self) -> Result<String, String> {
        self.skip_space();
        let Some(quoted) = self.rest().strip_prefix('"') else {
            let word = self.word();
            return if word.is_empty() { Err("expected a value".to_owned()) } else { Ok(word.to_owned()) };
        };
        let mut value = String::new();
        let mut is_escaped = false;
        for (index, c) in quoted.char_indices() {
            match c {
                '\\' if !is_escaped => is_escaped = true,
                '"' if !is_escaped => {
                    self.at += 1 + index + 1;
                    return Ok(value);
                }
                _ => {
                    is_escaped = false;
                    value.push(c);
                }
            }
        }
        Err("the quotation mark is never closed".to_owned())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes letters, digits and what stands in names and times.
    fn word(&mut self) -> &'a str {
        self.take_all("._-:+")
    }

    fn field(&mut self) -> &'a str {
        self.take_all("._-")
    }

    /// Takes letters, digits and `others`.
    fn take_all(&mut self, others: &str) -> &'a str {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && !others.contains(c)).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        self.at += end;
        word
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        let is_next = self.rest().starts_with(token);
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    fn take_word(&mut self, word: &str) -> bool {
        let before = self.at;
        let is_next = self.word() == word;
        self.at = if is_next { self.at } else { before };
        is_next
    }
}

fn state_number(value: &str) -> Result<i16, String> {
    match value.strip_prefix("ARTICLE_STATE_").unwrap_or(value) {
        "ACCEPTED" => Ok(State::Accepted as i16),
        "PROCESSED" => Ok(State::Processed as i16),
        "FAILED" => Ok(State::Failed as i16),
        _ => Err(format!("{value:?} is no state; there are ACCEPTED, PROCESSED and FAILED")),
    }
}

fn entity_id(value: &str) -> Result<Uuid, String> {
    Uuid::try_parse(value).map_err(|_| format!("{value:?} is no entity_id; it is a UUID"))
}

fn entity_type_number(value: &str) -> Result<i16, String> {
    let label = value.strip_prefix("ENTITY_TYPE_").unwrap_or(value);
    let kind = EntityType::from(label.to_owned());
    if matches!(kind, EntityType::Custom(_)) && label != "CUSTOM" {
        return Err(format!(
            "{label:?} is no entity type; there are PERSON, ORG, GPE and the others of the contract"
        ));
    }
    Ok(kind.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_joined_by_and_and_alternatives_by_or() {
        let filter = parse(
            r#"source = "a \"b\"" AND (state = PROCESSED OR state = FAILED) AND entity.name = "Recep ERDOĞAN"
               AND entity.type = PERSON AND accepted_time >= "2026-11-01T00:00:00Z" AND language = EN"#,
        )
        .expect("a filter");
        assert_eq!(filter.sources, ["a \"b\""]);
        assert_eq!(filter.states, [2, 3]);
        assert_eq!(filter.entity_name_keys, ["recep erdogan"]);
        assert_eq!(filter.entity_types, [1]);
        let by_id = parse("entity.id = 00000000-0000-0000-0000-000000000005").expect("a filter");
        assert_eq!(by_id.entity_ids, [Uuid::from_u128(5)]);
        assert_eq!(filter.languages, ["en"]);
        assert!(filter.accepted_from.is_some() && filter.accepted_until.is_none());
        assert_eq!(parse("  "), Ok(ListFilter::default()));
        let filter = parse("speaker:\"Ana Reyes\" AND entity.id = 0197f3a2-6b1c-7c53-9a55-0f3f3c1f2a10")
            .expect("a filter");
        assert_eq!(
            (filter.speaker_name_keys.as_slice(), filter.entity_ids.len()),
            (["ana reyes".to_owned()].as_slice(), 1)
        );
    }

    #[test]
    fn a_wrong_filter_is_answered_with_the_place_and_the_fix() {
        let check = |text: &str, expected: &str| {
            let problem = parse(text).expect_err(text).description;
            assert!(problem.contains(expected), "{text}: {problem}");
        };
        check("colour = red", "unknown field \"colour\"");
        check("source", "expected a comparison like source =");
        check("source > \"a\"", "only be compared with =");
        check("state = DONE", "there are ACCEPTED");
        check("source = \"a", "never closed");
        check("source = a language = en", "at byte 11: expected AND");
        check("(source = a OR language = en)", "of one field");
        check("(source = a", "expected OR or )");
        check("accepted_time >= yesterday", "no RFC 3339 time");
        check("entity.type = SHIP", "no entity type");
        check("entity.id = Lisbon", "no entity_id");
    }
}
