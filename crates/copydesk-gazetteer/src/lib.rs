//! Users' own name lists, compiled into one Aho-Corasick automaton and found in article text.
//!
//! [`parse`] reads a list from CSV or JSONL and says what is wrong with it, line by line; [`Gazetteer::compile`] puts all
//! lists of the service into one immutable value; [`Gazetteer::find`] gives the names in a text. The crate is pure: no
//! input or output, no clock, no threads, no randomness. The pipeline and the store of lists are its callers.
//!
//! Which names are the same as which words of the text is said in [`Options`]; which of several possible matches is
//! taken is said at [`Gazetteer::find`]; what it costs is measured by `cargo run --release -p copydesk-gazetteer
//! --example million`.

#![forbid(unsafe_code)]

mod automaton;
mod build;
mod fold;
mod gazetteer;
mod letters;
mod list;
mod parse;
mod store;
mod sweep;

pub use gazetteer::{CompileError, Gazetteer, MAX_TEXT_BYTES, Match};
pub use list::{Entry, Link, List, MAX_NAME_CHARS, Options};
pub use parse::{Format, MAX_PROBLEMS, Parsed, Problem, parse};
pub use store::EntryView;
