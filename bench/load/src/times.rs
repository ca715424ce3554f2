//! A subscriber that reads of each update only what a latency needs, so that a hundred of them in one program leave the
//! processors to what is measured.

use std::time::SystemTime;

use anyhow::{Context, Result};
use copydesk_proto::v1::{SubscribeRequest, UpdateKind};
use tonic::{Request, Streaming, client::Grpc, codegen::http::uri::PathAndQuery, transport::Channel};
use tonic_prost::ProstCodec;

const SUBSCRIBE: &str = "/copydesk.v1.FeedService/Subscribe";

/// `SubscribeResponse` with only its updates; the field numbers are the contract's, what is not named is skipped.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Response {
    #[prost(message, optional, tag = "1")]
    ready: Option<()>,
    #[prost(message, optional, tag = "2")]
    updates: Option<Updates>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Updates {
    #[prost(message, repeated, tag = "1")]
    updates: Vec<Update>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Update {
    #[prost(int32, tag = "2")]
    kind: i32,
    #[prost(message, optional, tag = "3")]
    time: Option<prost_types::Timestamp>,
}

/// When an update was committed, and whether it is a result.
pub(crate) struct Committed {
    pub(crate) time: SystemTime,
    pub(crate) is_result: bool,
}

/// Opens a subscription, registered when this returns.
pub(crate) async fn subscribe(channel: Channel, request: SubscribeRequest) -> Result<Streaming<Response>> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await?;
    let codec = ProstCodec::<SubscribeRequest, Response>::default();
    let path = PathAndQuery::from_static(SUBSCRIBE);
    let mut feed = grpc.server_streaming(Request::new(request), path, codec).await?.into_inner();
    feed.message()
        .await?
        .and_then(|response| response.ready)
        .context("the feed does not begin with Ready")?;
    Ok(feed)
}

impl Response {
    /// Of each update, in order; none for other messages.
    pub(crate) fn committed(self) -> Result<Vec<Committed>> {
        let updates = self.updates.unwrap_or_default().updates;
        let committed = updates.into_iter().map(|update| {
            let time = SystemTime::try_from(update.time.context("a time")?)?;
            Ok(Committed { time, is_result: update.kind == UpdateKind::Processed as i32 })
        });
        committed.collect()
    }
}
