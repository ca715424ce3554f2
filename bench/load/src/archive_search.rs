//! An archive of many articles, and how long it takes to search, list and compare with it.
//!
//! The rows are made by Postgres itself, as the service would store them, so that a million take minutes: a vocabulary of
//! 500,000 words with the long tail that texts have (Zipf's law), 60 words a text, 20 sources, 2 languages, 4 of
//! 5,000 entities a text, one article every half minute. The calls go to a server over gRPC, as clients make them.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use copydesk_proto::v1::{
    ListArticlesRequest, SearchArticlesRequest, article_service_client::ArticleServiceClient,
};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tonic::transport::Channel;

/// Articles of one statement of the fill.
const STEP: i64 = 10_000;
/// Seconds between two articles of the archive.
const SPACING_SECONDS: f64 = 30.0;

/// A call that is timed.
#[derive(Clone, Copy)]
pub(crate) enum Call {
    /// Query and filter.
    Search(&'static str, &'static str),
    /// Filter.
    List(&'static str),
}

/// Each is asked for `ROUNDS` times, with `{n}` replaced by another number each time.
pub(crate) const CALLS: [(&str, Call); 14] = [
    ("search: a word of 1 article in 2,000", Call::Search("word{n}9000", "")),
    ("search: a word of 1 article in 10", Call::Search("word1{n}", "")),
    ("search: a word of most articles", Call::Search("word1", "")),
    ("search: three words", Call::Search("word2 word7 word{n}", "")),
    ("search: a phrase", Call::Search("\"archive number\" word{n}", "")),
    ("search: a beginning of 100 to 1,100 words", Call::Search("word1{n}3*", "")),
    ("search: a beginning of 11,000 words", Call::Search("word12*", "")),
    ("search: a common word, one source", Call::Search("word2", "source = \"source-{n}\"")),
    ("search: a common word, one entity", Call::Search("word1", "entity.name = \"entity {n}00\"")),
    (
        "search: a common word, published in one old month",
        Call::Search(
            "word1",
            "published_time >= \"2026-01-01T00:00:00Z\" AND published_time < \"2026-02-01T00:00:00Z\"",
        ),
    ),
    ("list: one source", Call::List("source = \"source-{n}\"")),
    ("list: a rare entity", Call::List("entity.name = \"entity {n}00\" AND entity.type = ORG")),
    ("list: a common type, not processed", Call::List("entity.type = PERSON AND state = FAILED")),
    (
        "list: one source, one old day",
        Call::List(
            "source = \"source-{n}\" AND accepted_time < \"2026-10-02T00:00:00Z\" AND accepted_time >= \"2026-10-01T00:00:00Z\"",
        ),
    ),
];
const ROUNDS: u32 = 200;

/// Adds articles until there are `count`.
pub(crate) async fn fill(database_url: &str, count: i64) -> Result<()> {
    let mut connection = PgConnection::connect(database_url).await?;
    sqlx::raw_sql("set synchronous_commit = off; set statement_timeout = 0").execute(&mut connection).await?;
    let mut have: i64 =
        sqlx::query_scalar("select count(*) from article_texts").fetch_one(&mut connection).await?;
    if have == 0 {
        make_partitions(&mut connection, count).await?;
    }
    while have < count {
        let step = STEP.min(count - have);
        let statement = FILL
            .replace("$FIRST", &have.to_string())
            .replace("$LAST", &(have + step - 1).to_string())
            .replace("$SPACING", &SPACING_SECONDS.to_string());
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
        have += step;
    }
    sqlx::raw_sql("vacuum analyze").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Weeks back to the oldest, as a server that ran all the time would have them.
async fn make_partitions(connection: &mut PgConnection, count: i64) -> Result<()> {
    let seconds = count as f64 * SPACING_SECONDS + 86_400.0;
    let statement = format!(
        "do $$
         declare part record; begin
             for part in select * from article_partitions loop
                 perform drop_article_partition(part.suffix);
             end loop;
             insert into article_partitions values ('none', article_id_from('epoch'), article_id_from('epoch'::timestamptz + interval '1 s'),
                 'epoch', date_trunc('day', now() - make_interval(secs => {seconds})));
             perform add_article_partitions(now() + interval '7 days', interval '28 days');
             delete from article_partitions where suffix = 'none';
         end $$"
    );
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

/// Article number 0 is the newest.
const FILL: &str = "
create temporary table fresh on commit drop as
select n, now() - make_interval(secs => (n + 1) * $SPACING) as time,
    (substr(article_id_from(now() - make_interval(secs => (n + 1) * $SPACING))::text, 1, 24)
        || lpad(to_hex(n), 12, '0'))::uuid as id,
    'source-' || n % 20 as source, case when n % 5 = 0 then 'de' else 'en' end as language,
    words.text as words, entities.numbers as entities
from generate_series($FIRST, $LAST) n
cross join lateral (
    -- The n-th word of 500,000 is drawn as often as in texts: with a probability of about 1/13n.
    select string_agg('word' || floor(exp(13.1 * u))::integer, ' ') as text
    from (select random() as u, n as correlated from generate_series(1, 60)) draws
) words
cross join lateral (
    select array_agg(distinct floor(5000 * random() * random())::integer) as numbers, n as correlated
    from generate_series(1, 4)
) entities;
insert into articles (article_id, source, external_id, latest_version, latest_content_hash, accepted_time)
select id, source, n::text, 1, sha256(n::text::bytea), time from fresh;
insert into article_versions (article_id, version, content_hash, body_kind, body, content_type, state, language, published_time,
    summary, result, is_indexed)
select id, 1, sha256(n::text::bytea), 1, '', '', 2, language, time,
    jsonb_build_object('article_id', id, 'version', 1, 'state', 'Processed', 'source', source, 'external_id', n::text,
        'accepted_time', to_char(time at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), 'title', 'Archive number ' || n,
        'language', jsonb_build_object('code', language, 'probability', 1.0, 'supported', true)),
    jsonb_build_object('text', words), true
from fresh;
insert into article_texts (article_id, version, accepted_time, published_time, vector)
select id, 1, time, time,
    setweight(to_tsvector('simple', 'archive number'), 'A') || to_tsvector('simple', words) || array_to_tsvector(array[
        '=s:' || source, '=l:' || language, '=y:1', '=y:4',
        '=p:' || to_char(time at time zone 'utc', 'YYYY'), '=p:' || to_char(time at time zone 'utc', 'YYYY-MM'),
        '=p:' || to_char(time at time zone 'utc', 'YYYY-MM-DD'),
        '=a:' || to_char(time at time zone 'utc', 'YYYY'), '=a:' || to_char(time at time zone 'utc', 'YYYY-MM'),
        '=a:' || to_char(time at time zone 'utc', 'YYYY-MM-DD'), '=a:' || to_char(time at time zone 'utc', 'YYYY-MM-DD\"T\"HH24'),
        '=a:' || to_char(time at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI')]
        || (select array_agg('=n:entity ' || e || E'\\x01' || 4) from unnest(entities) e))
from fresh;
insert into article_fingerprints (article_id, version, text_hash, signature, bands)
select id, 1, substr(sha256(n::text::bytea), 1, 16), (select string_agg(sha256((n || '/' || part)::bytea), '') from generate_series(1, 16) part),
    (select array_agg((random() * 4294967295 - 2147483648)::bigint::integer) from generate_series(1, 20) where n >= 0)
from fresh;
insert into article_languages values ('en'), ('de') on conflict do nothing;
";

/// Times each call, one after the other, as a person who waits would see it.
pub(crate) async fn time_calls(server_url: &str, articles: i64) -> Result<()> {
    let mut client = ArticleServiceClient::connect(server_url.to_owned()).await?;
    println!("| {articles} articles | p50 | p99 | results |\n|---|---:|---:|---:|");
    for (name, call) in CALLS {
        let mut times = Vec::new();
        // What was never asked since the tables were made comes from the disk.
        let mut results = run(&mut client, call, 0).await?;
        for round in 0..ROUNDS {
            let started = Instant::now();
            results = run(&mut client, call, round % 20).await?;
            times.push(started.elapsed());
        }
        show(name, times, &results.to_string());
    }
    Ok(())
}

async fn run(client: &mut ArticleServiceClient<Channel>, call: Call, number: u32) -> Result<usize> {
    let fill = |text: &str| text.replace("{n}", &number.to_string());
    Ok(match call {
        Call::Search(query, filter) => {
            let request =
                SearchArticlesRequest { query: fill(query), filter: fill(filter), ..Default::default() };
            client.search_articles(request).await?.into_inner().results.len()
        }
        Call::List(filter) => {
            let request = ListArticlesRequest { filter: fill(filter), ..Default::default() };
            client.list_articles(request).await?.into_inner().articles.len()
        }
    })
}

/// Times what a commit asks for each text, against the same archive: 20 bands, of which some are found.
pub(crate) async fn time_duplicates(database_url: &str, articles: i64) -> Result<()> {
    let mut connection = PgConnection::connect(database_url).await?;
    for (name, days) in
        [("look for copies, 30 days back", 30), ("look for copies in the whole archive", 3_650)]
    {
        let mut times = Vec::new();
        let mut candidates = 0;
        for round in 0..ROUNDS {
            let bands: Vec<i32> = sqlx::query_scalar(
                "select bands from article_fingerprints order by article_id desc offset $1 limit 1",
            )
            .bind(i64::from(round) * (articles / i64::from(ROUNDS)))
            .fetch_one(&mut connection)
            .await?;
            let started = Instant::now();
            let found: i64 = sqlx::query_scalar(
                "select count(*) from similar_texts(gen_random_uuid(), '\\x00000000000000000000000000000000', $1,
                     now() - make_interval(days => $2), 64)",
            )
            .bind(&bands)
            .bind(days)
            .fetch_one(&mut connection)
            .await?;
            times.push(started.elapsed());
            candidates += found;
        }
        let mean = format!("{:.1} candidates", candidates as f64 / f64::from(ROUNDS));
        show(name, times, &mean);
    }
    Ok(connection.close().await?)
}

/// The plans of what the calls run, and their proof: no table is read from end to end.
pub(crate) async fn show_plans(database_url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(database_url).await?;
    sqlx::raw_sql(
        "set enable_seqscan = off; set jit = off; set random_page_cost = 0.1; set cpu_index_tuple_cost = 1;
         set plan_cache_mode = force_generic_plan",
    )
    .execute(&mut connection)
    .await?;
    let statements = [
        "prepare texts (tsquery, timestamptz, timestamptz, bigint) as
             select t.article_id, t.version, t.accepted_time, t.vector from article_texts t
             where t.vector @@ $1 and t.accepted_time >= $2 and t.accepted_time < $3
             order by t.accepted_time desc, t.article_id desc limit $4",
        "prepare bands (integer[], uuid, bigint) as
             select f.article_id, f.signature, f.first_id from article_fingerprints f
             where f.bands && $1 and f.article_id >= $2 limit $3",
    ];
    for statement in statements {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
    }
    let runs = [
        "explain (costs off) execute texts ('''word1'' & ''=s:source-3''', now() - interval '1 day', now(), 1000)",
        "explain (costs off) execute bands ('{1,2,3}', article_id_from(now() - interval '7 days'), 64)",
    ];
    for run in runs {
        let plan: Vec<String> = sqlx::query_scalar(run).fetch_all(&mut connection).await?;
        ensure!(
            !plan.iter().any(|line| line.contains("Seq Scan")),
            "a table is read from end to end: {plan:#?}"
        );
        println!("\n```\n{}\n```", plan.iter().take(14).cloned().collect::<Vec<_>>().join("\n"));
    }
    Ok(connection.close().await?)
}

fn show(name: &str, mut times: Vec<Duration>, results: &str) {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1e3);
    println!("| {name} | {:.1} ms | {:.1} ms | {results} |", at(50), at(99));
}
