//! `copydesk submit`: files, folders and JSON lines to a server, over one stream.

use std::{
    io::Write, path::PathBuf, pin::pin, process::ExitCode, sync::mpsc as names, thread, time::Instant,
};

use clap::Args;
use copydesk_client::{Answer, Stored, Submission};
use copydesk_proto::v1;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{
    choices::{Offsets, Priority},
    inputs::{self, Input, Unread},
    json,
    render::{self, Screen},
    server::{self, ServerArgs},
};
use crate::config::Dial;

/// Submit articles to a server
///
/// Each article is durable on the server once it is printed here. Submitting the same content again changes nothing; new
/// content under a known name becomes a new version of the same article.
///
/// .html and .htm files are sent as undecoded pages and .txt files as text, with the file's name as their id. .jsonl
/// files, and `-` for the standard input, hold one protobuf-JSON RawArticle a line. Folders are searched to the bottom.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk submit samples/
  copydesk submit --wait --source desk story.txt
  zcat archive.jsonl.gz | copydesk submit --priority low -
      A line is {\"externalId\": \"1\", \"text\": \"...\"}, or with \"html\" in place of \"text\"; see proto/copydesk/v1/article.proto.")]
pub(crate) struct SubmitArgs {
    /// Files, folders, or `-`
    #[arg(required = true, value_name = "FILE|DIR|-")]
    paths: Vec<PathBuf>,

    /// Source of the articles that name none
    #[arg(long, default_value = "cli", value_name = "NAME")]
    source: String,

    /// Wait until the articles are processed
    #[arg(long)]
    wait: bool,

    /// Which articles the server processes first
    #[arg(long, value_enum, default_value_t = Priority::Normal)]
    priority: Priority,

    /// How names are recognized in the articles that do not say so themselves [default: as the server is set]
    #[arg(long, value_enum, value_name = "ACCURACY")]
    accuracy: Option<Dial>,

    /// Articles sent and not yet answered, at most
    #[arg(long, default_value_t = 32, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    in_flight: u16,

    /// Print protobuf JSON, one SubmitArticleResponse a line
    #[arg(long)]
    json: bool,

    /// With --json and --wait: what the offsets count
    #[arg(long, value_enum, default_value_t, requires = "json", value_name = "UNIT")]
    offsets: Offsets,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Default)]
struct Tally {
    new: u64,
    known: u64,
    failed: u64,
}

/// Goes on past an article that is refused; the exit status tells.
pub(crate) async fn run(args: SubmitArgs) -> anyhow::Result<ExitCode> {
    let inputs = inputs::find(&args.paths)?;
    let client = args.server.connect().await?;
    let started = Instant::now();
    let bar = progress_bar(&inputs);
    let (names_in, names) = names::channel();
    let reader = Reader { bar: bar.clone(), names_in, template: Template::of(&args) };
    let mut answers = client.submit_all(reader.start(inputs), usize::from(args.in_flight));

    let mut tally = Tally::default();
    let mut was_stopped = false;
    let mut interrupted = pin!(super::interrupted());
    loop {
        let answer = tokio::select! {
            answer = answers.next() => answer,
            () = &mut interrupted => {
                was_stopped = true;
                break;
            }
        };
        let Some(answer) = answer else { break };
        let answer = answer.map_err(|error| args.server.explain(error))?;
        // The reader names each article before it hands it on, and answers come in the same order. What it could not
        // read has a name and no answer.
        while let Ok(Named { name, problem }) = names.recv() {
            if let Some(problem) = problem {
                tally.failed += 1;
                complain(&bar, &name, &problem);
                continue;
            }
            report(&args, &bar, &name, answer, &mut tally)?;
            break;
        }
    }
    for Named { name, problem } in names.try_iter() {
        if let Some(problem) = problem {
            tally.failed += 1;
            complain(&bar, &name, &problem);
        }
    }
    bar.finish_and_clear();
    summarize(&tally, started, was_stopped, args.wait);
    Ok(if was_stopped || tally.failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn report(
    args: &SubmitArgs,
    bar: &ProgressBar,
    name: &str,
    answer: Answer,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    bar.inc(1);
    let Stored { article, already_known } = match answer.result {
        Ok(stored) => stored,
        Err(status) => {
            tally.failed += 1;
            complain(bar, name, &server::describe(&status));
            return Ok(());
        }
    };
    match already_known {
        true => tally.known += 1,
        false => tally.new += 1,
    }
    if let Some(failure) = &article.failure {
        tally.failed += 1;
        complain(bar, name, &format!("is stored, but was given up: {}", failure.message));
    }
    let text = match args.json {
        true => {
            let response = v1::SubmitArticleResponse { article: Some(article), already_known };
            json::to_line(&response)? + "\n"
        }
        false => render::article_lines(&Screen::of_stdout(), &article),
    };
    // The bar is taken off the terminal while something else is written to it.
    bar.suspend(|| std::io::stdout().write_all(text.as_bytes()))?;
    Ok(())
}

fn complain(bar: &ProgressBar, name: &str, problem: &str) {
    bar.suspend(|| eprintln!("error: {name}: {problem}"));
}

fn summarize(tally: &Tally, started: Instant, was_stopped: bool, waited: bool) {
    let Tally { new, known, failed } = tally;
    let took = started.elapsed();
    let rate = (new + known) as f64 / took.as_secs_f64().max(1e-3);
    let took = render::duration(took);
    let failed = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
    eprintln!("{new} new, {known} already known{failed}; {took}, {rate:.0} articles a second");
    if was_stopped {
        eprintln!("stopped; run the same command again to go on, nothing is stored twice");
    } else if !waited && *new > 0 {
        eprintln!("they are being processed; `copydesk list` shows how far they are");
    }
}

/// Of known length if every input is one article.
fn progress_bar(inputs: &[Input]) -> ProgressBar {
    let is_counted = inputs.iter().all(|input| matches!(input, Input::Article { .. }));
    let (bar, template) = match is_counted {
        true => (ProgressBar::new(inputs.len() as u64), "{bar:30} {pos}/{len} submitted, {eta} left"),
        false => (ProgressBar::new_spinner(), "{spinner} {pos} submitted"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What the reader tells of each article, in order.
struct Named {
    name: String,
    /// None: it was handed on.
    problem: Option<String>,
}

/// What every submission of a run has in common.
struct Template {
    source: String,
    wait: bool,
    priority: v1::Priority,
    accuracy: v1::Accuracy,
    view: v1::ArticleView,
    offset_encoding: v1::OffsetEncoding,
}

impl Template {
    fn of(args: &SubmitArgs) -> Template {
        // The lines for people need no text.
        let view = if args.json { v1::ArticleView::Unspecified } else { v1::ArticleView::Basic };
        Template {
            source: args.source.clone(),
            wait: args.wait,
            priority: args.priority.priority(),
            accuracy: args.accuracy.map_or(v1::Accuracy::Unspecified, wire_accuracy),
            view,
            offset_encoding: args.offsets.encoding(),
        }
    }

    fn submission(&self, mut article: v1::RawArticle) -> Submission {
        if article.source.is_empty() {
            article.source.clone_from(&self.source);
        }
        if article.accuracy() == v1::Accuracy::Unspecified {
            article.set_accuracy(self.accuracy);
        }
        let submission =
            Submission::new(article).priority(self.priority).answer(self.view, self.offset_encoding);
        if self.wait { submission.wait_until_processed() } else { submission }
    }
}

fn wire_accuracy(dial: Dial) -> v1::Accuracy {
    match dial {
        Dial::Fast => v1::Accuracy::Fast,
        Dial::Balanced => v1::Accuracy::Balanced,
        Dial::Accurate => v1::Accuracy::Accurate,
    }
}

/// Reads on a thread of its own, no further ahead than the stream takes.
struct Reader {
    bar: ProgressBar,
    names_in: names::Sender<Named>,
    template: Template,
}

impl Reader {
    fn start(self, inputs: Vec<Input>) -> ReceiverStream<Submission> {
        let (submissions_in, submissions) = mpsc::channel(1);
        thread::spawn(move || {
            for unread in inputs::articles(inputs) {
                if !self.read(unread, &submissions_in) {
                    return;
                }
            }
        });
        ReceiverStream::new(submissions)
    }

    /// False: nobody wants more.
    fn read(&self, unread: Unread, submissions_in: &mpsc::Sender<Submission>) -> bool {
        let name = unread.place();
        match unread.read() {
            Ok(article) => {
                self.names_in.send(Named { name, problem: None }).is_ok()
                    && submissions_in.blocking_send(self.template.submission(article)).is_ok()
            }
            Err(broken) => {
                self.bar.inc(1);
                self.names_in.send(Named { name, problem: Some(broken.problem) }).is_ok()
            }
        }
    }
}
