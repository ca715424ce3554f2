//! `copydesk watch`: the feed, in order and without a gap, until Ctrl-C.

use std::{
    io::{IsTerminal, Write},
    pin::pin,
    process::ExitCode,
};

use anyhow::anyhow;
use clap::Args;
use copydesk_client::{Error, Event, Start, Subscription, SubscriptionOptions};
use copydesk_proto::v1;
use tonic::Code;
use tonic_types::StatusExt;

use super::{
    choices::{self, ENTITY_TYPE_HELP, Kind, Offsets, View},
    cursor, json,
    render::{self, Screen},
    server::ServerArgs,
};

/// Follow what happens to articles
///
/// Prints every update in the order in which it was committed, and none is missing: the connection may break and the
/// server may restart, this resumes where it was. At the end it says from which cursor to go on.
///
/// Conditions of different flags must all hold; a flag that is given twice takes either value.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk watch
      What happens from now on.
  copydesk watch --from beginning --kind processed --entity NATO
  copydesk watch --from beginning --until-caught-up --json > updates.jsonl
  copydesk watch --from Dh3rSdWlQ0qZ...
      After the update with this cursor; cursors are printed with each update.")]
pub(crate) struct WatchArgs {
    /// Where to start: `now`, `beginning` (the oldest update still held), `snapshot` (all articles as they are, then what
    /// happens to them), or after a cursor
    #[arg(long, default_value = "now", value_name = "now|beginning|snapshot|CURSOR", value_parser = parse_start)]
    from: Start,

    /// End after this many updates
    #[arg(long, short = 'n', value_name = "N")]
    max_updates: Option<u64>,

    /// End once everything up to now was shown
    #[arg(long)]
    until_caught_up: bool,

    /// How much of each article; `full` shows its text
    #[arg(long, value_enum, default_value_t = View::Basic)]
    view: View,

    /// Print protobuf JSON, one Update a line
    #[arg(long)]
    json: bool,

    /// With --json: what the offsets count
    #[arg(long, value_enum, default_value_t, requires = "json", value_name = "UNIT")]
    offsets: Offsets,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Filter")]
pub(crate) struct FilterArgs {
    /// From this source
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,

    /// Of this kind
    #[arg(long, value_enum)]
    kind: Vec<Kind>,

    /// In this language (ISO 639-1, as in `en`)
    #[arg(long, value_name = "CODE")]
    language: Vec<String>,

    /// Naming this entity; case and accents do not matter
    #[arg(long, value_name = "NAME")]
    entity: Vec<String>,

    /// Naming an entity of this type
    #[arg(long, value_name = "TYPE", value_parser = choices::entity_type, long_help = ENTITY_TYPE_HELP)]
    entity_type: Vec<v1::EntityType>,

    /// Whose title or text matches, as in `nato summit`, `"black sea"`, `turk*`, `-sport`, `a OR b`
    #[arg(long, default_value = "", value_name = "QUERY", hide_default_value = true)]
    query: String,
}

impl FilterArgs {
    pub(crate) fn into_filter(self) -> v1::UpdateFilter {
        v1::UpdateFilter {
            sources: self.source,
            kinds: self.kind.iter().map(|kind| kind.kind() as i32).collect(),
            languages: self.language,
            entity_names: self.entity,
            entity_types: self.entity_type.iter().map(|kind| *kind as i32).collect(),
            query: self.query,
            ..Default::default()
        }
    }
}

pub(crate) fn parse_start(text: &str) -> Result<Start, String> {
    match text {
        "now" => Ok(Start::Now),
        "beginning" => Ok(Start::Beginning),
        "snapshot" => Ok(Start::Snapshot),
        text => cursor::from_text(text).map(Start::After).ok_or_else(|| {
            "expected `now`, `beginning`, `snapshot` or a cursor as `copydesk watch` prints it".to_owned()
        }),
    }
}

/// Ends with success at Ctrl-C: that is how a watch is meant to end.
pub(crate) async fn run(args: WatchArgs) -> anyhow::Result<ExitCode> {
    // Fails at once if the address is wrong; a server that goes away later is waited for.
    let client = args.server.connect().await?;
    let encoding = if args.json { args.offsets.encoding() } else { v1::OffsetEncoding::Utf8 };
    let mut subscription = client.subscribe(SubscriptionOptions {
        start: args.from,
        filter: args.filter.into_filter(),
        view: args.view.view(),
        offset_encoding: encoding,
        ..Default::default()
    });
    let mut printer = Printer {
        screen: Screen::of_stdout(),
        json: args.json,
        view: args.view,
        left: args.max_updates.unwrap_or(u64::MAX),
        until_caught_up: args.until_caught_up,
        is_interrupted: false,
        said_live: false,
    };
    let mut interrupted = pin!(super::interrupted());
    let shown_to = loop {
        let event = tokio::select! {
            event = subscription.next() => event,
            () = &mut interrupted => break None,
        };
        match event {
            Some(Ok(event)) => {
                if let End::Here(shown_to) = printer.print(&event)? {
                    break shown_to;
                }
            }
            Some(Err(error)) => return Err(explain(&args.server, error)),
            None => break None,
        }
    };
    say_where_to_resume(&subscription, shown_to);
    Ok(ExitCode::SUCCESS)
}

fn say_where_to_resume(subscription: &Subscription, shown_to: Option<Vec<u8>>) {
    if let Some(cursor) = shown_to.as_deref().or(subscription.cursor()) {
        eprintln!("go on with: copydesk watch --from {}", cursor::to_text(cursor));
    }
}

/// Whether an event was the last one wanted.
enum End {
    No,
    /// The cursor of the last update shown, if not all of a message was.
    Here(Option<Vec<u8>>),
}

struct Printer {
    screen: Screen,
    json: bool,
    view: View,
    /// Updates still to be shown.
    left: u64,
    until_caught_up: bool,
    is_interrupted: bool,
    said_live: bool,
}

impl Printer {
    fn print(&mut self, event: &Event) -> anyhow::Result<End> {
        match event {
            Event::Ready(_) => {
                if std::mem::take(&mut self.is_interrupted) {
                    eprintln!("connected again");
                }
            }
            Event::Snapshot(snapshot) => {
                for article in &snapshot.articles {
                    self.print_update(&as_update(article))?;
                    self.left = self.left.saturating_sub(1);
                    if self.left == 0 {
                        return Ok(End::Here(None));
                    }
                }
            }
            Event::Updates(updates) => {
                for update in &updates.updates {
                    self.print_update(update)?;
                    self.left = self.left.saturating_sub(1);
                    if self.left == 0 {
                        return Ok(End::Here(Some(update.cursor.clone())));
                    }
                }
            }
            Event::CaughtUp(_) if self.until_caught_up => return Ok(End::Here(None)),
            Event::CaughtUp(_) => {
                if !std::mem::replace(&mut self.said_live, true) && std::io::stderr().is_terminal() {
                    eprintln!("waiting for updates; Ctrl-C ends this");
                }
            }
            Event::Closing(closing) => {
                eprintln!("the server ended the stream: {}", closing_reason(closing));
            }
            Event::Interrupted { status, retry_delay } => {
                // Once for each outage, not for each try.
                if !std::mem::replace(&mut self.is_interrupted, true) {
                    let cause = status.as_ref().map_or("the stream ended", |status| status.message());
                    eprintln!(
                        "no connection ({cause}); trying again from {retry_delay:.1?} on, Ctrl-C ends this"
                    );
                }
            }
            Event::Progress(_) | Event::FellBehind(_) => {}
        }
        Ok(End::No)
    }

    fn print_update(&self, update: &v1::Update) -> anyhow::Result<()> {
        let mut out = std::io::stdout();
        if self.json {
            return Ok(writeln!(out, "{}", json::to_line(update)?)?);
        }
        write!(out, "{}", render::update_lines(&self.screen, update, &cursor::to_text(&update.cursor)))?;
        if let (View::Full, Some(article)) = (self.view, &update.article)
            && !article.text.is_empty()
        {
            writeln!(out, "\n{}", render::article(&self.screen, article, None))?;
        }
        Ok(())
    }
}

/// An article of a snapshot as the update that brought it where it is. It has no cursor of its own.
fn as_update(article: &v1::Article) -> v1::Update {
    let kind = match article.state() {
        v1::ArticleState::Accepted => v1::UpdateKind::Accepted,
        v1::ArticleState::Processed => v1::UpdateKind::Processed,
        v1::ArticleState::Failed => v1::UpdateKind::Failed,
        v1::ArticleState::Deleted => v1::UpdateKind::Deleted,
        v1::ArticleState::Unspecified => v1::UpdateKind::Unspecified,
    };
    let time = article.processed_time.or(article.accepted_time);
    v1::Update { kind: i32::from(kind), time, article: Some(article.clone()), ..Default::default() }
}

/// Why the server ended a stream, for people.
pub(crate) fn closing_reason(closing: &v1::Closing) -> &'static str {
    match closing.reason() {
        v1::ClosingReason::Shutdown => "it is shutting down",
        v1::ClosingReason::StoreUnavailable => "its database is away",
        v1::ClosingReason::MaxAge => "the connection is old",
        v1::ClosingReason::Retention => "updates were deleted before they could be read",
        v1::ClosingReason::Overloaded => "it has as many streams as it takes",
        v1::ClosingReason::GroupDeleted => "the group was deleted",
        v1::ClosingReason::Unspecified => "it did not say why",
    }
}

/// What a refused cursor means, and where one can go on instead.
fn explain(server: &ServerArgs, error: Error) -> anyhow::Error {
    let Some(status) = error.status() else { return server.explain(error) };
    let metadata = status.get_details_error_info().map(|info| info.metadata).unwrap_or_default();
    let code = status.code();
    if code == Code::OutOfRange {
        let other = metadata.get("oldest_cursor").or_else(|| metadata.get("head_cursor"));
        let way_out = other.map(|cursor| format!(" or --from {cursor}")).unwrap_or_default();
        return anyhow!("{}\n\nGo on with --from beginning{way_out}.", status.message());
    }
    if code == Code::FailedPrecondition {
        return anyhow!("{}\n\nGo on with --from beginning.", status.message());
    }
    if code == Code::InvalidArgument && status.message().contains("after_cursor") {
        return anyhow!(
            "--from is no cursor of this server\n\n`copydesk watch` prints one with every update; or use --from beginning."
        );
    }
    server.explain(error)
}
