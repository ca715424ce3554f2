//! Runs spaCy v3 CNN named-entity pipelines natively, with spaCy's own answers, on a CPU.
//!
//! [`import::compile`] turns a spaCy package into one file; [`Model::from_bytes`] reads it; [`Model::recognize`]
//! gives the mentions of a batch of texts. The crate is pure: no input or output, no clock, no threads of its own,
//! and the same text gives the same mentions whatever else is in the batch. Copydesk's pipeline is its caller.

#![deny(unsafe_code)]

pub mod article;
mod attributes;
mod blueprint;
mod calibration;
mod format;
mod hash;
pub mod import;
mod kernel;
mod lexicon;
mod machine;
mod model;
mod network;
mod pattern;
mod tokenizer;
mod unicode;
mod unicode_tables;

pub use format::ModelError;
pub use model::{Mention, Model, Scratch, Token};
