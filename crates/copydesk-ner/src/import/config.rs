//! Reads config.cfg: sections of keys whose values are JSON, with `${section:key}` references.

use std::collections::HashMap;

use serde_json::Value;

#[derive(Debug, Default)]
pub(super) struct Config {
    sections: HashMap<String, HashMap<String, String>>,
}

impl Config {
    pub(super) fn parse(text: &str) -> Self {
        let mut config = Config::default();
        let (mut section, mut key) = (String::new(), String::new());
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
                && !line.starts_with(char::is_whitespace)
            {
                section = name.to_owned();
                config.sections.entry(section.clone()).or_default();
                continue;
            }
            let keys = config.sections.entry(section.clone()).or_default();
            match trimmed.split_once('=') {
                Some((name, value)) if !line.starts_with(char::is_whitespace) => {
                    key = name.trim().to_owned();
                    keys.insert(key.clone(), value.trim().to_owned());
                }
                // An indented line goes on with the value before it.
                _ => keys.entry(key.clone()).or_default().push_str(trimmed),
            }
        }
        config
    }

    /// A value, references followed.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<Value> {
        self.resolve(section, key, 8)
    }

    pub(super) fn text(&self, section: &str, key: &str) -> Option<String> {
        self.get(section, key)?.as_str().map(str::to_owned)
    }

    /// The name under `@architectures` (or another registry) of a section.
    pub(super) fn registered(&self, section: &str, registry: &str) -> Option<String> {
        self.text(section, &format!("@{registry}"))
    }

    fn resolve(&self, section: &str, key: &str, depth: u32) -> Option<Value> {
        let raw = self.sections.get(section)?.get(key)?;
        let reference = raw.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        match reference.and_then(|path| path.split_once(':').or_else(|| path.rsplit_once('.'))) {
            Some((section, key)) => self.resolve(section, key, depth.checked_sub(1)?),
            None => serde_json::from_str(raw).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_references_and_continued_lines_are_read() {
        let config = Config::parse(
            "[paths]\ntrain = null\n\n[nlp]\nlang = \"en\"\npipeline = [\"tok2vec\",\n    \"ner\"]\n\
             [a.b]\nwidth = ${c:width}\n[c]\nwidth = 96\nloop = ${c.loop}\n",
        );
        assert_eq!(config.text("nlp", "lang").as_deref(), Some("en"));
        assert_eq!(config.get("nlp", "pipeline"), Some(serde_json::json!(["tok2vec", "ner"])));
        assert_eq!(config.get("a.b", "width"), Some(serde_json::json!(96)));
        assert_eq!(config.get("c", "loop"), None);
    }
}
