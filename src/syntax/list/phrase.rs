//! The words of a listing and how a phrase is made of them.
//!
//! A reader here takes the blanks behind its word, so that the next one begins at a word. `Error` means "this is some
//! other text", `Failure` that it is this text with a value that cannot be.

use crate::syntax::fault::{Read, Wanted};
use crate::syntax::word::{is_blank, skip_blanks, wanted};
use memchr::memchr2;
use nom::character::complete::{char, space0};
use nom::combinator::opt;
use nom::{Err, Parser};

/// The next word and what follows it; quotes mean nothing here. Empty at the end.
pub(crate) fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let (word, rest) = text.split_at(memchr2(b' ', b'\t', text).unwrap_or(text.len()));
    (word, skip_blanks(rest))
}

/// `text` without blanks around it.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let text = skip_blanks(text);
    let end = text.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1);
    &text[..end]
}

/// It is some other text.
pub(crate) fn other<T>(rest: &[u8]) -> Result<T, Err<Wanted<'_>>> {
    Err(Err::Error(Wanted { what: "something else", rest }))
}

/// Exactly this word.
pub(crate) fn key<'a>(name: &'static str) -> impl Parser<&'a [u8], Output = (), Error = Wanted<'a>> {
    move |text: &'a [u8]| match split(text) {
        (word, rest) if word == name.as_bytes() => Ok((rest, ())),
        _ => other(text),
    }
}

/// A word, whatever it is.
pub(crate) fn any_word(text: &[u8]) -> Read<'_, &[u8]> {
    match split(text) {
        (b"", _) => other(text),
        (word, rest) => Ok((rest, word)),
    }
}

/// `!`, glued to what it inverts or apart.
pub(crate) fn bang(text: &[u8]) -> Read<'_, bool> {
    opt((char('!'), space0)).map(|bang| bang.is_some()).parse(text)
}

/// A word that `read` makes something of. Figures it cannot read are a value that cannot be; anything else is other
/// text, such as a name we do not know.
pub(crate) fn value<'a, T>(
    what: &'static str,
    read: impl Fn(&'a [u8]) -> Option<T>,
) -> impl Parser<&'a [u8], Output = T, Error = Wanted<'a>> {
    move |text: &'a [u8]| {
        let (word, rest) = split(text);
        match read(word) {
            Some(value) => Ok((rest, value)),
            None if is_figures(word) => Err(wanted(what, text)),
            None => other(text),
        }
    }
}

/// Whether a word is made of figures alone: a number, a range, a list, an address.
pub(crate) fn is_figures(word: &[u8]) -> bool {
    let is_hexadecimal = word.starts_with(b"0x") || word.contains(&b':');
    let is_figure =
        |byte: u8| byte.is_ascii_digit() || is_hexadecimal && byte.is_ascii_hexdigit() || b".,:/-x".contains(&byte);
    word.iter().any(u8::is_ascii_digit) && word.iter().all(|&byte| is_figure(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::word::number;

    #[test]
    fn figures_that_do_not_fit_are_a_fault_and_names_are_other_text() {
        let mut port = value("a port", number::<u16>);
        assert_eq!(port.parse(b"80  x"), Ok((&b"x"[..], 80)));
        assert_eq!(port.parse(b"99999"), Err(wanted("a port", b"99999")));
        assert_eq!(port.parse(b"9pfs"), other(b"9pfs"));
        assert_eq!(port.parse(b""), other(b""));
    }

    #[test]
    fn a_word_takes_the_blanks_behind_it() {
        assert_eq!(split(b"tcp \t dpt:80"), (&b"tcp"[..], &b"dpt:80"[..]));
        assert_eq!(split(b""), (&b""[..], &b""[..]));
        assert_eq!(key("tcp").parse(b"tcpmss match"), other(b"tcpmss match"));
        assert_eq!(trim(b" a b\t "), b"a b");
        assert_eq!(trim(b"  "), b"");
    }
}
