//! `Chain NAME (policy ACCEPT 12 packets, 720 bytes)`: the line over each chain of a listing.

use super::phrase::{split, trim};
use crate::ruleset::{ChainKind, Counters, Policy};
use crate::syntax::fault::{Read, Wanted};
use crate::syntax::word::{is_blank, number};
use bstr::{BStr, ByteSlice};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while};
use nom::character::complete::space0;
use nom::combinator::{all_consuming, cut, opt, value};
use nom::error::context;
use nom::sequence::{delimited, preceded, terminated};
use nom::{Err, Parser};

/// What the line over a chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChainHeader<'src> {
    /// The chain's name, raw.
    pub(crate) name: &'src BStr,
    /// Built-in with its policy, or user-defined with the number of rules that jump to it.
    pub(crate) kind: ChainKind,
}

/// Reads the line over a chain; `None` if it is some other line. A rule that jumps to a chain named `Chain` is one.
pub(crate) fn chain_header(line: &[u8]) -> Option<Result<ChainHeader<'_>, Wanted<'_>>> {
    let (first, rest) = split(trim(line));
    let (name, kind) = split(rest);
    let is_header = first == b"Chain" && (kind.is_empty() || kind.starts_with(b"("));
    is_header.then(|| header(name, kind))
}

fn header<'a>(name: &'a [u8], kind: &'a [u8]) -> Result<ChainHeader<'a>, Wanted<'a>> {
    if name.is_empty() {
        return Err(Wanted { what: "the name of a chain", rest: name });
    }
    let parens = delimited((tag("("), space0), alt((policy, references)), (space0, tag(")")));
    match all_consuming(context("`(policy …)` or `(… references)`", parens)).parse(kind) {
        Ok((_, kind)) => Ok(ChainHeader { name: name.as_bstr(), kind }),
        Err(Err::Error(error) | Err::Failure(error)) => Err(error),
        Err(Err::Incomplete(_)) => Err(Wanted { what: "the rest of the line", rest: kind }),
    }
}

/// `policy ACCEPT`, with `-v` `policy ACCEPT 2446 packets, 535K bytes`.
fn policy(text: &[u8]) -> Read<'_, ChainKind> {
    let policy = alt((value(Policy::Accept, tag("ACCEPT")), value(Policy::Drop, tag("DROP"))));
    let policy = (cut(context("the policy ACCEPT or DROP", policy)), opt(preceded(space0, hits)));
    preceded((tag("policy"), space0), policy)
        .map(|(policy, counters)| ChainKind::BuiltIn { policy: Some(policy), counters: counters.map(Box::new) })
        .parse(text)
}

/// `2446 packets, 535K bytes`.
fn hits(text: &[u8]) -> Read<'_, Counters> {
    (terminated(counter, (space0, tag("packets,"), space0)), terminated(counter, (space0, tag("bytes"))))
        .map(|(packets, bytes)| counters(packets, bytes))
        .parse(text)
}

/// `3 references`, or the message of legacy iptables when it cannot count them.
fn references(text: &[u8]) -> Read<'_, ChainKind> {
    let count = |text| {
        let (rest, digits) = take_while(|byte: u8| byte.is_ascii_digit())(text)?;
        let (rest, _) = (space0, tag("reference"), opt(tag("s"))).parse(rest)?;
        let count = number(digits).ok_or(Err::Failure(Wanted { what: "a number of references", rest: text }))?;
        Ok((rest, Some(count)))
    };
    alt((count, value(None, tag("ERROR obtaining refs"))))
        .map(|references| ChainKind::UserDefined { references })
        .parse(text)
}

/// One counter, not the blanks behind it.
fn counter(text: &[u8]) -> Read<'_, (u64, bool)> {
    let (rest, word) = take_till(is_blank)(text)?;
    match scaled(word) {
        Some(counter) => Ok((rest, counter)),
        None if !word.first().is_some_and(u8::is_ascii_digit) => {
            Err(Err::Error(Wanted { what: "a counter", rest: text }))
        }
        None => Err(Err::Failure(Wanted { what: "a counter", rest: text })),
    }
}

/// A counter, and whether it was rounded: above 99999 it is printed in thousands (`K`, `M`, `G`, `T`) unless exact
/// counters (`-x`) were asked for.
pub(crate) fn scaled(word: &[u8]) -> Option<(u64, bool)> {
    let (&last, digits) = word.split_last()?;
    let factor = match last {
        b'K' => 1_000,
        b'M' => 1_000_000,
        b'G' => 1_000_000_000,
        b'T' => 1_000_000_000_000,
        _ => return Some((number(word)?, false)),
    };
    Some((number::<u64>(digits)?.checked_mul(factor)?, true))
}

/// The counters of the columns `pkts` and `bytes`, or of a policy.
pub(crate) fn counters((packets, is_rounded): (u64, bool), (bytes, are_bytes_rounded): (u64, bool)) -> Counters {
    Counters { packets, bytes, rounded: is_rounded || are_bytes_rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(line: &str, name: &str, kind: ChainKind) {
        assert_eq!(chain_header(line.as_bytes()), Some(Ok(ChainHeader { name: name.into(), kind })), "{line}");
    }

    #[test]
    fn a_chain_header_says_policy_or_references() {
        let built_in = |policy, counters| ChainKind::BuiltIn { policy: Some(policy), counters };
        reads("Chain INPUT (policy ACCEPT)", "INPUT", built_in(Policy::Accept, None));
        let exact = Counters { packets: 12, bytes: 720, rounded: false };
        reads(
            "Chain INPUT (policy DROP 12 packets, 720 bytes)",
            "INPUT",
            built_in(Policy::Drop, Some(Box::new(exact))),
        );
        let rounded = Counters { packets: 2446, bytes: 535_000, rounded: true };
        reads(
            "Chain INPUT (policy ACCEPT 2446 packets, 535K bytes) ",
            "INPUT",
            built_in(Policy::Accept, Some(Box::new(rounded))),
        );
        reads("Chain a(b)\"c (3 references)", "a(b)\"c", ChainKind::UserDefined { references: Some(3) });
        reads("Chain X (ERROR obtaining refs)", "X", ChainKind::UserDefined { references: None });
    }

    #[test]
    fn a_rule_that_jumps_to_a_chain_named_chain_is_no_header() {
        assert_eq!(chain_header(b"Chain      all  --  anywhere             anywhere"), None);
        assert_eq!(chain_header(b"Chains"), None);
        assert_eq!(chain_header(b""), None);
    }

    #[test]
    fn a_damaged_header_says_what_it_wanted() {
        for (line, what, rest) in [
            ("Chain", "the name of a chain", ""),
            ("Chain X", "`(policy …)` or `(… references)`", ""),
            ("Chain X (policy MAYBE)", "the policy ACCEPT or DROP", "MAYBE)"),
            ("Chain X (99999999999 references)", "a number of references", "99999999999 references)"),
            (
                "Chain X (policy ACCEPT 99999999999999999T packets, 1 bytes)",
                "a counter",
                "99999999999999999T packets, 1 bytes)",
            ),
        ] {
            let expected = Wanted { what, rest: rest.as_bytes() };
            assert_eq!(chain_header(line.as_bytes()), Some(Err(expected)), "{line}");
        }
    }

    #[test]
    fn a_scaled_counter_is_marked_as_rounded() {
        for (word, expected) in [
            ("0", Some((0, false))),
            ("1234567890123456", Some((1_234_567_890_123_456, false))),
            ("1235K", Some((1_235_000, true))),
            ("49M", Some((49_000_000, true))),
            ("100G", Some((100_000_000_000, true))),
            ("12T", Some((12_000_000_000_000, true))),
            ("K", None),
            ("1KB", None),
            ("99999999T", None),
        ] {
            assert_eq!(scaled(word.as_bytes()), expected, "{word}");
        }
    }
}
