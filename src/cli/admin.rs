//! `copydesk queue`, `failed`, `retry` and `gazetteer`: for those who run the service.

use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};
use copydesk_client::Error;
use copydesk_proto::v1::{self, admin_service_client::AdminServiceClient};
use tonic::{Status, transport::Channel};

use super::server::ServerArgs;

/// The largest list, with room for the rest of its message.
const MAX_MESSAGE_BYTES: usize = 257 << 20;

/// Show the queue: how long, how old, whose
#[derive(Args, Debug)]
pub(crate) struct QueueArgs {
    #[command(flatten)]
    server: ServerArgs,
}

/// List articles that were given up, and why
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk failed --source reuters
  copydesk retry ID
      Try one of them again, after whatever was wrong is mended.")]
pub(crate) struct FailedArgs {
    /// Only this source
    #[arg(long, default_value = "", hide_default_value = true)]
    source: String,

    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: i32,

    #[command(flatten)]
    server: ServerArgs,
}

/// Put articles that were given up back into the queue
#[derive(Args, Debug)]
pub(crate) struct RetryArgs {
    /// Ids of articles
    #[arg(required = true, value_name = "ID")]
    article_ids: Vec<String>,

    #[command(flatten)]
    server: ServerArgs,
}

/// Store, list and delete gazetteers: your own lists of names
///
/// A gazetteer's names are found in every article, in every language, and decide type and links. Every process of the
/// service uses it within seconds; articles processed before keep their results.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk gazetteer put companies.csv --fold-case
      A header row with name and type, and if you like id, aliases (split by |) and links.
  copydesk gazetteer put ships.jsonl --name ships
      One object a line: {\"name\": \"Ever Given\", \"type\": \"SHIP\", \"id\": \"imo-9811000\"}
  copydesk gazetteer list")]
pub(crate) struct GazetteerArgs {
    #[command(subcommand)]
    command: GazetteerCommand,
}

#[derive(Debug, Subcommand)]
enum GazetteerCommand {
    /// Store a list, in place of one of the same name
    Put(PutArgs),
    /// Show the stored lists
    List {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Delete a list
    Delete {
        /// Its name
        name: String,

        #[command(flatten)]
        server: ServerArgs,
    },
}

#[derive(Args, Debug)]
struct PutArgs {
    /// A .csv or .jsonl file
    file: PathBuf,

    /// Name of the list; the file's name without its ending unless given
    #[arg(long)]
    name: Option<String>,

    /// Upper and lower case are the same
    #[arg(long)]
    fold_case: bool,

    /// Letters with and without accents are the same
    #[arg(long)]
    fold_diacritics: bool,

    /// Match inside longer words too
    #[arg(long)]
    inside_words: bool,

    #[command(flatten)]
    server: ServerArgs,
}

/// One line for the whole, one for each source.
pub(crate) async fn queue(args: QueueArgs) -> anyhow::Result<ExitCode> {
    let mut admin = connect(&args.server).await?;
    let queue =
        admin.get_queue(v1::GetQueueRequest {}).await.map_err(|status| explain(&args.server, status))?;
    let queue = queue.into_inner();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{} waiting or in work ({} in work), oldest {}; last minute: {} processed, {} given up",
        queue.depth,
        queue.leased,
        age(queue.oldest_age),
        queue.processed_last_minute,
        queue.failed_last_minute
    )?;
    for part in queue.sources {
        writeln!(out, "  {:>8}  {}  oldest {}", part.depth, part.source, age(part.oldest_age))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An article a paragraph: id, title, reason, and what each try ended with.
pub(crate) async fn failed(args: FailedArgs) -> anyhow::Result<ExitCode> {
    let mut admin = connect(&args.server).await?;
    let request = v1::ListFailedArticlesRequest {
        page_size: args.limit,
        source: args.source,
        ..v1::ListFailedArticlesRequest::default()
    };
    let page = admin.list_failed_articles(request).await.map_err(|status| explain(&args.server, status))?;
    let page = page.into_inner();
    let mut out = std::io::stdout();
    if page.failed_articles.is_empty() {
        writeln!(out, "no article was given up")?;
    }
    for failed in &page.failed_articles {
        let article = failed.article.clone().unwrap_or_default();
        let failure = article.failure.unwrap_or_default();
        writeln!(out, "{}  {}/{}", article.article_id, article.source, article.external_id)?;
        writeln!(out, "    {}: {} (tried {} times)", failure.reason, failure.message, failure.attempts)?;
        for error in &failed.errors {
            writeln!(out, "    - {}", error.message)?;
        }
    }
    if !page.next_page_token.is_empty() {
        writeln!(out, "there are more; see them with --limit")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which were put back; the status is a failure if one was not.
pub(crate) async fn retry(args: RetryArgs) -> anyhow::Result<ExitCode> {
    let mut admin = connect(&args.server).await?;
    let request = v1::RetryArticlesRequest { article_ids: args.article_ids.clone() };
    let answer = admin.retry_articles(request).await.map_err(|status| explain(&args.server, status))?;
    let retried = answer.into_inner().retried_article_ids;
    let mut out = std::io::stdout();
    let mut code = ExitCode::SUCCESS;
    for article_id in &args.article_ids {
        if retried.contains(article_id) {
            writeln!(out, "{article_id} waits again")?;
        } else {
            writeln!(out, "{article_id} had not failed")?;
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Runs the subcommand.
pub(crate) async fn gazetteer(args: GazetteerArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        GazetteerCommand::Put(args) => put(args).await?,
        GazetteerCommand::List { server } => list(&server).await?,
        GazetteerCommand::Delete { name, server } => {
            let request = v1::DeleteGazetteerRequest { name: name.clone() };
            let deleted = connect(&server).await?.delete_gazetteer(request).await;
            deleted.map_err(|status| anyhow::anyhow!(super::server::describe(&status)))?;
            writeln!(std::io::stdout(), "deleted {name}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn put(args: PutArgs) -> anyhow::Result<()> {
    let shown = args.file.display();
    let ending = args.file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let format = match ending {
        "csv" => v1::GazetteerFormat::Csv,
        "jsonl" => v1::GazetteerFormat::Jsonl,
        _ => return Err(super::usage(&format!("{shown} is neither .csv nor .jsonl"))),
    };
    let stem = args.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let request = v1::PutGazetteerRequest {
        name: args.name.unwrap_or_else(|| stem.to_owned()),
        options: Some(v1::GazetteerOptions {
            fold_case: args.fold_case,
            fold_diacritics: args.fold_diacritics,
            inside_words: args.inside_words,
        }),
        format: i32::from(format),
        content: fs::read(&args.file).with_context(|| format!("{shown} cannot be read"))?,
    };
    let answer = connect(&args.server).await?.put_gazetteer(request).await;
    let answer = answer.map_err(|status| explain(&args.server, status))?.into_inner();
    let stored = answer.gazetteer.unwrap_or_default();
    let mut out = std::io::stdout();
    writeln!(out, "stored {} with {} entries", stored.name, stored.entry_count)?;
    if stored.problem_count > 0 {
        writeln!(out, "{} lines could not be read and were left out:", stored.problem_count)?;
    }
    for problem in &answer.problems {
        writeln!(out, "  {shown}:{}: {}", problem.line, problem.message)?;
    }
    Ok(())
}

async fn list(server: &ServerArgs) -> anyhow::Result<()> {
    let answer = connect(server).await?.list_gazetteers(v1::ListGazetteersRequest {}).await;
    let lists = answer.map_err(|status| explain(server, status))?.into_inner().gazetteers;
    let mut out = std::io::stdout();
    if lists.is_empty() {
        writeln!(out, "there are no gazetteers; store one with `copydesk gazetteer put FILE`")?;
    }
    for list in lists {
        writeln!(out, "{:<24} {:>9} entries, revision {}", list.name, list.entry_count, list.revision)?;
    }
    Ok(())
}

async fn connect(server: &ServerArgs) -> anyhow::Result<AdminServiceClient<Channel>> {
    let channel = server.connect().await?.channel();
    Ok(AdminServiceClient::new(channel).max_encoding_message_size(MAX_MESSAGE_BYTES))
}

fn explain(server: &ServerArgs, status: Status) -> anyhow::Error {
    server.explain(Error::Status(Box::new(status)))
}

fn age(duration: Option<prost_types::Duration>) -> String {
    let seconds = duration.map_or(0, |duration| duration.seconds);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}
