//! How JSON is laid out: indented, and with every character that [`escape`](crate::render::escape) spells out written as
//! `\u….`: the same text to any reader of JSON, and harmless on a terminal.

use crate::render::escape::is_spelled_out;
use serde_json::ser::{Formatter, PrettyFormatter};
use std::io::{self, Write};

/// The layout of every document.
pub(in crate::render) struct Harmless<'i>(PrettyFormatter<'i>);

impl Harmless<'_> {
    pub(in crate::render) fn new() -> Self {
        Self(PrettyFormatter::new())
    }
}

impl Formatter for Harmless<'_> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
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
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out_and_reads_as_the_same_text() {
        let text = "é \u{9b}2J \u{202e}x\u{200b}\u{feff}\u{7f} \u{e0041}\t\u{1b}";
        let mut out = Vec::new();
        [text].serialize(&mut serde_json::Serializer::with_formatter(&mut out, Harmless::new())).unwrap();
        let written = String::from_utf8(out).unwrap();
        let expected = "[\n  \"é \\u009b2J \\u202ex\\u200b\\ufeff\\u007f \\udb40\\udc41\\t\\u001b\"\n]";
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_str::<Vec<String>>(&written).unwrap(), [text]);
    }
}
