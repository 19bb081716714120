//! A diff of two dumps: the newer one is read, lines that were taken out become comments.

use super::Mended;
use super::counted;
use super::form::{convinces, is_output, lines};
use super::rewrite::Rewrite;

pub(super) fn mend(text: &[u8]) -> Option<Mended> {
    let (mut added, mut removed, mut all) = (0, 0, 0);
    for line in lines(text).filter(|line| !line.text.is_empty()) {
        all += 1;
        added += usize::from(marked(line.text, b'+'));
        removed += usize::from(marked(line.text, b'-'));
    }
    let hunks = lines(text).filter(|line| line.text.starts_with(b"@@ -")).count();
    if !(convinces(added + removed, all) || hunks > 0 && added + removed > 0) {
        return None;
    }
    let mut rewrite = Rewrite::new(text);
    let context = hunks > 0 || added > 0;
    for line in lines(text) {
        let mark = line.start..line.start + 1;
        match line.text {
            [b'-', ..] if marked(line.text, b'-') && context => rewrite.replace(mark, b"#"),
            [b'-', ..] if marked(line.text, b'-') => rewrite.delete(mark),
            [b'+'] if added > 0 => rewrite.delete(mark),
            [b'+', ..] if marked(line.text, b'+') => rewrite.delete(mark),
            [b' ', inside @ ..] if context && is_output(inside) => rewrite.delete(mark),
            _ => {}
        }
    }
    let taken =
        if context { format!("{} in it are not read", counted(removed, "removed line")) } else { String::new() };
    let note = match (context, removed) {
        (true, 1..) => format!("this is a diff: the newer text is read, {taken}"),
        (true, 0) => format!("the mark `+` was stripped from {}", counted(added, "line")),
        (false, _) => format!("the mark `-` was stripped from {}", counted(removed, "line")),
    };
    Some(Mended { repaired: rewrite.finish()?, note: Some(note) })
}

/// Whether `mark` stands in front of a whole line of output. `- ` begins a list of prose, `+ ` a traced command.
fn marked(line: &[u8], mark: u8) -> bool {
    line.first() == Some(&mark) && !line.starts_with(b"- ") && !super::form::is_save(line) && is_output(&line[1..])
}
