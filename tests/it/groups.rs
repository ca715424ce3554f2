//! Consumer groups' promises: delivery, order, leases, settling, parking, what a group shows of itself.

pub(crate) mod worker;

use std::collections::BTreeSet;

use copydesk::server::ServeOptions;
use copydesk_proto::v1::{self, SettleAction, SettleStatus};
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    app::{STORY, TestApp, text, within},
    cluster::{TestDatabase, database},
};
use worker::{Worker, create, external_id, get, get_when, group, seconds, settlement, version};

/// A server without workers: its log holds one ACCEPTED event a submission.
pub(crate) async fn accepting() -> (TestApp, TestDatabase) {
    let database = database().await;
    let options = ServeOptions { no_workers: true, ..Default::default() };
    (TestApp::start_on(&database.url, &[], options).await, database)
}

pub(crate) async fn submit(app: &mut TestApp, external_id: &str, content: &str) {
    app.submit(text(external_id, &format!("{STORY}\n\n{content}"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wanted_update_is_delivered_and_none_again_once_it_is_settled() {
    let (mut app, _database) = TestApp::start().await;
    let filter = v1::UpdateFilter { kinds: vec![v1::UpdateKind::Processed.into()], ..Default::default() };
    let request = v1::CreateGroupRequest { filter: Some(filter), ..group("all", Default::default()) };
    create(&mut app, request).await;
    for index in 0..15 {
        app.process(text(&index.to_string(), STORY)).await;
    }
    let mut worker = Worker::join(&app, "all", 4).await;
    for index in 15..30 {
        app.process(text(&index.to_string(), STORY)).await;
    }
    let mut seen = Vec::new();
    for _ in 0..30 {
        let delivery = worker.delivery().await;
        assert_eq!(delivery.attempt, 1);
        assert_eq!(delivery.update.as_ref().expect("an update").kind(), v1::UpdateKind::Processed);
        seen.push(external_id(&delivery));
        assert_eq!(worker.ack(&delivery).await, SettleStatus::Done);
    }
    assert_eq!(seen, (0..30).map(|index| index.to_string()).collect::<Vec<_>>(), "in log order");
    let done = get(&mut app, "all").await.group.expect("a group");
    assert_eq!((done.lag, done.in_flight_count, done.parked_count), (0, 0, 0));
    assert_eq!(done.checkpoint_cursor, done.head_cursor);
    assert_eq!(done.oldest_undelivered_time, None);

    worker.leave().await;
    let mut other = Worker::join(&app, "all", 4).await;
    app.process(text("new", STORY)).await;
    assert_eq!(external_id(&other.delivery().await), "new", "nothing settled comes again");
}
