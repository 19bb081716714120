//! Questions asked at once, as many as the process may run at a time. The answers come in the order of the questions.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads the process may run at a time; CPU affinity counts.
pub(super) fn available() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The answers to the questions `0..count`, asked by so many threads.
pub(super) fn answers<T: Send>(threads: usize, count: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut own = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return own;
            }
            own.push((at, ask(at)));
        }
    };
    let mut all = thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(count)).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(own) => all.extend(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_the_same_whatever_the_number_of_threads() {
        let squares: Vec<usize> = (0..1000).map(|at| at * at).collect();
        for threads in [0, 1, 2, 7, 2000] {
            assert_eq!(answers(threads, 1000, |at| at * at), squares);
        }
        assert_eq!(answers(4, 0, |at| at), Vec::<usize>::new());
    }
}
