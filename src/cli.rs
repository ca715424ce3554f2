//! The command line: what each argument means, how errors read, and which exit status they get.
//!
//! One file a subcommand in `cli/`. `serve`, `work` and `migrate` are the service; `submit`, `watch`, `groups`, `consume`, `get`, `list`, `search`,
//! `entity`, `delete` and those in `admin` are clients of the public contract like any other, and know nothing of the inside. 0 is success, 1 a failure,
//! 2 a command line that cannot be understood.

mod admin;
mod analyze;
mod choices;
mod consume;
mod cursor;
mod delete;
mod demo;
mod entity;
mod get;
mod groups;
mod in_order;
mod inputs;
mod json;
mod lines;
mod list;
mod local;
mod model;
mod render;
mod reprocess;
mod search;
pub mod serve;
mod server;
mod submit;
mod watch;

use std::{fmt, io, process::ExitCode};

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

/// Raw news articles in; clean text, named entities and an ordered feed out
///
/// Copydesk is a gRPC service. It takes raw articles (pages as a crawler has them, or flat text), keeps only what is
/// article, finds who and what is named, stores everything in Postgres, and tells subscribers in order with nothing lost.
#[derive(Debug, Parser)]
#[command(
    name = "copydesk",
    version,
    after_help = "First steps:
  copydesk demo                      see it work on the sample articles, with nothing to set up
  copydesk analyze story.html        one article, no server
  copydesk serve                     the service, with a Postgres of its own
  copydesk submit samples/           send articles to it
  copydesk watch --from beginning    follow what became of them

`copydesk help COMMAND` explains each command and gives examples."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Serve(serve::ServeArgs),
    Work(serve::WorkArgs),
    Migrate(serve::MigrateArgs),
    Submit(submit::SubmitArgs),
    Watch(watch::WatchArgs),
    Groups(groups::GroupsArgs),
    Consume(consume::ConsumeArgs),
    Get(get::GetArgs),
    List(list::ListArgs),
    Entity(entity::EntityArgs),
    Search(search::SearchArgs),
    Delete(delete::DeleteArgs),
    Queue(admin::QueueArgs),
    Failed(admin::FailedArgs),
    Retry(admin::RetryArgs),
    Reprocess(reprocess::ReprocessArgs),
    Gazetteer(admin::GazetteerArgs),
    Analyze(analyze::AnalyzeArgs),
    Model(model::ModelArgs),
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no threads to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(cli.command));
    // A thread may still wait for input that never comes; it must not keep the program alive.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| report(&error))
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        // These hear Ctrl-C themselves: each has something to put in order before it ends.
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::serve(args).await.map(|()| ExitCode::SUCCESS),
        Command::Work(args) => serve::work(args).await.map(|()| ExitCode::SUCCESS),
        Command::Submit(args) => submit::run(args).await,
        Command::Watch(args) => watch::run(args).await,
        Command::Consume(args) => consume::run(args).await,
        Command::Analyze(args) => analyze::run(args).await,

        Command::Migrate(args) => {
            or_stopped(async { serve::migrate(args).await.map(|()| ExitCode::SUCCESS) }).await
        }
        Command::Groups(args) => or_stopped(groups::run(args)).await,
        Command::Get(args) => or_stopped(get::run(args)).await,
        Command::List(args) => or_stopped(list::run(args)).await,
        Command::Entity(args) => or_stopped(entity::run(args)).await,
        Command::Search(args) => or_stopped(search::run(args)).await,
        Command::Delete(args) => or_stopped(delete::run(args)).await,
        Command::Queue(args) => or_stopped(admin::queue(args)).await,
        Command::Failed(args) => or_stopped(admin::failed(args)).await,
        Command::Retry(args) => or_stopped(admin::retry(args)).await,
        Command::Reprocess(args) => or_stopped(reprocess::run(args)).await,
        Command::Gazetteer(args) => or_stopped(admin::gazetteer(args)).await,
        Command::Model(args) => model::run(args),
    }
}

async fn or_stopped(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    tokio::select! {
        outcome = command => outcome,
        () = interrupted() => Ok(stopped()),
    }
}

/// Returns at Ctrl-C or SIGTERM; never, if those cannot be listened for.
async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Says so; the exit status of a command that was stopped before it was done.
fn stopped() -> ExitCode {
    eprintln!("stopped");
    ExitCode::FAILURE
}

/// A command line that clap could not know to be wrong.
#[derive(Debug)]
struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

fn usage(message: &str) -> anyhow::Error {
    UsageError(message.to_owned()).into()
}

/// Prints an error with its causes; its exit status.
fn report(error: &anyhow::Error) -> ExitCode {
    // `copydesk list | head` is no failure: the reader has what it wanted.
    let is_closed_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(is_closed_pipe) {
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    if error.is::<UsageError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
    }
}
