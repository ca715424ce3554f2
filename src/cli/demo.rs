//! `copydesk demo`: the whole service on sample articles, with nothing to set up.
//!
//! Runs the real server in this process, with its embedded Postgres and on a free port, and is a client of it like any
//! other: submits over gRPC and shows what comes out of the feed.

use std::{
    fs::{self, Permissions},
    io::Write,
    net::Ipv4Addr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Parser};
use copydesk_client::{Client, Event, Reading, Submission, Subscription, SubscriptionOptions};
use copydesk_proto::v1;
use indicatif::ProgressBar;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    inputs, render,
    render::{Role, Screen},
};
use crate::{
    config::Config,
    server::{self, Listeners, ServeOptions, ServerError},
    telemetry,
};

/// The source that the samples are submitted under.
const SOURCE: &str = "demo";
/// How long one article may take from here to the feed before something is wrong.
const ARTICLE_LIMIT: Duration = Duration::from_secs(60);
/// How long the service may take to end; it bounds itself, this is for when it does not.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// See it work: the service, its database and sample articles, all in one
///
/// Starts the service on a free port with a private Postgres, submits every sample over gRPC, follows the stream of
/// updates, and shows each article as it comes out: the clean text with its entities, what was removed and why, and
/// the time from submitting to the update. Then it takes everything down again.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk demo
  copydesk demo --samples my-articles/
  copydesk demo --data-dir /tmp/copydesk    Keep what was stored, to look at it with `copydesk serve`.
  RUST_LOG=info copydesk demo               With the service's log.")]
pub(crate) struct DemoArgs {
    /// Folder with raw articles (.html, .htm, .txt, .jsonl)
    #[arg(long, default_value = "samples", value_name = "DIR")]
    samples: PathBuf,

    /// Folder of the embedded Postgres; without it, a temporary one that is removed at the end
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Folder with the Postgres server programs (initdb, postgres)
    #[arg(long, env = "COPYDESK_POSTGRES_BIN_DIR", value_name = "DIR")]
    postgres_bin_dir: Option<PathBuf>,
}

/// Takes the service down however the demonstration ends.
pub(crate) async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    if std::env::var_os("RUST_LOG").is_some() {
        telemetry::install_logs();
    }
    let samples = inputs::find(std::slice::from_ref(&args.samples)).with_context(|| {
        format!("there are no samples in {}; name a folder with --samples DIR", args.samples.display())
    })?;
    let folder = match &args.data_dir {
        Some(folder) => DataFolder::Kept(folder.clone()),
        None => DataFolder::temporary()?,
    };
    let started = Instant::now();
    let shutdown = CancellationToken::new();
    let (ready_in, ready) = oneshot::channel();
    let (url, mut service) = start(&args, folder.path(), shutdown.clone(), ready_in).await?;

    let demonstrated = tokio::select! {
        demonstrated = async {
            let waiting = ProgressBar::new_spinner().with_message("starting the service with a Postgres of its own");
            waiting.enable_steady_tick(Duration::from_millis(120));
            ready.await.map_err(|_| anyhow!("the service ended before it was ready"))?;
            waiting.finish_and_clear();
            let screen = Screen::of_stdout();
            introduce(&screen, &url, started.elapsed())?;
            let times = demonstrate(&screen, &url, samples).await?;
            conclude(&screen, &args, times)?;
            Ok(ExitCode::SUCCESS)
        } => demonstrated,
        ended = &mut service => {
            return Err(match ended? {
                Ok(()) => anyhow!("the service ended by itself"),
                Err(error) => anyhow::Error::new(error).context("the service did not start"),
            });
        }
        () = super::interrupted() => Ok(super::stopped()),
    };
    shutdown.cancel();
    // The temporary folder is removed only after Postgres has left it.
    tokio::time::timeout(STOP_LIMIT, service).await.context("the service does not end")???;
    demonstrated
}

async fn start(
    args: &DemoArgs,
    data_dir: &Path,
    shutdown: CancellationToken,
    ready: oneshot::Sender<()>,
) -> anyhow::Result<(String, JoinHandle<Result<(), ServerError>>)> {
    let any_port = (Ipv4Addr::LOCALHOST, 0);
    let listeners =
        Listeners { grpc: TcpListener::bind(any_port).await?, metrics: TcpListener::bind(any_port).await? };
    let url = format!("http://{}", listeners.grpc.local_addr()?);
    let config = Config {
        data_dir: Some(data_dir.to_owned()),
        postgres_bin_dir: args.postgres_bin_dir.clone(),
        // The environment of a developer names a database that must not be filled with samples.
        database_url: None,
        ..default_config()?
    };
    let on_ready = move || {
        // Nobody listens any more if Ctrl-C came first.
        let _ = ready.send(());
    };
    let service = server::serve(listeners, config, ServeOptions::default(), shutdown, on_ready);
    Ok((url, tokio::spawn(service)))
}

/// What `serve` has without any flag.
fn default_config() -> anyhow::Result<Config> {
    #[derive(Parser)]
    struct Defaults {
        #[command(flatten)]
        config: Config,
    }
    Ok(Defaults::try_parse_from(["copydesk"])?.config)
}

fn introduce(screen: &Screen, url: &str, took: Duration) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let ready =
        format!("Copydesk answers at {url}, with its own Postgres, after {}.", render::duration(took));
    writeln!(out, "{}", screen.paint(Role::Good, &ready))?;
    writeln!(out, "{}\n", screen.legend())?;
    Ok(())
}

/// Shows every sample; the times from submitting each to its update.
async fn demonstrate(
    screen: &Screen,
    url: &str,
    samples: Vec<inputs::Input>,
) -> anyhow::Result<Vec<Duration>> {
    let client = Client::connect(url).await?;
    let mut subscription = client.subscribe(SubscriptionOptions {
        filter: v1::UpdateFilter {
            sources: vec![SOURCE.to_owned()],
            kinds: vec![v1::UpdateKind::Processed as i32, v1::UpdateKind::Failed as i32],
            ..Default::default()
        },
        view: v1::ArticleView::Full,
        ..Default::default()
    });
    // From here on nothing is missed, so nothing may be submitted before.
    while !matches!(next(&mut subscription).await?, Event::Ready(_)) {}

    let mut out = std::io::stdout();
    let mut times = Vec::new();
    for unread in inputs::articles(samples) {
        let place = unread.place();
        let article = unread.read().map_err(|broken| anyhow!("{}: {}", broken.place, broken.problem))?;
        let article = v1::RawArticle { source: SOURCE.to_owned(), ..article };
        let submitted = Instant::now();
        let stored =
            client.submit(Submission::new(article)).await.with_context(|| format!("{place} was refused"))?;
        let article = if stored.already_known {
            // Of an earlier demonstration in the same data folder: nothing happens to it any more.
            client.get(&stored.article.article_id, Reading::default()).await?
        } else {
            let arrival = outcome(&mut subscription, &stored.article.article_id);
            tokio::time::timeout(ARTICLE_LIMIT, arrival)
                .await
                .with_context(|| format!("{place} was stored, but no update came"))??
        };
        let took = submitted.elapsed();
        times.push(took);
        writeln!(out, "{}", screen.paint(Role::Quiet, &place))?;
        writeln!(out, "{}", render::article(screen, &article, Some(took)))?;
    }
    Ok(times)
}

/// The article of the update that ends the processing of `article_id`.
async fn outcome(subscription: &mut Subscription, article_id: &str) -> anyhow::Result<v1::Article> {
    loop {
        let Event::Updates(updates) = next(subscription).await? else { continue };
        let articles = updates.updates.into_iter().filter_map(|update| update.article);
        if let Some(article) = articles.into_iter().find(|article| article.article_id == article_id) {
            return Ok(article);
        }
    }
}

async fn next(subscription: &mut Subscription) -> anyhow::Result<Event> {
    match subscription.next().await {
        Some(event) => Ok(event?),
        None => bail!("the stream of updates ended"),
    }
}

fn conclude(screen: &Screen, args: &DemoArgs, mut times: Vec<Duration>) -> anyhow::Result<()> {
    times.sort();
    let [median, longest] = [times.get(times.len() / 2), times.last()]
        .map(|time| render::duration(time.copied().unwrap_or_default()));
    let program = std::env::args().next().unwrap_or_else(|| "copydesk".to_owned());
    let data_dir = args.data_dir.as_ref().map(|folder| format!(" --data-dir {}", folder.display()));
    let samples = args.samples.display();
    let mut out = std::io::stdout();
    let summary = format!(
        "{} articles: {median} (at most {longest}) from submitting one to its result, with everything stored.",
        times.len()
    );
    writeln!(out, "{}\n", screen.paint(Role::Good, &summary))?;
    writeln!(out, "{}", screen.paint(Role::Title, "To look further"))?;
    let commands = [
        (
            format!("serve{}", data_dir.unwrap_or_default()),
            "the service, on http://127.0.0.1:50051, until Ctrl-C",
        ),
        (format!("submit {samples}"), "the same articles, to a service that keeps them"),
        (
            "watch --from beginning".to_owned(),
            "what happened to them, in order, and what happens from now on",
        ),
        ("list --entity-type person".to_owned(), "what is stored; `get ID` shows one in full"),
        ("analyze story.html".to_owned(), "an article of your own, without any service"),
    ];
    let columns = commands.iter().map(|(arguments, _)| arguments.chars().count()).max().unwrap_or(0);
    for (arguments, meaning) in commands {
        writeln!(out, "  {program} {arguments:<columns$}  {}", screen.paint(Role::Quiet, meaning))?;
    }
    Ok(())
}

enum DataFolder {
    Kept(PathBuf),
    Temporary(PathBuf),
}

impl DataFolder {
    fn temporary() -> anyhow::Result<DataFolder> {
        let name = format!("copydesk-demo-{:016x}", rand::random::<u64>());
        let path = std::env::temp_dir().join(name);
        let cannot = || format!("cannot make {}; give --data-dir DIR", path.display());
        fs::create_dir(&path).with_context(cannot)?;
        let folder = DataFolder::Temporary(path.clone());
        // Run by root, Postgres changes to another user, who must get in here whatever the umask is.
        fs::set_permissions(&path, Permissions::from_mode(0o755)).with_context(cannot)?;
        Ok(folder)
    }

    fn path(&self) -> &Path {
        match self {
            DataFolder::Kept(path) | DataFolder::Temporary(path) => path,
        }
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if let DataFolder::Temporary(path) = self {
            // What is left over is in the system's temporary folder, and no reason to fail.
            let _ = fs::remove_dir_all(path);
        }
    }
}
