//! The tokenizer's rules, the norm table and the word vectors of a package.

use super::msgpack::{Array, Value, decode};
use super::{Files, ImportError, required};
use crate::blueprint::{Exception, Rules, Vectors};
use crate::hash::string_id;

/// spaCy's numbers for the two attributes that a tokenizer exception may set.
const ORTH: i128 = 65;
const NORM: i128 = 67;

pub(super) fn rules(files: Files<'_>) -> Result<Rules, ImportError> {
    const FILE: &str = "tokenizer";
    let value = decode(FILE, &required(files, FILE)?)?;
    let pattern = |name: &str| value.get(name).and_then(Value::text).map(str::to_owned);
    let mut exceptions = Vec::new();
    for (text, tokens) in value.get("exceptions").and_then(Value::map).unwrap_or_default() {
        let exception = exception(text, tokens);
        let exception =
            exception.ok_or_else(|| ImportError::invalid(FILE, format!("a bad exception {text:?}")))?;
        exceptions.push(exception);
    }
    exceptions.sort_by(|a, b| a.text.cmp(&b.text));
    Ok(Rules {
        prefix: pattern("prefix_search"),
        suffix: pattern("suffix_search"),
        infix: pattern("infix_finditer"),
        token_match: pattern("token_match"),
        url_match: pattern("url_match"),
        exceptions,
        // Packages from before the option existed behave as if it were set.
        faster_heuristics: value.get("faster_heuristics") != Some(&Value::Bool(false)),
        norms: norms(files)?,
    })
}

fn exception(text: &Value, tokens: &Value) -> Option<Exception> {
    let mut exception = Exception { text: text.text()?.to_owned(), tokens: Vec::new() };
    for token in tokens.list()? {
        let (mut orth, mut norm) = (None, 0);
        for (attribute, value) in token.map()? {
            match (attribute.int(), attribute.text()) {
                (Some(ORTH), _) | (_, Some("ORTH")) => orth = value.text(),
                (Some(NORM), _) | (_, Some("NORM")) => norm = id(value)?,
                _ => return None,
            }
        }
        exception.tokens.push((orth?.to_owned(), norm));
    }
    Some(exception)
}

/// A string's id, given as text or as the id itself.
fn id(value: &Value) -> Option<u64> {
    match value.text() {
        Some(text) => Some(string_id(text)),
        None => u64::try_from(value.int()?).ok(),
    }
}

fn norms(files: Files<'_>) -> Result<Vec<(u64, u64)>, ImportError> {
    const FILE: &str = "vocab/lookups.bin";
    let Some(bytes) = files(FILE) else { return Ok(Vec::new()) };
    let value = decode(FILE, &bytes)?;
    let Some(table) = value.get("lexeme_norm") else { return Ok(Vec::new()) };
    let entries = table.map().and_then(|entries| {
        entries.iter().map(|(form, norm)| Some((id(form)?, id(norm)?))).collect::<Option<Vec<_>>>()
    });
    let mut norms = entries.ok_or_else(|| ImportError::invalid(FILE, "a bad lexeme_norm table"))?;
    norms.sort_unstable();
    norms.dedup_by_key(|(form, _)| *form);
    Ok(norms)
}

/// The package's vectors through the linear layer `projection` (`W x vector width`). They are only ever used
/// through it, so the product is what the model file keeps: 96 numbers a word instead of 300.
pub(super) fn vectors(files: Files<'_>, projection: &Array) -> Result<Vectors, ImportError> {
    const FILE: &str = "vocab/vectors";
    const KEYS: &str = "vocab/key2row";
    if let Some(config) = files("vocab/vectors.cfg") {
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap_or_default();
        if let Some(mode) =
            config.get("mode").and_then(|mode| mode.as_str()).filter(|mode| *mode != "default")
        {
            return Err(ImportError::unsupported(format!("word vectors of the kind \"{mode}\"")));
        }
        let attribute = config.get("attr").and_then(|attribute| attribute.as_str());
        if let Some(attribute) = attribute.filter(|attribute| *attribute != "ORTH") {
            return Err(ImportError::unsupported(format!("word vectors by {attribute}")));
        }
    }
    let (width, data) = npy(&required(files, FILE)?).map_err(|what| ImportError::invalid(FILE, what))?;
    let &[outputs, inputs] = projection.shape.as_slice() else {
        return Err(ImportError::invalid(FILE, "a projection that is not a matrix"));
    };
    if inputs != width {
        return Err(ImportError::invalid(
            FILE,
            format!("vectors of {width} numbers where {inputs} are projected"),
        ));
    }
    let value = decode(KEYS, &required(files, KEYS)?)?;
    let rows = data.len() / width;
    let keys = value.map().and_then(|entries| {
        let entry = |(key, row): &(Value, Value)| {
            let row = u32::try_from(row.int()?).ok().filter(|&row| (row as usize) < rows)?;
            Some((u64::try_from(key.int()?).ok()?, row))
        };
        entries.iter().map(entry).collect::<Option<Vec<_>>>()
    });
    let mut keys = keys.ok_or_else(|| ImportError::invalid(KEYS, "not a table of rows"))?;
    keys.sort_unstable();
    let mut table = Vec::with_capacity(rows * outputs);
    for vector in data.chunks_exact(width) {
        for weights in projection.values.chunks_exact(inputs) {
            table.push(vector.iter().zip(weights).map(|(a, b)| a * b).sum());
        }
    }
    Ok(Vectors {
        keys: keys.iter().map(|&(key, _)| key).collect(),
        rows: keys.iter().map(|&(_, row)| row).collect(),
        table,
    })
}

/// Reads NumPy's file format: little-endian 32-bit floats in C order, two dimensions. Returns the row width too.
fn npy(bytes: &[u8]) -> Result<(usize, Vec<f32>), String> {
    let not_npy = || "not a NumPy file".to_owned();
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or_else(not_npy)?;
    let (version, rest) = rest.split_at_checked(2).ok_or_else(not_npy)?;
    let length_bytes = if version[0] == 1 { 2 } else { 4 };
    let (length, rest) = rest.split_at_checked(length_bytes).ok_or_else(not_npy)?;
    let length = length.iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
    let (header, data) = rest.split_at_checked(length).ok_or_else(not_npy)?;
    let header = String::from_utf8_lossy(header);
    if !header.contains("'<f4'") || !header.contains("'fortran_order': False") {
        return Err(format!("not an array of 32-bit floats in C order: {}", header.trim()));
    }
    let shape = header.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')'));
    let shape: Vec<usize> =
        shape.map_or("", |(shape, _)| shape).split(',').filter_map(|size| size.trim().parse().ok()).collect();
    match shape[..] {
        [rows, width] if width > 0 && rows.checked_mul(width * 4) == Some(data.len()) => {
            Ok((width, data.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()))
        }
        _ => Err(format!("{} bytes of data for the header {}", data.len(), header.trim())),
    }
}
