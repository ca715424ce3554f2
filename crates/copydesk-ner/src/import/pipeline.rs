//! What kind of pipeline a package is: its NER component, where that gets its token vectors, its moves.

use std::collections::BTreeMap;

use serde_json::Value;

use super::config::Config;
use super::{Files, ImportError, msgpack, required, required_text};
use crate::blueprint::{Calibration, Move};

#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) language: String,
    pub(super) licence: String,
    pub(super) calibration: Calibration,
    /// The directory of the NER component.
    pub(super) component: String,
    /// The directory of the component whose token vectors it listens to.
    pub(super) upstream: Option<String>,
}

pub(super) fn read(files: Files<'_>) -> Result<Pipeline, ImportError> {
    let config = Config::parse(&required_text(files, "config.cfg")?);
    let meta: Value = serde_json::from_str(&required_text(files, "meta.json")?)
        .map_err(|error| ImportError::invalid("meta.json", error.to_string()))?;
    let calibration = calibration(&meta)?;
    let meta = |key: &str| meta.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let language = config
        .text("nlp", "lang")
        .ok_or_else(|| ImportError::invalid("config.cfg", "no nlp.lang; is this a spaCy v3 package?"))?;
    let tokenizer = config
        .registered("nlp.tokenizer", "tokenizers")
        .or_else(|| config.get("nlp", "tokenizer")?.get("@tokenizers")?.as_str().map(str::to_owned));
    if let Some(other) = tokenizer.filter(|name| name != "spacy.Tokenizer.v1") {
        return Err(ImportError::unsupported(format!("the tokenizer {other}")));
    }
    let component = ner_component(&config)?;
    let model = format!("components.{component}.model");
    check_architecture(&config, &model, &["spacy.TransitionBasedParser."])?;
    let tok2vec = format!("{model}.tok2vec");
    let upstream = match config.registered(&tok2vec, "architectures") {
        Some(name) if name.starts_with("spacy.Tok2VecListener.") => Some(upstream(&config, &tok2vec)?),
        _ => None,
    };
    let vectors_of = upstream.as_ref().map_or(tok2vec, |component| format!("components.{component}.model"));
    check_tok2vec(&config, &vectors_of)?;
    Ok(Pipeline {
        name: meta("name"),
        version: meta("version"),
        licence: meta("license"),
        calibration,
        language,
        component,
        upstream,
    })
}

/// What `copydesk_calibration` of meta.json says (two numbers, slope and offset); else what fits en_core_web_md.
fn calibration(meta: &Value) -> Result<Calibration, ImportError> {
    let Some(value) = meta.get("copydesk_calibration") else {
        return Ok(crate::calibration::MEASURED);
    };
    match serde_json::from_value::<[f32; 2]>(value.clone()) {
        Ok([slope, offset]) if slope.is_finite() && slope > 0.0 && offset.is_finite() => {
            Ok(Calibration { slope, offset })
        }
        _ => Err(ImportError::invalid("meta.json", "copydesk_calibration is not [slope above 0, offset]")),
    }
}

/// The first component of the pipeline that recognizes entities with a transition system.
fn ner_component(config: &Config) -> Result<String, ImportError> {
    let names = config.get("nlp", "pipeline").unwrap_or_default();
    let names: Vec<&str> = names.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for name in &names {
        match config.text(&format!("components.{name}"), "factory").as_deref() {
            Some("ner") => return Ok((*name).to_owned()),
            Some("beam_ner") => {
                return Err(ImportError::unsupported(format!("beam search (component {name})")));
            }
            _ => {}
        }
    }
    Err(ImportError::unsupported(format!("no component of the kind \"ner\", only {}", names.join(", "))))
}

fn upstream(config: &Config, listener: &str) -> Result<String, ImportError> {
    let wanted = config.text(listener, "upstream").unwrap_or_else(|| "*".to_owned());
    let names = config.get("nlp", "pipeline").unwrap_or_default();
    let mut names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
    let is_tok2vec =
        |name: &str| config.text(&format!("components.{name}"), "factory").as_deref() == Some("tok2vec");
    let found =
        if wanted == "*" { names.find(|name| is_tok2vec(name)) } else { names.find(|name| *name == wanted) };
    match found {
        Some(name) => Ok(name.to_owned()),
        None => Err(ImportError::unsupported(format!("a listener to the missing component \"{wanted}\""))),
    }
}

fn check_architecture(config: &Config, section: &str, known: &[&str]) -> Result<String, ImportError> {
    match config.registered(section, "architectures") {
        Some(name) if known.iter().any(|prefix| name.starts_with(prefix)) => Ok(name),
        Some(name) => Err(ImportError::unsupported(format!("the architecture {name} (in [{section}])"))),
        None => Err(ImportError::invalid("config.cfg", format!("no @architectures in [{section}]"))),
    }
}

fn check_tok2vec(config: &Config, section: &str) -> Result<(), ImportError> {
    let name = check_architecture(config, section, &["spacy.Tok2Vec.", "spacy.HashEmbedCNN."])?;
    if name.starts_with("spacy.HashEmbedCNN.") {
        return Ok(());
    }
    check_architecture(config, &format!("{section}.embed"), &["spacy.MultiHashEmbed."])?;
    check_architecture(config, &format!("{section}.encode"), &["spacy.MaxoutWindowEncoder."])?;
    Ok(())
}

/// The moves in the order of the network's output, and the labels that they name.
pub(super) fn moves(files: Files<'_>, component: &str) -> Result<(Vec<Move>, Vec<String>), ImportError> {
    let file = format!("{component}/moves");
    let value = msgpack::decode(&file, &required(files, &file)?)?;
    let json = value.get("moves").and_then(msgpack::Value::text);
    let json = json.ok_or_else(|| ImportError::invalid(&file, "no list of moves"))?;
    let counts: BTreeMap<String, BTreeMap<String, i64>> =
        serde_json::from_str(json).map_err(|error| ImportError::invalid(&file, error.to_string()))?;
    let mut labels: Vec<String> = Vec::new();
    let mut moves = Vec::new();
    for (action, label) in in_network_order(&counts) {
        let index = match labels.iter().position(|known| *known == label) {
            _ if label.is_empty() => 0,
            Some(index) => index,
            None => {
                labels.push(label.clone());
                labels.len() - 1
            }
        } as u16;
        moves.push(match (action.as_str(), label.is_empty()) {
            ("1", false) => Move::Begin(index),
            ("2", false) => Move::In(index),
            ("3", false) => Move::Last(index),
            ("4", false) => Move::Unit(index),
            ("5", true) => Move::Out,
            _ => Move::Never,
        });
    }
    if labels.is_empty() {
        return Err(ImportError::invalid(&file, "no labels"));
    }
    Ok((moves, labels))
}

/// spaCy's order (`TransitionSystem.initialize_actions`): by action, then falling frequency, then falling label;
/// labels with a negative frequency were added later, so they come after all others, by rising age.
fn in_network_order(counts: &BTreeMap<String, BTreeMap<String, i64>>) -> Vec<(String, String)> {
    let (mut order, mut added) = (Vec::new(), Vec::new());
    for (action, labels) in counts {
        let mut labels: Vec<(&String, i64)> = labels.iter().map(|(label, &count)| (label, count)).collect();
        labels.sort_by(|(a, a_count), (b, b_count)| (b_count, b).cmp(&(a_count, a)));
        for (label, count) in labels {
            if count >= 0 {
                order.push((action.clone(), label.clone()));
            } else {
                added.push((count, label.clone(), action.clone()));
            }
        }
    }
    added.sort_by(|a, b| (b.0, &b.1).cmp(&(a.0, &a.1)).then_with(|| a.2.cmp(&b.2)));
    order.extend(added.into_iter().map(|(_, label, action)| (action, label)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_may_bring_its_own_calibration() {
        let of = |text: &str| calibration(&serde_json::from_str(text).unwrap());
        assert_eq!(of("{}").unwrap(), crate::calibration::MEASURED);
        let own = of(r#"{"copydesk_calibration": [0.5, -0.25]}"#).unwrap();
        assert_eq!(own, Calibration { slope: 0.5, offset: -0.25 });
        for bad in ["[0, 1]", "[1]", "[1e99, 0]", "\"x\"", "null"] {
            let meta = format!(r#"{{"copydesk_calibration": {bad}}}"#);
            assert!(of(&meta).unwrap_err().to_string().contains("copydesk_calibration"), "{bad}");
        }
    }
}
