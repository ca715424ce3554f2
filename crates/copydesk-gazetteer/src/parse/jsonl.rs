//! JSON, one object a line.
//!
//! Every value is looked at by hand rather than derived, so that a problem names the key and what was expected there.

use serde_json::{Map, Value};

use super::{Fields, Link, Reader, excerpt, not_utf8, unknown};

/// Longest line; no entry within the other bounds is longer.
const MAX_LINE_BYTES: usize = 1 << 20;

pub(super) fn read(bytes: &[u8], reader: &mut Reader) {
    let mut strange = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match object(line).and_then(|object| fields(object, &mut strange)) {
            Ok(fields) => reader.take(number, fields),
            Err(message) => reader.problem(number, message),
        }
        for message in strange.iter_mut().filter_map(|key: &mut Strange| key.report()) {
            reader.problem(number, message);
        }
    }
}

/// A key that is not known, reported where it comes first.
struct Strange {
    key: String,
    reported: bool,
}

impl Strange {
    fn report(&mut self) -> Option<String> {
        let first = !std::mem::replace(&mut self.reported, true);
        first.then(|| unknown("key", &self.key))
    }
}

/// Different unknown keys that are reported; a file of keys as values would have millions.
const MAX_STRANGE: usize = 16;

fn object(line: &[u8]) -> Result<Map<String, Value>, String> {
    if line.len() > MAX_LINE_BYTES {
        return Err(format!(
            "the line has {} bytes; at most {MAX_LINE_BYTES} are allowed, one object a line",
            line.len()
        ));
    }
    let line = std::str::from_utf8(line).map_err(|error| not_utf8(&error))?;
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(format!(
            "{} where an object is expected; write {{\"name\": \"...\", \"type\": \"...\"}}",
            kind(&other)
        )),
        Err(error) => {
            // The parser counts lines of its own, which would always be 1.
            let full = error.to_string();
            let what = full.split(" at line ").next().unwrap_or(&full);
            Err(format!("not JSON at column {}: {what}; write one complete object a line", error.column()))
        }
    }
}

fn fields(object: Map<String, Value>, strange: &mut Vec<Strange>) -> Result<Fields, String> {
    let mut fields = Fields::default();
    for (key, value) in object {
        match key.as_str() {
            "name" => fields.name = string("name", value)?,
            "type" => fields.entity_type = string("type", value)?,
            "id" => fields.id = string("id", value)?,
            "aliases" => {
                for alias in array("aliases", value)? {
                    fields.aliases.push(string("alias", alias)?);
                }
            }
            "links" => {
                for link in array("links", value)? {
                    fields.links.push(link_of(link)?);
                }
            }
            _ if strange.len() < MAX_STRANGE && !strange.iter().any(|seen| seen.key == key) => {
                strange.push(Strange { key, reported: false });
            }
            _ => {}
        }
    }
    Ok(fields)
}

fn link_of(value: Value) -> Result<Link, String> {
    let mut link = Link::default();
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match key.as_str() {
                    "scheme" => link.scheme = string("link scheme", value)?,
                    "id" => link.id = string("link id", value)?,
                    "url" => link.url = string("link url", value)?,
                    _ => {
                        let key = excerpt(&key);
                        return Err(format!(
                            "a link has the key {key}; the known ones are scheme, id and url"
                        ));
                    }
                }
            }
            Ok(link)
        }
        Value::String(text) => super::link(&text),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
            Err(format!("a link is {}; write {{\"scheme\": \"wikidata\", \"id\": \"Q64\"}}", kind(&other)))
        }
    }
}

/// Ids are often written as numbers; null is what exports write for "none".
fn string(what: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(string) => Ok(string),
        Value::Number(number) if what.ends_with("id") => Ok(number.to_string()),
        Value::Null => Ok(String::new()),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(format!("{what} is {}; write a string", kind(&other)))
        }
    }
}

fn array(what: &str, value: Value) -> Result<Vec<Value>, String> {
    match value {
        Value::Array(values) => Ok(values),
        Value::Null => Ok(Vec::new()),
        other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            Err(format!("{what} is {}; write an array", kind(&other)))
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
