//! The command line as a person or a script uses it: the real program, its output and its exit status.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Output, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use crate::app::{TestApp, text, within};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    command.kill_on_drop(true).env_remove("COPYDESK_SERVER").env_remove("RUST_LOG").env("COLUMNS", "100");
    command
}

pub(crate) async fn run(arguments: &[&str], input: &str) -> Output {
    let mut command = program();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let write = async move { stdin.write_all(input.as_bytes()).await };
    let (_, output) = within(async { tokio::join!(write, child.wait_with_output()) }).await;
    output.expect("the program ends")
}

/// Runs to an exit status of `status`; what was printed on the standard output.
pub(crate) async fn run_to(status: i32, arguments: &[&str], input: &str) -> String {
    let output = run(arguments, input).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn samples() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/samples")
}

#[tokio::test]
async fn articles_are_submitted_listed_shown_watched_and_deleted() {
    let (app, _database) = TestApp::start().await;
    let submit = ["submit", "--wait", "--json", samples(), "--server", &app.url];
    let submitted = json_lines(&run_to(0, &submit, "").await);
    let files = fs::read_dir(samples()).expect("samples").count();
    assert_eq!(submitted.len(), files);
    let first = &submitted[0]["article"];
    assert_eq!(first["externalId"], "budget-vote.html");
    assert_eq!(first["state"], "ARTICLE_STATE_PROCESSED");
    let article_id = first["articleId"].as_str().expect("an id");

    // The same once more is no news.
    let output = run(&submit, "").await;
    let summary = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(summary.starts_with(&format!("0 new, {files} already known")), "{summary}");

    let listed = run_to(0, &["list", "--json", "--entity", "khartoum", "--server", &app.url], "").await;
    assert_eq!(json_lines(&listed).len(), 1, "{listed}");
    let shown = run_to(0, &["get", article_id, "--server", &app.url], "").await;
    assert!(shown.starts_with("━━ Parliament passes budget by a single vote\n"), "{shown}");
    assert!(shown.contains("[NATO|ORG]") && shown.contains("Removed\n"), "{shown}");

    run_to(0, &["delete", article_id, "--server", &app.url], "").await;
    let output = run(&["get", article_id, "--server", &app.url], "").await;
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains(article_id) && error.contains("copydesk list"), "{error}");

    let watch = ["watch", "--from", "beginning", "--until-caught-up", "--json", "--server", &app.url];
    let updates = json_lines(&run_to(0, &watch, "").await);
    assert_eq!(updates.len(), 2 * files + 1);
    assert_eq!(updates.last().map(|update| &update["kind"]), Some(&"UPDATE_KIND_DELETED".into()));
    app.stop().await.expect("a clean end");
}

#[tokio::test]
async fn a_watch_ends_at_ctrl_c_and_says_where_to_go_on() {
    let (mut app, _database) = TestApp::start().await;
    for external_id in ["one", "two"] {
        app.submit(text(external_id, "The mayor of Lisbon spoke on Monday.")).await;
    }
    let mut watch = program();
    watch.args(["watch", "--from", "beginning", "--kind", "accepted", "--server", &app.url]);
    let mut child = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut cursors = Vec::new();
    while cursors.len() < 2 {
        let line = within(lines.next_line()).await.expect("readable").expect("a line");
        cursors.extend(line.split_once("cursor ").map(|(_, cursor)| cursor.to_owned()));
    }
    let process = i32::try_from(child.id().expect("it runs")).expect("a process id");
    kill(Pid::from_raw(process), Signal::SIGINT).expect("a signal");
    let output = within(child.wait_with_output()).await.expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("go on with: copydesk watch --from "), "{errors}");

    let from_first =
        ["watch", "--from", &cursors[0], "--kind", "accepted", "--until-caught-up", "--server", &app.url];
    let rest = run_to(0, &from_first, "").await;
    assert!(rest.contains("/two") && !rest.contains("/one"), "{rest}");
    app.stop().await.expect("a clean end");
}

#[tokio::test]
async fn analyze_prints_a_line_for_every_line_in_order_even_for_a_broken_one() {
    let input = r#"{"externalId":"1","language":"en","text":"Angela Merkel spoke in 🇩🇪 Berlin."}
{"externalId":"2","text":"misspelt field","titel":"x"}

not json
{"externalId":"4","html":"<p>Nothing much happened in Madrid on Tuesday, the police said.</p>"}
"#;
    let output = run(&["analyze", "--jsonl", "--offsets", "code-point"], input).await;
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("standard input:2: ") && errors.contains("standard input:4: "), "{errors}");

    let articles = json_lines(&String::from_utf8(output.stdout).expect("UTF-8"));
    let ids: Vec<Option<&str>> = articles.iter().map(|article| article["externalId"].as_str()).collect();
    assert_eq!(ids, [Some("1"), Some("2"), None, Some("4")]);
    assert_eq!(articles[1]["state"], "ARTICLE_STATE_FAILED");
    let clean: Vec<char> = articles[0]["text"].as_str().expect("text").chars().collect();
    let entities = articles[0]["entities"].as_array().expect("entities");
    let berlin = entities.iter().find(|entity| entity["name"] == "Berlin").expect("Berlin");
    let span = &berlin["mentions"][0]["span"];
    let [begin, end] = ["begin", "end"].map(|end| span[end].as_u64().expect("an offset") as usize);
    assert_eq!(clean[begin..end].iter().collect::<String>(), "Berlin");
}

#[tokio::test]
async fn an_error_says_what_to_do() {
    for (arguments, status, expected) in [
        (&["list", "--server", "http://127.0.0.1:9"][..], 1, "copydesk serve"),
        (&["list", "--server", "localhost:50051"], 1, "http://127.0.0.1:50051"),
        (&["watch", "--from", "yesterday!"], 2, "`beginning`"),
        (&["list", "--entity-type", "ship"], 2, "person, org, gpe"),
        (&["submit", "no-such-file.txt"], 1, "no-such-file.txt"),
        (&["delete", "--etag", "x", "one", "two"], 2, "one ID"),
        (&["model", "import", concat!(env!("CARGO_MANIFEST_DIR"), "/samples")], 1, "config.cfg"),
    ] {
        let output = run(arguments, "").await;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
        assert!(errors.contains(expected), "{arguments:?}: {errors}");
    }
}

#[tokio::test]
async fn the_demo_shows_every_sample_and_leaves_nothing_behind() {
    let temporary = temporary_folder();
    let mut demo = program();
    demo.args(["demo", "--samples", samples()]).env("TMPDIR", &temporary).stdout(Stdio::piped());
    let output = within(demo.spawn().expect("the program starts").wait_with_output()).await;
    let output = output.expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(shown.contains("Dam talks resume in Khartoum") && shown.contains("To look further"), "{shown}");
    let left = fs::read_dir(&temporary).expect("the folder").count();
    assert_eq!(left, 0, "the data folder is removed");
    fs::remove_dir(&temporary).expect("an empty folder");
}

fn temporary_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("copydesk-test-demo-{}", std::process::id()));
    fs::create_dir(&folder).expect("a folder");
    // Run by root, the demo's Postgres is another user.
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("permissions");
    folder
}

#[tokio::test]
async fn name_lists_are_stored_from_files_and_the_queue_and_its_failures_are_shown() {
    let (app, _database) = TestApp::start().await;
    let folder = crate::cluster::TestFolder::new("gazetteer");
    let file = folder.path().join("ports.csv");
    fs::write(&file, "name,type\nBarreiro,GPE\n,GPE\n").expect("a writable folder");
    let file = file.to_str().expect("UTF-8");
    let stored = run_to(0, &["gazetteer", "put", file, "--fold-case", "--server", &app.url], "").await;
    assert!(stored.starts_with("stored ports with 1 entries\n1 lines could not be read"), "{stored}");
    assert!(stored.contains("ports.csv:3: "), "{stored}");
    let listed = run_to(0, &["gazetteer", "list", "--server", &app.url], "").await;
    assert!(listed.starts_with("ports ") && listed.contains("1 entries"), "{listed}");
    run_to(0, &["gazetteer", "delete", "ports", "--server", &app.url], "").await;
    run_to(1, &["gazetteer", "delete", "ports", "--server", &app.url], "").await;
    run_to(2, &["gazetteer", "put", "list.txt", "--server", &app.url], "").await;

    let queue = run_to(0, &["queue", "--server", &app.url], "").await;
    assert!(queue.starts_with("0 waiting or in work"), "{queue}");
    let failed = run_to(0, &["failed", "--server", &app.url], "").await;
    assert_eq!(failed, "no article was given up\n");
    let nobody = "00000000-0000-7000-8000-000000000000";
    let retried = run_to(1, &["retry", nobody, "--server", &app.url], "").await;
    assert_eq!(retried, format!("{nobody} had not failed\n"));
    app.stop().await.expect("a clean end");
}

#[tokio::test]
async fn analyze_writes_a_page_that_shows_the_articles() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("page.html");
    let path = file.to_str().expect("UTF-8");
    run_to(0, &["analyze", "--html", path, samples()], "").await;
    let page = fs::read_to_string(&file).expect("is written");
    assert_eq!(page.matches("<article").count(), fs::read_dir(samples()).expect("samples").count());
    assert!(page.contains("class=\"direct\"") && page.contains("<mark class=\"people"));
    let refused = run(&["analyze", "--html", path, "--json"], "").await;
    assert_eq!(refused.status.code(), Some(2));
    fs::remove_dir_all(folder).expect("is removed");
}
