//! A result's entities get the registry's ids, in the transaction that stores the result. What an entity is decided by
//! `copydesk_knowledge::registry`; here are the reads before and the writes after.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use copydesk_knowledge::registry::{
    self, Changes, Known, MAX_CANDIDATES_OF_KEY, Registry, Subject, is_people, keys_of,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::lock;
use crate::{
    article::{EntityType, Processed, Summary, name_key, subjects},
    store::{Finish, Outcome, StoreError, Tx},
};

/// Gives the entities of results their ids and teaches the registry what the results say. Five round trips, whatever
/// their number; none if there is no result. Takes the registry's lock.
pub async fn identify(tx: &mut Tx, finishes: &mut [Finish]) -> Result<(), StoreError> {
    let mut results: Vec<(Uuid, &mut Arc<Processed>)> = Vec::new();
    for finish in finishes {
        if let Outcome::Processed(result) = &mut finish.outcome
            && result.entities.iter().any(crate::article::Entity::is_registered)
        {
            results.push((finish.id.article_id, result));
        }
    }
    if results.is_empty() {
        return Ok(());
    }
    lock(tx).await?;
    let asked: Vec<(Uuid, Vec<Subject>)> =
        results.iter().map(|(article_id, result)| (*article_id, subjects(result))).collect();
    let (mut registry, previous) = load(tx, &asked).await?;
    for ((article_id, subjects), (_, result)) in asked.iter().zip(results) {
        let before = previous.get(article_id).map_or(&[][..], Vec::as_slice);
        let ids = registry.resolve(*article_id, subjects, before);
        Arc::make_mut(result).identify(&ids);
    }
    write(tx, registry.changes()).await
}

/// The part of the registry that the articles may mean, and the entities of their earlier results.
async fn load(
    tx: &mut Tx,
    asked: &[(Uuid, Vec<Subject>)],
) -> Result<(Registry, HashMap<Uuid, Vec<Uuid>>), StoreError> {
    let article_ids: Vec<Uuid> = asked.iter().map(|(article_id, _)| *article_id).collect();
    let registered: Vec<&Subject> = asked
        .iter()
        .flat_map(|(_, subjects)| subjects)
        .filter(|subject| registry::is_registered(&subject.label))
        .collect();
    let mut keys: Vec<String> = registered.iter().flat_map(|subject| keys_of(subject)).collect();
    keys.sort_unstable();
    keys.dedup();
    let default_ids: Vec<Uuid> = registered.iter().map(|subject| subject.default_id).collect();
    let (mut schemes, mut link_ids, mut peoples) = (Vec::new(), Vec::new(), Vec::new());
    for subject in &registered {
        for [scheme, id, _] in &subject.links {
            schemes.push(scheme.clone());
            link_ids.push(id.clone());
            peoples.push(is_people(&subject.label));
        }
    }
    let rows = sqlx::query_file!(
        "src/store/entities/find_candidates.sql",
        &keys,
        MAX_CANDIDATES_OF_KEY as i64,
        &schemes,
        &link_ids,
        &peoples,
        &article_ids
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let known = rows.into_iter().map(|row| Known {
        id: row.entity_id,
        label: row.label,
        name: row.name,
        names: row.names,
        // Addresses are stored once and not read again.
        links: row.schemes.into_iter().zip(row.link_ids).map(|(s, id)| [s, id, String::new()]).collect(),
        context: row.context,
        fields: row.fields,
    });
    let known: Vec<Known> = known.collect();

    let rows = sqlx::query!(
        r#"select a.article_id as "article_id?", coalesce(e.merged_into, e.entity_id) as "entity_id!"
           from article_entities a join entities e using (entity_id)
           where a.article_id = any($1)
           union all
           select null, entity_id from entities where entity_id = any($2)"#,
        &article_ids,
        &default_ids
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let mut previous: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let mut taken = Vec::new();
    for row in rows {
        match row.article_id {
            Some(article_id) => previous.entry(article_id).or_default().push(row.entity_id),
            None => taken.push(row.entity_id),
        }
    }
    Ok((Registry::new(known, taken), previous))
}

fn type_number(label: &str) -> i16 {
    EntityType::from(label.to_owned()).number()
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

async fn write(tx: &mut Tx, changes: Changes) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = changes.entities.iter().map(|known| known.id).collect();
    let types: Vec<i16> = changes.entities.iter().map(|known| type_number(&known.label)).collect();
    let labels: Vec<String> = changes.entities.iter().map(|known| known.label.clone()).collect();
    let names: Vec<String> = changes.entities.iter().map(|known| known.name.clone()).collect();
    let contexts: Vec<String> = changes.entities.iter().map(|known| joined(&known.context)).collect();
    let fields: Vec<String> = changes.entities.iter().map(|known| joined(&known.fields)).collect();

    // Spellings that differ for the registry may have one key here.
    let mut spellings: BTreeMap<(Uuid, String), (String, i16, i64)> = BTreeMap::new();
    for name in changes.names {
        let at = (name.id, name_key(&name.name));
        let row = spellings.entry(at).or_insert_with(|| (name.name, type_number(&name.label), 0));
        row.2 += name.article_count;
    }
    let (mut name_ids, mut name_keys, mut spelt) = (Vec::new(), Vec::new(), Vec::new());
    let (mut name_types, mut counts) = (Vec::new(), Vec::new());
    for ((id, key), (name, kind, count)) in spellings {
        name_ids.push(id);
        name_keys.push(key);
        spelt.push(name);
        name_types.push(kind);
        counts.push(count);
    }
    let (key_ids, keys): (Vec<Uuid>, Vec<String>) = changes.keys.into_iter().unzip();
    let (mut link_ids, mut peoples) = (Vec::new(), Vec::new());
    let (mut schemes, mut linked, mut urls) = (Vec::new(), Vec::new(), Vec::new());
    for (id, people, [scheme, link, url]) in changes.links {
        link_ids.push(id);
        peoples.push(people);
        schemes.push(scheme);
        linked.push(link);
        urls.push(url);
    }
    sqlx::query_file!(
        "src/store/entities/write_changes.sql",
        &ids,
        &types,
        &labels,
        &names,
        &contexts,
        &fields,
        &name_ids,
        &name_keys,
        &spelt,
        &name_types,
        &counts,
        &key_ids,
        &keys,
        &link_ids,
        &peoples,
        &schemes,
        &linked,
        &urls
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

/// Replaces the articles' entity rows by those of their new results; a result without entities leaves none. For every
/// transaction that stores results. One statement.
pub async fn replace_article_entities(
    tx: &mut Tx,
    results: &[(Summary, Option<Arc<Processed>>)],
) -> Result<(), StoreError> {
    let processed: Vec<(&Summary, &Processed)> =
        results.iter().filter_map(|(summary, result)| Some((summary, result.as_deref()?))).collect();
    if processed.is_empty() {
        return Ok(());
    }
    let article_ids: Vec<Uuid> = processed.iter().map(|(summary, _)| summary.article_id).collect();
    let versions: Vec<i32> = processed.iter().map(|(summary, _)| summary.version).collect();
    let published: Vec<Option<OffsetDateTime>> =
        processed.iter().map(|(summary, _)| summary.published_time).collect();
    let (mut owners, mut ids, mut types) = (Vec::new(), Vec::new(), Vec::new());
    let (mut saliences, mut counts) = (Vec::new(), Vec::new());
    for (summary, result) in processed {
        for entity in result.entities.iter().filter(|entity| entity.is_registered()) {
            owners.push(summary.article_id);
            ids.push(entity.entity_id);
            types.push(entity.kind.number());
            saliences.push(entity.salience);
            counts.push(i32::try_from(entity.mentions.len()).unwrap_or(i32::MAX));
        }
    }
    sqlx::query_file!(
        "src/store/entities/replace_article_entities.sql",
        &article_ids,
        &versions,
        &published as &[Option<OffsetDateTime>],
        &owners,
        &ids,
        &types,
        &saliences,
        &counts
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}
