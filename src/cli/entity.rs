//! `copydesk entity`: who or what the archive knows under a name: spellings, links, when it was in the news, and the
//! company it keeps.

mod page;

use std::{io::Write, process::ExitCode};

use anyhow::anyhow;
use clap::Args;
use copydesk_client::Error;
use copydesk_proto::v1::{self, entity_service_client::EntityServiceClient};
use tonic::{Code, Status, transport::Channel};

use super::{choices, json, render::Screen, server::ServerArgs};
use page::Portrait;

/// Entities of one name that are told apart on the screen.
const MAX_NAMESAKES: i32 = 20;

/// Show who or what the archive knows under a name
///
/// Shows an entity's spellings and links, how often it was in the news, whom and what it is named together with, and the
/// newest articles about it. A name may be cut short; if several begin so, the one with most articles is shown and the
/// others are listed below it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk entity NATO
  copydesk entity 'recep tayyip erdogan' --by week
  copydesk entity Georgia --type gpe
  copydesk entity 5c0b1d5f-6e6a-5c53-9a43-3f0c9d6e2b17 --json | jq .links")]
pub(crate) struct EntityArgs {
    /// A name, its beginning, or an entity's id
    #[arg(value_name = "NAME_OR_ID")]
    entity: String,

    /// Only entities of this type
    #[arg(long = "type", value_name = "TYPE", value_parser = choices::entity_type)]
    entity_type: Option<v1::EntityType>,

    /// What a column of the timeline stands for
    #[arg(long, value_enum, default_value_t = By::Day)]
    by: By,

    /// Print protobuf JSON: the EntityRecord on one line
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    Day,
    Week,
    Month,
}

impl By {
    fn bucket(self) -> v1::TimelineBucket {
        match self {
            By::Day => v1::TimelineBucket::Day,
            By::Week => v1::TimelineBucket::Week,
            By::Month => v1::TimelineBucket::Month,
        }
    }

    fn name(self) -> &'static str {
        match self {
            By::Day => "day",
            By::Week => "week",
            By::Month => "month",
        }
    }
}

/// Fails when nobody has the name.
pub(crate) async fn run(args: EntityArgs) -> anyhow::Result<ExitCode> {
    let channel = args.server.connect().await?.channel();
    let client = EntityServiceClient::new(channel);
    let explain = |status: Status| args.server.explain(Error::Status(Box::new(status)));
    let mut found = find(client.clone(), &args).await.map_err(explain)?;
    // Most articles first; of equals, in the order of names.
    found.sort_by_key(|entity| std::cmp::Reverse((entity.article_count, entity.has_more_articles)));
    let mut found = found.into_iter();
    let Some(entity) = found.next() else {
        return Err(anyhow!(
            "no article names anything that begins with `{}`\n\n`copydesk list --entity NAME` looks at whole names only.",
            args.entity
        ));
    };
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", json::to_line(&entity)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let portrait = portrait(client, entity, found.collect(), args.by).await.map_err(explain)?;
    write!(out, "{}", page::entity(&Screen::of_stdout(), &portrait, args.by.name()))?;
    Ok(ExitCode::SUCCESS)
}

/// In full: the entity of an id, or those with a name that begins so.
async fn find(
    mut client: EntityServiceClient<Channel>,
    args: &EntityArgs,
) -> Result<Vec<v1::EntityRecord>, Status> {
    if uuid::Uuid::try_parse(&args.entity).is_ok() {
        let request = v1::GetEntityRequest { entity_id: args.entity.clone() };
        return Ok(client.get_entity(request).await?.into_inner().entity.into_iter().collect());
    }
    let request = v1::ListEntitiesRequest {
        name_prefix: args.entity.clone(),
        types: args.entity_type.into_iter().map(i32::from).collect(),
        page_size: MAX_NAMESAKES,
        ..Default::default()
    };
    let page = client.list_entities(request).await?.into_inner();
    let mut found = Vec::new();
    for entity in page.entities {
        let request = v1::GetEntityRequest { entity_id: entity.entity_id };
        match client.get_entity(request).await {
            Ok(answer) => found.extend(answer.into_inner().entity),
            // Merged meanwhile, and gone from the list.
            Err(status) if status.code() == Code::NotFound => {}
            Err(status) => return Err(status),
        }
    }
    Ok(found)
}

async fn portrait(
    mut client: EntityServiceClient<Channel>,
    entity: v1::EntityRecord,
    namesakes: Vec<v1::EntityRecord>,
    by: By,
) -> Result<Portrait, Status> {
    let entity_id = entity.entity_id.clone();
    let timeline = v1::GetEntityTimelineRequest {
        entity_id: entity_id.clone(),
        bucket: i32::from(by.bucket()),
        ..Default::default()
    };
    let related =
        v1::ListRelatedEntitiesRequest { entity_id: entity_id.clone(), page_size: 8, ..Default::default() };
    let mentions = v1::ListEntityMentionsRequest { entity_id, page_size: 5, ..Default::default() };
    Ok(Portrait {
        timeline: client.get_entity_timeline(timeline).await?.into_inner().entries,
        related: client.list_related_entities(related).await?.into_inner().related,
        mentions: client.list_entity_mentions(mentions).await?.into_inner().mentions,
        entity,
        namesakes,
    })
}
