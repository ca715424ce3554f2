//! The accurate recognizer's network run by other engines of Rust, beside copydesk-ner, on the same texts and one core.
//!
//! The peers get windows as copydesk-ner makes them (paragraphs packed into up to 256 pieces, no padding) and only run
//! MiniLM-L6's six layers in floats, or what they offer on 8-bit weights; copydesk-ner also cuts the text, scores tags
//! and finds mentions. Rounds go through all engines in turn; processor time counts, not the clock's.
//! Prints a table, and how far the peers' outcomes are from candle's, to show that they run the same network.
//!
//! usage: copydesk-ner-peers DIR MODEL.cdner TEXTS.jsonl WORDS ROUNDS        (DIR: what model.py wrote)

mod windows;

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use copydesk_ner::{Model, Scratch};
use rten::{ModelOptions, Value, ValueOrView};
use rten_tensor::prelude::*;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
/// Pieces of a window to its rows' last hidden vectors.
type Run = Box<dyn FnMut(&[u32]) -> Outcome<Vec<f32>>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, model, texts, words, rounds] = arguments.as_slice() else {
        return Err("usage: copydesk-ner-peers DIR MODEL.cdner TEXTS.jsonl WORDS ROUNDS".into());
    };
    let (directory, budget, rounds) =
        (Path::new(directory), words.parse::<usize>()?, rounds.parse::<usize>()?);
    let (mut texts_of, mut words) = (Vec::new(), 0);
    for line in std::fs::read_to_string(texts)?.lines() {
        let text =
            serde_json::from_str::<serde_json::Value>(line)?["text"].as_str().unwrap_or_default().to_owned();
        words += text.split_whitespace().count();
        texts_of.push(text);
        if words >= budget {
            break;
        }
    }
    let texts: Vec<&str> = texts_of.iter().map(String::as_str).collect();
    let windows = windows::pack(&std::fs::read_to_string(directory.join("vocab.txt"))?, &texts);
    let pieces: usize = windows.iter().map(Vec::len).sum();
    println!("{words} words, {pieces} pieces in {} windows", windows.len());

    let ours = Model::from_bytes(&std::fs::read(model)?)?;
    let mut scratch = Scratch::new();
    let mut recognize = move |texts: &[&str]| {
        for article in texts.chunks(128) {
            ours.recognize(&mut scratch, article);
        }
    };
    let mut peers: Vec<(&str, Outcome<Run>)> = vec![
        ("candle, floats", candle(&directory.join("model.safetensors"))),
        ("rten, floats", rten(&directory.join("model.onnx"))),
        ("rten, 8-bit", rten(&directory.join("int8.onnx"))),
    ];
    let mut runs: Vec<(&str, Run)> = Vec::new();
    let mut reference: Option<Vec<f32>> = None;
    for (name, run) in peers.drain(..) {
        match run.and_then(|mut run| run(&windows[0]).map(|rows| (run, rows))) {
            Ok((run, rows)) => {
                let reference = reference.get_or_insert_with(|| rows.clone());
                let size: f32 = reference.iter().map(|x| x * x).sum();
                let error: f32 = reference.iter().zip(&rows).map(|(a, b)| (a - b).powi(2)).sum();
                println!("{name}: {:.5} from candle's rows", (error / size).sqrt());
                runs.push((name, run));
            }
            Err(error) => println!("{name}: not measured: {error}"),
        }
    }
    let mut seconds: HashMap<&str, Vec<f64>> = HashMap::new();
    for round in 0..=rounds {
        let begin = processor_seconds()?;
        recognize(&texts);
        let mut spent = vec![("copydesk-ner", processor_seconds()? - begin)];
        for (name, run) in &mut runs {
            let begin = processor_seconds()?;
            for window in &windows {
                run(window)?;
            }
            spent.push((name, processor_seconds()? - begin));
        }
        // The first round only warms up.
        for (name, spent) in spent.into_iter().filter(|_| round > 0) {
            seconds.entry(name).or_default().push(spent);
        }
    }
    let ours = median(seconds["copydesk-ner"].clone());
    println!(
        "\n| engine | words/s of processor time | copydesk-ner is so many times as fast |\n|---|---:|---:|"
    );
    for name in ["copydesk-ner"].into_iter().chain(runs.iter().map(|(name, _)| *name)) {
        let ratios = seconds[name].iter().zip(&seconds["copydesk-ner"]).map(|(theirs, ours)| theirs / ours);
        let theirs = median(seconds[name].clone());
        println!("| {name} | {:.0} | {:.1} |", words as f64 / theirs, median(ratios.collect()));
    }
    eprintln!("a round of copydesk-ner: {ours:.2} s");
    Ok(())
}

fn candle(weights: &Path) -> Outcome<Run> {
    let config = Config {
        vocab_size: 30_522,
        hidden_size: 384,
        num_hidden_layers: 6,
        num_attention_heads: 12,
        intermediate_size: 1536,
        hidden_dropout_prob: 0.0,
        ..Config::default()
    };
    let device = Device::Cpu;
    let tensors = candle_core::safetensors::load(weights, &device)?;
    let model = BertModel::load(VarBuilder::from_tensors(tensors, DType::F32, &device), &config)?;
    Ok(Box::new(move |pieces| {
        let pieces = Tensor::new(pieces, &device)?.unsqueeze(0)?;
        let kinds = pieces.zeros_like()?;
        Ok(model.forward(&pieces, &kinds, None)?.flatten_all()?.to_vec1()?)
    }))
}

fn rten(path: &Path) -> Outcome<Run> {
    let mut options = ModelOptions::with_all_ops();
    let model = options.prepack_weights(true).load_file(path)?;
    let [pieces_id, positions_id, rows_id] =
        [model.node_id("pieces")?, model.node_id("positions")?, model.node_id("rows")?];
    Ok(Box::new(move |pieces| {
        let count = pieces.len();
        let numbers: Vec<i32> = pieces.iter().map(|&piece| piece as i32).collect();
        let pieces = rten_tensor::Tensor::<i32>::from_data(&[count], numbers);
        let positions =
            rten_tensor::Tensor::<i32>::from_data(&[count], (0..count as i32).collect::<Vec<i32>>());
        let inputs: Vec<(_, ValueOrView)> =
            vec![(pieces_id, pieces.into()), (positions_id, positions.into())];
        let rows = model.run(inputs, &[rows_id], None)?.remove(0);
        match rows {
            Value::FloatTensor(rows) => Ok(rows.to_vec()),
            _ => Err("rows that are no floats".into()),
        }
    }))
}

/// Processor time of all threads so far, in steps of a hundredth.
fn processor_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
