//! The service is killed under load, again and again, its Postgres with it every fourth time.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use copydesk::feed::Cursor;
use copydesk_proto::v1::{
    self, article_service_client::ArticleServiceClient, feed_service_client::FeedServiceClient,
    subscribe_response::Message,
};
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use crate::{
    app::{STORY, after, from_beginning, text},
    cluster::TestFolder,
};

const KILLS: u32 = 20;
const SUBMITTERS: usize = 4;
/// All that must happen after the last kill.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the subscriber saw: each position once, in order.
#[derive(Default)]
struct Seen {
    cursor: Vec<u8>,
    positions: Vec<i64>,
    kinds: BTreeMap<String, Vec<v1::UpdateKind>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_under_load_lose_nothing_double_nothing_and_leave_no_hole() {
    let folder = TestFolder::new("kill");
    let listen = free_address();
    let url = format!("http://{listen}");
    let is_over = Arc::new(AtomicBool::new(false));
    let seen = Arc::new(Mutex::new(Seen::default()));
    let subscriber = tokio::spawn(follow(url.clone(), seen.clone()));
    let submitters: Vec<_> =
        (0..SUBMITTERS).map(|load| tokio::spawn(submit(url.clone(), load, is_over.clone()))).collect();

    for kill in 1..=KILLS {
        let mut server = start(folder.path(), &listen).await;
        sleep(Duration::from_millis(u64::from(100 + kill * 37 % 400))).await;
        server.kill().expect("SIGKILL is sent");
        server.wait().expect("it is gone");
        if kill % 4 == 0 {
            kill_postgres(folder.path());
        }
    }
    let mut server = start(folder.path(), &listen).await;
    sleep(Duration::from_millis(500)).await;
    is_over.store(true, Ordering::Relaxed);
    let mut acknowledged = BTreeSet::new();
    for submitter in submitters {
        acknowledged.extend(timeout(PATIENCE, submitter).await.expect("it ends").expect("no panic"));
    }

    let everything = async {
        loop {
            let processed = {
                let seen = seen.lock().expect("not poisoned");
                let is_done = |id: &String| {
                    seen.kinds.get(id).is_some_and(|kinds| kinds.contains(&v1::UpdateKind::Processed))
                };
                acknowledged.iter().all(is_done)
            };
            if processed {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let is_complete = timeout(PATIENCE, everything).await.is_ok();
    subscriber.abort();
    terminate(&mut server);

    let seen = seen.lock().expect("not poisoned");
    let lost: Vec<_> = acknowledged.iter().filter(|id| !seen.kinds.contains_key(*id)).collect();
    assert!(is_complete, "{} acknowledged, not in the log: {lost:?}", acknowledged.len());
    assert!(acknowledged.len() > KILLS as usize, "only {} were acknowledged: no load", acknowledged.len());
    let dense: Vec<i64> = (1..=seen.positions.len() as i64).collect();
    assert_eq!(seen.positions, dense, "each position once, in order, without a hole");
    for id in &acknowledged {
        assert_eq!(seen.kinds[id], [v1::UpdateKind::Accepted, v1::UpdateKind::Processed], "{id}");
    }
}

/// Submits article after article, each until it is acknowledged.
async fn submit(url: String, load: usize, is_over: Arc<AtomicBool>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let mut client = ArticleServiceClient::new(lazy(&url));
    for index in 0.. {
        let id = format!("{load}-{index}");
        while !is_over.load(Ordering::Relaxed) {
            let request = v1::SubmitArticleRequest { article: Some(text(&id, STORY)), ..Default::default() };
            match timeout(Duration::from_secs(10), client.submit_article(request)).await {
                Ok(Ok(_)) => {
                    acknowledged.push(id.clone());
                    break;
                }
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        sleep(Duration::from_millis(5)).await;
    }
    acknowledged
}

/// Subscribes, and again from its last cursor whenever the stream breaks.
async fn follow(url: String, seen: Arc<Mutex<Seen>>) {
    let mut client = FeedServiceClient::new(lazy(&url));
    loop {
        let cursor = seen.lock().expect("not poisoned").cursor.clone();
        let request = if cursor.is_empty() { from_beginning() } else { after(&cursor) };
        if let Ok(response) = client.subscribe(request).await {
            let mut stream = response.into_inner();
            while let Ok(Some(message)) = stream.message().await {
                if let Some(Message::Updates(updates)) = message.message {
                    seen.lock().expect("not poisoned").take(updates);
                }
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
}

impl Seen {
    fn take(&mut self, updates: v1::Updates) {
        for update in updates.updates {
            let article = update.article.as_ref().expect("an article");
            let position = Cursor::decode(&update.cursor).expect("a cursor").position;
            self.positions.push(position);
            self.kinds.entry(article.external_id.clone()).or_default().push(update.kind());
        }
        self.cursor = updates.through_cursor;
    }
}

fn lazy(url: &str) -> Channel {
    Channel::from_shared(url.to_owned()).expect("a URL").connect_lazy()
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").to_string()
}

/// The program as it is shipped; returns once it answers.
async fn start(data_dir: &Path, listen: &str) -> Child {
    let data_dir = data_dir.to_owned();
    let listen = listen.to_owned();
    let started = tokio::task::spawn_blocking(move || {
        let log = fs::File::options().create(true).append(true).open(data_dir.join("server.log"));
        let mut server = Command::new(env!("CARGO_BIN_EXE_copydesk"))
            .args(["serve", "--listen", &listen, "--metrics-listen", "127.0.0.1:0", "--max-crashes", "1000"])
            .args(["--duplicate-days", "0"])
            .args(["--lease-seconds", "2", "--data-dir"])
            .arg(&data_dir)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.expect("a log"))
            .spawn()
            .expect("the program starts");
        let out = server.stdout.take().expect("piped");
        let is_ready =
            BufReader::new(out).lines().map_while(Result::ok).any(|line| line.starts_with("listening on"));
        assert!(
            is_ready,
            "the server ended: {}",
            fs::read_to_string(data_dir.join("server.log")).expect("a log")
        );
        server
    });
    timeout(PATIENCE, started).await.expect("it answers in time").expect("no panic")
}

fn kill_postgres(data_dir: &Path) {
    let pid = fs::read_to_string(data_dir.join("postgres/postmaster.pid")).expect("it ran");
    let pid = pid.lines().next().expect("a first line").trim().to_owned();
    let status = Command::new("kill").args(["-9", &pid]).status().expect("kill is there");
    assert!(status.success(), "the postmaster {pid} ran");
}

/// In order, so that the embedded Postgres stops too.
fn terminate(server: &mut Child) {
    let status = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
    assert!(status.expect("kill is there").success());
    assert!(server.wait().expect("it ends").success(), "an ordered shutdown ends with 0");
}
