//! `/* text */`: where a comment ends, although its text may hold the same signs.

use bstr::ByteSlice;

/// The text of the comment that `text` begins with, and what follows it; `None` if it never ends.
///
/// A ` */` ends it if the next one has a `/* ` of its own before it, or if there is no next one, or if what follows
/// up to there is known text: `is_known(rest, len)` says so of `rest`, of which `len` bytes lie before the next ` */`.
/// Each byte is looked at a fixed number of times, however many ends the text holds.
pub(crate) fn comment<'a>(
    text: &'a [u8],
    mut is_known: impl FnMut(&'a [u8], usize) -> bool,
) -> Option<(&'a [u8], &'a [u8])> {
    // The blank behind `/*` may be the one before `*/`, where blanks were collapsed.
    let mut end = next_end(text, 2)?;
    while let Some(next) = next_end(text, end + 3) {
        let between = &text[end + 3..next];
        if begins(between) || is_known(&text[end + 3..], between.len()) {
            break;
        }
        end = next;
    }
    Some((text.get(3..end).unwrap_or_default(), &text[end + 3..]))
}

/// Where ` */` stands from `from` on, as the end of a word.
fn next_end(text: &[u8], from: usize) -> Option<usize> {
    let mut from = from;
    loop {
        let at = from + text.get(from..)?.find(b" */")?;
        if matches!(text.get(at + 3), None | Some(b' ' | b'\t')) {
            return Some(at);
        }
        from = at + 3;
    }
}

/// Whether another comment begins in `text`.
fn begins(text: &[u8]) -> bool {
    text.contains_str(" /* ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: Option<(&str, &str)>) {
        let expected = expected.map(|(raw, rest)| (raw.as_bytes(), rest.as_bytes()));
        let found = comment(text.as_bytes(), |rest, _| rest.starts_with(b" LOG"));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_comment_ends_at_the_last_sign_before_another_begins() {
        reads("/* a b */ tcp dpt:80", Some(("a b", " tcp dpt:80")));
        reads("/* a */ b */ tcp", Some(("a */ b", " tcp")));
        reads("/* cali:abc */ /* policy */ tcp", Some(("cali:abc", " /* policy */ tcp")));
        reads("/* a */b */", Some(("a */b", "")));
        reads("/*  */", Some(("", "")));
        reads("/* */ tcp", Some(("", " tcp")));
        reads("/*  lead */", Some((" lead", "")));
    }

    #[test]
    fn known_text_behind_a_comment_may_hold_its_sign() {
        reads("/* a */ LOG prefix \"x */ \"", Some(("a", " LOG prefix \"x */ \"")));
    }

    #[test]
    fn a_comment_that_never_ends_is_none() {
        reads("/* a", None);
        reads("/* a */b", None);
        reads("/*", None);
    }
}
