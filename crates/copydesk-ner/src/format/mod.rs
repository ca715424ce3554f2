//! The compiled model file: an engine's contents as bytes, versioned and checksummed.
//!
//! Layout, little-endian: 8 bytes of magic, `u32` version (the kind of engine in the upper half), `u64` checksum of all
//! that follows, `u64` length of it, then a spaCy pipeline's blueprint (`fields.rs`) or a transformer's plan
//! (`transformer.rs`) field by field. Text is `u32` length and UTF-8, an array `u64` count and its
//! elements. Versions are not converted: a file of another version is compiled again from its package.

mod fields;
mod transformer;

use std::fmt;

use crate::blueprint::Blueprint;
use crate::hash::murmur64a;
use crate::transformer::Plan;

/// The bytes after the name catch files that went through a text-mode transfer.
const MAGIC: [u8; 8] = *b"CDNER\x1a\r\n";
/// The layout of spaCy pipelines; raised with every change of it.
const VERSION: u32 = 1;
/// The layout of transformers; its lower half is raised with every change of it.
const TRANSFORMER_VERSION: u32 = 1 << 16 | 1;
const HEADER_BYTES: usize = 28;

/// Why bytes are not a usable model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// The file does not begin as a compiled model does.
    NotAModel,
    /// A compiled model of another version of the format.
    OtherVersion {
        /// The file's version.
        found: u32,
        /// The version that this build reads.
        supported: u32,
    },
    /// The file ends early, or has more bytes than it says.
    Truncated {
        /// Bytes that the file has.
        found: u64,
        /// Bytes that its header promises.
        expected: u64,
    },
    /// The contents do not match the checksum.
    Corrupt,
    /// The contents contradict themselves.
    Invalid {
        /// Byte offset in the file.
        at: usize,
        /// What is wrong there.
        what: String,
    },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelError::NotAModel => {
                f.write_str("not a compiled recognizer model (`copydesk model import DIR` makes one)")
            }
            ModelError::OtherVersion { found, supported } => write!(
                f,
                "model format {found}, but this build reads format {supported}; import its package again"
            ),
            ModelError::Truncated { found, expected } => {
                write!(f, "the model file has {found} bytes where {expected} were expected")
            }
            ModelError::Corrupt => f.write_str("the model file is damaged: its checksum does not match"),
            ModelError::Invalid { at, what } => write!(f, "invalid model file: {what} at byte {at}"),
        }
    }
}

impl std::error::Error for ModelError {}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Contents {
    Spacy(Box<Blueprint>),
    Transformer(Box<Plan>),
}

/// The file of a blueprint.
pub(crate) fn write(blueprint: &Blueprint) -> Vec<u8> {
    let mut contents = fields::Writer::default();
    contents.blueprint(blueprint);
    file(VERSION, &contents.into_bytes())
}

/// The file of a transformer.
pub(crate) fn write_transformer(plan: &Plan) -> Vec<u8> {
    let mut contents = fields::Writer::default();
    contents.plan(plan);
    file(TRANSFORMER_VERSION, &contents.into_bytes())
}

fn file(version: u32, contents: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEADER_BYTES + contents.len());
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&version.to_le_bytes());
    file.extend_from_slice(&murmur64a(contents, u64::from(version)).to_le_bytes());
    file.extend_from_slice(&(contents.len() as u64).to_le_bytes());
    file.extend_from_slice(contents);
    file
}

/// The contents of a file, and the file's checksum.
pub(crate) fn read(file: &[u8]) -> Result<(Contents, u64), ModelError> {
    if !file.starts_with(&MAGIC) {
        return Err(ModelError::NotAModel);
    }
    let truncated = |expected: u64| ModelError::Truncated { found: file.len() as u64, expected };
    let Some((header, contents)) = file.split_at_checked(HEADER_BYTES) else {
        return Err(truncated(HEADER_BYTES as u64));
    };
    let mut header = fields::Reader::new(&header[MAGIC.len()..], MAGIC.len());
    let (version, checksum, length) = (header.u32()?, header.u64()?, header.u64()?);
    if version != VERSION && version != TRANSFORMER_VERSION {
        let supported = if version >> 16 == 0 { VERSION } else { TRANSFORMER_VERSION };
        return Err(ModelError::OtherVersion { found: version, supported });
    }
    if contents.len() as u64 != length {
        return Err(truncated(length.saturating_add(HEADER_BYTES as u64)));
    }
    if murmur64a(contents, u64::from(version)) != checksum {
        return Err(ModelError::Corrupt);
    }
    let mut reader = fields::Reader::new(contents, HEADER_BYTES);
    let contents = match version {
        VERSION => Contents::Spacy(Box::new(reader.blueprint()?)),
        _ => Contents::Transformer(Box::new(reader.plan()?)),
    };
    reader.finish()?;
    Ok((contents, checksum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_truncated_or_damaged_file_is_an_error_that_says_so() {
        let file = write(&crate::import::tests::tiny());
        assert_eq!(read(b"PK\x03\x04"), Err(ModelError::NotAModel));
        assert_eq!(read(&file[..10]), Err(ModelError::Truncated { found: 10, expected: 28 }));
        for cut in [28, 29, file.len() / 2, file.len() - 1] {
            let expected = file.len() as u64;
            assert_eq!(read(&file[..cut]), Err(ModelError::Truncated { found: cut as u64, expected }));
        }
        for at in [12, 28, file.len() / 2, file.len() - 1] {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert_eq!(read(&damaged), Err(ModelError::Corrupt), "byte {at}");
        }
        let mut newer = file.clone();
        newer[8] = 99;
        assert_eq!(read(&newer), Err(ModelError::OtherVersion { found: 99, supported: VERSION }));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let blueprint = crate::import::tests::tiny();
        assert_eq!(read(&write(&blueprint)).unwrap().0, Contents::Spacy(Box::new(blueprint)));
        let plan = crate::transformer::tests::tiny();
        assert_eq!(read(&write_transformer(&plan)).unwrap().0, Contents::Transformer(Box::new(plan)));
    }

    #[test]
    fn no_contents_panic_even_with_a_right_checksum() {
        let spacy = write(&crate::import::tests::tiny());
        let transformer = write_transformer(&crate::transformer::tests::tiny());
        for (original, version, step) in [(spacy, VERSION, 3), (transformer, TRANSFORMER_VERSION, 41)] {
            for at in (HEADER_BYTES..original.len()).step_by(step) {
                for value in [0, 1, 0x7f, 0xff] {
                    let mut contents = original[HEADER_BYTES..].to_vec();
                    contents[at - HEADER_BYTES] = value;
                    if let Ok(model) = crate::Model::from_bytes(&file(version, &contents))
                        && version == TRANSFORMER_VERSION
                    {
                        model.recognize(&mut crate::Scratch::new(), &["Paris, a1"]);
                    }
                }
            }
        }
    }
}
