//! `meta`, `link` and `title` elements.
//!
//! Lives here: reading them into lists, and the names under which publishers put times and authors. Must never come here:
//! scripts (`jsonld.rs`) or what is shown in the body (`visible.rs`).

use super::dates;
use crate::document::Precision;
use crate::html::names::{AttrName, Tag};
use crate::html::tree::{Kind, Tree};
use crate::normal::tidy;
use time::OffsetDateTime;

/// Names for the time of publication, the most trusted first.
pub(crate) const PUBLISHED: &[&str] = &[
    "article:published_time",
    "og:published_time",
    "og:article:published_time",
    "datepublished",
    "date.published",
    "article.published",
    "published-date",
    "publication_date",
    "publish-date",
    "publish_date",
    "publishdate",
    "pubdate",
    "pub_date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "sailthru.date",
    "parsely-pub-date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "dc.terms.date",
    "article_date_original",
    "originalpublicationdate",
    "article.created",
    "article:published",
    "citation_publication_date",
    "citation_date",
    "bt:pubdate",
    "shareaholic:article_published_time",
    "iso-8601-publish-date",
    "rnews:datepublished",
    "og:pubdate",
    "published_at",
    "date",
    "last-modified",
    "release_date",
    "video:release_date",
    "created",
];

/// Names for the time of the last change.
pub(crate) const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "og:modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "lastmod",
    "article.updated",
    "last_updated_date",
    "shareaholic:article_modified_time",
    "article:modified",
    "updated_time",
];

/// Names for authors.
pub(crate) const AUTHOR: &[&str] = &[
    "author",
    "article:author",
    "article:author_name",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "citation_author",
    "cxenseparse:author",
    "shareaholic:article_author_name",
    "article.author",
    "og:article:author",
    "rbauthors",
    "twitter:creator",
];

/// What the head of a page says.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// Name and content of each `meta`, names in lower case, in order.
    entries: Vec<(String, String)>,
    pub(crate) title: Option<String>,
    pub(crate) canonical: Option<String>,
    /// The page's language as declared.
    pub(crate) language: Option<String>,
}

impl Head {
    pub(crate) fn read(tree: &Tree<'_>) -> Self {
        let mut head = Self {
            language: tree
                .attr(0, AttrName::Lang)
                .or_else(|| tree.attr(0, AttrName::XmlLang))
                .map(|l| l.trim().to_ascii_lowercase()),
            ..Self::default()
        };
        let mut inside_svg = 0u32;
        for id in 0..tree.nodes.len() as u32 {
            let Some(node) = tree.node(id) else { break };
            let Kind::Element { tag, .. } = node.kind else { continue };
            match tag {
                Tag::Svg => inside_svg = tree.subtree(id).end,
                Tag::Meta => head.meta(tree, id),
                Tag::Link if head.canonical.is_none() => {
                    let rel = tree.raw_attr(id, AttrName::Rel).unwrap_or_default();
                    if rel.eq_ignore_ascii_case("canonical") {
                        head.canonical =
                            tree.attr(id, AttrName::Href).map(|h| tidy(&h)).filter(|h| !h.is_empty());
                    }
                }
                Tag::Title if head.title.is_none() && id >= inside_svg => {
                    let text: String = tree
                        .children(id)
                        .filter_map(|c| tree.node(c))
                        .filter_map(
                            |n| if let Kind::Text(span) = n.kind { Some(tree.slice(span)) } else { None },
                        )
                        .collect();
                    let text = tidy(&crate::html::entities::decode_text(
                        text.get(..text.floor_char_boundary(2_000)).unwrap_or_default(),
                    ));
                    head.title = (!text.is_empty()).then_some(text);
                }
                _ => {}
            }
        }
        head
    }

    fn meta(&mut self, tree: &Tree<'_>, id: u32) {
        let Some(content) = tree.attr(id, AttrName::Content) else { return };
        let content = tidy(&content);
        if content.is_empty() || content.len() > 20_000 || self.entries.len() > 2_000 {
            return;
        }
        for name in [AttrName::Property, AttrName::Name, AttrName::Itemprop, AttrName::HttpEquiv] {
            if let Some(key) = tree.raw_attr(id, name) {
                let key = key.trim().to_ascii_lowercase();
                if key == "content-language" && self.language.is_none() {
                    self.language = Some(content.to_ascii_lowercase());
                }
                self.entries.push((key, content.clone()));
            }
        }
    }

    /// The first value of the first name that has one.
    pub(crate) fn first(&self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
    }

    /// All values of the first name that has any.
    pub(crate) fn all(&self, names: &[&str]) -> Vec<String> {
        names
            .iter()
            .map(|name| {
                self.entries
                    .iter()
                    .filter(|(key, _)| key == name)
                    .map(|(_, value)| value.clone())
                    .collect::<Vec<_>>()
            })
            .find(|values| values.iter().any(|v| !v.contains("://")))
            .unwrap_or_default()
    }

    /// The first readable date under the given names.
    pub(crate) fn date(&self, names: &[&str]) -> Option<(OffsetDateTime, Precision)> {
        names.iter().find_map(|name| {
            self.entries.iter().filter(|(key, _)| key == name).find_map(|(_, value)| dates::parse(value))
        })
    }
}
