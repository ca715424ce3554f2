//! The service as it is mounted: as generated, but for Subscribe, whose answers are frames.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use copydesk_proto::v1::{self, feed_service_server::FeedServiceServer};
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{CompressionEncoding, EnabledCompressionEncodings},
    codegen::{BoxFuture, Service, StdError, http},
    server::{Grpc, NamedService, ServerStreamingService},
};

use super::{FeedRpc, FrameStream, frame::FrameCodec};

const SUBSCRIBE: &str = "/copydesk.v1.FeedService/Subscribe";

/// FeedService on a port. Cheap to clone.
#[derive(Clone)]
pub struct FeedServer {
    feed: FeedRpc,
    others: FeedServiceServer<FeedRpc>,
}

impl FeedServer {
    /// With gzip for clients that want it.
    pub fn new(feed: FeedRpc) -> FeedServer {
        let others = FeedServiceServer::new(feed.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip);
        FeedServer { feed, others }
    }
}

impl NamedService for FeedServer {
    const NAME: &'static str = <FeedServiceServer<FeedRpc> as NamedService>::NAME;
}

impl<B> Service<http::Request<B>> for FeedServer
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<http::Request<B>>::poll_ready(&mut self.others, context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        if request.uri().path() != SUBSCRIBE {
            return self.others.call(request);
        }
        let subscribe = Subscribe(self.feed.clone());
        Box::pin(async move {
            let mut gzip = EnabledCompressionEncodings::default();
            gzip.enable(CompressionEncoding::Gzip);
            let mut grpc = Grpc::new(FrameCodec).apply_compression_config(gzip, gzip);
            Ok(grpc.server_streaming(subscribe, request).await)
        })
    }
}

struct Subscribe(FeedRpc);

impl ServerStreamingService<v1::SubscribeRequest> for Subscribe {
    type Response = super::frame::Frame;
    type ResponseStream = FrameStream;
    type Future = BoxFuture<Response<FrameStream>, Status>;

    fn call(&mut self, request: Request<v1::SubscribeRequest>) -> Self::Future {
        let feed = self.0.clone();
        Box::pin(async move { feed.open(request.into_inner()).await.map(Response::new) })
    }
}
