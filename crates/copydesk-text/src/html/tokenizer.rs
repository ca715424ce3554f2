//! HTML to tokens that know their places, after the tokenization rules of the HTML standard.
//!
//! Lives here: tags, comments and text as ranges of the source, one pass, linear whatever is in it (an unclosed quote,
//! comment or script runs to the end, as in browsers). Must never come here: nesting (`tree.rs`) or decoding of entities
//! (`entities.rs`). html5ever is not used since its tokens do not say where they stand.

use super::names::{AttrName, MAX_NAME, Tag};

/// More attributes than any real element has are read past.
const MAX_ATTRIBUTES: usize = 48;

/// A range of the source.
pub(crate) type Span = (u32, u32);

/// An attribute whose name matters; its value is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attr {
    pub(crate) name: AttrName,
    pub(crate) value: Span,
}

/// One piece of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// Text as written.
    Text(Span),
    /// A start tag; its attributes are in `Tokenizer::attributes`. `name` is the name as written.
    Start { tag: Tag, name: Span, self_closing: bool },
    /// An end tag.
    End { tag: Tag, name: Span },
}

/// Reads tokens from a page.
pub(crate) struct Tokenizer<'a> {
    source: &'a [u8],
    at: usize,
    /// The raw text element that is open.
    raw: Option<Tag>,
    /// The attributes of the last start tag.
    pub(crate) attributes: Vec<Attr>,
}

impl<'a> Tokenizer<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source: source.as_bytes(), at: 0, raw: None, attributes: Vec::new() }
    }

    fn byte(&self, at: usize) -> u8 {
        self.source.get(at).copied().unwrap_or(0)
    }

    fn seek(&self, byte: u8, from: usize) -> Option<usize> {
        memchr::memchr(byte, self.source.get(from..)?).map(|i| from + i)
    }

    /// The end of raw text: where its end tag starts.
    fn raw_end(&self, tag: Tag) -> usize {
        let mut at = self.at;
        while let Some(found) = self.seek(b'<', at) {
            if self.byte(found + 1) == b'/' {
                let name = self.name(found + 2);
                if tag == self.tag(name) && tag != Tag::Plaintext {
                    return found;
                }
            }
            at = found + 1;
        }
        self.source.len()
    }

    fn name(&self, begin: usize) -> Span {
        let mut end = begin;
        while end < self.source.len()
            && !matches!(self.byte(end), b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
        {
            end += 1;
        }
        (begin as u32, end as u32)
    }

    fn tag(&self, (begin, end): Span) -> Tag {
        lower(self.source.get(begin as usize..end as usize))
            .map_or(Tag::Other, |(bytes, n)| Tag::of(&bytes[..n]))
    }

    /// Reads attributes up to the end of the tag; says whether it closes itself, or nothing at the end of the page.
    fn read_attributes(&mut self, mut at: usize) -> Option<bool> {
        self.attributes.clear();
        let mut slash = false;
        loop {
            match self.byte(at) {
                _ if at >= self.source.len() => return None,
                b'>' => {
                    self.at = at + 1;
                    return Some(slash);
                }
                b'/' => (slash, at) = (true, at + 1),
                b if b.is_ascii_whitespace() => at += 1,
                _ => {
                    slash = false;
                    at = self.read_attribute(at)?;
                }
            }
        }
    }

    fn read_attribute(&mut self, begin: usize) -> Option<usize> {
        let end_of_name = |b: u8| matches!(b, b'=' | b'>' | b'/') || b.is_ascii_whitespace();
        let mut at = begin + 1;
        while at < self.source.len() && !end_of_name(self.byte(at)) {
            at += 1;
        }
        let name =
            lower(self.source.get(begin..at)).map_or(AttrName::Other, |(bytes, n)| AttrName::of(&bytes[..n]));
        let mut next = at;
        while self.byte(next).is_ascii_whitespace() {
            next += 1;
        }
        let mut value = (at as u32, at as u32);
        if self.byte(next) == b'=' {
            next += 1;
            while self.byte(next).is_ascii_whitespace() {
                next += 1;
            }
            let quote = self.byte(next);
            if quote == b'"' || quote == b'\'' {
                let end = self.seek(quote, next + 1)?;
                value = (next as u32 + 1, end as u32);
                at = end + 1;
            } else {
                at = next;
                while at < self.source.len() && self.byte(at) != b'>' && !self.byte(at).is_ascii_whitespace()
                {
                    at += 1;
                }
                value = (next as u32, at as u32);
            }
        } else {
            at = at.max(next.min(self.source.len()));
        }
        if name != AttrName::Other && self.attributes.len() < MAX_ATTRIBUTES {
            self.attributes.push(Attr { name, value });
        }
        Some(at)
    }

    /// The end of a comment or declaration that opens at `at`.
    fn markup_end(&self, at: usize) -> usize {
        if self.source.get(at..).is_some_and(|rest| rest.starts_with(b"<!--")) {
            let body = at + 4;
            if self.byte(body) == b'>' {
                return body + 1;
            }
            let mut from = body;
            while let Some(found) = self.seek(b'>', from) {
                let before = self.source.get(body..found).unwrap_or_default();
                if before.ends_with(b"--") || before.ends_with(b"--!") || before == b"-" {
                    return found + 1;
                }
                from = found + 1;
            }
            return self.source.len();
        }
        self.seek(b'>', at + 2).map_or(self.source.len(), |end| end + 1)
    }
}

impl Iterator for Tokenizer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let begin = self.at;
        if begin >= self.source.len() {
            return None;
        }
        if let Some(tag) = self.raw.take() {
            let end = self.raw_end(tag);
            if end > begin {
                self.at = end;
                return Some(Token::Text((begin as u32, end as u32)));
            }
        }
        let mut from = begin;
        loop {
            let Some(open) = self.seek(b'<', from) else {
                self.at = self.source.len();
                return Some(Token::Text((begin as u32, self.at as u32)));
            };
            let next = self.byte(open + 1);
            let end_tag = next == b'/';
            let markup = next.is_ascii_alphabetic() || end_tag || next == b'!' || next == b'?';
            if !markup {
                from = open + 1;
                continue;
            }
            if open > begin {
                self.at = open;
                return Some(Token::Text((begin as u32, open as u32)));
            }
            let name_at = if end_tag { open + 2 } else { open + 1 };
            if !self.byte(name_at).is_ascii_alphabetic() {
                self.at = self.markup_end(open);
                return self.next_after_markup();
            }
            let name = self.name(name_at);
            let tag = self.tag(name);
            let Some(self_closing) = self.read_attributes(name.1 as usize) else {
                self.at = self.source.len();
                return None;
            };
            if end_tag {
                return Some(Token::End { tag, name });
            }
            if tag.is_raw_text() {
                self.raw = Some(tag);
            }
            return Some(Token::Start { tag, name, self_closing });
        }
    }
}

impl Tokenizer<'_> {
    /// Goes on behind a comment; a loop in `next` would do the same, this keeps its flow plain. Comments by the
    /// million must not nest calls, hence the loop here.
    fn next_after_markup(&mut self) -> Option<Token> {
        while self
            .source
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(b"<!") || rest.starts_with(b"<?"))
        {
            self.at = self.markup_end(self.at);
        }
        let at = self.at;
        if self.byte(at) == b'<' && self.byte(at + 1) == b'/' && !self.byte(at + 2).is_ascii_alphabetic() {
            // "</>" and its like vanish; an empty text keeps the iteration flat.
            self.at = self.markup_end(at);
            return Some(Token::Text((at as u32, at as u32)));
        }
        self.next()
    }
}

/// Short names in lower case.
fn lower(name: Option<&[u8]>) -> Option<([u8; MAX_NAME], usize)> {
    let name = name.filter(|name| name.len() <= MAX_NAME)?;
    let mut bytes = [0; MAX_NAME];
    bytes.iter_mut().zip(name).for_each(|(to, from)| *to = from.to_ascii_lowercase());
    Some((bytes, name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(page: &str) -> Vec<String> {
        let mut tokenizer = Tokenizer::new(page);
        let mut out = Vec::new();
        let text = |(a, b): Span| page[a as usize..b as usize].to_owned();
        while let Some(token) = tokenizer.next() {
            out.push(match token {
                Token::Text(span) => format!("'{}'", text(span)),
                Token::End { name, .. } => format!("/{}", text(name)),
                Token::Start { name, .. } => {
                    let attrs: Vec<_> = tokenizer.attributes.iter().map(|a| text(a.value)).collect();
                    format!("{}[{}]", text(name), attrs.join(","))
                }
            });
        }
        out
    }

    #[test]
    fn tags_comments_and_text_are_told_apart() {
        assert_eq!(
            tokens("<!doctype html><p class=a id='b c'>x < y<!-- <b> --> z</p >"),
            ["p[a,b c]", "'x < y'", "' z'", "/p"]
        );
    }

    #[test]
    fn raw_text_ends_only_at_its_own_end_tag() {
        assert_eq!(
            tokens("<script>if (a<b) '</p>'</SCRIPT>x"),
            ["script[]", "'if (a<b) '</p>''", "/SCRIPT", "'x'"]
        );
        assert_eq!(tokens("<style>a{"), ["style[]", "'a{'"]);
    }

    #[test]
    fn unclosed_things_run_to_the_end_without_harm() {
        assert_eq!(tokens("a<p class=\"x>y"), ["'a'"]);
        assert_eq!(tokens("a<!-- b"), ["'a'"]);
        assert_eq!(tokens("</></ >a</>"), ["''", "'a'"]);
    }
}
