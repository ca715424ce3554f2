//! The promises of the whole service, held by the real server, the real client and a real Postgres.
//!
//! One binary, so that one cluster serves every test. A test takes a database of its own with `cluster::database()`.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it waits for, and passes over the rest"
)]

mod accuracy;
mod admin;
mod app;
mod articles;
mod bad_input;
mod cli;
mod cluster;
mod duplicates;
mod duplicates_set;
mod entities;
mod entities_cli;
mod entities_kept;
mod entities_measured;
mod feed;
mod feed_start;
mod groups;
mod groups_cli;
mod groups_end;
mod groups_faults;
mod groups_query;
mod http;
mod kill;
mod log;
mod outage;
mod port;
mod postgres;
mod queue;
mod reprocess;
mod retention;
mod search;
mod story;
