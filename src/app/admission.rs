//! Refusing before anything is stored, when the queue is too long or its oldest article too old.
//!
//! The queue is counted by a timer, and what was accepted since is added, so the limit is kept to within what other
//! processes accept between two counts.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use super::AppError;
use crate::store::QueueState;

/// Worth waiting before another try: about the time between two counts.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// When submissions are refused; 0 means never.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdmissionLimits {
    /// Articles waiting or in work, over all processes.
    pub max_depth: i64,
    /// Age of the oldest of them.
    pub max_age: Duration,
}

/// The door to the queue. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    counted: Arc<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    depth: AtomicI64,
    oldest_age_milliseconds: AtomicI64,
}

impl Admission {
    /// With an empty queue until `counted` says otherwise.
    pub fn new(limits: AdmissionLimits) -> Admission {
        Admission { limits, counted: Arc::default() }
    }

    /// Takes a new count of the queue.
    pub fn counted(&self, queue: QueueState) {
        self.counted.depth.store(queue.depth, Ordering::Relaxed);
        let age = i64::try_from(queue.oldest_age.as_millis()).unwrap_or(i64::MAX);
        self.counted.oldest_age_milliseconds.store(age, Ordering::Relaxed);
    }

    /// Lets one article in, or says `Busy`.
    pub(super) fn enter(&self) -> Result<(), AppError> {
        let busy = AppError::Busy { retry_delay: RETRY_DELAY };
        let max_age = i64::try_from(self.limits.max_age.as_millis()).unwrap_or(i64::MAX);
        if max_age > 0 && self.counted.oldest_age_milliseconds.load(Ordering::Relaxed) > max_age {
            return Err(busy);
        }
        if self.limits.max_depth > 0 && self.counted.depth.load(Ordering::Relaxed) >= self.limits.max_depth {
            return Err(busy);
        }
        self.counted.depth.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(depth: i64, seconds: u64) -> QueueState {
        QueueState { depth, leased: 0, oldest_age: Duration::from_secs(seconds), reprocessing: 0 }
    }

    #[test]
    fn submissions_are_refused_at_the_limit_and_let_in_again_below_it() {
        let limits = AdmissionLimits { max_depth: 3, max_age: Duration::from_secs(60) };
        let admission = Admission::new(limits);
        admission.counted(queue(1, 0));
        assert!(admission.enter().is_ok() && admission.enter().is_ok());
        assert!(matches!(admission.enter(), Err(AppError::Busy { .. })));
        admission.counted(queue(2, 61));
        assert!(admission.enter().is_err());
        admission.counted(queue(2, 60));
        assert!(admission.enter().is_ok());
    }

    #[test]
    fn without_limits_nothing_is_refused() {
        let admission = Admission::new(AdmissionLimits::default());
        admission.counted(queue(1_000_000_000, 1_000_000));
        assert!(admission.enter().is_ok());
    }
}
