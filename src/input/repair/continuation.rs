//! Lines that a trailing `\` carries over the line end, as in a shell.

use super::form::{is_rule, is_save, lines};
use super::rewrite::Rewrite;
use super::words::leaves_quote_open;
use super::{Mended, counted};
use memchr::memchr;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    memchr(b'\\', text)?;
    let mut rewrite = Rewrite::new(text);
    let mut count = 0;
    let mut open = false;
    let mut all = lines(text).peekable();
    while let Some(line) = all.next() {
        let starts = open || is_rule(line.text) || is_command(line.text);
        let kept = line.text.trim_ascii_end();
        // In a comment the blank is text, and the backslash was written by iptables.
        let goes_on = (kept.ends_with(b" \\") || kept.ends_with(b"\t\\")) && !leaves_quote_open(kept);
        open = starts && goes_on && all.peek().is_some_and(|next| !next.text.is_empty() && !is_save(next.text));
        if let (true, Some(next)) = (open, all.peek()) {
            let indent = next.text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            // The blank in front of the `\` parts the words.
            rewrite.delete(line.start + kept.len() - 1..next.start + indent);
            count += 1;
        }
    }
    let note = format!("{} continued with `\\` joined", counted(count, "line"));
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

fn is_command(line: &[u8]) -> bool {
    memchr::memmem::find(&line[..line.len().min(128)], b"tables ").is_some()
}
