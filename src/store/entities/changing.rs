//! Merging and splitting entities, and the record of it.

use time::OffsetDateTime;
use uuid::Uuid;

use super::lock;
use crate::store::{Store, StoreError, Tx};

/// A merge or a split.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityChange {
    /// Grows with time.
    pub change_id: i64,
    /// 1 merged, 2 split.
    pub kind: i16,
    /// Given up, or split.
    pub from_id: Uuid,
    /// What is left, or new.
    pub to_id: Uuid,
    /// When.
    pub time: OffsetDateTime,
    /// For people.
    pub reason: String,
    /// Articles that went over.
    pub article_count: i64,
}

/// Where a page of changes ended: the last one's number.
pub type ChangeKey = i64;

/// What became of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeOutcome {
    /// This one is left.
    Merged(Uuid),
    /// There is no such entity.
    NotFound(Uuid),
    /// It is one with the other already.
    Same(Uuid),
}

/// What became of a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitOutcome {
    /// The old and the new one.
    Split(Uuid, Uuid),
    /// There is no such entity.
    NotFound,
    /// These articles do not name it.
    NotItsArticles(Vec<Uuid>),
}

impl Store {
    /// Gives up `merged` for `entity_id` (or what that was merged into), in one transaction. Cost grows with the articles
    /// of those that are given up.
    pub async fn merge_entities(
        &self,
        entity_id: Uuid,
        merged: &[Uuid],
        reason: &str,
    ) -> Result<MergeOutcome, StoreError> {
        let mut tx = self.begin().await?;
        lock(&mut tx).await?;
        let Some(survivor) = find_survivor(&mut tx, entity_id).await? else {
            return Ok(MergeOutcome::NotFound(entity_id));
        };
        for asked in merged {
            let Some(from) = find_survivor(&mut tx, *asked).await? else {
                return Ok(MergeOutcome::NotFound(*asked));
            };
            if from == survivor {
                return Ok(MergeOutcome::Same(*asked));
            }
            merge_one(&mut tx, from, survivor, reason).await?;
        }
        tx.commit().await?;
        Ok(MergeOutcome::Merged(survivor))
    }

    /// Makes a new entity of some of an entity's articles, in one transaction. `name` empty: the same.
    pub async fn split_entity(
        &self,
        entity_id: Uuid,
        article_ids: &[Uuid],
        name: &str,
        name_key: &str,
        reason: &str,
    ) -> Result<SplitOutcome, StoreError> {
        let mut tx = self.begin().await?;
        lock(&mut tx).await?;
        let Some(from) = find_survivor(&mut tx, entity_id).await? else { return Ok(SplitOutcome::NotFound) };
        let missing: Vec<Uuid> = sqlx::query_scalar!(
            r#"select id as "id!" from unnest($2::uuid[]) as asked (id)
               where not exists (select from article_entities a where a.article_id = id and a.entity_id = $1)"#,
            from,
            article_ids
        )
        .fetch_all(&mut *tx.0)
        .await?;
        if !missing.is_empty() {
            return Ok(SplitOutcome::NotItsArticles(missing));
        }
        let to = Uuid::new_v4();
        split_one(&mut tx, (from, to), article_ids, name, name_key).await?;
        record(&mut tx, (2, from, to), reason, i64::try_from(article_ids.len()).unwrap_or(i64::MAX)).await?;
        tx.commit().await?;
        Ok(SplitOutcome::Split(from, to))
    }

    /// Up to `limit` changes before `before`, newest first; of one entity, or of all.
    pub async fn list_entity_changes(
        &self,
        entity_id: Option<Uuid>,
        before: Option<ChangeKey>,
        limit: i64,
    ) -> Result<Vec<EntityChange>, StoreError> {
        let rows = sqlx::query_as!(
            EntityChange,
            r#"select change_id as "change_id!", kind as "kind!", from_id as "from_id!", to_id as "to_id!",
                   time as "time!", reason as "reason!", article_count as "article_count!"
               from (
                   (select * from entity_changes
                    where $1::uuid is null and change_id < $2 order by change_id desc limit $3)
                   union all
                   (select * from entity_changes
                    where from_id = $1 and change_id < $2 order by change_id desc limit $3)
                   union all
                   (select * from entity_changes
                    where to_id = $1 and change_id < $2 order by change_id desc limit $3)
               ) changes
               order by change_id desc
               limit $3"#,
            entity_id,
            before.unwrap_or(i64::MAX),
            limit
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }

    /// When and why an entity was given up.
    pub async fn get_merge(&self, entity_id: Uuid) -> Result<Option<EntityChange>, StoreError> {
        let row = sqlx::query_as!(
            EntityChange,
            "select change_id, kind, from_id, to_id, time, reason, article_count from entity_changes
             where from_id = $1 and kind = 1 order by change_id desc limit 1",
            entity_id
        );
        Ok(row.fetch_optional(&self.pool).await?)
    }
}

async fn find_survivor(tx: &mut Tx, entity_id: Uuid) -> Result<Option<Uuid>, StoreError> {
    let id = sqlx::query_scalar!(
        r#"select coalesce(merged_into, entity_id) as "id!" from entities where entity_id = $1"#,
        entity_id
    );
    Ok(id.fetch_optional(&mut *tx.0).await?)
}

/// Everything of `from` goes to `to`; the row stays, to answer.
async fn merge_one(tx: &mut Tx, from: Uuid, to: Uuid, reason: &str) -> Result<(), StoreError> {
    let moved = sqlx::query_file!("src/store/entities/merge_articles.sql", from, to)
        .fetch_one(&mut *tx.0)
        .await?
        .count;
    sqlx::query!(
        "with old as (delete from entity_names where entity_id = $1 returning *)
         insert into entity_names (entity_id, name_key, name, entity_type, article_count)
         select $2, old.name_key, old.name, e.entity_type, old.article_count
         from old, entities e where e.entity_id = $2
         on conflict (entity_id, name_key) do update
         set article_count = entity_names.article_count + excluded.article_count",
        from,
        to
    )
    .execute(&mut *tx.0)
    .await?;
    sqlx::query!(
        "with old as (delete from entity_keys where entity_id = $1 returning key)
         insert into entity_keys (key, entity_id) select key, $2 from old on conflict do nothing",
        from,
        to
    )
    .execute(&mut *tx.0)
    .await?;
    sqlx::query!("update entity_links set entity_id = $2 where entity_id = $1", from, to)
        .execute(&mut *tx.0)
        .await?;
    sqlx::query!("update entities set merged_into = $2 where entity_id = $1 or merged_into = $1", from, to)
        .execute(&mut *tx.0)
        .await?;
    sqlx::query!(
        "update entities survivor
         set fields = array(select distinct unnest(survivor.fields || old.fields) order by 1),
             context = (array(
                 select id from unnest(survivor.context || old.context) with ordinality as both_of (id, at)
                 where id not in ($1, $2) group by id order by min(at)))[1:64]
         from entities old
         where survivor.entity_id = $2 and old.entity_id = $1",
        from,
        to
    )
    .execute(&mut *tx.0)
    .await?;
    record(tx, (1, from, to), reason, moved).await
}

async fn split_one(
    tx: &mut Tx,
    (from, to): (Uuid, Uuid),
    article_ids: &[Uuid],
    name: &str,
    name_key: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into entities (entity_id, entity_type, label, name)
         select $2, entity_type, label, coalesce(nullif($3, ''), name) from entities where entity_id = $1",
        from,
        to,
        name
    )
    .execute(&mut *tx.0)
    .await?;
    sqlx::query_file!("src/store/entities/split_articles.sql", from, to, article_ids)
        .execute(&mut *tx.0)
        .await?;
    sqlx::query!(
        "insert into entity_names (entity_id, name_key, name, entity_type, article_count)
         select $2, n.name_key, coalesce(o.name, n.name_key), e.entity_type, count(distinct n.article_id)
         from article_entity_names n
         join entities e on e.entity_id = $2
         left join entity_names o on o.entity_id = $1 and o.name_key = n.name_key
         where n.article_id = any($3) and n.entity_id = $2
         group by n.name_key, o.name, e.entity_type",
        from,
        to,
        article_ids
    )
    .execute(&mut *tx.0)
    .await?;
    sqlx::query!(
        "insert into entity_names (entity_id, name_key, name, entity_type, article_count)
         select $1, $3, $2, entity_type, 0 from entities where entity_id = $1 and $2 <> ''
         on conflict do nothing",
        to,
        name,
        name_key
    )
    .execute(&mut *tx.0)
    .await?;
    // Both are found under all keys; which one an article means is told by its context.
    sqlx::query!(
        "insert into entity_keys (key, entity_id) select key, $2 from entity_keys where entity_id = $1
         on conflict do nothing",
        from,
        to
    )
    .execute(&mut *tx.0)
    .await?;
    for id in [from, to] {
        sqlx::query_file!("src/store/entities/renew_context.sql", id).execute(&mut *tx.0).await?;
    }
    Ok(())
}

async fn record(
    tx: &mut Tx,
    (kind, from, to): (i16, Uuid, Uuid),
    reason: &str,
    article_count: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into entity_changes (kind, from_id, to_id, reason, article_count) values ($1, $2, $3, $4, $5)",
        kind,
        from,
        to,
        reason,
        article_count
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}
