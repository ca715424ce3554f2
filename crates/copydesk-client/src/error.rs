//! What can go wrong, cut by what a caller does about it.
//!
//! A `Status` is only ever one that retries could not mend: either its kind rules that out, or they were used up.

use std::{error, fmt};

use tonic::Status;

/// Why a call or a subscription failed.
#[derive(Debug)]
pub enum Error {
    /// The address of the server is not a URL; nothing was sent.
    Url {
        /// As given.
        url: String,
    },
    /// Nothing answers there.
    Unreachable {
        /// As given.
        url: String,
        /// What the connection said.
        source: tonic::transport::Error,
    },
    /// The server said no, or retries did not help. Its details are those of the contract.
    Status(Box<Status>),
    /// An update is missing: a message does not start where the one before it ended. The subscription is over, since
    /// what it would go on to deliver could no longer be called complete.
    Gap {
        /// The cursor that the message before ended with.
        expected: Vec<u8>,
        /// The cursor that the message starts after.
        found: Vec<u8>,
    },
    /// The consumer that a delivery came from has left or failed; the delivery was not settled and goes to another.
    ConsumerGone,
    /// The server broke the contract in another way.
    Protocol(&'static str),
}

impl Error {
    /// The server's status, if that is what this is.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Error::Status(status) => Some(status),
            Error::Url { .. }
            | Error::Unreachable { .. }
            | Error::Gap { .. }
            | Error::ConsumerGone
            | Error::Protocol(_) => None,
        }
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Error {
        Error::Status(Box::new(status))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Url { url } => {
                write!(f, "`{url}` is not the URL of a server, like http://127.0.0.1:50051")
            }
            Error::Unreachable { url, .. } => write!(f, "nothing answers at {url}"),
            Error::Status(status) => write!(f, "{}: {}", status.code(), status.message()),
            Error::Gap { .. } => {
                write!(f, "the feed has a gap: a message does not start where the last one ended")
            }
            Error::ConsumerGone => f.write_str("the consumer that this delivery came from is gone"),
            Error::Protocol(what) => write!(f, "the server broke the contract: {what}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Unreachable { source, .. } => Some(source),
            // The status is told by Display already.
            Error::Url { .. }
            | Error::Status(_)
            | Error::Gap { .. }
            | Error::ConsumerGone
            | Error::Protocol(_) => None,
        }
    }
}
