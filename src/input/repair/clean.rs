//! The quick look: most dumps are undamaged, and it must cost next to nothing to know that.

use super::form::{Line, is_rule, is_save, lines};
use memchr::{memchr, memchr2, memchr3, memmem};

/// Whether every line is one that iptables-save prints, without a sign of any damage. `false` only means that it has to
/// be looked at closely.
pub(super) fn is_clean(text: &[u8]) -> bool {
    let again = memmem::Finder::new(b" -A ");
    // Escape sequences, typographic characters and HTML show by these.
    memchr3(0x1b, 0xe2, 0xc2, text).is_none()
        && memchr2(b'&', b'<', text).is_none()
        && lines(text).all(|line| is_clean_line(line, &again))
}

fn is_clean_line(line: Line<'_>, again: &memmem::Finder<'_>) -> bool {
    let text = line.text;
    if text.is_empty() {
        return true;
    }
    if !is_rule(text) {
        return text.starts_with(b"#") && text.len() < 160 || text.len() < 100 && is_save(text);
    }
    let inside = &text[memchr(b'-', text).unwrap_or(0)..];
    again.find(inside).is_none() && memchr3(b'#', b'\\', b'/', inside).is_none_or(|_| !is_remarked(inside))
}

/// Whether something stands behind the rule, or in it, that iptables does not print there. Addresses hold `/` too.
fn is_remarked(rule: &[u8]) -> bool {
    memchr2(b'#', b'\\', rule).is_some() || memmem::find(rule, b" //").is_some()
}
