//! A transformer's folder becomes a model that runs, and an unsound one an error that says what is wrong.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod tiny_folder;

use copydesk_ner::{Model, Scratch, import};
use serde_json::json;
use tiny_folder::TinyFolder;

fn compile(folder: &TinyFolder) -> Result<Vec<u8>, String> {
    import::compile(&|name: &str| folder.file(name)).map_err(|error| error.to_string())
}

#[test]
fn a_folder_becomes_a_model_that_says_what_it_is_and_runs() {
    let model = Model::from_bytes(&compile(&TinyFolder::new()).unwrap()).unwrap();
    assert_eq!((model.name(), model.version(), model.language()), ("tiny", "0.1.0", "en"));
    assert_eq!((model.licence(), model.labels()), ("none", ["PERSON", "GPE"].map(String::from).as_slice()));
    let texts = ["Anna Lind met Ben in Oslo.", "", "He left. ".repeat(400).leak()];
    let mentions = model.recognize(&mut Scratch::new(), &texts);
    assert_eq!(mentions.len(), 3);
    assert_eq!(model.recognize(&mut Scratch::new(), &texts), mentions);
}

#[test]
fn the_same_folder_gives_the_same_bytes() {
    assert_eq!(compile(&TinyFolder::new()), compile(&TinyFolder::new()));
}

#[test]
fn an_unsound_folder_is_refused_with_what_is_wrong() {
    type Change = fn(&mut TinyFolder);
    let table: [(&str, Change); 8] = [
        ("config.json of the package: temperature is no number", |it| it.config["temperature"] = json!("x")),
        ("config.json of the package: \"X-GPE\" among the labels is no BIO tag", |it| {
            it.config["labels"][3] = json!("X-GPE");
        }),
        ("it uses a hidden_act of \"relu\"", |it| it.config["hidden_act"] = json!("relu")),
        ("max_window is above max_position_embeddings", |it| it.config["max_window"] = json!(25)),
        ("classifier.bias is not in it", |it| {
            it.arrays.remove("classifier.bias");
        }),
        ("embeddings.word_embeddings.weight has the shape", |it| it.vocabulary.push_str("new\n")),
        ("case_embeddings.weight has a weight that is no number", |it| {
            it.arrays.get_mut("case_embeddings.weight").unwrap().1[5] = f32::NAN;
        }),
        ("a vocabulary without [UNK], [CLS] or [SEP]", |it| {
            it.vocabulary = it.vocabulary.replace("[SEP]", "[PAD]");
        }),
    ];
    for (expected, change) in table {
        let mut folder = TinyFolder::new();
        change(&mut folder);
        let error = compile(&folder).unwrap_err();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    }
}

#[test]
fn a_weight_file_cut_anywhere_is_refused() {
    let folder = TinyFolder::new();
    let whole = folder.file("model.safetensors").unwrap();
    for cut in [0, 7, 8, 100, whole.len() - 1] {
        let files = |name: &str| match name {
            "model.safetensors" => Some(whole[..cut].to_vec()),
            name => folder.file(name),
        };
        assert!(import::compile(&files).is_err(), "cut at {cut}");
    }
}
