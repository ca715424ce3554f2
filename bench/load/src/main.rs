//! `make bench`: what the service does, beside what this machine could do without it, as a table for the README.
//!
//! Everything runs on this machine and shares its processors: the load, the service and Postgres, with durability on.

mod archive;
mod archive_search;
mod articles;
mod bloat;
mod feed;
mod limits;
mod load;
mod server;
mod times;

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::Parser;
use copydesk::postgres::{EmbeddedPostgres, Options};

use server::Server;

/// The log that a subscriber catches up with.
const LOG_UPDATES: i64 = 100_000;

/// Measures a copydesk binary end to end. Takes about two minutes.
#[derive(Parser)]
struct Arguments {
    /// The release build to measure.
    #[arg(long, default_value = "target/release/copydesk", value_name = "FILE")]
    server_bin: PathBuf,
    /// Articles of each run at full speed.
    #[arg(long, default_value_t = 4_000, value_name = "N")]
    articles: u64,
    /// Articles per second of the light load.
    #[arg(long, default_value_t = 20, value_name = "N")]
    light_rate: u64,
    /// Measure subscribers only.
    #[arg(long)]
    feed_only: bool,
    /// Measure the growth of the tables only.
    #[arg(long)]
    bloat_only: bool,
    /// Fill an archive with so many articles, and time searches, listings and the look for copies only.
    #[arg(long, value_name = "N")]
    archive_search: Option<i64>,
    /// Short articles that come while the growth of the tables is measured.
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    day_articles: u64,
    /// Measure questions to a generated archive only, of each of these numbers of articles.
    #[arg(long, value_name = "N", value_delimiter = ',')]
    archive: Vec<i64>,
    /// How long the light load lasts.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    light_seconds: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::Builder::new().prefix("copydesk-bench-").tempdir()?;
    let options = Options { data_dir: folder.path().to_owned(), bin_dir: None };
    let postgres = EmbeddedPostgres::start(&options).await?;
    // Postgres is stopped whether the measurement succeeds or not.
    let measured = if !arguments.archive.is_empty() {
        measure_archives(&arguments, postgres.url()).await
    } else if let Some(count) = arguments.archive_search {
        measure_archive_search(&arguments, postgres.url(), count).await
    } else if arguments.feed_only {
        measure_feed(&arguments, postgres.url()).await
    } else if arguments.bloat_only {
        measure_bloat(&arguments, postgres.url()).await
    } else {
        measure(&arguments, postgres.url(), &folder).await
    };
    postgres.stop().await;
    measured
}

async fn measure(arguments: &Arguments, postgres_url: &str, folder: &tempfile::TempDir) -> Result<()> {
    let articles = arguments.articles;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mean_bytes =
        (0..articles).map(|number| articles::text_of(number).len() as u64).sum::<u64>() / articles.max(1);
    println!("{processors} processors, {articles} articles of {mean_bytes} bytes\n");
    println!("| measured | value |\n|---|---:|");

    row(
        "*limit:* 8 KB writes that wait for the disk",
        limits::synced_writes_per_second(folder.path())?,
        "/s",
    );
    // Started once for its tables.
    let server = Server::start(&arguments.server_bin, postgres_url, "bare", &["--no-workers"]).await?;
    let bare_url = server.database_url.clone();
    server.stop().await?;
    for (connections, batch, how) in [(1, 100, "in batches of 100"), (32, 1, "one by one, 32 connections")] {
        let rows = limits::inserted_articles_per_second(&bare_url, connections, batch).await?;
        row(&format!("*limit:* bare insert of the same articles into the same tables, {how}"), rows, "/s");
    }
    for in_flight in [1, 64] {
        let calls = limits::unary_calls_per_second(in_flight).await?;
        row(&format!("*limit:* bare gRPC call with an article in it, in flight: {in_flight}"), calls, "/s");
    }

    let server = Server::start(&arguments.server_bin, postgres_url, "unary", &["--no-workers"]).await?;
    row("submitted and durable, one by one", load::submit_unary(&server.url, articles / 10, 1).await?, "/s");
    row(
        "submitted and durable, 32 calls in flight",
        load::submit_unary(&server.url, articles, 32).await?,
        "/s",
    );
    let rates = load::submit_stream(&server.url, articles, false).await?;
    row("submitted and durable, one stream", rates.submitted, "/s");
    server.stop().await?;

    let server = Server::start(&arguments.server_bin, postgres_url, "whole", &[]).await?;
    let rates = load::submit_stream(&server.url, articles, true).await?;
    row("submitted and durable while others are processed", rates.submitted, "/s");
    row("**submitted, processed and delivered to a subscriber**", rates.delivered, "/s");
    if let Some(peak_mb) = server.peak_memory_mb() {
        row("**server memory, peak of that run**", peak_mb, " MB");
    }
    server.stop().await?;

    let server = Server::start(&arguments.server_bin, postgres_url, "light", &[]).await?;
    let span = Duration::from_secs(arguments.light_seconds);
    let light = load::trickle(&server.url, arguments.light_rate, span).await?;
    server.stop().await?;
    let at = format!("at {} articles/s", arguments.light_rate);
    for (what, latencies) in [
        ("**commit to subscriber**", &light.commit_to_subscriber),
        ("submit to durable answer", &light.submit),
        ("submit to result at the subscriber", &light.submit_to_result),
    ] {
        let (median, tail) = (latencies.percentile(50.0), latencies.percentile(99.0));
        println!("| {what} {at}, p50 / p99 | {median:.1} / {tail:.1} ms |");
    }
    measure_two_servers(arguments, postgres_url).await?;
    measure_feed(arguments, postgres_url).await
}

/// Two servers on one database: what one commits, subscribers of the other see.
async fn measure_two_servers(arguments: &Arguments, postgres_url: &str) -> Result<()> {
    let one = Server::start(&arguments.server_bin, postgres_url, "two", &[]).await?;
    let two = Server::restart(&arguments.server_bin, &one.database_url, &["--no-workers"]).await?;
    let span = Duration::from_secs(arguments.light_seconds);
    let latencies = feed::latency([&one.url, &two.url], 1, arguments.light_rate, span).await?;
    println!(
        "| **commit on one server to subscriber of another** at {} articles/s, p50 / p99 | {:.1} / {:.1} ms |",
        arguments.light_rate,
        latencies.percentile(50.0),
        latencies.percentile(99.0)
    );
    two.stop().await?;
    one.stop().await
}

/// What searching costs in an archive of `count` articles.
async fn measure_archive_search(arguments: &Arguments, postgres_url: &str, count: i64) -> Result<()> {
    // Started once for its tables.
    let server = Server::start(&arguments.server_bin, postgres_url, "archive", &["--no-workers"]).await?;
    let database_url = server.database_url.clone();
    server.stop().await?;
    archive_search::fill(&database_url, count).await?;
    let server = Server::restart(&arguments.server_bin, &database_url, &["--no-workers"]).await?;
    archive_search::time_calls(&server.url, count).await?;
    archive_search::time_duplicates(&database_url, count).await?;
    archive_search::show_plans(&database_url).await?;
    server.stop().await
}

async fn measure_archives(arguments: &Arguments, postgres_url: &str) -> Result<()> {
    for articles in &arguments.archive {
        archive::run(&arguments.server_bin, postgres_url, *articles).await?;
    }
    Ok(())
}

/// The tables while articles come and go as in a day of a busy desk, with an hour of it kept.
async fn measure_bloat(arguments: &Arguments, postgres_url: &str) -> Result<()> {
    let flags = [
        "--log-partition-updates",
        "10000",
        "--retain-updates-count",
        "20000",
        "--article-partition-hours",
        "0.002",
        "--retain-articles-count",
        "10000",
    ];
    let server = Server::start(&arguments.server_bin, postgres_url, "day", &flags).await?;
    bloat::run(&server, arguments.day_articles).await?;
    server.stop().await
}

async fn measure_feed(arguments: &Arguments, postgres_url: &str) -> Result<()> {
    let server = Server::start(&arguments.server_bin, postgres_url, "followed", &[]).await?;
    let span = Duration::from_secs(arguments.light_seconds);
    let latencies = feed::latency([&server.url, &server.url], 100, 100, span).await?;
    let (median, tail) = (latencies.percentile(50.0), latencies.percentile(99.0));
    println!(
        "| **commit to each of 100 subscribers** at 100 articles/s, p50 / p99 | {median:.1} / {tail:.1} ms |"
    );
    let database_url = server.database_url.clone();
    server.stop().await?;

    feed::fill_log(&database_url, LOG_UPDATES).await?;
    let server = Server::restart(&arguments.server_bin, &database_url, &["--no-workers"]).await?;
    let updates = usize::try_from(LOG_UPDATES)?;
    row(
        "**catching up, one subscriber, 100,000 updates**",
        feed::catch_up(&server.url, updates).await?,
        "/s",
    );
    let fan_out = feed::fan_out(&server.url, 1_000, arguments.articles / 2).await?;
    row("*limit:* bare gRPC streams of the same messages, 1,000 subscribers", fan_out.limit, "/s");
    row("**updates delivered to 1,000 subscribers**", fan_out.service, "/s");
    if let Some(peak_mb) = server.peak_memory_mb() {
        row("server memory, peak of that run", peak_mb, " MB");
    }
    server.stop().await
}

fn row(what: &str, value: f64, unit: &str) {
    println!("| {what} | {value:.0}{unit} |");
}
