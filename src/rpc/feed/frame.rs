//! What goes out on a stream: messages, and updates that were encoded when they were committed.
//!
//! tonic's codec would encode each update anew for each subscriber. Here their bytes are copied behind the few that depend
//! on the log's name and on the batch. Layouts: <https://protobuf.dev/programming-guides/encoding/>; the field numbers are
//! those of feed.proto, and the test below holds them against the generated code.

use bytes::BufMut;
use copydesk_proto::v1::{self, subscribe_response::Message};
use prost::{
    Message as _,
    encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len},
};
use tonic::{
    Status,
    codec::{BufferSettings, Codec, EncodeBuf, Encoder},
};
use tonic_prost::ProstCodec;
use uuid::Uuid;

use crate::{
    article::{LogEntry, Position},
    feed::Cursor,
    wire::timestamp,
};

/// `SubscribeResponse.updates`.
const UPDATES: u32 = 2;
/// `Updates.updates`.
const UPDATE: u32 = 1;
/// `Updates.after_cursor`.
const AFTER_CURSOR: u32 = 2;
/// `Updates.through_cursor`.
const THROUGH_CURSOR: u32 = 3;
/// `Update.cursor`.
const CURSOR: u32 = 1;
/// `Update.time`.
const TIME: u32 = 3;

/// One message of a stream.
pub(crate) enum Frame {
    /// To be encoded.
    Message(Box<Message>),
    /// Encoded but for its cursors.
    Updates(StoredUpdates),
}

/// `Updates` in the basic view.
pub(crate) struct StoredUpdates {
    pub(super) incarnation: Uuid,
    pub(super) after: Position,
    pub(super) entries: Vec<LogEntry>,
    pub(super) through: Position,
}

impl Frame {
    /// Appends the encoded `SubscribeResponse`.
    pub(super) fn encode(self, out: &mut impl BufMut) -> Result<(), prost::EncodeError> {
        match self {
            Frame::Message(message) => v1::SubscribeResponse { message: Some(*message) }.encode(out),
            Frame::Updates(updates) => {
                updates.encode(out);
                Ok(())
            }
        }
    }
}

impl StoredUpdates {
    fn encode(self, out: &mut impl BufMut) {
        let heads: Vec<Vec<u8>> = self.entries.iter().map(|entry| self.head(entry)).collect();
        let updates = || self.entries.iter().zip(&heads);
        let (after, through) = (self.cursor(self.after), self.cursor(self.through));
        let updates_len: usize =
            updates().map(|(entry, head)| field_len(UPDATE, head.len() + entry.content.len())).sum();
        let cursors_len = field_len(AFTER_CURSOR, after.len()) + field_len(THROUGH_CURSOR, through.len());

        put_head(UPDATES, updates_len + cursors_len, out);
        for (entry, head) in updates() {
            put_head(UPDATE, head.len() + entry.content.len(), out);
            out.put_slice(head);
            out.put_slice(&entry.content);
        }
        put_field(AFTER_CURSOR, &after, out);
        put_field(THROUGH_CURSOR, &through, out);
    }

    /// What `wire::encode` left out of an update.
    fn head(&self, entry: &LogEntry) -> Vec<u8> {
        let mut head = Vec::with_capacity(64);
        put_field(CURSOR, &self.cursor(entry.position), &mut head);
        put_field(TIME, &timestamp(entry.time).encode_to_vec(), &mut head);
        head
    }

    fn cursor(&self, position: Position) -> Vec<u8> {
        Cursor { incarnation: self.incarnation, position }.encode()
    }
}

fn field_len(tag: u32, len: usize) -> usize {
    key_len(tag) + encoded_len_varint(len as u64) + len
}

fn put_head(tag: u32, len: usize, out: &mut impl BufMut) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(len as u64, out);
}

fn put_field(tag: u32, bytes: &[u8], out: &mut impl BufMut) {
    put_head(tag, bytes.len(), out);
    out.put_slice(bytes);
}

/// Frames out, requests in.
#[derive(Clone, Copy, Default)]
pub(super) struct FrameCodec;

type Requests = ProstCodec<v1::SubscribeResponse, v1::SubscribeRequest>;

impl Codec for FrameCodec {
    type Encode = Frame;
    type Decode = v1::SubscribeRequest;
    type Encoder = FrameEncoder;
    type Decoder = <Requests as Codec>::Decoder;

    fn encoder(&mut self) -> FrameEncoder {
        FrameEncoder
    }

    fn decoder(&mut self) -> Self::Decoder {
        Requests::raw_decoder(BufferSettings::default())
    }
}

/// Writes frames.
pub(super) struct FrameEncoder;

impl Encoder for FrameEncoder {
    type Item = Frame;
    type Error = Status;

    fn encode(&mut self, frame: Frame, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        frame.encode(out).map_err(|_| Status::internal("a message cannot be encoded"))
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::{
        article::{EventKind, Summary},
        wire,
    };

    #[test]
    fn stored_updates_go_out_as_the_contract_has_them() {
        let time = OffsetDateTime::UNIX_EPOCH + time::Duration::new(77, 5);
        let summaries: Vec<Summary> = (0..3)
            .map(|number| Summary { title: Some(format!("Title {number}").repeat(99)), ..Summary::empty() })
            .collect();
        let entries = (8..).zip(&summaries).map(|(position, summary)| LogEntry {
            position,
            kind: EventKind::Accepted,
            time,
            id: summary.version_id(),
            content: wire::encode(EventKind::Accepted, summary),
        });
        let incarnation = Uuid::from_u128(7);
        let cursor = |position| Cursor { incarnation, position }.encode();
        let updates = StoredUpdates { incarnation, after: 5, entries: entries.collect(), through: 10 };
        let expected = v1::Updates {
            updates: (8..)
                .zip(&summaries)
                .map(|(position, summary)| v1::Update {
                    cursor: cursor(position),
                    kind: v1::UpdateKind::Accepted as i32,
                    time: Some(timestamp(time)),
                    article: Some(wire::article(summary)),
                    reprocessing: None,
                })
                .collect(),
            after_cursor: cursor(5),
            through_cursor: cursor(10),
        };
        let mut bytes = Vec::new();
        Frame::Updates(updates).encode(&mut bytes).expect("a Vec grows");
        let decoded = v1::SubscribeResponse::decode(bytes.as_slice()).expect("a message");
        assert_eq!(decoded.message, Some(Message::Updates(expected)));
    }
}
