//! Requests as the service understands them. Nothing from the wire is trusted: an unknown enum number or a time out of
//! range is a violation like any other, and all are reported together.

use std::{ops::RangeInclusive, time::Duration};

use copydesk_proto::v1;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    article::{Accuracy, Body, EventKind, Priority, RawDraft, TextQuery, View, Violation, name_key},
    feed::Filter,
};

/// Collects violations while fields are read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) violations: Vec<Violation>,
}

impl Reading {
    pub(super) fn refuse(&mut self, field: &str, description: impl Into<String>) {
        self.violations.push(Violation::new(field, description));
    }

    /// The violations so far, as an error if there are any.
    pub(super) fn finish(self) -> Result<(), tonic::Status> {
        if self.violations.is_empty() { Ok(()) } else { Err(super::status::invalid(self.violations)) }
    }

    /// An enum value; an unknown number is refused.
    pub(super) fn known<E: TryFrom<i32> + Copy>(&mut self, field: &str, number: i32, fallback: E) -> E {
        E::try_from(number).unwrap_or_else(|_| {
            self.refuse(field, format!("{number} is not a value of this enum; see the contract"));
            fallback
        })
    }

    pub(super) fn draft(&mut self, article: Option<v1::RawArticle>) -> RawDraft {
        let article = article.unwrap_or_default();
        RawDraft {
            source: article.source,
            external_id: article.external_id,
            url: article.url,
            body: article.body.map(|body| match body {
                v1::raw_article::Body::Text(text) => Body::Text(text),
                v1::raw_article::Body::Html(html) => Body::Html(html),
                v1::raw_article::Body::Page(page) => {
                    Body::Page { content: page.content, content_type: page.content_type }
                }
            }),
            title: article.title,
            published_time: article.published_time.and_then(|time| self.time("article.published_time", time)),
            language: article.language,
            labels: article.labels,
            accuracy: self.accuracy("article.accuracy", article.accuracy),
        }
    }

    pub(super) fn time(&mut self, field: &str, time: prost_types::Timestamp) -> Option<OffsetDateTime> {
        let nanoseconds = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
        let read = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok();
        // The bounds of google.protobuf.Timestamp.
        let read =
            read.filter(|read| (1..=9999).contains(&read.year()) && (0..1_000_000_000).contains(&time.nanos));
        if read.is_none() {
            self.refuse(field, "is no time between the years 1 and 9999");
        }
        read
    }

    pub(super) fn priority(&mut self, number: i32) -> Priority {
        match self.known("priority", number, v1::Priority::Normal) {
            v1::Priority::Low => Priority::Low,
            v1::Priority::Unspecified | v1::Priority::Normal => Priority::Normal,
            v1::Priority::High => Priority::High,
        }
    }

    /// None means the server's own.
    pub(super) fn accuracy(&mut self, field: &str, number: i32) -> Option<Accuracy> {
        match self.known(field, number, v1::Accuracy::Unspecified) {
            v1::Accuracy::Unspecified => None,
            v1::Accuracy::Fast => Some(Accuracy::Fast),
            v1::Accuracy::Balanced => Some(Accuracy::Balanced),
            v1::Accuracy::Accurate => Some(Accuracy::Accurate),
        }
    }

    pub(super) fn wait_for(&mut self, number: i32) -> v1::WaitFor {
        self.known("wait_for", number, v1::WaitFor::Accepted)
    }

    pub(super) fn encoding(&mut self, number: i32) -> v1::OffsetEncoding {
        let encoding = self.known("offset_encoding", number, v1::OffsetEncoding::Utf8);
        if encoding == v1::OffsetEncoding::Unspecified { v1::OffsetEncoding::Utf8 } else { encoding }
    }

    /// The body is read along when offsets into it must be converted.
    pub(super) fn view(
        &mut self,
        number: i32,
        default: v1::ArticleView,
        encoding: v1::OffsetEncoding,
    ) -> View {
        let given = self.known("view", number, default);
        let view = if given == v1::ArticleView::Unspecified { default } else { given };
        match view {
            v1::ArticleView::Full if encoding == v1::OffsetEncoding::Utf8 => View::Full,
            v1::ArticleView::Full => View::FullWithBody,
            v1::ArticleView::Basic | v1::ArticleView::Unspecified => View::Basic,
        }
    }

    /// What is wanted; nothing named means everything.
    pub(super) fn features(&mut self, numbers: &[i32]) -> Vec<v1::Feature> {
        if numbers.is_empty() {
            return vec![v1::Feature::Entities, v1::Feature::Removed];
        }
        let mut wanted = Vec::new();
        for number in numbers {
            if *number == 0 {
                self.refuse("features", "0 is no feature; leave the field empty for all of them");
            }
            wanted.push(self.known("features", *number, v1::Feature::Unspecified));
        }
        wanted
    }

    pub(super) fn article_id(&mut self, field: &str, text: &str) -> Uuid {
        Uuid::try_parse(text).unwrap_or_else(|_| {
            let wrong = if text.is_empty() { "is empty" } else { "is no UUID" };
            self.refuse(field, format!("{wrong}; use the article_id of an earlier answer"));
            Uuid::nil()
        })
    }

    pub(super) fn probability(&mut self, field: &str, given: f32) -> f32 {
        if !(0.0..=1.0).contains(&given) {
            self.refuse(field, "must be between 0 and 1");
        }
        given
    }

    pub(super) fn gazetteer_format(&mut self, number: i32) -> v1::GazetteerFormat {
        self.known("format", number, v1::GazetteerFormat::Unspecified)
    }

    pub(super) fn batch_ids(&mut self, ids: &[String], max: usize) -> Vec<Uuid> {
        self.ids("article_ids", ids, max)
    }

    /// One id or more, at most `max`.
    pub(super) fn ids(&mut self, field: &str, ids: &[String], max: usize) -> Vec<Uuid> {
        if ids.is_empty() || ids.len() > max {
            self.refuse(field, format!("has {} ids; send 1 to {max}", ids.len()));
            return Vec::new();
        }
        ids.iter().enumerate().map(|(index, id)| self.article_id(&format!("{field}[{index}]"), id)).collect()
    }

    pub(super) fn entity_id(&mut self, field: &str, text: &str) -> Uuid {
        Uuid::try_parse(text).unwrap_or_else(|_| {
            let wrong = if text.is_empty() { "is empty" } else { "is no UUID" };
            self.refuse(field, format!("{wrong}; use the entity_id of an article's entity or of a listing"));
            Uuid::nil()
        })
    }

    /// Types by number, without UNSPECIFIED.
    pub(super) fn entity_types(&mut self, field: &str, numbers: &[i32]) -> Vec<i16> {
        let mut types = Vec::new();
        for number in numbers {
            let kind = self.known(field, *number, v1::EntityType::Unspecified);
            types.extend(i16::try_from(i32::from(kind)).ok().filter(|_| kind != v1::EntityType::Unspecified));
        }
        types
    }

    /// An optional duration between bounds, in whole and split seconds.
    pub(super) fn duration(
        &mut self,
        field: &str,
        given: Option<prost_types::Duration>,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Duration {
        let Some(given) = given else { return default };
        Duration::try_from(given).ok().filter(|given| bounds.contains(given)).unwrap_or_else(|| {
            let (min, max) = (bounds.start().as_secs_f64(), bounds.end().as_secs_f64());
            self.refuse(field, format!("must be between {min} and {max} seconds"));
            default
        })
    }

    pub(super) fn max_batch(&mut self, given: i32, default: usize, max: usize) -> usize {
        match usize::try_from(given) {
            Ok(0) => default,
            Ok(given) if given <= max => given,
            _ => {
                self.refuse("max_batch", format!("must be 1 to {max}, or 0 for {default}"));
                default
            }
        }
    }

    pub(super) fn filter(&mut self, filter: v1::UpdateFilter) -> Filter {
        let kinds = filter
            .kinds
            .iter()
            .filter_map(|number| {
                let kind = i16::try_from(*number).ok().and_then(EventKind::from_number);
                if kind.is_none() {
                    self.refuse("filter.kinds", format!("{number} is no kind of update; see the contract"));
                }
                kind
            })
            .collect();
        let entity_types = self.entity_types("filter.entity_types", &filter.entity_types);
        Filter {
            kinds,
            entity_types,
            sources: filter.sources,
            languages: filter.languages.iter().map(|code| code.to_lowercase()).collect(),
            entity_name_keys: filter.entity_names.iter().map(|name| name_key(name)).collect(),
            entity_ids: filter.entity_ids.iter().map(|id| self.entity_id("filter.entity_ids", id)).collect(),
            labels: filter.labels,
            query: self.query("filter.query", &filter.query),
        }
    }

    fn query(&mut self, field: &str, text: &str) -> Option<TextQuery> {
        if text.is_empty() {
            return None;
        }
        TextQuery::parse(text).map_err(|problem| self.refuse(field, problem)).ok()
    }
}
