//! `copydesk get`: articles by id.

use std::{io::Write, process::ExitCode};

use clap::Args;
use copydesk_client::Reading;
use copydesk_proto::v1;

use super::{
    choices::{Offsets, View},
    json,
    render::{self, Screen},
    server::ServerArgs,
};

/// Show articles by their ids
///
/// Shows an article as it now is: its clean text with entities and quotations in place, captions, what was removed
/// and why.
/// An id is what `copydesk submit` and `copydesk list` print.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk get 0197f3a2-6b1c-7c53-9a55-0f3f3c1f2a10
  copydesk get --json --offsets code-point ID | jq '.entities[].name'
  copydesk get --version 1 ID")]
pub(crate) struct GetArgs {
    /// Ids of articles
    #[arg(required = true, value_name = "ID")]
    article_ids: Vec<String>,

    /// Show this version instead of the latest
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(i32).range(0..))]
    version: i32,

    /// How much to show
    #[arg(long, value_enum, default_value_t = View::Full)]
    view: View,

    /// Leave out mentions that the recognizer is less sure of, from 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.0, hide_default_value = true)]
    min_probability: f32,

    /// Print protobuf JSON, one Article a line
    #[arg(long)]
    json: bool,

    /// With --json: what the offsets count
    #[arg(long, value_enum, default_value_t, requires = "json", value_name = "UNIT")]
    offsets: Offsets,

    #[command(flatten)]
    server: ServerArgs,
}

/// Shows each in turn and stops at the first that cannot be had.
pub(crate) async fn run(args: GetArgs) -> anyhow::Result<ExitCode> {
    let client = args.server.connect().await?;
    let screen = Screen::of_stdout();
    // A terminal shows text cut by bytes, whatever was asked for.
    let encoding = if args.json { args.offsets.encoding() } else { v1::OffsetEncoding::Utf8 };
    let reading = Reading {
        version: args.version,
        view: args.view.view(),
        offset_encoding: encoding,
        min_probability: args.min_probability,
    };
    let mut out = std::io::stdout();
    for (index, article_id) in args.article_ids.iter().enumerate() {
        let article = client.get(article_id, reading).await.map_err(|error| args.server.explain(error))?;
        if args.json {
            writeln!(out, "{}", json::to_line(&article)?)?;
            continue;
        }
        if index > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", render::article(&screen, &article, None))?;
        if index == 0 {
            writeln!(out, "    {}", screen.legend())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
