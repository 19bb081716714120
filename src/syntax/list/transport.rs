//! The phrases about ports, TCP flags and ICMP types.

use super::clause::Found;
use super::phrase::{bang, key, other, split, value};
use super::port::{port_list, port_range};
use crate::ruleset::{IcmpType, Protocol, Side, Test};
use crate::syntax::fault::Read;
use crate::syntax::module::flags;
use crate::syntax::word::{any_number, number};
use bstr::ByteSlice;
use memchr::memchr;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value as constant};
use nom::sequence::preceded;

/// `tcp spts:!1:1024 dpt:80 flags:0x17/0x02`, or `tcp` alone.
pub(crate) fn transport<'src>(
    keyword: &'src [u8],
    text: &'src [u8],
    is_certain: bool,
    found: &mut Found<'_, 'src>,
) -> Read<'src, ()> {
    let Some(module) = Protocol::from_name(keyword) else { return other(text) };
    let before = found.matches.len();
    let mut rest = text;
    loop {
        rest = match transport_option(module, rest, found) {
            Ok((rest, ())) => rest,
            Err(nom::Err::Error(_)) => break,
            Err(error) => return Err(error),
        };
    }
    if found.matches.len() == before {
        if !is_certain {
            return other(text);
        }
        found.push(false, Test::Module(module));
    }
    Ok((rest, ()))
}

fn transport_option<'src>(module: Protocol, text: &'src [u8], found: &mut Found<'_, 'src>) -> Read<'src, ()> {
    let Some(colon) = memchr(b':', split(text).0) else { return other(text) };
    let (name, rest) = (&text[..colon], &text[colon + 1..]);
    let (rest, inverted) = bang(rest)?;
    let side = match name {
        b"spt" | b"spts" => Side::Source,
        b"dpt" | b"dpts" => Side::Destination,
        b"flags" if module == Protocol::TCP => {
            let (rest, (mask, set)) = value("the mask and the values of TCP flags", tcp_flags).parse(rest)?;
            found.push(inverted, Test::TcpFlags { mask, set });
            return Ok((rest, ()));
        }
        _ => return other(text),
    };
    let (rest, (ports, is_named)) = value("a port from 0 to 65535", port_range).parse(rest)?;
    found.has_services |= is_named;
    found.push(inverted, Test::Port { module, side, ports });
    Ok((rest, ()))
}

/// `0x17/0x02` with `-n`, else `FIN,SYN,RST,ACK/SYN`.
fn tcp_flags(word: &[u8]) -> Option<(u8, u8)> {
    let slash = memchr(b'/', word)?;
    let bits = |word: &[u8]| flags(word).or_else(|| u8::try_from(any_number(word)?).ok());
    Some((bits(&word[..slash])?, bits(&word[slash + 1..])?))
}

/// `multiport dports 80,443`, `multiport sports ! 1:1024`.
pub(crate) fn multiport<'src>(inverted: bool, text: &'src [u8], found: &mut Found<'_, 'src>) -> Read<'src, ()> {
    let side = alt((
        constant(Side::Source, key("sports")),
        constant(Side::Destination, key("dports")),
        constant(Side::Either, key("ports")),
    ));
    let (rest, (side, is_inside, (ports, is_named))) =
        (side, bang, value("ports from 0 to 65535", port_list)).parse(text)?;
    found.has_services |= is_named;
    found.push(inverted != is_inside, Test::Multiport { side, ports });
    Ok((rest, ()))
}

/// `icmptype 3 code 1`, behind the keyword. For ICMP, 255 stands for any.
pub(crate) fn icmp_number(module: Protocol, text: &[u8]) -> Read<'_, (bool, Test<'_>)> {
    let number = || value("an ICMP type or code up to 255", number::<u8>);
    let (rest, (kind, code)) = (number(), opt(preceded(key("code"), number()))).parse(text)?;
    let is_any = module == Protocol::ICMP && kind == u8::MAX;
    let kind = if is_any { IcmpType::Any } else { IcmpType::Number { kind, code } };
    Ok((rest, (false, Test::Icmp { module, kind })))
}

/// `icmp echo-request`, `icmp !echo-request`, `icmp any`, and `icmp type 8` of old releases, behind the keyword.
pub(crate) fn icmp(module: Protocol, text: &[u8]) -> Read<'_, (bool, Test<'_>)> {
    let (rest, inverted) = bang(text)?;
    if let Ok((rest, (_, test))) = preceded(key("type"), |rest| icmp_number(module, rest)).parse(rest) {
        return Ok((rest, (inverted, test)));
    }
    let (name, rest) = split(rest);
    let is_name = name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match name {
        b"any" => Ok((rest, (inverted, Test::Icmp { module, kind: IcmpType::Any }))),
        name if is_name => Ok((rest, (inverted, Test::IcmpName { module, name: name.as_bstr() }))),
        _ => other(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::clause::tests::{impossible, reads, refuses};
    use super::*;
    use crate::ruleset::{Match, PortRange};

    fn port(module: Protocol, side: Side, first: u16, last: u16) -> Match<'static> {
        Match::of(Test::Port { module, side, ports: PortRange { first, last } })
    }

    fn not(each: &Match<'static>) -> Match<'static> {
        Match::not(each.test().clone())
    }

    #[test]
    fn ports_are_of_the_module_that_the_phrase_names() {
        let (source, destination) = (Side::Source, Side::Destination);
        reads("tcp dpt:80", &[port(Protocol::TCP, destination, 80, 80)]);
        reads(
            "udp spt:1 dpt:65535",
            &[port(Protocol::UDP, source, 1, 1), port(Protocol::UDP, destination, 65535, 65535)],
        );
        reads(
            "tcp spts:!1:1024 dpt:!80",
            &[not(&port(Protocol::TCP, source, 1, 1024)), not(&port(Protocol::TCP, destination, 80, 80))],
        );
        reads("sctp dpts:0:4", &[port(Protocol::SCTP, destination, 0, 4)]);
        reads("dccp dpt:http", &[port(Protocol::DCCP, destination, 80, 80)]);
        reads("tcp dpts:domain:1024", &[port(Protocol::TCP, destination, 53, 1024)]);
    }

    #[test]
    fn a_module_alone_is_a_match_of_its_own() {
        reads("tcp", &[Match::of(Test::Module(Protocol::TCP))]);
        reads("udplite", &[Match::of(Test::Module(Protocol::UDPLITE))]);
    }

    #[test]
    fn tcp_flags_are_hexadecimal_or_names() {
        let syn = Match::of(Test::TcpFlags { mask: 0x17, set: 0x02 });
        reads("tcp flags:0x17/0x02", std::slice::from_ref(&syn));
        reads("tcp flags:FIN,SYN,RST,ACK/SYN", &[syn]);
        reads("tcp flags:!0x3F/0x02", &[not(&Match::of(Test::TcpFlags { mask: 0x3f, set: 0x02 }))]);
        reads(
            "tcp dpt:1 flags:ALL/NONE",
            &[port(Protocol::TCP, Side::Destination, 1, 1), Match::of(Test::TcpFlags { mask: 0x3f, set: 0 })],
        );
    }

    #[test]
    fn multiport_takes_a_list_of_ports() {
        let ports = |ports: &[(u16, u16)]| ports.iter().map(|&(first, last)| PortRange { first, last }).collect();
        let web = ports(&[(80, 80), (443, 443), (8000, 8010)]);
        reads(
            "multiport dports 80,443,8000:8010",
            &[Match::of(Test::Multiport { side: Side::Destination, ports: web })],
        );
        reads(
            "multiport sports ! http,https",
            &[not(&Match::of(Test::Multiport { side: Side::Source, ports: ports(&[(80, 80), (443, 443)]) }))],
        );
        reads("multiport ports 1", &[Match::of(Test::Multiport { side: Side::Either, ports: ports(&[(1, 1)]) })]);
    }

    #[test]
    fn icmp_types_are_numbers_or_names() {
        let number = |module, kind, code| Match::of(Test::Icmp { module, kind: IcmpType::Number { kind, code } });
        reads("icmptype 8", &[number(Protocol::ICMP, 8, None)]);
        reads("icmptype 3 code 1", &[number(Protocol::ICMP, 3, Some(1))]);
        reads("!icmptype 8", &[not(&number(Protocol::ICMP, 8, None))]);
        reads("ipv6-icmptype 1 code 0", &[number(Protocol::ICMPV6, 1, Some(0))]);
        reads("icmp type 8", &[number(Protocol::ICMP, 8, None)]);
        reads("icmptype 255", &[Match::of(Test::Icmp { module: Protocol::ICMP, kind: IcmpType::Any })]);
        reads("icmp any", &[Match::of(Test::Icmp { module: Protocol::ICMP, kind: IcmpType::Any })]);
        let name = |module, name: &'static str| Match::of(Test::IcmpName { module, name: name.into() });
        reads("icmp !echo-request", &[not(&name(Protocol::ICMP, "echo-request"))]);
        reads("ipv6-icmp packet-too-big", &[name(Protocol::ICMPV6, "packet-too-big")]);
    }

    #[test]
    fn values_that_cannot_be_are_faults() {
        impossible("tcp dpt:99999", "a port from 0 to 65535", "99999");
        impossible("tcp spts:1:99999", "a port from 0 to 65535", "1:99999");
        impossible("multiport dports 80,99999", "ports from 0 to 65535", "80,99999");
        impossible("icmptype 256", "an ICMP type or code up to 255", "256");
    }

    #[test]
    fn words_of_other_modules_are_other_text() {
        for text in ["tcpmss match 42", "multiport dports nowhere", "icmp 8", "! tcp dpt:80", "dpt:80"] {
            refuses(text);
        }
    }
}
