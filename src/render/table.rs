//! Tables: no vertical lines, one rule under the titles, nothing cut.
//!
//! comfy-table sets the cells; what is wider than its column was wrapped before, so that a table is measured once and
//! then written a batch of rows at a time. Tones travel through comfy-table as invisible characters (see [`marker`]):
//! it counts them as no width, and escaped text cannot hold one.

use super::canvas::Canvas;
use super::columns::{Wish, widths};
use super::line::{Line, width};
use super::theme;
use super::wrap::wrapped;
use crate::doc::{self, Align, Column, Row, RowCells, Tone};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, LineStyle, Table, TableStyle, Width};
use std::io;

const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// Blanks left and right of each cell; comfy-table's own measure.
const PADDING: usize = 2;

/// A cell is never wider, whatever the width of the page: comfy-table counts in 16 bits.
const WIDEST: usize = 2000;

/// Rows set at a time.
const BATCH: usize = 256;

/// Shows `table`.
pub(super) fn show(table: &doc::Table, canvas: &mut Canvas<'_>) -> io::Result<()> {
    if table.columns.is_empty() {
        return Ok(());
    }
    let room = canvas.width().saturating_sub(table.columns.len() * PADDING);
    let widths = widths(&wishes(table), room);
    if table.columns.iter().any(|column| !column.title.is_empty()) {
        show_titles(&table.columns, &widths, canvas)?;
    }
    let mut batch: Vec<RowCells<'_>> = Vec::new();
    for row in table.rows.iter() {
        if batch.len() == BATCH || !matches!(row, Row::Cells(_)) {
            show_rows(&batch, &table.columns, &widths, canvas)?;
            batch.clear();
        }
        match row {
            Row::Cells(cells) => batch.push(cells),
            Row::Across(text) => canvas.hanging(&Line::of(" ", Tone::Plain), &Line::of_phrases(text.phrases()))?,
            Row::Gap => canvas.line(&Line::default())?,
        }
    }
    show_rows(&batch, &table.columns, &widths, canvas)
}

fn show_titles(columns: &[Column], widths: &[usize], canvas: &mut Canvas<'_>) -> io::Result<()> {
    let mut set = Table::new();
    let titles =
        columns.iter().zip(widths).map(|(column, width)| cell(Some(&Line::new(&column.title)), column.align, *width));
    set.set_header(titles.collect::<Vec<_>>());
    show_set(set, widths, canvas)
}

fn show_rows(rows: &[RowCells<'_>], columns: &[Column], widths: &[usize], canvas: &mut Canvas<'_>) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut set = Table::new();
    for &cells in rows {
        // Lines of one row stay side by side even when some of them have to be wrapped.
        let height = cells.iter().map(|cell| cell.lines().count()).max().unwrap_or(0).max(1);
        set.add_rows((0..height).map(|at| cells_of_line(cells, at, columns, widths)));
    }
    show_set(set, widths, canvas)
}

fn cells_of_line(cells: RowCells<'_>, at: usize, columns: &[Column], widths: &[usize]) -> Vec<Cell> {
    let mut cells = cells.iter();
    let set = |(column, width): (&Column, &usize)| {
        let line = cells.next().and_then(|cell| cell.lines().nth(at));
        let line = line.map(|line| Line::of_phrases(line.phrases()));
        cell(line.as_ref(), column.align, *width)
    };
    columns.iter().zip(widths).map(set).collect()
}

fn show_set(mut set: Table, widths: &[usize], canvas: &mut Canvas<'_>) -> io::Result<()> {
    let fixed = |width: &usize| Width::Fixed(u16::try_from(width + PADDING).unwrap_or(u16::MAX));
    set.load_style(STYLE);
    set.set_constraints(widths.iter().map(fixed).map(ColumnConstraint::Absolute));
    set.lines().try_for_each(|line| canvas.styled(&styled(line.trim_end())))
}

fn cell(line: Option<&Line<'_>>, align: Align, width: usize) -> Cell {
    let mut content = String::new();
    for (at, line) in line.into_iter().flat_map(|line| wrapped(line, width)).enumerate() {
        if at > 0 {
            content.push('\n');
        }
        push_marked(&mut content, &line);
    }
    let alignment = match align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    };
    Cell::new_owned(content).set_alignment(alignment)
}

fn wishes(table: &doc::Table) -> Vec<Wish> {
    let mut wishes: Vec<Wish> = table.columns.iter().enumerate().map(|(at, column)| wish(at, column)).collect();
    for row in table.rows.iter() {
        let Row::Cells(cells) = row else { continue };
        for (cell, wish) in cells.iter().zip(&mut wishes) {
            cell.lines().for_each(|line| widen(wish, &Line::of_phrases(line.phrases())));
        }
    }
    wishes
}

fn wish(at: usize, column: &Column) -> Wish {
    let usual = match (at, column.align) {
        (_, Align::Right) => 3,
        (0, _) => 2,
        _ => 1,
    };
    let mut wish = Wish { rank: column.rank.unwrap_or(usual), ..Wish::default() };
    widen(&mut wish, &Line::new(&column.title));
    wish.cells = wish.word;
    wish
}

fn widen(wish: &mut Wish, line: &Line<'_>) {
    wish.natural = wish.natural.max(line.width().min(WIDEST));
    wish.cells = wish.cells.max(line.width().min(WIDEST));
    let words = line.pieces().flat_map(|(text, _)| text.split(' ')).map(width);
    wish.word = wish.word.max(words.max().unwrap_or(0).min(WIDEST));
}

/// The invisible character that starts a tone, by its place among all: one of Unicode's tags, which
/// [`super::escape`] spells out wherever they stand in a text.
fn marker(tone: Tone) -> char {
    let number = Tone::ALL.iter().position(|&one| one == tone).unwrap_or(0);
    char::from_u32(FIRST_MARKER + u32::try_from(number).unwrap_or(0)).unwrap_or(' ')
}

const FIRST_MARKER: u32 = 0xe_0020;

fn marked(char: char) -> Option<Tone> {
    let number = u32::from(char).checked_sub(FIRST_MARKER)?;
    Tone::ALL.get(number as usize).copied()
}

fn push_marked(content: &mut String, line: &Line<'_>) {
    for (text, tone) in line.pieces() {
        if tone == Tone::Plain {
            content.push_str(text);
        } else {
            content.push(marker(tone));
            content.push_str(text);
            content.push(marker(Tone::Plain));
        }
    }
}

/// A line with markers → the line styled.
fn styled(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut rest = line;
    let mut tone = Tone::Plain;
    while let Some((at, next)) = rest.char_indices().find_map(|(at, char)| Some((at, marked(char)?))) {
        push_styled(&mut out, &rest[..at], tone);
        rest = &rest[at + marker(next).len_utf8()..];
        tone = next;
    }
    push_styled(&mut out, rest, tone);
    out
}

fn push_styled(out: &mut String, text: &str, tone: Tone) {
    match tone {
        _ if text.is_empty() => {}
        Tone::Plain => out.push_str(text),
        _ => out.push_str(&theme::style(tone).style(text).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::doc::{Cell, Column, Doc, Table, bad};
    use crate::render::terminal::plain_text;

    fn services() -> Table {
        let mut table = Table::new([Column::left("service"), Column::left("address"), Column::right("share")]);
        table.row(("shop/web:http", Cell::lines(["10.96.0.7:80", "node port 30080"]), Cell::lines(["50 %", "100 %"])));
        table.row(("obs/node-cache", "none", bad("✗ 0 %")));
        table
    }

    #[track_caller]
    fn shows(table: Table, columns: u16, expected: &[&str]) {
        let mut doc = Doc::new();
        doc.table(table);
        let shown = plain_text(&doc, columns);
        assert_eq!(shown.lines().collect::<Vec<_>>(), expected, "\n{shown}");
    }

    #[test]
    fn a_table_has_one_rule_and_numbers_on_the_right() {
        let expected = [
            " service         address          share",
            "────────────────────────────────────────",
            " shop/web:http   10.96.0.7:80      50 %",
            "                 node port 30080  100 %",
            " obs/node-cache  none             ✗ 0 %",
        ];
        shows(services(), 80, &expected);
    }

    #[test]
    fn the_first_column_wraps_last_and_lines_of_a_row_stay_side_by_side() {
        let expected = [
            " service         address       share",
            "─────────────────────────────────────",
            " shop/web:http   10.96.0.7:80   50 %",
            "                 node port     100 %",
            "                 30080",
            " obs/node-cache  none          ✗ 0 %",
        ];
        shows(services(), 37, &expected);
    }

    #[test]
    fn a_page_of_100_columns_is_used_to_the_full() {
        let titles = ["service", "", "address", "pods", "share of new connections"];
        let mut table = Table::new(titles.map(Column::left));
        table.row(("kube-system/kube-dns:dns", "udp", "172.20.0.10:53", "2", "50 % each"));
        table.row((
            "edge/sticky-local-lb:https",
            "",
            Cell::lines(["172.20.38.141:443", "52.48.10.15:443 LB"]),
            Cell::lines(["3", "1 on this node"]),
            Cell::lines(["33.33 % each, sticky for 3 h", "100 %, sticky for 3 h"]),
        ));
        table.row(("obs/node-cache", "", "172.20.111.194:6379", "none on this node", "dropped"));
        // 26 + 3 + 19 + 17 + 28 and five times two blanks are 103: the last column gives three.
        let rule = "─".repeat(100);
        let expected = [
            " service                          address              pods               share of new connections",
            &rule,
            " kube-system/kube-dns:dns    udp  172.20.0.10:53       2                  50 % each",
            " edge/sticky-local-lb:https       172.20.38.141:443    3                  33.33 % each, sticky for",
            "                                                                          3 h",
            "                                  52.48.10.15:443 LB   1 on this node     100 %, sticky for 3 h",
            " obs/node-cache                   172.20.111.194:6379  none on this node  dropped",
        ];
        shows(table, 100, &expected);
    }

    #[test]
    fn wide_characters_align() {
        let mut table = Table::untitled(2);
        table.row(("東京", "x")).row(("abcd", "y"));
        shows(table, 80, &[" 東京  x", " abcd  y"]);
    }

    #[test]
    fn text_across_and_gaps_interrupt_the_columns_but_not_their_widths() {
        let mut table = Table::untitled(2);
        table.across("shop").row(("a", "1")).gap().across("observability").row(("longer", "2"));
        shows(table, 80, &[" shop", " a       1", "", " observability", " longer  2"]);
    }

    #[test]
    fn missing_cells_are_empty_and_surplus_ones_are_not_shown() {
        let mut table = Table::untitled(2);
        table.row(("a",)).row(("b", "1", "2")).row(Vec::new());
        shows(table, 80, &[" a", " b  1", ""]);
    }

    #[test]
    fn rows_far_apart_have_the_same_columns() {
        let mut table = Table::untitled(2);
        (0..600).for_each(|number| {
            table.row((number.to_string(), "x"));
        });
        table.row(("a wide one", "x"));
        let mut doc = Doc::new();
        doc.table(table);
        let shown = plain_text(&doc, 80);
        assert_eq!(shown.lines().count(), 601);
        assert!(shown.lines().all(|line| line.find('x') == Some(13)), "{shown}");
    }
}
