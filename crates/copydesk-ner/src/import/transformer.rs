//! A folder of transformer weights to a plan: config.json, vocab.txt, model.safetensors under Hugging Face's BERT names.
//!
//! training/ner writes such folders. Linear layers and word embeddings are cut to 8 bits here, row by row; everything
//! else stays as it is.

use serde_json::Value;

use super::safetensors::Tensors;
use super::{Files, ImportError, required, required_text};
use crate::transformer::{CASES, Layer, Linear, Normalization, Plan, Table, Tag};

const CONFIG: &str = "config.json";
const VOCABULARY: &str = "vocab.txt";
pub(super) const WEIGHTS: &str = "model.safetensors";

pub(super) fn read(files: Files<'_>) -> Result<Plan, ImportError> {
    let config: Value = serde_json::from_slice(&required(files, CONFIG)?)
        .map_err(|error| ImportError::invalid(CONFIG, error.to_string()))?;
    let config = Config(&config);
    config.check_supported()?;
    let weights = required(files, WEIGHTS)?;
    let tensors = Tensors::read(&weights)?;
    let (tags, labels) = tags(&config.texts("labels")?)?;
    let pieces: Vec<String> = required_text(files, VOCABULARY)?.lines().map(str::to_owned).collect();
    let (width, wide) = (config.size("hidden_size")?, config.size("intermediate_size")?);
    let max_window = config.size("max_window")?;
    let mut positions = tensors
        .floats("embeddings.position_embeddings.weight", &[config.size("max_position_embeddings")?, width])?;
    if positions.len() < max_window * width {
        return Err(ImportError::invalid(CONFIG, "max_window is above max_position_embeddings"));
    }
    positions.truncate(max_window * width);
    let types = [config.size("type_vocab_size")?, width];
    let kind = tensors.floats("embeddings.token_type_embeddings.weight", &types)?;
    for row in positions.chunks_exact_mut(width) {
        row.iter_mut().zip(&kind).for_each(|(value, kind)| *value += kind);
    }
    let words = tensors.floats("embeddings.word_embeddings.weight", &[pieces.len(), width])?;
    let mut layers = Vec::new();
    for layer in 0..config.size("num_hidden_layers")? {
        layers.push(read_layer(&tensors, layer, width, wide)?);
    }
    Ok(Plan {
        name: config.text("name")?,
        version: config.text("version")?,
        language: config.text("language").unwrap_or_else(|_| "en".to_owned()),
        licence: config.text("licence")?,
        temperature: config.number("temperature")?,
        max_window,
        heads: config.size("num_attention_heads")?,
        epsilon: config.number("layer_norm_eps")?,
        words: Table::quantize(&words, width),
        positions,
        cases: tensors.floats("case_embeddings.weight", &[CASES, width])?,
        normalization: normalization(&tensors, "embeddings", width)?,
        layers,
        head: tensors.floats("classifier.weight", &[tags.len(), width])?,
        head_bias: tensors.floats("classifier.bias", &[tags.len()])?,
        labels,
        tags,
        pieces,
    })
}

struct Config<'a>(&'a Value);

impl Config<'_> {
    /// Settings that the engine has built in must be what it has.
    fn check_supported(&self) -> Result<(), ImportError> {
        let built_in = [
            ("lower_case", Value::Bool(true)),
            ("case_classes", Value::from(CASES)),
            ("confidence", Value::from("mean")),
            ("hidden_act", Value::from("gelu")),
        ];
        for (name, expected) in built_in {
            if self.0.get(name).is_some_and(|found| *found != expected) {
                return Err(ImportError::unsupported(format!("a {name} of {}", self.0[name])));
            }
        }
        Ok(())
    }

    fn missing(name: &str, what: &str) -> ImportError {
        ImportError::invalid(CONFIG, format!("{name} is no {what}"))
    }

    fn size(&self, name: &str) -> Result<usize, ImportError> {
        let size = self.0.get(name).and_then(Value::as_u64).filter(|&size| (1..1 << 24).contains(&size));
        size.map(|size| size as usize).ok_or_else(|| Self::missing(name, "size"))
    }

    fn number(&self, name: &str) -> Result<f32, ImportError> {
        let number = self.0.get(name).and_then(Value::as_f64);
        number.map(|number| number as f32).ok_or_else(|| Self::missing(name, "number"))
    }

    fn text(&self, name: &str) -> Result<String, ImportError> {
        let text = self.0.get(name).and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(|| Self::missing(name, "text"))
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, ImportError> {
        let texts = self.0.get(name).and_then(Value::as_array);
        let texts: Option<Vec<String>> =
            texts.and_then(|texts| texts.iter().map(|text| text.as_str().map(str::to_owned)).collect());
        texts.ok_or_else(|| Self::missing(name, "list of texts"))
    }
}

/// `O`, `B-x` and `I-x` as tags, and the labels x in the order in which they are first named.
fn tags(names: &[String]) -> Result<(Vec<Tag>, Vec<String>), ImportError> {
    let mut labels: Vec<String> = Vec::new();
    let mut tags = Vec::new();
    for name in names {
        let tag = match name.split_once('-') {
            None if name == "O" => Tag::Outside,
            Some((place @ ("B" | "I"), label)) => {
                let known = labels.iter().position(|other| other == label);
                let index = known.unwrap_or_else(|| {
                    labels.push(label.to_owned());
                    labels.len() - 1
                }) as u16;
                if place == "B" { Tag::Begin(index) } else { Tag::Inside(index) }
            }
            None | Some(_) => {
                return Err(ImportError::invalid(CONFIG, format!("{name:?} among the labels is no BIO tag")));
            }
        };
        tags.push(tag);
    }
    Ok((tags, labels))
}

fn read_layer(tensors: &Tensors<'_>, layer: usize, width: usize, wide: usize) -> Result<Layer, ImportError> {
    let name = |part: &str| format!("encoder.layer.{layer}.{part}");
    let mut project = Linear::default();
    for part in ["query", "key", "value"] {
        let one = linear(tensors, &name(&format!("attention.self.{part}")), width, width)?;
        project.weights.numbers.extend(one.weights.numbers);
        project.weights.steps.extend(one.weights.steps);
        project.bias.extend(one.bias);
    }
    Ok(Layer {
        project,
        mix: linear(tensors, &name("attention.output.dense"), width, width)?,
        mix_normalization: normalization(tensors, &name("attention.output"), width)?,
        widen: linear(tensors, &name("intermediate.dense"), wide, width)?,
        narrow: linear(tensors, &name("output.dense"), width, wide)?,
        narrow_normalization: normalization(tensors, &name("output"), width)?,
    })
}

fn linear(tensors: &Tensors<'_>, name: &str, outputs: usize, inputs: usize) -> Result<Linear, ImportError> {
    let weights = tensors.floats(&format!("{name}.weight"), &[outputs, inputs])?;
    let bias = tensors.floats(&format!("{name}.bias"), &[outputs])?;
    Ok(Linear { weights: Table::quantize(&weights, inputs), bias })
}

fn normalization(tensors: &Tensors<'_>, name: &str, width: usize) -> Result<Normalization, ImportError> {
    Ok(Normalization {
        scale: tensors.floats(&format!("{name}.LayerNorm.weight"), &[width])?,
        shift: tensors.floats(&format!("{name}.LayerNorm.bias"), &[width])?,
    })
}
