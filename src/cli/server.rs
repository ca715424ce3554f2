//! The server that a client command talks to: its flag, the connection, and what its refusals mean for a reader.

use anyhow::anyhow;
use clap::Args;
use copydesk_client::{Client, Error, RetryPolicy};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Where the server is.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServerArgs {
    /// URL of the server
    #[arg(
        long,
        env = "COPYDESK_SERVER",
        default_value = "http://127.0.0.1:50051",
        value_name = "URL",
        help_heading = "Server"
    )]
    server: String,
}

impl ServerArgs {
    /// Fails at once, with the way out, when nothing answers.
    pub(crate) async fn connect(&self) -> anyhow::Result<Client> {
        // A person is waiting: about two seconds of trying, not ten.
        let policy = RetryPolicy { max_attempts: 4, ..RetryPolicy::default() };
        match Client::connect(&self.server).await {
            Ok(client) => Ok(client.with_retry(policy)),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// An error of the client with what to do about it.
    pub(crate) fn explain(&self, error: Error) -> anyhow::Error {
        match error {
            Error::Url { url } => anyhow!(
                "`{url}` is not the URL of a server\n\nIt looks like http://127.0.0.1:50051; set it with --server URL or COPYDESK_SERVER."
            ),
            Error::Unreachable { url, .. } => self.unreachable(&url),
            // Only the transport's own words have a source; the server was reached once and is gone.
            Error::Status(status)
                if status.code() == Code::Unavailable && std::error::Error::source(&*status).is_some() =>
            {
                self.unreachable(&self.server)
            }
            Error::Status(status)
                if status.code() == Code::NotFound && is_about(&status, "copydesk.v1.Group") =>
            {
                anyhow!("{}\n\n`copydesk groups list` shows the groups that there are.", describe(&status))
            }
            Error::Status(status) if status.code() == Code::NotFound => {
                anyhow!("{}\n\n`copydesk list` shows the articles that there are.", describe(&status))
            }
            Error::Status(status) => anyhow!(describe(&status)),
            other @ (Error::Gap { .. } | Error::ConsumerGone | Error::Protocol(_)) => {
                anyhow::Error::new(other)
            }
        }
    }

    fn unreachable(&self, url: &str) -> anyhow::Error {
        anyhow!(
            "no Copydesk server answers at {url}\n\nStart one with `copydesk serve`, or name another with --server URL or COPYDESK_SERVER."
        )
    }
}

fn is_about(status: &Status, resource_type: &str) -> bool {
    status.get_details_resource_info().is_some_and(|info| info.resource_type == resource_type)
}

/// A status in words: every violation on a line of its own, no code where the message says it all.
pub(crate) fn describe(status: &Status) -> String {
    if let Some(request) = status.get_details_bad_request()
        && !request.field_violations.is_empty()
    {
        let lines: Vec<String> = request
            .field_violations
            .iter()
            .map(|violation| format!("{} {}", violation.field, violation.description))
            .collect();
        return match lines.as_slice() {
            [line] => line.clone(),
            lines => format!("refused for {} reasons:\n  {}", lines.len(), lines.join("\n  ")),
        };
    }
    match status.code() {
        Code::Unimplemented => format!("this server does not know that call: {}", status.message()),
        Code::DeadlineExceeded | Code::Cancelled => {
            format!("the server took too long to answer: {}", status.message())
        }
        Code::Ok
        | Code::Unknown
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss
        | Code::Unauthenticated => status.message().to_owned(),
    }
}
