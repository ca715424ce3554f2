//! Title, authors, times and the rest, each from the most trusted place that has it.
//!
//! Lives here: the order of trust. JSON-LD comes first for authors and times, since publishers keep it for search
//! engines; then OpenGraph and other `meta`; then microdata and `<time>`; then visible bylines; then what stands beside the headline. Titles come from the
//! headline shown. Must never come here: the article's text. Called once for a page, after its text is found.

pub(crate) mod authors;
pub(crate) mod dates;
mod head;
mod jsonld;
mod near;
pub(crate) mod title;
mod visible;

use crate::document::{Document, Image, Precision};
use crate::html::tree::Tree;
use head::Head;
use time::OffsetDateTime;

/// Fills the metadata of a page into the document. Gives the language that the page declares.
pub(crate) fn fill(tree: &Tree<'_>, url: &str, document: &mut Document) -> Option<String> {
    let head = Head::read(tree);
    let nodes = jsonld::articles(tree);
    let found = nodes.first();
    let mut seen = visible::read(tree);
    let near = near::read(tree);
    if seen.authors.iter().all(|text| authors::split(text).is_empty()) {
        seen.authors = near.author.into_iter().collect();
    }
    let string = |key: &str| found.and_then(|node| jsonld::string(node, key));

    document.site_name = head
        .first(&["og:site_name"])
        .or_else(|| jsonld::publisher(&nodes))
        .or_else(|| head.first(&["application-name", "twitter:site", "dc.publisher", "publisher"]))
        .map(|name| name.trim_start_matches('@').to_owned());
    document.canonical_url =
        head.canonical.clone().or_else(|| head.first(&["og:url"])).map(|u| absolute(&u, url));
    document.title = title::choose(
        &head,
        string("headline"),
        found.is_some_and(jsonld::is_news),
        &seen,
        document.site_name.as_deref(),
    );
    document.description = head
        .first(&["og:description", "description", "twitter:description"])
        .or_else(|| string("description"));
    document.subtitle = string("alternativeHeadline")
        .or_else(|| seen.subtitle.clone())
        .filter(|s| Some(s) != document.title.as_ref());

    let published = [string("datePublished"), string("dateCreated")]
        .into_iter()
        .flatten()
        .find_map(|text| dates::parse(&text))
        .or_else(|| head.date(head::PUBLISHED))
        .or_else(|| seen.published.as_deref().and_then(dates::parse))
        .or_else(|| seen.shown_date.as_deref().and_then(dates::parse))
        .or_else(|| date_in_url(document.canonical_url.as_deref().unwrap_or(url)))
        .or_else(|| date_in_url(url))
        .or_else(|| near.date.as_deref().and_then(dates::parse));
    if let Some((when, precision)) = published {
        document.published = Some(when);
        document.published_precision = precision;
    }
    document.modified = string("dateModified")
        .and_then(|text| dates::parse(&text))
        .or_else(|| head.date(head::MODIFIED))
        .or_else(|| seen.modified.as_deref().and_then(dates::parse))
        .map(|(when, _)| when)
        .filter(|&when| document.published.is_none_or(|published| when > published));

    document.authors = authors_of(found, &head, &seen, document.site_name.as_deref());
    document.topics = topics(found, &head);
    document.lead_image = lead_image(found, &head, url);
    document.paywalled = paywalled(found, &head);
    head.language
}

/// People in JSON-LD come first, then those of `meta`, then those of the visible byline; a newsroom or agency that signs
/// as author comes last.
fn authors_of(
    node: Option<&jsonld::Node>,
    head: &Head,
    seen: &visible::Visible,
    site: Option<&str>,
) -> Vec<String> {
    let structured =
        node.and_then(|n| n.get("author").or(n.get("creator"))).map(jsonld::names).unwrap_or_default();
    let organization = |name: &str| {
        let squeezed = squeeze(name);
        site.is_some_and(|site| squeezed == squeeze(site)) || authors::is_desk(name)
    };
    let listed: Vec<String> =
        structured.iter().chain(&head.all(head::AUTHOR)).flat_map(|n| authors::split_listed(n)).collect();
    let distinct = |names: &mut dyn Iterator<Item = String>, keep: &dyn Fn(&str) -> bool| {
        let mut out: Vec<String> = Vec::new();
        for name in names {
            if keep(&name) && !out.iter().any(|n| squeeze(n) == squeeze(&name)) {
                out.push(name);
            }
        }
        out
    };
    let person = |name: &str| !organization(name);
    let from = |names: &[String]| distinct(&mut names.iter().flat_map(|n| authors::split_listed(n)), &person);
    let shown = distinct(&mut seen.authors.iter().flat_map(|n| authors::split(n)), &person);
    [from(&structured), from(&head.all(head::AUTHOR)), shown]
        .into_iter()
        .find(|names| !names.is_empty())
        .unwrap_or_else(|| distinct(&mut listed.into_iter().take(1), &|_| true))
}

fn squeeze(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn topics(node: Option<&jsonld::Node>, head: &Head) -> Vec<String> {
    let listed = node.and_then(|n| n.get("keywords")).map(jsonld::names).unwrap_or_default();
    let sources = [
        listed,
        head.all(&["article:tag"]),
        head.all(&["news_keywords"]),
        head.all(&["keywords", "parsely-tags"]),
    ];
    let mut out: Vec<String> = Vec::new();
    for source in sources {
        for topic in source.iter().flat_map(|list| list.split([',', ';'])) {
            let topic = topic.trim();
            if !topic.is_empty()
                && topic.chars().count() <= 80
                && !out.iter().any(|t| t == topic)
                && out.len() < 50
            {
                out.push(topic.to_owned());
            }
        }
        if !out.is_empty() {
            break;
        }
    }
    out
}

fn lead_image(node: Option<&jsonld::Node>, head: &Head, url: &str) -> Option<Image> {
    let listed = || {
        let image = node?.get("image")?;
        let first = image.as_array().and_then(|list| list.first()).unwrap_or(image);
        first.as_str().or_else(|| first.get("url")?.as_str()).map(str::to_owned)
    };
    let address =
        head.first(&["og:image", "og:image:url", "twitter:image", "twitter:image:src"]).or_else(listed)?;
    Some(Image { url: absolute(&address, url), caption: None, credit: None })
}

fn paywalled(node: Option<&jsonld::Node>, head: &Head) -> Option<bool> {
    let tier = head.first(&["article:content_tier"]).map(|tier| tier.to_ascii_lowercase());
    let free = node.and_then(|n| n.get("isAccessibleForFree")).and_then(|value| match value {
        serde_json::Value::Bool(free) => Some(*free),
        serde_json::Value::String(text) => Some(!text.to_ascii_lowercase().contains("false")),
        _ => None,
    });
    free.map(|free| !free).or(match tier.as_deref() {
        Some("free") => Some(false),
        Some("locked" | "metered" | "paid" | "premium") => Some(true),
        _ => None,
    })
}

/// A date in the path: /2020/07/31/ or /2020-07-31-.
pub(crate) fn date_in_url(url: &str) -> Option<(OffsetDateTime, Precision)> {
    let path = url.split("://").nth(1)?.split(['?', '#']).next()?.split_once('/')?.1;
    let parts: Vec<&str> = path.split(['/', '-', '_']).collect();
    parts.windows(3).find_map(|window| match window {
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() == 2 => {
            dates::parse(&format!("{year}-{month}-{day}"))
        }
        _ => None,
    })
}

/// Joins an address to the page's own.
pub(crate) fn absolute(address: &str, base: &str) -> String {
    let address = address.trim();
    let Some((scheme, rest)) = base.split_once("://") else { return address.to_owned() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if address.contains("://") || address.is_empty() {
        address.to_owned()
    } else if let Some(rest) = address.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if address.starts_with('/') {
        format!("{scheme}://{host}{address}")
    } else {
        let path = rest.split(['?', '#']).next().unwrap_or(rest);
        let folder = path.rfind('/').map_or(host, |i| path.get(..i).unwrap_or(host));
        format!("{scheme}://{folder}/{address}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_made_absolute() {
        let base = "https://example.org/news/a.html?x=1";
        assert_eq!(absolute("/b", base), "https://example.org/b");
        assert_eq!(absolute("//cdn.example.org/c.jpg", base), "https://cdn.example.org/c.jpg");
        assert_eq!(absolute("d.jpg", base), "https://example.org/news/d.jpg");
        assert_eq!(absolute("d.jpg", ""), "d.jpg");
    }

    #[test]
    fn dates_in_addresses_are_found() {
        let day = |url: &str| date_in_url(url).map(|(when, _)| when.date().to_string());
        assert_eq!(day("https://example.org/2020/07/31/title").as_deref(), Some("2020-07-31"));
        assert_eq!(day("https://example.org/news/12345"), None);
    }
}
