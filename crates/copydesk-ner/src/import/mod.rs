//! Compiles a spaCy v3 package, or a folder of transformer weights, into a model file, without Python.
//!
//! A folder with model.safetensors is a transformer's (`transformer.rs`). Of a spaCy package, reads config.cfg and meta.json to see what the pipeline is (`pipeline.rs`), the tokenizer and vocabulary
//! (`vocabulary.rs`), and the weights (`weights.rs`) out of thinc's serialized node lists. What cannot be run is
//! refused with its name: transformers, other embedding or encoder layers, beam search, other tokenizers.

mod config;
mod msgpack;
mod pipeline;
mod safetensors;
mod transformer;
mod vocabulary;
mod weights;

use std::fmt;

use crate::blueprint::Blueprint;
use crate::format;

/// Why a package could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportError {
    /// A file that the package must have is not there.
    Missing {
        /// Its path in the package.
        file: String,
    },
    /// A file's contents make no sense.
    Invalid {
        /// Its path in the package.
        file: String,
        /// What is wrong with it, and where.
        what: String,
    },
    /// The package is sound, but uses something that this crate does not run.
    Unsupported {
        /// What it uses, by its own files' name for it.
        what: String,
    },
}

impl ImportError {
    fn invalid(file: &str, what: impl Into<String>) -> Self {
        ImportError::Invalid { file: file.to_owned(), what: what.into() }
    }

    fn unsupported(what: impl Into<String>) -> Self {
        ImportError::Unsupported { what: what.into() }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::Missing { file } => write!(f, "the package has no {file}"),
            ImportError::Invalid { file, what } => write!(f, "{file} of the package: {what}"),
            ImportError::Unsupported { what } => {
                write!(f, "this pipeline cannot be imported: it uses {what}")
            }
        }
    }
}

impl std::error::Error for ImportError {}

/// What every spaCy package has.
const PIPELINE: &str = "config.cfg";

/// The files of a package, by path relative to the directory that has config.cfg.
type Files<'f> = &'f dyn Fn(&str) -> Option<Vec<u8>>;

/// Compiles the package whose files `files` returns (by path relative to the directory with config.cfg or
/// model.safetensors, `None` if there is no such file) into the bytes that [`crate::Model::from_bytes`] reads. Takes about a second for a
/// package with 20,000 word vectors.
pub fn compile(files: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<u8>, ImportError> {
    let is_transformer = files(PIPELINE).is_none() && files(transformer::WEIGHTS).is_some();
    let compiled = match is_transformer {
        true => format::write_transformer(&transformer::read(files)?),
        false => format::write(&blueprint(files)?),
    };
    // What is handed out has been loaded once: rules that do not compile are found here, not at run time.
    crate::Model::from_bytes(&compiled).map_err(|error| ImportError::unsupported(error.to_string()))?;
    Ok(compiled)
}

fn blueprint(files: Files<'_>) -> Result<Blueprint, ImportError> {
    let pipeline = pipeline::read(files)?;
    let (moves, labels) = pipeline::moves(files, &pipeline.component)?;
    let network = weights::read(files, &pipeline)?;
    Ok(Blueprint {
        rules: vocabulary::rules(files)?,
        network,
        moves,
        labels,
        calibration: pipeline.calibration,
        name: pipeline.name,
        version: pipeline.version,
        language: pipeline.language,
        licence: pipeline.licence,
    })
}

fn required(files: Files<'_>, file: &str) -> Result<Vec<u8>, ImportError> {
    files(file).ok_or_else(|| ImportError::Missing { file: file.to_owned() })
}

fn required_text(files: Files<'_>, file: &str) -> Result<String, ImportError> {
    String::from_utf8(required(files, file)?).map_err(|_| ImportError::invalid(file, "not UTF-8"))
}

#[cfg(test)]
pub(crate) mod tests;
