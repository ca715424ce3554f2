//! The gRPC port: the contract's services, health for each of them, reflection in both versions, and gRPC-Web.

use std::time::Duration;

use copydesk_proto::{
    DESCRIPTOR_SET,
    v1::{
        admin_service_server::AdminServiceServer, analysis_service_server::AnalysisServiceServer,
        article_service_server::ArticleServiceServer, entity_service_server::EntityServiceServer,
    },
};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use tonic::{
    codec::CompressionEncoding,
    server::NamedService,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tracing::error;

use crate::{
    app::App,
    rpc::{AdminRpc, AnalysisRpc, ArticleRpc, EntityRpc, FeedRpc, FeedRpcOptions, FeedServer, ObserveLayer},
    telemetry::Health,
};

/// The largest name list, with room for the rest of its message.
const MAX_ADMIN_MESSAGE_BYTES: usize = 257 << 20;

/// What the port needs to know.
pub(super) struct Options {
    pub(super) max_body_bytes: usize,
    pub(super) max_stream_age: Option<Duration>,
    pub(super) max_subscribers: usize,
    /// Streams are told and no call is taken once this is cancelled.
    pub(super) closing: CancellationToken,
    pub(super) health: watch::Receiver<Health>,
}

type Articles = ArticleServiceServer<ArticleRpc>;
type Analysis = AnalysisServiceServer<AnalysisRpc>;
type Admin = AdminServiceServer<AdminRpc>;
type Entities = EntityServiceServer<EntityRpc>;

/// Serves until `closing`, and then until the last call has ended.
pub(super) async fn run(
    listener: TcpListener,
    app: App,
    options: Options,
) -> Result<(), tonic::transport::Error> {
    // A body somewhat above its limit is taken in, to be refused with the field's name instead of a transport error.
    let max_message_bytes = options.max_body_bytes.saturating_mul(2);
    let articles = Articles::new(ArticleRpc::new(app.clone()))
        .max_decoding_message_size(max_message_bytes)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let analysis = Analysis::new(AnalysisRpc::new(app.clone()))
        .max_decoding_message_size(max_message_bytes)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let admin = Admin::new(AdminRpc::new(app.clone())).max_decoding_message_size(MAX_ADMIN_MESSAGE_BYTES);
    let entities = Entities::new(EntityRpc::new(app.clone()))
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let feed_options = FeedRpcOptions {
        closing: options.closing.clone(),
        max_stream_age: options.max_stream_age,
        max_subscribers: options.max_subscribers,
    };
    let updates = FeedServer::new(FeedRpc::new(app, feed_options));

    let (reporter, health_service) = tonic_health::server::health_reporter();
    let mut health = options.health;
    // Before the first call is answered: to one that comes earlier, a service without a status is unknown.
    let at_first = *health.borrow_and_update();
    report_all(&reporter, at_first).await;
    let reporting = tokio::spawn(report_changes(reporter, health));
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let mut server = Server::builder()
        .accept_http1(true)
        // Large enough for a whole article in flight on each stream.
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .layer(ObserveLayer)
        .layer(GrpcWebLayer::new());
    let router = server
        .add_service(articles)
        .add_service(analysis)
        .add_service(updates)
        .add_service(admin)
        .add_service(entities)
        .add_service(health_service)
        .add_optional_service(built(reflection().build_v1()))
        .add_optional_service(built(reflection().build_v1alpha()));

    // `Server::tcp_nodelay` is ignored with an incoming of one's own; without it each small answer waits 40 ms.
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let result = router.serve_with_incoming_shutdown(incoming, options.closing.cancelled_owned()).await;
    reporting.abort();
    result
}

/// The descriptors are our own: a failure is a broken build, and not worth refusing to serve for.
fn built<S>(service: Result<S, tonic_reflection::server::Error>) -> Option<S> {
    service.inspect_err(|error| error!(error = error as &dyn std::error::Error, "no reflection")).ok()
}

async fn report_changes(reporter: HealthReporter, mut health: watch::Receiver<Health>) {
    while health.changed().await.is_ok() {
        let now = *health.borrow_and_update();
        report_all(&reporter, now).await;
    }
}

/// An analysis needs no store; the others are not serving while Postgres is away.
async fn report_all(reporter: &HealthReporter, now: Health) {
    let is_up = now == Health::Serving;
    report::<Articles>(reporter, is_up).await;
    report::<FeedServer>(reporter, is_up).await;
    report::<Admin>(reporter, is_up).await;
    report::<Entities>(reporter, is_up).await;
    report::<Analysis>(reporter, now != Health::ShuttingDown).await;
    let overall =
        if is_up { tonic_health::ServingStatus::Serving } else { tonic_health::ServingStatus::NotServing };
    reporter.set_service_status("", overall).await;
}

async fn report<S: NamedService>(reporter: &HealthReporter, is_serving: bool) {
    if is_serving {
        reporter.set_serving::<S>().await;
    } else {
        reporter.set_not_serving::<S>().await;
    }
}
