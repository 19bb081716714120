//! A text under repair: pieces of it are replaced from front to back, and each byte of what comes out remembers where
//! it came from. The only place that makes or joins [`Origin`]s.

use crate::source::{Origin, Repaired};
use std::ops::Range;

/// One pass over `old`. Nothing is copied before the first replacement.
#[derive(Debug)]
pub(super) struct Rewrite<'t> {
    old: &'t [u8],
    /// Up to here `old` is done.
    done: usize,
    text: Vec<u8>,
    origins: Vec<Origin>,
    changes: usize,
}

impl<'t> Rewrite<'t> {
    /// A pass that has changed nothing yet.
    pub(super) fn new(old: &'t [u8]) -> Self {
        Self { old, done: 0, text: Vec::new(), origins: Vec::new(), changes: 0 }
    }

    /// `with` comes instead of `old[range]`. Ranges come in order and do not overlap; `with` is not longer than what it
    /// replaces, so that it can point back byte for byte.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &[u8]) {
        debug_assert!(self.done <= range.start && with.len() <= range.len(), "{range:?} {with:?}");
        if self.changes == 0 {
            self.text.reserve(self.old.len());
        }
        self.changes += 1;
        self.keep_up_to(range.start);
        self.begin(range.start, with.len());
        self.text.extend_from_slice(with);
        self.done = range.end;
    }

    /// `old[range]` goes.
    pub(super) fn delete(&mut self, range: Range<usize>) {
        self.replace(range, b"");
    }

    /// What came out; `None` when nothing was replaced.
    pub(super) fn finish(mut self) -> Option<Repaired> {
        if self.changes == 0 {
            return None;
        }
        self.keep_up_to(self.old.len());
        Some(Repaired { text: self.text, origins: self.origins })
    }

    fn keep_up_to(&mut self, end: usize) {
        let kept = &self.old[self.done.min(end)..end];
        self.begin(self.done, kept.len());
        self.text.extend_from_slice(kept);
    }

    fn begin(&mut self, original: usize, len: usize) {
        if len > 0 {
            self.origins.push(Origin { text: to_u32(self.text.len()), original: to_u32(original) });
        }
    }
}

/// The origins of a text rewritten twice: `second` points into the text that `first` made.
pub(super) fn joined(first: &[Origin], second: &[Origin], len: usize) -> Vec<Origin> {
    let mut all = Vec::with_capacity(first.len().max(second.len()));
    let mut at = 0;
    for (number, piece) in second.iter().enumerate() {
        let end = second.get(number + 1).map_or(to_u32(len), |next| next.text);
        let stop = piece.original + (end - piece.text);
        while first.get(at + 1).is_some_and(|next| next.text <= piece.original) {
            at += 1;
        }
        let Some(from) = first.get(at) else { continue };
        all.push(Origin { text: piece.text, original: from.original + (piece.original - from.text) });
        let inside = first[at + 1..].iter().take_while(|next| next.text < stop);
        all.extend(inside.map(|next| Origin { text: piece.text + (next.text - piece.original), ..*next }));
    }
    all
}

/// Offsets fit: [`super::repair`] leaves larger texts alone.
fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(pairs: &[(u32, u32)]) -> Vec<Origin> {
        pairs.iter().map(|&(text, original)| Origin { text, original }).collect()
    }

    #[test]
    fn a_pass_without_a_change_is_none() {
        assert_eq!(Rewrite::new(b"abc").finish(), None);
    }

    #[test]
    fn every_piece_points_back() {
        let mut rewrite = Rewrite::new(b"> ab\\ncd");
        rewrite.delete(0..2);
        rewrite.replace(4..6, b"\n");
        let repaired = rewrite.finish().unwrap();
        assert_eq!(repaired.text, b"ab\ncd");
        assert_eq!(repaired.origins, origins(&[(0, 2), (2, 4), (3, 6)]));
    }

    #[test]
    fn two_passes_join_into_one() {
        // "> ab\ncd" without "> " and then without "b" and "c": "a", LF, "d" stood at 2, 4 and 7.
        let first = origins(&[(0, 2), (2, 4), (3, 6)]);
        let second = origins(&[(0, 0), (1, 2), (2, 4)]);
        assert_eq!(joined(&first, &second, 3), origins(&[(0, 2), (1, 4), (2, 7)]));
        // A piece that runs over the seams of the first pass is cut at them.
        assert_eq!(joined(&first, &origins(&[(0, 1)]), 4), origins(&[(0, 3), (1, 4), (2, 6)]));
    }
}
