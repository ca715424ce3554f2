//! Lines of protobuf-JSON RawArticles, read one at a time with bounded memory.
//!
//! A line that cannot be used is handed on with what is wrong and, if it can be made out, whose it is: the reader of the
//! output needs to know what is missing from it.

use std::io::{self, BufRead, Read};

use copydesk_proto::v1;

use super::json;

/// Longer lines are skipped. The largest body that a server takes by default (32 MiB) fits, quotes and escapes included.
const MAX_LINE_BYTES: u64 = 96 << 20;

/// One line of input.
#[derive(Debug, PartialEq)]
pub(crate) struct Line {
    /// From 1, blank lines counted.
    pub(crate) number: u64,
    /// None: longer than is read.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// Why a line, or a file, gave no article.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Broken {
    /// Where: a file, or a file and a line.
    pub(crate) place: String,
    /// Of the article that it was to be; empty if that cannot be made out.
    pub(crate) external_id: String,
    /// What is wrong.
    pub(crate) problem: String,
}

/// The lines of `reader` that are not blank.
pub(crate) fn lines(mut reader: impl BufRead) -> impl Iterator<Item = io::Result<Line>> {
    let mut number = 0;
    let mut has_ended = false;
    std::iter::from_fn(move || {
        while !has_ended {
            number += 1;
            let mut bytes = Vec::new();
            match reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) if bytes.iter().all(u8::is_ascii_whitespace) && bytes.ends_with(b"\n") => continue,
                Ok(_) if bytes.len() as u64 == MAX_LINE_BYTES && !bytes.ends_with(b"\n") => {
                    drop(bytes);
                    if let Err(error) = skip_line(&mut reader) {
                        has_ended = true;
                        return Some(Err(error));
                    }
                    return Some(Ok(Line { number, bytes: None }));
                }
                Ok(_) if bytes.iter().all(u8::is_ascii_whitespace) => return None,
                Ok(_) => return Some(Ok(Line { number, bytes: Some(bytes) })),
                Err(error) => {
                    has_ended = true;
                    return Some(Err(error));
                }
            }
        }
        None
    })
}

/// The article of a line; `file` is what its errors call the input.
pub(crate) fn raw_article(file: &str, line: &Line) -> Result<v1::RawArticle, Broken> {
    let broken =
        |external_id, problem| Broken { place: format!("{file}:{}", line.number), external_id, problem };
    let Some(bytes) = &line.bytes else {
        return Err(broken(String::new(), format!("the line is longer than {} MiB", MAX_LINE_BYTES >> 20)));
    };
    json::from_line(bytes).map_err(|error| {
        // Of one line there is only one line.
        let problem = format!("is no RawArticle: {error:#}").replace(" at line 1 column ", " at column ");
        broken(external_id_of(bytes).unwrap_or_default(), problem)
    })
}

/// Whatever else is wrong with a line, its id may be readable.
fn external_id_of(bytes: &[u8]) -> Option<String> {
    let line: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    line.get("externalId").or_else(|| line.get("external_id"))?.as_str().map(str::to_owned)
}

fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        match buffer.iter().position(|byte| *byte == b'\n') {
            Some(newline) => {
                reader.consume(newline + 1);
                return Ok(());
            }
            None => {
                let length = buffer.len();
                reader.consume(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_passed_over_and_counted() {
        let read: Vec<Line> = lines(&b"one\n\n  \ntwo\nthree"[..]).map(Result::unwrap).collect();
        let numbered: Vec<(u64, &[u8])> =
            read.iter().map(|line| (line.number, line.bytes.as_deref().unwrap())).collect();
        assert_eq!(numbered, [(1, &b"one\n"[..]), (4, b"two\n"), (5, b"three")]);
    }

    #[test]
    fn a_line_without_end_is_skipped_in_bounded_memory() {
        let endless = io::repeat(b'x').take(MAX_LINE_BYTES + 10).chain(&b"\nnext\n"[..]);
        let read: Vec<Line> = lines(io::BufReader::new(endless)).map(Result::unwrap).collect();
        assert_eq!(
            read,
            [Line { number: 1, bytes: None }, Line { number: 2, bytes: Some(b"next\n".to_vec()) }]
        );
        let broken = raw_article("in.jsonl", &read[0]).unwrap_err();
        assert_eq!((broken.place.as_str(), broken.external_id.as_str()), ("in.jsonl:1", ""));
    }

    #[test]
    fn a_broken_line_names_its_place_and_its_article() {
        let line = |text: &str| Line { number: 3, bytes: Some(text.as_bytes().to_vec()) };
        let broken = raw_article("-", &line(r#"{"externalId":"a7","txt":"misspelt"}"#)).unwrap_err();
        assert_eq!((broken.place.as_str(), broken.external_id.as_str()), ("-:3", "a7"));
        assert!(broken.problem.contains("txt"), "{}", broken.problem);
        assert_eq!(raw_article("-", &line("{")).unwrap_err().external_id, "");
    }
}
