//! What word processors and web pages make of plain characters: dashes, quotes, blanks.
//!
//! Comments hold such characters by right. Only what stands outside of proper quotes is changed.

use super::form::{Line, is_output, is_rule, lines};
use super::rewrite::Rewrite;
use super::words::{is_blank, is_sealed, words};
use super::{Mended, counted};
use bstr::ByteSlice;
use memchr::memchr2;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    memchr2(0xe2, 0xc2, text)?;
    let mut rewrite = Rewrite::new(text);
    let mut count = 0;
    for line in lines(text).filter(|line| memchr2(0xe2, 0xc2, line.text).is_some()) {
        count += usize::from(mend_line(line, &mut rewrite));
    }
    let note = format!("typographic dashes, quotes or blanks in {} read as plain ones", counted(count, "line"));
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

/// Whether something had to be changed. Prose keeps its dashes.
fn mend_line(line: Line<'_>, rewrite: &mut Rewrite<'_>) -> bool {
    let plain = plain(line.text);
    if plain.is_empty() || !is_output(applied(line.text, &plain).trim_start()) {
        return false;
    }
    for change in plain {
        rewrite.replace(line.start + change.at..line.start + change.at + change.len, change.with);
    }
    true
}

struct Change {
    at: usize,
    len: usize,
    with: &'static [u8],
}

fn applied(line: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut text = Vec::with_capacity(line.len());
    let mut done = 0;
    for change in changes {
        text.extend_from_slice(&line[done..change.at]);
        text.extend_from_slice(change.with);
        done = change.at + change.len;
    }
    text.extend_from_slice(&line[done..]);
    text
}

/// The changes outside of sealed words, in order.
fn plain(line: &[u8]) -> Vec<Change> {
    let mut changes = Vec::new();
    // Inside typographic quotes dashes are text.
    let mut quoted = false;
    for word in words(line).filter(|word| !is_sealed(&line[word.clone()])) {
        let mut done = 0;
        for at in word {
            let Some((len, with)) = (at >= done).then(|| character(line, at, quoted)).flatten() else { continue };
            done = at + len;
            // A backslash makes it a part of the text.
            if with == b"\"" && !line[..at].ends_with(b"\\") {
                quoted = !quoted;
            }
            changes.push(Change { at, len, with });
        }
    }
    changes
}

/// Length of the typographic character at `at`, and the plain one.
fn character(line: &[u8], at: usize, quoted: bool) -> Option<(usize, &'static [u8])> {
    let rest = &line[at..];
    let edge = |at: Option<usize>| at.and_then(|at| line.get(at)).is_none_or(|&byte| is_blank(byte) || byte == 0xa0);
    let begins = edge(at.checked_sub(1));
    match rest {
        [0xc2, 0xa0, ..] => Some((2, b" ")),
        [0xe2, 0x80, 0x80..=0x8a | 0xaf, ..] => Some((3, b" ")),
        [0xe2, 0x80, 0x8b, ..] => Some((3, b"")),
        // “ opens behind a blank, ” closes in front of one.
        [0xe2, 0x80, 0x9c..=0x9f, ..] if begins || quoted => Some((3, b"\"")),
        _ if quoted => None,
        // A lone dash in a rule is a name; in a listing it was `--`.
        [first, second, third, ..] if is_dash([*first, *second, *third]) => {
            let doubled = rest.get(3..6).is_some_and(|next| is_dash([next[0], next[1], next[2]]));
            let half = at > 0 && line[at - 1] == b'-' && edge(at.checked_sub(2));
            match () {
                () if begins && doubled => Some((6, b"--")),
                () if begins && rest.len() == 3 && is_rule(line) => None,
                () if begins => Some((3, dash(&rest[3..]))),
                () if half => Some((3, b"-")),
                () => None,
            }
        }
        _ => None,
    }
}

/// U+2010 to U+2015, and the minus sign.
fn is_dash(character: [u8; 3]) -> bool {
    matches!(character, [0xe2, 0x80, 0x90..=0x95] | [0xe2, 0x88, 0x92])
}

/// A dash that starts a word: with one letter behind it a short option.
fn dash(behind: &[u8]) -> &'static [u8] {
    let short = behind.len() == 1 || behind.len() > 1 && behind[0].is_ascii_alphabetic() && is_blank_or_wide(behind[1]);
    // `-–comment`, `–-comment`: the other half is there already.
    if short || behind.starts_with(b"-") { b"-" } else { b"--" }
}

fn is_blank_or_wide(byte: u8) -> bool {
    is_blank(byte) || byte >= 0x80
}
