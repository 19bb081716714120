//! The words of a line as iptables-restore splits them, with the place of each.
//!
//! A `"` at the start of a word quotes up to the next one without `\`; in listings `/* … */` is one word too. A quote or
//! comment that never closes is an ordinary word.

use std::ops::Range;

/// The words of a line, front to back.
#[derive(Debug)]
pub(super) struct Words<'t> {
    line: &'t [u8],
    at: usize,
    /// False once a search to the end of the line failed: it would fail again, and take as long each time.
    quote_may_close: bool,
    comment_may_close: bool,
}

/// The words of `line`.
pub(super) fn words(line: &[u8]) -> Words<'_> {
    Words { line, at: 0, quote_may_close: true, comment_may_close: true }
}

/// Whether a word of the line opens a quote that the line does not close.
pub(super) fn leaves_quote_open(line: &[u8]) -> bool {
    let mut words = words(line);
    words.by_ref().any(|word| line[word.start] == b'"' && (word.len() == 1 || !line[word].ends_with(b"\"")))
        || !words.quote_may_close
}

/// Whether the word is a quoted string or a comment of a listing, whose inside is nobody's business.
pub(super) fn is_sealed(word: &[u8]) -> bool {
    word.len() > 1 && word.starts_with(b"\"") && word.ends_with(b"\"")
        || word.len() > 3 && word.starts_with(b"/*") && word.ends_with(b"*/")
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

impl Words<'_> {
    /// End of the quoted string that opens here.
    fn quoted(&mut self) -> Option<usize> {
        if self.line[self.at] != b'"' || !self.quote_may_close {
            return None;
        }
        let mut at = self.at + 1;
        while let Some(&byte) = self.line.get(at) {
            match byte {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.quote_may_close = false;
        None
    }

    /// End of the listing's comment that opens here.
    fn comment(&mut self) -> Option<usize> {
        if !self.comment_may_close || !self.line[self.at..].starts_with(b"/*") {
            return None;
        }
        let close = memchr::memmem::find(&self.line[self.at + 2..], b"*/").map(|close| self.at + 2 + close + 2);
        self.comment_may_close = close.is_some();
        close
    }
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        self.at += self.line[self.at..].iter().position(|&byte| !is_blank(byte))?;
        let start = self.at;
        let sealed = self.quoted().or_else(|| self.comment());
        let plain = || self.line[start..].iter().position(|&byte| is_blank(byte)).map(|len| start + len);
        self.at = sealed.or_else(plain).unwrap_or(self.line.len());
        Some(start..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn splits(line: &str, expected: &[&str]) {
        let found: Vec<_> = words(line.as_bytes()).map(|word| &line[word]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn quoted_strings_and_comments_are_one_word() {
        splits(r#"-A X  --comment "a \" b" -j Y"#, &["-A", "X", "--comment", r#""a \" b""#, "-j", "Y"]);
        splits("T tcp /* a b */\tdpt:80 ", &["T", "tcp", "/* a b */", "dpt:80"]);
        splits(r#"-i we"ird x"#, &["-i", "we\"ird", "x"]);
    }

    #[test]
    fn what_never_closes_is_an_ordinary_word() {
        splits("\"a b /* c", &["\"a", "b", "/*", "c"]);
        assert!(leaves_quote_open(b"-A X --comment \"a b"));
        assert!(!leaves_quote_open(b"-A X --comment \"a b\" -i a\"b"));
    }
}
