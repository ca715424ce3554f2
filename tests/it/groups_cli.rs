//! Consumer groups through the client crate and the command line.

use std::{collections::BTreeSet, time::Duration};

use copydesk_client::{Client, Consumer, ConsumerEvent, ConsumerOptions, Nack, Settled, v1};

use crate::{
    app::{TestApp, text, within},
    cli::{json_lines, run, run_to},
    cluster::database,
    groups::{
        accepting, submit,
        worker::{create, get, get_when, group, seconds},
    },
};

fn client(url: &str) -> Client {
    Client::lazy(url).expect("a URL")
}

async fn next(consumer: &mut Consumer) -> copydesk_client::Delivery {
    within(consumer.next_delivery()).await.expect("goes on").expect("no error")
}

fn name(delivery: &copydesk_client::Delivery) -> String {
    delivery.update.article.as_ref().expect("an article").external_id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_settles_extends_and_gives_back_what_it_did_not_take() {
    let (mut app, _database) = accepting().await;
    let lease_duration = seconds(1.0);
    create(&mut app, group("client", v1::GroupSettings { lease_duration, ..Default::default() })).await;
    for index in 0..6 {
        submit(&mut app, &index.to_string(), "").await;
    }
    let options = ConsumerOptions { max_in_flight: 10, ..ConsumerOptions::new("client") };
    let mut consumer = client(&app.url).consume(options.clone());
    let slow = next(&mut consumer).await;
    let parked = next(&mut consumer).await;
    let reason = "for people".to_owned();
    assert_eq!(within(parked.nack(Nack::Park { reason })).await.expect("answered"), Settled::Done);
    let skipped = next(&mut consumer).await;
    assert_eq!(within(skipped.nack(Nack::Skip)).await.expect("answered"), Settled::Done);
    // Dropped is retried.
    let dropped = next(&mut consumer).await;
    let dropped_name = name(&dropped);
    drop(dropped);
    let (mut retried, mut left) = (None, Vec::new());
    while retried.is_none() {
        let delivery = next(&mut consumer).await;
        if name(&delivery) == dropped_name { retried = Some(delivery) } else { left.push(delivery) }
    }
    assert_eq!(retried.as_ref().map(|delivery| delivery.attempt), Some(2));
    // The lease of the slow one has ended three times over, but for its extensions.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(within(slow.ack()).await.expect("answered"), Settled::Done);
    drop(left);
    let retried = retried.expect("one");
    assert_eq!(within(retried.ack()).await.expect("answered"), Settled::Done);
    within(consumer.leave()).await;

    let mut other = client(&app.url).consume(options);
    let again: BTreeSet<String> = [name(&next(&mut other).await)].into();
    assert!(again.is_subset(&BTreeSet::from(["4".to_owned(), "5".to_owned()])), "{again:?}");
    assert_eq!(get(&mut app, "client").await.parked.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_survives_restarts_of_its_server_and_settles_what_it_had() {
    let database = database().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let url = format!("http://{address}");
    let mut app = TestApp::start_at(&database.url, address).await;
    create(&mut app, group("restarts", v1::GroupSettings::default())).await;
    app.submit(text("before", "The ferry line opened on Monday.")).await;
    let mut consumer = client(&url).consume(ConsumerOptions::new("restarts"));
    let held = next(&mut consumer).await;
    app.stop().await.expect("a clean end");

    let mut app = TestApp::start_at(&database.url, address).await;
    app.submit(text("after", "The ferry line closed on Tuesday.")).await;
    let (mut closings, mut after) = (0, None);
    while after.is_none() {
        match within(consumer.next()).await.expect("goes on").expect("no error") {
            ConsumerEvent::Closing(closing) => {
                assert_eq!(closing.reason(), v1::ClosingReason::Shutdown);
                closings += 1;
            }
            ConsumerEvent::Delivery(delivery) if name(&delivery) == "after" => after = Some(delivery),
            ConsumerEvent::Delivery(other) => drop(other.ack().await),
            ConsumerEvent::Joined(_) | ConsumerEvent::Interrupted { .. } => {}
        }
    }
    assert_eq!(closings, 1);
    assert_eq!(within(held.ack()).await.expect("answered"), Settled::Done, "over another connection");
    drop(after);
    app.stop().await.expect("a clean end");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_makes_shows_consumes_and_deletes_groups() {
    let (mut app, _database) = accepting().await;
    let url = app.url.clone();
    for index in 0..3 {
        submit(&mut app, &index.to_string(), "").await;
    }
    let server = ["--server", &url];
    let with_server = |arguments: &[&str]| -> Vec<String> {
        arguments.iter().chain(&server).map(|argument| (*argument).to_owned()).collect()
    };
    let to = async |code: i32, arguments: &[&str]| -> String {
        let arguments = with_server(arguments);
        run_to(code, &arguments.iter().map(String::as_str).collect::<Vec<_>>(), "").await
    };
    let empty = to(0, &["groups", "list"]).await;
    assert!(empty.contains("copydesk groups create"), "{empty}");
    let made = to(0, &["groups", "create", "desk", "--from", "beginning", "--lease-seconds", "5"]).await;
    assert!(made.starts_with("made desk"), "{made}");
    let again = to(0, &["groups", "create", "desk", "--from", "beginning", "--lease-seconds", "5"]).await;
    assert!(again.starts_with("desk was there already; 3 updates wait"), "{again}");
    to(1, &["groups", "create", "desk"]).await;

    let first = json_lines(&to(0, &["consume", "desk", "--max", "1", "--json"]).await);
    assert_eq!(first[0]["article"]["externalId"], "0");
    let rest = to(0, &["consume", "desk", "-n", "2"]).await;
    assert!(rest.contains("test/1") && rest.contains("test/2"), "{rest}");
    get_when(&mut app, "desk", |shown| {
        shown.group.as_ref().is_some_and(|group| group.lag == 0 && group.in_flight_count == 0)
    })
    .await;
    let shown = to(0, &["groups", "get", "desk"]).await;
    assert!(shown.starts_with("desk: 0 behind, 0 in flight, 0 parked"), "{shown}");
    let listed = json_lines(&to(0, &["groups", "list", "--json"]).await);
    assert_eq!(listed[0]["groupId"], "desk");
    let metrics = within(crate::http::get(&format!("{}/metrics", app.metrics_url))).await;
    assert!(metrics.contains("copydesk_group_lag"), "the group is measured");
    let replayed = to(0, &["groups", "replay-parked", "desk"]).await;
    assert_eq!(replayed, "0 wait again\n");
    assert_eq!(to(0, &["groups", "delete", "desk"]).await, "deleted desk\n");

    for arguments in [&["consume", "desk"][..], &["groups", "get", "desk"]] {
        let arguments = with_server(arguments);
        let output = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), "").await;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(errors.contains("desk") && errors.contains("copydesk groups list"), "{errors}");
    }
    to(2, &["groups", "create", "desk", "--lease-seconds", "soon"]).await;
}
