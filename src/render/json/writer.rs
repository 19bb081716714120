//! Values → JSON text: a line for each value, indented by two blanks a level, gathered and written in large pieces.
//!
//! The text is that of `serde_json::to_writer_pretty`, to the byte; names of fields are copied instead of searched for
//! what must be escaped, and so are texts in which nothing is. Dumps of ten thousand services give 150 MB of it.

use super::open::Open;
use memchr::{memchr2, memchr2_iter};
use serde::ser::{self, Impossible, Serialize, Serializer};
use std::fmt;
use std::io::{self, Write};

/// A line end and the blanks of sixteen levels; deeper ones take several steps.
const INDENTED: &[u8] = b"\n                                ";

/// Blanks a level.
const STEP: usize = 2;

/// As much is gathered before it is passed on.
const PIECE: usize = 1 << 16;

/// Where the text goes.
pub(super) struct Writer<'o> {
    out: &'o mut dyn Write,
    gathered: Vec<u8>,
    pub(super) level: usize,
}

/// Why a value could not be written.
#[derive(Debug)]
pub(super) enum Failure {
    /// The stream does not take it.
    Stream(io::Error),
    /// There is no JSON for such a value.
    Value(String),
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Self { out, gathered: Vec::with_capacity(PIECE + PIECE / 8), level: 0 }
    }

    /// Passes on what was gathered.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.gathered.push(b'\n');
        self.out.write_all(&self.gathered)?;
        self.out.flush()
    }

    pub(super) fn text(&mut self, text: &str) {
        self.gathered.extend_from_slice(text.as_bytes());
    }

    /// The end of a line, and the blanks before the next value.
    pub(super) fn line(&mut self) -> Result<(), Failure> {
        if self.gathered.len() >= PIECE {
            self.out.write_all(&self.gathered).map_err(Failure::Stream)?;
            self.gathered.clear();
        }
        let mut blanks = self.level * STEP;
        let most = INDENTED.len() - 1;
        self.gathered.extend_from_slice(&INDENTED[..=blanks.min(most)]);
        while blanks > most {
            blanks -= most;
            self.gathered.extend_from_slice(&INDENTED[1..=blanks.min(most)]);
        }
        Ok(())
    }

    fn quoted(&mut self, text: &str) {
        self.gathered.push(b'"');
        let bytes = text.as_bytes();
        // Without a branch, so that many bytes are looked at in one step.
        let has_control = bytes.iter().fold(0, |any, &byte| any | u8::from(byte < 0x20)) > 0;
        if has_control {
            for &byte in bytes {
                self.escaped(byte);
            }
        } else if memchr2(b'"', b'\\', bytes).is_none() {
            self.gathered.extend_from_slice(bytes);
        } else {
            let mut start = 0;
            for at in memchr2_iter(b'"', b'\\', bytes) {
                self.gathered.extend_from_slice(&bytes[start..at]);
                self.gathered.push(b'\\');
                start = at;
            }
            self.gathered.extend_from_slice(&bytes[start..]);
        }
        self.gathered.push(b'"');
    }

    fn escaped(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            0..0x20 => {
                self.text("\\u00");
                self.gathered.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                return;
            }
            _ => return self.gathered.push(byte),
        };
        self.gathered.extend([b'\\', short]);
    }

    /// Numbers as `serde_json` prints them.
    fn number(&mut self, number: impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.gathered, &number).map_err(|error| Failure::Value(error.to_string()))
    }

    fn open<'w>(&'w mut self, brackets: [&'static str; 2]) -> Open<'w, 'o> {
        self.text(brackets[0]);
        self.level += 1;
        Open { writer: self, is_empty: true, end: brackets[1] }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(error) => error.fmt(f),
            Self::Value(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::Value(what.to_string())
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Stream(error) => error,
            Failure::Value(what) => Self::new(io::ErrorKind::InvalidData, what),
        }
    }
}

const LIST: [&str; 2] = ["[", "]"];
const OBJECT: [&str; 2] = ["{", "}"];

/// Our documents have no such values.
fn no_variants<T>() -> Result<T, Failure> {
    Err(Failure::Value("a variant with fields".into()))
}

impl<'w, 'o> Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Open<'w, 'o>;
    type SerializeTuple = Open<'w, 'o>;
    type SerializeTupleStruct = Open<'w, 'o>;
    type SerializeTupleVariant = Impossible<(), Failure>;
    type SerializeMap = Open<'w, 'o>;
    type SerializeStruct = Open<'w, 'o>;
    type SerializeStructVariant = Impossible<(), Failure>;

    fn serialize_bool(self, value: bool) -> Result<(), Failure> {
        self.text(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_i16(self, value: i16) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_i32(self, value: i32) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_i64(self, value: i64) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_u8(self, value: u8) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_f32(self, value: f32) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Failure> {
        self.number(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Failure> {
        self.quoted(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Failure> {
        self.quoted(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Failure> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Failure> {
        self.serialize_unit()
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Failure> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failure> {
        self.text("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Failure> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Failure> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<(), Failure> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Failure> {
        no_variants()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'w, 'o>, Failure> {
        Ok(self.open(LIST))
    }

    fn serialize_tuple(self, _: usize) -> Result<Open<'w, 'o>, Failure> {
        Ok(self.open(LIST))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Open<'w, 'o>, Failure> {
        Ok(self.open(LIST))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Failure> {
        no_variants()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'w, 'o>, Failure> {
        Ok(self.open(OBJECT))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'w, 'o>, Failure> {
        Ok(self.open(OBJECT))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Failure> {
        no_variants()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn written(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        value.serialize(&mut writer).unwrap();
        writer.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[track_caller]
    fn is_as_usual(value: &impl Serialize) {
        assert_eq!(written(value), serde_json::to_string_pretty(value).unwrap() + "\n");
    }

    #[test]
    fn each_value_has_a_line_and_what_is_empty_stays_on_it() {
        let value = json!({"a": [], "b": {}, "c": [1, {"d": "x"}], "e": null});
        let expected = "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": \"x\"\n    }\n  ],\n  \"e\": null\n}\n";
        assert_eq!(written(&value), expected);
    }

    #[test]
    fn deep_levels_are_indented_like_all_others() {
        is_as_usual(&(0..40).fold(json!(1), |inner, _| json!([inner])));
    }

    #[test]
    fn numbers_are_printed_as_they_are_read() {
        is_as_usual(&(0.1, 1.0, -0.0, 1e-7, 1.0 / 3.0, f64::NAN, f64::INFINITY, u64::MAX, i64::MIN));
        is_as_usual(&(Some('D'), true, None::<u8>, (), "10.0.0.1".parse::<std::net::IpAddr>().unwrap()));
    }

    #[test]
    fn what_is_long_comes_out_whole_and_in_order() {
        is_as_usual(&(0..60_000).collect::<Vec<u32>>());
    }

    #[test]
    fn a_stream_that_fails_is_told_of() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (mut full, long) = (Full, vec![1; 100_000]);
        let failure = long.serialize(&mut Writer::new(&mut full)).unwrap_err();
        assert_eq!(io::Error::from(failure).kind(), io::ErrorKind::StorageFull);
    }

    proptest! {
        #[test]
        fn any_text_is_escaped_as_usual(text in "(?s).*", key in ".{0,9}") {
            is_as_usual(&text);
            let object: Value = [(key, Value::from(text))].into_iter().collect();
            is_as_usual(&object);
        }
    }
}
