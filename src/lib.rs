//! Copydesk: raw news articles in over gRPC; clean text, entities and an ordered, gap-free feed out.
//!
//! A table of contents, in reading order. Knowledge flows from the end of this list to its start, never back;
//! `tests/architecture.rs` holds the rules.

/// The vocabulary: drafts, results, events.
pub mod article;
/// Pure: a draft in, a clean article with its entities out.
pub mod pipeline;
/// Postgres; the only room that names sqlx.
pub mod store;
/// Pure: events as the contract writes them.
pub mod wire;

/// Steps at which a test may kill the process.
pub mod failpoint;

/// The one writer of the log: many requests, one commit.
pub mod commit;
/// The log's tail in memory, and those who follow it.
pub mod feed;
/// Claims jobs, processes them, hands on what came out.
pub mod work;

/// What each request means.
pub mod app;
/// The contract's door; the only room of the service that names tonic.
pub mod rpc;

/// Everything that can be set.
pub mod config;
/// The embedded Postgres, for when none is given.
pub mod postgres;
/// Wiring, and shutdown in order.
pub mod server;
/// Logs, metrics and /healthz.
pub mod telemetry;

/// The command line: the service's own commands, and a client of its port like any other.
pub mod cli;
