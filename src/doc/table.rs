//! Tables: columns with a title, rows of cells, and lines across all columns.

use super::{Phrase, Rows, Text};
use bstr::{BStr, BString};
use std::borrow::Cow;

/// A table. Nothing in it is ever cut: what is too wide is wrapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The columns, from left to right. Titles that are all empty are not shown.
    pub columns: Vec<Column>,
    /// The rows, from top to bottom.
    pub rows: Rows,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands over it.
    pub title: Text,
    /// Where its cells are set.
    pub align: Align,
    /// How long it resists wrapping: columns of a lower rank wrap first. The first column has 2, one of numbers 3,
    /// others 1, unless [`Column::rank`] says otherwise.
    pub rank: Option<u8>,
}

/// At which side of its column a cell is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Words.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// A cell: its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The lines, from top to bottom.
    pub lines: Vec<Text>,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn left(title: impl Into<Text>) -> Self {
        Self { title: title.into(), align: Align::Left, rank: None }
    }

    /// A column of numbers.
    #[must_use]
    pub fn right(title: impl Into<Text>) -> Self {
        Self { title: title.into(), align: Align::Right, rank: None }
    }

    /// The same with this resistance to wrapping.
    #[must_use]
    pub fn rank(mut self, rank: u8) -> Self {
        self.rank = Some(rank);
        self
    }
}

impl Table {
    /// A table with these columns and no row.
    #[must_use]
    pub fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Rows::default() }
    }

    /// A table with `count` columns of words that have no titles.
    #[must_use]
    pub fn untitled(count: usize) -> Self {
        Self::new(vec![Column::left(""); count])
    }

    /// Adds a row: a tuple of what can be a cell, or a vector of cells.
    pub fn row(&mut self, cells: impl Cells) -> &mut Self {
        self.rows.push_cells(&cells.cells());
        self
    }

    /// Adds a line of text across all columns.
    pub fn across(&mut self, text: impl Into<Text>) -> &mut Self {
        self.rows.push_across(&text.into());
        self
    }

    /// Adds an empty line.
    pub fn gap(&mut self) -> &mut Self {
        self.rows.push_gap();
        self
    }
}

impl Cell {
    /// A cell of several lines.
    #[must_use]
    pub fn lines<T: Into<Text>>(lines: impl IntoIterator<Item = T>) -> Self {
        Self { lines: lines.into_iter().map(Into::into).collect() }
    }
}

/// What [`Table::row`] takes.
pub trait Cells {
    /// The cells, from left to right.
    fn cells(self) -> Vec<Cell>;
}

impl Cells for Vec<Cell> {
    fn cells(self) -> Vec<Cell> {
        self
    }
}

macro_rules! cells_of_tuples {
    ($($name:ident)+) => {
        impl<$($name: Into<Cell>),+> Cells for ($($name,)+) {
            #[expect(non_snake_case, reason = "the variables are named after their types")]
            fn cells(self) -> Vec<Cell> {
                let ($($name,)+) = self;
                vec![$($name.into()),+]
            }
        }
    };
}

cells_of_tuples!(A);
cells_of_tuples!(A B);
cells_of_tuples!(A B C);
cells_of_tuples!(A B C D);
cells_of_tuples!(A B C D E);
cells_of_tuples!(A B C D E F);
cells_of_tuples!(A B C D E F G);
cells_of_tuples!(A B C D E F G H);

macro_rules! cell_of_text {
    ($($kind:ty),+) => {
        $(impl From<$kind> for Cell {
            fn from(text: $kind) -> Self {
                Self { lines: vec![text.into()] }
            }
        })+
    };
}

cell_of_text!(Text, Phrase, &str, String, Cow<'_, str>, &BStr, BString);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::dim;

    #[test]
    fn a_row_takes_all_kinds_of_cells() {
        let mut table = Table::untitled(4);
        table.row(("shop/web", dim("udp"), Cell::lines(["a", "b"]), String::from("3"))).across("and more").gap();
        let cells = vec![
            Cell { lines: vec!["shop/web".into()] },
            Cell { lines: vec![dim("udp").into()] },
            Cell { lines: vec!["a".into(), "b".into()] },
            Cell { lines: vec!["3".into()] },
        ];
        let mut rows = Rows::default();
        rows.push_cells(&cells);
        rows.push_across(&"and more".into());
        rows.push_gap();
        assert_eq!(table.rows, rows);
    }
}
