//! How JSON is laid out: a line for each value, indented by two blanks a level, as `serde_json` lays it out by itself,
//! but what lies deep (the lines of a dump that prove an endpoint) on one line;
//! every character that [`escape`](crate::render::escape) spells out is written as `\u…`: the same text to any reader of
//! JSON, and harmless on a terminal. Bytes are text of the dump; see [`Text`](super::convert::Text). A name that is a
//! number is that of a [`Field`](super::field::Field).
//!
//! Dumps of ten thousand services give 100 MB of it, mostly indentation and names of fields, so that few and long writes
//! make it.

use super::field;
use crate::render::escape::{is_printable_ascii, is_spelled_out};
use bstr::ByteSlice;
use memchr::memchr2;
use serde::Serializer as _;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Lists and objects inside of so many others stand on one line.
const DEEP: usize = 6;

/// What stands between two values, and before the first quote of a key: a comma, a line end, the blanks of all levels.
const INDENTED: &[u8] = b",\n            ";

/// The comma and the line end.
const LINE_END: usize = 2;

/// Blanks a level.
const STEP: usize = 2;

const _: () = assert!(INDENTED.len() == LINE_END + DEEP * STEP);

/// The layout of one document.
#[derive(Debug, Default)]
pub(super) struct Layout {
    level: usize,
    /// Whether the list or object at hand holds something by now.
    has_value: bool,
    /// Whether the string at hand is the name of a field.
    is_key: bool,
}

impl Layout {
    /// The end of a line and the blanks before the next value; before them a comma where a value stands there.
    fn line<W: ?Sized + Write>(&self, is_first: bool, out: &mut W) -> io::Result<()> {
        match INDENTED.get(usize::from(is_first)..LINE_END + self.level * STEP) {
            Some(piece) => out.write_all(piece),
            None if is_first => Ok(()),
            None => out.write_all(b", "),
        }
    }

    fn open<W: ?Sized + Write>(&mut self, bracket: u8, out: &mut W) -> io::Result<()> {
        self.level += 1;
        self.has_value = false;
        out.write_all(&[bracket])
    }

    fn close<W: ?Sized + Write>(&mut self, bracket: u8, out: &mut W) -> io::Result<()> {
        let is_deep = self.level > DEEP;
        self.level -= 1;
        if self.has_value && !is_deep {
            self.line(true, out)?;
        }
        self.has_value = true;
        out.write_all(&[bracket])
    }
}

impl Formatter for Layout {
    fn end_string<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        // The colon behind a key comes with its quote.
        if self.is_key { out.write_all(b"\": ") } else { out.write_all(b"\"") }
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        if is_printable_ascii(text.as_bytes()) {
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

    fn write_u8<W: ?Sized + Write>(&mut self, out: &mut W, value: u8) -> io::Result<()> {
        if self.is_key { out.write_all(field::name(value).as_bytes()) } else { write!(out, "{value}") }
    }

    fn write_byte_array<W: ?Sized + Write>(&mut self, out: &mut W, text: &[u8]) -> io::Result<()> {
        if !is_printable_ascii(text) {
            let text = text.to_str_lossy();
            return Ok(Serializer::with_formatter(out, Self::default()).serialize_str(&text)?);
        }
        out.write_all(b"\"")?;
        let mut rest = text;
        while let Some(at) = memchr2(b'"', b'\\', rest) {
            out.write_all(&rest[..at])?;
            out.write_all(&[b'\\', rest[at]])?;
            rest = &rest[at + 1..];
        }
        out.write_all(rest)?;
        out.write_all(b"\"")
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(b'[', out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(b']', out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, is_first: bool) -> io::Result<()> {
        self.line(is_first, out)
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
        self.is_key = true;
        self.line(is_first, out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_key = false;
        Ok(())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::convert::Text;
    use super::*;
    use serde::Serialize;
    use serde_json::{Serializer, Value, json};

    #[test]
    fn it_is_the_layout_of_serde_json() {
        let mut nested = json!({"a": [], "b": {}, "c": 1});
        for _ in 0..2 {
            nested = json!([nested, {"a": [], "b": {}, "c": [1, "x\u{1}\"", null]}]);
        }
        for value in [json!(1), json!([]), json!({}), json!({"d": {"e": nested}})] {
            assert_eq!(laid_out(&value), serde_json::to_string_pretty::<Value>(&value).unwrap());
        }
    }

    #[test]
    fn what_lies_deep_stands_on_one_line() {
        let mut value = json!([{"file": "a", "line": [1, 2], "no": {}}, {}, [[]], "x"]);
        for _ in 0..DEEP {
            value = json!([value]);
        }
        let expected = "            [{\"file\": \"a\", \"line\": [1, 2], \"no\": {}}, {}, [[]], \"x\"]";
        let text = laid_out(&value);
        assert!(text.lines().any(|line| line == expected), "{text}");
        assert_eq!(text.lines().count(), 2 * DEEP + 1);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    fn laid_out(value: &Value) -> String {
        let mut out = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut out, Layout::default())).unwrap();
        String::from_utf8(out).unwrap()
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

    #[test]
    fn bytes_are_written_as_the_text_they_are() {
        for text in [
            &b""[..],
            b"-A X --comment \"a/b:c\" -j \"\\\"",
            b"\"",
            b"\x1b[2J",
            "é\u{202e}".as_bytes(),
            b"a\xff\xfe\"z",
        ] {
            let (mut bytes, mut string) = (Vec::new(), Vec::new());
            Text(text.into()).serialize(&mut Serializer::with_formatter(&mut bytes, Layout::default())).unwrap();
            text.to_str_lossy().serialize(&mut Serializer::with_formatter(&mut string, Layout::default())).unwrap();
            assert_eq!(bytes.as_bstr(), string.as_bstr());
        }
    }
}
