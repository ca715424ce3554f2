//! A Rust client of Copydesk for other services.
//!
//! [`Client`] submits, reads and deletes articles and mends by itself what a retry can mend: a server that is away, or
//! that asks for a pause. [`Submission`]s carry a request id, so that a retry stores nothing twice. [`Subscription`]
//! follows the feed across restarts and broken connections and proves with every message that nothing was missed.
//! [`Consumer`] works on the updates of a durable group together with others: each is leased, extended while it is worked
//! on, and settled once.
//!
//! ```no_run
//! # async fn example() -> Result<(), copydesk_client::Error> {
//! use copydesk_client::{Client, Submission, v1};
//!
//! let client = Client::connect("http://127.0.0.1:50051").await?;
//! let article = v1::RawArticle {
//!     source: "desk".into(),
//!     body: Some(v1::raw_article::Body::Text("LISBON, July 31 (Reuters) - Portugal said on Friday ...".into())),
//!     ..Default::default()
//! };
//! let stored = client.submit(Submission::new(article).wait_until_processed()).await?;
//! for entity in &stored.article.entities {
//!     println!("{} ({} mentions)", entity.name, entity.mention_count);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here is specific to the command line, which is a user of this crate like any other.

mod client;
mod consumer;
mod delivery;
mod error;
mod groups;
mod membership;
mod retry;
mod submission;
mod submit_all;
mod subscription;

/// The messages of `copydesk.v1`.
pub use copydesk_proto::v1;

pub use client::{Client, Reading};
pub use consumer::{Consumer, ConsumerEvent, ConsumerOptions};
pub use delivery::{Delivery, Nack, Settled};
pub use error::Error;
pub use retry::RetryPolicy;
pub use submission::{Stored, Submission};
pub use submit_all::{Answer, SubmitAll};
pub use subscription::{Event, Start, Subscription, SubscriptionOptions};
