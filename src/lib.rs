//! Copydesk: raw news articles in over gRPC; clean text, entities and an ordered, gap-free feed out.
//!
//! A table of contents, in reading order. Knowledge flows downwards only; `tests/architecture.rs` holds the rules.

pub mod article;
pub mod postgres;
pub mod store;
