//! Captures of a terminal (`script`, `watch`, `grep --color`): escape sequences go, jumps of the cursor end lines.
//!
//! A comment may hold ESC by right. So there has to be a sequence outside of quotes, or the marks of a coloured grep.

use super::form::lines;
use super::rewrite::Rewrite;
use super::words::{is_sealed, words};
use super::{Mended, counted};
use memchr::{memchr, memmem};

const ESC: u8 = 0x1b;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    memchr(ESC, text)?;
    let grep = memmem::find(text, b"\x1b[K").is_some() && memmem::find(text, b"m\x1b[K").is_some();
    if !grep && !lines(text).any(|line| memchr(ESC, line.text).is_some() && escapes(line.text)) {
        return None;
    }
    let mut rewrite = Rewrite::new(text);
    let (mut at, mut count) = (0, 0);
    while let Some(found) = memchr(ESC, &text[at..]) {
        let start = at + found;
        at = start + length(&text[start..]);
        count += 1;
        if moves(&text[start..at]) { rewrite.replace(start..at, b"\n") } else { rewrite.delete(start..at) }
    }
    let note = format!("{} of a terminal stripped", counted(count, "escape sequence"));
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

/// Whether there is a sequence outside of quotes.
fn escapes(line: &[u8]) -> bool {
    words(line).any(|word| !is_sealed(&line[word.clone()]) && memmem::find(&line[word], b"\x1b[").is_some())
}

/// Length of the sequence at the start: CSI up to its final byte, OSC up to BEL or ST, else two or three bytes.
fn length(text: &[u8]) -> usize {
    let ends = |from: usize, last: fn(u8) -> bool| {
        let len = text.iter().skip(from).take(256).position(|&byte| last(byte) || byte == b'\n');
        len.map_or(text.len().min(from), |len| from + len + usize::from(text[from + len] != b'\n'))
    };
    match text.get(1) {
        Some(b'[') => ends(2, |byte| (0x40..=0x7e).contains(&byte)),
        Some(b']') => ends(2, |byte| byte == 7 || byte == b'\\'),
        Some(b'(' | b')') => text.len().min(3),
        Some(b'\n') | None => 1,
        Some(_) => 2,
    }
}

/// Whether it puts the cursor somewhere else: what follows is another line.
fn moves(sequence: &[u8]) -> bool {
    sequence.starts_with(b"\x1b[")
        && matches!(sequence.last(), Some(b'H' | b'f' | b'd' | b'J' | b'E'))
        && !matches!(sequence, b"\x1b[J")
}
