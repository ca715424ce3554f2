//! schema.org data in `application/ld+json` scripts.
//!
//! Lives here: reading the scripts, forgiving common errors in them, and finding the node that describes the article.
//! Must never come here: trust (`mod.rs` weighs this evidence against other places).

use crate::html::names::{AttrName, Tag};
use crate::html::tree::{Kind, Tree};
use serde_json::{Map, Value};

/// Scripts longer than this are catalogues, not articles.
const MAX_SCRIPT_BYTES: usize = 2_000_000;

/// A schema.org node.
pub(crate) type Node = Map<String, Value>;

/// All nodes of all scripts that describe an article, the likeliest first.
pub(crate) fn articles(tree: &Tree<'_>) -> Vec<Node> {
    let mut found: Vec<(i32, Node)> = Vec::new();
    for script in scripts(tree) {
        let mut stack = vec![(script, 0)];
        while let Some((value, depth)) = stack.pop() {
            match value {
                // Children first on the stack in reverse, so that nodes come out in the page's order.
                Value::Array(list) => stack.extend(list.into_iter().rev().take(500).map(|v| (v, depth + 1))),
                Value::Object(mut node) if depth < 6 => {
                    for key in ["@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "hasPart"] {
                        if node.get(key).is_some_and(|v| v.is_object() || v.is_array())
                            && let Some(child) = node.remove(key)
                        {
                            stack.push((child, depth + 1));
                        }
                    }
                    if let Some(rank) = rank(&node) {
                        found.push((rank - depth, node));
                    }
                }
                _ => {}
            }
        }
    }
    found.sort_by_key(|(rank, _)| -rank);
    found.into_iter().map(|(_, node)| node).collect()
}

/// The publication, when a script describes it.
pub(crate) fn publisher(nodes: &[Node]) -> Option<String> {
    nodes.iter().find_map(|node| names(node.get("publisher")?).into_iter().next())
}

fn scripts(tree: &Tree<'_>) -> Vec<Value> {
    let mut out = Vec::new();
    for (id, node) in tree.nodes.iter().enumerate() {
        let Kind::Element { tag: Tag::Script, .. } = node.kind else { continue };
        let kind = tree.raw_attr(id as u32, AttrName::Type).unwrap_or_default();
        if !kind.to_ascii_lowercase().contains("ld+json") {
            continue;
        }
        let text: String = tree
            .children(id as u32)
            .filter_map(|c| tree.node(c))
            .filter_map(|n| if let Kind::Text(span) = n.kind { Some(tree.slice(span)) } else { None })
            .collect();
        if text.len() > MAX_SCRIPT_BYTES {
            continue;
        }
        if let Some(value) = read(&text) {
            out.push(value);
        }
    }
    out
}

/// Parses a script; line ends inside strings, comment wrappers, trailing semicolons and commas are forgiven.
fn read(text: &str) -> Option<Value> {
    let text = text
        .trim()
        .trim_start_matches("<!--")
        .trim_start_matches("//<![CDATA[")
        .trim_start_matches("<![CDATA[");
    let text = text
        .trim()
        .trim_end_matches("-->")
        .trim_end_matches("//]]>")
        .trim_end_matches("]]>")
        .trim()
        .trim_end_matches(';');
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut fixed = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            '\\' if inside => escaped = !escaped,
            '"' if !escaped => inside = !inside,
            ']' | '}' if !inside => {
                let end = fixed.trim_end().trim_end_matches(',').len();
                fixed.truncate(end);
            }
            c if c < ' ' => {
                fixed.push(' ');
                escaped = false;
                continue;
            }
            _ => {}
        }
        if c != '\\' {
            escaped = false;
        }
        fixed.push(c);
    }
    serde_json::from_str(&fixed).ok().or_else(|| {
        // The first of several values that were written one after another.
        serde_json::Deserializer::from_str(&fixed).into_iter::<Value>().next()?.ok()
    })
}

/// True for nodes typed as news: newsrooms keep their headline with care, blog systems copy what search engines like.
pub(crate) fn is_news(node: &Node) -> bool {
    let news = |value: &Value| {
        value.as_str().is_some_and(|t| t.ends_with("NewsArticle") || t.ends_with("LiveBlogPosting"))
    };
    match node.get("@type") {
        Some(Value::Array(list)) => list.iter().any(news),
        Some(value) => news(value),
        None => false,
    }
}

fn rank(node: &Node) -> Option<i32> {
    let types: Vec<&str> = match node.get("@type")? {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let of = |t: &str| {
        let t = t.rsplit(['/', ':']).next().unwrap_or(t).to_ascii_lowercase();
        match t.as_str() {
            "newsarticle"
            | "reportagenewsarticle"
            | "analysisnewsarticle"
            | "opinionnewsarticle"
            | "backgroundnewsarticle"
            | "reviewnewsarticle"
            | "asknewsarticle" => Some(100),
            "article"
            | "blogposting"
            | "liveblogposting"
            | "report"
            | "scholarlyarticle"
            | "techarticle"
            | "advertisercontentarticle"
            | "satiricalarticle"
            | "socialmediaposting"
            | "medicalscholarlyarticle"
            | "newsitem" => Some(90),
            "review" | "recipe" | "howto" | "event" | "discussionforumposting" => Some(40),
            "webpage" | "itempage" | "medicalwebpage" | "aboutpage" | "faqpage" => Some(20),
            "videoobject" => Some(10),
            _ => None,
        }
    };
    let base = types.iter().filter_map(|t| of(t)).max()?;
    let has = |key: &str| i32::from(node.contains_key(key));
    Some(base + 3 * has("headline") + 3 * has("datePublished") + 2 * has("author") + 4 * has("articleBody"))
}

/// A string value, trimmed.
pub(crate) fn string(node: &Node, key: &str) -> Option<String> {
    let text = match node.get(key)? {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().find_map(Value::as_str)?.to_owned(),
        Value::Object(inner) => {
            inner.get("@value").or(inner.get("name")).or(inner.get("@id"))?.as_str()?.to_owned()
        }
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) => return None,
    };
    let text = crate::normal::tidy(&crate::html::entities::decode_text(&text));
    (!text.is_empty()).then_some(text)
}

/// Names of people or organizations in whatever form: a string, an object with a name, a list of either.
pub(crate) fn names(value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    let mut stack = vec![(value, 0)];
    while let Some((value, depth)) = stack.pop() {
        match value {
            Value::String(text) => out.push(crate::normal::tidy(&crate::html::entities::decode_text(text))),
            Value::Array(list) => stack.extend(list.iter().rev().take(50).map(|v| (v, depth + 1))),
            Value::Object(node) if depth < 5 => {
                let given = node.get("givenName").and_then(Value::as_str);
                let family = node.get("familyName").and_then(Value::as_str);
                if let Some(name) = node.get("name").filter(|v| !v.is_null()) {
                    stack.push((name, depth + 1));
                } else if let (Some(given), Some(family)) = (given, family) {
                    out.push(crate::normal::tidy(&format!("{given} {family}")));
                }
            }
            _ => {}
        }
    }
    out.retain(|name| !name.is_empty());
    out
}
