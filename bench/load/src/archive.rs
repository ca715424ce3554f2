//! `--archive N`: how long questions to an archive of N articles take, and whether any of them reads a large table whole.
//!
//! The archive is generated inside Postgres (`archive/fill.sql`): entities are named with a Zipf distribution, so that the
//! first is in a large part of all articles. The questions go through the service's port, as a client's do, for entities
//! drawn with the same distribution. To time another rpc, add it to `CALLS` and to `call`.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use copydesk_proto::v1::{self, entity_service_client::EntityServiceClient};
use sqlx::{Connection, PgConnection};
use tonic::transport::Channel;
use uuid::Uuid;

use crate::server::Server;

/// Calls of each kind.
const CALLS_OF_A_KIND: usize = 500;
/// The 99th percentile that is promised, in milliseconds.
const MAX_P99_MS: f64 = 100.0;
/// Tables with more rows must not be read whole.
const LARGE_ROWS: f32 = 5_000.0;
/// How late an idle session of Postgres may tell what it read.
const STATISTICS_DELAY: Duration = Duration::from_secs(11);
/// Entities that are asked for.
const ASKED: usize = 500;

/// What is timed.
#[derive(Clone, Copy, Debug)]
enum Call {
    GetEntity,
    ListByName,
    ListByType,
    Mentions,
    MentionsInTime,
    Related,
    TimelineDays,
    TimelineMonths,
}

const CALLS: &[(&str, Call)] = &[
    ("GetEntity", Call::GetEntity),
    ("ListEntities, by name", Call::ListByName),
    ("ListEntities, by type and name", Call::ListByType),
    ("ListEntityMentions", Call::Mentions),
    ("ListEntityMentions, of a month", Call::MentionsInTime),
    ("ListRelatedEntities", Call::Related),
    ("GetEntityTimeline, 30 days", Call::TimelineDays),
    ("GetEntityTimeline, 30 months", Call::TimelineMonths),
];

/// Who answers, and who is asked for.
struct Asker {
    entities: EntityServiceClient<Channel>,
    /// Id and beginning of a name.
    asked: Vec<(String, String)>,
}

/// Fills a new database with `articles`, asks, and prints a table. Fails if a question takes too long or reads a large
/// table whole.
pub(crate) async fn run(binary: &Path, postgres_url: &str, articles: i64) -> Result<()> {
    let name = format!("archive_{articles}");
    let server = Server::start(binary, postgres_url, &name, &["--no-workers"]).await?;
    let started = Instant::now();
    let mut connection = PgConnection::connect(&server.database_url).await?;
    fill(&mut connection, articles).await?;
    let bytes: i64 =
        sqlx::query_scalar("select pg_database_size(current_database())").fetch_one(&mut connection).await?;
    println!(
        "\n{articles} articles, {} MB, filled in {:.0} s\n",
        bytes / 1_000_000,
        started.elapsed().as_secs_f64()
    );
    println!("| asked | p50 | p99 | tables read whole |\n|---|---:|---:|---|");
    let mut asker = Asker {
        entities: EntityServiceClient::connect(server.url.clone()).await?,
        asked: asked(&mut connection).await?,
    };
    // Sessions that idle tell what they read within ten seconds: what filling and starting read is no question's.
    tokio::time::sleep(STATISTICS_DELAY).await;
    let mut failures = Vec::new();
    for (what, call) in CALLS {
        let before = whole_reads(&mut connection).await?;
        let mut times = Vec::with_capacity(CALLS_OF_A_KIND);
        for number in 0..CALLS_OF_A_KIND {
            let started = Instant::now();
            asker.call(*call, number).await.with_context(|| (*what).to_owned())?;
            times.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        let percentile = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        let after = whole_reads(&mut connection).await?;
        let read: Vec<&str> = after
            .iter()
            .filter(|(table, reads)| before.iter().any(|(known, old)| known == table && reads > old))
            .map(|(table, _)| table.as_str())
            .collect();
        let (median, tail) = (percentile(0.5), percentile(0.99));
        let shown = if read.is_empty() { "none".to_owned() } else { read.join(", ") };
        println!("| {what} | {median:.1} ms | {tail:.1} ms | {shown} |");
        if tail > MAX_P99_MS || !read.is_empty() {
            failures.push(format!("{what}: p99 {tail:.1} ms, read whole: {shown}"));
        }
    }
    connection.close().await?;
    server.stop().await?;
    ensure!(failures.is_empty(), "{}", failures.join("; "));
    Ok(())
}

async fn fill(connection: &mut PgConnection, articles: i64) -> Result<()> {
    let statements = include_str!("archive/fill.sql");
    let sizes = format!("set copydesk.articles = {articles};\n");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("{sizes}{statements}"))).execute(&mut *connection).await?;
    for table in ["entities", "entity_names", "article_entities", "articles", "article_versions"] {
        let vacuum = sqlx::AssertSqlSafe(format!("vacuum analyze {table}"));
        sqlx::raw_sql(vacuum).execute(&mut *connection).await?;
    }
    Ok(())
}

/// As often as they are named: a tenth of the questions is about the most common ones.
async fn asked(connection: &mut PgConnection) -> Result<Vec<(String, String)>> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "select e.entity_id, left(e.name, 9)
         from generate_series(1, $1) number
         cross join lateral (
             select archive_entity_id(archive_zipf((select count(*) from entities), number / ($1 + 1)::float8)) as id
         ) drawn
         join entities e on e.entity_id = drawn.id",
    )
    .bind(i64::try_from(ASKED)?)
    .fetch_all(&mut *connection)
    .await?;
    ensure!(!rows.is_empty(), "the archive has no entities");
    Ok(rows.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

/// How often each large table was read from its first row to its last.
async fn whole_reads(connection: &mut PgConnection) -> Result<Vec<(String, i64)>> {
    // Statistics of other sessions become visible within a second.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    sqlx::raw_sql("select pg_stat_clear_snapshot()").execute(&mut *connection).await?;
    let rows = sqlx::query_as(
        "select s.relname::text, s.seq_scan from pg_stat_user_tables s join pg_class c on c.oid = s.relid
         where c.reltuples > $1 order by 1",
    )
    .bind(LARGE_ROWS)
    .fetch_all(&mut *connection)
    .await?;
    Ok(rows)
}

impl Asker {
    async fn call(&mut self, call: Call, number: usize) -> Result<()> {
        let (entity_id, name) = self.asked[number * 7 % self.asked.len()].clone();
        match call {
            Call::GetEntity => {
                self.entities.get_entity(v1::GetEntityRequest { entity_id }).await?;
            }
            Call::ListByName => {
                let request = v1::ListEntitiesRequest { name_prefix: name, ..Default::default() };
                self.entities.list_entities(request).await?;
            }
            Call::ListByType => {
                let types = vec![i32::from(v1::EntityType::Person)];
                let request = v1::ListEntitiesRequest { name_prefix: name, types, ..Default::default() };
                self.entities.list_entities(request).await?;
            }
            Call::Mentions => {
                let request = v1::ListEntityMentionsRequest { entity_id, ..Default::default() };
                self.entities.list_entity_mentions(request).await?;
            }
            Call::MentionsInTime => {
                let (start, end) = month(number);
                let request = v1::ListEntityMentionsRequest {
                    entity_id,
                    start_time: Some(start),
                    end_time: Some(end),
                    ..Default::default()
                };
                self.entities.list_entity_mentions(request).await?;
            }
            Call::Related => {
                let request = v1::ListRelatedEntitiesRequest { entity_id, ..Default::default() };
                self.entities.list_related_entities(request).await?;
            }
            Call::TimelineDays => {
                let request = v1::GetEntityTimelineRequest { entity_id, ..Default::default() };
                self.entities.get_entity_timeline(request).await?;
            }
            Call::TimelineMonths => {
                let bucket = i32::from(v1::TimelineBucket::Month);
                let request = v1::GetEntityTimelineRequest { entity_id, bucket, ..Default::default() };
                self.entities.get_entity_timeline(request).await?;
            }
        }
        Ok(())
    }
}

/// A month of the last two years.
fn month(number: usize) -> (prost_types::Timestamp, prost_types::Timestamp) {
    const MONTH_SECONDS: i64 = 30 * 86_400;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or_default();
    let months_ago = i64::try_from(number % 24).unwrap_or_default();
    let end = now - months_ago * MONTH_SECONDS;
    let at = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
    (at(end - MONTH_SECONDS), at(end))
}
