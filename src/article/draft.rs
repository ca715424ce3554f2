//! A draft is an article on its way in: valid by construction.
//!
//! `Draft::new` is the only door; it reports every violation at once, named as the contract names the fields. Limits that
//! depend on the server's configuration come in as `Limits`.

use std::collections::BTreeMap;

use time::OffsetDateTime;

/// Longest `source`, in bytes.
pub(crate) const MAX_SOURCE_BYTES: usize = 200;
/// Longest `external_id`, in bytes: it is part of a unique index, whose rows Postgres bounds near 2,700 bytes.
pub(crate) const MAX_EXTERNAL_ID_BYTES: usize = 500;
/// Longest `url`, in bytes.
pub(crate) const MAX_URL_BYTES: usize = 2_000;
/// Longest `title`, in bytes.
pub(crate) const MAX_TITLE_BYTES: usize = 2_000;
/// Most labels on one article.
pub(crate) const MAX_LABELS: usize = 64;
/// Longest label key, in bytes.
pub(crate) const MAX_LABEL_KEY_BYTES: usize = 63;
/// Longest label value, in bytes.
pub(crate) const MAX_LABEL_VALUE_BYTES: usize = 255;
/// Longest language tag, in bytes (BCP 47 asks implementations to take at least 35).
pub(crate) const MAX_LANGUAGE_BYTES: usize = 35;

/// What depends on the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Longest body, in bytes as submitted.
    pub max_body_bytes: usize,
}

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path in the request, as the contract names it ("article.url").
    pub field: String,
    /// What is wrong and what would be right.
    pub description: String,
}

impl Violation {
    /// A violation of `field`.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Violation {
        Violation { field: field.into(), description: description.into() }
    }
}

/// The raw body as submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Flat text.
    Text(String),
    /// A decoded page.
    Html(String),
    /// An undecoded page.
    Page {
        /// As fetched.
        content: Vec<u8>,
        /// The header; may be empty.
        content_type: String,
    },
}

impl Body {
    /// The bytes as submitted; of text and HTML, their UTF-8.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Body::Text(text) | Body::Html(text) => text.as_bytes(),
            Body::Page { content, .. } => content,
        }
    }

    /// The number that stands for the kind in the database.
    pub fn kind_number(&self) -> i16 {
        match self {
            Body::Text(_) => 1,
            Body::Html(_) => 2,
            Body::Page { .. } => 3,
        }
    }

    /// The Content-Type of a page; empty for the other kinds.
    pub fn content_type(&self) -> &str {
        match self {
            Body::Text(_) | Body::Html(_) => "",
            Body::Page { content_type, .. } => content_type,
        }
    }

    /// Puts a body back together; `None` for an unknown kind, or text that is no UTF-8.
    pub fn from_parts(kind: i16, bytes: Vec<u8>, content_type: String) -> Option<Body> {
        match kind {
            1 => String::from_utf8(bytes).ok().map(Body::Text),
            2 => String::from_utf8(bytes).ok().map(Body::Html),
            3 => Some(Body::Page { content: bytes, content_type }),
            _ => None,
        }
    }
}

/// How much work recognizing an article may be. The numbers are those of the contract and of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Accuracy {
    /// The language's model alone.
    #[default]
    Fast = 1,
    /// The language's model, and the accurate one for the paragraphs on which it was in doubt.
    Balanced = 2,
    /// The accurate model alone.
    Accurate = 3,
}

impl Accuracy {
    /// From the contract's number.
    pub fn from_number(number: i16) -> Option<Accuracy> {
        [Accuracy::Fast, Accuracy::Balanced, Accuracy::Accurate]
            .into_iter()
            .find(|accuracy| *accuracy as i16 == number)
    }
}

/// The fields of a draft before anyone looked at them.
#[derive(Clone, Debug, Default)]
pub struct RawDraft {
    /// Empty: "default".
    pub source: String,
    /// Empty: none.
    pub external_id: String,
    /// Empty: none.
    pub url: String,
    /// Required.
    pub body: Option<Body>,
    /// Empty: none.
    pub title: String,
    /// As given.
    pub published_time: Option<OffsetDateTime>,
    /// Empty: none.
    pub language: String,
    /// As given.
    pub labels: BTreeMap<String, String>,
    /// Unset: as the service is set.
    pub accuracy: Option<Accuracy>,
}

/// A valid article on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Never empty.
    pub source: String,
    /// The sender's own id.
    pub external_id: Option<String>,
    /// Empty or an absolute http(s) URL.
    pub url: String,
    /// Not empty.
    pub body: Body,
    /// The sender's headline.
    pub title: Option<String>,
    /// The sender's time.
    pub published_time: Option<OffsetDateTime>,
    /// The sender's language tag, lower case.
    pub language: Option<String>,
    /// The sender's marks.
    pub labels: BTreeMap<String, String>,
    /// How accurately the sender wants it read.
    pub accuracy: Option<Accuracy>,
}

impl Draft {
    /// Checks everything; the error holds every violation, with fields under "article.".
    pub fn new(raw: RawDraft, limits: Limits) -> Result<Draft, Vec<Violation>> {
        let mut found = Vec::new();
        let source = if raw.source.is_empty() { "default".to_owned() } else { raw.source };
        check_text(&mut found, "article.source", &source, MAX_SOURCE_BYTES);
        check_text(&mut found, "article.external_id", &raw.external_id, MAX_EXTERNAL_ID_BYTES);
        check_text(&mut found, "article.title", &raw.title, MAX_TITLE_BYTES);
        check_url(&mut found, &raw.url);
        check_language(&mut found, &raw.language);
        check_labels(&mut found, &raw.labels);
        check_body(&mut found, raw.body.as_ref(), limits);
        let Some(body) = raw.body.filter(|_| found.is_empty()) else { return Err(found) };
        Ok(Draft {
            source,
            external_id: non_empty(raw.external_id),
            url: raw.url,
            body,
            title: non_empty(raw.title),
            published_time: raw.published_time,
            language: non_empty(raw.language).map(|tag| tag.to_lowercase()),
            labels: raw.labels,
            accuracy: raw.accuracy,
        })
    }

    /// Fingerprint of everything that a new version could change: BLAKE3 over the length-prefixed fields.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let mut feed = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        feed(&self.body.kind_number().to_le_bytes());
        feed(self.body.bytes());
        feed(self.body.content_type().as_bytes());
        feed(self.url.as_bytes());
        feed(self.title.as_deref().unwrap_or_default().as_bytes());
        feed(&self.published_time.map_or(i128::MIN, OffsetDateTime::unix_timestamp_nanos).to_le_bytes());
        feed(self.language.as_deref().unwrap_or_default().as_bytes());
        for (key, value) in &self.labels {
            feed(key.as_bytes());
            feed(value.as_bytes());
        }
        // Not fed when unset, so that what was stored before there was a choice is recognized.
        if let Some(accuracy) = self.accuracy {
            feed(&(accuracy as i16).to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}

fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn check_text(found: &mut Vec<Violation>, field: &str, text: &str, max_bytes: usize) {
    if text.len() > max_bytes {
        found.push(Violation::new(
            field,
            format!("is {} bytes long; at most {max_bytes} are allowed", text.len()),
        ));
    }
    // Postgres cannot store U+0000 in text, and no name or headline has a reason to hold a control character.
    if let Some(control) = text.chars().find(|c| c.is_control() && *c != '\t' && *c != '\n') {
        found.push(Violation::new(
            field,
            format!("has the control character U+{:04X}; remove it", u32::from(control)),
        ));
    }
}

fn check_url(found: &mut Vec<Violation>, url: &str) {
    check_text(found, "article.url", url, MAX_URL_BYTES);
    if url.is_empty() {
        return;
    }
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    if host.is_none_or(|rest| rest.is_empty() || rest.starts_with('/')) || url.contains(char::is_whitespace) {
        found.push(Violation::new(
            "article.url",
            "must be an absolute http or https URL without spaces, like https://example.com/news/1",
        ));
    }
}

fn check_language(found: &mut Vec<Violation>, tag: &str) {
    if tag.is_empty() {
        return;
    }
    let primary_is_sound = tag.split('-').next().is_some_and(|primary| {
        (2..=8).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic())
    });
    let rest_is_sound = tag.len() <= MAX_LANGUAGE_BYTES
        && tag.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if !primary_is_sound || !rest_is_sound {
        found.push(Violation::new("article.language", "must be a BCP 47 tag like \"en\" or \"pt-BR\""));
    }
}

fn check_labels(found: &mut Vec<Violation>, labels: &BTreeMap<String, String>) {
    if labels.len() > MAX_LABELS {
        found.push(Violation::new(
            "article.labels",
            format!("has {} entries; at most {MAX_LABELS} are allowed", labels.len()),
        ));
        return;
    }
    for (key, value) in labels {
        if key.is_empty() {
            found.push(Violation::new("article.labels", "has an empty key; name the label"));
            continue;
        }
        let shown: String = key.chars().take(40).collect();
        check_text(found, &format!("article.labels key {shown:?}"), key, MAX_LABEL_KEY_BYTES);
        check_text(found, &format!("article.labels[{shown:?}]"), value, MAX_LABEL_VALUE_BYTES);
    }
}

fn check_body(found: &mut Vec<Violation>, body: Option<&Body>, limits: Limits) {
    let Some(body) = body else {
        found.push(Violation::new("article.body", "is missing; set one of text, html or page"));
        return;
    };
    let field = match body {
        Body::Text(_) => "article.text",
        Body::Html(_) => "article.html",
        Body::Page { .. } => "article.page.content",
    };
    if body.bytes().is_empty() {
        found.push(Violation::new(field, "is empty; send the article's body"));
    }
    if body.bytes().len() > limits.max_body_bytes {
        found.push(Violation::new(
            field,
            format!(
                "is {} bytes long; this server takes at most {}",
                body.bytes().len(),
                limits.max_body_bytes
            ),
        ));
    }
    check_text(found, "article.page.content_type", body.content_type(), 500);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { max_body_bytes: 100 };

    fn raw(body: &str) -> RawDraft {
        RawDraft { body: Some(Body::Text(body.to_owned())), ..RawDraft::default() }
    }

    fn fields(raw: RawDraft) -> Vec<String> {
        Draft::new(raw, LIMITS).expect_err("has violations").into_iter().map(|v| v.field).collect()
    }

    #[test]
    fn every_violation_is_reported_at_once() {
        let draft = RawDraft {
            url: "not a url".into(),
            external_id: "x".repeat(501),
            language: "!".into(),
            labels: BTreeMap::from([(String::new(), "v".into())]),
            ..raw("")
        };
        assert_eq!(
            fields(draft),
            ["article.external_id", "article.url", "article.language", "article.labels", "article.text"]
        );
    }

    #[test]
    fn a_field_is_refused_only_beyond_its_bound() {
        assert!(Draft::new(raw(&"a".repeat(100)), LIMITS).is_ok());
        assert_eq!(fields(raw(&"a".repeat(101))), ["article.text"]);
        assert_eq!(fields(RawDraft::default()), ["article.body"]);
        assert_eq!(fields(RawDraft { title: "a\0b".into(), ..raw("a") }), ["article.title"]);
    }

    #[test]
    fn the_content_hash_tells_fields_apart() {
        let base = Draft::new(raw("body"), LIMITS).expect("valid");
        let mut moved = base.clone();
        moved.url = "https://a.example/".into();
        let mut titled = base.clone();
        titled.title = Some("https://a.example/".into());
        assert_eq!(base.content_hash(), base.clone().content_hash());
        assert_ne!(base.content_hash(), moved.content_hash());
        assert_ne!(moved.content_hash(), titled.content_hash());
    }
}
