//! The quick look: most dumps are undamaged, and it must cost next to nothing to know that.
//!
//! A few passes over the whole text at the speed of memory, and a glance at the start of each line.

use super::form::{is_counters, is_save, lines};
use memchr::{memchr_iter, memchr2, memchr3, memmem, memrchr};

/// Whether every line is one that iptables-save prints, without a sign of any damage. `false` only means that it has to
/// be looked at closely.
pub(super) fn is_clean(text: &[u8]) -> bool {
    // Escape sequences, typographic characters, HTML and remarks show by these.
    memchr3(0x1b, 0xe2, 0xc2, text).is_none()
        && memchr2(b'&', b'<', text).is_none()
        && memmem::find(text, b" //").is_none()
        && memchr_iter(b'#', text).all(|at| at == 0 || text[at - 1] == b'\n')
        && memchr_iter(b'\\', text).all(|at| matches!(text.get(at + 1), Some(b'"' | b'\'' | b'\\')))
        && memmem::find_iter(text, b" -A ").all(|at| is_behind_counters(&text[..at]))
        && lines(text).all(|line| begins_well(line.text))
}

/// Whether the text ends with the counters in front of a rule, at the start of a line.
fn is_behind_counters(text: &[u8]) -> bool {
    let near = &text[text.len().saturating_sub(48)..];
    memrchr(b'[', near).is_some_and(|open| {
        let first = open == 0 && near.len() == text.len();
        is_counters(&near[open..]) && (first || open > 0 && near[open - 1] == b'\n')
    })
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
