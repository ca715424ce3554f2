//! One job, from its claim to its durable end.

use std::{sync::Arc, time::Duration};

use metrics::{counter, histogram};
use time::OffsetDateTime;
use tokio::{
    sync::OwnedSemaphorePermit,
    task::JoinError,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, error, info_span, warn};

use super::{RETRY_INTERVAL, Shared};
use crate::{
    article::{Failure, Processed, State},
    commit::CommitError,
    failpoint::step,
    store::{Claimed, ClaimedBody, Finish, Outcome},
};

/// How much processing gives way to everything else, of 0 to 19.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;
/// Longest delay before another try.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(300);

/// Does a job and commits its end. On `stop` a job that has not begun is left to whoever claims it next. One in the
/// background has a `place` that it gives back at its end.
pub(super) async fn run(
    shared: Arc<Shared>,
    job: Claimed,
    place: Option<OwnedSemaphorePermit>,
    stop: CancellationToken,
) {
    let span = info_span!(
        "job",
        article.id = %job.id.article_id,
        article.version = job.id.version,
        job.lease = job.lease,
        job.attempts = job.attempts,
        job.crashes = job.crashes,
    );
    async {
        step("work:claimed");
        let Some(outcome) = decide(&shared, &job, place.is_some(), &stop).await else { return };
        step("work:processed");
        commit(&shared, &job, outcome, &stop).await;
        step("work:committed");
        shared.let_go(job.id, job.lease);
    }
    .instrument(span)
    .await;
}

/// What becomes of the job; `None` if it was not begun.
async fn decide(
    shared: &Arc<Shared>,
    job: &Claimed,
    is_background: bool,
    stop: &CancellationToken,
) -> Option<Outcome> {
    if job.crashes >= shared.options.max_crashes {
        error!("quarantined: the article was in work in each of several processes that died");
        return Some(failed(job, "QUARANTINED", "processing it ended the process several times"));
    }
    let ClaimedBody::Draft(draft) = &job.body else {
        error!("the stored body cannot be read back");
        return Some(failed(job, "BODY_DAMAGED", "the stored body cannot be read back"));
    };
    // One that may take the process down waits until it is alone, and lets no other in until it is done.
    let (_shared_turn, _own_turn) = if job.crashes == 0 {
        (Some(shared.isolation.read().await), None)
    } else {
        (None, Some(shared.isolation.write().await))
    };
    // Taken first, so that those who wait here are not in the queue for a thread in front of others.
    let background = match is_background {
        true => Some(shared.background_threads.clone().acquire_owned().await.ok()?),
        false => None,
    };
    let permit = tokio::select! {
        biased;
        () = stop.cancelled() => return None,
        permit = shared.threads.clone().acquire_owned() => permit.ok()?,
    };
    let started = Instant::now();
    let processor = shared.processor.clone();
    let draft = draft.clone();
    let work = tokio::task::spawn_blocking(move || {
        // The permit ends with the work, also when nobody waits for it any more.
        let _permits = (permit, background);
        yield_to_answers();
        let mut stage_started = Instant::now();
        processor(&draft, &mut |stage| {
            histogram!("copydesk_stage_seconds", "stage" => stage.as_str()).record(stage_started.elapsed());
            stage_started = Instant::now();
        })
    });
    let result = timeout(shared.options.job_timeout, work).await;
    histogram!("copydesk_job_seconds").record(started.elapsed());
    Some(match result {
        Ok(Ok(processed)) => done(job, processed),
        Ok(Err(crash)) => panicked(job, crash),
        Err(_) => {
            warn!(timeout.seconds = shared.options.job_timeout.as_secs(), "processing takes too long");
            try_again(shared, job, "processing took too long")
        }
    })
}

/// Processing an article takes the processor for milliseconds; answers and streams need it for microseconds, at once. Linux
/// gives each thread a priority of its own; elsewhere nothing is changed.
fn yield_to_answers() {
    #[cfg(target_os = "linux")]
    // A system that forbids it gives the threads equal turns, as before.
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

fn done(job: &Claimed, processed: Processed) -> Outcome {
    counter!("copydesk_jobs_total", "outcome" => "processed").increment(1);
    debug!(words = processed.word_count, entities = processed.entities.len(), "processed");
    if job.summary.state == State::Accepted {
        let waited = OffsetDateTime::now_utc() - job.queued_time;
        histogram!("copydesk_queue_to_processed_seconds").record(waited.as_seconds_f64().max(0.0));
    }
    Outcome::Processed(Arc::new(processed))
}

fn panicked(job: &Claimed, crash: JoinError) -> Outcome {
    let payload = crash.try_into_panic().unwrap_or_else(|_| Box::new("the task was cancelled"));
    let words = payload
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    error!(panic = words, "processing panicked; this article is given up");
    // The pipeline is deterministic: another try would panic too.
    failed(job, "PANICKED", "processing it failed with an internal error")
}

fn failed(job: &Claimed, reason: &str, message: &str) -> Outcome {
    counter!("copydesk_jobs_total", "outcome" => "failed").increment(1);
    Outcome::Failed(Failure {
        reason: reason.to_owned(),
        message: message.to_owned(),
        attempts: job.attempts + job.crashes + 1,
        errors: job.errors.clone(),
    })
}

fn try_again(shared: &Shared, job: &Claimed, message: &str) -> Outcome {
    if job.attempts + 1 >= shared.options.max_attempts {
        return failed(job, "ATTEMPTS_EXHAUSTED", message);
    }
    counter!("copydesk_jobs_total", "outcome" => "retried").increment(1);
    let delay = retry_delay(shared.options.retry_delay, job.attempts, rand::random());
    Outcome::Retry { message: message.to_owned(), delay }
}

/// Exponential with full jitter: a uniform part, `jitter` of 0 to 1, of a ceiling that doubles.
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
fn retry_delay(first: Duration, attempts: i32, jitter: f64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or_default();
    first.saturating_mul(1 << doublings).min(MAX_RETRY_DELAY).mul_f64(jitter.clamp(0.0, 1.0))
}

/// Commits the outcome, for as long as it takes: a Postgres that is away must not cost the work that is done. After
/// `stop` it is tried once more.
async fn commit(shared: &Shared, job: &Claimed, mut outcome: Outcome, stop: &CancellationToken) {
    let mut was_refused = false;
    loop {
        let finish = Finish {
            id: job.id,
            lease: job.lease,
            summary: job.summary.clone(),
            outcome: outcome.clone(),
            duplicate_window: shared.options.duplicate_window,
        };
        match shared.committer.finish(finish).await {
            Ok(()) => return,
            Err(CommitError::Stopped) => return,
            Err(CommitError::Store(error)) if error.is_transient() => {
                if stop.is_cancelled() {
                    warn!(error = &error as &dyn std::error::Error, "the outcome could not be stored");
                    return;
                }
                debug!(error = &error as &dyn std::error::Error, "the outcome could not be stored yet");
                sleep(RETRY_INTERVAL).await;
            }
            Err(CommitError::Store(error)) => {
                error!(error = &error as &dyn std::error::Error, "the store refused the outcome");
                if was_refused {
                    return;
                }
                was_refused = true;
                outcome = try_again(shared, job, "the result could not be stored");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_their_ceiling_and_jitter_takes_any_part_of_them() {
        let first = Duration::from_secs(1);
        let check = |attempts, jitter, expected| {
            assert_eq!(retry_delay(first, attempts, jitter), Duration::from_secs_f64(expected));
        };
        check(0, 1.0, 1.0);
        check(3, 1.0, 8.0);
        check(3, 0.25, 2.0);
        check(60, 1.0, 300.0);
        check(5, 0.0, 0.0);
    }
}
