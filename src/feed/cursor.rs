//! Opaque names for positions: which log, where, and a check that the bytes are ours.
//!
//! Layout: format (1 byte, 1), incarnation (16), position (8, big-endian), first 4 bytes of BLAKE3 over all of it.

use uuid::Uuid;

use crate::article::Position;

const FORMAT: u8 = 1;
const CHECKED_BYTES: usize = 1 + 16 + 8;
const BYTES: usize = CHECKED_BYTES + 4;

/// A position of one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Names the log.
    pub incarnation: Uuid,
    /// The last position that was seen; 0 for none.
    pub position: Position,
}

impl Cursor {
    /// 29 bytes.
    pub fn encode(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(FORMAT);
        bytes.extend_from_slice(self.incarnation.as_bytes());
        bytes.extend_from_slice(&self.position.to_be_bytes());
        let check = check(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    /// `None` if these bytes are no cursor, or a damaged one.
    pub fn decode(bytes: &[u8]) -> Option<Cursor> {
        let (body, given) = bytes.split_at_checked(CHECKED_BYTES)?;
        if given != check(body) || body.first() != Some(&FORMAT) {
            return None;
        }
        let incarnation = Uuid::from_slice(body.get(1..17)?).ok()?;
        let position = Position::from_be_bytes(body.get(17..)?.try_into().ok()?);
        (position >= 0).then_some(Cursor { incarnation, position })
    }
}

fn check(bytes: &[u8]) -> [u8; 4] {
    let hash = blake3::hash(bytes);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_round_trip_and_no_damaged_one_is_taken() {
        let cursor = Cursor { incarnation: Uuid::from_u128(7), position: 42 };
        let bytes = cursor.encode();
        assert_eq!(Cursor::decode(&bytes), Some(cursor));
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1;
            assert_eq!(Cursor::decode(&damaged), None, "byte {index}");
            assert_eq!(Cursor::decode(&bytes[..index]), None, "cut at {index}");
        }
    }
}
