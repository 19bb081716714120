//! Dumps inside JSON or Go strings of a log: literal `\n`, `\t`, `\"`, `\u003e`.
//!
//! iptables itself writes a backslash only in front of quotes and backslashes, so `\n` with a rule behind it is the
//! sign. The quotes that held the string part it from what stands around it.

use super::form::{Line, convinces, is_list_head, is_save, lines};
use super::rewrite::Rewrite;
use super::{Mended, counted};
use memchr::{memchr, memchr2, memchr2_iter, memmem};

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    memchr(b'\\', text)?;
    let (mut showing, mut all) = (0, 0);
    for line in lines(text).filter(|line| !line.text.is_empty()) {
        all += 1;
        showing += is_escaped(line.text);
    }
    if !convinces(showing, all) {
        return None;
    }
    let mut rewrite = Rewrite::new(text);
    let mut count = 0;
    for line in lines(text).filter(|line| is_escaped(line.text) > 0) {
        unescape(line, &mut rewrite);
        count += 1;
    }
    let note = format!("escaped text (`\\n`, `\\\"`) in {} was unescaped", counted(count, "line"));
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

/// How often a line of output begins behind an escaped line end, or ends with one at the end of a string.
fn is_escaped(line: &[u8]) -> usize {
    // A rule as iptables prints it has no escaped line end outside of quotes, and inside it doubles the backslash.
    memmem::find_iter(line, b"\\n").filter(|&at| !is_doubled(line, at)).filter(|&at| is_seam(line, at)).take(3).count()
}

fn is_doubled(line: &[u8], at: usize) -> bool {
    line[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

fn is_seam(line: &[u8], at: usize) -> bool {
    let behind = &line[at + 2..];
    begins_output(behind)
        || behind.starts_with(b"\"") && memmem::find(line, b"\"-A ").or(memmem::find(line, b"\":")).is_some()
}

/// Whether the text up to the next escape is the start of a line of output.
fn begins_output(text: &[u8]) -> bool {
    let end = memchr2(b'\\', b'"', text).unwrap_or(text.len());
    let start = &text[..end.min(300)];
    is_save(start) || is_list_head(start)
}

fn unescape(line: Line<'_>, rewrite: &mut Rewrite<'_>) {
    let text = line.text;
    let nested = memmem::find(text, b"\\\"").is_some();
    let mut done = 0;
    let mut inside = false;
    for at in memchr2_iter(b'\\', b'"', text) {
        if at < done {
            continue;
        }
        let piece = match text[at] {
            b'"' if holds(text, at) || inside && nested => {
                inside = begins_output(&text[at + 1..]);
                Some((1, &b"\n"[..]))
            }
            b'"' => None,
            _ => escape(&text[at..]),
        };
        if let Some((len, with)) = piece {
            rewrite.replace(line.start + at..line.start + at + len, with);
            done = at + len;
        } else {
            done = at + 1;
        }
    }
}

/// Whether this quote opens or closes the string, where quotes inside are not escaped.
fn holds(text: &[u8], at: usize) -> bool {
    begins_output(&text[at + 1..]) || text[..at].ends_with(b"\\n")
}

fn escape(text: &[u8]) -> Option<(usize, &'static [u8])> {
    match text {
        [_, b'n', ..] => Some((2, b"\n")),
        [_, b't', ..] => Some((2, b"\t")),
        [_, b'r', ..] => Some((2, b"")),
        [_, b'"', ..] => Some((2, b"\"")),
        [_, b'\\', ..] => Some((2, b"\\")),
        [_, b'/', ..] => Some((2, b"/")),
        [_, b'u', code @ ..] => match code.get(..4)? {
            b"003e" | b"003E" => Some((6, b">")),
            b"003c" | b"003C" => Some((6, b"<")),
            b"0026" => Some((6, b"&")),
            b"0027" => Some((6, b"'")),
            b"0022" => Some((6, b"\"")),
            _ => None,
        },
        _ => None,
    }
}
