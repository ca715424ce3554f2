//! The compiled model file: a blueprint as bytes, versioned and checksummed.
//!
//! Layout, little-endian: 8 bytes of magic, `u32` version, `u64` checksum of all that follows, `u64` length of it,
//! then the blueprint field by field (`fields.rs`). Text is `u32` length and UTF-8, an array `u64` count and its
//! elements. Versions are not converted: a file of another version is compiled again from its spaCy package.

mod fields;

use std::fmt;

use crate::blueprint::Blueprint;
use crate::hash::murmur64a;

/// The bytes after the name catch files that went through a text-mode transfer.
const MAGIC: [u8; 8] = *b"CDNER\x1a\r\n";
/// Raised with every change of the layout.
const VERSION: u32 = 1;
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
                "model format {found}, but this build reads format {supported}; import the spaCy package again"
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

/// The file of a blueprint.
pub(crate) fn write(blueprint: &Blueprint) -> Vec<u8> {
    let mut contents = fields::Writer::default();
    contents.blueprint(blueprint);
    let contents = contents.into_bytes();
    let mut file = Vec::with_capacity(HEADER_BYTES + contents.len());
    file.extend_from_slice(&MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&murmur64a(&contents, u64::from(VERSION)).to_le_bytes());
    file.extend_from_slice(&(contents.len() as u64).to_le_bytes());
    file.extend_from_slice(&contents);
    file
}

/// The blueprint in a file, and the file's checksum.
pub(crate) fn read(file: &[u8]) -> Result<(Blueprint, u64), ModelError> {
    if !file.starts_with(&MAGIC) {
        return Err(ModelError::NotAModel);
    }
    let truncated = |expected: u64| ModelError::Truncated { found: file.len() as u64, expected };
    let Some((header, contents)) = file.split_at_checked(HEADER_BYTES) else {
        return Err(truncated(HEADER_BYTES as u64));
    };
    let mut header = fields::Reader::new(&header[MAGIC.len()..], MAGIC.len());
    let (version, checksum, length) = (header.u32()?, header.u64()?, header.u64()?);
    if version != VERSION {
        return Err(ModelError::OtherVersion { found: version, supported: VERSION });
    }
    if contents.len() as u64 != length {
        return Err(truncated(length.saturating_add(HEADER_BYTES as u64)));
    }
    if murmur64a(contents, u64::from(VERSION)) != checksum {
        return Err(ModelError::Corrupt);
    }
    let mut reader = fields::Reader::new(contents, HEADER_BYTES);
    let blueprint = reader.blueprint()?;
    reader.finish()?;
    Ok((blueprint, checksum))
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
        assert_eq!(read(&write(&blueprint)).unwrap().0, blueprint);
    }

    #[test]
    fn no_contents_panic_even_with_a_right_checksum() {
        let file = write(&crate::import::tests::tiny());
        for at in (HEADER_BYTES..file.len()).step_by(3) {
            for value in [0, 1, 0x7f, 0xff] {
                let mut contents = file[HEADER_BYTES..].to_vec();
                contents[at - HEADER_BYTES] = value;
                let mut forged = file[..12].to_vec();
                forged.extend_from_slice(&murmur64a(&contents, u64::from(VERSION)).to_le_bytes());
                forged.extend_from_slice(&(contents.len() as u64).to_le_bytes());
                forged.extend_from_slice(&contents);
                let _ = crate::Model::from_bytes(&forged);
            }
        }
    }
}
