//! The rows of a table, packed: a large node has twenty thousand, and as values they would take a kilobyte each.
//!
//! Rows come out as they went in. A number stands as its seven bits at a time, the lowest first; what has a length
//! stands behind it.

use super::{Cell, Phrase, Row, Text, Tone};
use bstr::ByteSlice;
use std::fmt;

/// Rows from top to bottom, to be read in order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rows {
    bytes: Vec<u8>,
}

const CELLS: usize = 0;
const ACROSS: usize = 1;
const GAP: usize = 2;

impl Rows {
    /// Adds a row at the foot.
    pub fn push(&mut self, row: &Row) {
        match row {
            Row::Cells(cells) => {
                self.number(CELLS);
                self.list(cells, |rows, cell| rows.list(&cell.lines, Self::text));
            }
            Row::Across(text) => {
                self.number(ACROSS);
                self.text(text);
            }
            Row::Gap => self.number(GAP),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The rows, each unpacked when its turn comes.
    pub fn iter(&self) -> impl Iterator<Item = Row> {
        let mut packed = Packed(&self.bytes);
        std::iter::from_fn(move || packed.row())
    }

    fn number(&mut self, mut number: usize) {
        while number > 0x7f {
            self.bytes.push(low_bits(number) | 0x80);
            number >>= 7;
        }
        self.bytes.push(low_bits(number));
    }

    fn list<T>(&mut self, list: &[T], each: impl Fn(&mut Self, &T)) {
        self.number(list.len());
        for item in list {
            each(self, item);
        }
    }

    fn text(&mut self, text: &Text) {
        self.list(&text.phrases, |rows, phrase| {
            rows.number(phrase.tone as usize);
            rows.number(phrase.text.len());
            rows.bytes.extend_from_slice(&phrase.text);
        });
    }
}

/// The lowest seven bits.
fn low_bits(number: usize) -> u8 {
    (number & 0x7f).to_le_bytes()[0]
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What is left to unpack.
struct Packed<'r>(&'r [u8]);

impl<'r> Packed<'r> {
    fn row(&mut self) -> Option<Row> {
        match self.number()? {
            CELLS => self.list(|packed| Some(Cell { lines: packed.list(Self::text)? })).map(Row::Cells),
            ACROSS => self.text().map(Row::Across),
            _ => Some(Row::Gap),
        }
    }

    fn number(&mut self) -> Option<usize> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn list<T>(&mut self, each: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let length = self.number()?;
        (0..length).map(|_| each(self)).collect()
    }

    fn text(&mut self) -> Option<Text> {
        let phrases = self.list(|packed| {
            let tone = packed.number()?;
            let length = packed.number()?;
            Some(Phrase { tone: *Tone::ALL.get(tone)?, text: packed.bytes(length)?.as_bstr().to_owned() })
        });
        phrases.map(|phrases| Text { phrases })
    }

    fn bytes(&mut self, length: usize) -> Option<&'r [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{bad, dim};

    #[test]
    fn rows_come_out_as_they_went_in() {
        let long = "x".repeat(70_000);
        let rows = [
            Row::Cells(Vec::new()),
            Row::Cells(vec![Cell::default(), Cell::lines(["a", ""]), Cell::from(bad("✗").and(dim(long.as_str())))]),
            Row::Across("and more".into()),
            Row::Gap,
            Row::Across(Text::default()),
            Row::Cells(vec![Cell::from(bstr::BStr::new(b"\xff\x80\0"))]),
        ];
        let mut packed = Rows::default();
        assert!(packed.is_empty());
        for row in &rows {
            packed.push(row);
        }
        assert_eq!(packed.iter().collect::<Vec<_>>(), rows);
        assert_eq!(format!("{packed:?}"), format!("{rows:?}"));
    }

    #[test]
    fn every_tone_is_kept() {
        for tone in Tone::ALL {
            let mut packed = Rows::default();
            packed.push(&Row::Across(Phrase::new("x", tone).into()));
            assert_eq!(packed.iter().next(), Some(Row::Across(Phrase::new("x", tone).into())));
        }
    }
}
