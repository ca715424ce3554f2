//! The ordered log: its head, appending, and reading by position.
//!
//! `append` must be the last statement before commit: the update of `log_head` holds up every other writer of the log
//! until the transaction ends, which is what makes commit order and position order the same.

use bytes::Bytes;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Store, StoreError, Tx};
use crate::{
    article::{Event, EventKind, LogEntry, Position, Summary, VersionId},
    wire,
};

/// Where the log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Names the log; changes when a backup is restored.
    pub incarnation: Uuid,
    /// The newest position.
    pub position: Position,
    /// The newest position that is no longer held.
    pub trimmed_position: Position,
}

/// An event before it has a position.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What happens.
    pub kind: EventKind,
    /// The article as it will be.
    pub summary: Summary,
}

/// What `append` made, durable once the transaction is.
#[derive(Clone, Debug)]
pub struct LoggedEvents {
    /// In position order, dense.
    pub events: Vec<Event>,
}

impl Store {
    /// One indexed row.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let row = sqlx::query!("select incarnation, position, trimmed_position from log_head")
            .fetch_one(&self.pool)
            .await?;
        Ok(Head {
            incarnation: row.incarnation,
            position: row.position,
            trimmed_position: row.trimmed_position,
        })
    }

    /// Up to `limit` entries after `after_position`, in order, without holes. Empty at the end of the log.
    /// Errors: `Trimmed` if the next position is no longer held.
    pub async fn read_entries(
        &self,
        after_position: Position,
        limit: i64,
    ) -> Result<Vec<LogEntry>, StoreError> {
        let rows = sqlx::query_as!(
            EntryRow,
            r#"select position, kind, time, article_id, version, content, summary as "summary: Json<Summary>"
               from log_events where position > $1 order by position limit $2"#,
            after_position,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        let next = after_position + 1;
        if rows.first().is_none_or(|row| row.position != next) {
            let head = self.head().await?;
            if head.trimmed_position >= next {
                return Err(StoreError::Trimmed { trimmed_position: head.trimmed_position });
            }
            if let Some(row) = rows.first() {
                return Err(StoreError::Damaged(format!(
                    "position {next} is missing before {}",
                    row.position
                )));
            }
        }
        rows.into_iter().map(EntryRow::entry).collect()
    }

    /// `read_entries`, decoded.
    pub async fn read_log(&self, after_position: Position, limit: i64) -> Result<Vec<Event>, StoreError> {
        self.read_entries(after_position, limit).await?.into_iter().map(decode).collect()
    }
}

/// Appends events; their positions are theirs once the transaction commits. Two statements.
pub async fn append(tx: &mut Tx, events: Vec<NewEvent>) -> Result<LoggedEvents, StoreError> {
    if events.is_empty() {
        return Ok(LoggedEvents { events: Vec::new() });
    }
    let kinds: Vec<i16> = events.iter().map(|event| event.kind as i16).collect();
    let article_ids: Vec<Uuid> = events.iter().map(|event| event.summary.article_id).collect();
    let versions: Vec<i32> = events.iter().map(|event| event.summary.version).collect();
    let contents: Vec<Bytes> = events.iter().map(|event| wire::encode(event.kind, &event.summary)).collect();
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);

    let head = sqlx::query!(
        r#"update log_head set position = position + $1 returning position, clock_timestamp() as "time!""#,
        count
    )
    .fetch_one(&mut *tx.0)
    .await?;
    let first = head.position - count + 1;
    sqlx::query!(
        "insert into log_events (position, kind, time, article_id, version, content)
         select $1 + ordinality - 1, kind, $2, article_id, version, content
         from unnest($3::smallint[], $4::uuid[], $5::integer[], $6::bytea[])
             with ordinality as t (kind, article_id, version, content, ordinality)",
        first,
        head.time,
        &kinds,
        &article_ids,
        &versions,
        &contents.iter().map(|content| content.as_ref()).collect::<Vec<&[u8]>>() as &[&[u8]]
    )
    .execute(&mut *tx.0)
    .await?;

    let events = (first..)
        .zip(events.into_iter().zip(contents))
        .map(|(position, (event, content))| Event {
            position,
            kind: event.kind,
            time: head.time,
            summary: event.summary,
            content,
        })
        .collect();
    Ok(LoggedEvents { events })
}

/// Rewrites the events of an article so that they say who it was, and nothing of what it said.
pub(super) async fn redact(tx: &mut Tx, article_id: Uuid) -> Result<(), StoreError> {
    let rows = sqlx::query_as!(
        EntryRow,
        r#"select position, kind, time, article_id, version, content, summary as "summary: Json<Summary>"
           from log_events where article_id = $1"#,
        article_id
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let mut positions = Vec::new();
    let mut contents: Vec<Bytes> = Vec::new();
    for row in rows {
        let event = decode(row.entry()?)?;
        positions.push(event.position);
        contents.push(wire::encode(event.kind, &event.summary.deleted()));
    }
    sqlx::query!(
        "update log_events e set summary = null, content = t.content
         from unnest($1::bigint[], $2::bytea[]) as t (position, content) where e.position = t.position",
        &positions,
        &contents.iter().map(|content| content.as_ref()).collect::<Vec<&[u8]>>() as &[&[u8]]
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

/// A row of the log.
pub(super) struct EntryRow {
    pub(super) position: Position,
    pub(super) kind: i16,
    pub(super) time: OffsetDateTime,
    pub(super) article_id: Uuid,
    pub(super) version: i32,
    pub(super) content: Option<Vec<u8>>,
    /// Instead of the content, in rows from before it.
    pub(super) summary: Option<Json<Summary>>,
}

impl EntryRow {
    pub(super) fn entry(self) -> Result<LogEntry, StoreError> {
        let EntryRow { position, kind, .. } = self;
        let kind = EventKind::from_number(kind).ok_or_else(|| {
            StoreError::Damaged(format!("log position {position} has the unknown kind {kind}"))
        })?;
        let content = match (self.content, self.summary) {
            (Some(content), _) => Bytes::from(content),
            (None, Some(Json(summary))) => wire::encode(kind, &summary),
            (None, None) => return Err(StoreError::Damaged(format!("log position {position} is empty"))),
        };
        let id = VersionId { article_id: self.article_id, version: self.version };
        Ok(LogEntry { position, kind, time: self.time, id, content })
    }
}

/// With what the content says. Linear in it.
/// Errors: `Damaged`.
pub fn decode(entry: LogEntry) -> Result<Event, StoreError> {
    let LogEntry { position, kind, time, content, .. } = entry;
    let summary = wire::decode(&content)
        .map_err(|error| StoreError::Damaged(format!("log position {position}: {error}")))?;
    Ok(Event { position, kind, time, summary, content })
}
