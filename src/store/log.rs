//! The ordered log: its head, appending, and reading by position.
//!
//! `append` must be the last statement before commit: the update of `log_head` holds up every other writer of the log
//! until the transaction ends, which is what makes commit order and position order the same.

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Store, StoreError, Tx};
use crate::article::{Event, EventKind, Position, Summary};

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

    /// Up to `limit` events after `after_position`, in order, without holes. Empty at the end of the log.
    /// Errors: `Trimmed` if the next position is no longer held.
    pub async fn read_log(&self, after_position: Position, limit: i64) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query!(
            r#"select position, kind, time, summary as "summary: Json<Summary>"
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
        rows.into_iter().map(|row| decode_event(row.position, row.kind, row.time, row.summary)).collect()
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
    let summaries = events
        .iter()
        .map(|event| serde_json::to_string(&event.summary))
        .collect::<Result<Vec<String>, _>>()
        .map_err(|error| StoreError::Damaged(format!("an event cannot be written: {error}")))?;
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);

    let head = sqlx::query!(
        r#"update log_head set position = position + $1 returning position, clock_timestamp() as "time!""#,
        count
    )
    .fetch_one(&mut *tx.0)
    .await?;
    let first = head.position - count + 1;
    sqlx::query!(
        "insert into log_events (position, kind, time, article_id, version, summary)
         select $1 + ordinality - 1, kind, $2, article_id, version, summary::json
         from unnest($3::smallint[], $4::uuid[], $5::integer[], $6::text[])
             with ordinality as t (kind, article_id, version, summary, ordinality)",
        first,
        head.time,
        &kinds,
        &article_ids,
        &versions,
        &summaries
    )
    .execute(&mut *tx.0)
    .await?;

    let events = (first..)
        .zip(events)
        .map(|(position, event)| Event {
            position,
            kind: event.kind,
            time: head.time,
            summary: event.summary,
        })
        .collect();
    Ok(LoggedEvents { events })
}

pub(super) fn decode_event(
    position: Position,
    kind: i16,
    time: OffsetDateTime,
    Json(summary): Json<Summary>,
) -> Result<Event, StoreError> {
    let kind = EventKind::from_number(kind)
        .ok_or_else(|| StoreError::Damaged(format!("log position {position} has the unknown kind {kind}")))?;
    Ok(Event { position, kind, time, summary })
}
