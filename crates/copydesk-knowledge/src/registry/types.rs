//! What goes in and what comes out.

use uuid::Uuid;

/// An entity of an article, as far as the registry cares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// OntoNotes' label, or another's.
    pub label: String,
    /// The id of a new entity of this type and name.
    pub default_id: Uuid,
    /// The fullest name.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Scheme, id and address.
    pub links: Vec<[String; 3]>,
    /// What a person does; see `Entity::fields`.
    pub fields: Vec<String>,
    /// 0 to 1.
    pub salience: f32,
}

/// An entity of the registry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// For ever.
    pub id: Uuid,
    /// Of its first article.
    pub label: String,
    /// The fullest.
    pub name: String,
    /// All spellings, at most `MAX_NAMES`.
    pub names: Vec<String>,
    /// Scheme, id and address.
    pub links: Vec<[String; 3]>,
    /// Ids of entities in its first articles, at most `MAX_CONTEXT`.
    pub context: Vec<Uuid>,
    /// What a person does.
    pub fields: Vec<String>,
}

/// What is to be stored after articles were resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Entities that are new or whose name, context or fields changed, as they now are.
    pub entities: Vec<Known>,
    /// Spellings, new or counted anew.
    pub names: Vec<NameCount>,
    /// Entity and key.
    pub keys: Vec<(Uuid, String)>,
    /// Entity, whether it is a people, and link.
    pub links: Vec<(Uuid, bool, [String; 3])>,
}

/// Articles that wrote an entity so, beyond those that were counted before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameCount {
    /// Whose.
    pub id: Uuid,
    /// As it was first seen.
    pub name: String,
    /// The entity's.
    pub label: String,
    /// How many.
    pub article_count: i64,
}
