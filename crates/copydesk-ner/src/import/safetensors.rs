//! Reads the arrays of a model.safetensors: `u64` length, that much JSON (name to type, shape, place), then the bytes.

use serde_json::Value;

use super::ImportError;
use super::transformer::WEIGHTS;

pub(super) struct Tensors<'b> {
    head: Value,
    bytes: &'b [u8],
}

impl<'b> Tensors<'b> {
    pub(super) fn read(file: &'b [u8]) -> Result<Self, ImportError> {
        let truncated = || ImportError::invalid(WEIGHTS, "it ends early");
        let (length, rest) = file.split_first_chunk::<8>().ok_or_else(truncated)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| truncated())?;
        let (head, bytes) = rest.split_at_checked(length).ok_or_else(truncated)?;
        let head = serde_json::from_slice(head).map_err(|e| ImportError::invalid(WEIGHTS, e.to_string()))?;
        Ok(Tensors { head, bytes })
    }

    /// The array of that name, which must have this shape and finite 32-bit floats.
    pub(super) fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ImportError> {
        let invalid = |what: String| ImportError::invalid(WEIGHTS, format!("{name} {what}"));
        let entry = self.head.get(name).ok_or_else(|| invalid("is not in it".to_owned()))?;
        if entry["dtype"] != "F32" {
            return Err(invalid(format!("is of type {}, not F32", entry["dtype"])));
        }
        if entry["shape"] != Value::from(shape.to_vec()) {
            return Err(invalid(format!("has the shape {}, not {shape:?}", entry["shape"])));
        }
        let offset =
            |index: usize| entry["data_offsets"][index].as_u64().and_then(|at| usize::try_from(at).ok());
        let bytes = match (offset(0), offset(1)) {
            (Some(begin), Some(end)) => self.bytes.get(begin..end),
            _ => None,
        };
        let count: usize = shape.iter().product();
        let bytes = bytes.filter(|bytes| bytes.len() == 4 * count);
        let bytes = bytes.ok_or_else(|| invalid("lies outside of the file".to_owned()))?;
        let values: Vec<f32> =
            bytes.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
        if values.iter().all(|value| value.is_finite()) {
            return Ok(values);
        }
        Err(invalid("has a weight that is no number".to_owned()))
    }
}
