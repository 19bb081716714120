//! What a view says, before anybody knows where it will be shown: headings, paragraphs, lists, tables, trees and
//! snippets, with a [`Tone`] on the words that matter.
//!
//! Plain values: nothing here knows a terminal, a colour or a width. Text may come from a dump, in any encoding; the
//! renderer makes it harmless. A tone only repeats what words or the signs ✗ ! · say already.

mod rows;
mod snippet;
mod table;
mod text;
mod tree;

pub use rows::{Row, RowCell, RowCells, RowText, Rows};
pub use snippet::{Excerpt, Snippet};
pub use table::{Align, Cell, Cells, Column, Table};
pub use text::{Phrase, Text, Tone, bad, code, dim, good, plain, strong, warn};
pub use tree::{Node, Tree};

/// A whole answer: blocks from top to bottom. There are no blank lines but those asked for by [`Doc::blank`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doc {
    /// The blocks, in order.
    pub blocks: Vec<Block>,
}

/// One piece of a [`Doc`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A line that names what follows, and a note at the right margin.
    Heading {
        /// The name.
        text: Text,
        /// Set flush right where there is room, else on a line of its own; may be empty.
        note: Text,
    },
    /// Running text.
    Paragraph(Text),
    /// Items one under the other, each with a marker (a sign, a number, a key) in a column of its own.
    List(Vec<Item>),
    /// A table.
    Table(Table),
    /// A tree.
    Tree(Tree),
    /// A fault or a finding with the lines it is about.
    Snippet(Snippet),
    /// Blocks set further in.
    Indented {
        /// By how many columns.
        by: usize,
        /// What is set in.
        doc: Doc,
    },
    /// An empty line.
    Blank,
}

/// One item of a list, or one line of keys and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// What stands in front: `-`, `✗`, `1`, `source ranges`.
    pub marker: Text,
    /// The item.
    pub text: Text,
}

impl Doc {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<Text>) -> &mut Self {
        self.heading_with(text, Text::default())
    }

    /// Adds a heading with a note at the right margin.
    pub fn heading_with(&mut self, text: impl Into<Text>, note: impl Into<Text>) -> &mut Self {
        self.push(Block::Heading { text: text.into(), note: note.into() })
    }

    /// Adds running text; two in a row are two lines, not two paragraphs with space between.
    pub fn paragraph(&mut self, text: impl Into<Text>) -> &mut Self {
        self.push(Block::Paragraph(text.into()))
    }

    /// Adds a list of (marker, text), also keys and values.
    pub fn list<M: Into<Text>, T: Into<Text>>(&mut self, items: impl IntoIterator<Item = (M, T)>) -> &mut Self {
        let item = |(marker, text): (M, T)| Item { marker: marker.into(), text: text.into() };
        self.push(Block::List(items.into_iter().map(item).collect()))
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) -> &mut Self {
        self.push(Block::Table(table))
    }

    /// Adds a tree.
    pub fn tree(&mut self, tree: Tree) -> &mut Self {
        self.push(Block::Tree(tree))
    }

    /// Adds a fault or finding.
    pub fn snippet(&mut self, snippet: Snippet) -> &mut Self {
        self.push(Block::Snippet(snippet))
    }

    /// Adds `doc` set in by some columns.
    pub fn indented(&mut self, by: usize, doc: Doc) -> &mut Self {
        self.push(Block::Indented { by, doc })
    }

    /// Adds an empty line.
    pub fn blank(&mut self) -> &mut Self {
        self.push(Block::Blank)
    }

    /// Adds all blocks of `other`.
    pub fn append(&mut self, other: Doc) -> &mut Self {
        self.blocks.extend(other.blocks);
        self
    }

    fn push(&mut self, block: Block) -> &mut Self {
        self.blocks.push(block);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_the_order_they_were_added_in() {
        let mut doc = Doc::new();
        doc.heading("shop/web:http").blank().list([(bad("✗"), "1 error")]);
        let expected = vec![
            Block::Heading { text: "shop/web:http".into(), note: Text::default() },
            Block::Blank,
            Block::List(vec![Item { marker: bad("✗").into(), text: "1 error".into() }]),
        ];
        assert_eq!(doc.blocks, expected);
    }

    #[test]
    fn a_document_can_be_appended_or_set_in() {
        let mut inner = Doc::new();
        inner.paragraph("because");
        let mut doc = Doc::new();
        doc.append(inner.clone()).indented(2, inner.clone());
        assert_eq!(doc.blocks, vec![Block::Paragraph("because".into()), Block::Indented { by: 2, doc: inner }]);
    }
}
