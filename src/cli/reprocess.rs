//! `copydesk reprocess`: articles are processed again, in the background.

use std::{io::Write, process::ExitCode, time::Duration};

use clap::Args;
use copydesk_proto::v1;

use super::server::ServerArgs;

/// Between two looks at how far it is.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// Process articles again, after a model, a gazetteer or a rule has changed
///
/// It happens in the background, behind everything that is submitted. Each new result replaces the earlier one, and
/// subscribers are told what changed with a REPROCESSED update; if processing an article fails, its earlier result stays.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk reprocess 0197f3a2-6b1c-7c53-9a55-0f3f3c1f2a10
  copydesk reprocess --filter 'entity.name = \"NATO\"'
  copydesk reprocess --filter 'state = PROCESSED' --wait
      All articles; ends once all of them are in the queue.
  copydesk watch --kind reprocessed
      What it changes.")]
pub(crate) struct ReprocessArgs {
    /// Ids of articles
    #[arg(value_name = "ID", required_unless_present = "filter", conflicts_with = "filter")]
    article_ids: Vec<String>,

    /// Those that match, in the words of `copydesk list --filter`
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,

    /// Wait until all of them were put into the queue
    #[arg(long)]
    wait: bool,

    #[command(flatten)]
    server: ServerArgs,
}

/// Says how many, and under which id the rest is.
pub(crate) async fn run(args: ReprocessArgs) -> anyhow::Result<ExitCode> {
    let client = args.server.connect().await?;
    let request = v1::ReprocessArticlesRequest {
        request_id: uuid::Uuid::new_v4().to_string(),
        article_ids: args.article_ids.clone(),
        filter: args.filter.clone().unwrap_or_default(),
    };
    let answer = client.reprocess(request).await.map_err(|error| args.server.explain(error))?;
    let mut operation = answer.operation.unwrap_or_default();
    while args.wait && !operation.all_queued {
        tokio::time::sleep(LOOK_INTERVAL).await;
        let id = operation.operation_id.clone();
        operation = client.reprocessing(&id).await.map_err(|error| args.server.explain(error))?;
    }
    let mut out = std::io::stdout();
    if operation.all_queued {
        writeln!(out, "{} articles wait to be processed again", operation.article_count)?;
    } else {
        writeln!(out, "the articles are being put into the queue: operation {}", operation.operation_id)?;
    }
    let left_alone = i64::try_from(args.article_ids.len()).unwrap_or(i64::MAX) - operation.article_count;
    if args.filter.is_none() && left_alone > 0 {
        eprintln!(
            "{left_alone} were left alone: not there, or not processed yet; see `copydesk retry` for failed ones"
        );
    }
    Ok(ExitCode::SUCCESS)
}
