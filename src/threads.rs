//! Work of large dumps done at once, by as many threads as the process may run at a time. The results come in the order
//! of the work, so that nobody can tell how many there were.

use memchr::memchr;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads the process may run at a time; CPU affinity counts.
pub(crate) fn available() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// The answers to the questions `0..count`, asked by so many threads.
pub(crate) fn answers<T: Send>(threads: usize, count: usize, ask: impl Fn(usize) -> T + Sync) -> Vec<T> {
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

/// Does `work` to each thing of a short list, each in a thread of its own; what it returns of each, in their order.
pub(crate) fn at_once<T: Send, R: Send>(list: impl IntoIterator<Item = T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let mut list = list.into_iter();
    let own = list.next();
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = list.map(|each| scope.spawn(move || work(each))).collect();
        let mut results: Vec<R> = own.map(work).into_iter().collect();
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// Fewer things than this are done before a second thread has begun.
const WORTHWHILE: usize = 4096;

/// Does `work` to a long list, part by part; what it returns of each part, in their order.
pub(crate) fn by_parts<T: Send, R: Send>(list: &mut [T], work: impl Fn(&mut [T]) -> R + Sync) -> Vec<R> {
    let threads = if list.len() < WORTHWHILE { 1 } else { available() };
    let size = list.len().div_ceil(threads).max(1);
    at_once(list.chunks_mut(size), work)
}

/// A shorter text is read before another thread has begun.
pub(crate) const LONG: usize = 1 << 19;

/// A long text in as many parts as threads can run, each of whole lines and long; a short one in one.
pub(crate) fn line_parts(text: &[u8]) -> Vec<&[u8]> {
    let count = (text.len() / LONG).clamp(1, available());
    let size = text.len().div_ceil(count);
    let mut parts = Vec::with_capacity(count);
    let mut rest = text;
    while !rest.is_empty() {
        let (part, after) = split_lines(rest, size);
        parts.push(part);
        rest = after;
    }
    parts
}

/// The first lines of a text, of so many bytes together and what the last of them has more, and the other lines.
pub(crate) fn split_lines(text: &[u8], size: usize) -> (&[u8], &[u8]) {
    let end = text.get(size..).and_then(|after| memchr(b'\n', after)).map_or(text.len(), |at| size + at + 1);
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_text_are_whole_lines_and_all_of_it() {
        for text in [String::new(), "a\nb".into(), "line\n".repeat(LONG), "x".repeat(2 * LONG), "\n".repeat(LONG + 1)] {
            let parts = line_parts(text.as_bytes());
            assert!(parts.concat() == text.as_bytes() && parts.iter().all(|part| !part.is_empty()));
            let (_, but_last) = parts.split_last().unwrap_or((&&[][..], &[]));
            assert!(but_last.iter().all(|part| part.ends_with(b"\n")));
            assert!(parts.len() <= available());
        }
    }

    #[test]
    fn the_answers_are_the_same_whatever_the_number_of_threads() {
        let squares: Vec<usize> = (0..1000).map(|at| at * at).collect();
        for threads in [0, 1, 2, 7, 2000] {
            assert_eq!(answers(threads, 1000, |at| at * at), squares);
        }
        assert_eq!(answers(4, 0, |at| at), Vec::<usize>::new());
    }

    #[test]
    fn parts_of_a_list_cover_it_in_order() {
        for len in [0, 1, WORTHWHILE - 1, WORTHWHILE, 3 * WORTHWHILE + 1] {
            let mut list: Vec<usize> = (0..len).collect();
            let sums = by_parts(&mut list, |part| {
                for each in part.iter_mut() {
                    *each += 1;
                }
                (part.first().copied(), part.len())
            });
            assert_eq!(list, (1..=len).collect::<Vec<_>>());
            assert_eq!(sums.iter().map(|(_, len)| len).sum::<usize>(), len);
            assert!(sums.is_sorted());
        }
    }
}
