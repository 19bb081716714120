//! What texts go through before they arrive, each as a function of the bytes; they nest.

use bstr::ByteSlice;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// One thing that happens to a whole text.
pub(super) type Damage = fn(&[u8]) -> Vec<u8>;

/// Every damage of a text as a whole.
pub(super) const DAMAGES: &[Damage] = &[
    |text| text.replace("\n", "\r\n"),
    |text| text.replace("\n", "\n\n"),
    |text| text.replace("\n", " "),
    |text| text.replace("\n", "\r"),
    |text| [b"\xef\xbb\xbf", text].concat(),
    |text| wide(text, u16::to_le_bytes),
    |text| wide(text, u16::to_be_bytes),
    packed,
    |text| each(text, "> "),
    |text| each(text, "    "),
    |text| each(text, "\t"),
    |text| each(text, "+"),
    |text| each(text, "-"),
    |text| each(text, " "),
    |text| each(text, "node.save:"),
    |text| each(text, "Nov 14 11:06:11 host kube-proxy[12085]: "),
    |text| each(text, "I1225 03:04:45.320763       1 proxier.go:1355] "),
    |text| each(text, "2024-01-01T00:00:00.000Z stdout F "),
    |text| each(text, "\u{1b}[1m"),
    numbered,
    |text| text.replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t"),
    |text| [b"{\"log\":\"", &*text.replace("\"", "\\\"").replace("\n", "\\n"), b"\"}\n"].concat(),
    |text| text.replace("&", "&amp;").replace(">", "&gt;").replace("\"", "&quot;"),
    |text| text.replace("\n", "<br>\n"),
    |text| text.replace(" --", " \u{2013}"),
    |text| text.replace("\"", "\u{201c}"),
    |text| text.replace(" ", "\u{a0}"),
    |text| text.replace("  ", " "),
    |text| text.replace(" -j ", " \\\n  -j "),
    |text| text.replace("-j ", "\u{1b}[01;31m\u{1b}[K-j \u{1b}[m\u{1b}[K"),
    |text| wrapped(text, 80),
    |text| wrapped(text, 33),
    |text| grepped(text, b"KUBE-S"),
    |text| grepped(text, b"-j"),
    |text| [b"root@node:~# iptables-save -t nat\n", text, b"root@node:~# \n"].concat(),
    |text| [b"Hello,\n```\n", text, b"```\nWhat is wrong?\n"].concat(),
    |text| [text, b"--- node-2 ---\n", text].concat(),
    |text| text[..text.len() / 2].to_vec(),
    |text| text[text.len() / 3..].to_vec(),
];

fn each(text: &[u8], prefix: &str) -> Vec<u8> {
    text.lines_with_terminator().flat_map(|line| [prefix.as_bytes(), line]).flatten().copied().collect()
}

fn numbered(text: &[u8]) -> Vec<u8> {
    let lines = text.lines_with_terminator().enumerate();
    lines.flat_map(|(at, line)| [format!("{}:", at + 1).as_bytes(), line].concat()).collect()
}

fn wrapped(text: &[u8], width: usize) -> Vec<u8> {
    let pieces = |line: &[u8]| line.chunks(width).map(|piece| [piece, b"\n"].concat()).collect::<Vec<_>>().concat();
    text.lines().flat_map(pieces).collect()
}

fn grepped(text: &[u8], word: &[u8]) -> Vec<u8> {
    text.lines_with_terminator().filter(|line| line.contains_str(word)).flatten().copied().collect()
}

fn wide(text: &[u8], order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let units = text.to_str_lossy().encode_utf16().flat_map(order).collect::<Vec<u8>>();
    [&order(0xfeff)[..], &units].concat()
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}
