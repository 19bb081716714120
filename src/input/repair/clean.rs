//! The quick look: most dumps are undamaged, and it must cost next to nothing to know that.
//!
//! A few searches, block by block at the speed of the cache, and a glance at the start of each line.

use super::form::{is_counters, is_list_head, is_protocol, is_save};
use super::words::words;
use crate::source::trim_line_end;
use crate::threads::{answers, line_parts};
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem, memrchr};

/// Whether every line is one that iptables prints, in either form, without a sign of any damage. `false` only means that it has to
/// be looked at closely.
pub(super) fn is_clean(text: &[u8]) -> bool {
    let parts = line_parts(text);
    let is_clean = |at: usize| blocks(parts[at]).all(|block| is_plain(block) && all_begin_well(block));
    answers(parts.len(), parts.len(), is_clean).into_iter().all(|is_clean| is_clean)
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
    let options = Finder::new(b" -- ");
    let is_well = |line: &[u8]| {
        let line = trim_line_end(line);
        begins_well(line) || is_listed(line, &options)
    };
    let mut rest = text;
    while let Some(end) = memchr(b'\n', rest) {
        if !is_well(&rest[..end]) {
            return false;
        }
        rest = &rest[end + 1..];
    }
    is_well(rest)
}

/// Whether it is a line of a listing, and one alone: the name of a chain, the heads of the columns, or a rule, with a
/// protocol before its one `--` and two addresses behind.
fn is_listed(line: &[u8], options: &Finder<'_>) -> bool {
    if let Some(at) = options.find(line) {
        let (head, tail) = (&line[..at], &line[at + b" -- ".len()..]);
        let is_one = options.find(&line[at + 1..]).is_none();
        return is_one && is_row_head(head) && words(tail).nth(1).is_some();
    }
    let is_short = line.len() < 100;
    let is_chain = line.starts_with(b"Chain ") && line.ends_with(b")");
    is_short && (is_chain || !line.starts_with(b"Chain ")) && is_list_head(line)
}

/// What stands before the options of a rule: its number and counters, where they are shown, its target, if it has one,
/// and its protocol. Whatever else is there stands in front of the line.
fn is_row_head(head: &[u8]) -> bool {
    let (mut numbers, mut has_target) = (0, false);
    let mut all = words(head).map(|word| &head[word]).peekable();
    while let Some(word) = all.next() {
        if all.peek().is_none() {
            return is_protocol(word);
        }
        if has_target {
            return false;
        }
        if numbers < 3 && is_count(word) {
            numbers += 1;
        } else if is_target(word) && (numbers > 0 || !head.starts_with(b" ")) {
            has_target = true;
        } else {
            return false;
        }
    }
    false
}

/// `12`, `1235T`.
fn is_count(word: &[u8]) -> bool {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && matches!(&word[digits..], b"" | b"K" | b"M" | b"G" | b"T" | b"P")
}

fn is_target(word: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    word.first().is_some_and(u8::is_ascii_alphanumeric) && word.iter().all(is_part)
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
