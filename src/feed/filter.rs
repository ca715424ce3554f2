//! Which events a reader wants.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::article::{Event, EventKind, Summary, SummaryEntity, TextQuery, name_key};

/// Fields are joined by AND, values of one field by OR; an empty field wants all.
///
/// A deletion is wanted whatever the article was about: who keeps a copy must hear of it, and nothing is left in the log
/// that languages, entities and text could be compared with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Exact.
    pub sources: Vec<String>,
    /// Exact.
    pub kinds: Vec<EventKind>,
    /// ISO 639-1 codes, lower case.
    pub languages: Vec<String>,
    /// As `name_key` makes them.
    pub entity_name_keys: Vec<String>,
    /// Contract numbers.
    pub entity_types: Vec<i16>,
    /// Joined by OR with the names.
    pub entity_ids: Vec<Uuid>,
    /// All of them.
    pub labels: BTreeMap<String, String>,
    /// Of the title, subtitle and clean text; not looked at by `wants`, because an event does not carry the text.
    pub query: Option<TextQuery>,
}

impl Filter {
    /// Whether it wants everything, so that an event need not be understood.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// All but the query. Linear in the article's entities and names.
    pub fn wants(&self, event: &Event) -> bool {
        let summary = &event.summary;
        (self.kinds.is_empty() || self.kinds.contains(&event.kind))
            && (self.sources.is_empty() || self.sources.contains(&summary.source))
            && self.labels.iter().all(|(key, value)| summary.labels.get(key) == Some(value))
            && (event.kind == EventKind::Deleted || self.wants_content(summary))
    }

    /// The query that an event must still be held against once `wants` has said yes.
    pub fn query_for(&self, event: &Event) -> Option<&TextQuery> {
        self.query.as_ref().filter(|_| event.kind != EventKind::Deleted)
    }

    fn wants_content(&self, summary: &Summary) -> bool {
        let language = summary.language.as_ref().map(|language| language.code.as_str()).unwrap_or_default();
        (self.languages.is_empty() || self.languages.iter().any(|code| code == language))
            && (self.wants_any_entity() || summary.entities.iter().any(|entity| self.wants_entity(entity)))
    }

    fn wants_any_entity(&self) -> bool {
        self.entity_name_keys.is_empty() && self.entity_types.is_empty() && self.entity_ids.is_empty()
    }

    fn wants_entity(&self, entity: &SummaryEntity) -> bool {
        let any_identity = self.entity_name_keys.is_empty() && self.entity_ids.is_empty();
        let is_typed = self.entity_types.is_empty() || self.entity_types.contains(&entity.kind.number());
        is_typed && (any_identity || self.entity_ids.contains(&entity.entity_id) || self.is_named(entity))
    }

    fn is_named(&self, entity: &SummaryEntity) -> bool {
        !self.entity_name_keys.is_empty()
            && std::iter::once(&entity.name)
                .chain(&entity.aliases)
                .any(|name| self.entity_name_keys.contains(&name_key(name)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::article::{EntityType, Language, State};

    pub(in crate::feed) fn summary() -> Summary {
        let json = serde_json::json!({
            "article_id": Uuid::nil(), "version": 1, "state": "Processed", "source": "wire",
            "accepted_time": "2026-01-01T00:00:00Z", "labels": {"desk": "world"},
        });
        let mut summary: Summary = serde_json::from_value(json).expect("a valid summary");
        summary.state = State::Processed;
        summary.language = Some(Language { code: "en".into(), probability: 1.0, supported: true });
        summary.entities = vec![SummaryEntity {
            entity_id: Uuid::from_u128(1),
            kind: EntityType::from("ORG".to_owned()),
            name: "NATO".into(),
            aliases: vec!["Atlantic Alliance".into()],
            salience: 0.5,
            mention_count: 2,
            links: Vec::new(),
            gazetteer: None,
        }];
        summary
    }

    #[test]
    fn fields_are_joined_by_and_and_values_by_or() {
        let event = Event {
            position: 1,
            kind: EventKind::Processed,
            time: time::OffsetDateTime::UNIX_EPOCH,
            summary: summary(),
            content: Bytes::new(),
        };
        let strings = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        let all = Filter::default;
        let check = |filter: Filter, expected: bool| assert_eq!(filter.wants(&event), expected, "{filter:?}");
        check(all(), true);
        check(Filter { sources: strings(&["other", "wire"]), ..all() }, true);
        check(Filter { sources: strings(&["other"]), ..all() }, false);
        check(Filter { kinds: vec![EventKind::Accepted], ..all() }, false);
        check(Filter { languages: strings(&["fr", "en"]), ..all() }, true);
        check(Filter { languages: strings(&["fr"]), ..all() }, false);
        check(Filter { entity_name_keys: strings(&["atlantic alliance"]), ..all() }, true);
        check(Filter { entity_name_keys: strings(&["nato"]), entity_types: vec![4], ..all() }, true);
        check(Filter { entity_name_keys: strings(&["nato"]), entity_types: vec![1], ..all() }, false);
        check(Filter { entity_ids: vec![Uuid::from_u128(1)], ..all() }, true);
        check(Filter { entity_ids: vec![Uuid::from_u128(2)], ..all() }, false);
        check(Filter { labels: BTreeMap::from([("desk".into(), "world".into())]), ..all() }, true);
        check(Filter { labels: BTreeMap::from([("desk".into(), "local".into())]), ..all() }, false);
        check(Filter { sources: strings(&["wire"]), languages: strings(&["fr"]), ..all() }, false);
    }

    #[test]
    fn a_deletion_is_wanted_whatever_the_article_was_about() {
        let time = time::OffsetDateTime::UNIX_EPOCH;
        let event = Event {
            position: 1,
            kind: EventKind::Deleted,
            time,
            summary: summary().deleted(),
            content: Bytes::new(),
        };
        let about = Filter {
            entity_ids: vec![Uuid::from_u128(1)],
            languages: vec!["fr".into()],
            ..Filter::default()
        };
        assert!(about.wants(&event));
        assert!(!Filter { sources: vec!["other".into()], ..Filter::default() }.wants(&event));
        assert!(!Filter { kinds: vec![EventKind::Processed], ..Filter::default() }.wants(&event));
    }
}
