//! The phrases that matches print: `tcp dpt:80`, `mark match 0x1/0x1`, `ADDRTYPE match dst-type LOCAL`.

use super::conntrack;
use super::phrase::{any_word, bang, key, other, split, value};
use super::transport::{icmp, icmp_number, multiport, transport};
use crate::ruleset::{AddressTypes, IfaceLimit, Mark, Match, PhysdevTest, Protocol, Recent, RecentAction, Side, Test};
use crate::syntax::fault::{Read, Wanted};
use crate::syntax::module::threshold;
use crate::syntax::word::{self, address_range, number};
use bstr::ByteSlice;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value as constant};
use nom::sequence::preceded;

/// What the text of one rule gave so far.
pub(crate) struct Found<'m, 'src> {
    /// The matches of all rules; this rule's are at its end.
    pub(crate) matches: &'m mut Vec<Match<'src>>,
    /// Whether a port was given by the name of a service.
    pub(crate) has_services: bool,
}

impl<'src> Found<'_, 'src> {
    pub(crate) fn push(&mut self, inverted: bool, test: Test<'src>) {
        self.matches.push(Match::new(inverted, test));
    }
}

/// Reads the phrase of one match. Behind text nobody understood (`is_certain` false), one word alone that could be part
/// of that text is not taken for a phrase.
pub(crate) fn clause<'src>(text: &'src [u8], is_certain: bool, found: &mut Found<'_, 'src>) -> Read<'src, ()> {
    let (rest, inverted) = bang(text)?;
    let (keyword, rest) = split(rest);
    match keyword {
        b"tcp" | b"udp" | b"sctp" | b"dccp" | b"udplite" if !inverted => transport(keyword, rest, is_certain, found),
        b"ADDRTYPE" if !inverted => address_types(rest, found),
        b"PHYSDEV" if !inverted => physdev(rest, found),
        b"multiport" => multiport(inverted, rest, found),
        b"icmp" | b"ipv6-icmp" if !is_certain => other(text),
        _ => {
            let (rest, (is_inside, asked)) = single(keyword, rest)?;
            found.push(inverted != is_inside, asked);
            Ok((rest, ()))
        }
    }
}

/// A phrase of one test; whether `!` stands inside it.
fn single<'src>(keyword: &'src [u8], rest: &'src [u8]) -> Read<'src, (bool, Test<'src>)> {
    match keyword {
        b"mark" | b"MARK" => marked(Test::Mark).parse(rest),
        b"connmark" | b"CONNMARK" => marked(Test::Connmark).parse(rest),
        b"statistic" => statistic(rest),
        b"recent:" => recent(rest).map(|(rest, recent)| (rest, (false, Test::Recent(Box::new(recent))))),
        b"source" => range(Side::Source).parse(rest),
        b"destination" => range(Side::Destination).parse(rest),
        b"match-set" => set(rest),
        b"limit:" => limit(rest),
        b"nfacct-name" => any_word(rest).map(|(rest, name)| (rest, (false, Test::Nfacct(name.as_bstr())))),
        b"icmptype" => icmp_number(Protocol::ICMP, rest),
        b"ipv6-icmptype" => icmp_number(Protocol::ICMPV6, rest),
        b"icmp" => icmp(Protocol::ICMP, rest),
        b"ipv6-icmp" => icmp(Protocol::ICMPV6, rest),
        _ => conntrack::option(keyword, rest),
    }
}

/// `ADDRTYPE match src-type LOCAL dst-type !LOCAL limit-out`; the limit holds for both ends.
fn address_types<'src>(text: &'src [u8], found: &mut Found<'_, 'src>) -> Read<'src, ()> {
    let before = found.matches.len();
    let (mut rest, ()) = key("match").parse(text)?;
    loop {
        let (keyword, after) = split(rest);
        let side = match keyword {
            b"src-type" => Side::Source,
            b"dst-type" => Side::Destination,
            b"limit-in" => {
                limit_to(IfaceLimit::In, &mut found.matches[before..]);
                rest = after;
                continue;
            }
            b"limit-out" => {
                limit_to(IfaceLimit::Out, &mut found.matches[before..]);
                rest = after;
                continue;
            }
            _ => break,
        };
        let kinds = value("kinds of addresses", |word| word::bits(word, &AddressTypes::NAMES));
        let (after, (inverted, types)) = (bang, kinds).parse(after)?;
        found.push(inverted, Test::AddressType { side, types: AddressTypes(types), limit: None });
        rest = after;
    }
    if found.matches.len() == before { other(text) } else { Ok((rest, ())) }
}

fn limit_to(iface: IfaceLimit, matches: &mut [Match<'_>]) {
    for each in matches {
        if let Test::AddressType { limit, .. } = each.test_mut() {
            *limit = Some(iface);
        }
    }
}

/// `PHYSDEV match --physdev-in lo ! --physdev-is-bridged`.
fn physdev<'src>(text: &'src [u8], found: &mut Found<'_, 'src>) -> Read<'src, ()> {
    let before = found.matches.len();
    let (mut rest, ()) = key("match").parse(text)?;
    loop {
        let (after, inverted) = bang(rest)?;
        let (flag, after) = split(after);
        let (asked, is_named) = match flag {
            b"--physdev-in" => (PhysdevTest::In, true),
            b"--physdev-out" => (PhysdevTest::Out, true),
            b"--physdev-is-in" => (PhysdevTest::IsIn, false),
            b"--physdev-is-out" => (PhysdevTest::IsOut, false),
            b"--physdev-is-bridged" => (PhysdevTest::IsBridged, false),
            _ => break,
        };
        let (after, name) = if is_named { any_word(after)? } else { (after, &b""[..]) };
        found.push(inverted, Test::Physdev { test: asked, name: name.as_bstr() });
        rest = after;
    }
    if found.matches.len() == before { other(text) } else { Ok((rest, ())) }
}

/// `mark match 0x1/0x1`, `mark match ! 0x1`, behind the keyword.
fn marked<'src>(
    test: fn(Mark) -> Test<'src>,
) -> impl Parser<&'src [u8], Output = (bool, Test<'src>), Error = Wanted<'src>> {
    preceded(key("match"), (bang, value("a mark, or a mark and a mask", word::mark).map(test)))
}

/// `mode random probability 0.5`, `mode nth every 3 packet 2`.
fn statistic(text: &[u8]) -> Read<'_, (bool, Test<'_>)> {
    let (rest, ()) = key("mode").parse(text)?;
    let probability = preceded(key("probability"), value("a probability from 0 to 1", threshold));
    let number = || value("a number of packets", number::<u32>);
    let count = (preceded(key("every"), number()), opt(preceded(key("packet"), number())));
    alt((
        preceded(key("random"), (bang, probability.map(Test::Random))),
        preceded(
            key("nth"),
            (bang, count.map(|(every, packet)| Test::Nth { every, packet: packet.unwrap_or_default() })),
        ),
    ))
    .parse(rest)
}

/// `CHECK seconds: 10800 reap hit_count: 8 TTL-Match name: N side: source mask: M`.
fn recent(text: &[u8]) -> Read<'_, Recent<'_>> {
    let action = alt((
        constant(RecentAction::Set, key("SET")),
        constant(RecentAction::Check, key("CHECK")),
        constant(RecentAction::Update, key("UPDATE")),
        constant(RecentAction::Remove, key("REMOVE")),
    ));
    let side = alt((constant(Side::Source, key("source")), constant(Side::Destination, key("dest"))));
    (
        action,
        opt(preceded(key("seconds:"), value("a number of seconds", number))),
        opt(key("reap")),
        opt(preceded(key("hit_count:"), value("a number of hits", number))),
        opt(key("TTL-Match")),
        preceded(key("name:"), any_word),
        preceded(key("side:"), side),
        opt(preceded(key("mask:"), any_word)),
    )
        .map(|(action, seconds, reap, hitcount, rttl, name, side, mask)| Recent {
            action,
            seconds,
            hitcount,
            reap: reap.is_some(),
            rttl: rttl.is_some(),
            name: name.as_bstr(),
            mask: mask.map(ByteSlice::as_bstr),
            side,
        })
        .parse(text)
}

/// `source IP range ! 10.0.0.1-10.0.0.9`, behind the side.
fn range<'src>(side: Side) -> impl Parser<&'src [u8], Output = (bool, Test<'src>), Error = Wanted<'src>> {
    let range = value("two addresses with `-` between", address_range).map(Box::new);
    preceded((key("IP"), key("range")), (bang, range.map(move |range| Test::AddressRange { side, range })))
}

/// `match-set NAME src,dst`, behind the keyword.
fn set(text: &[u8]) -> Read<'_, (bool, Test<'_>)> {
    let (_, after) = split(text);
    let (directions, rest) = split(after);
    if !directions.split(|&byte| byte == b',').all(|each| matches!(each, b"src" | b"dst")) {
        return other(text);
    }
    let end = text.len() - after.len() + directions.len();
    Ok((rest, (false, Test::Set(text[..end].as_bstr()))))
}

/// `limit: avg 5/min burst 10`, behind the keyword; the phrase stays as it is.
fn limit(text: &[u8]) -> Read<'_, (bool, Test<'_>)> {
    let (rest, _) = (key("avg"), any_word, opt((key("burst"), any_word))).parse(text)?;
    let phrase = text[..text.len() - rest.len()].trim_ascii_end();
    Ok((rest, (false, Test::Limit(phrase.as_bstr()))))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ruleset::Threshold;
    use nom::Err;

    /// `text` is one phrase of these matches, and nothing is left of it.
    #[track_caller]
    pub(crate) fn reads(text: &str, expected: &[Match<'_>]) {
        let mut matches = Vec::new();
        let mut found = Found { matches: &mut matches, has_services: false };
        assert_eq!(clause(text.as_bytes(), true, &mut found), Ok((&b""[..], ())), "{text}");
        assert_eq!(matches, expected, "{text}");
    }

    #[track_caller]
    pub(crate) fn impossible(text: &str, what: &'static str, rest: &str) {
        let (mut matches, rest) = (Vec::new(), rest.as_bytes());
        let mut found = Found { matches: &mut matches, has_services: false };
        assert_eq!(clause(text.as_bytes(), true, &mut found), Err(Err::Failure(Wanted { what, rest })), "{text}");
    }

    #[track_caller]
    pub(crate) fn refuses(text: &str) {
        let mut matches = Vec::new();
        let mut found = Found { matches: &mut matches, has_services: false };
        assert!(matches!(clause(text.as_bytes(), true, &mut found), Err(Err::Error(_))), "{text}");
    }

    fn one(phrase: &str, test: Test<'_>) {
        reads(phrase, &[Match::of(test)]);
    }

    fn not(phrase: &str, test: Test<'_>) {
        reads(phrase, &[Match::not(test)]);
    }

    #[test]
    fn marks_are_read_under_their_mask() {
        let masquerade = Mark { value: 0x4000, mask: 0x4000 };
        one("mark match 0x4000/0x4000", Test::Mark(masquerade));
        not("mark match ! 0x4000/0x4000", Test::Mark(masquerade));
        one("MARK match 0x1", Test::Mark(Mark { value: 1, mask: u32::MAX }));
        not("connmark match !0x1", Test::Connmark(Mark { value: 1, mask: u32::MAX }));
        impossible("mark match 0x1ffffffff/0x1", "a mark, or a mark and a mask", "0x1ffffffff/0x1");
    }

    #[test]
    fn address_types_share_their_limit() {
        let kind = |side, types, limit| Test::AddressType { side, types, limit };
        let local = AddressTypes::LOCAL;
        one("ADDRTYPE match dst-type LOCAL", kind(Side::Destination, local, None));
        not("ADDRTYPE match dst-type !LOCAL limit-out", kind(Side::Destination, local, Some(IfaceLimit::Out)));
        one("ADDRTYPE match src-type UNICAST,LOCAL", kind(Side::Source, AddressTypes(0b110), None));
        reads(
            "ADDRTYPE match src-type LOCAL dst-type LOCAL limit-in",
            &[
                Match::of(kind(Side::Source, local, Some(IfaceLimit::In))),
                Match::of(kind(Side::Destination, local, Some(IfaceLimit::In))),
            ],
        );
        refuses("ADDRTYPE match");
        refuses("ADDRTYPE match dst-type HOME");
    }

    #[test]
    fn statistic_draws_or_counts() {
        one("statistic mode random probability 0.33333333349", Test::Random(Threshold(715_827_883)));
        not("statistic mode random ! probability 0.50000000000", Test::Random(Threshold(1 << 30)));
        one("statistic mode nth every 3", Test::Nth { every: 3, packet: 0 });
        not("statistic mode nth ! every 5 packet 2", Test::Nth { every: 5, packet: 2 });
        impossible("statistic mode random probability 1.5", "a probability from 0 to 1", "1.5");
    }

    #[test]
    fn recent_has_its_options_in_one_order() {
        let recent = |action, seconds, hitcount, mask: Option<&'static str>| {
            Test::Recent(Box::new(Recent {
                action,
                seconds,
                hitcount,
                reap: seconds.is_some(),
                rttl: hitcount.is_some(),
                name: "KUBE-SEP-A".into(),
                mask: mask.map(Into::into),
                side: Side::Source,
            }))
        };
        let mask = Some("255.255.255.255");
        one(
            "recent: CHECK seconds: 10800 reap name: KUBE-SEP-A side: source mask: 255.255.255.255",
            recent(RecentAction::Check, Some(10800), None, mask),
        );
        one("recent: SET name: KUBE-SEP-A side: source", recent(RecentAction::Set, None, None, None));
        not(
            "! recent: UPDATE seconds: 60 reap hit_count: 8 TTL-Match name: KUBE-SEP-A side: source",
            recent(RecentAction::Update, Some(60), Some(8), None),
        );
        refuses("recent: SET");
    }

    #[test]
    fn the_usual_neighbours_of_kube_proxy_have_types() {
        let range = Box::new(("10.0.0.1".parse().unwrap(), "10.0.0.9".parse().unwrap()));
        one("source IP range 10.0.0.1-10.0.0.9", Test::AddressRange { side: Side::Source, range: range.clone() });
        not("destination IP range ! 10.0.0.1-10.0.0.9", Test::AddressRange { side: Side::Destination, range });
        one("match-set KUBE-CLUSTER-IP dst,dst", Test::Set("KUBE-CLUSTER-IP dst,dst".into()));
        not("! match-set foo src", Test::Set("foo src".into()));
        one("limit: avg 5/min burst 10", Test::Limit("avg 5/min burst 10".into()));
        one("nfacct-name  ct_established", Test::Nfacct("ct_established".into()));
        not("PHYSDEV match ! --physdev-is-in", Test::Physdev { test: PhysdevTest::IsIn, name: "".into() });
        reads(
            "PHYSDEV match --physdev-out lo --physdev-is-bridged",
            &[
                Match::of(Test::Physdev { test: PhysdevTest::Out, name: "lo".into() }),
                Match::of(Test::Physdev { test: PhysdevTest::IsBridged, name: "".into() }),
            ],
        );
    }

    #[test]
    fn phrases_that_only_begin_alike_are_other_text() {
        for text in
            ["limit: up to 5/sec burst 5", "match bpf 48 0 0 9", "source", "match-set foo both", "PHYSDEV match", "!"]
        {
            refuses(text);
        }
    }
}
