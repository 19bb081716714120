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
        show_excerpt(excerpt, gutter, canvas)?;
    }
    let bullet = blanks(gutter + 1).and(Line::of("= ", Tone::Dim));
    snippet.notes.iter().try_for_each(|note| canvas.hanging(&bullet, &Line::new(note)))
}

fn show_excerpt(excerpt: &Excerpt, gutter: usize, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let place = format!("{}:{}:{}", escaped(&excerpt.file), excerpt.line, excerpt.column);
    let arrow = blanks(gutter - 1).and(Line::of("--> ", Tone::Dim));
    canvas.hanging(&arrow, &Line::of(place, Tone::Plain))?;
    let shown = shown(excerpt, canvas.width().saturating_sub(gutter + 3).clamp(8, WIDEST));
    let bar = || blanks(gutter + 1).and(Line::of("|", Tone::Dim));
    let number = Line::of(excerpt.line.to_string(), Tone::Dim).right_aligned(gutter);
    canvas.line(&bar())?;
    let text = if shown.line.is_empty() { String::new() } else { format!(" {}", shown.line) };
    canvas.line(&number.and(Line::of(" |", Tone::Dim)).and(Line::of(text, Tone::Code)))?;
    let carets = blanks(shown.lead + 1).and(Line::of("^".repeat(shown.carets), Tone::Bad));
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
    let whole = left + right <= room && !excerpt.cut_left && !excerpt.cut_right;
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
    let right = right.min(room - left.min(room / 3));
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
