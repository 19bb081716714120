//! How JSON is laid out: a line for each value, indented by two blanks a level, as `serde_json` lays it out by itself;
//! every character that [`escape`](crate::render::escape) spells out is written as `\u…`: the same text to any reader of
//! JSON, and harmless on a terminal.
//!
//! Dumps of ten thousand services give 150 MB of it, mostly indentation, which is written here in one piece.

use crate::render::escape::is_spelled_out;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// A line end and the blanks of twenty levels; deeper ones take several steps.
const INDENTED: &[u8] = b"\n                                        ";

/// Blanks a level.
const STEP: usize = 2;

/// The layout of one document.
#[derive(Debug, Default)]
pub(super) struct Layout {
    level: usize,
    /// Whether the list or object at hand holds something by now.
    has_value: bool,
}

impl Layout {
    /// The end of a line, and the blanks before the next value.
    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        let most = INDENTED.len() - 1;
        let mut blanks = self.level * STEP;
        out.write_all(&INDENTED[..=blanks.min(most)])?;
        while blanks > most {
            blanks -= most;
            out.write_all(&INDENTED[1..=blanks.min(most)])?;
        }
        Ok(())
    }

    fn open<W: ?Sized + Write>(&mut self, bracket: u8, out: &mut W) -> io::Result<()> {
        self.level += 1;
        self.has_value = false;
        out.write_all(&[bracket])
    }

    fn close<W: ?Sized + Write>(&mut self, bracket: u8, out: &mut W) -> io::Result<()> {
        self.level -= 1;
        if self.has_value {
            self.line(out)?;
        }
        self.has_value = true;
        out.write_all(&[bracket])
    }

    fn next<W: ?Sized + Write>(&self, is_first: bool, out: &mut W) -> io::Result<()> {
        if !is_first {
            out.write_all(b",")?;
        }
        self.line(out)
    }
}

impl Formatter for Layout {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        // Without a branch, so that many bytes are looked at in one step.
        if !text.bytes().fold(false, |odd, byte| odd | !matches!(byte, b' '..=b'~')) {
            return out.write_all(text.as_bytes());
        }
        let mut rest = text;
        while let Some(at) = rest.find(is_spelled_out) {
            let (before, behind) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            let mut letters = behind.chars();
            let letter = letters.next().unwrap_or_default();
            let mut units = [0; 2];
            for unit in letter.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = letters.as_str();
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(b'[', out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(b']', out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.next(is_first, out)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(b'{', out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(b'}', out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.next(is_first, out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde_json::{Serializer, Value, json};

    #[test]
    fn it_is_the_layout_of_serde_json() {
        let mut deep = json!({});
        for _ in 0..50 {
            deep = json!([deep, {"a": [], "b": {}, "c": [1, "x\u{1}\"", null]}]);
        }
        for value in [json!(1), json!([]), json!({}), deep] {
            let mut own = Vec::new();
            value.serialize(&mut Serializer::with_formatter(&mut own, Layout::default())).expect("a value");
            assert_eq!(String::from_utf8(own).ok(), serde_json::to_string_pretty::<Value>(&value).ok());
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out_and_reads_as_the_same_text() {
        let text = "é \u{9b}2J \u{202e}x\u{200b}\u{feff}\u{7f} \u{e0041}\t\u{1b}";
        let mut out = Vec::new();
        [text].serialize(&mut Serializer::with_formatter(&mut out, Layout::default())).unwrap();
        let written = String::from_utf8(out).unwrap();
        let expected = "[\n  \"é \\u009b2J \\u202ex\\u200b\\ufeff\\u007f \\udb40\\udc41\\t\\u001b\"\n]";
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_str::<Vec<String>>(&written).unwrap(), [text]);
    }
}
