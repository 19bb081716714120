//! Notes that somebody typed behind rules: `← 1`, `#1`, `<-- here`, `// why`.
//!
//! A name may begin with `#` by right, so the word before must not be an option that wants a value.

use super::form::{is_list_row, is_rule, lines};
use super::rewrite::Rewrite;
use super::words::{is_sealed, words};
use super::{Mended, counted};
use memchr::{memchr3, memmem};

const STARTS: &[&str] = &["←", "⇐", "⟵", "◄", "<--", "#", "<-", "<=", "//"];
/// So many of them are meant in a listing too.
const LISTING: usize = 5;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    if memchr3(b'#', b'<', 0xe2, text).is_none() && memmem::find(text, b" //").is_none() {
        return None;
    }
    let mut rewrite = Rewrite::new(text);
    let mut count = 0;
    for line in lines(text) {
        let suspect = memchr3(b'#', b'<', 0xe2, line.text).is_some() || memmem::find(line.text, b" //").is_some();
        if let Some(at) = suspect.then(|| remark(line.text)).flatten() {
            rewrite.delete(line.start + at..line.end());
            count += 1;
        }
    }
    let note = format!("a remark behind {} was taken off", counted(count, "rule"));
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

/// Where the remark begins, with the blanks in front of it.
fn remark(line: &[u8]) -> Option<usize> {
    let rule = is_rule(line);
    if !rule && !is_list_row(line) {
        return None;
    }
    let mut before: &[u8] = b"-";
    let mut aim = !rule;
    for (count, word) in words(line).enumerate() {
        let this = &line[word.clone()];
        if begins(this, rule) && aim && count > 3 && !wants_value(before) {
            return Some(line[..word.start].trim_ascii_end().len());
        }
        aim |= matches!(before, b"-j" | b"-g" | b"--jump" | b"--goto");
        before = this;
    }
    None
}

/// Listings hold comparisons (`<`, `<=`) by right.
fn begins(word: &[u8], rule: bool) -> bool {
    let starts = if rule { STARTS } else { &STARTS[..LISTING] };
    let hash = word.len() > 1 && word[0] == b'#' && word[1..].iter().all(u8::is_ascii_digit);
    !is_sealed(word) && (hash || starts.iter().any(|start| word.starts_with(start.as_bytes())))
}

fn wants_value(word: &[u8]) -> bool {
    word.starts_with(b"-") || word == b"!"
}
