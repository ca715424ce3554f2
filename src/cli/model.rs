//! `copydesk model`: recognizer models, made from spaCy packages and transformer weights without Python.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use copydesk_ner::{Model, import};

use super::local;
use crate::pipeline::Pipeline;

/// Import and inspect recognizer models
#[derive(Args, Debug)]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Subcommand, Debug)]
enum ModelCommand {
    Import(ImportArgs),
    Show(ShowArgs),
}

/// Make a model file from a spaCy package or a transformer's folder
///
/// Reads a spaCy v3 pipeline with a CNN named-entity recognizer (en_core_web_sm, en_core_web_md and their like) and
/// writes one file that Copydesk runs natively, with spaCy's own answers. Or a folder with config.json, vocab.txt and
/// model.safetensors of a small BERT token classifier, as training/ner makes it: an accurate model, with weights of 8
/// bits. Python is not needed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk model import site-packages/en_core_web_sm
  copydesk model import en_core_web_md-3.8.0 -o models/en_core_web_md-3.8.0.cdner
  copydesk analyze --model en_core_web_sm-3.8.0.cdner story.txt
      Try what was imported.")]
struct ImportArgs {
    /// Folder of the package: the one with config.cfg or model.safetensors, or one above it
    #[arg(value_name = "DIR")]
    package: PathBuf,

    /// Where to write the model [default: NAME-VERSION.cdner in this folder]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Show what a model is and what it recognizes
///
/// Without a FILE, the model that this program carries.
#[derive(Args, Debug)]
struct ShowArgs {
    /// A file that `copydesk model import` made
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Runs to its end: importing takes about a second.
pub(crate) fn run(args: ModelArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        ModelCommand::Import(args) => import_package(&args),
        ModelCommand::Show(args) => show(&args),
    }
}

fn import_package(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let folder = package_folder(&args.package)?;
    let compiled = import::compile(&|file: &str| fs::read(folder.join(file)).ok())
        .with_context(|| format!("{} was not imported", folder.display()))?;
    let model = Model::from_bytes(&compiled)?;
    let name = package_name(&model);
    let output = match &args.output {
        Some(output) => output.clone(),
        None => PathBuf::from(format!("{name}-{}.cdner", model.version())),
    };
    fs::write(&output, &compiled).with_context(|| format!("cannot write {}", output.display()))?;
    let size = mebibytes(compiled.len());
    writeln!(
        std::io::stdout(),
        "{name} {} ({}) written to {}, {size}",
        model.version(),
        model.licence(),
        output.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The name of the package; the name in its own files may lack the language.
fn package_name(model: &Model) -> String {
    let (name, language) = (model.name(), model.language());
    if name.starts_with(&format!("{language}_")) { name.to_owned() } else { format!("{language}_{name}") }
}

/// An installed package has its data a folder or two below its name: en_core_web_sm/en_core_web_sm-3.8.0/config.cfg.
fn package_folder(named: &Path) -> anyhow::Result<PathBuf> {
    let mut level = vec![named.to_owned()];
    for _ in 0..3 {
        if let Some(folder) = level.iter().find(|folder| holds_package(folder)) {
            return Ok(folder.clone());
        }
        let mut below = Vec::new();
        for folder in &level {
            let entries =
                fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
            below.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()));
        }
        below.sort();
        level = below;
    }
    bail!(
        "{} is no package: neither it nor a folder in it holds a config.cfg or a model.safetensors",
        named.display()
    );
}

fn holds_package(folder: &Path) -> bool {
    ["config.cfg", "model.safetensors"].iter().any(|file| folder.join(file).is_file())
}

fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    match &args.file {
        Some(file) => describe(&mut out, &local::read_model(file)?)?,
        None => {
            for (_, model) in Pipeline::embedded()?.models() {
                describe(&mut out, model)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(out: &mut impl Write, model: &Model) -> anyhow::Result<()> {
    writeln!(out, "name      {}", package_name(model))?;
    writeln!(out, "version   {}", model.version())?;
    writeln!(out, "language  {}", model.language())?;
    writeln!(out, "licence   {}", model.licence())?;
    writeln!(out, "weights   {}", mebibytes(model.weight_bytes()))?;
    writeln!(out, "labels    {}", model.labels().join(" "))?;
    Ok(())
}

fn mebibytes(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
