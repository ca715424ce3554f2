//! Copies of what was said before, found while results are committed.
//!
//! Commits look for copies one after another, under an advisory lock that they hold to their end: of two processes that
//! store two copies at once, the second sees what the first has stored. The lock is taken just before the log's head, which
//! makes them take turns anyway.

use std::{collections::HashMap, sync::Arc};

use uuid::Uuid;

use super::{StoreError, Tx};
use crate::article::{Duplicate, Fingerprint, MIN_SIMILARITY, Processed, Summary, VersionId};

/// Near candidates that are compared.
const MAX_CANDIDATES: i64 = 64;
/// A copy as near as this adds nothing to what it is a copy of: whatever is near to it is near to that too. So texts that
/// are sent a thousand times are not found a thousand times.
const CLOSE_SIMILARITY: f32 = 0.9;

/// A result that is compared.
struct Text<'a> {
    id: VersionId,
    fingerprint: &'a Fingerprint,
}

/// What a text may be a copy of.
struct Candidate {
    /// The first of its cluster.
    first_id: Uuid,
    /// With the first.
    similarity: f32,
    /// With whichever of the cluster is nearest.
    nearest: f32,
}

/// Stores the results' fingerprints and says which are copies of an article accepted first within `window_seconds`. Those in
/// `again` keep what was found when they were processed first. At most five statements.
pub(super) async fn find_duplicates(
    tx: &mut Tx,
    results: &[(Summary, Option<Arc<Processed>>)],
    window_seconds: f64,
) -> Result<HashMap<VersionId, Duplicate>, StoreError> {
    let mut texts: Vec<(&Summary, Text<'_>)> = results
        .iter()
        .filter_map(|(summary, result)| {
            let fingerprint = result.as_ref()?.index.fingerprint.as_ref()?;
            Some((summary, Text { id: summary.version_id(), fingerprint }))
        })
        .collect();
    if texts.is_empty() || window_seconds <= 0.0 {
        return Ok(HashMap::new());
    }
    // The first accepted is the first of those that are committed together.
    texts.sort_by_key(|(summary, text)| (summary.accepted_time, text.id));
    let texts: Vec<Text<'_>> = texts.into_iter().map(|(_, text)| text).collect();

    sqlx::query!("select pg_advisory_xact_lock(hashtext('copydesk.duplicates'))")
        .fetch_one(&mut *tx.0)
        .await?;
    let known = known(tx, &texts).await?;
    let mut candidates = candidates(tx, &texts, window_seconds).await?;
    let mut found: HashMap<VersionId, Duplicate> = HashMap::new();
    for (index, text) in texts.iter().enumerate() {
        if known.contains_key(&text.id) {
            continue;
        }
        let beside =
            texts.get(..index).unwrap_or_default().iter().filter_map(|other| beside(text, other, &found));
        let of = candidates.remove(&text.id.article_id).unwrap_or_default().into_iter().chain(beside);
        if let Some(best) = of.reduce(nearer) {
            found.insert(text.id, Duplicate { of_article_id: best.first_id, similarity: best.similarity });
        }
    }
    store(tx, &texts, &found, &known).await?;
    Ok(found)
}

/// The nearer of two; of equals the older.
fn nearer(one: Candidate, other: Candidate) -> Candidate {
    let is_other =
        (other.nearest, std::cmp::Reverse(other.first_id)) > (one.nearest, std::cmp::Reverse(one.first_id));
    if is_other { other } else { one }
}

/// Compares with one that is committed in the same transaction.
fn beside(text: &Text<'_>, other: &Text<'_>, found: &HashMap<VersionId, Duplicate>) -> Option<Candidate> {
    let is_equal = text.fingerprint.text_hash == other.fingerprint.text_hash;
    let nearest = if is_equal { 1.0 } else { text.fingerprint.similarity(other.fingerprint) };
    if nearest < MIN_SIMILARITY || text.id.article_id == other.id.article_id {
        return None;
    }
    let duplicate = found.get(&other.id);
    let first_id = duplicate.map_or(other.id.article_id, |duplicate| duplicate.of_article_id);
    // How near the first is was measured from the other only; what both are near to is about as near.
    let similarity = duplicate.map_or(nearest, |duplicate| nearest.min(duplicate.similarity));
    Some(Candidate { first_id, similarity, nearest })
}

/// Versions that were looked at before, with whether they were copies.
async fn known(tx: &mut Tx, texts: &[Text<'_>]) -> Result<HashMap<VersionId, Option<Uuid>>, StoreError> {
    let ids: Vec<Uuid> = texts.iter().map(|text| text.id.article_id).collect();
    let rows = sqlx::query!(
        "select article_id, version, first_id from article_fingerprints where article_id = any($1)",
        &ids
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let known = rows
        .into_iter()
        .map(|row| (VersionId { article_id: row.article_id, version: row.version }, row.first_id));
    Ok(known.collect())
}

/// Keyed by article.
async fn candidates(
    tx: &mut Tx,
    texts: &[Text<'_>],
    window_seconds: f64,
) -> Result<HashMap<Uuid, Vec<Candidate>>, StoreError> {
    let ids: Vec<Uuid> = texts.iter().map(|text| text.id.article_id).collect();
    let hashes: Vec<&[u8]> = texts.iter().map(|text| text.fingerprint.text_hash.as_slice()).collect();
    let bands: Vec<String> = texts.iter().map(|text| array_of(&text.fingerprint.bands())).collect();
    let rows = sqlx::query!(
        r#"select t.own_id as "own_id!", s.article_id as "article_id!", s.is_equal as "is_equal!",
               s.signature as "signature!", s.first_id, s.first_signature
           from unnest($1::uuid[], $2::bytea[], $3::text[]) as t (own_id, hash, bands)
           cross join lateral similar_texts(
               t.own_id, t.hash, t.bands::integer[], now() - make_interval(secs => $4), $5) s"#,
        &ids,
        &hashes as &[&[u8]],
        &bands,
        window_seconds,
        MAX_CANDIDATES
    )
    .fetch_all(&mut *tx.0)
    .await?;
    let fingerprints: HashMap<Uuid, &Fingerprint> =
        texts.iter().map(|text| (text.id.article_id, text.fingerprint)).collect();
    let mut found: HashMap<Uuid, Vec<Candidate>> = HashMap::new();
    for row in rows {
        let Some(own) = fingerprints.get(&row.own_id) else { continue };
        let nearest = if row.is_equal { 1.0 } else { own.similarity_to(&row.signature) };
        if nearest < MIN_SIMILARITY {
            continue;
        }
        // A first that is gone cannot be pointed to; nor can an article be a copy of itself.
        let first = row.first_id.filter(|first_id| *first_id != row.own_id);
        let candidate = match (first, row.first_signature) {
            (Some(first_id), Some(signature)) => {
                let similarity = own.similarity_to(&signature);
                let similarity = if similarity == 0.0 { nearest } else { similarity };
                Candidate { first_id, similarity, nearest }
            }
            _ if row.first_id == Some(row.own_id) => continue,
            _ => Candidate { first_id: row.article_id, similarity: nearest, nearest },
        };
        found.entry(row.own_id).or_default().push(candidate);
    }
    Ok(found)
}

/// One that was known keeps what was found of it.
async fn store(
    tx: &mut Tx,
    texts: &[Text<'_>],
    found: &HashMap<VersionId, Duplicate>,
    known: &HashMap<VersionId, Option<Uuid>>,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = texts.iter().map(|text| text.id.article_id).collect();
    let versions: Vec<i32> = texts.iter().map(|text| text.id.version).collect();
    let hashes: Vec<&[u8]> = texts.iter().map(|text| text.fingerprint.text_hash.as_slice()).collect();
    let signatures: Vec<Vec<u8>> = texts.iter().map(|text| text.fingerprint.signature()).collect();
    let duplicates: Vec<Option<&Duplicate>> = texts.iter().map(|text| found.get(&text.id)).collect();
    let bands: Vec<String> = texts
        .iter()
        .zip(&duplicates)
        .map(|(text, duplicate)| match duplicate {
            Some(duplicate) if duplicate.similarity >= CLOSE_SIMILARITY => array_of(&[]),
            _ => array_of(&text.fingerprint.bands()),
        })
        .collect();
    let firsts: Vec<Option<Uuid>> =
        duplicates.iter().map(|duplicate| duplicate.map(|duplicate| duplicate.of_article_id)).collect();
    let similarities: Vec<Option<f32>> =
        duplicates.iter().map(|duplicate| duplicate.map(|duplicate| duplicate.similarity)).collect();
    let is_known: Vec<bool> = texts.iter().map(|text| known.contains_key(&text.id)).collect();
    sqlx::query!(
        "insert into article_fingerprints (article_id, version, text_hash, signature, bands, first_id, similarity)
         select article_id, version, text_hash, signature, bands::integer[], first_id, similarity
         from unnest($1::uuid[], $2::integer[], $3::bytea[], $4::bytea[], $5::text[], $6::uuid[], $7::real[], $8::boolean[])
             as t (article_id, version, text_hash, signature, bands, first_id, similarity, is_known)
         where not is_known
         on conflict (article_id) do update
             set version = excluded.version, text_hash = excluded.text_hash, signature = excluded.signature,
                 bands = excluded.bands, first_id = excluded.first_id, similarity = excluded.similarity
             where article_fingerprints.version <= excluded.version",
        &ids,
        &versions,
        &hashes as &[&[u8]],
        &signatures,
        &bands,
        &firsts as &[Option<Uuid>],
        &similarities as &[Option<f32>],
        &is_known
    )
    .execute(&mut *tx.0)
    .await?;
    write_duplicates(tx, found).await
}

/// Adds what was found to the stored articles.
async fn write_duplicates(tx: &mut Tx, found: &HashMap<VersionId, Duplicate>) -> Result<(), StoreError> {
    if found.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = found.keys().map(|id| id.article_id).collect();
    let versions: Vec<i32> = found.keys().map(|id| id.version).collect();
    let duplicates: Vec<sqlx::types::Json<&Duplicate>> = found.values().map(sqlx::types::Json).collect();
    sqlx::query!(
        "update article_versions v set summary = v.summary || jsonb_build_object('duplicate', t.duplicate)
         from unnest($1::uuid[], $2::integer[], $3::jsonb[]) as t (article_id, version, duplicate)
         where v.article_id = t.article_id and v.version = t.version",
        &ids,
        &versions,
        &duplicates as &[sqlx::types::Json<&Duplicate>]
    )
    .execute(&mut *tx.0)
    .await?;
    Ok(())
}

fn array_of(numbers: &[i32]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("{{{}}}", numbers.join(","))
}
