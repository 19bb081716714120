//! Reading what may be large: into pages that the system gives two megabytes at a time, where it can.
//!
//! A page of four kilobytes that is touched for the first time costs as much as to read the words in it; of a dump of
//! fifty megabytes that was a tenth of the whole run.

use crate::source::Text;
use anyhow::bail;
use memmap2::MmapMut;
use std::io::{ErrorKind, Read};

/// Up to this size the heap serves better.
const LARGE: usize = 4 << 20;
/// So much of what has no size goes to the heap. A large block given back makes glibc take later ones from the common
/// heap, where growing lists leave holes: a tenth more memory for a large dump.
const PIECE: usize = 1 << 16;
/// Longer texts have no 32-bit offsets.
const MOST: usize = u32::MAX as usize;

/// All that `from` gives. `expected` bytes are expected; it may be more or fewer.
///
/// # Errors
/// What reading met, more than 4 GiB, no memory.
pub(super) fn read_all(mut from: impl Read, expected: usize) -> anyhow::Result<Text> {
    if expected >= LARGE {
        // One byte more than needed: the read that finds the end must find room.
        return Pages::of(expected + 1)?.filled(from);
    }
    let first = if expected == 0 { PIECE } else { expected + 1 };
    let mut head = Vec::with_capacity(first);
    from.by_ref().take(first as u64).read_to_end(&mut head)?;
    if head.len() < first {
        return Ok(head.into());
    }
    let mut pages = Pages::of(4 * LARGE)?;
    pages.take(&head);
    drop(head);
    pages.filled(from)
}

/// Pages, and how far they are filled.
struct Pages {
    all: MmapMut,
    len: usize,
}

impl Pages {
    fn of(size: usize) -> anyhow::Result<Self> {
        if size > MOST {
            bail!("it is larger than 4 GiB");
        }
        let all = MmapMut::map_anon(size)?;
        // Where the system has no large pages, small ones do.
        #[cfg(target_os = "linux")]
        let _ = all.advise(memmap2::Advice::HugePage);
        Ok(Self { all, len: 0 })
    }

    fn take(&mut self, bytes: &[u8]) {
        self.all[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Reads to the end; what is full is doubled.
    fn filled(mut self, mut from: impl Read) -> anyhow::Result<Text> {
        loop {
            if self.len == self.all.len() {
                let mut twice = Self::of((2 * self.len).min(MOST.max(self.len + 1)))?;
                twice.take(&self.all);
                self = twice;
            }
            match from.read(&mut self.all[self.len..]) {
                Ok(0) => return Ok(Text::in_pages(self.all, self.len)),
                Ok(more) => self.len += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as a pipe may.
    struct Trickle<'t>(&'t [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let len = self.0.len().min(into.len()).min(70_001);
            into[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    #[test]
    fn every_byte_is_read_whatever_size_was_expected() {
        let bytes: Vec<u8> = (0..5 * LARGE + 3).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, LARGE - 1, LARGE, LARGE + 1, 4 * LARGE, bytes.len()] {
            let text = &bytes[..len];
            for expected in [0, 1, len.saturating_sub(1), len, len + 1, LARGE, 6 * LARGE] {
                assert!(*read_all(text, expected).unwrap() == *text, "{len} bytes, {expected} expected");
            }
            assert!(*read_all(Trickle(text), 0).unwrap() == *text, "{len} bytes by and by");
        }
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let error = Pages::of(MOST + 1).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 4 GiB");
    }
}
