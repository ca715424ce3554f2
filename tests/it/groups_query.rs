//! A group with a text query.

use copydesk_proto::v1;

use crate::{
    app::{STORY, TestApp, text},
    groups::worker::{Worker, create, external_id, group},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_groups_query_is_held_against_title_and_text() {
    let (mut app, _database) = TestApp::start().await;
    let filter = v1::UpdateFilter {
        kinds: vec![v1::UpdateKind::Processed.into()],
        query: "\"mountain road\" -snow".to_owned(),
        ..Default::default()
    };
    let request = v1::CreateGroupRequest { filter: Some(filter), ..group("roads", Default::default()) };
    create(&mut app, request).await;
    for (id, last) in
        [("1", "The sea is calm."), ("2", "The mountain road is open."), ("3", "Snow on a mountain road.")]
    {
        app.process(text(id, &format!("{STORY}\n\n{last}"))).await;
    }
    app.process(text("4", &format!("{STORY}\n\nOne more mountain road."))).await;
    let mut worker = Worker::join(&app, "roads", 4).await;
    let (first, second) = (worker.delivery().await, worker.delivery().await);
    assert_eq!([external_id(&first), external_id(&second)], ["2", "4"]);
}
