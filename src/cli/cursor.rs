//! Cursors of the feed as text: base64url without padding, safe in a shell and in a URL.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// As it is printed.
pub(crate) fn to_text(cursor: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(cursor)
}

/// As it is typed. Takes the standard alphabet and padding too: protobuf JSON writes bytes that way, and a cursor copied
/// from there is as good.
pub(crate) fn from_text(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|cursor| !cursor.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_printed_by_us_or_by_protobuf_json() {
        let cursor = vec![0xfb, 0xff, 0xfe, 1];
        assert_eq!(to_text(&cursor), "-__-AQ");
        for text in ["-__-AQ", "+//+AQ==", "-__-AQ=="] {
            assert_eq!(from_text(text), Some(cursor.clone()), "{text}");
        }
        for text in ["", "ä", "beginning!", "===="] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
