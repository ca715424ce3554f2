//! When to try again, and after how long.
//!
//! Backoff is exponential with full jitter (every delay from zero to the bound is equally likely), so that clients that
//! failed together do not come back together. A RetryInfo of the server is a lower bound on top of that.

use std::{error::Error as _, time::Duration};

use rand::RngExt;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// How patient a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries of one call, the first included. Subscriptions do not count: they go on for ever.
    pub max_attempts: u32,
    /// The bound of the first delay; it doubles with every try.
    pub initial_backoff: Duration,
    /// The bound never grows above this.
    pub max_backoff: Duration,
    /// A RetryInfo above this is taken for this much, so that no server can put a client to sleep for a day.
    pub max_server_delay: Duration,
}

impl Default for RetryPolicy {
    /// 6 tries, from 100 ms to 10 s: about 6 s in all when the server is away.
    fn default() -> RetryPolicy {
        RetryPolicy {
            max_attempts: 6,
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(10),
            max_server_delay: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Every failure is final.
    pub fn never() -> RetryPolicy {
        RetryPolicy { max_attempts: 1, ..RetryPolicy::default() }
    }

    /// The pause before the next try, after `failures` (from 1) in a row; `server_delay` is what the server asked for.
    pub(crate) fn delay(&self, failures: u32, server_delay: Option<Duration>) -> Duration {
        let bound = self.backoff_bound(failures);
        let jitter = bound.mul_f64(rand::rng().random::<f64>());
        server_delay.unwrap_or_default().min(self.max_server_delay) + jitter
    }

    fn backoff_bound(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        self.initial_backoff.saturating_mul(1 << doublings).min(self.max_backoff)
    }
}

/// What the server asked for in its RetryInfo.
pub(crate) fn server_delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info().and_then(|info| info.retry_delay)
}

/// Whether the same call may succeed a little later.
pub(crate) fn is_worth_a_retry(status: &Status) -> bool {
    if status.code() == Code::ResourceExhausted {
        // Without RetryInfo it is a message that is too large, and stays so.
        return server_delay(status).is_some();
    }
    status.code() == Code::Unavailable || connection_was_lost(status)
}

/// Whether a subscription must give up. Everything else is taken for passing: the cursor makes a new try free of loss.
pub(crate) fn ends_a_subscription(status: &Status) -> bool {
    match status.code() {
        Code::InvalidArgument
        | Code::OutOfRange
        | Code::FailedPrecondition
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::Unimplemented => true,
        Code::ResourceExhausted => !is_worth_a_retry(status),
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => false,
    }
}

/// A status that the transport made up, not the server: only those have a source. tonic gives most of them the code
/// UNKNOWN or INTERNAL. A timeout of our own is no lost connection.
fn connection_was_lost(status: &Status) -> bool {
    let Some(mut cause) = status.source() else { return false };
    loop {
        if cause.is::<tonic::TimeoutExpired>() {
            return false;
        }
        match cause.source() {
            Some(deeper) => cause = deeper,
            None => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn with_retry_info(code: Code, delay: Duration) -> Status {
        Status::with_error_details(code, "later", ErrorDetails::with_retry_info(Some(delay)))
    }

    #[test]
    fn backoff_doubles_up_to_its_bound() {
        let policy = RetryPolicy::default();
        let bounds: Vec<u128> = [1, 2, 3, 8, 1000].map(|n| policy.backoff_bound(n).as_millis()).into();
        assert_eq!(bounds, [100, 200, 400, 10_000, 10_000]);
        for failures in 1..50 {
            assert!(policy.delay(failures, None) <= policy.max_backoff);
        }
    }

    #[test]
    fn the_servers_delay_is_a_lower_bound_and_is_itself_bounded() {
        let policy = RetryPolicy::default();
        let asked = server_delay(&with_retry_info(Code::Unavailable, Duration::from_secs(2)));
        assert_eq!(asked, Some(Duration::from_secs(2)));
        assert!(policy.delay(1, asked) >= Duration::from_secs(2));
        assert!(policy.delay(1, Some(Duration::from_secs(86_400))) <= Duration::from_secs(61));
    }

    #[test]
    fn only_what_can_pass_is_retried() {
        assert!(is_worth_a_retry(&Status::unavailable("")));
        assert!(is_worth_a_retry(&with_retry_info(Code::ResourceExhausted, Duration::from_secs(1))));
        assert!(!is_worth_a_retry(&Status::resource_exhausted("message too large")));
        assert!(!is_worth_a_retry(&Status::invalid_argument("")));
        assert!(!is_worth_a_retry(&Status::internal("")));
        assert!(ends_a_subscription(&Status::out_of_range("")));
        assert!(!ends_a_subscription(&Status::internal("")));
    }
}
