//! `copydesk groups`: durable consumer groups as things that are made, looked at and deleted.

use std::{io::Write, process::ExitCode, time::Duration};

use clap::{Args, Subcommand};
use copydesk_client::{Client, Error, Start};
use copydesk_proto::v1;

use super::{
    cursor, json,
    server::ServerArgs,
    watch::{self, FilterArgs},
};

/// Make, show, list and delete consumer groups: places in the feed that several workers share
///
/// A group remembers what is done. Its members (`copydesk consume GROUP`, or any client) get every update that its filter
/// wants, each one to one member, again if that does not finish it, and in order within an article.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk groups create archive --from beginning --kind processed
  copydesk consume archive
  copydesk groups get archive
      How far it is, who works on it, and what was put aside and why.
  copydesk groups replay-parked archive
      Try again what was put aside.")]
pub(crate) struct GroupsArgs {
    #[command(subcommand)]
    command: GroupsCommand,
}

#[derive(Debug, Subcommand)]
enum GroupsCommand {
    /// Make a group; does nothing if there is the same one
    Create(Box<CreateArgs>),
    /// Show how far a group is, its members, and what it has parked
    Get(NameArgs),
    /// List all groups
    List(ListArgs),
    /// Delete a group; its members are told
    Delete(NameArgs),
    /// Put parked updates back, to be delivered again
    ReplayParked(ReplayArgs),
}

#[derive(Args, Debug)]
struct CreateArgs {
    /// Its name: letters, digits, dots, dashes and underscores
    group: String,

    /// Where it starts: `now`, `beginning` (the oldest update still held), or after a cursor
    #[arg(long, default_value = "now", value_name = "now|beginning|CURSOR", value_parser = watch::parse_start)]
    from: Start,

    /// How long a member may work on an update before it goes to another; 30 unless given
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    lease_seconds: Option<Duration>,

    /// Deliveries of an update before it is parked; 5 unless given
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    max_attempts: i32,

    /// Updates in work over all members; 1,000 unless given
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    max_in_flight: i32,

    /// Wait before the first retry, which doubles with each further one; 1 unless given
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    min_retry_seconds: Option<Duration>,

    /// The longest of these waits; 60 unless given
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds)]
    max_retry_seconds: Option<Duration>,

    /// Print the group as protobuf JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    filter: FilterArgs,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args, Debug)]
struct NameArgs {
    /// Name of the group
    group: String,

    /// Print protobuf JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args, Debug)]
struct ListArgs {
    /// Print protobuf JSON, one Group a line
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Args, Debug)]
struct ReplayArgs {
    /// Name of the group
    group: String,

    /// Only these, by their cursors as `copydesk groups get` shows them; all unless given
    #[arg(value_name = "CURSOR", value_parser = parse_cursor)]
    cursors: Vec<Cursor>,

    /// At most so many, oldest first
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "N")]
    limit: i32,

    #[command(flatten)]
    server: ServerArgs,
}

/// A type of its own: clap takes a plain vector for a list of arguments.
#[derive(Clone, Debug)]
struct Cursor(Vec<u8>);

fn parse_cursor(text: &str) -> Result<Cursor, String> {
    cursor::from_text(text)
        .map(Cursor)
        .ok_or_else(|| "is no cursor as `copydesk groups get` prints it".to_owned())
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "is no number of seconds, like 30 or 0.5".to_owned())
}

/// Runs the subcommand.
pub(crate) async fn run(args: GroupsArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        GroupsCommand::Create(args) => create(*args).await?,
        GroupsCommand::Get(args) => get(args).await?,
        GroupsCommand::List(args) => list(args).await?,
        GroupsCommand::Delete(args) => {
            let client = args.server.connect().await?;
            client.delete_group(&args.group).await.map_err(|error| args.server.explain(error))?;
            writeln!(std::io::stdout(), "deleted {}", args.group)?;
        }
        GroupsCommand::ReplayParked(args) => {
            let client = args.server.connect().await?;
            let request = v1::ReplayParkedRequest {
                group_id: args.group,
                cursors: args.cursors.into_iter().map(|Cursor(bytes)| bytes).collect(),
                limit: args.limit,
            };
            let replayed = client.replay_parked(request).await.map_err(|error| args.server.explain(error))?;
            writeln!(std::io::stdout(), "{replayed} wait again")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let client = args.server.connect().await?;
    let given = |duration: Option<Duration>| duration.and_then(|duration| duration.try_into().ok());
    let request = v1::CreateGroupRequest {
        group_id: args.group,
        start: Some(match args.from {
            Start::Now => v1::create_group_request::Start::Now(true),
            Start::Beginning => v1::create_group_request::Start::Beginning(true),
            Start::After(cursor) => v1::create_group_request::Start::AfterCursor(cursor),
            Start::Snapshot => {
                anyhow::bail!("a group cannot start with a snapshot\n\nUse --from beginning, or --from now.")
            }
        }),
        filter: Some(args.filter.into_filter()),
        settings: Some(v1::GroupSettings {
            lease_duration: given(args.lease_seconds),
            max_attempts: args.max_attempts,
            max_in_flight: args.max_in_flight,
            min_retry_delay: given(args.min_retry_seconds),
            max_retry_delay: given(args.max_retry_seconds),
        }),
    };
    let answer = client.create_group(request).await.map_err(|error| args.server.explain(error))?;
    let group = answer.group.unwrap_or_default();
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", json::to_line(&group)?)?;
    } else if answer.already_existed {
        writeln!(out, "{} was there already; {} updates wait", group.group_id, group.lag)?;
    } else {
        writeln!(out, "made {}; work on it with `copydesk consume {0}`", group.group_id)?;
    }
    Ok(())
}

async fn get(args: NameArgs) -> anyhow::Result<()> {
    let client = args.server.connect().await?;
    let answer = client.get_group(&args.group).await.map_err(|error| args.server.explain(error))?;
    let mut out = std::io::stdout();
    if args.json {
        return Ok(writeln!(out, "{}", json::to_line(&answer)?)?);
    }
    let group = answer.group.clone().unwrap_or_default();
    writeln!(out, "{}", line(&group))?;
    writeln!(out, "  everything is done up to cursor {}", cursor::to_text(&group.checkpoint_cursor))?;
    if group.lost_positions > 0 {
        writeln!(out, "  {} positions were deleted before it was done with them", group.lost_positions)?;
    }
    for member in &answer.members {
        let name = if member.name.is_empty() { "(no name)" } else { &member.name };
        writeln!(
            out,
            "  member {name:?} on {}: {} of {} in flight",
            member.server, member.in_flight_count, member.max_in_flight
        )?;
    }
    for parked in &answer.parked {
        writeln!(
            out,
            "  parked {} after {} deliveries: {:?}\n    cursor {}",
            parked.article_id,
            parked.attempts,
            parked.reason,
            cursor::to_text(&parked.cursor)
        )?;
    }
    Ok(())
}

async fn list(args: ListArgs) -> anyhow::Result<()> {
    let client = args.server.connect().await?;
    let groups = all(&client).await.map_err(|error| args.server.explain(error))?;
    let mut out = std::io::stdout();
    if groups.is_empty() && !args.json {
        writeln!(out, "there are no groups; make one with `copydesk groups create NAME`")?;
    }
    for group in groups {
        let shown = if args.json { json::to_line(&group)? } else { line(&group) };
        writeln!(out, "{shown}")?;
    }
    Ok(())
}

async fn all(client: &Client) -> Result<Vec<v1::Group>, Error> {
    let mut groups = Vec::new();
    let mut request = v1::ListGroupsRequest { page_size: 500, page_token: String::new() };
    loop {
        let page = client.list_groups(request.clone()).await?;
        groups.extend(page.groups);
        if page.next_page_token.is_empty() {
            return Ok(groups);
        }
        request.page_token = page.next_page_token;
    }
}

fn line(group: &v1::Group) -> String {
    format!(
        "{}: {} behind, {} in flight, {} parked",
        group.group_id, group.lag, group.in_flight_count, group.parked_count
    )
}
