//! An event as the contract writes it: encoded once, when it is committed, and copied from then on.
//!
//! The log's table and the ring hold these bytes, so that a subscriber without a filter costs no more than their copy. Pure;
//! beside `rpc`, `server` and `cli` the only room that names generated types, because `store` and `commit` must not.

mod inward;
mod outward;

pub use inward::{WireError, decode};
pub use outward::{article, entity, reprocessing, timestamp};

use bytes::Bytes;
use copydesk_proto::v1;
use prost::Message;

use crate::article::{EventKind, Summary};

/// An `Update` without its cursor and time, which are not known before it is committed and are added where it is sent.
/// Linear in the summary.
pub fn encode(kind: EventKind, summary: &Summary) -> Bytes {
    let update = v1::Update {
        cursor: Vec::new(),
        kind: kind as i32,
        time: None,
        article: Some(article(summary)),
        reprocessing: reprocessing(summary),
    };
    update.encode_to_vec().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_event_comes_back_as_it_was() {
        let entities = json!([
            {"entity_id": Uuid::from_u128(6), "kind": "WORK_OF_ART", "name": "The Weir", "salience": 0.25,
             "mention_count": 2, "aliases": ["Weir"],
             "links": [{"scheme": "wikidata", "id": "Q1", "url": ""}], "gazetteer": "plays"},
            {"entity_id": Uuid::from_u128(7), "kind": "VESSEL", "name": "Ana", "salience": 0.0, "mention_count": 1},
        ]);
        let image = json!({"url": "https://example.org/i.jpg", "caption": "A weir", "credit": "Ana Duarte"});
        let summary: Summary = serde_json::from_value(json!({
            "article_id": Uuid::from_u128(5), "version": 3, "state": "Failed", "source": "wire", "external_id": "e-1",
            "url": "https://example.org/a", "labels": {"desk": "world"}, "accepted_time": "2026-01-01T00:00:00.123456Z",
            "processed_time": "2026-01-01T00:00:01Z", "title": "A title", "subtitle": "And another",
            "authors": ["Ana Duarte"], "site_name": "The Site", "canonical_url": "https://example.org/b",
            "lead_image": image,
            "is_accessible_for_free": false, "gazetteer_revision": 7,
            "duplicate": {"of_article_id": Uuid::from_u128(9), "similarity": 0.75},
            "reprocessing_failure": {"reason": "PANIC", "message": "again", "attempts": 1},
            "description": "What it says", "topics": ["rivers"], "published_time": "1969-12-31T23:59:59.5Z",
            "modified_time": "2026-01-01T00:00:00Z", "dateline": "LISBON",
            "language": {"code": "en", "probability": 0.5, "supported": true}, "word_count": 9,
            "made_by": ["1", "a model"], "failure": {"reason": "PANIC", "message": "why", "attempts": 4},
            "entities": entities,
        }))
        .expect("a summary");
        let content = encode(EventKind::Failed, &summary);
        assert_eq!(decode(&content).expect("an event"), summary);
        let nothing = Summary::empty();
        assert_eq!(decode(&encode(EventKind::Accepted, &nothing)).expect("an event"), nothing);
    }

    #[test]
    fn bytes_of_another_origin_are_an_error() {
        assert!(matches!(decode(b"\xff\xff"), Err(WireError::Encoding(_))));
        assert!(matches!(decode(b""), Err(WireError::Field("article"))));
        let update = v1::Update { article: Some(v1::Article::default()), ..v1::Update::default() };
        assert!(matches!(decode(&update.encode_to_vec()), Err(WireError::Field("article_id"))));
    }
}
