//! Messages of the contract as protobuf JSON: one message a line, lowerCamelCase names, enums as strings.
//!
//! The generated types know nothing of JSON; the descriptor set that they were made from does. Every message goes through
//! its wire form once, which costs little beside what made it.

use std::sync::LazyLock;

use anyhow::Context;
use copydesk_proto::v1;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(copydesk_proto::DESCRIPTOR_SET).expect("the build made the descriptor set")
});

/// A message that the command line reads or prints.
pub(crate) trait Contract: Message + Default {
    /// Its full name.
    const NAME: &'static str;
}

impl Contract for v1::RawArticle {
    const NAME: &'static str = "copydesk.v1.RawArticle";
}

impl Contract for v1::Article {
    const NAME: &'static str = "copydesk.v1.Article";
}

impl Contract for v1::EntityRecord {
    const NAME: &'static str = "copydesk.v1.EntityRecord";
}

impl Contract for v1::Update {
    const NAME: &'static str = "copydesk.v1.Update";
}

impl Contract for v1::SearchResult {
    const NAME: &'static str = "copydesk.v1.SearchResult";
}

impl Contract for v1::Group {
    const NAME: &'static str = "copydesk.v1.Group";
}

impl Contract for v1::GetGroupResponse {
    const NAME: &'static str = "copydesk.v1.GetGroupResponse";
}

impl Contract for v1::SubmitArticleResponse {
    const NAME: &'static str = "copydesk.v1.SubmitArticleResponse";
}

/// On one line, without the newline.
pub(crate) fn to_line<M: Contract>(message: &M) -> anyhow::Result<String> {
    let dynamic = DynamicMessage::decode(descriptor::<M>()?, message.encode_to_vec().as_slice())?;
    Ok(serde_json::to_string(&dynamic)?)
}

/// From one line. The error names the place and what was expected there; unknown fields are errors, since they are
/// mostly misspelt ones.
pub(crate) fn from_line<M: Contract>(line: &[u8]) -> anyhow::Result<M> {
    let mut json = serde_json::Deserializer::from_slice(line);
    let dynamic = DynamicMessage::deserialize(descriptor::<M>()?, &mut json)?;
    json.end()?;
    Ok(dynamic.transcode_to()?)
}

fn descriptor<M: Contract>() -> anyhow::Result<MessageDescriptor> {
    POOL.get_message_by_name(M::NAME).with_context(|| format!("{} is not in the contract", M::NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_written_as_protobuf_json() {
        let span = v1::Span { begin: 0, end: 4, raw_begin: 10, raw_end: 14 };
        let mention = v1::Mention { span: Some(span), ..Default::default() };
        let entity = v1::Entity {
            r#type: v1::EntityType::WorkOfArt as i32,
            mentions: vec![mention],
            ..Default::default()
        };
        let article = v1::Article {
            external_id: "a".into(),
            published_time: Some(prost_types::Timestamp { seconds: 1_564_531_200, nanos: 0 }),
            entities: vec![entity],
            ..Default::default()
        };
        assert_eq!(
            to_line(&article).unwrap(),
            r#"{"externalId":"a","publishedTime":"2019-07-31T00:00:00Z","entities":[{"type":"ENTITY_TYPE_WORK_OF_ART","mentions":[{"span":{"end":4,"rawBegin":10,"rawEnd":14}}]}]}"#
        );
    }

    #[test]
    fn a_raw_article_is_read_with_either_spelling_of_its_fields() {
        let expected = v1::RawArticle {
            external_id: "7".into(),
            body: Some(v1::raw_article::Body::Page(v1::Page {
                content: b"<p>\xff".to_vec(),
                content_type: "text/html".into(),
            })),
            ..Default::default()
        };
        for line in [
            r#"{"externalId":"7","page":{"content":"PHA+/w==","contentType":"text/html"}}"#,
            r#"{"external_id":"7","page":{"content":"PHA-_w","content_type":"text/html"}}"#,
        ] {
            assert_eq!(from_line::<v1::RawArticle>(line.as_bytes()).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_broken_line_is_told_what_is_wrong_with_it() {
        for (line, expected) in [
            (r#"{"externalId":"#, "EOF while parsing"),
            (r#"{"externalID":"1"}"#, "externalID"),
            (r#"{"text":"a","html":"b"}"#, "body"),
            (r#"{} {}"#, "trailing characters"),
        ] {
            let error = format!("{:#}", from_line::<v1::RawArticle>(line.as_bytes()).unwrap_err());
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
