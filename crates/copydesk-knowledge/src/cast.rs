//! Who and what an article speaks of, in the order of the text: the one picture of the mentions that the stages share.

use std::{collections::HashMap, ops::Range};

use crate::article::MentionKind;

/// A mention and the entity that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appearance {
    pub(crate) begin: usize,
    pub(crate) end: usize,
    /// Index into the entities.
    pub(crate) entity: usize,
    pub(crate) kind: MentionKind,
    pub(crate) probability: f32,
}

/// What the stages need to know of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Person,
    /// Companies, agencies, countries, cities: they have spokesmen and say things.
    Body,
    /// Peoples and parties.
    Norp,
    Other,
    /// Dates and amounts.
    Value,
}

impl Sort {
    pub(crate) fn of(label: &str) -> Sort {
        match label {
            "PERSON" | "PER" => Sort::Person,
            "ORG" | "GPE" => Sort::Body,
            "NORP" => Sort::Norp,
            "DATE" | "TIME" | "PERCENT" | "MONEY" | "QUANTITY" | "ORDINAL" | "CARDINAL" => Sort::Value,
            _ => Sort::Other,
        }
    }
}

/// Which pronoun stands for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gender {
    He,
    She,
}

/// The appearances of an article in text order, and what is known of who appears.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cast {
    pub(crate) appearances: Vec<Appearance>,
    /// Of each entity.
    pub(crate) sorts: Vec<Sort>,
    /// Of each entity, where a title or first name tells.
    pub(crate) genders: Vec<Option<Gender>>,
    /// Of each entity's first name mention.
    pub(crate) probabilities: Vec<f32>,
    /// "spokesman" to the one person who is called so; to none when there are several.
    pub(crate) roles: HashMap<String, Option<usize>>,
}

impl Cast {
    /// The appearances that begin within a range of bytes. Logarithmic.
    pub(crate) fn within(&self, range: Range<usize>) -> &[Appearance] {
        let begin = self.appearances.partition_point(|appearance| appearance.begin < range.start);
        let end = self.appearances.partition_point(|appearance| appearance.begin < range.end);
        self.appearances.get(begin..end.max(begin)).unwrap_or_default()
    }

    pub(crate) fn sort(&self, appearance: &Appearance) -> Sort {
        self.sorts.get(appearance.entity).copied().unwrap_or(Sort::Other)
    }

    pub(crate) fn probability(&self, entity: usize) -> f32 {
        self.probabilities.get(entity).copied().unwrap_or(0.0)
    }

    pub(crate) fn gender(&self, entity: usize) -> Option<Gender> {
        self.genders.get(entity).copied().flatten()
    }
}
