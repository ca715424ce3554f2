//! What else is on the ports: health, reflection, gRPC-Web, metrics.

use copydesk_proto::v1;
use prost::Message;
use tonic::transport::Channel;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{
    app::{STORY, TestApp, text, within},
    http,
};

async fn connect(app: &TestApp) -> Channel {
    let endpoint = Channel::from_shared(app.url.clone()).expect("a URL");
    within(endpoint.connect()).await.expect("connects")
}

const SERVICES: [&str; 5] = [
    "copydesk.v1.AdminService",
    "copydesk.v1.AnalysisService",
    "copydesk.v1.ArticleService",
    "copydesk.v1.EntityService",
    "copydesk.v1.FeedService",
];

#[tokio::test(flavor = "multi_thread")]
async fn each_service_reports_its_health() {
    let (app, _database) = TestApp::start().await;
    let channel = connect(&app).await;
    let mut health = HealthClient::new(channel);
    for service in SERVICES.into_iter().chain([""]) {
        let request = HealthCheckRequest { service: service.to_owned() };
        let response = within(health.check(request)).await.expect("is known").into_inner();
        assert_eq!(response.status(), ServingStatus::Serving, "{service}");
    }
    assert_eq!(http::get(&format!("{}/healthz", app.metrics_url)).await, "ok\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_lists_the_services_in_both_versions() {
    let (app, _database) = TestApp::start().await;
    let channel = connect(&app).await;
    let mut listed = Vec::new();
    {
        use tonic_reflection::pb::v1::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut client = ServerReflectionClient::new(channel.clone());
        let call = client.server_reflection_info(tokio_stream::iter([request]));
        let mut answers = within(call).await.expect("opens").into_inner();
        let answer = within(answers.message()).await.expect("no error").expect("one");
        let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
            panic!("not a list");
        };
        listed.push(list.service.into_iter().map(|service| service.name).collect::<Vec<_>>());
    }
    {
        use tonic_reflection::pb::v1alpha::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut client = ServerReflectionClient::new(channel);
        let call = client.server_reflection_info(tokio_stream::iter([request]));
        let mut answers = within(call).await.expect("opens").into_inner();
        let answer = within(answers.message()).await.expect("no error").expect("one");
        let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
            panic!("not a list");
        };
        listed.push(list.service.into_iter().map(|service| service.name).collect::<Vec<_>>());
    }
    for names in listed {
        for service in SERVICES {
            assert!(names.iter().any(|name| name == service), "{service} is not in {names:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_can_call_over_grpc_web() {
    let (app, _database) = TestApp::start().await;
    let request = v1::AnalyzeRequest { article: Some(text("web", STORY)), ..Default::default() };
    let message = request.encode_to_vec();
    let length = u32::try_from(message.len()).expect("short").to_be_bytes();
    let frame = [&[0], length.as_slice(), message.as_slice()].concat();
    let url = format!("{}/copydesk.v1.AnalysisService/Analyze", app.url);
    let headers = "Content-Type: application/grpc-web+proto\r\nX-Grpc-Web: 1\r\n";
    let (head, body) = http::send(&url, "POST", headers, &frame).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(body[0], 0, "a data frame comes first");
    let length = u32::from_be_bytes(body[1..5].try_into().expect("four bytes")) as usize;
    let answer = v1::AnalyzeResponse::decode(&body[5..5 + length]).expect("a response");
    assert!(answer.article.expect("an article").text.contains("Helena Duarte"));
    let trailers = String::from_utf8_lossy(&body[5 + length + 5..]).into_owned();
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_tell_of_queue_stages_and_calls() {
    let (mut app, _database) = TestApp::start().await;
    app.process(text("metrics", STORY)).await;
    let shown = http::get(&format!("{}/metrics", app.metrics_url)).await;
    for name in [
        "copydesk_queue_depth ",
        "copydesk_queue_oldest_age_seconds ",
        "copydesk_subscribers ",
        "copydesk_subscriber_max_lag ",
        "copydesk_stage_seconds_bucket{stage=\"clean\"",
        "copydesk_stage_seconds_bucket{stage=\"recognize\"",
        "copydesk_commit_seconds_bucket",
        "copydesk_rpc_seconds_bucket{method=\"/copydesk.v1.ArticleService/SubmitArticle\",code=\"0\"",
    ] {
        assert!(shown.contains(name), "{name} is not in\n{shown}");
    }
}
