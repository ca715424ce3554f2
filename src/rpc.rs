//! The contract's door: the only room of the service that names tonic and generated types.
//!
//! One file a service; `convert` reads requests, `answer` writes articles, `status` turns errors into google.rpc.Status.
//! What a request means is in `app` and `feed`.

mod admin;
mod analysis;
mod answer;
mod articles;
mod convert;
mod diff;
mod entities;
mod feed;
mod groups;
mod knowledge;
mod observe;
mod offsets;
mod reprocess;
mod search;
mod status;

pub use admin::AdminRpc;
pub use analysis::{AnalysisRpc, analyze_locally};
pub use articles::ArticleRpc;
pub use entities::EntityRpc;
pub use feed::{FeedRpc, FeedRpcOptions, FeedServer};
pub use observe::ObserveLayer;
