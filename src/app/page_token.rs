//! Page tokens: where the page ended, tied to the filter it was made with.
//!
//! Layout before base64url: accepted time (nanoseconds since 1970, 16 bytes), article id (16), first 8 bytes of BLAKE3
//! over both and the filter. A token with another filter, or one made up, is no token.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::store::ListKey;

const KEY_BYTES: usize = 32;

pub(super) fn encode(key: ListKey, filter: &str) -> String {
    let mut bytes = Vec::with_capacity(KEY_BYTES + 8);
    bytes.extend_from_slice(&key.accepted_time.unix_timestamp_nanos().to_be_bytes());
    bytes.extend_from_slice(key.article_id.as_bytes());
    let check = check(&bytes, filter);
    bytes.extend_from_slice(&check);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `None` if it is no token, or one of another filter.
pub(super) fn decode(token: &str, filter: &str) -> Option<ListKey> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (key, given) = bytes.split_at_checked(KEY_BYTES)?;
    if given != check(key, filter) {
        return None;
    }
    let nanoseconds = i128::from_be_bytes(key.get(..16)?.try_into().ok()?);
    Some(ListKey {
        accepted_time: OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?,
        article_id: Uuid::from_slice(key.get(16..)?).ok()?,
    })
}

/// A token of any other key, tied to the request that it was made with.
pub(super) fn seal<K: Serialize>(key: &K, request: &str) -> String {
    // Keys are plain tuples, which always can be written.
    let mut bytes = serde_json::to_vec(key).unwrap_or_default();
    let check = check(&bytes, request);
    bytes.extend_from_slice(&check);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `None` if it is no token, or one of another request.
pub(super) fn open<K: DeserializeOwned>(token: &str, request: &str) -> Option<K> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (key, given) = bytes.split_at_checked(bytes.len().checked_sub(8)?)?;
    if given != check(key, request) {
        return None;
    }
    serde_json::from_slice(key).ok()
}

/// Ties a token to what it was made for.
pub(super) fn check(key: &[u8], filter: &str) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key);
    hasher.update(filter.as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *hasher.finalize().as_bytes();
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_with_its_own_filter_only() {
        let key = ListKey { accepted_time: OffsetDateTime::UNIX_EPOCH, article_id: Uuid::from_u128(5) };
        let token = encode(key, "state = PROCESSED");
        assert_eq!(decode(&token, "state = PROCESSED"), Some(key));
        assert_eq!(decode(&token, ""), None);
        assert_eq!(decode(&token[1..], "state = PROCESSED"), None);
        assert_eq!(decode("made up", ""), None);
    }

    #[test]
    fn a_sealed_key_is_opened_with_its_own_request_only() {
        let key = ("reyes".to_owned(), Uuid::from_u128(5));
        let token = seal(&key, "list\0reyes");
        assert_eq!(open(&token, "list\0reyes"), Some(key));
        assert_eq!(open::<(String, Uuid)>(&token, "list\0moss"), None);
        assert_eq!(open::<(String, Uuid)>("", ""), None);
        assert_eq!(open::<(String, Uuid)>("AAAA", ""), None);
    }
}
