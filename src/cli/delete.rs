//! `copydesk delete`: removes articles.

use std::{io::Write, process::ExitCode};

use clap::Args;

use super::server::ServerArgs;

/// Delete articles by their ids
///
/// Removes an article with all its versions from every read and erases its content. Subscribers are told with a
/// DELETED update. There is no way back.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk delete 0197f3a2-6b1c-7c53-9a55-0f3f3c1f2a10
  copydesk delete --etag \"$(copydesk get --json ID | jq -r .etag)\" ID
      Only if nobody changed it since.")]
pub(crate) struct DeleteArgs {
    /// Ids of articles
    #[arg(required = true, value_name = "ID")]
    article_ids: Vec<String>,

    /// Delete only if this is still the article's etag (takes one ID)
    #[arg(long)]
    etag: Option<String>,

    #[command(flatten)]
    server: ServerArgs,
}

/// Deletes in order and stops at the first that cannot be deleted.
pub(crate) async fn run(args: DeleteArgs) -> anyhow::Result<ExitCode> {
    if args.etag.is_some() && args.article_ids.len() > 1 {
        return Err(super::usage("--etag is that of one article; give one ID"));
    }
    let client = args.server.connect().await?;
    for article_id in &args.article_ids {
        client.delete(article_id, args.etag.as_deref()).await.map_err(|error| args.server.explain(error))?;
        writeln!(std::io::stdout(), "deleted {article_id}")?;
    }
    Ok(ExitCode::SUCCESS)
}
