//! Errors as clients see them: one match, google.rpc details, and nothing of the inside.

use std::{collections::HashMap, error::Error as _, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tracing::error;
use uuid::Uuid;

use crate::{app::AppError, article::Violation};

/// The domain of every ErrorInfo.
const DOMAIN: &str = "copydesk";
/// Worth waiting for a Postgres that is away.
pub(super) const UNAVAILABLE_RETRY_DELAY: Duration = Duration::from_secs(1);
/// Most violations in a message; the details carry all.
const SHOWN_VIOLATIONS: usize = 3;

pub(super) fn from_app(error: AppError) -> Status {
    match error {
        AppError::Invalid(violations) => invalid(violations),
        AppError::NotFound(name) => {
            let mut details = info("ARTICLE_NOT_FOUND", []);
            details.set_resource_info(
                "copydesk.v1.Article",
                &name,
                "",
                "there is no such article, or it was deleted",
            );
            Status::with_error_details(Code::NotFound, format!("there is no article {name}"), details)
        }
        AppError::EntityNotFound(id) => {
            let mut details = info("ENTITY_NOT_FOUND", []);
            details.set_resource_info(
                "copydesk.v1.EntityRecord",
                id.to_string(),
                "",
                "there is no such entity",
            );
            Status::with_error_details(Code::NotFound, format!("there is no entity {id}"), details)
        }
        AppError::GroupNotFound(name) => {
            let mut details = info("GROUP_NOT_FOUND", []);
            details.set_resource_info("copydesk.v1.Group", &name, "", "there is no such group");
            Status::with_error_details(Code::NotFound, format!("there is no group {name}"), details)
        }
        AppError::GroupExists(name) => {
            let mut details = info("GROUP_EXISTS", []);
            details.set_resource_info("copydesk.v1.Group", &name, "", "it was made otherwise");
            Status::with_error_details(
                Code::AlreadyExists,
                format!(
                    "there is a group {name} with another start, filter or settings; delete it or use another name"
                ),
                details,
            )
        }
        AppError::Changed => Status::with_error_details(
            Code::Aborted,
            "the article has changed since the etag was read; read it again and decide anew",
            info("ETAG_MISMATCH", []),
        ),
        AppError::Busy { retry_delay } => {
            let mut details = info("TOO_BUSY", []);
            details.set_retry_info(Some(retry_delay));
            Status::with_error_details(
                Code::ResourceExhausted,
                "too many requests are waiting; nothing was done, try again later",
                details,
            )
        }
        AppError::Unavailable(_) => unavailable(),
        AppError::Internal(..) => internal(&error),
    }
}

/// All violations at once.
pub(super) fn invalid(violations: Vec<Violation>) -> Status {
    let mut details = info("INVALID_FIELDS", []);
    for violation in &violations {
        details.add_bad_request_violation(&violation.field, &violation.description);
    }
    let shown: Vec<String> = violations
        .iter()
        .take(SHOWN_VIOLATIONS)
        .map(|violation| format!("{} {}", violation.field, violation.description))
        .collect();
    let more = violations.len().saturating_sub(SHOWN_VIOLATIONS);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Status::with_error_details(Code::InvalidArgument, format!("{}{more}", shown.join("; ")), details)
}

/// Postgres is away.
pub(super) fn unavailable() -> Status {
    let mut details = info("STORE_UNAVAILABLE", []);
    details.set_retry_info(Some(UNAVAILABLE_RETRY_DELAY));
    Status::with_error_details(
        Code::Unavailable,
        "the store is not available; try again, with the same request_id if you submit",
        details,
    )
}

/// An error with a reason of its own; `metadata` goes into the ErrorInfo.
pub(super) fn refused<const N: usize>(
    code: Code,
    reason: &str,
    message: String,
    metadata: [(&str, String); N],
) -> Status {
    Status::with_error_details(code, message, info(reason, metadata))
}

/// Logs the chain once; the client gets an id that finds the line.
pub(super) fn internal(inner: &AppError) -> Status {
    let id = Uuid::new_v4();
    let mut chain = inner.to_string();
    let mut source = inner.source();
    while let Some(cause) = source {
        chain = format!("{chain}: {cause}");
        source = cause.source();
    }
    error!(error.id = %id, error.chain = chain, "a request failed inside");
    let mut details = info("INTERNAL", [("error_id", id.to_string())]);
    details.set_request_info(id.to_string(), "");
    Status::with_error_details(
        Code::Internal,
        format!("internal error; the server's log has it under {id}"),
        details,
    )
}

fn info<const N: usize>(reason: &str, metadata: [(&str, String); N]) -> ErrorDetails {
    let metadata: HashMap<String, String> =
        metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    ErrorDetails::with_error_info(reason, DOMAIN, metadata)
}
