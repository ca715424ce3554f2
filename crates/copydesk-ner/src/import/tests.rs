//! A tiny pipeline made of plain numbers, for tests of everything that needs a model but no sense.

use crate::attributes::Attribute;
use crate::blueprint::{
    Blueprint, Calibration, Column, Exception, Linear, Lower, Maxout, Move, Network, Rules, Vectors,
};
use crate::hash::string_id;

fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let step = |i: usize| (i as u32).wrapping_mul(2654435761).wrapping_add(seed.wrapping_mul(40503)) >> 8;
    (0..count).map(|i| step(i) as f32 / (1 << 23) as f32 - 1.0).collect()
}

fn maxout(width: usize, pieces: usize, inputs: usize, seed: u32) -> Maxout {
    Maxout {
        pieces,
        weights: numbers(width * pieces * inputs, seed),
        bias: numbers(width * pieces, seed + 1),
        scale: numbers(width, seed + 2),
        shift: numbers(width, seed + 3),
    }
}

/// Widths that are no multiples of eight, two pieces, a window of one, two convolutions, two labels, vectors.
pub(crate) fn tiny() -> Blueprint {
    let (width, hidden, inner) = (5, 6, 7);
    let moves = [Move::Begin, Move::In, Move::Last, Move::Unit].map(|kind| [kind(0), kind(1)]);
    let mut moves = moves.as_flattened().to_vec();
    moves.extend([Move::Never, Move::Out]);
    let exception = |text: &str, tokens: &[&str]| Exception {
        text: text.to_owned(),
        tokens: tokens.iter().map(|&token| (token.to_owned(), 0)).collect(),
    };
    let mut keys: Vec<u64> = ["a", "b", "Paris"].map(string_id).to_vec();
    keys.sort_unstable();
    Blueprint {
        name: "tiny".into(),
        version: "0".into(),
        language: "en".into(),
        licence: "none".into(),
        rules: Rules {
            prefix: Some(r"^[(']".into()),
            suffix: Some(r"[).,']$|'s$".into()),
            infix: Some(r"(?<=[a-z])-(?=[a-z])".into()),
            token_match: None,
            url_match: Some(r"^\S+\.com$".into()),
            exceptions: vec![exception(":)", &[":)"]), exception("can't", &["ca", "n't"])],
            faster_heuristics: true,
            norms: vec![(string_id("colour"), string_id("color"))],
        },
        network: Network {
            width,
            columns: vec![
                Column { attribute: Attribute::Norm, seed: 8, table: numbers(width * 11, 1) },
                Column { attribute: Attribute::Spacy, seed: 9, table: numbers(width * 3, 2) },
            ],
            vectors: Some(Vectors { keys, rows: vec![0, 1, 1], table: numbers(width * 2, 3) }),
            embed: maxout(width, 2, 3 * width, 10),
            window: 1,
            convolutions: vec![maxout(width, 3, 3 * width, 20), maxout(width, 2, 3 * width, 30)],
            reduce: Linear { weights: numbers(inner * width, 40), bias: numbers(inner, 41) },
            lower: Lower {
                features: 3,
                hidden,
                pieces: 2,
                weights: numbers(3 * hidden * 2 * inner, 50),
                bias: numbers(hidden * 2, 51),
                padding: numbers(3 * hidden * 2, 52),
            },
            upper: Some(Linear { weights: numbers(10 * hidden, 60), bias: numbers(10, 61) }),
        },
        moves,
        labels: vec!["PERSON".into(), "GPE".into()],
        calibration: Calibration { slope: 0.5, offset: -0.25 },
    }
}

/// A package of the given config.cfg, with whatever other files are listed.
fn import(config: &str, others: &[(&str, &[u8])]) -> String {
    let files = |path: &str| match path {
        "config.cfg" => Some(config.as_bytes().to_vec()),
        "meta.json" => Some(br#"{"name":"x","version":"1","license":"MIT"}"#.to_vec()),
        path => others.iter().find(|(name, _)| *name == path).map(|(_, bytes)| bytes.to_vec()),
    };
    super::compile(&files).unwrap_err().to_string()
}

const NLP: &str =
    "[nlp]\nlang = \"en\"\npipeline = [\"tok2vec\",\"ner\"]\n[components.ner]\nfactory = \"ner\"\n";
const PARSER: &str = "[components.ner.model]\n@architectures = \"spacy.TransitionBasedParser.v2\"\n";
const TOK2VEC: &str = "[components.ner.model.tok2vec]\n@architectures = ";

#[test]
fn what_cannot_be_imported_is_named() {
    let table = [
        (
            format!("{NLP}{PARSER}{TOK2VEC}\"spacy-transformers.TransformerListener.v1\"\n"),
            "TransformerListener",
        ),
        (
            format!("{NLP}{PARSER}{TOK2VEC}\"spacy.Tok2VecListener.v1\"\nupstream = \"gone\"\n"),
            "component \"gone\"",
        ),
        (NLP.replace("\"ner\"\n", "\"beam_ner\"\n"), "beam search"),
        (NLP.replace("factory = \"ner\"", "factory = \"spancat\""), "no component of the kind"),
        (
            format!("{NLP}[nlp.tokenizer]\n@tokenizers = \"spacy.ja.JapaneseTokenizer\"\n"),
            "JapaneseTokenizer",
        ),
        (
            format!(
                "{NLP}{PARSER}{TOK2VEC}\"spacy.Tok2Vec.v2\"\n[components.ner.model.tok2vec.embed]\n\
                 @architectures = \"spacy.CharacterEmbed.v2\"\n"
            ),
            "CharacterEmbed",
        ),
        (
            format!(
                "{NLP}{PARSER}{TOK2VEC}\"spacy.Tok2Vec.v2\"\n[components.ner.model.tok2vec.embed]\n\
                 @architectures = \"spacy.MultiHashEmbed.v2\"\n[components.ner.model.tok2vec.encode]\n\
                 @architectures = \"spacy.TorchBiLSTMEncoder.v1\"\n"
            ),
            "TorchBiLSTMEncoder",
        ),
    ];
    for (config, named) in table {
        let error = import(&config, &[]);
        assert!(error.starts_with("this pipeline cannot be imported") && error.contains(named), "{error}");
    }
}

#[test]
fn a_broken_package_is_an_error_that_names_the_file() {
    let whole = format!("{NLP}{PARSER}{TOK2VEC}\"spacy.HashEmbedCNN.v2\"\n");
    assert!(import("", &[]).contains("config.cfg"), "{}", import("", &[]));
    assert_eq!(import(&whole, &[]), "the package has no ner/moves");
    assert!(
        import(&whole, &[("ner/moves", b"\xc1")]).starts_with("ner/moves of the package: not MessagePack")
    );
    let moves = b"\x81\xa5moves\xd9\x43{\"1\":{\"A\":1},\"2\":{\"A\":1},\"3\":{\"A\":1},\"4\":{\"A\":1,\"\":1},\"5\":{\"\":1}}  ";
    let error = import(&whole, &[("ner/moves", moves), ("ner/model", b"\x80")]);
    assert_eq!(error, "ner/model of the package: not a thinc model");
}

#[test]
fn a_tiny_pipeline_of_odd_sizes_runs() {
    let model = crate::Model::from_bytes(&crate::format::write(&tiny())).unwrap();
    let mut scratch = crate::Scratch::new();
    let texts = ["Paris can't (stop) a colour-blind b.", "", "one", "x.com :) 's"];
    let together = model.recognize(&mut scratch, &texts);
    for (text, expected) in texts.iter().zip(&together) {
        assert_eq!(&model.recognize(&mut scratch, &[text])[0], expected);
    }
    let words = |text: &'static str| -> Vec<&str> {
        model.tokenize(text).iter().map(|token| &text[token.begin..token.end]).collect()
    };
    assert_eq!(
        words(texts[0]),
        ["Paris", "ca", "n't", "(", "stop", ")", "a", "colour", "-", "blind", "b", "."]
    );
    assert_eq!(words("(:)"), ["(", ":)"]);
    assert_eq!(words("see.com's"), ["see.com", "'s"]);
}
