//! The contract `copydesk.v1` as Rust: messages, clients and servers, and the descriptor set they were made from.
//!
//! Nothing is written here by hand; `proto/copydesk/v1` is the source. Used by the server's `rpc`, the command line and
//! the client crate, and by nothing that must not know the wire.

/// Package `copydesk.v1`.
#[allow(missing_docs, reason = "generated; the comments are the contract's")]
#[allow(clippy::all, reason = "generated")]
#[allow(clippy::allow_attributes_without_reason, reason = "generated")]
#[allow(clippy::wildcard_enum_match_arm, reason = "generated")]
pub mod v1 {
    tonic::include_proto!("copydesk.v1");
}

/// The encoded `google.protobuf.FileDescriptorSet` of the contract and everything it imports.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
