//! Whether the tables stay as they are while articles come and go.

use std::time::Duration;

use anyhow::{Result, ensure};
use copydesk_proto::v1::{
    RawArticle, SubmitArticlesRequest, article_service_client::ArticleServiceClient, raw_article::Body,
};
use sqlx::{Connection, PgConnection};

use crate::server::Server;

/// Looks at the tables in a run.
const LOOKS: u64 = 10;

/// Submits `articles` short articles in ten parts, waits for the results of each, and prints the tables after it.
pub(crate) async fn run(server: &Server, articles: u64) -> Result<()> {
    println!("| articles | log held | queue | rows held | dead rows | of all | tables and indexes |");
    println!("|---:|---:|---:|---:|---:|---:|---:|");
    let mut client = ArticleServiceClient::connect(server.url.clone()).await?;
    let step = articles.div_ceil(LOOKS);
    for look in 0..LOOKS {
        let requests: Vec<_> = (look * step..(look + 1) * step).map(request).collect();
        let mut answers = client.submit_articles(tokio_stream::iter(requests)).await?.into_inner();
        let mut answered = 0;
        while answers.message().await?.is_some() {
            answered += 1;
        }
        ensure!(answered == step, "{answered} of {step} articles were answered");
        empty_queue(&server.database_url).await?;
        show(&server.database_url, (look + 1) * step).await?;
    }
    Ok(())
}

fn request(number: u64) -> SubmitArticlesRequest {
    let text = format!("The harbour board of Lisbon met on Tuesday. Ferry number {number} sails.");
    let article = RawArticle {
        source: format!("source-{}", number % 20),
        external_id: number.to_string(),
        body: Some(Body::Text(text)),
        ..Default::default()
    };
    SubmitArticlesRequest { article: Some(article), ..Default::default() }
}

/// Waits until everything is processed.
async fn empty_queue(database_url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(database_url).await?;
    while sqlx::query_scalar::<_, i64>("select count(*) from jobs").fetch_one(&mut connection).await? > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(connection.close().await?)
}

async fn show(database_url: &str, articles: u64) -> Result<()> {
    let mut connection = PgConnection::connect(database_url).await?;
    let (held, queue): (i64, i64) =
        sqlx::query_as("select position - trimmed_position, (select count(*) from jobs) from log_head")
            .fetch_one(&mut connection)
            .await?;
    let (live, dead, bytes): (i64, i64, i64) = sqlx::query_as(
        "select sum(n_live_tup)::bigint, sum(n_dead_tup)::bigint, sum(pg_total_relation_size(relid))::bigint
         from pg_stat_user_tables",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    let share = 100.0 * dead as f64 / (live + dead).max(1) as f64;
    println!("| {articles} | {held} | {queue} | {live} | {dead} | {share:.0} % | {} MB |", bytes / 1_000_000);
    Ok(())
}
