//! The text behind the columns: comments, phrases of matches, the phrase of the target, and what nobody understands.

use super::clause::{Found, clause};
use super::comment::comment;
use super::phrase::{other, trim};
use super::target;
use crate::ruleset::{Match, Target, Test, is_extension};
use crate::syntax::fault::{Read, Wanted};
use crate::syntax::word::{next_word, skip_blanks, wanted};
use bstr::ByteSlice;
use nom::Err;

/// Reads the text of a rule whose target column is `name`. The target is `None` if the text has no options of it. Text
/// that is no known phrase becomes [`Test::Listed`], up to the next known one.
pub(crate) fn extensions<'src>(
    text: &'src [u8],
    name: &[u8],
    found: &mut Found<'_, 'src>,
) -> Result<Option<Target<'src>>, Wanted<'src>> {
    let mut target = None;
    let mut unknown: Option<&'src [u8]> = None;
    let mut rest = skip_blanks(text);
    while !rest.is_empty() {
        let before = found.matches.len();
        match piece(rest, name, unknown.is_none(), &mut target, found) {
            Ok((after, ())) => {
                if let Some(start) = unknown.take() {
                    found.matches.insert(before, listed(&start[..start.len() - rest.len()]));
                }
                rest = skip_blanks(after);
            }
            Err(Err::Failure(error)) => return Err(error),
            Err(_) => {
                found.matches.truncate(before);
                unknown.get_or_insert(rest);
                rest = skip_blanks(next_word(rest).0);
            }
        }
    }
    found.matches.extend(unknown.map(listed));
    Ok(target)
}

fn listed(text: &[u8]) -> Match<'_> {
    Match::of(Test::Listed(trim(text).as_bstr()))
}

/// A comment or a phrase.
fn piece<'src>(
    text: &'src [u8],
    name: &[u8],
    is_certain: bool,
    target: &mut Option<Target<'src>>,
    found: &mut Found<'_, 'src>,
) -> Read<'src, ()> {
    if text.starts_with(b"/* ") {
        // That text misses is a fault even behind text nobody understands; looking for the end again at each `/*` would
        // take forever on a long line.
        let (raw, rest) = comment(text, |rest, len| is_known(rest, len, name))
            .ok_or_else(|| wanted("the end of the comment, ` */`", &text[text.len()..]))?;
        found.push(false, Test::Comment { raw: raw.as_bstr(), quoted: false });
        return Ok((rest, ()));
    }
    match phrase(text, name, is_certain, target, found) {
        // What looks like a phrase in text nobody understands need not be one.
        Err(_) if !is_certain => other(text),
        read => read,
    }
}

/// The phrase of the target, once, or of a match.
fn phrase<'src>(
    text: &'src [u8],
    name: &[u8],
    is_certain: bool,
    target: &mut Option<Target<'src>>,
    found: &mut Found<'_, 'src>,
) -> Read<'src, ()> {
    if target.is_none() && is_extension(name) {
        match target::options(name, text) {
            Err(Err::Error(_)) => {}
            read => {
                return read.map(|(rest, read)| {
                    *target = Some(read);
                    (rest, ())
                });
            }
        }
    }
    clause(text, is_certain, found)
}

/// Whether the text is known phrases only, the target's at the end, and that one begins in the first `len` bytes.
fn is_known(text: &[u8], len: usize, name: &[u8]) -> bool {
    let mut matches = Vec::new();
    let mut found = Found { matches: &mut matches, has_services: false };
    let mut head = skip_blanks(&text[..len]);
    while !head.is_empty() {
        let tail = &text[len - head.len()..];
        if let Ok((rest, _)) = target::options(name, tail) {
            return rest.is_empty();
        }
        match clause(head, true, &mut found).or_else(|_| other(head)) {
            Ok((rest, ())) => head = rest,
            Err(_) => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::{PortRange, Protocol, Side};

    #[track_caller]
    fn reads(name: &str, text: &str, expected: &[Test<'_>], target: Option<Target<'_>>) {
        let mut matches = Vec::new();
        let mut found = Found { matches: &mut matches, has_services: false };
        assert_eq!(extensions(text.as_bytes(), name.as_bytes(), &mut found), Ok(target), "{text}");
        let expected: Vec<_> = expected.iter().cloned().map(Match::of).collect();
        assert_eq!(matches, expected, "{text}");
    }

    fn comment(raw: &str) -> Test<'_> {
        Test::Comment { raw: raw.into(), quoted: false }
    }

    fn port(port: u16) -> Test<'static> {
        Test::Port { module: Protocol::TCP, side: Side::Destination, ports: PortRange::single(port) }
    }

    #[test]
    fn matches_stand_in_the_order_of_the_text_and_the_target_last() {
        let log = Some(Target::Log("flags 0 level 4 prefix \"x */ \"".into()));
        reads("LOG", "/* a b */ tcp dpt:80 LOG flags 0 level 4 prefix \"x */ \"", &[comment("a b"), port(80)], log);
        reads("KUBE-X", "tcp dpt:80 /* a */ /* b */", &[port(80), comment("a"), comment("b")], None);
        reads("KUBE-X", "", &[], None);
    }

    #[test]
    fn a_comment_may_hold_its_own_end_or_a_rule() {
        reads("KUBE-X", "/* a */ b */ tcp dpt:80", &[comment("a */ b"), port(80)], None);
        reads("KUBE-X", "/* tcp dpt:81 to:1.2.3.4 */ tcp dpt:80", &[comment("tcp dpt:81 to:1.2.3.4"), port(80)], None);
    }

    #[test]
    fn text_nobody_understands_is_kept_up_to_the_next_phrase() {
        reads("KUBE-X", "rpfilter invert tcp dpt:80", &[Test::Listed("rpfilter invert".into()), port(80)], None);
        reads("ACCEPT", "owner UID match 0", &[Test::Listed("owner UID match 0".into())], None);
        reads(
            "ACCEPT",
            "STRING match  \"tcp dpt:99999 \" ALGO name bm /* c */",
            &[Test::Listed("STRING match  \"tcp dpt:99999 \" ALGO name bm".into()), comment("c")],
            None,
        );
        reads("ACCEPT", "tcp dpt:nowhere", &[Test::Module(Protocol::TCP), Test::Listed("dpt:nowhere".into())], None);
    }

    #[test]
    fn one_word_behind_such_text_is_part_of_it() {
        reads("ACCEPT", "policy match proto tcp", &[Test::Listed("policy match proto tcp".into())], None);
    }

    #[test]
    fn a_chain_has_no_options() {
        reads("KUBE-X", "to:1.2.3.4", &[Test::Listed("to:1.2.3.4".into())], None);
    }

    #[test]
    fn a_comment_that_never_ends_is_a_fault() {
        let mut matches = Vec::new();
        let mut found = Found { matches: &mut matches, has_services: false };
        let expected = Wanted { what: "the end of the comment, ` */`", rest: b"" };
        assert_eq!(extensions(b"tcp dpt:80 /* cut of", b"X", &mut found), Err(expected));
    }

    #[test]
    fn a_long_hostile_line_is_read_in_one_pass() {
        // With a pass for each word these would take minutes.
        for piece in ["/* ", "/* */ x ", " */ nfacct-name", "\" ", "! ", "tcp ", "multiport dports 1,1,1,x ", "\"\\\" "]
        {
            let line = format!("x /* a {}", piece.repeat(200_000));
            let mut found = Found { matches: &mut Vec::new(), has_services: false };
            let _ = extensions(line.as_bytes(), b"DNAT", &mut found);
        }
    }
}
