//! Match modules: `-m NAME` and the options that follow it.

use super::fault::Read;
use super::recent::recent;
use super::rule::{Parts, old_bang};
use super::word::{self, next_word, skip_blanks, valued, wanted, word};
use crate::ruleset::{
    AddressTypes, ConntrackOption, ConntrackStates, IcmpType, IfaceLimit, PhysdevTest, Protocol, Side, StateModule,
    Test, Threshold,
};
use bstr::{BStr, ByteSlice};
use memchr::memchr;

/// The modules whose options have types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Module {
    /// `comment`.
    Comment,
    /// `tcp`, `udp`, `sctp`, `dccp`, `udplite`.
    Transport(Protocol),
    /// `statistic`.
    Statistic,
    /// `mark`.
    Mark,
    /// `connmark`.
    Connmark,
    /// `conntrack` and `state`.
    Conntrack,
    /// `addrtype`.
    AddressType,
    /// `multiport`.
    Multiport,
    /// `iprange`.
    AddressRange,
    /// `physdev`.
    Physdev,
    /// `set`.
    Set,
    /// `nfacct`.
    Nfacct,
    /// `recent`.
    Recent,
    /// `limit`.
    Limit,
    /// Any other, and none at all.
    Other,
}

impl Module {
    fn named(name: &[u8]) -> Self {
        match name {
            b"comment" => Self::Comment,
            b"tcp" => Self::Transport(Protocol::TCP),
            b"statistic" => Self::Statistic,
            b"udp" => Self::Transport(Protocol::UDP),
            b"mark" => Self::Mark,
            b"recent" => Self::Recent,
            b"addrtype" => Self::AddressType,
            b"conntrack" | b"state" => Self::Conntrack,
            b"sctp" => Self::Transport(Protocol::SCTP),
            b"dccp" => Self::Transport(Protocol::DCCP),
            b"udplite" => Self::Transport(Protocol::UDPLITE),
            b"connmark" => Self::Connmark,
            b"multiport" => Self::Multiport,
            b"iprange" => Self::AddressRange,
            b"physdev" => Self::Physdev,
            b"set" => Self::Set,
            b"nfacct" => Self::Nfacct,
            b"limit" => Self::Limit,
            _ => Self::Other,
        }
    }
}

/// `-m NAME`, and its first option if it has a type. `input` begins at `-m`, `rest` behind it.
pub(crate) fn load<'src>(input: &'src [u8], rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (after, name) = word(rest).map_err(|_| wanted("the name of a module", skip_blanks(rest)))?;
    parts.begin(Module::named(name));
    match parts.module {
        Module::Recent => recent(after, parts),
        Module::Limit => {
            let end = untyped_end(after);
            parts.push(false, Test::Limit(after[..end].trim().as_bstr()));
            Ok((&after[end..], ()))
        }
        Module::Transport(transport) => {
            parts.transport = Some(transport);
            let (rest, found) = typed_option(after, parts)?;
            if !found {
                parts.push(false, Test::Module(transport));
            }
            Ok((rest, ()))
        }
        _ => {
            let (rest, found) = typed_option(after, parts)?;
            parts.drops_words |= found && parts.module == Module::Other;
            Ok((if found { rest } else { other(input, after, parts) }, ()))
        }
    }
}

/// An option of the module loaded last (or of the protocol's own): a typed test, or word for word.
pub(crate) fn option<'src>(input: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (rest, found) = typed_option(input, parts)?;
    if found {
        return Ok((rest, ()));
    }
    let (after, first) = word(input)?;
    let (after, flag) = if first == "!" { word(after)? } else { (after, first) };
    if !flag.starts_with(b"-") {
        return Err(wanted("an option", skip_blanks(input)));
    }
    Ok((other(input, after, parts), ()))
}

/// Keeps what stands from `input` to the next option we know, word for word; `after` lies behind the first flag.
fn other<'src>(input: &'src [u8], after: &'src [u8], parts: &mut Parts<'_, 'src>) -> &'src [u8] {
    let input = skip_blanks(input);
    let end = input.len() - after.len() + untyped_end(after);
    parts.push(false, Test::Other(input[..end].trim_end().as_bstr()));
    &input[end..]
}

/// Where options we have no type for end: before the next `-m`, `-j`, `-g` or option of iptables itself.
pub(crate) fn untyped_end(input: &[u8]) -> usize {
    let mut rest = input;
    let mut bang = None;
    loop {
        let at = input.len() - rest.len();
        let (after, word) = next_word(rest);
        match word {
            b"" => return bang.unwrap_or(input.len()),
            _ if is_own_option(word) => return bang.unwrap_or(at),
            b"!" => bang = Some(at),
            _ => bang = None,
        }
        // These take one word, whatever it looks like.
        let takes_any_word = matches!(
            word,
            b"--comment" | b"--string" | b"--hex-string" | b"--log-prefix" | b"--nflog-prefix" | b"--u32"
        );
        rest = if takes_any_word { next_word(after).0 } else { after };
    }
}

/// Whether it is an option of iptables itself, and none of a module or target.
pub(crate) fn is_own_option(word: &[u8]) -> bool {
    matches!(word, [b'-', b'm' | b'j' | b'g' | b's' | b'd' | b'i' | b'o' | b'p' | b'f'])
}

/// Reads one option if it is one we have a type for; the flag tells whether.
fn typed_option<'src>(input: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, bool> {
    let (inverted, positive) = old_bang(false, input);
    if !skip_blanks(positive).starts_with(b"--") {
        return Ok((input, false));
    }
    let (rest, flag) = next_word(positive);
    let read = match (parts.module, flag) {
        (Module::Comment, b"--comment") => comment(rest, parts),
        (Module::Statistic, b"--mode") => statistic(inverted, rest, parts),
        (Module::Mark, b"--mark") => mark(Test::Mark, inverted, rest, parts),
        (Module::Connmark, b"--mark") => mark(Test::Connmark, inverted, rest, parts),
        (Module::Conntrack, _) => return conntrack(flag, inverted, (input, rest), parts),
        (Module::AddressType, _) => return address_type(flag, inverted, (input, rest), parts),
        (Module::Multiport, _) => return multiport(flag, inverted, (input, rest), parts),
        (Module::Physdev, _) => return physdev(flag, inverted, (input, rest), parts),
        (Module::AddressRange, b"--src-range") => range(Side::Source, inverted, rest, parts),
        (Module::AddressRange, b"--dst-range") => range(Side::Destination, inverted, rest, parts),
        (Module::Set, b"--match-set") => set(inverted, rest, parts),
        (Module::Nfacct, b"--nfacct-name") => named(Test::Nfacct, inverted, rest, parts),
        _ => return option_of_protocol(flag, inverted, (input, rest), parts),
    };
    read.map(|(rest, ())| (rest, true))
}

/// An option that belongs to a protocol: `-p tcp` alone brings them, too.
fn option_of_protocol<'src>(
    flag: &[u8],
    inverted: bool,
    (input, rest): At<'src>,
    parts: &mut Parts<'_, 'src>,
) -> Read<'src, bool> {
    let read = match flag {
        b"--dport" | b"--destination-port" => port(Side::Destination, inverted, rest, parts),
        b"--sport" | b"--source-port" => port(Side::Source, inverted, rest, parts),
        b"--tcp-flags" => tcp_flags(inverted, rest, parts),
        b"--syn" => {
            parts.push(inverted, Test::TcpFlags { mask: 0x17, set: 0x02 });
            return Ok((rest, true));
        }
        b"--icmp-type" => icmp(Protocol::ICMP, inverted, rest, parts),
        b"--icmpv6-type" => icmp(Protocol::ICMPV6, inverted, rest, parts),
        _ => return Ok((input, false)),
    };
    read.map(|(rest, ())| (rest, true))
}

fn port<'src>(side: Side, inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (inverted, rest) = old_bang(inverted, rest);
    let Some(module) = parts.transport.filter(|protocol| protocol.has_ports()) else {
        return Err(wanted("a protocol that has ports, before this option", skip_blanks(rest)));
    };
    let named = |word| port_by_name(word).or_else(|| word::ports(word, b':'));
    let (rest, range) = valued("a port, or two with a colon between", named)(rest)?;
    parts.push(inverted, Test::Port { module, side, ports: range });
    Ok((rest, ()))
}

/// Names of `/etc/services` that hand-made files have; iptables-save prints numbers.
pub(crate) fn port_by_name(word: &[u8]) -> Option<crate::ruleset::PortRange> {
    let port = match word {
        b"ssh" => 22,
        b"domain" => 53,
        b"http" => 80,
        b"https" => 443,
        _ => return None,
    };
    Some(crate::ruleset::PortRange::single(port))
}

fn tcp_flags<'src>(inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (rest, mask) = valued("names of TCP flags", flags)(rest)?;
    let (rest, set) = valued("names of TCP flags", flags)(rest)?;
    parts.push(inverted, Test::TcpFlags { mask, set });
    Ok((rest, ()))
}

/// `SYN,ACK`, `ALL`, `NONE`.
pub(crate) fn flags(word: &[u8]) -> Option<u8> {
    match word {
        b"NONE" => Some(0),
        b"ALL" => Some(0x3f),
        _ => u8::try_from(word::bits(word, &["FIN", "SYN", "RST", "PSH", "ACK", "URG"])?).ok(),
    }
}

/// `-m comment --comment`, behind that.
pub(crate) fn commented<'src>(rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    parts.begin(Module::Comment);
    comment(rest, parts)
}

fn comment<'src>(rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (rest, raw) = word(rest).map_err(|_| wanted("a comment", skip_blanks(rest)))?;
    parts.push(false, Test::Comment { raw, quoted: true });
    Ok((rest, ()))
}

/// `--mode random [!] --probability P`, `--mode nth [!] --every N [--packet P]`.
fn statistic<'src>(inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (after, mode) = next_word(rest);
    let (inverted, after) = old_bang(inverted, after);
    let (after, flag) = next_word(after);
    match (mode, flag) {
        (b"random", b"--probability") => probability(inverted, after, parts),
        (b"nth", b"--every") => {
            let (rest, every) = valued("a number from 1", |word| word::number(word).filter(|&every| every > 0))(after)?;
            let (rest, packet) = match next_word(rest) {
                (after, b"--packet") => valued("a number", word::number)(after)?,
                _ => (rest, 0),
            };
            parts.push(inverted, Test::Nth { every, packet });
            Ok((rest, ()))
        }
        _ => Err(wanted("`random --probability` or `nth --every`", skip_blanks(rest))),
    }
}

/// `-m statistic --mode random --probability`, behind that.
pub(crate) fn drawn<'src>(rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    parts.begin(Module::Statistic);
    probability(false, rest, parts)
}

fn probability<'src>(inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (rest, threshold) = valued("a probability from 0 to 1", threshold)(rest)?;
    parts.push(inverted, Test::Random(threshold));
    Ok((rest, ()))
}

pub(crate) fn threshold(word: &[u8]) -> Option<Threshold> {
    let plain = word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let probability = word.to_str().ok().filter(|_| plain)?.parse().ok()?;
    Threshold::from_probability(probability)
}

fn mark<'src>(
    test: fn(crate::ruleset::Mark) -> Test<'src>,
    inverted: bool,
    rest: &'src [u8],
    parts: &mut Parts<'_, 'src>,
) -> Read<'src, ()> {
    let (inverted, rest) = old_bang(inverted, rest);
    let (rest, value) = valued("a mark, or a mark and a mask", word::mark)(rest)?;
    parts.push(inverted, test(value));
    Ok((rest, ()))
}

/// What follows a flag: where the option begins, and where its values do.
type At<'src> = (&'src [u8], &'src [u8]);

fn conntrack<'src>(
    flag: &[u8],
    inverted: bool,
    (input, rest): At<'src>,
    parts: &mut Parts<'_, 'src>,
) -> Read<'src, bool> {
    let original = |side| move |net| ConntrackOption::OriginalAddress { side, net };
    let reply = |side| move |net| ConntrackOption::ReplyAddress { side, net };
    let (rest, option) = match flag {
        b"--ctstate" | b"--state" => return Ok(state(flag, inverted, (input, rest), parts)),
        b"--ctorigsrc" => conntrack_net(rest, original(Side::Source))?,
        b"--ctorigdst" => conntrack_net(rest, original(Side::Destination))?,
        b"--ctreplsrc" => conntrack_net(rest, reply(Side::Source))?,
        b"--ctrepldst" => conntrack_net(rest, reply(Side::Destination))?,
        b"--ctorigsrcport" => conntrack_port(rest, Side::Source)?,
        b"--ctorigdstport" => conntrack_port(rest, Side::Destination)?,
        b"--ctproto" => {
            let (rest, protocol) = valued("a protocol", Protocol::from_name)(rest)?;
            (rest, ConntrackOption::Protocol(protocol))
        }
        b"--ctdir" => {
            let direction = |word: &[u8]| match word {
                b"ORIGINAL" => Some(true),
                b"REPLY" => Some(false),
                _ => None,
            };
            let (rest, is_original) = valued("ORIGINAL or REPLY", direction)(rest)?;
            (rest, ConntrackOption::IsOriginal(is_original))
        }
        _ => return Ok((input, false)),
    };
    parts.push(inverted, Test::Conntrack(Box::new(option)));
    Ok((rest, true))
}

fn conntrack_net(rest: &[u8], option: impl Fn(crate::ruleset::Net) -> ConntrackOption) -> Read<'_, ConntrackOption> {
    let (rest, net) = valued("an address or a net", word::net)(rest)?;
    Ok((rest, option(net)))
}

fn conntrack_port(rest: &[u8], side: Side) -> Read<'_, ConntrackOption> {
    let (rest, ports) = valued("a port, or two with a colon between", |word| word::ports(word, b':'))(rest)?;
    Ok((rest, ConntrackOption::OriginalPort { side, ports }))
}

/// Names that only newer iptables have stay word for word.
fn state<'src>(
    flag: &[u8],
    inverted: bool,
    (input, rest): At<'src>,
    parts: &mut Parts<'_, 'src>,
) -> (&'src [u8], bool) {
    let (inverted, rest) = old_bang(inverted, rest);
    let (after, word) = next_word(rest);
    let Some(states) = word::bits(word, &ConntrackStates::NAMES).and_then(|bits| u8::try_from(bits).ok()) else {
        return (input, false);
    };
    let module = if flag == b"--state" { StateModule::State } else { StateModule::Conntrack };
    parts.push(inverted, Test::State { module, states: ConntrackStates(states) });
    (after, true)
}

fn address_type<'src>(
    flag: &[u8],
    inverted: bool,
    (input, rest): At<'src>,
    parts: &mut Parts<'_, 'src>,
) -> Read<'src, bool> {
    let side = match flag {
        b"--src-type" => Side::Source,
        b"--dst-type" => Side::Destination,
        b"--limit-iface-in" | b"--limit-iface-out" => {
            let wanted = if flag == b"--limit-iface-in" { IfaceLimit::In } else { IfaceLimit::Out };
            for each in parts.matches[parts.start..].iter_mut().rev() {
                let Test::AddressType { limit, .. } = each.test_mut() else { break };
                *limit = Some(wanted);
            }
            return Ok((rest, true));
        }
        _ => return Ok((input, false)),
    };
    let (inverted, rest) = old_bang(inverted, rest);
    let (rest, bits) = valued("kinds of addresses", |word| word::bits(word, &AddressTypes::NAMES))(rest)?;
    parts.push(inverted, Test::AddressType { side, types: AddressTypes(bits), limit: None });
    Ok((rest, true))
}

fn multiport<'src>(
    flag: &[u8],
    inverted: bool,
    (input, rest): At<'src>,
    parts: &mut Parts<'_, 'src>,
) -> Read<'src, bool> {
    let side = match flag {
        b"--sports" | b"--source-ports" => Side::Source,
        b"--dports" | b"--destination-ports" => Side::Destination,
        b"--ports" => Side::Either,
        _ => return Ok((input, false)),
    };
    let (inverted, rest) = old_bang(inverted, rest);
    let (rest, list) = valued("ports with commas between", word::port_list)(rest)?;
    parts.push(inverted, Test::Multiport { side, ports: list });
    Ok((rest, true))
}

fn range<'src>(side: Side, inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (inverted, rest) = old_bang(inverted, rest);
    let one_or_two = |word| word::address_range(word).or_else(|| word::address(word).map(|only| (only, only)));
    let (rest, range) = valued("two addresses with `-` between", one_or_two)(rest)?;
    parts.push(inverted, Test::AddressRange { side, range: Box::new(range) });
    Ok((rest, ()))
}

fn physdev<'src>(
    flag: &[u8],
    inverted: bool,
    (input, rest): At<'src>,
    parts: &mut Parts<'_, 'src>,
) -> Read<'src, bool> {
    let (test, takes_name) = match flag {
        b"--physdev-in" => (PhysdevTest::In, true),
        b"--physdev-out" => (PhysdevTest::Out, true),
        b"--physdev-is-in" => (PhysdevTest::IsIn, false),
        b"--physdev-is-out" => (PhysdevTest::IsOut, false),
        b"--physdev-is-bridged" => (PhysdevTest::IsBridged, false),
        _ => return Ok((input, false)),
    };
    let (rest, name) = if takes_name { word(rest)? } else { (rest, BStr::new("")) };
    parts.push(inverted, Test::Physdev { test, name });
    Ok((rest, true))
}

/// `NAME src,dst`, kept as the two words they are.
fn set<'src>(inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let start = skip_blanks(rest);
    let (after, _) = word(start).map_err(|_| wanted("the name of an ipset", start))?;
    let (after, _) = word(after).map_err(|_| wanted("`src` or `dst`", skip_blanks(after)))?;
    parts.push(inverted, Test::Set(start[..start.len() - after.len()].as_bstr()));
    Ok((after, ()))
}

fn named<'src>(
    test: fn(&'src BStr) -> Test<'src>,
    inverted: bool,
    rest: &'src [u8],
    parts: &mut Parts<'_, 'src>,
) -> Read<'src, ()> {
    let (rest, name) = word(rest).map_err(|_| wanted("a name", skip_blanks(rest)))?;
    parts.push(inverted, test(name));
    Ok((rest, ()))
}

fn icmp<'src>(module: Protocol, inverted: bool, rest: &'src [u8], parts: &mut Parts<'_, 'src>) -> Read<'src, ()> {
    let (inverted, rest) = old_bang(inverted, rest);
    let (after, name) = word(rest).map_err(|_| wanted("an ICMP type", skip_blanks(rest)))?;
    let test = match icmp_type(name) {
        Some(kind) => Test::Icmp { module, kind },
        None if name.iter().any(u8::is_ascii_alphabetic) => Test::IcmpName { module, name },
        None => return Err(wanted("an ICMP type, or a type and a code up to 255", skip_blanks(rest))),
    };
    parts.push(inverted, test);
    Ok((after, ()))
}

/// `any`, `8`, `3/1`.
pub(crate) fn icmp_type(word: &[u8]) -> Option<IcmpType> {
    if word == b"any" {
        return Some(IcmpType::Any);
    }
    match memchr(b'/', word) {
        Some(slash) => {
            let (kind, code) = (word::number(&word[..slash])?, word::number(&word[slash + 1..])?);
            Some(IcmpType::Number { kind, code: Some(code) })
        }
        None => word::number(word).map(|kind| IcmpType::Number { kind, code: None }),
    }
}

#[cfg(test)]
mod tests;
