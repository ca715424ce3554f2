//! EntityService: one entity over all articles, its company and its time, merges, splits, and pages.

use copydesk::server::ServeOptions;
use copydesk_proto::v1::{self, entity_service_client::EntityServiceClient};
use tonic::{Code, transport::Channel};
use tonic_types::StatusExt;

use crate::{
    app::{TestApp, after, from_beginning, text, within},
    cluster::database,
};

pub(crate) const FERRY: &str = "Harbour board approves new ferry line\n\n\
    The harbour board of Lisbon approved a ferry line to Barreiro on Tuesday.\n\n\
    “We waited ten years for this,” said Mayor Susan Miller. Miller said that NATO had no objection.";
const BRIDGE: &str = "Lisbon bridge to be repaired\n\n\
    The bridge over the Tagus in Lisbon will be repaired next year, Susan Miller said on Friday. Miller told reporters \
    that NATO would pay for a part of it.";
const SURNAME: &str = "Fares rise in Lisbon\n\n\
    Fares on the ferries of Lisbon will rise in March. Ms. Miller said that NATO staff would pay the same as others.";

pub(crate) async fn entities(app: &TestApp) -> EntityServiceClient<Channel> {
    within(EntityServiceClient::connect(app.url.clone())).await.expect("connects")
}

pub(crate) fn story(external_id: &str, body: &str) -> v1::RawArticle {
    v1::RawArticle { language: "en".to_owned(), ..text(external_id, body) }
}

pub(crate) fn id_of(article: &v1::Article, name: &str) -> String {
    let entity = article.entities.iter().find(|entity| entity.name == name);
    entity.unwrap_or_else(|| panic!("{name} among {:?}", article.entities)).entity_id.clone()
}

pub(crate) async fn get(client: &mut EntityServiceClient<Channel>, id: &str) -> v1::GetEntityResponse {
    let request = v1::GetEntityRequest { entity_id: id.to_owned() };
    within(client.get_entity(request)).await.expect("is known").into_inner()
}

/// The articles that speak of it. Its timeline counts as many, whether its last day is whole or cut.
pub(crate) async fn mentions(client: &mut EntityServiceClient<Channel>, id: &str) -> Vec<String> {
    let request = v1::ListEntityMentionsRequest { entity_id: id.to_owned(), ..Default::default() };
    let page = within(client.list_entity_mentions(request)).await.expect("a page").into_inner();
    let articles: Vec<String> = page.mentions.into_iter().map(|mention| mention.article_id).collect();
    let now = std::time::SystemTime::now();
    for end in [now, now + std::time::Duration::from_secs(2 * 86_400)] {
        let counted: i64 = timeline(client, id, None, Some(end.into())).await.iter().sum();
        assert_eq!(counted, articles.len() as i64, "until {end:?}");
    }
    articles
}

/// Articles of each day.
async fn timeline(
    client: &mut EntityServiceClient<Channel>,
    id: &str,
    start_time: Option<prost_types::Timestamp>,
    end_time: Option<prost_types::Timestamp>,
) -> Vec<i64> {
    let request =
        v1::GetEntityTimelineRequest { entity_id: id.to_owned(), start_time, end_time, ..Default::default() };
    let timeline = within(client.get_entity_timeline(request)).await.expect("a timeline").into_inner();
    timeline.entries.into_iter().map(|entry| entry.article_count).collect()
}

fn fields_of(status: &tonic::Status) -> Vec<String> {
    let details = status.get_details_bad_request().expect("details");
    details.field_violations.into_iter().map(|violation| violation.field).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_one_entity_in_all_articles_also_by_surname_where_the_company_makes_it_sure() {
    let (mut app, _database) = TestApp::start().await;
    let mut made = Vec::new();
    for (id, body) in [("ferry", FERRY), ("bridge", BRIDGE), ("fares", SURNAME)] {
        made.push(app.process(story(id, body)).await);
    }
    let susan = id_of(&made[0], "Susan Miller");
    assert_eq!(susan, id_of(&made[1], "Susan Miller"));
    let bare = made[2].entities.iter().find(|entity| entity.name.ends_with("Miller")).expect("the surname");
    assert_eq!(bare.entity_id, susan);

    let mut client = entities(&app).await;
    let record = get(&mut client, &susan).await.entity.expect("an entity");
    assert_eq!((record.name.as_str(), record.r#type()), ("Susan Miller", v1::EntityType::Person));
    assert_eq!((record.article_count, record.has_more_articles), (3, false));
    let newest_first: Vec<String> = made.iter().rev().map(|article| article.article_id.clone()).collect();
    assert_eq!(mentions(&mut client, &susan).await, newest_first);

    let request = v1::ListRelatedEntitiesRequest { entity_id: susan.clone(), ..Default::default() };
    let related = within(client.list_related_entities(request)).await.expect("a page").into_inner();
    let nato = related.related.iter().find(|one| one.entity.as_ref().is_some_and(|e| e.name == "NATO"));
    assert_eq!((nato.expect("NATO").article_count, related.article_count), (3, 3));

    let request = v1::GetEntityTimelineRequest { entity_id: susan, ..Default::default() };
    let timeline = within(client.get_entity_timeline(request)).await.expect("a timeline").into_inner();
    assert_eq!(timeline.entries.len(), 30);
    assert_eq!(timeline.entries.iter().map(|entry| entry.article_count).sum::<i64>(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_is_found_by_the_beginning_of_any_name_by_type_and_by_link_and_pages_do_not_repeat() {
    let (mut app, _database) = TestApp::start().await;
    app.process(story("ferry", FERRY)).await;
    let mut client = entities(&app).await;
    let mut list = async |request: v1::ListEntitiesRequest| {
        within(client.list_entities(request)).await.expect("a page").into_inner()
    };
    let names = |page: &v1::ListEntitiesResponse| -> Vec<String> {
        page.entities.iter().map(|entity| entity.name.clone()).collect()
    };
    let prefix = v1::ListEntitiesRequest { name_prefix: "SUSÁN m".to_owned(), ..Default::default() };
    assert_eq!(names(&list(prefix).await), ["Susan Miller"]);
    let people =
        v1::ListEntitiesRequest { types: vec![i32::from(v1::EntityType::Person)], ..Default::default() };
    assert_eq!(names(&list(people).await), ["Susan Miller"]);
    let link = v1::EntityLink { scheme: "geonames".to_owned(), id: "2267057".to_owned(), url: String::new() };
    let linked = v1::ListEntitiesRequest { link: Some(link), ..Default::default() };
    assert_eq!(names(&list(linked).await), ["Lisbon"]);

    let all = names(&list(v1::ListEntitiesRequest::default()).await);
    let mut paged = Vec::new();
    let mut request = v1::ListEntitiesRequest { page_size: 1, ..Default::default() };
    loop {
        let page = list(request.clone()).await;
        paged.extend(names(&page));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert!(all.len() > 2, "{all:?}");
    assert_eq!(paged, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_mentions_are_not_shifted_by_newer_articles() {
    let (mut app, _database) = TestApp::start().await;
    let first = app.process(story("a", FERRY)).await;
    let second = app.process(story("b", BRIDGE)).await;
    let lisbon = id_of(&first, "Lisbon");
    let mut client = entities(&app).await;
    let request = v1::ListEntityMentionsRequest { entity_id: lisbon, page_size: 1, ..Default::default() };
    let page = within(client.list_entity_mentions(request.clone())).await.expect("a page").into_inner();
    assert_eq!(page.mentions[0].article_id, second.article_id);
    app.process(story("c", SURNAME)).await;
    let request = v1::ListEntityMentionsRequest { page_token: page.next_page_token.clone(), ..request };
    let page_two = within(client.list_entity_mentions(request.clone())).await.expect("a page").into_inner();
    assert_eq!(page_two.mentions[0].article_id, first.article_id);
    assert_eq!(page_two.next_page_token, "");

    let moved = v1::ListEntityMentionsRequest { end_time: Some(Default::default()), ..request };
    let refused = within(client.list_entity_mentions(moved)).await.expect_err("another request's token");
    assert_eq!(fields_of(&refused), ["page_token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_are_named_and_unknown_entities_are_not_found() {
    let (app, _database) = TestApp::start().await;
    let mut client = entities(&app).await;
    let unknown = v1::GetEntityRequest { entity_id: uuid::Uuid::from_u128(7).to_string() };
    let refused = within(client.get_entity(unknown)).await.expect_err("nobody");
    let resource = refused.get_details_resource_info().expect("details");
    assert_eq!(
        (refused.code(), resource.resource_type.as_str()),
        (Code::NotFound, "copydesk.v1.EntityRecord")
    );

    let empty = within(client.get_entity(v1::GetEntityRequest::default())).await.expect_err("no id");
    assert_eq!((empty.code(), fields_of(&empty)), (Code::InvalidArgument, vec!["entity_id".to_owned()]));
    let link = v1::EntityLink { scheme: "geonames".to_owned(), ..Default::default() };
    let wrong = v1::ListEntitiesRequest {
        page_size: -1,
        page_token: "x".to_owned(),
        types: vec![99],
        name_prefix: "x".repeat(201),
        link: Some(link),
    };
    let refused = within(client.list_entities(wrong)).await.expect_err("all wrong");
    assert_eq!(fields_of(&refused), ["types", "link.id", "name_prefix", "page_size", "page_token"]);
    let wrong = v1::GetEntityTimelineRequest {
        entity_id: uuid::Uuid::nil().to_string(),
        start_time: Some(prost_types::Timestamp { seconds: -60_000_000_000, nanos: 0 }),
        ..Default::default()
    };
    let refused = within(client.get_entity_timeline(wrong)).await.expect_err("too many buckets");
    assert_eq!(fields_of(&refused), ["end_time"]);
    let wrong = v1::MergeEntitiesRequest { entity_id: "x".to_owned(), ..Default::default() };
    let refused = within(client.merge_entities(wrong)).await.expect_err("no ids");
    assert_eq!(fields_of(&refused), ["entity_id", "merged_entity_ids"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_the_same_after_a_restart_and_for_new_versions() {
    let database = database().await;
    let mut app = TestApp::start_on(&database.url, &[], ServeOptions::default()).await;
    let first = app.process(story("ferry", FERRY)).await;
    app.stop().await.expect("a clean end");
    let mut app = TestApp::start_on(&database.url, &[], ServeOptions::default()).await;
    let again = app.process(story("ferry", &format!("{FERRY} She left."))).await;
    let ids = |article: &v1::Article| -> Vec<String> {
        article.entities.iter().map(|entity| entity.entity_id.clone()).collect()
    };
    assert_eq!(again.version, 2);
    assert_eq!(ids(&again), ids(&first));
    let mut client = entities(&app).await;
    assert_eq!(mentions(&mut client, &id_of(&first, "Lisbon")).await, [first.article_id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_article_leaves_no_mention() {
    let (mut app, _database) = TestApp::start().await;
    let article = app.process(story("ferry", FERRY)).await;
    let lisbon = id_of(&article, "Lisbon");
    let mut client = entities(&app).await;
    assert_eq!(mentions(&mut client, &lisbon).await.len(), 1);
    let request = v1::DeleteArticleRequest { article_id: article.article_id, ..Default::default() };
    within(app.articles.delete_article(request)).await.expect("is deleted");
    assert_eq!(mentions(&mut client, &lisbon).await, Vec::<String>::new());
    assert_eq!(get(&mut client, &lisbon).await.entity.expect("an entity").article_count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_counts_by_day_of_publication_and_ends_where_it_is_cut() {
    let (mut app, _database) = TestApp::start().await;
    let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    const MIDNIGHT: i64 = 20_000 * 86_400;
    let mut lisbon = String::new();
    // Two on the first day, none on the second, two on the third, at 06:00 and at noon.
    for (number, seconds) in [0, 86_399, 2 * 86_400 + 21_600, 2 * 86_400 + 43_200].into_iter().enumerate() {
        let published_time = at(MIDNIGHT + seconds);
        let article = story(&number.to_string(), if number % 2 == 0 { FERRY } else { BRIDGE });
        lisbon = id_of(&app.process(v1::RawArticle { published_time, ..article }).await, "Lisbon");
    }
    let mut client = entities(&app).await;
    let start = at(MIDNIGHT + 3_600);
    for (end_seconds, counts) in [
        (3 * 86_400, vec![2, 0, 2]),
        (2 * 86_400 + 43_200, vec![2, 0, 1]),
        (2 * 86_400 + 43_201, vec![2, 0, 2]),
        (2 * 86_400, vec![2, 0]),
        (86_399, vec![1]),
    ] {
        assert_eq!(timeline(&mut client, &lisbon, start, at(MIDNIGHT + end_seconds)).await, counts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_id_still_answers_and_still_filters() {
    let (mut app, _database) = TestApp::start().await;
    let ferry = app.process(story("ferry", FERRY)).await;
    let other =
        app.process(story("other", "Sofia Lindqvist, a novelist from Uppsala, died on Sunday.")).await;
    let (susan, sofia) = (id_of(&ferry, "Susan Miller"), id_of(&other, "Sofia Lindqvist"));
    let mut client = entities(&app).await;
    let request = v1::MergeEntitiesRequest {
        entity_id: susan.clone(),
        merged_entity_ids: vec![sofia.clone()],
        reason: "a pen name".to_owned(),
    };
    let merged = within(client.merge_entities(request.clone())).await.expect("is merged").into_inner();
    assert_eq!(merged.entity.expect("an entity").article_count, 2);
    let again = within(client.merge_entities(request)).await.expect_err("they are one already");
    assert_eq!(fields_of(&again), ["merged_entity_ids"]);

    let answer = get(&mut client, &sofia).await;
    let record = answer.entity.expect("an entity");
    assert_eq!((&record.entity_id, &record.merged_entity_ids), (&susan, &vec![sofia.clone()]));
    let names: Vec<&str> = record.names.iter().map(|name| name.name.as_str()).collect();
    assert!(names.contains(&"Sofia Lindqvist") && names.contains(&"Susan Miller"), "{names:?}");
    assert_eq!(answer.merged.expect("a change").reason, "a pen name");

    // What is processed from now on under either name is the one that is left.
    let later = app.process(story("later", "Sofia Lindqvist wrote forty books in the old town of Uppsala, where she lived with two dogs until last Sunday.")).await;
    assert_eq!(id_of(&later, "Sofia Lindqvist"), susan);
    for id in [&susan, &sofia] {
        assert_eq!(mentions(&mut client, id).await.len(), 3);
        let request = v1::ListArticlesRequest { filter: format!("entity.id = {id}"), ..Default::default() };
        let listed = within(app.articles.list_articles(request)).await.expect("a page").into_inner();
        assert_eq!(listed.articles.len(), 3);
        let filter = v1::UpdateFilter { entity_ids: vec![id.clone()], ..Default::default() };
        let request = v1::SubscribeRequest { filter: Some(filter), ..from_beginning() };
        let mut subscription = app.subscribe(request).await;
        let seen = subscription
            .until(|update| update.article.as_ref().is_some_and(|article| article.external_id == "later"));
        let seen: Vec<String> =
            seen.await.into_iter().filter_map(|update| Some(update.article?.external_id)).collect();
        assert_eq!(seen, ["ferry", "other", "later"]);
    }
    let request = v1::ListEntityChangesRequest { entity_id: sofia, ..Default::default() };
    let changes = within(client.list_entity_changes(request)).await.expect("a page").into_inner().changes;
    assert_eq!(
        changes.iter().map(v1::EntityChange::kind).collect::<Vec<_>>(),
        [v1::EntityChangeKind::Merged]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn split_articles_are_about_another_from_then_on() {
    let (mut app, _database) = TestApp::start().await;
    let ferry = app.process(story("ferry", FERRY)).await;
    let bridge = app.process(story("bridge", BRIDGE)).await;
    let susan = id_of(&ferry, "Susan Miller");
    let mut client = entities(&app).await;
    let request = v1::SplitEntityRequest {
        entity_id: susan.clone(),
        article_ids: vec![bridge.article_id.clone()],
        name: "Susan Miller (engineer)".to_owned(),
        reason: "two people".to_owned(),
    };
    let split = within(client.split_entity(request.clone())).await.expect("is split").into_inner();
    let other = split.split_entity.expect("a new one");
    assert_eq!((other.name.as_str(), other.article_count), ("Susan Miller (engineer)", 1));
    assert_eq!(split.entity.expect("the old one").article_count, 1);
    assert_ne!(other.entity_id, susan);
    let again = within(client.split_entity(request)).await.expect_err("it has no such article any more");
    assert_eq!(fields_of(&again), ["article_ids"]);

    assert_eq!(id_of(&app.get(&bridge.article_id).await.expect("is there"), "Susan Miller"), other.entity_id);
    let again = app.process(story("bridge", &format!("{BRIDGE} Work begins in May."))).await;
    assert_eq!(id_of(&again, "Susan Miller"), other.entity_id);
    assert_eq!(mentions(&mut client, &susan).await, [ferry.article_id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_of_two_servers_never_make_twins() {
    let database = database().await;
    let mut one = TestApp::start_on(&database.url, &[], ServeOptions::default()).await;
    let two = TestApp::start_on(&database.url, &[], ServeOptions::default()).await;
    let start = after_now(&mut one).await;
    let mut subscription = one.subscribe(start).await;
    // New names in every article, under two spellings each.
    let stories: Vec<v1::RawArticle> = (0..40)
        .map(|number| {
            let (given, name) = (if number % 2 == 0 { "Helena Maria" } else { "Helena" }, number / 4);
            let surname = ["Duarte", "Moreira", "Tavares", "Pinto", "Falcão"][name % 5];
            let body = format!(
                "Ferry line {number}\n\n{given} {surname}, a senator from Lisbon, spoke of ferries to Barreiro on \
                 Tuesday. NATO and Reuters heard {surname} in Lisbon."
            );
            text(&format!("story-{number}"), &body)
        })
        .collect();
    let mut senders = Vec::new();
    for (index, article) in stories.into_iter().enumerate() {
        let mut articles = if index % 2 == 0 { one.articles.clone() } else { two.articles.clone() };
        senders.push(tokio::spawn(async move {
            let request = v1::SubmitArticleRequest { article: Some(article), ..Default::default() };
            within(articles.submit_article(request)).await.expect("is accepted");
        }));
    }
    for sender in senders {
        sender.await.expect("a sender");
    }
    let mut processed = 0;
    subscription
        .until(|update| {
            processed += usize::from(update.kind() == v1::UpdateKind::Processed);
            processed == 40
        })
        .await;
    let mut client = entities(&two).await;
    for (prefix, expected) in [("lisbon", 1), ("nato", 1), ("reuters", 1), ("barreiro", 1)] {
        let request = v1::ListEntitiesRequest { name_prefix: prefix.to_owned(), ..Default::default() };
        let found = within(client.list_entities(request)).await.expect("a page").into_inner().entities;
        assert_eq!(found.len(), expected, "{prefix}: {found:?}");
    }
    let request =
        v1::ListEntitiesRequest { types: vec![i32::from(v1::EntityType::Person)], ..Default::default() };
    let people = within(client.list_entities(request)).await.expect("a page").into_inner().entities;
    let mut surnames: Vec<&str> = people.iter().filter_map(|person| person.name.rsplit(' ').next()).collect();
    let all = surnames.len();
    surnames.sort_unstable();
    surnames.dedup();
    assert_eq!((surnames.len(), all), (5, 5), "{people:?}");
    two.stop().await.expect("a clean end");
}

async fn after_now(app: &mut TestApp) -> v1::SubscribeRequest {
    let now = app.subscribe(v1::SubscribeRequest::default()).await;
    after(&now.cursor)
}
