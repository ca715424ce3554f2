//! Consumer groups: how streams end, and what is refused.

use copydesk_proto::v1::{self, SettleAction, consume_request};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{
    app::{TestApp, within},
    cluster::database,
    groups::{
        accepting, submit,
        worker::{Worker, create, group, join_message, seconds, settlement},
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_group_ends_its_streams_and_one_made_anew_is_another() {
    let (mut app, _database) = accepting().await;
    submit(&mut app, "story", "").await;
    create(&mut app, group("short", Default::default())).await;
    let mut worker = Worker::join(&app, "short", 5).await;
    worker.delivery().await;
    let delete = v1::DeleteGroupRequest { group_id: "short".to_owned() };
    within(app.feed.delete_group(delete.clone())).await.expect("is deleted");
    assert_eq!(worker.closing().await.reason(), v1::ClosingReason::GroupDeleted);
    for refused in [
        within(app.feed.delete_group(delete)).await.expect_err("it is gone"),
        Worker::open(app.feed.clone(), join_message("short", 5)).await.err().expect("it is gone"),
    ] {
        is_not_found(&refused, "short");
    }
    create(&mut app, group("short", Default::default())).await;
    assert_eq!(Worker::join(&app, "short", 5).await.delivery().await.attempt, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_that_the_server_makes_is_told() {
    let database = database().await;
    let flags = ["--max-stream-age-seconds", "1"];
    let mut app = TestApp::start_on(&database.url, &flags, Default::default()).await;
    create(&mut app, group("aged", Default::default())).await;
    let closing = Worker::join(&app, "aged", 5).await.closing().await;
    assert_eq!(closing.reason(), v1::ClosingReason::MaxAge);
    assert!(closing.retry_delay.is_some());
    app.stop().await.expect("a clean end");

    let app = TestApp::start_on(&database.url, &[], Default::default()).await;
    let mut worker = Worker::join(&app, "aged", 5).await;
    app.shutdown.cancel();
    assert_eq!(worker.closing().await.reason(), v1::ClosingReason::Shutdown);
    app.stop().await.expect("a clean end");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_group_is_named_in_every_answer() {
    let (mut app, _database) = accepting().await;
    let group_id = "nobody".to_owned();
    let get = v1::GetGroupRequest { group_id: group_id.clone() };
    is_not_found(&within(app.feed.get_group(get)).await.expect_err("there is none"), "nobody");
    let delete = v1::DeleteGroupRequest { group_id: group_id.clone() };
    is_not_found(&within(app.feed.delete_group(delete)).await.expect_err("there is none"), "nobody");
    let replay = v1::ReplayParkedRequest { group_id, ..Default::default() };
    is_not_found(&within(app.feed.replay_parked(replay)).await.expect_err("there is none"), "nobody");
    let joined = Worker::open(app.feed.clone(), join_message("nobody", 5)).await;
    is_not_found(&joined.err().expect("there is none"), "nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_cannot_be_is_refused_with_every_reason() {
    let (mut app, _database) = accepting().await;
    for name in ["", ".hidden", "a b", "ä", &"x".repeat(64)] {
        let refused = within(app.feed.create_group(group(name, Default::default()))).await;
        assert_eq!(violations(&refused.expect_err("no name")), ["group_id"], "{name:?}");
    }
    create(&mut app, group(&"x".repeat(63), Default::default())).await;

    let settings = v1::GroupSettings {
        lease_duration: seconds(0.2),
        max_attempts: -1,
        max_in_flight: 10_001,
        min_retry_delay: seconds(9.0),
        max_retry_delay: seconds(8.0),
    };
    let mut request = group("!", settings);
    request.start = Some(v1::create_group_request::Start::AfterCursor(b"no cursor".to_vec()));
    request.filter = Some(v1::UpdateFilter { kinds: vec![99], ..Default::default() });
    let refused = within(app.feed.create_group(request)).await.expect_err("nothing of it can be");
    let mut fields = violations(&refused);
    fields.sort();
    let expected = [
        "after_cursor",
        "filter.kinds",
        "group_id",
        "settings.lease_duration",
        "settings.max_attempts",
        "settings.max_in_flight",
        "settings.max_retry_delay",
    ];
    assert_eq!(fields, expected);
    let page = v1::ListGroupsRequest { page_size: -1, page_token: "!".to_owned() };
    let refused = within(app.feed.list_groups(page)).await.expect_err("no page");
    assert_eq!(violations(&refused), ["page_size", "page_token"]);
    let replay =
        v1::ReplayParkedRequest { group_id: "x".to_owned(), cursors: vec![b"no cursor".to_vec()], limit: -1 };
    let refused = within(app.feed.replay_parked(replay)).await.expect_err("no replay");
    assert_eq!(violations(&refused), ["limit", "cursors[0]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_does_not_begin_with_a_valid_join_is_refused() {
    let (mut app, _database) = accepting().await;
    create(&mut app, group("group", Default::default())).await;
    let ack = v1::Settle { settlements: vec![settlement(1, SettleAction::Ack)] };
    let messages = vec![v1::ConsumeRequest { message: Some(consume_request::Message::Settle(ack)) }];
    for first in [messages, vec![v1::ConsumeRequest::default()], Vec::new()] {
        let refused = within(app.feed.consume(tokio_stream::iter(first))).await.expect_err("no join");
        assert_eq!(violations(&refused), ["join"]);
    }
    let join =
        v1::Join { member_name: "x".repeat(201), max_in_flight: 1_001, view: 99, ..join_message("", 0) };
    let refused = Worker::open(app.feed.clone(), join).await.err().expect("nothing of it can be");
    let expected = ["join.group_id", "join.member_name", "join.max_in_flight", "view"];
    assert_eq!(violations(&refused), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_ends_its_stream_and_no_other() {
    let (mut app, _database) = accepting().await;
    create(&mut app, group("strict", Default::default())).await;
    let mut bystander = Worker::join(&app, "strict", 1).await;
    let unknown = v1::Settlement { delivery_id: 1, action: 99, ..Default::default() };
    let long = v1::Settlement { retry_delay: seconds(100_000.0), ..settlement(1, SettleAction::Retry) };
    for (message, field) in [
        (consume_request::Message::Join(join_message("strict", 5)), "join"),
        (consume_request::Message::Settle(v1::Settle::default()), "settle.settlements"),
        (settle(vec![unknown]), "settle.settlements[0].action"),
        (settle(vec![long]), "settle.settlements[0].retry_delay"),
        (settle(vec![settlement(1, SettleAction::Ack); 1_001]), "settle.settlements"),
        (consume_request::Message::Extend(v1::Extend::default()), "extend.delivery_ids"),
    ] {
        let mut worker = Worker::join(&app, "strict", 1).await;
        worker.send(message).await;
        let refused = worker.message().await.expect_err(field);
        assert_eq!(violations(&refused), [field]);
    }
    submit(&mut app, "story", "").await;
    bystander.delivery().await;
}

fn settle(settlements: Vec<v1::Settlement>) -> consume_request::Message {
    consume_request::Message::Settle(v1::Settle { settlements })
}

fn violations(status: &Status) -> Vec<String> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let request = status.get_details_bad_request().expect("details");
    request.field_violations.into_iter().map(|violation| violation.field).collect()
}

fn is_not_found(status: &Status, group_id: &str) {
    assert_eq!(status.code(), Code::NotFound, "{status:?}");
    let resource = status.get_details_resource_info().expect("details");
    assert_eq!(
        (resource.resource_type.as_str(), resource.resource_name.as_str()),
        ("copydesk.v1.Group", group_id)
    );
}
