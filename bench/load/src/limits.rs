//! What this machine can do without the service: its disk, its Postgres, its gRPC. Measured in the same run as the
//! service, for a rate means little without them.

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use copydesk_proto::v1::{
    AnalyzeRequest, AnalyzeResponse, RawArticle,
    analysis_service_client::AnalysisServiceClient,
    analysis_service_server::{AnalysisService, AnalysisServiceServer},
    raw_article::Body,
};
use sqlx::{Connection, PgConnection};
use tokio::{net::TcpListener, task::JoinSet};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};
use uuid::Uuid;

use crate::articles::text_of;

/// How long each limit is measured.
const SPAN: Duration = Duration::from_secs(3);
/// Postgres writes its log in pages of this size.
const PAGE_BYTES: usize = 8_192;

/// Pages per second that `folder`'s disk takes when each has to be on it before the next is written.
pub(crate) fn synced_writes_per_second(folder: &Path) -> Result<f64> {
    let mut file = File::create(folder.join("synced-writes"))?;
    let page = [b'x'; PAGE_BYTES];
    let started = Instant::now();
    let mut writes = 0;
    while started.elapsed() < SPAN {
        file.write_all(&page)?;
        file.sync_data()?;
        writes += 1;
    }
    Ok(rate(writes, started))
}

/// Articles per second that Postgres takes over `connections` connections, each in a transaction for `batch` of them,
/// in the tables that a submission goes to: the article, its version with the body, its job, and its event at the
/// position that the log's one head gives it. One statement a transaction, and nothing is checked.
pub(crate) async fn inserted_articles_per_second(url: &str, connections: u64, batch: u64) -> Result<f64> {
    let started = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..connections {
        let url = url.to_owned();
        writers.spawn(async move {
            let mut connection = PgConnection::connect(&url).await?;
            let mut rows = 0;
            while started.elapsed() < SPAN {
                let ids: Vec<Uuid> = (0..batch).map(|_| Uuid::now_v7()).collect();
                let bodies: Vec<Vec<u8>> =
                    (0..batch).map(|n| text_of(writer << 32 | (rows + n)).into_bytes()).collect();
                sqlx::query(INSERT).bind(ids).bind(bodies).execute(&mut connection).await?;
                rows += batch;
            }
            connection.close().await?;
            anyhow::Ok(rows)
        });
    }
    let mut rows = 0;
    while let Some(written) = writers.join_next().await {
        rows += written??;
    }
    Ok(rate(rows, started))
}

const INSERT: &str = "
    with given as (
        select article_id, body, ordinality
        from unnest($1::uuid[], $2::bytea[]) with ordinality as t (article_id, body, ordinality)
    ), article as (
        insert into articles (article_id, source, latest_version, latest_content_hash, accepted_time)
        select article_id, 'bench', 1, sha256(body), now() from given
    ), version as (
        insert into article_versions
            (article_id, version, content_hash, body_kind, body, content_type, state, summary)
        select article_id, 1, sha256(body), 1, body, '', 1, jsonb_build_object('article_id', article_id) from given
    ), job as (
        insert into jobs (article_id, version, source, priority, due_time, queued_time)
        select article_id, 1, 'bench', 2, now(), now() from given
    ), head as (
        update log_head set position = position + (select count(*) from given) returning position
    )
    insert into log_events (position, kind, time, article_id, version, content)
    select head.position - (select count(*) from given) + ordinality, 1, now(), article_id, 1,
        uuid_send(article_id)
    from given, head";

/// Calls per second with an article in each, to a server that answers at once, `in_flight` at a time.
pub(crate) async fn unary_calls_per_second(in_flight: u64) -> Result<f64> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let server = tonic::transport::Server::builder()
        .add_service(AnalysisServiceServer::new(Echo))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
    let server = tokio::spawn(server);
    let calls = call(address, in_flight).await;
    server.abort();
    calls
}

async fn call(address: SocketAddr, in_flight: u64) -> Result<f64> {
    let client = AnalysisServiceClient::connect(format!("http://{address}")).await?;
    let calls = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..in_flight {
        let (mut client, calls) = (client.clone(), calls.clone());
        callers.spawn(async move {
            let body = Some(Body::Text(text_of(caller)));
            let article = RawArticle { source: "bench".to_owned(), body, ..Default::default() };
            while started.elapsed() < SPAN {
                client
                    .analyze(AnalyzeRequest { article: Some(article.clone()), ..Default::default() })
                    .await?;
                calls.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    Ok(rate(calls.load(Ordering::Relaxed), started))
}

struct Echo;

#[tonic::async_trait]
impl AnalysisService for Echo {
    async fn analyze(&self, _request: Request<AnalyzeRequest>) -> Result<Response<AnalyzeResponse>, Status> {
        Ok(Response::new(AnalyzeResponse::default()))
    }
}

/// Things per second since `started`.
pub(crate) fn rate(things: u64, started: Instant) -> f64 {
    things as f64 / started.elapsed().as_secs_f64()
}
