//! The only way text reaches a terminal: [`escaped`].
//!
//! What a terminal would obey, or a reader could not see, is spelled out: control characters, marks that turn the
//! direction of text, characters without a width or a shape, line separators become `\u{…}`, and bytes that are not
//! UTF-8 become `\x{…}`. Letters of any script stay.

use bstr::ByteSlice;
use std::borrow::Cow;
use std::fmt::Write;

/// Ranges of characters that are spelled out: those of the classes Cc, Cf, Zl and Zp of Unicode 16, and those that it
/// calls default ignorable (`DerivedCoreProperties.txt`), which show as nothing. In order.
const SPELLED_OUT: &[(char, char)] = &[
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// `text` as it may be shown. Borrowed when nothing had to be spelled out.
#[must_use]
pub fn escaped(text: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text)
        && (is_printable_ascii(text.as_bytes()) || !text.chars().any(is_spelled_out))
    {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|char| push_escaped(&mut shown, char));
        chunk.invalid().iter().for_each(|byte| push_byte(&mut shown, *byte));
    }
    Cow::Owned(shown)
}

/// The characters of `text`, each as it may be shown and with the number of bytes it stands for.
pub(super) fn escaped_chars(text: &[u8]) -> impl Iterator<Item = (String, usize)> {
    text.char_indices().flat_map(|(start, end, char)| {
        let bytes = &text[start..end];
        // A replacement character that stands in the text is three bytes; else it marks bytes that are not UTF-8.
        let invalid = char == char::REPLACEMENT_CHARACTER && bytes != "\u{fffd}".as_bytes();
        let whole = (!invalid).then(|| (escaped(bytes).into_owned(), bytes.len()));
        let single = invalid.then(|| bytes.iter().map(|byte| (format!("\\x{{{byte:02x}}}"), 1)));
        whole.into_iter().chain(single.into_iter().flatten())
    })
}

/// Whether nothing but printable ASCII stands in it, looked at eight bytes at a time.
pub(super) fn is_printable_ascii(text: &[u8]) -> bool {
    // What whole words leave over is looked at with bytes before it once more.
    if let Some(last) = text.last_chunk() {
        let words = text.as_chunks().0.iter().chain([last]);
        return words.fold(0, |odd, word| odd | odd_bits(u64::from_ne_bytes(*word))) == 0;
    }
    if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let [first, last] = [first, last].map(|half| u64::from(u32::from_ne_bytes(*half)));
        return odd_bits(first << 32 | last) == 0;
    }
    text.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The upper bit of some byte is set if any of the eight is not from blank to `~`.
fn odd_bits(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let (below, above) = (word.wrapping_sub(EACH * 0x20), word.wrapping_add(EACH));
    (word | below | above) & (EACH * 0x80)
}

/// Whether a terminal would obey the character, or a reader could not see it.
pub(super) fn is_spelled_out(char: char) -> bool {
    let after = SPELLED_OUT.partition_point(|&(first, _)| first <= char);
    after.checked_sub(1).is_some_and(|at| char <= SPELLED_OUT[at].1)
}

fn push_escaped(shown: &mut String, char: char) {
    if is_spelled_out(char) {
        // Writing to a string cannot fail.
        let _ = write!(shown, "\\u{{{:x}}}", u32::from(char));
    } else {
        shown.push(char);
    }
}

fn push_byte(shown: &mut String, byte: u8) {
    let _ = write!(shown, "\\x{{{byte:02x}}}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_odd_byte_is_seen_wherever_it_stands() {
        for len in 0..20 {
            let mut text = vec![b'~'; len];
            assert!(is_printable_ascii(&text), "{len}");
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    text[at] = byte;
                    assert_eq!(is_printable_ascii(&text), (b' '..=b'~').contains(&byte), "{byte} at {at} of {len}");
                }
                text[at] = b' ';
            }
        }
    }

    #[track_caller]
    fn shows(text: impl AsRef<[u8]>, expected: &str) {
        assert_eq!(escaped(text.as_ref()), expected);
    }

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "shop/web:http", "é 東京 ✗ · →", "a\u{a0}b"] {
            assert!(matches!(escaped(text.as_bytes()), Cow::Borrowed(shown) if shown == text), "{text}");
        }
    }

    #[test]
    fn control_characters_are_spelled_out() {
        shows("\0\x07\x08", "\\u{0}\\u{7}\\u{8}");
        shows("a\tb\nc\rd", "a\\u{9}b\\u{a}c\\u{d}d");
        shows("\x1b[31m\x7f", "\\u{1b}[31m\\u{7f}");
        shows("\u{80}\u{9b}2J\u{9f}", "\\u{80}\\u{9b}2J\\u{9f}");
    }

    #[test]
    fn marks_of_direction_are_spelled_out() {
        shows("\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}");
        shows("\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}", "\\u{202a}\\u{202b}\\u{202c}\\u{202d}\\u{202e}");
        shows("\u{2066}\u{2067}\u{2068}\u{2069}", "\\u{2066}\\u{2067}\\u{2068}\\u{2069}");
    }

    #[test]
    fn characters_without_a_shape_are_spelled_out() {
        shows("a\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}b", "a\\u{200b}\\u{200c}\\u{200d}\\u{2060}\\u{feff}b");
        shows("\u{ad}\u{34f}\u{3164}\u{fe0f}", "\\u{ad}\\u{34f}\\u{3164}\\u{fe0f}");
        shows("\u{e0001}\u{e0041}\u{e01ef}", "\\u{e0001}\\u{e0041}\\u{e01ef}");
    }

    #[test]
    fn line_separators_are_spelled_out() {
        shows("a\u{2028}b\u{2029}c\u{85}", "a\\u{2028}b\\u{2029}c\\u{85}");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_spelled_out() {
        shows(b"caf\xe9 \xff\xfe", "caf\\x{e9} \\x{ff}\\x{fe}");
        shows(b"\xe6\x9d", "\\x{e6}\\x{9d}");
    }

    #[test]
    fn neighbours_of_the_ranges_stay() {
        let text = " ~\u{a0}\u{ac}\u{ae}\u{200a}\u{2010}\u{2027}\u{202f}\u{205f}\u{2070}\u{fffc}\u{fffd}";
        shows(text, text);
    }

    #[test]
    fn the_ranges_are_in_order() {
        assert!(SPELLED_OUT.iter().all(|(first, last)| first <= last));
        assert!(SPELLED_OUT.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn single_characters_know_their_bytes() {
        let chars: Vec<_> = escaped_chars("é\t\u{fffd}".as_bytes()).collect();
        assert_eq!(chars, [("é".into(), 2), ("\\u{9}".into(), 1), ("\u{fffd}".into(), 3)]);
        let chars: Vec<_> = escaped_chars(b"\xe6\x9da").collect();
        assert_eq!(chars, [("\\x{e6}".into(), 1), ("\\x{9d}".into(), 1), ("a".into(), 1)]);
    }
}
