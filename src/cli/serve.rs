//! `copydesk serve`, `work` and `migrate`: the commands that are the service rather than its client.

use std::{io::Write, net::SocketAddr};

use anyhow::Context;
use clap::Args;
use tokio::{net::TcpListener, signal::unix::SignalKind};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    server::{self, Listeners, ServeOptions},
    telemetry,
};

/// Runs the service: gRPC on one port, metrics on another, Postgres embedded unless a URL is given.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk serve
      Everything on this machine, with an embedded Postgres in the data folder.
  copydesk serve --database-url postgres://copydesk:secret@db/copydesk --listen 0.0.0.0:50051
      On a Postgres of your own, reachable from outside.
  copydesk serve --no-workers
      Only the port; run `copydesk work` beside it, as often as you like.

RUST_LOG chooses what is logged: RUST_LOG=debug, RUST_LOG=copydesk=debug,info. SIGTERM or Ctrl-C shuts down in order.")]
pub struct ServeArgs {
    #[command(flatten)]
    config: Config,

    /// Accept and show articles, but leave the processing to `copydesk work`.
    #[arg(long)]
    no_workers: bool,
}

/// Processes articles that other processes accept; run it with the --database-url of the service.
#[derive(Args, Debug)]
pub struct WorkArgs {
    #[command(flatten)]
    config: Config,
}

/// Brings the database schema up to date and ends. `serve` and `work` do so too when they start.
#[derive(Args, Debug)]
pub struct MigrateArgs {
    #[command(flatten)]
    config: Config,
}

/// Runs until SIGTERM or Ctrl-C. Prints the addresses once it answers.
pub async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    telemetry::install_logs();
    let listeners = Listeners {
        grpc: bind(args.config.listen, "--listen").await?,
        metrics: bind(args.config.metrics_listen, "--metrics-listen").await?,
    };
    let (grpc, metrics) = (listeners.grpc.local_addr()?, listeners.metrics.local_addr()?);
    let options = ServeOptions { no_workers: args.no_workers, processor: None };
    server::serve(listeners, args.config, options, shutdown_signal()?, move || {
        announce(&format!("listening on http://{grpc}\nmetrics on http://{metrics}/metrics"));
    })
    .await
    .context("the service ended")
}

/// Runs until SIGTERM or Ctrl-C.
pub async fn work(args: WorkArgs) -> anyhow::Result<()> {
    telemetry::install_logs();
    let listener = bind(args.config.metrics_listen, "--metrics-listen").await?;
    let metrics = listener.local_addr()?;
    server::work(listener, args.config, shutdown_signal()?, move || {
        announce(&format!("working\nmetrics on http://{metrics}/metrics"));
    })
    .await
    .context("the worker ended")
}

/// Ends once the schema is up to date.
pub async fn migrate(args: MigrateArgs) -> anyhow::Result<()> {
    telemetry::install_logs();
    server::migrate(&args.config).await.context("the schema was not brought up to date")?;
    announce("the schema is up to date");
    Ok(())
}

async fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is another copydesk running? Choose another port with {flag}")
    })
}

/// A closed standard output must not take the service down.
fn announce(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Cancelled at the first SIGTERM or SIGINT; a second one ends the process at once.
fn shutdown_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(SignalKind::interrupt())?;
    let shutdown = CancellationToken::new();
    let cancelled = shutdown.clone();
    tokio::spawn(async move {
        for seen in 0..2 {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if seen == 1 {
                std::process::exit(130);
            }
            cancelled.cancel();
        }
    });
    Ok(shutdown)
}
