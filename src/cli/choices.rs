//! Words of the contract as values of flags, so that `--help` lists them and a misspelt one is answered with the list.

use clap::ValueEnum;
use copydesk_proto::v1;

/// What offsets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Offsets {
    /// Bytes of UTF-8 (Rust, Go, C).
    #[default]
    Utf8,
    /// UTF-16 code units (JavaScript, Java, C#).
    Utf16,
    /// Unicode code points (Python).
    CodePoint,
}

impl Offsets {
    pub(crate) fn encoding(self) -> v1::OffsetEncoding {
        match self {
            Offsets::Utf8 => v1::OffsetEncoding::Utf8,
            Offsets::Utf16 => v1::OffsetEncoding::Utf16,
            Offsets::CodePoint => v1::OffsetEncoding::CodePoint,
        }
    }
}

/// How much of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum View {
    /// No text, captions, removed pieces or mentions.
    Basic,
    /// Everything.
    Full,
}

impl View {
    pub(crate) fn view(self) -> v1::ArticleView {
        match self {
            View::Basic => v1::ArticleView::Basic,
            View::Full => v1::ArticleView::Full,
        }
    }
}

/// How far an article is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    /// Waiting to be processed.
    Accepted,
    /// The result is stored.
    Processed,
    /// Given up.
    Failed,
}

impl State {
    /// As a listing's filter names it.
    pub(crate) fn filter_name(self) -> &'static str {
        match self {
            State::Accepted => "ACCEPTED",
            State::Processed => "PROCESSED",
            State::Failed => "FAILED",
        }
    }
}

/// What happened to an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// It became durable.
    Accepted,
    /// Its result became durable.
    Processed,
    /// It was given up.
    Failed,
    /// It was deleted.
    Deleted,
    /// It was processed again.
    Reprocessed,
    /// It says what another said before.
    DuplicateFound,
}

impl Kind {
    pub(crate) fn kind(self) -> v1::UpdateKind {
        match self {
            Kind::Accepted => v1::UpdateKind::Accepted,
            Kind::Processed => v1::UpdateKind::Processed,
            Kind::Failed => v1::UpdateKind::Failed,
            Kind::Deleted => v1::UpdateKind::Deleted,
            Kind::Reprocessed => v1::UpdateKind::Reprocessed,
            Kind::DuplicateFound => v1::UpdateKind::DuplicateFound,
        }
    }
}

/// Which articles are processed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Priority {
    /// After everything else: archives, re-runs.
    Low,
    /// In order of arrival.
    Normal,
    /// Before everything else.
    High,
}

impl Priority {
    pub(crate) fn priority(self) -> v1::Priority {
        match self {
            Priority::Low => v1::Priority::Low,
            Priority::Normal => v1::Priority::Normal,
            Priority::High => v1::Priority::High,
        }
    }
}

/// Said wherever an entity's type can be given.
pub(crate) const ENTITY_TYPE_HELP: &str = "Naming an entity of this type: person, norp (nationalities, religious and \
political groups), fac (buildings, airports, roads), org, gpe (countries, cities, states), loc (other places), product, \
event, work-of-art, law, language, date, time, percent, money, quantity, ordinal, cardinal, or custom (of another model)";

/// Reads a type by OntoNotes' own name, in either case (`person`, `WORK_OF_ART`, `work-of-art`).
pub(crate) fn entity_type(text: &str) -> Result<v1::EntityType, String> {
    let name = format!("ENTITY_TYPE_{}", text.to_ascii_uppercase().replace('-', "_"));
    match v1::EntityType::from_str_name(&name) {
        None | Some(v1::EntityType::Unspecified) => {
            Err("expected person, org, gpe or another of the types that --help lists".to_owned())
        }
        Some(entity_type) => Ok(entity_type),
    }
}

/// As a listing's filter names it.
pub(crate) fn entity_type_name(entity_type: v1::EntityType) -> &'static str {
    let name = entity_type.as_str_name();
    name.strip_prefix("ENTITY_TYPE_").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_in_either_case_and_with_either_stroke() {
        for text in ["work-of-art", "WORK_OF_ART", "Work_of-art"] {
            assert_eq!(entity_type(text), Ok(v1::EntityType::WorkOfArt), "{text}");
        }
        for text in ["", "ship", "unspecified"] {
            assert!(entity_type(text).is_err(), "{text}");
        }
        assert_eq!(entity_type_name(v1::EntityType::Gpe), "GPE");
    }
}
