//! The dial between speed and accuracy, with a tiny accurate model whose mentions mean nothing but whose name is told.

use std::path::PathBuf;

use copydesk_proto::v1;
use serde_json::Value;

use crate::{
    app::{STORY, TestApp, text, within},
    cli::{json_lines, run, run_to},
    cluster::database,
};

#[path = "../../crates/copydesk-ner/tests/tiny_folder/mod.rs"]
mod tiny_folder;

const FAST: &str = "en_core_web_md-3.8.0";
const ACCURATE: &str = "en_tiny-0.1.0";

/// A folder that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("copydesk-accuracy-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays costs a few kilobytes; the test has said what it had to say.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The tiny model as `copydesk model import` makes it of a folder.
async fn accurate_model(folder: &Folder) -> String {
    let tiny = tiny_folder::TinyFolder::new();
    for name in ["config.json", "vocab.txt", "model.safetensors"] {
        std::fs::write(folder.0.join(name), tiny.file(name).expect("a file")).expect("is written");
    }
    let model = folder.0.join("tiny.cdner").display().to_string();
    let path = folder.0.display().to_string();
    let said = run_to(0, &["model", "import", &path, "-o", &model], "").await;
    assert!(said.starts_with("en_tiny 0.1.0 (none) written to"), "{said}");
    model
}

async fn model_of(app: &mut TestApp, accuracy: v1::Accuracy) -> String {
    let request = v1::AnalyzeRequest {
        article: Some(text("story", STORY)),
        accuracy: accuracy.into(),
        ..Default::default()
    };
    let analyzed = within(app.analysis.analyze(request)).await.expect("is analyzed").into_inner();
    analyzed.article.and_then(|article| article.pipeline).expect("a pipeline").model
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_chooses_the_accuracy_and_the_answer_names_who_read() {
    let folder = Folder::new("server");
    let model = accurate_model(&folder).await;
    let database = database().await;
    let flags = ["--accurate-model", &model, "--accuracy", "accurate", "--balanced-certainty", "1"];
    let mut app = TestApp::start_on(&database.url, &flags, Default::default()).await;
    let both = format!("{FAST}+{ACCURATE}");
    assert_eq!(model_of(&mut app, v1::Accuracy::Unspecified).await, ACCURATE);
    assert_eq!(model_of(&mut app, v1::Accuracy::Fast).await, FAST);
    assert_eq!(model_of(&mut app, v1::Accuracy::Balanced).await, both);
    assert_eq!(model_of(&mut app, v1::Accuracy::Accurate).await, ACCURATE);
    // What is stored is read as the article says, or else as the server is set.
    let stored = app.process(text("stored", STORY)).await;
    assert_eq!((stored.version, stored.pipeline.expect("a pipeline").model.as_str()), (1, ACCURATE));
    let fast = v1::RawArticle { accuracy: v1::Accuracy::Fast.into(), ..text("stored", STORY) };
    let again = app.process(fast.clone()).await;
    assert_eq!((again.version, again.pipeline.expect("a pipeline").model.as_str()), (2, FAST));
    // The request's word counts before the article's.
    let request = v1::AnalyzeRequest {
        article: Some(fast),
        accuracy: v1::Accuracy::Accurate.into(),
        ..Default::default()
    };
    let analyzed = within(app.analysis.analyze(request)).await.expect("is analyzed").into_inner();
    assert_eq!(analyzed.article.and_then(|a| a.pipeline).expect("a pipeline").model, ACCURATE);
    let unknown = v1::RawArticle { accuracy: 9, ..text("other", STORY) };
    let request = v1::SubmitArticleRequest { article: Some(unknown), ..Default::default() };
    let refused = within(app.articles.submit_article(request)).await.expect_err("is refused");
    assert!(refused.message().contains("article.accuracy"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_flag_the_language_s_model_reads_and_the_carried_accurate_one_when_it_is_asked() {
    let (mut app, _database) = TestApp::start().await;
    assert_eq!(model_of(&mut app, v1::Accuracy::Unspecified).await, FAST);
    let accurate = model_of(&mut app, v1::Accuracy::Accurate).await;
    assert!(accurate.starts_with("en_copydesk-accurate-"), "{accurate}");
    let balanced = model_of(&mut app, v1::Accuracy::Balanced).await;
    assert!([FAST.to_owned(), format!("{FAST}+{accurate}")].contains(&balanced), "{balanced}");
}

#[tokio::test]
async fn analyze_reads_with_the_accuracy_that_it_is_given() {
    let folder = Folder::new("analyze");
    let model = accurate_model(&folder).await;
    let line = serde_json::json!({ "text": STORY }).to_string();
    let name = |printed: &[Value]| printed[0]["pipeline"]["model"].as_str().unwrap_or_default().to_owned();
    for (accuracy, expected) in [("fast", FAST), ("accurate", ACCURATE)] {
        let arguments = ["analyze", "--jsonl", "--accurate-model", &model, "--accuracy", accuracy];
        assert_eq!(name(&json_lines(&run_to(0, &arguments, &line).await)), expected);
    }
    let carried = run_to(0, &["analyze", "--jsonl", "--accuracy", "accurate"], &line).await;
    assert!(name(&json_lines(&carried)).starts_with("en_copydesk-accurate-"), "{carried}");
    let refused = run(&["analyze", "--jsonl", "--balanced-certainty", "2"], &line).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("--balanced-certainty is 2"), "{said}");
}
