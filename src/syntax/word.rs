//! Words and the values in them: numbers, ports, addresses, marks, names from fixed lists.
//!
//! The splitter follows iptables-restore: blanks end a word, `"` at its start opens a quoted one, inside which a
//! backslash takes the next byte as it is. A quote in the middle of a word is an ordinary byte, as iptables prints it.

use super::fault::{Read, Wanted};
use crate::ruleset::{Mark, Net, PortRange};
use bstr::{BStr, ByteSlice};
use nom::Err;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the byte parts words.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `input` without the blanks it begins with.
pub(crate) fn skip_blanks(input: &[u8]) -> &[u8] {
    match input {
        [b' ', rest @ ..] if rest.first().is_none_or(|&byte| !is_blank(byte)) => rest,
        [first, ..] if is_blank(*first) => {
            let end = input.iter().position(|&byte| !is_blank(byte)).unwrap_or(input.len());
            &input[end..]
        }
        _ => input,
    }
}

/// The next word, with its quotes if it is a quoted one; empty at the end of the line.
pub(crate) fn next_word(input: &[u8]) -> (&[u8], &[u8]) {
    let input = skip_blanks(input);
    let end = if input.first() == Some(&b'"') { quoted_end(input) } else { bare_end(input) };
    let (word, rest) = input.split_at(end);
    (rest, word)
}

fn bare_end(input: &[u8]) -> usize {
    // Words are short: eight bytes at a time beat a call of memchr. Blanks are among the bytes below `!`.
    let (eights, _) = input.as_chunks::<8>();
    let below = |eight: u64| eight.wrapping_sub(ONES * u64::from(b'!')) & !eight & HIGH;
    let found = eights.iter().enumerate().find_map(|(at, eight)| {
        let found = below(u64::from_le_bytes(*eight));
        (found != 0).then(|| at * 8 + found.trailing_zeros() as usize / 8)
    });
    // It may be another control character, which belongs to the word.
    let from = found.unwrap_or(eights.len() * 8);
    input[from..].iter().position(|&byte| is_blank(byte)).map_or(input.len(), |at| from + at)
}

/// Where a quoted word ends, behind its closing quote; without one the word ends like a bare one.
fn quoted_end(input: &[u8]) -> usize {
    let mut at = 1;
    while let Some(step) = either(b'"', b'\\', &input[at..]) {
        at += step;
        if input[at] == b'"' {
            return at + 1;
        }
        at = (at + 2).min(input.len());
    }
    bare_end(input)
}

/// The lowest bit of each of eight bytes, and the highest.
const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH: u64 = ONES << 7;

/// Where the first of two bytes is, in a text that is short.
fn either(one: u8, other: u8, input: &[u8]) -> Option<usize> {
    // The lowest bit set belongs to the first byte that is zero; those above it may be wrong.
    let zeros = |eight: u64| eight.wrapping_sub(ONES) & !eight & HIGH;
    let (ones, others) = (ONES * u64::from(one), ONES * u64::from(other));
    let (eights, rest) = input.as_chunks::<8>();
    for (at, eight) in eights.iter().enumerate() {
        let eight = u64::from_le_bytes(*eight);
        let found = zeros(eight ^ ones) | zeros(eight ^ others);
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|&byte| byte == one || byte == other)?;
    Some(eights.len() * 8 + at)
}

/// Where a byte is in a short word.
pub(crate) fn place_of(byte: u8, word: &[u8]) -> Option<usize> {
    word.iter().position(|&each| each == byte)
}

/// A word; an error at the end of the line.
pub(crate) fn word(input: &[u8]) -> Read<'_, &BStr> {
    let (rest, word) = next_word(input);
    if word.is_empty() { Err(wanted("a word", skip_blanks(input))) } else { Ok((rest, word.as_bstr())) }
}

/// The error that ends the reading of a rule.
pub(crate) fn wanted<'a>(what: &'static str, rest: &'a [u8]) -> Err<Wanted<'a>> {
    Err::Failure(Wanted { what, rest })
}

/// A word that `value` makes something of.
pub(crate) fn valued<'a, T>(
    what: &'static str,
    value: impl Fn(&'a [u8]) -> Option<T>,
) -> impl FnMut(&'a [u8]) -> Read<'a, T> {
    move |input| {
        let (rest, word) = next_word(input);
        match value(word) {
            Some(value) => Ok((rest, value)),
            None => Err(wanted(what, skip_blanks(input))),
        }
    }
}

/// A decimal number; nothing else may stand beside it.
pub(crate) fn number<T: TryFrom<u64>>(word: &[u8]) -> Option<T> {
    if word.is_empty() || word.len() > 20 {
        return None;
    }
    let digits = word.iter().try_fold(0_u64, |value, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })?;
    T::try_from(digits).ok()
}

/// A number in decimal, hexadecimal (`0x`) or octal (`0`) digits, as strtoul reads it.
pub(crate) fn any_number(word: &[u8]) -> Option<u32> {
    let text = word.to_str().ok()?;
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(hex, 16).ok().filter(|_| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() && octal.bytes().all(|byte| byte.is_ascii_digit()) => {
            u32::from_str_radix(octal, 8).ok()
        }
        _ => number(word),
    }
}

/// `80`, `1:1024`, `:1024`, `1024:`; `-` parts the ends in NAT targets.
pub(crate) fn ports(word: &[u8], separator: u8) -> Option<PortRange> {
    let Some(at) = place_of(separator, word) else { return number(word).map(PortRange::single) };
    let (first, last) = (&word[..at], &word[at + 1..]);
    let first = if first.is_empty() { 0 } else { number(first)? };
    let last = if last.is_empty() { u16::MAX } else { number(last)? };
    Some(PortRange { first, last })
}

/// `80,443,8000:8010`.
pub(crate) fn port_list(word: &[u8]) -> Option<Box<[PortRange]>> {
    word.split(|&byte| byte == b',').map(|part| ports(part, b':')).collect()
}

/// An address of either family.
pub(crate) fn address(word: &[u8]) -> Option<IpAddr> {
    ipv4(word).map(IpAddr::V4).or_else(|| word.to_str().ok()?.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
}

/// A dotted IPv4 address of four numbers.
fn ipv4(word: &[u8]) -> Option<Ipv4Addr> {
    let (mut address, mut rest) = (0, word);
    for at in 0..4 {
        let (octet, after) = octet(rest)?;
        address = address << 8 | octet;
        rest = match after {
            [] if at == 3 => after,
            [b'.', after @ ..] if at < 3 => after,
            _ => return None,
        };
    }
    Some(Ipv4Addr::from(address))
}

/// A number up to 255, of at most three digits, and what follows it.
fn octet(word: &[u8]) -> Option<(u32, &[u8])> {
    let digit = |byte: u8| u32::from(byte.wrapping_sub(b'0'));
    let (&first, mut rest) = word.split_first()?;
    let mut value = digit(first);
    if value > 9 {
        return None;
    }
    for _ in 0..2 {
        match rest {
            [next, after @ ..] if digit(*next) <= 9 => (value, rest) = (value * 10 + digit(*next), after),
            _ => break,
        }
    }
    (value <= 255).then_some((value, rest))
}

/// `10.0.0.1`, `10.0.0.0/8`, `10.0.1.0/255.0.255.0`, and the same for IPv6.
pub(crate) fn net(word: &[u8]) -> Option<Net> {
    let Some(slash) = place_of(b'/', word) else { return address(word).map(Net::host) };
    let (addr, mask) = (address(&word[..slash])?, &word[slash + 1..]);
    if let Some(prefix) = number(mask) {
        return Net::new(addr, prefix);
    }
    match (addr, address(mask)?) {
        (IpAddr::V4(addr), IpAddr::V4(mask)) => Some(Net::V4 { addr, mask }),
        (IpAddr::V6(addr), IpAddr::V6(mask)) => Some(Net::V6(Box::new((addr, mask)))),
        _ => None,
    }
}

/// `0x4000/0x4000`; without a mask all bits count.
pub(crate) fn mark(word: &[u8]) -> Option<Mark> {
    match place_of(b'/', word) {
        Some(slash) => Some(Mark { value: any_number(&word[..slash])?, mask: any_number(&word[slash + 1..])? }),
        None => any_number(word).map(|value| Mark { value, mask: u32::MAX }),
    }
}

/// The bits of names joined by commas, each one of `names` in any case.
pub(crate) fn bits(word: &[u8], names: &[&str]) -> Option<u16> {
    word.split(|&byte| byte == b',').try_fold(0, |bits, name| {
        let at = names.iter().position(|known| known.as_bytes().eq_ignore_ascii_case(name))?;
        Some(bits | 1 << at)
    })
}

/// `10.0.0.1-10.0.0.9`, of one family.
pub(crate) fn address_range(word: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let at = place_of(b'-', word)?;
    let (first, last) = (address(&word[..at])?, address(&word[at + 1..])?);
    (first.is_ipv4() == last.is_ipv4()).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn words(line: &str, expected: &[&str]) {
        let mut rest = line.as_bytes();
        let mut found = Vec::new();
        while let Ok((after, word)) = word(rest) {
            found.push(word.to_str_lossy().into_owned());
            rest = after;
        }
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn blanks_end_a_word_and_quotes_hold_it_together() {
        words("-s  10.0.0.1\t-j X ", &["-s", "10.0.0.1", "-j", "X"]);
        words(r#"--comment "a b" -j X"#, &["--comment", r#""a b""#, "-j", "X"]);
        words(r#""end\\" next"#, &[r#""end\\""#, "next"]);
        words(r#""a\" b" c"#, &[r#""a\" b""#, "c"]);
    }

    #[test]
    fn a_quote_that_never_closes_is_an_ordinary_byte() {
        words(r#""open word"#, &["\"open", "word"]);
        words(r#"we"ird x"#, &["we\"ird", "x"]);
    }

    #[test]
    fn ports_read_as_ranges_open_at_either_end() {
        assert_eq!(ports(b"80", b':'), Some(PortRange::single(80)));
        assert_eq!(ports(b":1024", b':'), Some(PortRange { first: 0, last: 1024 }));
        assert_eq!(ports(b"1024:", b':'), Some(PortRange { first: 1024, last: 65535 }));
        assert_eq!(ports(b"99999", b':'), None);
        assert_eq!(ports(b"", b':'), None);
    }

    #[test]
    fn nets_take_prefixes_and_masks_of_their_family() {
        for (word, printed) in [
            ("10.0.0.1", "10.0.0.1/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.1.0/255.0.255.0", "10.0.1.0/255.0.255.0"),
            ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
            ("fd00::/ffff:0:ffff::", "fd00::/ffff:0:ffff::"),
            ("::ffff:1.2.3.4/128", "::ffff:1.2.3.4/128"),
        ] {
            assert_eq!(net(word.as_bytes()).map(|net| net.to_string()).as_deref(), Some(printed));
        }
        for word in ["10.0.0.0/64", "10.0.0", "1.2.3.4.5", "256.0.0.1", "fd00::/129", "10.0.0.0/ffff::", "node-1", ""] {
            assert_eq!(net(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn marks_read_in_any_base() {
        assert_eq!(mark(b"0x4000/0x4000"), Some(Mark { value: 0x4000, mask: 0x4000 }));
        assert_eq!(mark(b"0x00004000/0x00004000"), Some(Mark { value: 0x4000, mask: 0x4000 }));
        assert_eq!(mark(b"10"), Some(Mark { value: 10, mask: u32::MAX }));
        assert_eq!(mark(b"0x1ffffffff"), None);
        assert_eq!(mark(b"0x+1"), None);
    }

    #[test]
    fn a_number_too_large_is_no_number() {
        assert_eq!(number::<u64>(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number::<u64>(b"18446744073709551616"), None);
        assert_eq!(number::<u16>(b"65536"), None);
        assert_eq!(number::<u32>(b"+1"), None);
    }
}
