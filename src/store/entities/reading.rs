//! What EntityService reads. Pages go by key, so that inserts do not shift them; every statement walks indexes and is
//! bounded, however often an entity is in the news.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    EntityFilter, EntityKey, EntityRecord, EntityRow, MentionKey, MentionRow, Period, RelatedRow,
    TimelineRow, Unit,
};
use crate::{
    article::EntityLink,
    store::{Store, StoreError},
};

/// Articles that are counted for a record.
const MAX_COUNTED: i64 = 10_000;

/// An entity in a list, and the name that it stands at.
struct ListedRow {
    entity_id: Uuid,
    entity_type: i16,
    label: String,
    name: String,
    created_time: OffsetDateTime,
    name_key: String,
}

impl ListedRow {
    fn keyed(self) -> (EntityKey, EntityRow) {
        let ListedRow { entity_id, entity_type, label, name, created_time, name_key } = self;
        (EntityKey { name_key, entity_id }, EntityRow { entity_id, entity_type, label, name, created_time })
    }
}

impl Store {
    /// The entity that an id now is: itself, or what it was merged into.
    pub async fn surviving_entity(&self, entity_id: Uuid) -> Result<Option<Uuid>, StoreError> {
        let id = sqlx::query_scalar!(
            r#"select coalesce(merged_into, entity_id) as "id!" from entities where entity_id = $1"#,
            entity_id
        );
        Ok(id.fetch_optional(&self.pool).await?)
    }

    /// The same ids with all that are one with them: survivors, and what was merged into those. Ids that nobody has stay.
    pub async fn entity_families(&self, entity_ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        if entity_ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids = sqlx::query_scalar!(
            r#"with survivors as (
                   select asked.id as asked_id, coalesce(e.merged_into, asked.id) as id
                   from unnest($1::uuid[]) as asked (id)
                   left join entities e on e.entity_id = asked.id
               )
               select asked_id as "id!" from survivors
               union select id from survivors
               union select m.entity_id from entities m join survivors s on m.merged_into = s.id"#,
            entity_ids
        );
        Ok(ids.fetch_all(&self.pool).await?)
    }

    /// An entity in full; merged ones are not followed. Two statements; counting is bounded.
    pub async fn get_entity(&self, entity_id: Uuid) -> Result<Option<EntityRecord>, StoreError> {
        let found = sqlx::query!(
            r#"select e.entity_id, e.entity_type, e.label, e.name, e.created_time, counted.count as "count!",
                   oldest.time as "oldest?", newest.time as "newest?",
                   coalesce((select array_agg(m.entity_id order by m.entity_id)
                             from entities m where m.merged_into = e.entity_id), '{}') as "merged_ids!"
               from entities e
               cross join lateral (
                   select count(*) from (
                       select from article_entities a where a.entity_id = e.entity_id limit $2
                   ) bounded
               ) counted
               left join lateral (
                   select time from article_entities a where a.entity_id = e.entity_id
                   order by time, article_id limit 1
               ) oldest on true
               left join lateral (
                   select time from article_entities a where a.entity_id = e.entity_id
                   order by time desc, article_id desc limit 1
               ) newest on true
               where e.entity_id = $1"#,
            entity_id,
            MAX_COUNTED + 1
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(found) = found else { return Ok(None) };
        let rows = sqlx::query!(
            r#"select name as "name!", article_count as "count!", null as "scheme?", null as "id?", null as "url?"
               from entity_names where entity_id = $1
               union all
               select '', 0, scheme, id, url from entity_links where entity_id = $1"#,
            entity_id
        )
        .fetch_all(&self.pool)
        .await?;
        let (mut names, mut links) = (Vec::new(), Vec::new());
        for row in rows {
            match (row.scheme, row.id, row.url) {
                (Some(scheme), Some(id), Some(url)) => links.push(EntityLink { scheme, id, url }),
                _ => names.push((row.name, row.count)),
            }
        }
        names.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        links.sort_by(|one, other| (&one.scheme, &one.id).cmp(&(&other.scheme, &other.id)));
        Ok(Some(EntityRecord {
            row: EntityRow {
                entity_id: found.entity_id,
                entity_type: found.entity_type,
                label: found.label,
                name: found.name,
                created_time: found.created_time,
            },
            names,
            links,
            article_count: found.count.min(MAX_COUNTED),
            has_more_articles: found.count > MAX_COUNTED,
            times: found.oldest.zip(found.newest),
            merged_ids: found.merged_ids,
        }))
    }

    /// Up to `limit` entities after `after`, with the name that each stands at. By name; of several that match, the first.
    pub async fn list_entities(
        &self,
        filter: &EntityFilter,
        after: Option<&EntityKey>,
        limit: i64,
    ) -> Result<Vec<(EntityKey, EntityRow)>, StoreError> {
        if let Some((scheme, id)) = &filter.link {
            return self.linked_entities(filter, (scheme, id), after).await;
        }
        // Above every name that begins so, in the order of bytes.
        let end = format!("{}\u{10ffff}", filter.name_prefix);
        let rows = sqlx::query_file_as!(
            ListedRow,
            "src/store/entities/list_entities.sql",
            filter.name_prefix,
            end,
            after.map(|key| key.name_key.as_str()),
            after.map(|key| key.entity_id),
            &filter.types,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(ListedRow::keyed).collect())
    }

    /// Two at most: a country and its people.
    async fn linked_entities(
        &self,
        filter: &EntityFilter,
        (scheme, id): (&str, &str),
        after: Option<&EntityKey>,
    ) -> Result<Vec<(EntityKey, EntityRow)>, StoreError> {
        let rows = sqlx::query_as!(
            ListedRow,
            r#"select e.entity_id, e.entity_type, e.label, e.name, e.created_time, n.name_key
               from entity_links l
               join entities e using (entity_id)
               cross join lateral (
                   select name_key from entity_names n
                   where n.entity_id = e.entity_id and starts_with(n.name_key, $3)
                   order by name_key limit 1
               ) n
               where l.scheme = $1 and l.id = $2 and (cardinality($4::smallint[]) = 0 or e.entity_type = any($4))
                 and ($5::text is null or (n.name_key, e.entity_id) > ($5, $6::uuid))
               order by n.name_key, e.entity_id"#,
            scheme,
            id,
            filter.name_prefix,
            &filter.types,
            after.map(|key| key.name_key.as_str()),
            after.map(|key| key.entity_id)
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(ListedRow::keyed).collect())
    }

    /// Up to `limit` articles of an entity after `after`, newest first.
    pub async fn list_entity_mentions(
        &self,
        entity_id: Uuid,
        period: Period,
        after: Option<MentionKey>,
        limit: i64,
    ) -> Result<Vec<MentionRow>, StoreError> {
        let rows = sqlx::query_as!(
            MentionRow,
            r#"select m.article_id, m.version, a.source, v.summary ->> 'title' as title, m.time, m.salience,
                   m.mention_count
               from (
                   select article_id, version, time, salience, mention_count
                   from article_entities
                   where entity_id = $1
                     and time >= coalesce($2, '-infinity'::timestamptz) and time < coalesce($3, 'infinity'::timestamptz)
                     and ($4::timestamptz is null or (time, article_id) < ($4, $5::uuid))
                   order by time desc, article_id desc
                   limit $6
               ) m
               join articles a on a.article_id = m.article_id
               join article_versions v on v.article_id = m.article_id and v.version = m.version
               order by m.time desc, m.article_id desc"#,
            entity_id,
            period.from,
            period.until,
            after.map(|key| key.time),
            after.map(|key| key.article_id),
            limit
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }

    /// Where the newest `window` articles of an entity begin and end, and how many they are.
    pub async fn entity_window(
        &self,
        entity_id: Uuid,
        period: Period,
        newest: Option<MentionKey>,
        window: i64,
    ) -> Result<Option<(MentionKey, i64)>, StoreError> {
        let row = sqlx::query!(
            r#"select (array_agg(time))[1] as "time?", (array_agg(article_id))[1] as "article_id?",
                   count(*) as "count!"
               from (
                   select time, article_id from article_entities
                   where entity_id = $1
                     and time >= coalesce($2, '-infinity'::timestamptz) and time < coalesce($3, 'infinity'::timestamptz)
                     and ($4::timestamptz is null or (time, article_id) <= ($4, $5::uuid))
                   order by time desc, article_id desc
                   limit $6
               ) newest"#,
            entity_id,
            period.from,
            period.until,
            newest.map(|key| key.time),
            newest.map(|key| key.article_id),
            window
        )
        .fetch_one(&self.pool)
        .await?;
        let key = row.time.zip(row.article_id).map(|(time, article_id)| MentionKey { time, article_id });
        Ok(key.map(|key| (key, row.count)))
    }

    /// Up to `limit` entities that the newest `window` articles up to `newest` name besides, most shared articles first.
    pub async fn list_related_entities(
        &self,
        entity_id: Uuid,
        period: Period,
        types: &[i16],
        (newest, window): (MentionKey, i64),
        after: Option<(i64, Uuid)>,
        limit: i64,
    ) -> Result<Vec<RelatedRow>, StoreError> {
        let rows = sqlx::query_file!(
            "src/store/entities/list_related.sql",
            entity_id,
            period.from,
            newest.time,
            newest.article_id,
            window,
            types,
            after.map(|key| key.0),
            after.map(|key| key.1),
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| RelatedRow {
                article_count: row.article_count,
                entity: EntityRow {
                    entity_id: row.entity_id,
                    entity_type: row.entity_type,
                    label: row.label,
                    name: row.name,
                    created_time: row.created_time,
                },
            })
            .collect())
    }

    /// The buckets of a period that are not empty, in order. `from` is midnight UTC. A row for each day, and one for each
    /// article of a last day that ends early.
    pub async fn entity_timeline(
        &self,
        entity_id: Uuid,
        unit: Unit,
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Vec<TimelineRow>, StoreError> {
        let rows = sqlx::query_as!(
            TimelineRow,
            r#"select date_trunc($2, day, 'UTC') as "start!", sum(article_count)::bigint as "article_count!",
                   sum(mention_count)::bigint as "mention_count!"
               from (
                   select day::timestamp at time zone 'utc' as day, article_count, mention_count from entity_days
                   where entity_id = $1 and day >= ($3 at time zone 'utc')::date and day < ($4 at time zone 'utc')::date
                   union all
                   select time, 1, mention_count from article_entities
                   where entity_id = $1 and time >= date_trunc('day', $4, 'UTC') and time < $4
               ) counted
               group by 1
               having sum(article_count) > 0
               order by 1"#,
            entity_id,
            unit.name(),
            from,
            until
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }
}
