//! A document → lines on a terminal, always styled.
//!
//! Promises: every character of every text arrives escaped and none is cut; no line is wider than asked for, as far as
//! text can be broken. Tables and trees of any length are written as they are laid out.

use super::canvas::Canvas;
use super::line::{Line, blanks};
use super::{list, snippet, table, tree};
use crate::doc::{Block, Doc, Text, Tone};
use std::io::{self, Write};

/// How wide lines may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// So many columns; fewer than [`NARROWEST`] are taken as that.
    Columns(u16),
    /// As wide as it takes: only tables beyond 2000 columns a cell still wrap.
    Unlimited,
}

/// The narrowest width that is honoured.
pub const NARROWEST: u16 = 20;

/// The width of what goes into a pipe or a file, where nobody says how wide it is.
pub const PIPED: Width = Width::Columns(100);

impl Width {
    fn columns(self) -> usize {
        match self {
            Self::Columns(columns) => columns.max(NARROWEST).into(),
            Self::Unlimited => usize::MAX / 4,
        }
    }
}

/// Writes `doc` in lines of `width`.
///
/// # Errors
/// Those of `out`.
pub fn write(doc: &Doc, width: Width, out: &mut dyn Write) -> io::Result<()> {
    show(doc, &mut Canvas::new(out, width.columns()))
}

fn show(doc: &Doc, canvas: &mut Canvas<'_>) -> io::Result<()> {
    doc.blocks.iter().try_for_each(|block| show_block(block, canvas))
}

fn show_block(block: &Block, canvas: &mut Canvas<'_>) -> io::Result<()> {
    match block {
        Block::Heading { text, note } => show_heading(text, note, canvas),
        Block::Paragraph(text) => canvas.hanging(&Line::default(), &Line::new(text)),
        Block::List(items) => list::show(items, canvas),
        Block::Table(table) => table::show(table, canvas),
        Block::Tree(tree) => tree::show(tree, canvas),
        Block::Snippet(snippet) => snippet::show(snippet, canvas),
        Block::Indented { by, doc } => show(doc, &mut canvas.indented(*by)),
        Block::Blank => canvas.line(&Line::default()),
    }
}

/// A heading is strong where it has no tone of its own. Its note stands at the margin of an ordinary page even when
/// lines may be longer.
fn show_heading(text: &Text, note: &Text, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let text = text.phrases.iter().cloned().map(|mut phrase| {
        phrase.tone = if phrase.tone == Tone::Plain { Tone::Strong } else { phrase.tone };
        phrase
    });
    let (text, note) = (text.collect::<Text>(), Line::new(note));
    let (text, page) = (Line::new(&text), canvas.width().min(100));
    if note.width() == 0 {
        return canvas.hanging(&Line::default(), &text);
    }
    if text.width() + 2 + note.width() <= page {
        let room = page - text.width();
        return canvas.line(&text.and(note.right_aligned(room)));
    }
    canvas.hanging(&Line::default(), &text)?;
    canvas.hanging(&blanks(2), &note)
}

/// What `doc` looks like in so many columns, without styles.
#[cfg(test)]
pub(super) fn plain_text(doc: &Doc, columns: u16) -> String {
    let mut out = Vec::new();
    write(doc, Width::Columns(columns), &mut anstream::StripStream::new(&mut out as &mut dyn Write)).unwrap();
    String::from_utf8(out).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{Cell, Column, Excerpt, Node, Snippet, Table, Tree, bad, dim, good, strong};
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    #[track_caller]
    fn shows(doc: &Doc, columns: u16, expected: &[&str]) {
        let shown = plain_text(doc, columns);
        assert_eq!(shown.lines().collect::<Vec<_>>(), expected, "\n{shown}");
    }

    #[test]
    fn a_paragraph_is_wrapped_and_hangs_under_its_indent() {
        let mut inner = Doc::new();
        inner.paragraph("The service takes tcp (line 5), but the DNAT rules of all three pods take udp.");
        let mut doc = Doc::new();
        doc.paragraph(bad("✗ protocol-mismatch")).indented(2, inner).blank();
        let expected = [
            "✗ protocol-mismatch",
            "  The service takes tcp (line 5), but the DNAT",
            "  rules of all three pods take udp.",
            "",
        ];
        shows(&doc, 48, &expected);
    }

    #[test]
    fn the_note_of_a_heading_stands_at_the_right_margin() {
        let mut doc = Doc::new();
        doc.heading_with(strong("shop/web:http").and("   tcp"), good("proven"));
        shows(&doc, 40, &["shop/web:http   tcp               proven"]);
        shows(&doc, 24, &["shop/web:http   tcp", "  proven"]);
    }

    #[test]
    fn keys_and_values_stand_in_two_columns() {
        let mut doc = Doc::new();
        doc.list([("cluster IP", "10.96.0.10:53"), ("source ranges", "192.0.2.0/24, 198.51.100.0/24")]);
        let expected =
            ["cluster IP     10.96.0.10:53", "source ranges  192.0.2.0/24,", "               198.51.100.0/24"];
        shows(&doc, 40, &expected);
    }

    #[test]
    fn single_signs_stand_one_blank_before_their_text() {
        let mut doc = Doc::new();
        doc.list([(bad("✗"), "one pod gets too much"), (dim("·"), "a note")]);
        shows(&doc, 20, &["✗ one pod gets too", "  much", "· a note"]);
    }

    #[test]
    fn a_key_that_is_too_wide_gets_a_line_of_its_own() {
        let mut doc = Doc::new();
        doc.list([("a", "1"), ("a very long key", "2")]);
        shows(&doc, 20, &["a 1", "a very long key", "  2"]);
    }

    #[test]
    fn styles_surround_the_words_they_are_meant_for() {
        let mut table = Table::new([Column::left("pod")]);
        table.row((bad("✗ 66 %").and(" of all"),));
        let mut doc = Doc::new();
        doc.heading("web").table(table);
        let mut out = Vec::new();
        write(&doc, PIPED, &mut out).unwrap();
        let expected = "\u{1b}[1mweb\u{1b}[0m\n pod\n───────────────\n \u{1b}[31;1m✗ 66 %\u{1b}[0m of all\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn escapes_of_a_dump_never_arrive() {
        let mut doc = Doc::new();
        doc.paragraph("a\u{1b}[2Jb\nc\u{202e}d");
        shows(&doc, 80, &["a\\u{1b}[2Jb\\u{a}c\\u{202e}d"]);
    }

    #[test]
    fn without_a_limit_nothing_is_wrapped() {
        let mut doc = Doc::new();
        doc.paragraph("word ".repeat(100).trim_end().to_owned());
        let mut out = Vec::new();
        write(&doc, Width::Unlimited, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), 1);
    }

    /// All kinds of blocks with the same text everywhere.
    fn everything(text: &str, column: u32, depth: usize) -> Doc {
        let mut table = Table::new([Column::left(text), Column::right(text)]);
        table.row((Cell::lines([text, "x"]), bad(text))).across(text).gap().row((text,));
        let mut tree = Tree::new();
        tree.node(0, text).node(1, Node::new(text).at(text).remark(text).amount(text)).node(depth, text);
        let excerpt = Excerpt::new(text, 7, column, text.as_bytes(), depth).label(text);
        let mut inner = Doc::new();
        inner.paragraph(text).list([(text, text)]);
        let mut doc = Doc::new();
        doc.heading_with(text, text).table(table).tree(tree);
        doc.snippet(Snippet::new(text).at(excerpt).note(text)).indented(2, inner);
        doc
    }

    /// Whether what follows an ESC is one of the renderer's own `[…m`.
    fn is_style(rest: &str) -> bool {
        rest.strip_prefix('[').is_some_and(|rest| {
            rest.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';').starts_with('m')
        })
    }

    proptest! {
        #[test]
        fn no_text_reaches_the_terminal_as_a_command(
            text in any::<String>(), column in 0_u32..40, depth in 0_usize..9, columns in 0_u16..200,
        ) {
            let shown = plain_text(&everything(&text, column, depth), columns);
            prop_assert!(shown.chars().all(|char| char == '\n' || !char.is_control()));
            let styled = {
                let mut out = Vec::new();
                write(&everything(&text, column, depth), Width::Columns(columns), &mut out).unwrap();
                String::from_utf8(out).unwrap()
            };
            write(&everything(&text, column, depth), Width::Unlimited, &mut std::io::sink()).unwrap();
            let all_own = styled.split('\x1b').skip(1).all(is_style);
            prop_assert!(all_own, "{}", styled);
        }

        #[test]
        fn no_line_is_wider_than_asked_for(
            text in "[a-zA-Z0-9 /:,.%東\u{1b}-]{0,80}", column in 0_u32..40, depth in 0_usize..60, columns in 40_u16..200,
        ) {
            let shown = plain_text(&everything(&text, column, depth), columns);
            for line in shown.lines() {
                prop_assert!(line.width() <= columns.into(), "{:?}", line);
            }
        }

        #[test]
        fn nothing_but_blanks_is_lost(text in "[a-z0-9/:,.-]{1,60}( [a-z0-9/:,.-]{1,30}){0,5}", columns in 20_u16..100) {
            let mut doc = Doc::new();
            doc.paragraph(text.as_str());
            let joined: String = plain_text(&doc, columns).split_whitespace().collect();
            prop_assert_eq!(joined, text.replace(' ', ""));
        }
    }
}
