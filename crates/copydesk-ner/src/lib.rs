//! Finds named entities on a CPU: spaCy v3 CNN pipelines with spaCy's own answers, and small BERT-like transformers.
//!
//! [`import::compile`] turns a spaCy package or a folder of transformer weights into one file; [`Model::from_bytes`]
//! reads it; [`Model::recognize`] gives the mentions of a batch of texts. The crate is pure: no input or output, no clock, no threads of its own,
//! and the same article gives the same mentions whatever else is in the batch. Copydesk's pipeline is its caller.

#![deny(unsafe_code)]

pub mod article;
mod attributes;
mod blueprint;
mod calibration;
mod cascade;
mod format;
mod hash;
pub mod import;
mod kernel;
mod lexicon;
mod machine;
mod model;
mod network;
mod pattern;
mod spacy;
mod tokenizer;
mod transformer;
mod unicode;
mod unicode_tables;

pub use cascade::Cascade;
pub use format::ModelError;
pub use model::{Mention, Model, Scratch, Token};
