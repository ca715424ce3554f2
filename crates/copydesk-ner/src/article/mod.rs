//! What an article as a whole says about its mentions, on top of the network, which sees single paragraphs.
//!
//! The network's spans follow its training corpus ("the Senate's" is one) and it decides each occurrence by itself.
//! [`refine`] cuts spans to the name (`spans.rs`) and makes the occurrences of a name agree (`names.rs`). Every step
//! was kept because it raised F1 on texts with marks (bench/ner/refine.sh prints them all); none knows a name.
//! Works on mentions and texts only, and takes time in proportion to both.

mod names;
mod spans;

use crate::Mention;

/// What to leave out of the refinement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Keep the network's own spans: leading articles, titles and trailing 's stay in.
    pub own_spans: bool,
    /// Keep mentions that are probably wrong (about one in four of them is right).
    pub keep_doubtful: bool,
}

/// The kinds of label that the steps tell apart, under OntoNotes' and Wikipedia-trained pipelines' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Person,
    Organization,
    /// Countries, cities, states.
    Political,
    Place,
    Facility,
    /// Peoples, products, events, works, laws: names too, but of which the article says less.
    OtherName,
    /// Dates, amounts: the same surface means something else each time.
    Value,
}

impl Kind {
    fn of(label: &str) -> Self {
        match label {
            "PERSON" | "PER" => Kind::Person,
            "ORG" => Kind::Organization,
            "GPE" => Kind::Political,
            "LOC" => Kind::Place,
            "FAC" => Kind::Facility,
            "NORP" | "PRODUCT" | "EVENT" | "WORK_OF_ART" | "LAW" | "LANGUAGE" | "MISC" => Kind::OtherName,
            _ => Kind::Value,
        }
    }

    fn is_name(self) -> bool {
        self != Kind::Value
    }

    /// People, organizations and places: what the last steps are about.
    fn is_core(self) -> bool {
        !matches!(self, Kind::OtherName | Kind::Value)
    }
}

/// The mentions of an article while they are refined.
struct Article<'a> {
    texts: &'a [&'a str],
    kinds: Vec<Kind>,
    english: bool,
    mentions: &'a mut [Vec<Mention>],
}

impl Article<'_> {
    fn kind(&self, mention: &Mention) -> Kind {
        self.kinds.get(usize::from(mention.label)).copied().unwrap_or(Kind::Value)
    }

    /// The first label of a kind.
    fn label(&self, kind: Kind) -> Option<u16> {
        self.kinds.iter().position(|&other| other == kind).map(|index| index as u16)
    }
}

/// Refines the mentions that a model found in the paragraphs of one article. `labels` and `language` are the
/// model's; `mentions` holds one list for each text and keeps that shape. Word lists apply to English only.
pub fn refine(
    labels: &[String],
    language: &str,
    texts: &[&str],
    mentions: &mut [Vec<Mention>],
    options: Options,
) {
    let kinds = labels.iter().map(|label| Kind::of(label)).collect();
    let mut article = Article { texts, kinds, english: language == "en", mentions };
    if !options.own_spans {
        article.cut_spans();
    }
    article.type_by_last_word();
    article.type_acronyms();
    article.follow_full_names();
    article.agree_on_types();
    article.vouch_for_repeats();
    if !options.keep_doubtful {
        article.drop_doubtful();
    }
    article.find_missed();
}

#[cfg(test)]
mod tests;
