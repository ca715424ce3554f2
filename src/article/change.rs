//! What a new result of an article changed in what is known of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Failure, SummaryEntity, name_key};

/// Most entities of each kind of change that are told: an update must stay small.
const MAX_TOLD: usize = 100;

/// What became of an earlier result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reprocessing {
    /// Pipeline version and model that made the earlier result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previously_made_by: Option<(String, String)>,
    /// The revision of the name lists that the earlier result was made with.
    #[serde(default)]
    pub previous_gazetteer_revision: i64,
    /// In the new result only; the weightiest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<SummaryEntity>,
    /// In the earlier result only; the weightiest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<SummaryEntity>,
    /// In both, with another id, name, type, link or number of mentions; the weightiest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<ChangedEntity>,
    /// How many were added, removed and changed, told or not.
    #[serde(default)]
    pub counts: [i32; 3],
    /// It failed: the earlier result stays, and nothing was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// An entity before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedEntity {
    /// As the earlier result had it.
    pub before: SummaryEntity,
    /// As the new one has it.
    pub after: SummaryEntity,
}

impl Reprocessing {
    /// Compares the entities of two results: by id, and what is left by name, so that one that changed its type or its id
    /// is a change and not two. Salience alone is no change: it shifts with every other entity. O(n log n).
    pub fn between(before: &[SummaryEntity], after: &[SummaryEntity]) -> Reprocessing {
        let mut earlier: HashMap<_, &SummaryEntity> =
            before.iter().map(|entity| (entity.entity_id, entity)).collect();
        let mut pairs = Vec::new();
        let mut unmatched = Vec::new();
        for entity in after {
            match earlier.remove(&entity.entity_id) {
                Some(same) => pairs.push((same, entity)),
                None => unmatched.push(entity),
            }
        }
        let mut by_name: HashMap<String, Vec<&SummaryEntity>> = HashMap::new();
        for entity in before.iter().rev().filter(|entity| earlier.contains_key(&entity.entity_id)) {
            by_name.entry(name_key(&entity.name)).or_default().push(entity);
        }
        let mut added = Vec::new();
        for entity in unmatched {
            match by_name.get_mut(&name_key(&entity.name)).and_then(Vec::pop) {
                Some(renamed) => pairs.push((renamed, entity)),
                None => added.push(entity.clone()),
            }
        }
        let mut removed: Vec<SummaryEntity> = by_name.into_values().flatten().cloned().collect();
        let mut changed: Vec<ChangedEntity> = pairs
            .into_iter()
            .filter(|(before, after)| !is_same(before, after))
            .map(|(before, after)| ChangedEntity { before: before.clone(), after: after.clone() })
            .collect();
        let counts =
            [added.len(), removed.len(), changed.len()].map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        sort(&mut added);
        sort(&mut removed);
        changed.sort_by(|a, b| weight(&b.after, &a.after));
        changed.truncate(MAX_TOLD);
        Reprocessing { added, removed, changed, counts, ..Reprocessing::default() }
    }
}

fn is_same(before: &SummaryEntity, after: &SummaryEntity) -> bool {
    SummaryEntity { salience: 0.0, ..before.clone() } == SummaryEntity { salience: 0.0, ..after.clone() }
}

fn sort(entities: &mut Vec<SummaryEntity>) {
    entities.sort_by(|a, b| weight(b, a));
    entities.truncate(MAX_TOLD);
}

/// Equal salience is ordered by id, so that the answer is always the same.
fn weight(a: &SummaryEntity, b: &SummaryEntity) -> std::cmp::Ordering {
    a.salience.total_cmp(&b.salience).then_with(|| a.entity_id.cmp(&b.entity_id))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::article::EntityType;

    fn entity(id: u128, name: &str, label: &str, salience: f32) -> SummaryEntity {
        SummaryEntity {
            entity_id: Uuid::from_u128(id),
            kind: EntityType::from(label.to_owned()),
            name: name.to_owned(),
            aliases: Vec::new(),
            salience,
            mention_count: 1,
            links: Vec::new(),
            gazetteer: None,
        }
    }

    fn names(entities: &[SummaryEntity]) -> Vec<&str> {
        entities.iter().map(|entity| entity.name.as_str()).collect()
    }

    #[test]
    fn entities_are_added_removed_and_changed_by_id_and_then_by_name() {
        let before = [
            entity(1, "NATO", "ORG", 0.5),
            entity(2, "Lisbon", "GPE", 0.2),
            entity(3, "Meridian", "PERSON", 0.1),
        ];
        let after = [
            entity(1, "NATO", "ORG", 0.9),
            entity(4, "MERIDIAN", "ORG", 0.1),
            entity(5, "Ana", "PERSON", 0.1),
        ];
        let told = Reprocessing::between(&before, &after);
        assert_eq!((names(&told.added), names(&told.removed)), (vec!["Ana"], vec!["Lisbon"]));
        assert_eq!(told.changed, [ChangedEntity { before: before[2].clone(), after: after[1].clone() }]);
        assert_eq!(told.counts, [1, 1, 1]);
    }

    #[test]
    fn the_same_result_changes_nothing_and_many_changes_are_counted_though_not_told() {
        let many: Vec<SummaryEntity> = (0..1_000).map(|id| entity(id, &id.to_string(), "ORG", 0.1)).collect();
        assert_eq!(Reprocessing::between(&many, &many), Reprocessing::default());
        let told = Reprocessing::between(&[], &many);
        assert_eq!((told.added.len(), told.counts), (MAX_TOLD, [1_000, 0, 0]));
    }
}
