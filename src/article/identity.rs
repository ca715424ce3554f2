//! Between a result and the registry of entities: what the registry is asked, and its ids put in place.

use copydesk_knowledge::registry::{Subject, is_registered};
use uuid::Uuid;

use super::{Entity, EntityLink, Processed};

/// The entities of a fresh result as the registry sees them, in order.
pub fn subjects(result: &Processed) -> Vec<Subject> {
    result.entities.iter().map(subject).collect()
}

fn subject(entity: &Entity) -> Subject {
    let link = |link: &EntityLink| [link.scheme.clone(), link.id.clone(), link.url.clone()];
    Subject {
        label: entity.kind.label().to_owned(),
        default_id: entity.entity_id,
        name: entity.name.clone(),
        aliases: entity.aliases.clone(),
        links: entity.links.iter().map(link).collect(),
        fields: entity.fields.clone(),
        salience: entity.salience,
    }
}

impl Entity {
    /// Whether the registry has it, rather than this article alone.
    pub fn is_registered(&self) -> bool {
        is_registered(self.kind.label())
    }
}

impl Processed {
    /// Gives entities the registry's ids, in the order of `ids`; `None` leaves one as it is. Two that turn out to be one
    /// become one, and speakers go along.
    pub fn identify(&mut self, ids: &[Option<Uuid>]) {
        let mut entities: Vec<Entity> = Vec::with_capacity(self.entities.len());
        let mut renamed = std::collections::HashMap::new();
        let mut at = std::collections::HashMap::new();
        for (index, mut entity) in std::mem::take(&mut self.entities).into_iter().enumerate() {
            if let Some(id) = ids.get(index).copied().flatten() {
                renamed.insert(entity.entity_id, id);
                entity.entity_id = id;
            }
            match at.get(&entity.entity_id).and_then(|known: &usize| entities.get_mut(*known)) {
                Some(known) => join(known, entity),
                None => {
                    at.insert(entity.entity_id, entities.len());
                    entities.push(entity);
                }
            }
        }
        self.entities = entities;
        for quotation in &mut self.quotations {
            let Some(speaker) = &mut quotation.speaker else { continue };
            speaker.entity_id = speaker.entity_id.map(|id| renamed.get(&id).copied().unwrap_or(id));
        }
    }
}

fn join(known: &mut Entity, other: Entity) {
    for name in std::iter::once(other.name).chain(other.aliases) {
        if name != known.name && !known.aliases.contains(&name) {
            known.aliases.push(name);
        }
    }
    known.mentions.extend(other.mentions);
    known.mentions.sort_by_key(|mention| mention.span.begin);
    // Saliences of an article are shares of a whole.
    known.salience = (known.salience + other.salience).min(1.0);
}
