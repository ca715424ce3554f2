//! EntityService: reads requests, calls `app`, writes answers.

use copydesk_proto::v1::{self, entity_service_server::EntityService};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{convert::Reading, status::from_app};
use crate::{
    app::{App, PageQuery, TimelineQuery},
    article::EntityLink,
    store::entities::{
        EntityChange, EntityFilter, EntityRecord, EntityRow, MentionRow, Period, RelatedRow, TimelineRow,
        Unit,
    },
    wire::timestamp,
};

/// Most entities that are merged, and articles that are split off, in one call.
const MAX_MERGED_IDS: usize = 100;
const MAX_SPLIT_IDS: usize = 1_000;
/// Longest reason or name, in bytes.
const MAX_TEXT_BYTES: usize = 1_000;

/// The service. Cheap to clone.
#[derive(Clone)]
pub struct EntityRpc {
    app: App,
}

impl EntityRpc {
    /// On top of the use cases.
    pub fn new(app: App) -> EntityRpc {
        EntityRpc { app }
    }
}

impl Reading {
    fn period(
        &mut self,
        start: Option<prost_types::Timestamp>,
        end: Option<prost_types::Timestamp>,
    ) -> Period {
        Period {
            from: start.and_then(|time| self.time("start_time", time)),
            until: end.and_then(|time| self.time("end_time", time)),
        }
    }

    fn short_text(&mut self, field: &str, text: &str) {
        if text.len() > MAX_TEXT_BYTES {
            self.refuse(field, format!("is longer than {MAX_TEXT_BYTES} bytes"));
        }
    }
}

#[tonic::async_trait]
impl EntityService for EntityRpc {
    async fn get_entity(
        &self,
        request: Request<v1::GetEntityRequest>,
    ) -> Result<Response<v1::GetEntityResponse>, Status> {
        let mut reading = Reading::default();
        let id = reading.entity_id("entity_id", &request.into_inner().entity_id);
        reading.finish()?;
        let (entity, merged) = self.app.get_entity(id).await.map_err(from_app)?;
        Ok(Response::new(v1::GetEntityResponse { entity: Some(record(entity)), merged: merged.map(change) }))
    }

    async fn list_entities(
        &self,
        request: Request<v1::ListEntitiesRequest>,
    ) -> Result<Response<v1::ListEntitiesResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let types = reading.entity_types("types", &request.types);
        let link = request.link.map(|link| {
            for (field, value) in [("link.scheme", &link.scheme), ("link.id", &link.id)] {
                if value.is_empty() {
                    reading.refuse(field, "is empty; name both the system and the id there");
                }
            }
            (link.scheme, link.id)
        });
        let filter = EntityFilter { types, name_prefix: request.name_prefix, link };
        let page = PageQuery { size: request.page_size, token: request.page_token };
        let page = self.app.list_entities(filter, page, reading.violations).await.map_err(from_app)?;
        Ok(Response::new(v1::ListEntitiesResponse {
            entities: page.items.into_iter().map(row).collect(),
            next_page_token: page.next_page_token,
        }))
    }

    async fn list_entity_mentions(
        &self,
        request: Request<v1::ListEntityMentionsRequest>,
    ) -> Result<Response<v1::ListEntityMentionsResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let id = reading.entity_id("entity_id", &request.entity_id);
        let period = reading.period(request.start_time, request.end_time);
        let page = PageQuery { size: request.page_size, token: request.page_token };
        let page = self.app.list_entity_mentions(id, period, page, reading.violations).await;
        let page = page.map_err(from_app)?;
        Ok(Response::new(v1::ListEntityMentionsResponse {
            mentions: page.items.into_iter().map(mention).collect(),
            next_page_token: page.next_page_token,
        }))
    }

    async fn list_related_entities(
        &self,
        request: Request<v1::ListRelatedEntitiesRequest>,
    ) -> Result<Response<v1::ListRelatedEntitiesResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let id = reading.entity_id("entity_id", &request.entity_id);
        let types = reading.entity_types("types", &request.types);
        let period = reading.period(request.start_time, request.end_time);
        let page = PageQuery { size: request.page_size, token: request.page_token };
        let related = self.app.list_related_entities(id, types, period, page, reading.violations).await;
        let related = related.map_err(from_app)?;
        Ok(Response::new(v1::ListRelatedEntitiesResponse {
            related: related.page.items.into_iter().map(related_entity).collect(),
            article_count: count(related.article_count),
            next_page_token: related.page.next_page_token,
        }))
    }

    async fn get_entity_timeline(
        &self,
        request: Request<v1::GetEntityTimelineRequest>,
    ) -> Result<Response<v1::GetEntityTimelineResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let entity_id = reading.entity_id("entity_id", &request.entity_id);
        let unit = match reading.known("bucket", request.bucket, v1::TimelineBucket::Day) {
            v1::TimelineBucket::Unspecified | v1::TimelineBucket::Day => Unit::Day,
            v1::TimelineBucket::Week => Unit::Week,
            v1::TimelineBucket::Month => Unit::Month,
        };
        let Period { from, until } = reading.period(request.start_time, request.end_time);
        let query = TimelineQuery { entity_id, unit, from, until };
        let rows = self.app.entity_timeline(query, reading.violations).await.map_err(from_app)?;
        Ok(Response::new(v1::GetEntityTimelineResponse { entries: rows.into_iter().map(entry).collect() }))
    }

    async fn merge_entities(
        &self,
        request: Request<v1::MergeEntitiesRequest>,
    ) -> Result<Response<v1::MergeEntitiesResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let id = reading.entity_id("entity_id", &request.entity_id);
        let merged = reading.ids("merged_entity_ids", &request.merged_entity_ids, MAX_MERGED_IDS);
        reading.short_text("reason", &request.reason);
        reading.finish()?;
        let entity = self.app.merge_entities(id, &merged, &request.reason).await.map_err(from_app)?;
        Ok(Response::new(v1::MergeEntitiesResponse { entity: Some(record(entity)) }))
    }

    async fn split_entity(
        &self,
        request: Request<v1::SplitEntityRequest>,
    ) -> Result<Response<v1::SplitEntityResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let id = reading.entity_id("entity_id", &request.entity_id);
        let article_ids = reading.ids("article_ids", &request.article_ids, MAX_SPLIT_IDS);
        reading.short_text("reason", &request.reason);
        if request.name.len() > MAX_NAME_BYTES {
            reading.refuse("name", format!("is longer than {MAX_NAME_BYTES} bytes"));
        }
        reading.finish()?;
        let split = self.app.split_entity(id, &article_ids, request.name.trim(), &request.reason).await;
        let (old, new) = split.map_err(from_app)?;
        Ok(Response::new(v1::SplitEntityResponse {
            entity: Some(record(old)),
            split_entity: Some(record(new)),
        }))
    }

    async fn list_entity_changes(
        &self,
        request: Request<v1::ListEntityChangesRequest>,
    ) -> Result<Response<v1::ListEntityChangesResponse>, Status> {
        let request = request.into_inner();
        let mut reading = Reading::default();
        let of = (!request.entity_id.is_empty()).then(|| reading.entity_id("entity_id", &request.entity_id));
        let page = PageQuery { size: request.page_size, token: request.page_token };
        let page = self.app.list_entity_changes(of, page, reading.violations).await.map_err(from_app)?;
        Ok(Response::new(v1::ListEntityChangesResponse {
            changes: page.items.into_iter().map(change).collect(),
            next_page_token: page.next_page_token,
        }))
    }
}

/// Longest name of an entity, in bytes.
const MAX_NAME_BYTES: usize = 200;

fn count(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn row(row: EntityRow) -> v1::EntityRecord {
    let kind = i32::from(row.entity_type);
    let is_custom = kind == i32::from(v1::EntityType::Custom);
    v1::EntityRecord {
        entity_id: row.entity_id.to_string(),
        r#type: kind,
        custom_type: if is_custom { row.label } else { String::new() },
        name: row.name,
        created_time: Some(timestamp(row.created_time)),
        ..Default::default()
    }
}

fn record(entity: EntityRecord) -> v1::EntityRecord {
    let name = |(name, article_count)| v1::EntityName { name, article_count };
    v1::EntityRecord {
        names: entity.names.into_iter().map(name).collect(),
        links: entity.links.into_iter().map(link).collect(),
        article_count: count(entity.article_count),
        has_more_articles: entity.has_more_articles,
        first_time: entity.times.map(|(first, _)| timestamp(first)),
        last_time: entity.times.map(|(_, last)| timestamp(last)),
        merged_entity_ids: entity.merged_ids.iter().map(Uuid::to_string).collect(),
        ..row(entity.row)
    }
}

fn link(link: EntityLink) -> v1::EntityLink {
    v1::EntityLink { scheme: link.scheme, id: link.id, url: link.url }
}

fn mention(row: MentionRow) -> v1::ArticleMention {
    v1::ArticleMention {
        article_id: row.article_id.to_string(),
        version: row.version,
        source: row.source,
        title: row.title.unwrap_or_default(),
        time: Some(timestamp(row.time)),
        salience: row.salience,
        mention_count: row.mention_count,
    }
}

fn related_entity(related: RelatedRow) -> v1::RelatedEntity {
    v1::RelatedEntity { article_count: count(related.article_count), entity: Some(row(related.entity)) }
}

fn entry(row: TimelineRow) -> v1::TimelineEntry {
    v1::TimelineEntry {
        start_time: Some(timestamp(row.start)),
        article_count: row.article_count,
        mention_count: row.mention_count,
    }
}

fn change(change: EntityChange) -> v1::EntityChange {
    v1::EntityChange {
        kind: i32::from(change.kind),
        from_entity_id: change.from_id.to_string(),
        to_entity_id: change.to_id.to_string(),
        time: Some(timestamp(change.time)),
        reason: change.reason,
        article_count: change.article_count,
    }
}
