//! `copydesk entity`: what a person sees of the registry.

use crate::{
    app::{STORY, TestApp, text},
    cli::run_to,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_is_drawn_with_its_links_its_time_its_company_and_its_articles() {
    let (mut app, _database) = TestApp::start().await;
    app.process(text("ferry", STORY)).await;
    let drawn = run_to(0, &["entity", "lisb", "--server", &app.url], "").await;
    for expected in [
        "Lisbon  GPE",
        "geonames 2267057",
        "In the news, by day",
        "█",
        "In company of",
        "Helena Duarte",
        "Newest articles",
        "Harbour board approves new ferry line",
    ] {
        assert!(drawn.contains(expected), "{expected} in\n{drawn}");
    }
    let line = run_to(0, &["entity", "Barreiro", "--type", "gpe", "--json", "--server", &app.url], "").await;
    let record: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(record["name"], "Barreiro");
    let id = record["entityId"].as_str().expect("an id");
    let by_id = run_to(0, &["entity", id, "--by", "month", "--server", &app.url], "").await;
    assert!(by_id.starts_with("Barreiro  GPE") && by_id.contains("by month"), "{by_id}");
    run_to(1, &["entity", "Nobody Atall", "--server", &app.url], "").await;
    run_to(2, &["entity", "x", "--type", "ship", "--server", &app.url], "").await;
}
