//! Bytes as they lie on disk → text: gzip, byte order marks, UTF-16, the line ends of old Macs.
//!
//! Text stays bytes: what is not UTF-8 passes through unchanged. A gzip bomb is refused before it fills the memory.

use crate::source::Text;
use anyhow::{Context, bail};
use flate2::bufread::GzDecoder;
use memchr::{memchr, memchr_iter};
use std::io::{ErrorKind, Read};

/// Text, and what should be said about how it came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: Text,
    pub(super) notes: Vec<String>,
}

/// How far compressed input may grow.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Never more bytes than this: 32-bit offsets end here.
    most: usize,
    /// Up to this size any ratio is taken.
    free: usize,
    /// Beyond it, no more than this many times the compressed size. Rules rarely pack better than 40 : 1.
    ratio: usize,
}

const BOUNDS: Bounds = Bounds { most: u32::MAX as usize, free: 1 << 30, ratio: 200 };
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The byte order mark in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// How much is unpacked between two looks at the size.
const CHUNK: u64 = 1 << 20;

/// The text in `bytes`.
pub(super) fn decode(bytes: impl Into<Text>) -> anyhow::Result<Decoded> {
    decode_within(bytes.into(), BOUNDS)
}

fn decode_within(bytes: Text, bounds: Bounds) -> anyhow::Result<Decoded> {
    let packed = bytes.len();
    let mut decoded = Decoded { text: bytes, notes: Vec::new() };
    // A log collector may have packed what was packed already; nobody packs four times.
    for _ in 0..3 {
        if !decoded.text.starts_with(GZIP) {
            break;
        }
        let (text, cut) = unpack(&decoded.text, packed, bounds)?;
        decoded.text = text.into();
        decoded.notes.extend(cut);
    }
    decoded.text = plain(decoded.text);
    Ok(decoded)
}

/// All members of a gzip file, and a note where it breaks off. `size` is that of the file, which may be packed twice.
fn unpack(packed: &[u8], size: usize, bounds: Bounds) -> anyhow::Result<(Vec<u8>, Option<String>)> {
    let mut rest = packed;
    let mut text = Vec::new();
    while rest.starts_with(GZIP) {
        let mut member = GzDecoder::new(rest);
        match append(&mut member, &mut text, size, bounds)? {
            None => rest = member.into_inner(),
            Some(error) if text.is_empty() => return Err(error).context("this is gzip, but it cannot be unpacked"),
            Some(error) => return Ok((text, Some(broken(&error)))),
        }
    }
    // Zeros behind the last member are tape padding.
    let cut = rest
        .iter()
        .any(|&byte| byte != 0)
        .then(|| format!("{} bytes behind the end of the gzip data were not read", rest.len()));
    Ok((text, cut))
}

/// Unpacks one member; an error of the data is a value, since what came before it is still good.
fn append(
    member: &mut GzDecoder<&[u8]>,
    text: &mut Vec<u8>,
    packed: usize,
    bounds: Bounds,
) -> anyhow::Result<Option<std::io::Error>> {
    loop {
        let before = text.len();
        match member.by_ref().take(CHUNK).read_to_end(text) {
            Err(error) => return Ok(Some(error)),
            Ok(_) if text.len() == before => return Ok(None),
            Ok(_) => within(text.len(), packed, bounds)?,
        }
    }
}

fn within(size: usize, packed: usize, bounds: Bounds) -> anyhow::Result<()> {
    if size > bounds.most {
        bail!("the gzip data unpacks to more than {} bytes: not read", bounds.most);
    }
    if size > bounds.free && size / bounds.ratio > packed {
        bail!("the gzip data ({packed} bytes) unpacks to more than {size} bytes: not read, it looks like a gzip bomb");
    }
    Ok(())
}

fn broken(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "the gzip data is cut off: what came before the cut was read".to_owned(),
        _ => format!("the gzip data is damaged ({error}): what came before the damage was read"),
    }
}

/// UTF-16 becomes UTF-8, marks go, lone CR becomes LF.
fn plain(bytes: Text) -> Text {
    if let Some(wide) = bytes.strip_prefix(b"\xff\xfe") {
        return line_ends(utf_16(wide, u16::from_le_bytes).into());
    }
    if let Some(wide) = bytes.strip_prefix(b"\xfe\xff") {
        return line_ends(utf_16(wide, u16::from_be_bytes).into());
    }
    match unmarked_utf_16(&bytes) {
        Some(order) => line_ends(utf_16(&bytes, order).into()),
        None => line_ends(match bytes.strip_prefix(MARK) {
            Some(text) => text.to_vec().into(),
            None => bytes,
        }),
    }
}

/// ASCII in UTF-16 has a NUL in every other byte; a dump has none, but for one in an odd comment.
fn unmarked_utf_16(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    let head = &bytes[..bytes.len().min(512)];
    let nuls = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, most) = (nuls(0), nuls(1), head.len() / 2);
    match () {
        () if most < 4 => None,
        () if even == 0 && odd * 10 >= most * 9 => Some(u16::from_le_bytes),
        () if odd == 0 && even * 10 >= most * 9 => Some(u16::from_be_bytes),
        () => None,
    }
}

fn utf_16(bytes: &[u8], order: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).map(|pair| order([pair[0], pair[1]]));
    let mut text = String::with_capacity(bytes.len() / 2);
    text.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    // A console redirect that appends may have left a second mark.
    let text = text.into_bytes();
    text.strip_prefix(MARK).map(<[u8]>::to_vec).unwrap_or(text)
}

/// A file that has CR but no LF comes from an old Mac (or a serial console).
fn line_ends(mut bytes: Text) -> Text {
    // Quoted text may hold a CR, so two of them are needed before lines are made of them.
    let lone = memchr(b'\n', &bytes).is_none() && memchr_iter(b'\r', &bytes).nth(1).is_some();
    if lone {
        bytes.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::ByteSlice;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    const DUMP: &[u8] = b"*nat\n:A - [0:0]\n-A A -j RETURN\nCOMMIT\n";

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn wide(text: &[u8], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.iter().flat_map(|&byte| order(u16::from(byte))).collect()
    }

    #[track_caller]
    fn decodes(bytes: &[u8]) {
        assert_eq!(decode(bytes.to_vec()).unwrap(), Decoded { text: DUMP.to_vec().into(), notes: Vec::new() });
    }

    #[test]
    fn plain_text_passes_unchanged() {
        decodes(DUMP);
        let raw = b"-A A -m comment --comment \"\xff\r\x00\"\r\n".to_vec();
        assert_eq!(*decode(raw.clone()).unwrap().text, *raw);
    }

    #[test]
    fn gzip_is_known_by_its_magic() {
        decodes(&packed(DUMP));
        decodes(&packed(&packed(DUMP)));
    }

    #[test]
    fn all_members_of_a_gzip_file_are_read() {
        decodes(&[packed(&DUMP[..9]), packed(&DUMP[9..]), vec![0; 512]].concat());
    }

    #[test]
    fn of_truncated_gzip_what_is_there_is_read() {
        let text: Vec<u8> =
            (0..20_000).flat_map(|at| format!("-A C{} -j X\n", at * 7919 % 10_007).into_bytes()).collect();
        let mut bytes = packed(&text);
        bytes.truncate(bytes.len() / 2);
        let decoded = decode(bytes).unwrap();
        assert!(decoded.text.len() > 1000 && text.starts_with(&decoded.text));
        assert_eq!(decoded.notes, ["the gzip data is cut off: what came before the cut was read"]);
    }

    #[test]
    fn bytes_behind_the_gzip_data_are_told() {
        let decoded = decode([packed(DUMP), b"tail".to_vec()].concat()).unwrap();
        assert_eq!(*decoded.text, *DUMP);
        assert_eq!(decoded.notes, ["4 bytes behind the end of the gzip data were not read"]);
    }

    #[test]
    fn a_gzip_bomb_is_refused() {
        let bounds = Bounds { most: 8 << 20, free: 2 << 20, ratio: 200 };
        let told = |size: usize| decode_within(packed(&vec![b'a'; size]).into(), bounds).unwrap_err().to_string();
        assert!(told(6 << 20).contains("gzip bomb"), "{}", told(6 << 20));
        let twice = decode_within(packed(&packed(&vec![b'a'; 3 << 20])).into(), bounds).unwrap_err().to_string();
        assert!(twice.contains("gzip bomb"), "{twice}");
        let unpackable: Vec<u8> =
            (0_u32..3 << 20).flat_map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let error = decode_within(packed(&unpackable).into(), bounds).unwrap_err().to_string();
        assert_eq!(error, "the gzip data unpacks to more than 8388608 bytes: not read");
    }

    #[test]
    fn broken_gzip_is_an_error_in_words() {
        let error = decode(b"\x1f\x8bnothing".to_vec()).unwrap_err();
        assert_eq!(error.to_string(), "this is gzip, but it cannot be unpacked");
    }

    #[test]
    fn marks_and_wide_characters_become_plain_text() {
        decodes(&[b"\xef\xbb\xbf", DUMP].concat());
        decodes(&[b"\xff\xfe".to_vec(), wide(DUMP, u16::to_le_bytes)].concat());
        decodes(&[b"\xfe\xff".to_vec(), wide(DUMP, u16::to_be_bytes)].concat());
        decodes(&wide(DUMP, u16::to_le_bytes));
        decodes(&wide(DUMP, u16::to_be_bytes));
        decodes(&packed(&[b"\xff\xfe".to_vec(), wide(DUMP, u16::to_le_bytes)].concat()));
    }

    #[test]
    fn lone_carriage_returns_end_lines() {
        decodes(&DUMP.replace("\n", "\r"));
    }

    proptest! {
        #[test]
        fn any_bytes_decode(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(bytes);
        }

        #[test]
        fn damaged_gzip_never_panics(at in 0_usize..60, byte in any::<u8>(), end in 0_usize..80) {
            let mut bytes = packed(DUMP);
            if let Some(place) = bytes.get_mut(at) { *place = byte; }
            bytes.truncate(end);
            let _ = decode(bytes);
        }
    }
}
