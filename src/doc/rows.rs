//! The rows of a table, packed: a large node has twenty thousand, and as values each would take a kilobyte.
//!
//! Everything is a run of parts with their lengths before them: rows, the cells of a row, the lines of a cell, the
//! phrases of a line. So they are read where they lie.

use super::{Cell, Phrase, Text, Tone};
use bstr::{BStr, ByteSlice};

/// Rows from top to bottom, to be read in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    bytes: Vec<u8>,
}

/// A line of a table, as it lies in [`Rows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'r> {
    /// Cells under the columns; missing ones are empty, surplus ones are not shown.
    Cells(RowCells<'r>),
    /// Text across all columns: the name of the rows below it, or how many more there are.
    Across(RowText<'r>),
    /// An empty line between groups of rows.
    Gap,
}

/// The cells of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCells<'r>(&'r [u8]);

/// A cell of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCell<'r>(&'r [u8]);

/// A line of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowText<'r>(&'r [u8]);

const CELLS: u8 = 0;
const ACROSS: u8 = 1;
const GAP: u8 = 2;

impl Rows {
    pub(super) fn push_cells(&mut self, cells: &[Cell]) {
        self.part(|rows| {
            rows.bytes.push(CELLS);
            for cell in cells {
                rows.part(|rows| cell.lines.iter().for_each(|line| rows.part(|rows| rows.text(line))));
            }
        });
    }

    pub(super) fn push_across(&mut self, text: &Text) {
        self.part(|rows| {
            rows.bytes.push(ACROSS);
            rows.text(text);
        });
    }

    pub(super) fn push_gap(&mut self) {
        self.part(|rows| rows.bytes.push(GAP));
    }

    fn text(&mut self, text: &Text) {
        for phrase in &text.phrases {
            self.part(|rows| {
                rows.bytes.push(phrase.tone as u8);
                rows.bytes.extend_from_slice(&phrase.text);
            });
        }
    }

    /// Writes a part, then its length before it: seven bits a byte, the lowest first.
    fn part(&mut self, write: impl FnOnce(&mut Self)) {
        let at = self.bytes.len();
        self.bytes.push(0);
        write(self);
        let mut length = self.bytes.len() - at - 1;
        if length <= 0x7f {
            self.bytes[at] = low_bits(length);
            return;
        }
        let mut digits = Vec::new();
        while length > 0x7f {
            digits.push(low_bits(length) | 0x80);
            length >>= 7;
        }
        digits.push(low_bits(length));
        self.bytes.splice(at..=at, digits);
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        Parts(&self.bytes).map(|row| match row.split_first() {
            Some((&CELLS, cells)) => Row::Cells(RowCells(cells)),
            Some((&ACROSS, text)) => Row::Across(RowText(text)),
            _ => Row::Gap,
        })
    }
}

/// The lowest seven bits.
fn low_bits(number: usize) -> u8 {
    (number & 0x7f).to_le_bytes()[0]
}

impl<'r> RowCells<'r> {
    /// The cells, from left to right.
    pub fn iter(self) -> impl Iterator<Item = RowCell<'r>> {
        Parts(self.0).map(RowCell)
    }
}

impl<'r> RowCell<'r> {
    /// Its lines, from top to bottom.
    pub fn lines(self) -> impl Iterator<Item = RowText<'r>> {
        Parts(self.0).map(RowText)
    }
}

impl<'r> RowText<'r> {
    /// Its phrases.
    pub fn phrases(self) -> impl Iterator<Item = (&'r BStr, Tone)> {
        Parts(self.0).filter_map(|phrase| {
            let (&tone, text) = phrase.split_first()?;
            Some((text.as_bstr(), *Tone::ALL.get(usize::from(tone))?))
        })
    }
}

impl From<RowText<'_>> for Text {
    fn from(text: RowText<'_>) -> Self {
        text.phrases().map(|(text, tone)| Phrase::new(text, tone)).collect()
    }
}

/// The parts that are left.
struct Parts<'r>(&'r [u8]);

impl<'r> Iterator for Parts<'r> {
    type Item = &'r [u8];

    fn next(&mut self) -> Option<&'r [u8]> {
        let (mut length, mut shift) = (0, 0);
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            length |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
        }
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{bad, dim};

    #[track_caller]
    fn keeps(cells: &[Cell]) {
        let mut rows = Rows::default();
        assert!(rows.is_empty());
        rows.push_gap();
        rows.push_cells(cells);
        rows.push_across(&"and more".into());
        let rows: Vec<Row<'_>> = rows.iter().collect();
        let [Row::Gap, Row::Cells(found), Row::Across(text)] = rows[..] else { panic!("{rows:?}") };
        let found: Vec<Cell> = found.iter().map(|cell| Cell::lines(cell.lines())).collect();
        assert_eq!((found.as_slice(), Text::from(text)), (cells, "and more".into()));
    }

    #[test]
    fn cells_come_out_as_they_went_in() {
        keeps(&[]);
        keeps(&[Cell::default(), Cell::lines(["a", ""]), Cell::lines([Text::default()])]);
        keeps(&[Cell::from(BStr::new(b"\xff\x80\0")), Cell::from(bad("✗").and(dim("東")))]);
        for length in [126, 127, 128, 300, 16_383, 16_384, 70_000] {
            keeps(&[Cell::from("x".repeat(length)), Cell::from("y")]);
        }
    }

    #[test]
    fn every_tone_is_kept() {
        for tone in Tone::ALL {
            keeps(&[Cell::from(Phrase::new("x", tone))]);
        }
    }
}
