//! Consumer groups on the wire: the unary calls. `consume` has the stream.

mod consume;
mod messages;

use std::time::Duration;

use copydesk_proto::v1;
use prost::Message;
use tonic::Status;
use uuid::Uuid;

use super::{convert::Reading, feed::resume_position, status::from_app};
use crate::{
    app::{App, AppError, CreateGroup, GroupStatus},
    article::Position,
    feed::Cursor,
    store::{
        Head,
        groups::{Group, GroupMember, GroupSettings, GroupStart, NewGroup, ParkedUpdate},
    },
    wire::timestamp,
};

pub(super) use consume::{MessageStream, consume};

const DAY: Duration = Duration::from_secs(86_400);
const DEFAULT_LEASE: Duration = Duration::from_secs(30);
const DEFAULT_MIN_RETRY_DELAY: Duration = Duration::from_secs(1);
const DEFAULT_MAX_RETRY_DELAY: Duration = Duration::from_secs(60);
const SHORTEST_LEASE: Duration = Duration::from_secs(1);
const LONGEST_LEASE: Duration = Duration::from_secs(3_600);
const MAX_REPLAY_CURSORS: usize = 1_000;

pub(super) async fn create(
    app: &App,
    request: v1::CreateGroupRequest,
) -> Result<v1::CreateGroupResponse, Status> {
    let head = app.feed().head().await.map_err(|error| from_app(AppError::from(error)))?;
    let mut reading = Reading::default();
    let (start, start_position) = read_start(&mut reading, request.start.as_ref(), head)?;
    let filter = request.filter.unwrap_or_default();
    // Read now, so that what cannot be read is refused when the group is made, not when it is joined.
    reading.filter(filter.clone());
    let settings = read_settings(&mut reading, request.settings.unwrap_or_default());
    let new = NewGroup {
        group_id: request.group_id,
        start,
        start_position,
        filter: filter.encode_to_vec(),
        settings,
    };
    let (group, already_existed) =
        app.create_group(CreateGroup { new }, reading.violations).await.map_err(from_app)?;
    Ok(v1::CreateGroupResponse { group: Some(answer(app, &group)), already_existed })
}

pub(super) async fn get(app: &App, request: v1::GetGroupRequest) -> Result<v1::GetGroupResponse, Status> {
    let GroupStatus { group, members, parked } = app.get_group(&request.group_id).await.map_err(from_app)?;
    Ok(v1::GetGroupResponse {
        group: Some(answer(app, &group)),
        members: members.into_iter().map(member).collect(),
        parked: parked.into_iter().map(|update| parked_update(app, update)).collect(),
    })
}

pub(super) async fn list(
    app: &App,
    request: v1::ListGroupsRequest,
) -> Result<v1::ListGroupsResponse, Status> {
    let page = app.list_groups(request.page_size, &request.page_token).await;
    let (groups, next_page_token) = page.map_err(from_app)?;
    let groups = groups.iter().map(|group| answer(app, group)).collect();
    Ok(v1::ListGroupsResponse { groups, next_page_token })
}

pub(super) async fn delete(
    app: &App,
    request: v1::DeleteGroupRequest,
) -> Result<v1::DeleteGroupResponse, Status> {
    app.delete_group(&request.group_id).await.map_err(from_app)?;
    Ok(v1::DeleteGroupResponse {})
}

pub(super) async fn replay_parked(
    app: &App,
    request: v1::ReplayParkedRequest,
) -> Result<v1::ReplayParkedResponse, Status> {
    let mut reading = Reading::default();
    if request.cursors.len() > MAX_REPLAY_CURSORS {
        let given = request.cursors.len();
        reading.refuse("cursors", format!("has {given} cursors; send at most {MAX_REPLAY_CURSORS}"));
    }
    if request.limit < 0 {
        reading.refuse("limit", "must not be negative");
    }
    let incarnation = app.feed().incarnation();
    let mut positions: Vec<Position> = Vec::new();
    for (index, bytes) in request.cursors.iter().take(MAX_REPLAY_CURSORS).enumerate() {
        match Cursor::decode(bytes).filter(|cursor| cursor.incarnation == incarnation) {
            Some(cursor) => positions.push(cursor.position),
            None => reading.refuse(
                &format!("cursors[{index}]"),
                "is no cursor of this log; use those of the parked updates in GetGroup",
            ),
        }
    }
    reading.finish()?;
    let chosen = (!request.cursors.is_empty()).then_some(positions.as_slice());
    let limit = (request.limit > 0).then(|| i64::from(request.limit));
    let replayed = app.replay_parked(&request.group_id, chosen, limit).await.map_err(from_app)?;
    Ok(v1::ReplayParkedResponse { replayed_count: i64::try_from(replayed).unwrap_or(i64::MAX) })
}

fn read_start(
    reading: &mut Reading,
    start: Option<&v1::create_group_request::Start>,
    head: Head,
) -> Result<(GroupStart, Position), Status> {
    use v1::create_group_request::Start;
    Ok(match start {
        None | Some(Start::Now(true)) => (GroupStart::Now, head.position),
        Some(Start::Beginning(true)) => (GroupStart::Beginning, head.trimmed_position),
        Some(Start::AfterCursor(bytes)) => match Cursor::decode(bytes) {
            Some(cursor) => (GroupStart::After, resume_position(cursor, head)?),
            None => {
                let rule = "is no cursor of this service; use one from an earlier message";
                reading.refuse("after_cursor", rule);
                (GroupStart::After, 0)
            }
        },
        Some(Start::Beginning(false)) => {
            reading.refuse("beginning", "must be true when set");
            (GroupStart::Beginning, 0)
        }
        Some(Start::Now(false)) => {
            reading.refuse("now", "must be true when set");
            (GroupStart::Now, 0)
        }
    })
}

fn read_settings(reading: &mut Reading, settings: v1::GroupSettings) -> GroupSettings {
    let delays = Duration::from_millis(10)..=DAY;
    let lease = reading.duration(
        "settings.lease_duration",
        settings.lease_duration,
        DEFAULT_LEASE,
        SHORTEST_LEASE..=LONGEST_LEASE,
    );
    let min_retry_delay = reading.duration(
        "settings.min_retry_delay",
        settings.min_retry_delay,
        DEFAULT_MIN_RETRY_DELAY,
        delays.clone(),
    );
    let max_retry_delay = reading.duration(
        "settings.max_retry_delay",
        settings.max_retry_delay,
        DEFAULT_MAX_RETRY_DELAY.max(min_retry_delay),
        delays,
    );
    GroupSettings {
        lease,
        max_attempts: bounded(reading, "settings.max_attempts", settings.max_attempts, 5, 1_000),
        max_in_flight: bounded(reading, "settings.max_in_flight", settings.max_in_flight, 1_000, 10_000),
        min_retry_delay,
        max_retry_delay,
    }
}

fn bounded(reading: &mut Reading, field: &str, given: i32, default: i32, max: i32) -> i32 {
    if given == 0 {
        return default;
    }
    if !(1..=max).contains(&given) {
        reading.refuse(field, format!("must be 1 to {max}, or 0 for {default}"));
    }
    given
}

fn answer(app: &App, group: &Group) -> v1::Group {
    let unread_positions = (group.head_position - group.read_position).max(0);
    v1::Group {
        group_id: group.made.group_id.clone(),
        filter: Some(stored_filter(group)),
        settings: Some(settings(group.made.settings)),
        created_time: Some(timestamp(group.created_time)),
        checkpoint_cursor: cursor(app, group.checkpoint),
        read_cursor: cursor(app, group.read_position),
        head_cursor: cursor(app, group.head_position),
        lag: unread_positions + group.waiting_count,
        unread_positions,
        waiting_count: group.waiting_count,
        in_flight_count: group.in_flight_count,
        parked_count: group.parked_count,
        oldest_undelivered_time: group.oldest_undelivered_time.map(timestamp),
        lost_positions: group.lost_positions,
    }
}

fn settings(settings: GroupSettings) -> v1::GroupSettings {
    v1::GroupSettings {
        lease_duration: settings.lease.try_into().ok(),
        max_attempts: settings.max_attempts,
        max_in_flight: settings.max_in_flight,
        min_retry_delay: settings.min_retry_delay.try_into().ok(),
        max_retry_delay: settings.max_retry_delay.try_into().ok(),
    }
}

/// It was made by this service, or by a newer one whose further fields are passed over.
fn stored_filter(group: &Group) -> v1::UpdateFilter {
    v1::UpdateFilter::decode(group.made.filter.as_slice()).unwrap_or_default()
}

fn member(member: GroupMember) -> v1::GroupMember {
    v1::GroupMember {
        member_id: id(member.member_id),
        name: member.name,
        server: member.server,
        max_in_flight: member.max_in_flight,
        in_flight_count: member.in_flight_count,
        joined_time: Some(timestamp(member.joined_time)),
    }
}

fn parked_update(app: &App, update: ParkedUpdate) -> v1::ParkedUpdate {
    v1::ParkedUpdate {
        cursor: cursor(app, update.position),
        article_id: id(update.article_id),
        attempts: update.attempts,
        reason: update.reason,
        parked_time: Some(timestamp(update.parked_time)),
    }
}

fn id(id: Uuid) -> String {
    id.to_string()
}

fn cursor(app: &App, position: Position) -> Vec<u8> {
    Cursor { incarnation: app.feed().incarnation(), position }.encode()
}
