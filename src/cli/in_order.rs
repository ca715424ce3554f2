//! Work on many items on all cores, with the results in the order of the items and bounded memory.
//!
//! At most three items a thread are in memory, whatever the input's length and however uneven the items are.

use std::{
    num::NonZero,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread,
};

/// What the consumer is given.
#[derive(Debug)]
pub(crate) enum Step<R> {
    /// The next result.
    Done(R),
    /// No result is ready: a good moment to flush.
    Waiting,
}

/// Calls `consume` on this thread for each result. An error of it ends everything and is returned. `work` must not
/// panic.
pub(crate) fn in_order<T: Send, R: Send>(
    threads: NonZero<usize>,
    items: impl Iterator<Item = T> + Send,
    work: impl Fn(T) -> R + Sync,
    mut consume: impl FnMut(Step<R>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (jobs_in, jobs) = sync_channel::<(T, SyncSender<R>)>(threads.get());
    let jobs = Mutex::new(jobs);
    let (results_in, results) = sync_channel::<Receiver<R>>(threads.get());
    thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(|| {
                loop {
                    // In a statement of its own: the lock must not be held while working.
                    let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((item, result)) = job else { return };
                    // Nobody waits for it any more once `consume` has failed.
                    let _ = result.send(work(item));
                }
            });
        }
        scope.spawn(move || {
            for item in items {
                let (result_in, result) = sync_channel(1);
                // The result's place in the order is taken before any thread can finish it.
                if results_in.send(result).is_err() || jobs_in.send((item, result_in)).is_err() {
                    return;
                }
            }
        });
        // Moved in, so that an early return drops it and with it stops the threads above.
        let results = results;
        loop {
            let next = match results.try_recv() {
                Err(TryRecvError::Empty) => {
                    consume(Step::Waiting)?;
                    results.recv().ok()
                }
                other => other.ok(),
            };
            let Some(result) = next else { return Ok(()) };
            let result = match result.try_recv() {
                Err(TryRecvError::Empty) => {
                    consume(Step::Waiting)?;
                    result.recv().ok()
                }
                other => other.ok(),
            };
            if let Some(result) = result {
                consume(Step::Done(result))?;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
        time::Duration,
    };

    use super::*;

    const FOUR: NonZero<usize> = NonZero::new(4).unwrap();

    #[test]
    fn results_come_in_the_order_of_the_items_and_few_are_held() {
        let (read, consumed, most_held) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let items = (0..200u64).inspect(|_| {
            let held = read.fetch_add(1, SeqCst) + 1 - consumed.load(SeqCst);
            most_held.fetch_max(held, SeqCst);
        });
        let work = |item: u64| {
            thread::sleep(Duration::from_micros(if item.is_multiple_of(7) { 3_000 } else { 10 }));
            item * 2
        };
        let mut results = Vec::new();
        in_order(FOUR, items, work, |step| {
            if let Step::Done(result) = step {
                consumed.fetch_add(1, SeqCst);
                results.push(result);
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(results, (0..200).map(|item| item * 2).collect::<Vec<_>>());
        assert!(most_held.load(SeqCst) <= 12, "{most_held:?}");
    }

    #[test]
    fn an_error_of_the_consumer_ends_an_endless_input() {
        let outcome = in_order(
            FOUR,
            0..,
            |item: u64| item,
            |step| match step {
                Step::Done(100) => anyhow::bail!("full"),
                Step::Done(_) | Step::Waiting => Ok(()),
            },
        );
        assert_eq!(outcome.unwrap_err().to_string(), "full");
    }
}
