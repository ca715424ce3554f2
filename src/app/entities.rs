//! The registry of entities: what EntityService's requests mean. An id that was given up stands for what it was merged
//! into, everywhere.

use time::{Date, Duration, Month, OffsetDateTime, Time};
use uuid::Uuid;

use super::{App, AppError, page_token};
use crate::{
    article::{Violation, name_key},
    store::entities::{
        EntityChange, EntityFilter, EntityKey, EntityRecord, EntityRow, MentionKey, MentionRow, MergeOutcome,
        Period, RelatedRow, SplitOutcome, TimelineRow, Unit,
    },
};

const MAX_PAGE_SIZE: i32 = 500;
const DEFAULT_PAGE_SIZE: i32 = 50;
const MAX_RELATED: i32 = 200;
const DEFAULT_RELATED: i32 = 20;
/// Articles whose company is looked at.
const RELATED_WINDOW: i64 = 1_000;
/// Longest name that can be asked for, in bytes.
const MAX_PREFIX_BYTES: usize = 200;
/// Most buckets of a timeline.
const MAX_BUCKETS: usize = 1_000;
const DEFAULT_BUCKETS: i32 = 30;

/// A page of entities or of changes.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityPage<T> {
    /// In order.
    pub items: Vec<T>,
    /// Empty: this was the last.
    pub next_page_token: String,
}

/// A page of articles.
pub type MentionPage = EntityPage<MentionRow>;

/// A page of related entities.
#[derive(Clone, Debug, PartialEq)]
pub struct RelatedPage {
    /// Most shared articles first.
    pub page: EntityPage<RelatedRow>,
    /// Articles that were looked at.
    pub article_count: i64,
}

/// A timeline as asked for.
#[derive(Clone, Copy, Debug)]
pub struct TimelineQuery {
    /// Whose.
    pub entity_id: Uuid,
    /// Width of a bucket.
    pub unit: Unit,
    /// `None`: 30 buckets before the end.
    pub from: Option<OffsetDateTime>,
    /// `None`: now.
    pub until: Option<OffsetDateTime>,
}

/// Size and token of a page as asked for.
#[derive(Clone, Debug, Default)]
pub struct PageQuery {
    /// 0: the default.
    pub size: i32,
    /// Empty: the first.
    pub token: String,
}

/// A page that was read with one more than asked for: what to keep, and whether there is another.
fn cut<T>(mut items: Vec<T>, size: i32) -> (Vec<T>, bool) {
    let size = usize::try_from(size).unwrap_or_default();
    let has_more = items.len() > size;
    items.truncate(size);
    (items, has_more)
}

struct Paging<K> {
    size: i32,
    after: Option<K>,
}

/// Checks size and token; `request` is what the token must have been made with.
fn paging<K: serde::de::DeserializeOwned>(
    query: &PageQuery,
    (default, max): (i32, i32),
    request: &str,
    violations: &mut Vec<Violation>,
) -> Paging<K> {
    if !(0..=max).contains(&query.size) {
        violations.push(Violation::new("page_size", format!("must be 1 to {max}, or 0 for {default}")));
    }
    let after = match query.token.as_str() {
        "" => None,
        token => {
            let key = page_token::open(token, request);
            if key.is_none() {
                violations.push(Violation::new(
                    "page_token",
                    "is not the next_page_token of an answer to the same request; leave it empty to start over",
                ));
            }
            key
        }
    };
    Paging { size: if query.size == 0 { default } else { query.size }, after }
}

fn check_period(period: Period, violations: &mut Vec<Violation>) {
    if let (Some(from), Some(until)) = (period.from, period.until)
        && until <= from
    {
        violations.push(Violation::new("end_time", "must be after start_time"));
    }
}

fn is_valid(violations: Vec<Violation>) -> Result<(), AppError> {
    if violations.is_empty() { Ok(()) } else { Err(AppError::Invalid(violations)) }
}

/// Seconds and nanoseconds of a key's time.
fn time_key(key: MentionKey) -> (i64, u32, Uuid) {
    (key.time.unix_timestamp(), key.time.nanosecond(), key.article_id)
}

fn mention_key((seconds, nanoseconds, article_id): (i64, u32, Uuid)) -> Option<MentionKey> {
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok()?.replace_nanosecond(nanoseconds).ok()?;
    Some(MentionKey { time, article_id })
}

impl App {
    /// An entity, and when the id asked for was merged into it if it was.
    pub async fn get_entity(
        &self,
        entity_id: Uuid,
    ) -> Result<(EntityRecord, Option<EntityChange>), AppError> {
        let survivor = self.entity(entity_id).await?;
        let record = self.store.get_entity(survivor).await?.ok_or(AppError::EntityNotFound(entity_id))?;
        let merged = if survivor == entity_id { None } else { self.store.get_merge(entity_id).await? };
        Ok((record, merged))
    }

    /// What the id stands for now.
    async fn entity(&self, entity_id: Uuid) -> Result<Uuid, AppError> {
        self.store.surviving_entity(entity_id).await?.ok_or(AppError::EntityNotFound(entity_id))
    }

    /// One page, by name.
    pub async fn list_entities(
        &self,
        mut filter: EntityFilter,
        page: PageQuery,
        mut violations: Vec<Violation>,
    ) -> Result<EntityPage<EntityRow>, AppError> {
        if filter.name_prefix.len() > MAX_PREFIX_BYTES {
            violations
                .push(Violation::new("name_prefix", format!("is longer than {MAX_PREFIX_BYTES} bytes")));
        }
        filter.name_prefix = name_key(&filter.name_prefix);
        let request = format!("entities\0{filter:?}");
        let bounds = (DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
        let paging: Paging<(String, Uuid)> = paging(&page, bounds, &request, &mut violations);
        is_valid(violations)?;
        let after = paging.after.map(|(name_key, entity_id)| EntityKey { name_key, entity_id });
        let rows = self.store.list_entities(&filter, after.as_ref(), i64::from(paging.size) + 1).await?;
        let (rows, has_more) = cut(rows, paging.size);
        let last = rows.last().filter(|_| has_more).map(|(key, _)| (&key.name_key, key.entity_id));
        Ok(EntityPage {
            next_page_token: last.map_or(String::new(), |key| page_token::seal(&key, &request)),
            items: rows.into_iter().map(|(_, row)| row).collect(),
        })
    }

    /// One page, newest article first.
    pub async fn list_entity_mentions(
        &self,
        entity_id: Uuid,
        period: Period,
        page: PageQuery,
        mut violations: Vec<Violation>,
    ) -> Result<MentionPage, AppError> {
        check_period(period, &mut violations);
        let request = format!("mentions\0{entity_id}\0{period:?}");
        let bounds = (DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
        let paging: Paging<(i64, u32, Uuid)> = paging(&page, bounds, &request, &mut violations);
        is_valid(violations)?;
        let id = self.entity(entity_id).await?;
        let after = paging.after.and_then(mention_key);
        let limit = i64::from(paging.size) + 1;
        let rows = self.store.list_entity_mentions(id, period, after, limit).await?;
        let (items, has_more) = cut(rows, paging.size);
        let last = items.last().filter(|_| has_more);
        let last = last.map(|row| time_key(MentionKey { time: row.time, article_id: row.article_id }));
        let next_page_token = last.map_or(String::new(), |key| page_token::seal(&key, &request));
        Ok(EntityPage { items, next_page_token })
    }

    /// One page, most shared articles first.
    pub async fn list_related_entities(
        &self,
        entity_id: Uuid,
        types: Vec<i16>,
        period: Period,
        page: PageQuery,
        mut violations: Vec<Violation>,
    ) -> Result<RelatedPage, AppError> {
        check_period(period, &mut violations);
        let request = format!("related\0{entity_id}\0{types:?}\0{period:?}");
        let bounds = (DEFAULT_RELATED, MAX_RELATED);
        let paging: Paging<((i64, u32, Uuid), i64, Uuid)> = paging(&page, bounds, &request, &mut violations);
        is_valid(violations)?;
        let id = self.entity(entity_id).await?;
        let newest = paging.after.and_then(|(newest, _, _)| mention_key(newest));
        let Some((newest, article_count)) =
            self.store.entity_window(id, period, newest, RELATED_WINDOW).await?
        else {
            let page = EntityPage { items: Vec::new(), next_page_token: String::new() };
            return Ok(RelatedPage { page, article_count: 0 });
        };
        let after = paging.after.map(|(_, count, id)| (count, id));
        let window = (newest, RELATED_WINDOW);
        let limit = i64::from(paging.size) + 1;
        let rows = self.store.list_related_entities(id, period, &types, window, after, limit).await?;
        let (items, has_more) = cut(rows, paging.size);
        let last = items.last().filter(|_| has_more);
        let last = last.map(|row| (time_key(newest), row.article_count, row.entity.entity_id));
        let next_page_token = last.map_or(String::new(), |key| page_token::seal(&key, &request));
        Ok(RelatedPage { page: EntityPage { items, next_page_token }, article_count })
    }

    /// Every bucket of the time asked for, empty ones too.
    pub async fn entity_timeline(
        &self,
        query: TimelineQuery,
        mut violations: Vec<Violation>,
    ) -> Result<Vec<TimelineRow>, AppError> {
        let until = query.until.unwrap_or_else(OffsetDateTime::now_utc);
        let from = query.from.unwrap_or_else(|| {
            // The bucket of the end is the last of them.
            (1..DEFAULT_BUCKETS).fold(start_of(query.unit, until), |start, _| previous(query.unit, start))
        });
        check_period(Period { from: Some(from), until: Some(until) }, &mut violations);
        is_valid(violations)?;
        let mut starts = Vec::new();
        let mut start = start_of(query.unit, from);
        while start < until && starts.len() <= MAX_BUCKETS {
            starts.push(start);
            let Some(after) = next(query.unit, start) else { break };
            start = after;
        }
        if starts.len() > MAX_BUCKETS {
            let problem = format!("is more than {MAX_BUCKETS} buckets after start_time; ask for wider ones");
            return Err(AppError::Invalid(vec![Violation::new("end_time", problem)]));
        }
        let id = self.entity(query.entity_id).await?;
        let first = starts.first().copied().unwrap_or(from);
        let mut rows = self.store.entity_timeline(id, query.unit, first, until).await?.into_iter().peekable();
        let fill = |start| {
            let empty = TimelineRow { start, article_count: 0, mention_count: 0 };
            rows.next_if(|row| row.start == start).unwrap_or(empty)
        };
        Ok(starts.into_iter().map(fill).collect())
    }

    /// Says that entities are one; the entity that is left.
    pub async fn merge_entities(
        &self,
        entity_id: Uuid,
        merged: &[Uuid],
        reason: &str,
    ) -> Result<EntityRecord, AppError> {
        match self.store.merge_entities(entity_id, merged, reason).await? {
            MergeOutcome::Merged(id) => self.store.get_entity(id).await?.ok_or(AppError::EntityNotFound(id)),
            MergeOutcome::NotFound(id) => Err(AppError::EntityNotFound(id)),
            MergeOutcome::Same(id) => {
                let problem = format!("{id} is the entity that is to be left, or was merged into it");
                Err(AppError::Invalid(vec![Violation::new("merged_entity_ids", problem)]))
            }
        }
    }

    /// Says that some articles are about another; the old and the new entity.
    pub async fn split_entity(
        &self,
        entity_id: Uuid,
        article_ids: &[Uuid],
        name: &str,
        reason: &str,
    ) -> Result<(EntityRecord, EntityRecord), AppError> {
        match self.store.split_entity(entity_id, article_ids, name, &name_key(name), reason).await? {
            SplitOutcome::Split(old, new) => {
                let old_record = self.store.get_entity(old).await?.ok_or(AppError::EntityNotFound(old))?;
                let new_record = self.store.get_entity(new).await?.ok_or(AppError::EntityNotFound(new))?;
                Ok((old_record, new_record))
            }
            SplitOutcome::NotFound => Err(AppError::EntityNotFound(entity_id)),
            SplitOutcome::NotItsArticles(ids) => {
                let named: Vec<String> = ids.iter().take(3).map(Uuid::to_string).collect();
                let problem = format!("has articles that do not name the entity: {}", named.join(", "));
                Err(AppError::Invalid(vec![Violation::new("article_ids", problem)]))
            }
        }
    }

    /// One page of merges and splits, newest first.
    pub async fn list_entity_changes(
        &self,
        entity_id: Option<Uuid>,
        page: PageQuery,
        mut violations: Vec<Violation>,
    ) -> Result<EntityPage<EntityChange>, AppError> {
        let request = format!("changes\0{entity_id:?}");
        let bounds = (DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
        let paging: Paging<i64> = paging(&page, bounds, &request, &mut violations);
        is_valid(violations)?;
        let limit = i64::from(paging.size) + 1;
        let rows = self.store.list_entity_changes(entity_id, paging.after, limit).await?;
        let (items, has_more) = cut(rows, paging.size);
        let last = items.last().filter(|_| has_more).map(|change| change.change_id);
        let next_page_token = last.map_or(String::new(), |key| page_token::seal(&key, &request));
        Ok(EntityPage { items, next_page_token })
    }

    /// A filter's entity ids with all that are one with them.
    pub async fn entity_families(&self, entity_ids: &[Uuid]) -> Result<Vec<Uuid>, AppError> {
        Ok(self.store.entity_families(entity_ids).await?)
    }
}

fn midnight(date: Date) -> OffsetDateTime {
    date.with_time(Time::MIDNIGHT).assume_utc()
}

fn start_of(unit: Unit, time: OffsetDateTime) -> OffsetDateTime {
    let date = time.to_offset(time::UtcOffset::UTC).date();
    match unit {
        Unit::Day => midnight(date),
        Unit::Week => {
            let days = i64::from(date.weekday().number_days_from_monday());
            midnight(date.checked_sub(Duration::days(days)).unwrap_or(date))
        }
        Unit::Month => midnight(date.replace_day(1).unwrap_or(date)),
    }
}

/// `None` behind the last year that there is.
fn next(unit: Unit, start: OffsetDateTime) -> Option<OffsetDateTime> {
    match unit {
        Unit::Day => start.checked_add(Duration::DAY),
        Unit::Week => start.checked_add(Duration::WEEK),
        Unit::Month => {
            let month = start.month().next();
            let year = if month == Month::January { start.year() + 1 } else { start.year() };
            Date::from_calendar_date(year, month, 1).ok().map(midnight)
        }
    }
}

fn previous(unit: Unit, start: OffsetDateTime) -> OffsetDateTime {
    let within = start.checked_sub(Duration::DAY).unwrap_or(start);
    start_of(unit, within)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn buckets_follow_the_calendar() {
        let time = datetime!(2026-01-01 15:30 UTC);
        assert_eq!(start_of(Unit::Day, time), datetime!(2026-01-01 0:00 UTC));
        assert_eq!(start_of(Unit::Week, time), datetime!(2025-12-29 0:00 UTC));
        assert_eq!(start_of(Unit::Month, time), datetime!(2026-01-01 0:00 UTC));
        let december = datetime!(2025-12-01 0:00 UTC);
        assert_eq!(next(Unit::Month, december), Some(datetime!(2026-01-01 0:00 UTC)));
        assert_eq!(previous(Unit::Month, december), datetime!(2025-11-01 0:00 UTC));
        assert_eq!(previous(Unit::Week, datetime!(2025-12-29 0:00 UTC)), datetime!(2025-12-22 0:00 UTC));
        assert_eq!(next(Unit::Month, datetime!(9999-12-01 0:00 UTC)), None);
    }
}
