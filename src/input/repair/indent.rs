//! Blanks in front of every line (YAML, Markdown). Harmless, so nothing is said.
//!
//! In a listing the blanks in front of a rule may be its empty target: no more go than stand in front of the chain's name.

use super::Mended;
use super::form::{is_list_head, is_save, lines};
use super::rewrite::Rewrite;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    let mut rewrite = Rewrite::new(text);
    let mut listing = 0;
    let mut quoted = false;
    for line in lines(text) {
        let blanks = line.text.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(line.text.len());
        let inside = &line.text[blanks..];
        let save = is_save(inside);
        // The heads of columns may be indented by right: `pkts` is set to the right.
        if inside.starts_with(b"Chain ") && is_list_head(inside) {
            listing = blanks;
        }
        // The second line of a comment with a line end in it may begin with blanks by right.
        let strip = if save && !quoted { blanks } else { blanks.min(listing) };
        if strip > 0 {
            rewrite.delete(line.start..line.start + strip);
        }
        quoted = save && blanks == 0 && super::words::leaves_quote_open(inside);
    }
    Some(Mended { repaired: rewrite.finish()?, note: None })
}
