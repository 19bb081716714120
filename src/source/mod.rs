//! The text that was read, and places in it.
//!
//! All files of one run share one space of offsets, so that a [`Span`] alone says which file and which bytes it
//! means. Line and column are worked out when somebody asks. This module never reads a file itself.

mod text;

use bstr::{BStr, ByteSlice};
use memchr::{memchr, memrchr, memrchr_iter};
use std::ops::Range;
use std::sync::OnceLock;

pub use text::Text;

/// A run of bytes in the text of one of the [`Sources`]. Eight bytes: a rule carries one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte, counted over all sources.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
}

impl Span {
    /// The span that covers both; they belong to one source.
    #[must_use]
    pub fn to(self, end: Self) -> Self {
        Self { start: self.start, len: (end.start + end.len).saturating_sub(self.start) }
    }

    /// Offset behind the last byte.
    #[must_use]
    pub fn end(self) -> u32 {
        self.start + self.len
    }
}

/// Where a piece of rewritten text came from: from `text` on (up to the next piece) byte for byte from `original` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Offset in the rewritten text.
    pub text: u32,
    /// Offset in the original text.
    pub original: u32,
}

/// Text that had to be rewritten before it could be read (one-line dumps, prefixes, escapes …).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// What is parsed instead of the original.
    pub text: Vec<u8>,
    /// Where its pieces came from, in order of `text`; the first one starts at 0.
    pub origins: Vec<Origin>,
}

/// One file, or standard input: its name, its text as it came (decompressed, decoded) and the text to parse.
#[derive(Debug)]
pub struct Source {
    /// The file's path as the user wrote it; `-` is standard input.
    pub name: String,
    original: Text,
    repaired: Option<Repaired>,
    base: u32,
    lines: OnceLock<Lines>,
}

/// Where lines are, a few of them at a time: the text itself tells the rest.
#[derive(Debug)]
struct Lines {
    /// By block of the text: how many lines end before it.
    ended: Vec<u32>,
}

/// Bytes of a block.
const BLOCK: usize = 128;

/// Line ends are looked for so far around a byte; most lines are shorter.
const NEAR: usize = 8 * BLOCK;

impl Lines {
    fn of(text: &[u8]) -> Self {
        let mut lines = 0;
        let mut ended: Vec<u32> = Vec::with_capacity(text.len() / BLOCK + 1);
        for block in text.chunks(BLOCK) {
            ended.push(lines);
            // No block has more than fit in a byte; sixteen of those are added up at a time.
            lines += u32::from(block.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>());
        }
        // The end of the text may be the start of a block that holds nothing.
        if text.len().is_multiple_of(BLOCK) {
            ended.push(lines);
        }
        Self { ended }
    }

    /// The line of a byte, from 0, and where it begins and ends, its end counted in.
    fn at(&self, text: &[u8], offset: usize) -> (usize, Range<usize>) {
        let block = offset / BLOCK;
        let mut before = memrchr_iter(b'\n', &text[block * BLOCK..offset]);
        let last = before.next().map(|at| block * BLOCK + at);
        let line = self.ended[block] as usize + usize::from(last.is_some()) + before.count();
        let begin = last.or_else(|| self.end_before(text, block * BLOCK, line)).map_or(0, |at| at + 1);
        (line, begin..self.end(text, offset, line))
    }

    /// The last line end before a block, so many lines into the text.
    fn end_before(&self, text: &[u8], from: usize, line: usize) -> Option<usize> {
        let last = |start: usize, stop: usize| memrchr(b'\n', &text[start..stop]).map(|at| start + at);
        // The block in which the line before ended.
        let far = || {
            let block = self.ended.partition_point(|&ended| (ended as usize) < line).saturating_sub(1);
            last(block * BLOCK, from.min((block + 1) * BLOCK))
        };
        last(from.saturating_sub(NEAR), from).or_else(far)
    }

    fn end(&self, text: &[u8], offset: usize, line: usize) -> usize {
        let first = |from: usize, to: usize| memchr(b'\n', &text[from..to]).map(|at| from + at + 1);
        // The block in which this one ends.
        let far = || {
            let block = self.ended.partition_point(|&ended| ended as usize <= line).saturating_sub(1);
            first(offset.max(block * BLOCK), text.len())
        };
        first(offset, text.len().min(offset + NEAR)).or_else(far).unwrap_or(text.len())
    }
}

/// A place as people name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Name of the source.
    pub file: &'a str,
    /// Line in the original (decompressed) text, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// The bytes that were meant, as they stand in the original; never more than its line.
    pub text: &'a BStr,
    /// The whole line they stand in, without its end.
    pub whole_line: &'a BStr,
}

impl Source {
    /// The text to parse: the repaired one where there is one, else the original.
    #[must_use]
    pub fn text(&self) -> &BStr {
        self.repaired.as_ref().map_or(&*self.original, |repaired| &repaired.text).as_bstr()
    }

    /// The text as it came, decompressed and decoded.
    #[must_use]
    pub fn original(&self) -> &BStr {
        self.original.as_bstr()
    }

    /// Offset of the first byte of [`Self::text`] in the common space.
    #[must_use]
    pub fn base(&self) -> u32 {
        self.base
    }

    /// The span of `part`, which must be a slice of [`Self::text`]; an empty span at the start if it is not.
    #[must_use]
    pub fn span(&self, part: &[u8]) -> Span {
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text().as_ptr() as usize);
        if offset + part.len() > self.text().len() {
            return Span { start: self.base, len: 0 };
        }
        // Both fit: `Sources::add` refuses what has no 32-bit offset.
        Span { start: self.base + to_u32(offset), len: to_u32(part.len()) }
    }

    /// Offset in the original text of an offset in the text that was parsed.
    fn original_offset(&self, offset: u32) -> usize {
        let Some(repaired) = &self.repaired else { return (offset as usize).min(self.original.len()) };
        let after = repaired.origins.partition_point(|origin| origin.text <= offset);
        let Some(origin) = after.checked_sub(1).and_then(|at| repaired.origins.get(at)) else { return 0 };
        let limit = repaired.origins.get(after).map_or(usize::MAX, |next| next.original.max(origin.original) as usize);
        (origin.original as usize + (offset - origin.text) as usize).min(limit).min(self.original.len())
    }

    fn place(&self, span: Span) -> Place<'_> {
        let start = self.original_offset(span.start - self.base);
        let end = self.original_offset(span.end() - self.base).max(start);
        let lines = self.lines.get_or_init(|| Lines::of(&self.original));
        let (line, range) = lines.at(&self.original, start);
        let begin = range.start;
        let whole_line = trim_line_end(&self.original[range]);
        let inside = |offset: usize| offset.clamp(begin, begin + whole_line.len());
        Place {
            file: &self.name,
            line: to_u32(line + 1),
            column: to_u32(inside(start) - begin + 1),
            text: self.original[inside(start)..inside(end)].as_bstr(),
            whole_line: whole_line.as_bstr(),
        }
    }
}

/// Something about the input that the reader should know, in one sentence: how it had to be normalised, what a warning
/// line in it means. It may quote the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The sentence.
    pub text: String,
    /// Where in the input, if at one place.
    pub span: Option<Span>,
}

/// The pieces of evidence about one node, in the order given.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// All texts together do not fit 32-bit offsets (4 GiB).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the input is larger than 4 GiB in all")
    }
}

impl std::error::Error for TooLarge {}

impl Sources {
    /// Takes one more text in: `original` as it came, `repaired` if it had to be rewritten to be read.
    ///
    /// # Errors
    /// [`TooLarge`] when offsets would no longer fit 32 bits.
    pub fn add(&mut self, name: String, original: impl Into<Text>, repaired: Option<Repaired>) -> Result<(), TooLarge> {
        let original = original.into();
        // One byte between two sources, so that an empty span at the end of one is not the start of the next.
        let base = self.files.last().map_or(0, |last| last.base as usize + last.text().len() + 1);
        let len = original.len().max(repaired.as_ref().map_or(0, |repaired| repaired.text.len()));
        let _ = u32::try_from(base + len + 1).map_err(|_| TooLarge)?;
        self.files.push(Source { name, original, repaired, base: to_u32(base), lines: OnceLock::new() });
        Ok(())
    }

    /// The sources, in the order given.
    #[must_use]
    pub fn files(&self) -> &[Source] {
        &self.files
    }

    /// The source that holds `span`.
    #[must_use]
    pub fn source(&self, span: Span) -> Option<&Source> {
        let after = self.files.partition_point(|file| file.base <= span.start);
        after.checked_sub(1).and_then(|at| self.files.get(at))
    }

    /// File, line, column and text of `span`; `None` only without any source.
    #[must_use]
    pub fn place(&self, span: Span) -> Option<Place<'_>> {
        self.source(span).map(|source| source.place(span))
    }

    /// The bytes of the parsed text that `span` covers.
    #[must_use]
    pub fn text(&self, span: Span) -> &BStr {
        let part = self.source(span).and_then(|source| {
            let start = (span.start - source.base) as usize;
            source.text().get(start..start + span.len as usize)
        });
        part.unwrap_or_default().as_bstr()
    }
}

/// `line` without the LF or CR LF that ends it. What was written as text twice has CR CR LF.
#[must_use]
pub fn trim_line_end(line: &[u8]) -> &[u8] {
    let mut line = line.strip_suffix(b"\n").unwrap_or(line);
    while let Some(shorter) = line.strip_suffix(b"\r") {
        line = shorter;
    }
    line
}

/// Offsets fit: [`Sources::add`] refuses texts that do not.
fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_any_byte_is_found_in_texts_of_short_and_of_long_lines() {
        let long = "x".repeat(5000);
        let texts = ["", "\n", "a", "a\nb\n", &format!("{long}\na\n\n{long}\nb"), &"ab\n".repeat(700), &long[..512]];
        for text in texts {
            let lines = Lines::of(text.as_bytes());
            for offset in 0..=text.len() {
                let before = text[..offset].matches('\n').count();
                let begin = text[..offset].rfind('\n').map_or(0, |at| at + 1);
                let end = text[offset..].find('\n').map_or(text.len(), |at| offset + at + 1);
                let found = lines.at(text.as_bytes(), offset);
                assert_eq!(found, (before, begin..end), "byte {offset} of {} bytes", text.len());
            }
        }
    }

    fn sources(texts: &[&str]) -> Sources {
        let mut sources = Sources::default();
        for (at, text) in texts.iter().enumerate() {
            sources.add(format!("file-{at}"), text.as_bytes().to_vec(), None).unwrap();
        }
        sources
    }

    #[test]
    fn a_span_knows_its_file_line_and_column() {
        let sources = sources(&["one\n", "*nat\n-A X -j Y\r\nCOMMIT\n"]);
        let text = sources.files()[1].text();
        let span = sources.files()[1].span(&text[8..9]);
        let place = sources.place(span).unwrap();
        assert_eq!((place.file, place.line, place.column), ("file-1", 2, 4));
        assert_eq!((place.text, place.whole_line), ("X".into(), "-A X -j Y".into()));
        assert_eq!(sources.text(span), "X");
    }

    #[test]
    fn a_place_never_spans_two_lines() {
        let sources = sources(&["ab\ncd\n"]);
        let place = sources.place(Span { start: 1, len: 4 }).unwrap();
        assert_eq!((place.line, place.text), (1, "b".into()));
    }

    #[test]
    fn repaired_text_points_back_at_the_original() {
        let mut sources = Sources::default();
        let repaired = Repaired {
            text: b"-A X\n-A Y\n".to_vec(),
            origins: vec![Origin { text: 0, original: 2 }, Origin { text: 5, original: 9 }],
        };
        sources.add("f".into(), b"> -A X\n> -A Y\n".to_vec(), Some(repaired)).unwrap();
        let place = sources.place(Span { start: 5, len: 4 }).unwrap();
        assert_eq!((place.line, place.column, place.text), (2, 3, "-A Y".into()));
    }
}
