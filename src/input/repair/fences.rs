//! Markdown's fences: a line of only backquotes (with the name of a language) becomes an empty one.

use super::Mended;
use super::form::{is_output, lines};
use super::rewrite::Rewrite;
use memchr::memmem;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    if memmem::find(text, b"```").is_none()
        && memmem::find(text, b"~~~").is_none()
        && memchr::memchr(b'`', text).is_none()
    {
        return None;
    }
    let mut rewrite = Rewrite::new(text);
    for line in lines(text) {
        if is_fence(line.text) {
            rewrite.delete(line.start..line.end());
        } else if let [b'`', inside @ .., b'`'] = line.text
            && is_output(inside)
        {
            rewrite.delete(line.start..line.start + 1);
            rewrite.delete(line.end() - 1..line.end());
        }
    }
    Some(Mended { repaired: rewrite.finish()?, note: None })
}

/// Quote marks may stand in front of it.
fn is_fence(line: &[u8]) -> bool {
    let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'>')).unwrap_or(line.len());
    let inside = line[start..].trim_ascii_end();
    let name = inside.strip_prefix(b"```").or_else(|| inside.strip_prefix(b"~~~"));
    name.is_some_and(|name| {
        name.len() < 24 && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"`~-_ {}.".contains(byte))
    })
}
