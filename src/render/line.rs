//! A line about to be shown: escaped text with tones, and its width.
//!
//! A [`Piece`] can only be made from text that went through the escaper, or from signs of the renderer's own.

use super::escape::escaped;
use super::theme;
use crate::doc::{Text, Tone};
use bstr::{BStr, ByteSlice};
use std::borrow::Cow;
use std::fmt;
use unicode_width::UnicodeWidthChar;

/// Escaped text with one tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    text: Cow<'a, str>,
    tone: Tone,
}

/// Pieces in a row. `Display` gives them styled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pieces: Vec<Piece<'a>>,
    width: usize,
}

impl<'a> Line<'a> {
    /// `text`, escaped.
    pub(super) fn new(text: &'a Text) -> Self {
        Self::of_phrases(text.phrases.iter().map(|phrase| (phrase.text.as_bstr(), phrase.tone)))
    }

    /// Phrases of a text, escaped.
    pub(super) fn of_phrases(phrases: impl Iterator<Item = (&'a BStr, Tone)>) -> Self {
        Self::from_pieces(phrases.map(|(text, tone)| Piece { text: escaped(text), tone }).collect())
    }

    /// `text` that the renderer made itself.
    pub(super) fn of(text: impl Into<Cow<'a, str>>, tone: Tone) -> Self {
        Self::from_pieces(vec![Piece { text: text.into(), tone }])
    }

    /// Characters that were escaped before, each with its tone.
    pub(super) fn of_chars(chars: &[(char, Tone)]) -> Self {
        let run = |run: &[(char, Tone)]| Piece {
            text: Cow::Owned(run.iter().map(|(char, _)| char).collect()),
            tone: run[0].1,
        };
        Self::from_pieces(chars.chunk_by(|one, next| one.1 == next.1).map(run).collect())
    }

    fn from_pieces(pieces: Vec<Piece<'a>>) -> Self {
        let width = pieces.iter().map(|piece| width(&piece.text)).sum();
        Self { pieces, width }
    }

    /// Columns it takes.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Its characters, each with its tone.
    pub(super) fn chars(&self) -> impl Iterator<Item = (char, Tone)> {
        self.pieces.iter().flat_map(|piece| piece.text.chars().map(|char| (char, piece.tone)))
    }

    /// Its text and tones.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (&str, Tone)> {
        self.pieces.iter().map(|piece| (&*piece.text, piece.tone))
    }

    /// This line, and `more` behind it.
    pub(super) fn and(mut self, more: Line<'a>) -> Self {
        self.pieces.extend(more.pieces);
        self.width += more.width;
        self
    }

    /// This line, filled with blanks on the right up to `width` columns.
    pub(super) fn padded(self, width: usize) -> Self {
        let missing = width.saturating_sub(self.width);
        self.and(blanks(missing))
    }

    /// This line, with blanks on the left up to `width` columns.
    pub(super) fn right_aligned(self, width: usize) -> Self {
        let missing = width.saturating_sub(self.width);
        blanks(missing).and(self)
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().filter(|(text, _)| !text.is_empty()).try_for_each(|(text, tone)| match tone {
            Tone::Plain => f.write_str(text),
            _ => write!(f, "{}", theme::style(tone).style(text)),
        })
    }
}

/// So many blanks.
pub(super) fn blanks<'a>(count: usize) -> Line<'a> {
    if count == 0 { Line::default() } else { Line::of(" ".repeat(count), Tone::Plain) }
}

/// Columns that escaped text takes: the sum over its characters.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char_width).sum() }
}

/// Columns that a character takes.
pub(super) fn char_width(char: char) -> usize {
    char.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{bad, dim};

    #[test]
    fn a_line_is_escaped_styled_and_measured() {
        let text = bad("✗").and(" a\x1bb ").and(dim("東"));
        let line = Line::new(&text);
        assert_eq!(line.width(), 1 + 1 + 1 + 6 + 2 + 2);
        assert_eq!(line.to_string(), "\u{1b}[31;1m✗\u{1b}[0m a\\u{1b}b \u{1b}[2m東\u{1b}[0m");
    }

    #[test]
    fn padding_counts_columns() {
        assert_eq!(Line::of("東", Tone::Plain).padded(4).to_string(), "東  ");
        assert_eq!(Line::of("7", Tone::Plain).right_aligned(3).to_string(), "  7");
    }

    #[test]
    fn characters_make_the_same_line_again() {
        let text = bad("ab").and("cd");
        let line = Line::new(&text);
        assert_eq!(Line::of_chars(&line.chars().collect::<Vec<_>>()), line);
    }
}
