//! Snippets: the message, then each place with its line and carets under what is meant, then the notes.

use super::canvas::Canvas;
use super::escape::{escaped, escaped_chars};
use super::line::{Line, blanks, width};
use super::wrap::wrapped;
use crate::doc::{Excerpt, Snippet, Tone};
use std::io;

/// No more of a line of the dump is shown, however wide the terminal is.
const WIDEST: usize = 160;

/// An excerpt cut to what is shown.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: String,
    /// Columns left of the carets.
    lead: usize,
    /// Number of carets.
    carets: usize,
}

/// Shows `snippet`.
pub(super) fn show(snippet: &Snippet, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let gutter = snippet.excerpts.iter().map(|excerpt| excerpt.line.to_string().len()).max().unwrap_or(1);
    canvas.hanging(&Line::default(), &Line::new(&snippet.title))?;
    for excerpt in &snippet.excerpts {
        show_excerpt(excerpt, gutter, tone(snippet), canvas)?;
    }
    let bullet = blanks(gutter + 1).and(Line::of("= ", Tone::Dim));
    snippet.notes.iter().try_for_each(|note| canvas.hanging(&bullet, &Line::new(note)))
}

/// Carets look like the level that the title starts with.
fn tone(snippet: &Snippet) -> Tone {
    snippet.title.phrases.first().map_or(Tone::Plain, |level| level.tone)
}

fn show_excerpt(excerpt: &Excerpt, gutter: usize, tone: Tone, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let place = format!("{}:{}:{}", escaped(&excerpt.file), excerpt.line, excerpt.column);
    let arrow = blanks(gutter - 1).and(Line::of("--> ", Tone::Dim));
    canvas.hanging(&arrow, &Line::of(place, Tone::Plain))?;
    let shown = shown(excerpt, canvas.width().saturating_sub(gutter + 3).clamp(8, WIDEST));
    let bar = || blanks(gutter + 1).and(Line::of("|", Tone::Dim));
    let number = Line::of(excerpt.line.to_string(), Tone::Dim).right_aligned(gutter);
    canvas.line(&bar())?;
    let text = if shown.line.is_empty() { String::new() } else { format!(" {}", shown.line) };
    canvas.line(&number.and(Line::of(" |", Tone::Dim)).and(Line::of(text, Tone::Plain)))?;
    let carets = blanks(shown.lead + 1).and(Line::of("^".repeat(shown.carets), tone));
    show_label(excerpt, &bar, &carets, canvas)
}

/// The carets, with the label behind them where it fits in one line, else below.
fn show_label<'a>(
    excerpt: &'a Excerpt,
    bar: &impl Fn() -> Line<'a>,
    carets: &Line<'a>,
    canvas: &mut Canvas<'_>,
) -> io::Result<()> {
    let label = Line::new(&excerpt.label);
    let front = bar().and(carets.clone());
    if label.width() == 0 {
        return canvas.line(&front);
    }
    if front.width() + 1 + label.width() <= canvas.width() {
        return canvas.line(&front.and(blanks(1)).and(label));
    }
    canvas.line(&front)?;
    let below = bar().and(blanks(1));
    let parts = wrapped(&label, canvas.width().saturating_sub(below.width()));
    parts.into_iter().try_for_each(|part| canvas.line(&below.clone().and(part)))
}

/// The line cut around the carets to `room` columns, with `…` for what is not shown.
fn shown(excerpt: &Excerpt, room: usize) -> Shown {
    let before: Vec<String> = escaped_chars(&excerpt.before).map(|(char, len)| in_line(char, len)).collect();
    let after: Vec<(String, usize)> =
        escaped_chars(&excerpt.after).map(|(char, len)| (in_line(char, len), len)).collect();
    let columns = |char: &String| width(char);
    let left: usize = before.iter().map(columns).sum();
    let right: usize = after.iter().map(|(char, _)| width(char)).sum();
    let whole = left + right.max(1) <= room && !excerpt.cut_left && !excerpt.cut_right;
    let (left, right) = if whole { (left, right) } else { shares(left, right, room) };
    let (lead, cut_left) = taken(before.iter().rev().map(|char| (char.as_str(), 1)), left, excerpt.cut_left);
    let (tail, cut_right) = taken(after.iter().map(|(char, len)| (char.as_str(), *len)), right, excerpt.cut_right);
    let lead: String =
        if cut_left { "…" } else { "" }.chars().chain(lead.iter().rev().flat_map(|(char, _)| char.chars())).collect();
    let mut covered = 0;
    let meant = tail.iter().take_while(|(_, len)| {
        covered += len;
        covered - len < excerpt.len
    });
    let carets = meant.map(|(char, _)| width(char)).sum::<usize>().max(1);
    let tail: String =
        tail.iter().flat_map(|(char, _)| char.chars()).chain(if cut_right { "…" } else { "" }.chars()).collect();
    Shown { lead: width(&lead), carets, line: lead + &tail }
}

/// A tab is as good as a blank inside a line of a dump.
fn in_line(char: String, len: usize) -> String {
    if len == 1 && char == "\\u{9}" { " ".to_owned() } else { char }
}

/// Columns left and right of the start of the carets when not all fit: a third for the left if the right needs the rest.
fn shares(left: usize, right: usize, room: usize) -> (usize, usize) {
    // One column stays for a caret behind the line.
    let right = right.max(1).min(room - left.min(room / 3));
    (left.min(room - right), right)
}

/// As many of `chars` as fit `room` columns, and whether some are left; the sign for those takes a column.
fn taken<'a>(chars: impl Iterator<Item = (&'a str, usize)>, room: usize, cut: bool) -> (Vec<(&'a str, usize)>, bool) {
    let mut taken: Vec<(&str, usize)> = Vec::new();
    let mut used = 0;
    let mut cut = cut;
    for (char, len) in chars {
        if used + width(char) > room {
            cut = true;
            break;
        }
        used += width(char);
        taken.push((char, len));
    }
    while cut
        && used + 1 > room
        && let Some((char, _)) = taken.pop()
    {
        used -= width(char);
    }
    (taken, cut)
}

#[cfg(test)]
mod tests {
    use crate::doc::{Doc, Excerpt, Snippet, bad, dim};
    use crate::render::terminal::plain_text;

    #[track_caller]
    fn shows(snippet: Snippet, columns: u16, expected: &[&str]) {
        let mut doc = Doc::new();
        doc.snippet(snippet);
        let shown = plain_text(&doc, columns);
        assert_eq!(shown.lines().collect::<Vec<_>>(), expected, "\n{shown}");
    }

    #[test]
    fn a_finding_shows_its_line_and_what_is_meant() {
        let title = "warning: `shop/web:http` has no endpoint ";
        let snippet = Snippet::new(bad(title).and(dim("[empty-service]")))
            .at(Excerpt::new("node-1.save", 214, 1, b":KUBE-SVC-67NZLRHBNDSAWJRO", 26))
            .note("note: run `explain empty-service` for more");
        let expected = [
            "warning: `shop/web:http` has no endpoint [empty-service]",
            "  --> node-1.save:214:1",
            "    |",
            "214 | :KUBE-SVC-67NZLRHBNDSAWJRO",
            "    | ^^^^^^^^^^^^^^^^^^^^^^^^^^",
            "    = note: run `explain empty-service` for more",
        ];
        shows(snippet, 80, &expected);
    }

    #[test]
    fn each_place_has_its_label_and_gutters_are_one() {
        let snippet = Snippet::new("error: two")
            .at(Excerpt::new("a", 9, 4, b"-A X -j Y", 1).label("here"))
            .at(Excerpt::new("b", 10, 9, b"-A X -j Y", 1).label("and the label of this place is long"));
        let expected = [
            "error: two",
            " --> a:9:4",
            "   |",
            " 9 | -A X -j Y",
            "   |    ^ here",
            " --> b:10:9",
            "   |",
            "10 | -A X -j Y",
            "   |         ^",
            "   | and the label of this place is",
            "   | long",
        ];
        shows(snippet, 36, &expected);
    }

    #[test]
    fn carets_count_columns_of_what_is_shown() {
        shown_under("東 X".as_bytes(), 5, 1, "東 X", "   ^");
        shown_under(b"\t-A X", 2, 2, " -A X", " ^^");
        shown_under(b"a\x1b\xffb", 2, 2, "a\\u{1b}\\x{ff}b", " ^^^^^^^^^^^^");
        shown_under(b"ab", 3, 0, "ab", "  ^");
    }

    #[track_caller]
    fn shown_under(line: &[u8], column: u32, len: usize, text: &str, carets: &str) {
        let mut doc = Doc::new();
        doc.snippet(Snippet::new("e").at(Excerpt::new("f", 7, column, line, len)));
        let shown = plain_text(&doc, 80);
        let lines: Vec<&str> = shown.lines().skip(3).collect();
        assert_eq!(lines, [format!("7 | {text}"), format!("  | {carets}")]);
    }

    #[test]
    fn an_empty_line_still_has_a_caret() {
        let snippet = Snippet::new("e").at(Excerpt::new("f", 7, 1, b"", 0));
        shows(snippet, 80, &["e", "--> f:7:1", "  |", "7 |", "  | ^"]);
    }

    #[test]
    fn a_caret_behind_a_long_line_is_not_wider_than_the_page() {
        let snippet = Snippet::new("e").at(Excerpt::new("f", 7, 37, &[b'x'; 36], 0));
        let text = format!("7 | …{}", "x".repeat(34));
        shows(snippet, 40, &["e", "--> f:7:37", "  |", &text, &format!("  | {}^", " ".repeat(35))]);
    }

    #[test]
    fn a_long_line_is_cut_around_the_carets() {
        let line = ["x".repeat(300), "SPAN".into(), "y".repeat(300)].concat();
        let snippet = Snippet::new("e").at(Excerpt::new("f", 7, 301, line.as_bytes(), 4));
        let text = format!("7 | …{}SPAN{}…", "x".repeat(11), "y".repeat(19));
        shows(snippet, 40, &["e", "--> f:7:301", "  |", &text, "  |             ^^^^"]);
    }

    #[test]
    fn a_wide_terminal_shows_160_columns_of_a_line() {
        let snippet = Snippet::new("e").at(Excerpt::new("f", 7, 1, &vec![b'x'; 100_000], 100_000));
        let (text, carets) = (format!("7 | {}…", "x".repeat(159)), format!("  | {}", "^".repeat(159)));
        shows(snippet, 400, &["e", "--> f:7:1", "  |", &text, &carets]);
    }
}
