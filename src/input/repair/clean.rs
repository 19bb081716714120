//! The quick look: most dumps are undamaged, and it must cost next to nothing to know that.
//!
//! A few passes over the whole text at the speed of memory, and a glance at the start of each line.

use super::form::{is_counters, is_save};
use crate::source::trim_line_end;
use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem, memrchr};

/// Whether every line is one that iptables-save prints, without a sign of any damage. `false` only means that it has to
/// be looked at closely.
pub(super) fn is_clean(text: &[u8]) -> bool {
    blocks(text).all(|block| is_plain(block) && all_begin_well(block))
}

/// So much is looked at for one sign after the other while the processor has it at hand.
const BLOCK: usize = 1 << 15;

/// The text in blocks of whole lines.
fn blocks(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.get(BLOCK..).and_then(|after| memchr(b'\n', after)).map_or(rest.len(), |at| BLOCK + at + 1);
        let (block, after) = rest.split_at(end);
        rest = after;
        (!block.is_empty()).then_some(block)
    })
}

/// Whether nothing in the lines is a sign of damage.
fn is_plain(lines: &[u8]) -> bool {
    // Escape sequences, typographic characters, HTML and remarks show by these.
    memchr3(0x1b, 0xe2, 0xc2, lines).is_none()
        && memchr2(b'&', b'<', lines).is_none()
        && memmem::find(lines, b" //").is_none()
        && memchr_iter(b'#', lines).all(|at| at == 0 || lines[at - 1] == b'\n')
        && memchr_iter(b'\\', lines).all(|at| matches!(lines.get(at + 1), Some(b'"' | b'\'' | b'\\')))
        && memmem::find_iter(lines, b" -A ").all(|at| is_behind_counters(&lines[..at]))
}

/// Whether the text ends with the counters in front of a rule, at the start of a line.
fn is_behind_counters(text: &[u8]) -> bool {
    let near = &text[text.len().saturating_sub(48)..];
    memrchr(b'[', near).is_some_and(|open| {
        let first = open == 0 && near.len() == text.len();
        is_counters(&near[open..]) && (first || open > 0 && near[open - 1] == b'\n')
    })
}

fn all_begin_well(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(end) = memchr(b'\n', rest) {
        if !begins_well(trim_line_end(&rest[..end])) {
            return false;
        }
        rest = &rest[end + 1..];
    }
    begins_well(trim_line_end(rest))
}

fn begins_well(line: &[u8]) -> bool {
    match line {
        [] | [b'-', b'A', b' ', b'!'..=b'~', ..] => true,
        [b'#', ..] => line.len() < 160,
        // Rules with counters are of any length; of declarations a long one may be many in a line.
        [b'[', ..] => is_save(line),
        _ => line.len() < 100 && is_save(line),
    }
}
