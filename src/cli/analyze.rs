//! `copydesk analyze`: the pipeline in this process, with no server and no database.
//!
//! As text for people, one article after the other; as JSON for programs, on all cores, in the order of the input, and
//! one line out for every line in.

use std::{
    io::{BufWriter, IsTerminal, Read, Write},
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args;
use copydesk_proto::v1;

use super::{
    choices::Offsets,
    in_order::{Step, in_order},
    inputs::{self, Input, Unread},
    json,
    lines::Broken,
    local::{Analyst, ModelArgs},
    render::{self, Screen},
    server,
};

/// How long a stopped run may take to write out what it has begun.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Clean articles and find their entities, here and now
///
/// Runs the service's pipeline in this process: nothing is stored, no server is needed. Shows the clean text with its
/// entities, quotations and their speakers, the captions, and what was removed and why.
///
/// .html and .htm files are read as undecoded pages, .txt files as text, others by what their bytes look like. Without
/// a FILE, one article is read from the standard input.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk analyze samples/budget-vote.html
  curl -s https://example.org/story | copydesk analyze
  copydesk analyze --html story.html story.txt
  copydesk analyze --json story.txt | jq '.entities[] | [.type, .name]'
  copydesk analyze --jsonl --offsets code-point < raw.jsonl > articles.jsonl
      A line is a RawArticle: {\"externalId\": \"1\", \"text\": \"...\"}, or with \"html\" in place of \"text\".

With --jsonl, a line that cannot be used gives an error with its number and, to keep order and count, an article in state
FAILED that says why; the exit status is then 1.")]
pub(crate) struct AnalyzeArgs {
    /// Files or folders; `-` is the standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Read one protobuf-JSON RawArticle a line, print one Article a line
    #[arg(long)]
    jsonl: bool,

    /// Print protobuf JSON, one Article a line
    #[arg(long)]
    json: bool,

    /// Write the articles to this file as one web page that needs nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "jsonl"])]
    html: Option<PathBuf>,

    /// In JSON: what the offsets count
    #[arg(long, value_enum, default_value_t, value_name = "UNIT")]
    offsets: Offsets,

    #[command(flatten)]
    models: ModelArgs,

    /// Articles analyzed at the same time, in JSON [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
}

/// What came of one article.
struct Analyzed {
    /// To be printed as JSON: on a failure, what can be said of the article.
    article: v1::Article,
    /// What went wrong, with its place.
    problem: Option<String>,
    took: Duration,
}

/// Runs on a thread of its own, so that Ctrl-C is heard.
pub(crate) async fn run(args: AnalyzeArgs) -> anyhow::Result<ExitCode> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut running = tokio::task::spawn_blocking({
        let stop = stop.clone();
        move || analyze(&args, &stop)
    });
    tokio::select! {
        outcome = &mut running => outcome?,
        () = super::interrupted() => {
            stop.store(true, Relaxed);
            // A read from a silent pipe would never end by itself.
            let _ = tokio::time::timeout(STOP_GRACE, running).await;
            Ok(super::stopped())
        }
    }
}

fn analyze(args: &AnalyzeArgs, stop: &AtomicBool) -> anyhow::Result<ExitCode> {
    let items = unread(args)?.take_while(|_| !stop.load(Relaxed));
    let analyst = Analyst::load(&args.models)?;
    if let Some(file) = &args.html {
        return write_page(&analyst, items, file);
    }
    if !args.json && !args.jsonl {
        return show(&analyst, items);
    }
    let processors = || thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let encoding = args.offsets.encoding();
    let mut out = BufWriter::new(std::io::stdout());
    let mut failed = 0_u64;
    in_order(
        args.threads.unwrap_or_else(processors),
        items,
        |item| {
            let analyzed = analyze_one(&analyst, item, encoding);
            (json::to_line(&analyzed.article), analyzed.problem)
        },
        |step| {
            let Step::Done((line, problem)) = step else { return Ok(out.flush()?) };
            if let Some(problem) = problem {
                failed += 1;
                eprintln!("error: {problem}");
            }
            Ok(writeln!(out, "{}", line?)?)
        },
    )?;
    out.flush()?;
    Ok(exit_code(failed))
}

/// One after the other, each shown as soon as it is there.
fn show(analyst: &Analyst, items: impl Iterator<Item = Unread>) -> anyhow::Result<ExitCode> {
    let screen = Screen::of_stdout();
    let mut out = std::io::stdout();
    let mut failed = 0_u64;
    for (index, item) in items.enumerate() {
        let analyzed = analyze_one(analyst, item, v1::OffsetEncoding::Utf8);
        if let Some(problem) = analyzed.problem {
            failed += 1;
            eprintln!("error: {problem}");
            continue;
        }
        if index > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", render::article(&screen, &analyzed.article, Some(analyzed.took)))?;
        if index == 0 {
            // Once is enough, and under the first text is where it is looked for.
            writeln!(out, "    {}", screen.legend())?;
        }
    }
    Ok(exit_code(failed))
}

/// All of them on one page.
fn write_page(
    analyst: &Analyst,
    items: impl Iterator<Item = Unread>,
    file: &Path,
) -> anyhow::Result<ExitCode> {
    let mut articles = Vec::new();
    let mut failed = 0_u64;
    for item in items {
        let analyzed = analyze_one(analyst, item, v1::OffsetEncoding::Utf8);
        match analyzed.problem {
            None => articles.push(analyzed.article),
            Some(problem) => {
                failed += 1;
                eprintln!("error: {problem}");
            }
        }
    }
    std::fs::write(file, render::page(&articles))
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!("{} articles in {}", articles.len(), file.display());
    Ok(exit_code(failed))
}

fn unread(args: &AnalyzeArgs) -> anyhow::Result<Box<dyn Iterator<Item = Unread> + Send>> {
    if args.files.is_empty() && std::io::stdin().is_terminal() {
        eprintln!("reading from the terminal; Ctrl-D ends the input");
    }
    if args.jsonl {
        let lines = |path: &PathBuf| {
            if path.as_os_str() == "-" { Input::StdinLines } else { Input::Lines(path.clone()) }
        };
        let inputs = match args.files.as_slice() {
            [] => vec![Input::StdinLines],
            files => files.iter().map(lines).collect(),
        };
        return Ok(Box::new(inputs::articles(inputs)));
    }
    if args.files.is_empty() || args.files.iter().any(|file| file.as_os_str() == "-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        let named = args.files.iter().filter(|file| file.as_os_str() != "-").cloned().collect::<Vec<_>>();
        let piped = std::iter::once(Unread::Piped(bytes));
        return Ok(Box::new(piped.chain(inputs::articles(inputs::find(&named)?))));
    }
    Ok(Box::new(inputs::articles(inputs::find(&args.files)?)))
}

fn analyze_one(analyst: &Analyst, item: Unread, encoding: v1::OffsetEncoding) -> Analyzed {
    let place = item.place();
    let article = match item.read() {
        Ok(article) => article,
        Err(broken) => return failed(broken, "INVALID_INPUT"),
    };
    let external_id = article.external_id.clone();
    let started = Instant::now();
    // A panic on one article must not take the others along.
    let outcome = catch_unwind(AssertUnwindSafe(|| analyst.analyze(article, encoding)));
    let took = started.elapsed();
    match outcome {
        Ok(Ok(article)) => Analyzed { article, problem: None, took },
        Ok(Err(status)) => {
            failed(Broken { place, external_id, problem: server::describe(&status) }, "INVALID_INPUT")
        }
        Err(_) => {
            let problem = "the pipeline panicked on this article; that is a bug worth a report".to_owned();
            failed(Broken { place, external_id, problem }, "PANICKED")
        }
    }
}

fn failed(broken: Broken, reason: &str) -> Analyzed {
    let article = v1::Article {
        external_id: broken.external_id,
        state: v1::ArticleState::Failed as i32,
        failure: Some(v1::Failure {
            reason: reason.to_owned(),
            message: broken.problem.clone(),
            attempts: 1,
        }),
        ..Default::default()
    };
    let problem = Some(format!("{}: {}", broken.place, broken.problem));
    Analyzed { article, problem, took: Duration::ZERO }
}

fn exit_code(failed: u64) -> ExitCode {
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
