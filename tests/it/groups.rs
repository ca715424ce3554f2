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
use worker::{Worker, create, external_id, get, get_when, group, join_message, seconds, settlement, version};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_group_may_be_made_twice_but_not_in_two_ways_and_groups_are_listed_by_name_in_pages() {
    let (mut app, _database) = accepting().await;
    let request = group("first", v1::GroupSettings { max_attempts: 3, ..Default::default() });
    let made = create(&mut app, request.clone()).await;
    let settings = made.settings.expect("settings");
    assert_eq!((settings.max_attempts, settings.max_in_flight), (3, 1_000));
    assert_eq!(settings.lease_duration, seconds(30.0));
    let again = within(app.feed.create_group(request.clone())).await.expect("the same").into_inner();
    assert!(again.already_existed);

    let filter = v1::UpdateFilter { sources: vec!["other".to_owned()], ..Default::default() };
    for other in [
        v1::CreateGroupRequest { filter: Some(filter), ..request.clone() },
        v1::CreateGroupRequest { settings: None, ..request.clone() },
        v1::CreateGroupRequest { start: None, ..request.clone() },
    ] {
        let refused = within(app.feed.create_group(other)).await.expect_err("another group");
        assert_eq!(refused.code(), Code::AlreadyExists);
        assert_eq!(refused.get_details_resource_info().expect("details").resource_name, "first");
    }

    for name in ["second", "third", "fourth"] {
        create(&mut app, group(name, Default::default())).await;
    }
    let mut names = Vec::new();
    let mut request = v1::ListGroupsRequest { page_size: 3, ..Default::default() };
    loop {
        let page = within(app.feed.list_groups(request.clone())).await.expect("a page").into_inner();
        names.extend(page.groups.into_iter().map(|group| group.group_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(names, ["first", "fourth", "second", "third"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_starts_where_it_was_told_to() {
    let (mut app, _database) = accepting().await;
    submit(&mut app, "before", "").await;
    create(&mut app, group("beginning", Default::default())).await;
    let now = v1::CreateGroupRequest { start: None, ..group("now", Default::default()) };
    let cursor = create(&mut app, now).await.head_cursor;
    let after = v1::CreateGroupRequest {
        start: Some(v1::create_group_request::Start::AfterCursor(cursor)),
        ..group("after", Default::default())
    };
    submit(&mut app, "later", "").await;
    create(&mut app, after).await;
    for (name, expected) in [("beginning", "before"), ("now", "later"), ("after", "later")] {
        let mut worker = Worker::join(&app, name, 1).await;
        assert_eq!(external_id(&worker.delivery().await), expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_of_an_article_is_delivered_while_an_earlier_one_is_in_flight_or_waits() {
    let (mut app, _database) = accepting().await;
    for content in ["one", "two", "three"] {
        submit(&mut app, "story", content).await;
    }
    submit(&mut app, "other", "").await;
    create(&mut app, group("ordered", Default::default())).await;
    let mut worker = Worker::join(&app, "ordered", 10).await;
    let first = worker.deliveries(2).await;
    assert_eq!(first.iter().map(version).collect::<Vec<_>>(), ["story/1", "other/1"]);
    let shown = get(&mut app, "ordered").await.group.expect("a group");
    assert_eq!((shown.waiting_count, shown.in_flight_count, shown.lag), (2, 2, 2));
    assert!(shown.oldest_undelivered_time.is_some());

    assert_eq!(worker.act(first[0].delivery_id, SettleAction::Retry).await, SettleStatus::Done);
    let again = worker.delivery().await;
    assert_eq!((version(&again).as_str(), again.attempt), ("story/1", 2));
    worker.ack(&again).await;
    let second = worker.delivery().await;
    assert_eq!(version(&second), "story/2");
    worker.act(second.delivery_id, SettleAction::Skip).await;
    let third = worker.delivery().await;
    assert_eq!(version(&third), "story/3", "a skipped update holds up nothing and is not delivered again");
    worker.ack(&third).await;
    assert_eq!(worker.kept(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_update_holds_up_nothing_and_comes_back_when_it_is_replayed() {
    let (mut app, _database) = accepting().await;
    for content in ["one", "two"] {
        submit(&mut app, "story", content).await;
    }
    create(&mut app, group("parking", Default::default())).await;
    let mut worker = Worker::join(&app, "parking", 10).await;
    let first = worker.delivery().await;
    let reason = "no such desk".to_owned();
    let park = v1::Settlement { reason, ..settlement(first.delivery_id, SettleAction::Park) };
    assert_eq!(worker.settle(vec![park]).await, [SettleStatus::Done]);
    let second = worker.delivery().await;
    assert_eq!(version(&second), "story/2");

    let shown = get(&mut app, "parking").await;
    let [parked] = shown.parked.as_slice() else { panic!("{:?}", shown.parked) };
    assert_eq!((parked.reason.as_str(), parked.attempts), ("no such desk", 1));
    assert_eq!(parked.cursor, first.update.as_ref().expect("an update").cursor);
    let counts = shown.group.expect("a group");
    assert_eq!((counts.parked_count, counts.in_flight_count, counts.lag), (1, 1, 0));
    assert_ne!(counts.checkpoint_cursor, counts.read_cursor, "what is parked is not settled");

    let replay = v1::ReplayParkedRequest {
        group_id: "parking".to_owned(),
        cursors: vec![parked.cursor.clone()],
        limit: 0,
    };
    let replayed = within(app.feed.replay_parked(replay)).await.expect("replays").into_inner();
    assert_eq!(replayed.replayed_count, 1);
    // One of its article is in flight; the replayed one waits for it, like any other.
    worker.ack(&second).await;
    let again = worker.delivery().await;
    assert_eq!((version(&again).as_str(), again.attempt), ("story/1", 1));
    worker.ack(&again).await;
    let counts = get(&mut app, "parking").await.group.expect("a group");
    assert_eq!((counts.parked_count, counts.in_flight_count, counts.lag), (0, 0, 0));
    assert_eq!(counts.checkpoint_cursor, counts.head_cursor);
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_are_counted_and_the_last_one_parks_with_its_reason() {
    let (mut app, _database) = accepting().await;
    for name in ["one", "two", "three"] {
        submit(&mut app, name, "").await;
    }
    create(&mut app, group("stubborn", v1::GroupSettings { max_attempts: 3, ..Default::default() })).await;
    let mut worker = Worker::join(&app, "stubborn", 10).await;
    let mut statuses = Vec::new();
    for _ in 0..9 {
        let delivery = worker.delivery().await;
        let retry = v1::Settlement {
            reason: "not today".to_owned(),
            ..settlement(delivery.delivery_id, SettleAction::Retry)
        };
        statuses.push((delivery.attempt, worker.settle(vec![retry]).await[0]));
    }
    for (attempt, status) in statuses {
        let expected = if attempt == 3 { SettleStatus::Parked } else { SettleStatus::Done };
        assert_eq!(status, expected, "attempt {attempt}");
    }
    let shown = get(&mut app, "stubborn").await;
    assert_eq!(shown.parked.len(), 3);
    assert!(shown.parked.iter().all(|parked| parked.reason == "delivered 3 times; not today"));
    let replay = v1::ReplayParkedRequest { group_id: "stubborn".to_owned(), limit: 2, ..Default::default() };
    let replayed = within(app.feed.replay_parked(replay)).await.expect("replays").into_inner();
    assert_eq!(replayed.replayed_count, 2);
    let mut again: Vec<_> = worker.deliveries(2).await.iter().map(external_id).collect();
    again.sort();
    assert_eq!(again, ["one", "two"], "the oldest first");
    assert_eq!(get(&mut app, "stubborn").await.parked.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_latest_delivery_settles() {
    let (mut app, _database) = accepting().await;
    submit(&mut app, "story", "").await;
    create(&mut app, group("late", v1::GroupSettings { lease_duration: seconds(1.0), ..Default::default() }))
        .await;
    let mut worker = Worker::join(&app, "late", 10).await;
    let first = worker.delivery().await;
    let second = worker.delivery().await;
    assert_eq!((external_id(&second).as_str(), second.attempt), ("story", 2), "its lease ended");
    assert_eq!(worker.ack(&first).await, SettleStatus::Stale);
    assert_eq!(worker.act(first.delivery_id, SettleAction::Park).await, SettleStatus::Stale);
    assert_eq!(worker.extend(first.delivery_id, 60).await, SettleStatus::Stale);
    assert_eq!(worker.extend(second.delivery_id, 60).await, SettleStatus::Done);
    let shown = get(&mut app, "late").await.group.expect("a group");
    assert_eq!((shown.in_flight_count, shown.parked_count), (1, 0), "what was stale changed nothing");
    let both = vec![
        settlement(second.delivery_id, SettleAction::Ack),
        settlement(second.delivery_id, SettleAction::Retry),
        settlement(987_654_321, SettleAction::Ack),
    ];
    let expected = [SettleStatus::Done, SettleStatus::Stale, SettleStatus::Stale];
    assert_eq!(worker.settle(both).await, expected);
    assert_eq!(worker.ack(&second).await, SettleStatus::Stale, "settled once");
    let shown = get(&mut app, "late").await.group.expect("a group");
    assert_eq!((shown.in_flight_count, shown.lag), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extended_lease_outlives_others_of_its_group() {
    let (mut app, _database) = accepting().await;
    submit(&mut app, "kept", "").await;
    submit(&mut app, "forgotten", "").await;
    let settings = v1::GroupSettings { lease_duration: seconds(1.0), max_attempts: 3, ..Default::default() };
    create(&mut app, group("leases", settings)).await;
    let mut worker = Worker::join(&app, "leases", 10).await;
    let first = worker.deliveries(2).await;
    assert_eq!(worker.extend(first[0].delivery_id, 600).await, SettleStatus::Done);
    for attempt in [2, 3] {
        let again = worker.delivery().await;
        assert_eq!((external_id(&again).as_str(), again.attempt), ("forgotten", attempt));
    }
    let parked = get_when(&mut app, "leases", |shown| !shown.parked.is_empty()).await;
    assert_eq!(parked.parked[0].reason, "delivered 3 times; the last lease ended without a word");
    assert_eq!(worker.ack(&first[0]).await, SettleStatus::Done, "three leases have passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_member_gives_back_goes_to_another_at_once_and_does_not_count() {
    let (mut app, _database) = accepting().await;
    for index in 0..5 {
        submit(&mut app, &index.to_string(), "").await;
    }
    let settings =
        v1::GroupSettings { lease_duration: seconds(3_600.0), max_attempts: 1, ..Default::default() };
    create(&mut app, group("shift", settings)).await;
    let mut one = Worker::join(&app, "shift", 5).await;
    let taken = one.deliveries(5).await;
    one.ack(&taken[2]).await;
    one.leave().await;
    let mut two = Worker::join(&app, "shift", 5).await;
    let again = two.deliveries(4).await;
    assert_eq!(again.iter().map(external_id).collect::<Vec<_>>(), ["0", "1", "3", "4"]);
    assert!(again.iter().all(|delivery| delivery.attempt == 1));
    assert_eq!(two.ack(&taken[0]).await, SettleStatus::Stale);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_lost_its_stream_settles_over_the_next_one() {
    let (mut app, _database) = accepting().await;
    submit(&mut app, "story", "").await;
    let settings = v1::GroupSettings { lease_duration: seconds(3_600.0), ..Default::default() };
    create(&mut app, group("broken", settings)).await;
    let (mut one, life) = Worker::join_mortal(&app, "broken", 5).await;
    let delivery = one.delivery().await;
    life.shutdown_background();
    get_when(&mut app, "broken", |shown| shown.members.is_empty()).await;
    let shown = get(&mut app, "broken").await.group.expect("a group");
    assert_eq!(shown.in_flight_count, 1, "the lease runs on");
    let mut two = Worker::join(&app, "broken", 5).await;
    assert_eq!(two.ack(&delivery).await, SettleStatus::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_spread_fairly_and_no_window_is_exceeded() {
    let (mut app, _database) = accepting().await;
    create(&mut app, group("shared", v1::GroupSettings { max_in_flight: 15, ..Default::default() })).await;
    let mut workers = Vec::new();
    for max_in_flight in [4, 8, 8] {
        workers.push(Worker::join(&app, "shared", max_in_flight).await);
        assert_eq!(workers.last().expect("one").ready.max_in_flight, max_in_flight);
    }
    for index in 0..40 {
        submit(&mut app, &index.to_string(), "").await;
    }
    let is_full = |shown: &v1::GetGroupResponse| {
        shown.members.iter().map(|member| member.in_flight_count).sum::<i64>() == 15
    };
    let shown = get_when(&mut app, "shared", is_full).await;
    let in_flight: Vec<i64> = shown.members.iter().map(|member| member.in_flight_count).collect();
    // Those with more room first, then all in turn, until the group's own bound: 2 or 3, and 6 or 7 each.
    assert!((2..=3).contains(&in_flight[0]) && in_flight[1].abs_diff(in_flight[2]) <= 1, "{in_flight:?}");
    let names: BTreeSet<_> = shown.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["worker of 4", "worker of 8"]));

    // One that works gets all that the others do not take; those stay within their windows.
    let mut done = BTreeSet::new();
    while done.len() < 40 - in_flight[0] as usize - in_flight[1] as usize {
        let delivery = workers[2].delivery().await;
        assert!(done.insert(external_id(&delivery)), "delivered twice");
        assert_eq!(workers[2].ack(&delivery).await, SettleStatus::Done);
    }
    let shown = get(&mut app, "shared").await;
    let left: Vec<i64> = shown.members.iter().map(|member| member.in_flight_count).collect();
    assert_eq!(left[..2], in_flight[..2]);
    assert_eq!(shown.group.expect("a group").lag, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_comes_back_though_the_log_grows_with_what_the_group_does_not_want() {
    let (mut app, _database) = accepting().await;
    let filter = v1::UpdateFilter { sources: vec!["wanted".to_owned()], ..Default::default() };
    let settings = v1::GroupSettings {
        min_retry_delay: seconds(0.3),
        max_retry_delay: seconds(0.3),
        ..Default::default()
    };
    let request = v1::CreateGroupRequest { filter: Some(filter), ..group("quiet", settings) };
    create(&mut app, request).await;
    let wanted = v1::RawArticle { source: "wanted".to_owned(), ..text("story", STORY) };
    app.submit(wanted).await;
    let mut worker = Worker::join(&app, "quiet", 1).await;
    let first = worker.delivery().await;
    assert_eq!(worker.act(first.delivery_id, SettleAction::Retry).await, SettleStatus::Done);
    let noise = async {
        for index in 0.. {
            submit(&mut app, &index.to_string(), "").await;
        }
    };
    let again = tokio::select! {
        again = worker.delivery() => again,
        () = noise => unreachable!("it goes on for ever"),
    };
    assert_eq!((external_id(&again).as_str(), again.attempt), ("story", 2));
    assert_eq!(worker.ack(&again).await, SettleStatus::Done);
    get_when(&mut app, "quiet", |shown| shown.group.as_ref().is_some_and(|group| group.lag == 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_articles_are_delivered_when_they_are_asked_for() {
    let (mut app, _database) = TestApp::start().await;
    let filter = v1::UpdateFilter { kinds: vec![v1::UpdateKind::Processed.into()], ..Default::default() };
    let request = v1::CreateGroupRequest { filter: Some(filter), ..group("full", Default::default()) };
    create(&mut app, request).await;
    let processed = app.process(text("story", STORY)).await;
    let stored = app.get(&processed.article_id).await.expect("it is there");
    let join = v1::Join { view: v1::ArticleView::Full.into(), ..join_message("full", 5) };
    let mut worker = Worker::open(app.feed.clone(), join).await.expect("joins");
    let article = worker.delivery().await.update.and_then(|update| update.article).expect("an article");
    assert!(!article.text.is_empty() && !article.entities.is_empty());
    assert_eq!(article.text, stored.text);
    assert_eq!(article.entities, stored.entities);
}
