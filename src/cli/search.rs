//! `copydesk search`: full text, best match first.

use std::{io::Write, process::ExitCode};

use clap::Args;
use copydesk_proto::v1;

use super::{
    json,
    render::{self, Screen},
    server::ServerArgs,
};

/// The most that the contract allows in a page.
const MAX_PAGE_SIZE: usize = 100;

/// Search the texts of articles, best match first
///
/// Shows of each match its title, source, date and score, and the part of its text that shows why it was found; what was
/// found is coloured, or in brackets where the output is no terminal.
///
/// Words are found in any of their forms and without regard to case and accents: `erdogan` finds Erdoğan, `talk` finds
/// talks. A word in the title counts most, and of equal matches the newest comes first.
#[derive(Args, Debug)]
#[command(after_help = "Queries:
  nato summit         both words
  '\"black sea\"'       exactly this phrase
  'turk*'             a beginning
  'ferry -sport'      not with this word (`--` in front of a query that begins with -)
  'lisbon OR porto'   either

Examples:
  copydesk search nato summit
  copydesk search '\"harbour board\" ferr*' --filter 'source = \"reuters\" AND published_time >= \"2026-11-01T00:00:00Z\"'
  copydesk search tunnel --filter 'speaker = \"Helena Duarte\"' --json | jq -r .article.articleId")]
pub(crate) struct SearchArgs {
    /// What to look for
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,

    /// Only articles that match, in the words of `copydesk list --filter`; speaker and entity.id can be compared too
    #[arg(long, default_value = "", value_name = "FILTER", hide_default_value = true)]
    filter: String,

    /// Show at most this many
    #[arg(long, short = 'n', default_value_t = 10, value_name = "N")]
    limit: usize,

    /// Print protobuf JSON, one SearchResult a line
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: ServerArgs,
}

/// Prints as pages come in.
pub(crate) async fn run(args: SearchArgs) -> anyhow::Result<ExitCode> {
    let client = args.server.connect().await?;
    let screen = Screen::of_stdout();
    let mut out = std::io::stdout();
    let mut request = v1::SearchArticlesRequest {
        query: args.query.join(" "),
        filter: args.filter.clone(),
        ..Default::default()
    };
    let mut shown = 0;
    loop {
        let left = args.limit.saturating_sub(shown).min(MAX_PAGE_SIZE);
        request.page_size = i32::try_from(left.max(1)).unwrap_or(1);
        let page = client.search(request.clone()).await.map_err(|error| args.server.explain(error))?;
        for found in &page.results {
            if args.json {
                writeln!(out, "{}", json::to_line(found)?)?;
            } else {
                let gap = if shown > 0 { "\n" } else { "" };
                write!(out, "{gap}{}", render::found_lines(&screen, found))?;
            }
            shown += 1;
        }
        if page.next_page_token.is_empty() || shown >= args.limit {
            if !args.json && page.limited {
                eprintln!(
                    "ranked are the newest 1,000 matches; a narrower query or --filter finds older ones"
                );
            }
            break;
        }
        request.page_token = page.next_page_token;
    }
    if !args.json && shown == 0 {
        eprintln!("nothing was found; words must all be there, `a OR b` takes either, `begin*` a beginning");
    }
    Ok(ExitCode::SUCCESS)
}
