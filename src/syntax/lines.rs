//! The lines of a text. A quote that is open at the end of a rule's line carries on: a comment may hold a line feed.

use super::word::{is_blank, next_word, skip_blanks};
use crate::source::trim_line_end;
use memchr::{memchr, memchr3_iter};

/// How many lines a quote may hold together; comments have 255 bytes at most.
const JOINED: usize = 32;

/// The lines of `text`, each without its end, and how many line feeds it holds.
pub(super) fn lines(text: &[u8]) -> Lines<'_> {
    Lines { rest: text }
}

/// See [`lines`].
pub(super) struct Lines<'t> {
    /// What was not read yet.
    pub(super) rest: &'t [u8],
}

impl<'t> Iterator for Lines<'t> {
    type Item = (&'t [u8], usize);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (end, may_leave_quote_open) = first_line(self.rest);
        let (end, feeds) = if may_leave_quote_open { joined_end(self.rest, end) } else { (end, 0) };
        let (line, after) = self.rest.split_at(end);
        self.rest = after;
        Some((trim_line_end(line), feeds))
    }
}

/// `line` without blanks around it.
pub(super) fn trim_blanks(line: &[u8]) -> &[u8] {
    let line = skip_blanks(line);
    let end = line.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1);
    &line[..end]
}

/// Offset behind the line feed.
pub(super) fn line_end(text: &[u8]) -> usize {
    memchr(b'\n', text).map_or(text.len(), |at| at + 1)
}

/// Where the first line ends, and whether it may leave a quote open. A cheap look: only lines of rules may, and of
/// those only such with an odd number of quotes or with a backslash.
fn first_line(text: &[u8]) -> (usize, bool) {
    if !matches!(text.first(), Some(b'-' | b'[')) {
        return (line_end(text), false);
    }
    let (mut quotes, mut has_backslash) = (0_u32, false);
    let mut end = text.len();
    for at in memchr3_iter(b'\n', b'"', b'\\', text) {
        match text[at] {
            b'"' => quotes += 1,
            b'\\' => has_backslash = true,
            _ => {
                end = at + 1;
                break;
            }
        }
    }
    (end, quotes % 2 == 1 || (has_backslash && quotes > 0))
}

/// Where the line ends with the lines that its open quote holds, and how many those are; its own end if it has none, or
/// if what follows is a line of a dump in its own right.
fn joined_end(text: &[u8], end: usize) -> (usize, usize) {
    if !leaves_quote_open(trim_line_end(&text[..end])) {
        return (end, 0);
    }
    let mut stop = end;
    for feeds in 1..=JOINED {
        let next = &text[stop..];
        if next.is_empty() || begins_dump_line(next) {
            break;
        }
        stop += line_end(next);
        if !leaves_quote_open(trim_line_end(&text[..stop])) {
            return (stop, feeds);
        }
    }
    (end, 0)
}

/// Whether a quoted word begins in the line and does not end in it.
pub(super) fn leaves_quote_open(line: &[u8]) -> bool {
    let mut rest = line;
    loop {
        let (after, word) = next_word(rest);
        if word.is_empty() || is_open(word) {
            return !word.is_empty();
        }
        rest = after;
    }
}

/// Whether a word begins with a quote and does not end with one.
pub(super) fn is_open(word: &[u8]) -> bool {
    matches!(word, [b'"', inner @ ..] if !inner.ends_with(b"\"") || inner.is_empty())
}

fn begins_dump_line(text: &[u8]) -> bool {
    [b"-A ".as_slice(), b":", b"*", b"#", b"COMMIT", b"-N ", b"-P "].iter().any(|start| text.starts_with(start))
        || (text.starts_with(b"[") && memchr(b']', text).is_some_and(|close| text[close..].starts_with(b"] -A ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn splits(text: &str, expected: &[&str]) {
        let found: Vec<_> =
            lines(text.as_bytes()).map(|(line, _)| String::from_utf8_lossy(line).into_owned()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_comment_with_a_line_feed_is_one_line() {
        splits("-A X --comment \"a\nb\" -j Y\nCOMMIT\n", &["-A X --comment \"a\nb\" -j Y", "COMMIT"]);
    }

    #[test]
    fn a_quote_cut_off_does_not_swallow_the_next_rule() {
        splits("-A X --comment \"a\n-A Y -j Z\n", &["-A X --comment \"a", "-A Y -j Z"]);
    }

    #[test]
    fn escaped_quotes_leave_nothing_open() {
        splits("-A X --comment \"a \\\" b\"\r\n\nnext", &["-A X --comment \"a \\\" b\"", "", "next"]);
    }
}
