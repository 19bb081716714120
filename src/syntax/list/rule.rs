//! A rule line of a listing as matches and a target, in the order iptables-save would have them.

use super::clause::Found;
use super::column::{Columns, Layout, columns};
use super::phrase::split;
use super::place::{Place, place};
use super::target::without_options;
use super::text::extensions;
use crate::ruleset::{Counters, Family, Match, Net, Protocol, Side, Target, Test};
use crate::syntax::fault::Wanted;
use crate::syntax::word::net;
use bstr::{BStr, ByteSlice};

/// What a rule line says besides its matches, and what it shows of the listing it stands in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ListedRule<'src> {
    /// The rule's number in its chain, from 1, with `--line-numbers`.
    pub(crate) number: Option<u32>,
    /// Its counters, with `-v`.
    pub(crate) counters: Option<Counters>,
    /// Its target. `None` where the column is empty.
    pub(crate) target: Option<Target<'src>>,
    /// The family of its addresses, if it has any or the columns show it.
    pub(crate) family: Option<Family>,
    /// Whether addresses and interfaces are printed as with `-n` (`0.0.0.0/0`, `*`) or without (`anywhere`, `any`,
    /// names); `None` if nothing shows.
    pub(crate) is_numeric: Option<bool>,
    /// Whether a port was given by the name of a service, for which we took the usual port.
    pub(crate) has_services: bool,
}

/// Reads a rule line and adds its matches to `matches`: addresses, interfaces, protocol, then the text's in its order.
/// `family` is what the caller knows of the listing.
///
/// # Errors
/// What the line lacks to be a rule. `matches` is then as it was.
pub(crate) fn rule_line<'src>(
    line: &'src [u8],
    layout: Layout,
    family: Option<Family>,
    matches: &mut Vec<Match<'src>>,
) -> Result<ListedRule<'src>, Wanted<'src>> {
    let before = matches.len();
    let rule = columns(line, layout, family).and_then(|columns| rule(columns, family, matches));
    if rule.is_err() {
        matches.truncate(before);
    }
    rule
}

fn rule<'src>(
    columns: Columns<'src>,
    family: Option<Family>,
    matches: &mut Vec<Match<'src>>,
) -> Result<ListedRule<'src>, Wanted<'src>> {
    let mut evidence = Evidence::default();
    let mut found = Found { matches, has_services: false };
    address(Side::Source, columns.source, &mut evidence, &mut found)?;
    address(Side::Destination, columns.destination, &mut evidence, &mut found)?;
    if let Some((input, output)) = columns.interfaces {
        interface(Side::Source, input, &mut evidence, &mut found)?;
        interface(Side::Destination, output, &mut evidence, &mut found)?;
    }
    protocol(columns.protocol, &mut found)?;
    if matches!(columns.opt, b"-f" | b"!f") {
        found.push(columns.opt == b"!f", Test::Fragment);
    }
    let (is_goto, text) = match split(columns.text) {
        (b"[goto]", rest) => (true, rest),
        _ => (false, columns.text),
    };
    let family = evidence.family.or(family);
    let target = extensions(text, columns.target, &mut found)?;
    Ok(ListedRule {
        number: columns.number,
        counters: columns.counters,
        target: target.or_else(|| without_options(columns.target, is_goto, family)),
        family: evidence.family,
        is_numeric: evidence.is_numeric,
        has_services: found.has_services,
    })
}

/// What the columns show of the whole listing.
#[derive(Default)]
struct Evidence {
    family: Option<Family>,
    is_numeric: Option<bool>,
}

impl Evidence {
    /// One name is enough to show that `-n` was not given; figures prove nothing against it.
    fn names(&mut self) {
        self.is_numeric = Some(false);
    }

    fn figures(&mut self) {
        self.is_numeric = self.is_numeric.or(Some(true));
    }
}

/// `!` and what it inverts.
fn inverted(column: &[u8]) -> (bool, &[u8]) {
    column.strip_prefix(b"!").map_or((false, column), |rest| (true, rest))
}

fn address<'src>(
    side: Side,
    column: &'src [u8],
    evidence: &mut Evidence,
    found: &mut Found<'_, 'src>,
) -> Result<(), Wanted<'src>> {
    let (inverted, column) = inverted(column);
    let family = if column.contains(&b':') { Family::Ipv6 } else { Family::Ipv4 };
    let place = place(column)?;
    match &place {
        Place::Anywhere { is_numeric: true } => evidence.figures(),
        Place::Anywhere { .. } | Place::NamedNet(_) | Place::Name => evidence.names(),
        Place::Net(_) => {}
    }
    if !matches!(place, Place::Anywhere { is_numeric: false } | Place::Name) {
        evidence.family = evidence.family.or(Some(family));
    }
    match place {
        Place::Anywhere { .. } if !inverted => {}
        Place::Anywhere { is_numeric: true } => found.matches.extend(net(column).map(|net| nowhere(side, net))),
        Place::Net(net) | Place::NamedNet(net) => found.push(inverted, Test::Address { side, net }),
        Place::Anywhere { .. } | Place::Name => found.push(inverted, Test::Host { side, name: column.as_bstr() }),
    }
    Ok(())
}

/// `! -s 0.0.0.0/0`, which no packet matches.
fn nowhere(side: Side, net: Net) -> Match<'static> {
    Match::not(Test::Address { side, net })
}

fn interface<'src>(
    side: Side,
    column: &'src [u8],
    evidence: &mut Evidence,
    found: &mut Found<'_, 'src>,
) -> Result<(), Wanted<'src>> {
    let (inverted, name) = inverted(column);
    match name {
        b"" => return Err(Wanted { what: "the name of an interface", rest: name }),
        b"*" => evidence.figures(),
        b"any" => evidence.names(),
        _ => {}
    }
    match name {
        b"*" | b"any" | b"+" if !inverted => {}
        // Any interface is a prefix of no bytes, so none is `! -i +`.
        b"*" | b"any" => found.push(true, Test::Interface { side, name: BStr::new("+") }),
        name => found.push(inverted, Test::Interface { side, name: name.as_bstr() }),
    }
    Ok(())
}

fn protocol<'src>(column: &'src [u8], found: &mut Found<'_, 'src>) -> Result<(), Wanted<'src>> {
    let (inverted, name) = inverted(column);
    match Protocol::from_name(name) {
        Some(Protocol::ALL) if !inverted => {}
        Some(protocol) => found.push(inverted, Test::Protocol(protocol)),
        None if name.iter().all(u8::is_ascii_digit) => {
            return Err(Wanted { what: "a protocol up to 255", rest: name });
        }
        None => found.push(inverted, Test::ProtocolName(name.as_bstr())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::{AddressTypes, PortRange};

    const PLAIN: Layout = Layout { is_numbered: false, is_counted: false, is_verbose: false };
    const VERBOSE: Layout = Layout { is_numbered: false, is_counted: true, is_verbose: true };

    #[track_caller]
    fn read(line: &str, layout: Layout) -> (ListedRule<'_>, Vec<Match<'_>>) {
        let mut matches = Vec::new();
        let rule = rule_line(line.as_bytes(), layout, None, &mut matches);
        (rule.unwrap_or_else(|wanted| panic!("{line}: {wanted:?}")), matches)
    }

    fn net(addr: &str, prefix: u32) -> Net {
        Net::new(addr.parse().unwrap(), prefix).unwrap()
    }

    fn not(test: Test<'_>) -> Match<'_> {
        Match::not(test)
    }

    #[test]
    fn matches_come_out_in_the_order_of_iptables_save() {
        let line =
            "    3   180 KUBE-X     !tcp -f  eth0   !cali+  !10.0.0.0/8           10.96.0.10           mark match 0x1";
        let (rule, matches) = read(line, VERBOSE);
        let interface = |side, name: &'static str| Test::Interface { side, name: name.into() };
        assert_eq!(
            matches,
            [
                not(Test::Address { side: Side::Source, net: net("10.0.0.0", 8) }),
                Match::of(Test::Address { side: Side::Destination, net: net("10.96.0.10", 32) }),
                Match::of(interface(Side::Source, "eth0")),
                not(interface(Side::Destination, "cali+")),
                not(Test::Protocol(Protocol::TCP)),
                Match::of(Test::Fragment),
                Match::of(Test::Mark(crate::ruleset::Mark { value: 1, mask: u32::MAX })),
            ]
        );
        assert_eq!(rule.target, Some(Target::Jump("KUBE-X".into())));
        assert_eq!(rule.counters, Some(Counters { packets: 3, bytes: 180, rounded: false }));
        assert_eq!((rule.family, rule.is_numeric), (Some(Family::Ipv4), None));
    }

    #[test]
    fn what_matches_everything_is_no_match() {
        for line in [
            "RETURN     all  --  anywhere             anywhere            ",
            "RETURN     0    --  0.0.0.0/0            0.0.0.0/0",
            "RETURN     all      ::/0                 ::/0",
        ] {
            assert_eq!(read(line, PLAIN).1, [], "{line}");
        }
        assert_eq!(read("0 0 RETURN all -- any * 0.0.0.0/0 0.0.0.0/0", VERBOSE).1, []);
    }

    #[test]
    fn an_interface_has_a_name() {
        let line = b"0 0 RETURN all -- ! * 0.0.0.0/0 0.0.0.0/0";
        let read = rule_line(line, VERBOSE, None, &mut Vec::new());
        assert_eq!(read.map_err(|wanted| wanted.what).err(), Some("the name of an interface"));
    }

    #[test]
    fn what_matches_nothing_is_one() {
        let (_, matches) = read("0 0 RETURN all -- !* * !0.0.0.0/0 !anywhere", VERBOSE);
        assert_eq!(
            matches,
            [
                not(Test::Address { side: Side::Source, net: net("0.0.0.0", 0) }),
                not(Test::Host { side: Side::Destination, name: "anywhere".into() }),
                not(Test::Interface { side: Side::Source, name: "+".into() }),
            ]
        );
    }

    #[test]
    fn the_endpoint_rule_of_kube_proxy_reads_as_saved() {
        let line =
            "DNAT       6    --  0.0.0.0/0            0.0.0.0/0            /* shop/web:http */ tcp to:10.0.0.1:80";
        let (rule, matches) = read(line, PLAIN);
        assert_eq!(
            matches,
            [
                Match::of(Test::Protocol(Protocol::TCP)),
                Match::of(Test::Comment { raw: "shop/web:http".into(), quoted: false }),
                Match::of(Test::Module(Protocol::TCP)),
            ]
        );
        let to = rule.target.as_ref().and_then(Target::dnat).unwrap();
        assert_eq!((to.address(), to.port()), (Some("10.0.0.1".parse().unwrap()), Some(80)));
    }

    #[test]
    fn a_goto_is_told_from_a_jump() {
        let (rule, matches) = read("KUBE-X 6 -- 0.0.0.0/0 0.0.0.0/0 [goto]  ADDRTYPE match dst-type LOCAL", PLAIN);
        assert_eq!(rule.target, Some(Target::Goto("KUBE-X".into())));
        assert_eq!(
            matches[1..],
            [Match::of(Test::AddressType { side: Side::Destination, types: AddressTypes::LOCAL, limit: None })]
        );
    }

    #[test]
    fn names_stay_names_and_are_evidence() {
        let (rule, matches) = read("KUBE-X udp -- node-1 !loopback/8 udp dpt:domain", PLAIN);
        assert_eq!(
            matches,
            [
                Match::of(Test::Host { side: Side::Source, name: "node-1".into() }),
                not(Test::Address { side: Side::Destination, net: net("127.0.0.0", 8) }),
                Match::of(Test::Protocol(Protocol::UDP)),
                Match::of(Test::Port { module: Protocol::UDP, side: Side::Destination, ports: PortRange::single(53) }),
            ]
        );
        assert_eq!((rule.is_numeric, rule.has_services), (Some(false), true));
    }

    #[test]
    fn a_rule_may_have_no_target_and_an_unknown_protocol() {
        let (rule, matches) = read("           vrrp --  anywhere             anywhere            ", PLAIN);
        assert_eq!(rule.target, None);
        assert_eq!(matches, [Match::of(Test::ProtocolName("vrrp".into()))]);
        assert_eq!(read("X 250 -- ::/0 ::/0", PLAIN).0.family, Some(Family::Ipv6));
    }

    #[test]
    fn a_refused_line_adds_no_match_and_says_where() {
        for (line, what, rest) in [
            ("X tcp -- 1.2.3.4 anywhere tcp dpt:99999 x", "a port from 0 to 65535", "99999 x"),
            ("X 256 -- anywhere anywhere", "a protocol up to 255", "256"),
            ("X tcp -- 10.0.0.0/33 anywhere", "an address, with a prefix length or mask of its family", "10.0.0.0/33"),
        ] {
            let mut matches = Vec::new();
            let expected = Wanted { what, rest: rest.as_bytes() };
            assert_eq!(rule_line(line.as_bytes(), PLAIN, None, &mut matches), Err(expected), "{line}");
            assert_eq!(matches, [], "{line}");
        }
    }
}
