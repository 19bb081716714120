//! Where blocks put their lines: a stream with a left margin and a width.

use super::line::{Line, blanks};
use super::wrap::wrapped;
use std::io::{self, Write};

/// No line starts further in, however deep the document.
const FURTHEST: usize = 1000;

/// A stream, how far in lines start, and how many columns are left for them.
pub(super) struct Canvas<'w> {
    out: &'w mut dyn Write,
    indent: usize,
    width: usize,
}

impl<'w> Canvas<'w> {
    /// A canvas of `width` columns.
    pub(super) fn new(out: &'w mut dyn Write, width: usize) -> Self {
        Self { out, indent: 0, width }
    }

    /// Columns for a line.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The same stream further in; never so far that nothing fits.
    pub(super) fn indented(&mut self, by: usize) -> Canvas<'_> {
        let by = by.min(self.width / 2).min(FURTHEST.saturating_sub(self.indent));
        Canvas { out: self.out, indent: self.indent + by, width: self.width - by }
    }

    /// Writes one line.
    pub(super) fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        let indent = if line.width() == 0 { 0 } else { self.indent };
        writeln!(self.out, "{:indent$}{line}", "")
    }

    /// Writes a line that is styled already, as comfy-table lays them out.
    pub(super) fn styled(&mut self, line: &str) -> io::Result<()> {
        let indent = if line.is_empty() { 0 } else { self.indent };
        writeln!(self.out, "{:indent$}{line}", "")
    }

    /// Writes `line` in as many lines as it takes, with `first` before the first one and blanks before the others.
    pub(super) fn hanging(&mut self, first: &Line<'_>, line: &Line<'_>) -> io::Result<()> {
        let room = self.width.saturating_sub(first.width());
        for (at, part) in wrapped(line, room).into_iter().enumerate() {
            let front = if at == 0 { first.clone() } else { blanks(first.width()) };
            self.line(&front.and(part))?;
        }
        Ok(())
    }
}
