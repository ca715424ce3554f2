//! `copydesk list`: articles, newest first, by a filter that is built from flags or written out.

use std::{io::Write, pin::pin, process::ExitCode};

use clap::Args;
use copydesk_proto::v1;
use futures_util::StreamExt;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    choices::{self, ENTITY_TYPE_HELP, Offsets, State, View},
    json,
    render::{self, Screen},
    server::ServerArgs,
};

/// The most that the contract allows in a page.
const MAX_PAGE_SIZE: usize = 500;

/// List articles, newest first
///
/// Conditions of different flags must all hold; a flag that is given twice takes either value.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk list
  copydesk list --entity NATO --entity-type org --published-since 2026-11-01
  copydesk list --state failed --json | jq -r .articleId
  copydesk list --filter 'source = \"reuters\" AND language = \"en\"' --limit 0")]
pub(crate) struct ListArgs {
    /// Show at most this many; 0 shows all
    #[arg(long, short = 'n', default_value_t = 50, value_name = "N")]
    limit: usize,

    /// Print protobuf JSON, one Article a line
    #[arg(long)]
    json: bool,

    /// With --json: how much of each article
    #[arg(long, value_enum, default_value_t = View::Basic, requires = "json")]
    view: View,

    /// With --json: what the offsets count
    #[arg(long, value_enum, default_value_t, requires = "json", value_name = "UNIT")]
    offsets: Offsets,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Filter")]
struct FilterArgs {
    /// From this source
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,

    /// In this state
    #[arg(long, value_enum)]
    state: Vec<State>,

    /// In this language (ISO 639-1, as in `en`)
    #[arg(long, value_name = "CODE")]
    language: Vec<String>,

    /// Naming this entity; case and accents do not matter
    #[arg(long, value_name = "NAME")]
    entity: Vec<String>,

    /// Naming an entity of this type
    #[arg(long, value_name = "TYPE", value_parser = choices::entity_type, long_help = ENTITY_TYPE_HELP)]
    entity_type: Vec<v1::EntityType>,

    /// Published at or after this day or RFC 3339 time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    published_since: Option<String>,

    /// Published before it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    published_before: Option<String>,

    /// Accepted by the server at or after this day or RFC 3339 time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    accepted_since: Option<String>,

    /// Accepted before it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    accepted_before: Option<String>,

    /// The whole filter in the contract's own words (AIP-160), in place of the flags above
    #[arg(long, value_name = "FILTER", conflicts_with_all = [
        "source", "state", "language", "entity", "entity_type",
        "published_since", "published_before", "accepted_since", "accepted_before",
    ])]
    filter: Option<String>,
}

impl FilterArgs {
    fn to_filter(&self) -> String {
        if let Some(filter) = &self.filter {
            return filter.clone();
        }
        let quoted = |values: &[String]| values.iter().map(|value| quote(value)).collect::<Vec<_>>();
        let states: Vec<String> = self.state.iter().map(|state| state.filter_name().to_owned()).collect();
        let types: Vec<String> =
            self.entity_type.iter().map(|kind| choices::entity_type_name(*kind).to_owned()).collect();
        let equal = [
            ("source", quoted(&self.source)),
            ("state", states),
            ("language", quoted(&self.language)),
            ("entity.name", quoted(&self.entity)),
            ("entity.type", types),
        ];
        let bounds = [
            ("published_time >=", &self.published_since),
            ("published_time <", &self.published_before),
            ("accepted_time >=", &self.accepted_since),
            ("accepted_time <", &self.accepted_before),
        ];
        let equal = equal.into_iter().filter_map(|(field, values)| any_of(field, &values));
        let bounds =
            bounds.into_iter().filter_map(|(field, time)| Some(format!("{field} {}", quote(time.as_ref()?))));
        equal.chain(bounds).collect::<Vec<_>>().join(" AND ")
    }
}

fn any_of(field: &str, values: &[String]) -> Option<String> {
    let comparisons: Vec<String> = values.iter().map(|value| format!("{field} = {value}")).collect();
    match comparisons.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("({})", several.join(" OR "))),
    }
}

fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A day begins at midnight UTC.
fn parse_time(text: &str) -> Result<String, String> {
    if OffsetDateTime::parse(text, &Rfc3339).is_ok() {
        return Ok(text.to_owned());
    }
    let midnight = format!("{text}T00:00:00Z");
    match OffsetDateTime::parse(&midnight, &Rfc3339) {
        Ok(_) => Ok(midnight),
        Err(_) => Err("expected a day like 2026-11-01 or a time like 2026-11-01T12:00:00Z".to_owned()),
    }
}

/// Prints as pages come in.
pub(crate) async fn run(args: ListArgs) -> anyhow::Result<ExitCode> {
    let client = args.server.connect().await?;
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let request = v1::ListArticlesRequest {
        page_size: i32::try_from(limit.min(MAX_PAGE_SIZE)).unwrap_or(0),
        filter: args.filter.to_filter(),
        view: args.view.view() as i32,
        offset_encoding: args.offsets.encoding() as i32,
        ..Default::default()
    };
    let screen = Screen::of_stdout();
    let mut out = std::io::stdout();
    let mut articles = pin!(client.list_all(request).take(limit));
    let mut shown = 0;
    while let Some(article) = articles.next().await {
        let article = article.map_err(|error| args.server.explain(error))?;
        if args.json {
            writeln!(out, "{}", json::to_line(&article)?)?;
        } else {
            write!(out, "{}", render::article_lines(&screen, &article))?;
        }
        shown += 1;
    }
    if !args.json && shown == 0 {
        eprintln!("no article matches; `copydesk list` without flags shows the newest of all");
    }
    if !args.json && shown == limit {
        eprintln!("showing the newest {limit}; --limit 0 shows all");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_become_the_contracts_filter() {
        assert_eq!(FilterArgs::default().to_filter(), "");
        let args = FilterArgs {
            source: vec![r#"the "desk"\"#.into()],
            state: vec![State::Processed, State::Failed],
            entity: vec!["NATO".into()],
            entity_type: vec![v1::EntityType::WorkOfArt],
            published_since: parse_time("2026-11-01").ok(),
            ..Default::default()
        };
        assert_eq!(
            args.to_filter(),
            r#"source = "the \"desk\"\\" AND (state = PROCESSED OR state = FAILED) AND entity.name = "NATO" AND entity.type = WORK_OF_ART AND published_time >= "2026-11-01T00:00:00Z""#
        );
    }

    #[test]
    fn a_time_is_a_day_or_a_moment() {
        assert_eq!(parse_time("2026-11-01").as_deref(), Ok("2026-11-01T00:00:00Z"));
        assert_eq!(parse_time("2026-11-01T10:00:00+01:00").as_deref(), Ok("2026-11-01T10:00:00+01:00"));
        assert!(parse_time("yesterday").is_err());
    }
}
