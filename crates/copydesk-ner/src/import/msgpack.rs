//! Reads MessagePack, the encoding of nearly every file in a spaCy package, with msgpack-numpy's arrays.
//!
//! Only what packages contain: no timestamps, no streaming. Nesting is bounded, and no count is trusted before the
//! bytes for it are there.

use super::ImportError;

/// A decoded value; binary data and text borrow nothing, packages are small.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Nil,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Binary(Vec<u8>),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Value {
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name.is(key)).map(|(_, value)| value)
    }

    /// Whether this is the text, or the bytes of the text.
    fn is(&self, name: &str) -> bool {
        let binary = if let Value::Binary(bytes) = self { bytes == name.as_bytes() } else { false };
        binary || self.text() == Some(name)
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn int(&self) -> Option<i128> {
        if let Value::Int(value) = self { Some(*value) } else { None }
    }

    pub(super) fn list(&self) -> Option<&[Value]> {
        if let Value::List(items) = self { Some(items) } else { None }
    }

    pub(super) fn map(&self) -> Option<&[(Value, Value)]> {
        if let Value::Map(entries) = self { Some(entries) } else { None }
    }
}

/// An array of 32-bit floats.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

impl Array {
    /// Reads msgpack-numpy's form of an array: a map of `nd`, `type`, `shape` and `data`.
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        let shape = value.get("shape")?.list()?.iter().map(|size| usize::try_from(size.int()?).ok());
        let shape: Vec<usize> = shape.collect::<Option<_>>()?;
        let Value::Binary(data) = value.get("data")? else { return None };
        let is_float = value.get("type").is_some_and(|kind| kind.is("<f4"));
        let count = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size))?;
        if !is_float || data.len() != count.checked_mul(4)? {
            return None;
        }
        let values = data.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        Some(Array { shape, values })
    }
}

/// Packages nest eight deep at most.
const MAX_DEPTH: u32 = 64;

/// Decodes all of `bytes`; `file` names them in errors.
pub(super) fn decode(file: &str, bytes: &[u8]) -> Result<Value, ImportError> {
    let mut decoder = Decoder { bytes, at: 0 };
    match decoder.value(MAX_DEPTH) {
        Some(value) if decoder.at == bytes.len() => Ok(value),
        Some(_) => Err(ImportError::invalid(file, format!("bytes after the end, at byte {}", decoder.at))),
        None => Err(ImportError::invalid(file, format!("not MessagePack at byte {}", decoder.at))),
    }
}

struct Decoder<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Decoder<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..count)?;
        self.at += count;
        Some(taken)
    }

    /// A big-endian unsigned number.
    fn unsigned(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn signed(&mut self, bytes: usize) -> Option<Value> {
        let shift = 64 - 8 * bytes as u32;
        Some(Value::Int(i128::from((self.unsigned(bytes)? << shift) as i64 >> shift)))
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let tag = self.take(1)?[0];
        Some(match tag {
            0x00..=0x7f => Value::Int(i128::from(tag)),
            0x80..=0x8f => self.map(u64::from(tag & 0x0f), depth)?,
            0x90..=0x9f => self.list(u64::from(tag & 0x0f), depth)?,
            0xa0..=0xbf => self.text(u64::from(tag & 0x1f))?,
            0xc0 => Value::Nil,
            0xc2 | 0xc3 => Value::Bool(tag == 0xc3),
            0xc4..=0xc6 => {
                let count = self.unsigned(1 << (tag - 0xc4))?;
                Value::Binary(self.take(usize::try_from(count).ok()?)?.to_vec())
            }
            0xca => Value::Float(f64::from(f32::from_bits(self.unsigned(4)? as u32))),
            0xcb => Value::Float(f64::from_bits(self.unsigned(8)?)),
            0xcc..=0xcf => Value::Int(i128::from(self.unsigned(1 << (tag - 0xcc))?)),
            0xd0..=0xd3 => self.signed(1 << (tag - 0xd0))?,
            0xd9..=0xdb => {
                let count = self.unsigned(1 << (tag - 0xd9))?;
                self.text(count)?
            }
            0xdc | 0xdd => {
                let count = self.unsigned(2 << (tag - 0xdc))?;
                self.list(count, depth)?
            }
            0xde | 0xdf => {
                let count = self.unsigned(2 << (tag - 0xde))?;
                self.map(count, depth)?
            }
            0xe0..=0xff => Value::Int(i128::from(tag as i8)),
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => return None,
        })
    }

    fn text(&mut self, count: u64) -> Option<Value> {
        let bytes = self.take(usize::try_from(count).ok()?)?;
        Some(Value::Text(std::str::from_utf8(bytes).ok()?.to_owned()))
    }

    fn list(&mut self, count: u64, depth: u32) -> Option<Value> {
        (0..count).map(|_| self.value(depth)).collect::<Option<_>>().map(Value::List)
    }

    fn map(&mut self, count: u64, depth: u32) -> Option<Value> {
        let entries = (0..count).map(|_| Some((self.value(depth)?, self.value(depth)?)));
        entries.collect::<Option<_>>().map(Value::Map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_each_kind_are_read() {
        let bytes = b"\x85\xa1a\x01\xa1b\xff\xa1c\xcd\x01\x00\xa1d\x92\xc0\xc3\xc4\x01e\xd1\xff\x00";
        let value = decode("x", bytes).unwrap();
        assert_eq!(value.get("a"), Some(&Value::Int(1)));
        assert_eq!(value.get("b"), Some(&Value::Int(-1)));
        assert_eq!(value.get("c"), Some(&Value::Int(256)));
        assert_eq!(value.get("d"), Some(&Value::List(vec![Value::Nil, Value::Bool(true)])));
        assert_eq!(value.get("e"), Some(&Value::Int(-256)));
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_place() {
        for (bytes, place) in [
            (&b"\x92\x01"[..], "byte 2"),
            (b"\xdf\xff\xff\xff\xff", "byte 5"),
            (b"\x01\x02", "byte 1"),
            (b"\xa2\xff\xfe", "byte 3"),
            (&[0x91; 100], "byte 64"),
        ] {
            let error = decode("ner/moves", bytes).unwrap_err().to_string();
            assert!(error.contains("ner/moves") && error.contains(place), "{error}");
        }
    }
}
