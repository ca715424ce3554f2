//! A transformer's folder with tiny weights that mean nothing, made on the spot: what training/ner would write.

use std::collections::BTreeMap;

use serde_json::{Value, json};

const WIDTH: usize = 16;
const WIDE: usize = 32;
const WINDOW: usize = 24;

/// The files of a folder by name. Every change of a file's contents goes through here.
pub(crate) struct TinyFolder {
    pub(crate) config: Value,
    pub(crate) vocabulary: String,
    /// Shape and values by name.
    pub(crate) arrays: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl TinyFolder {
    /// A sound one: two labels, one layer.
    pub(crate) fn new() -> TinyFolder {
        let pieces: Vec<String> =
            ["[UNK]", "[CLS]", "[SEP]", "."].into_iter().map(String::from).chain(letters()).collect();
        let labels = ["O", "B-PERSON", "I-PERSON", "B-GPE", "I-GPE"];
        let mut folder = TinyFolder {
            config: json!({
                "hidden_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": 2,
                "intermediate_size": WIDE, "layer_norm_eps": 1e-12, "max_position_embeddings": WINDOW,
                "type_vocab_size": 2, "vocab_size": pieces.len(), "labels": labels, "case_classes": 8,
                "max_window": WINDOW, "lower_case": true, "confidence": "mean", "temperature": 1.0,
                "name": "tiny", "version": "0.1.0", "licence": "none",
            }),
            vocabulary: pieces.join("\n") + "\n",
            arrays: BTreeMap::new(),
        };
        let tables = [
            ("embeddings.word_embeddings.weight", pieces.len()),
            ("embeddings.position_embeddings.weight", WINDOW),
            ("embeddings.token_type_embeddings.weight", 2),
            ("case_embeddings.weight", 8),
            ("classifier.weight", labels.len()),
        ];
        for (name, rows) in tables {
            folder.add(name, &[rows, WIDTH]);
        }
        folder.add("classifier.bias", &[labels.len()]);
        for name in ["query", "key", "value"] {
            folder.linear(&format!("encoder.layer.0.attention.self.{name}"), WIDTH, WIDTH);
        }
        folder.linear("encoder.layer.0.attention.output.dense", WIDTH, WIDTH);
        folder.linear("encoder.layer.0.intermediate.dense", WIDE, WIDTH);
        folder.linear("encoder.layer.0.output.dense", WIDTH, WIDE);
        for name in ["embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"] {
            folder.add(&format!("{name}.LayerNorm.weight"), &[WIDTH]);
            folder.add(&format!("{name}.LayerNorm.bias"), &[WIDTH]);
        }
        folder
    }

    fn linear(&mut self, name: &str, outputs: usize, inputs: usize) {
        self.add(&format!("{name}.weight"), &[outputs, inputs]);
        self.add(&format!("{name}.bias"), &[outputs]);
    }

    /// Numbers from -1 to 1 that look random and are the same every time.
    fn add(&mut self, name: &str, shape: &[usize]) {
        let mut state = 88_172_645_463_325_252 ^ (self.arrays.len() as u64) << 8;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let values = (0..shape.iter().product()).map(|_| next()).collect();
        self.arrays.insert(name.to_owned(), (shape.to_vec(), values));
    }

    fn weights(&self) -> Vec<u8> {
        let mut head = serde_json::Map::new();
        let mut bytes = Vec::new();
        for (name, (shape, values)) in &self.arrays {
            let begin = bytes.len();
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            let entry = json!({ "dtype": "F32", "shape": shape, "data_offsets": [begin, bytes.len()] });
            head.insert(name.clone(), entry);
        }
        let head = Value::Object(head).to_string();
        [(head.len() as u64).to_le_bytes().as_slice(), head.as_bytes(), &bytes].concat()
    }

    /// What stands in a file of the folder.
    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        match name {
            "config.json" => Some(self.config.to_string().into_bytes()),
            "vocab.txt" => Some(self.vocabulary.clone().into_bytes()),
            "model.safetensors" => Some(self.weights()),
            _ => None,
        }
    }
}

fn letters() -> impl Iterator<Item = String> {
    ('a'..='z').flat_map(|letter| [letter.to_string(), format!("##{letter}")])
}
