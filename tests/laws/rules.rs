//! Rules of any parts print and read back.

use super::cases;
use super::text::prints_and_reads_back;
use bstr::BStr;
use kubenat::ruleset::{
    AddressTypes, Chain, ChainId, ChainKind, ConnmarkAction, ConntrackOption, ConntrackStates, Form, IcmpType,
    IfaceLimit, Mark, Match, Net, PhysdevTest, PortRange, Protocol, Recent, RecentAction, Rule, Side, StateModule,
    Table, TableName, Target, Test, Threshold, Translation,
};
use kubenat::source::Span;
use proptest::prelude::*;
use std::net::IpAddr;

type Tests = BoxedStrategy<Test<'static>>;

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Source), Just(Side::Destination)]
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u16; 8]>().prop_map(IpAddr::from)]
}

fn net() -> impl Strategy<Value = Net> {
    let prefixed = (address(), 0..=128_u32)
        .prop_map(|(addr, prefix)| Net::new(addr, if addr.is_ipv4() { prefix % 33 } else { prefix }).unwrap());
    let masked = any::<([u8; 4], [u8; 4])>().prop_map(|(addr, mask)| Net::V4 { addr: addr.into(), mask: mask.into() });
    let wide = any::<([u16; 8], [u16; 8])>().prop_map(|(addr, mask)| Net::V6(Box::new((addr.into(), mask.into()))));
    prop_oneof![4 => prefixed, 1 => masked, 1 => wide]
}

fn ports() -> impl Strategy<Value = PortRange> {
    any::<(u16, u16)>().prop_map(|(first, last)| PortRange { first, last })
}

fn mark() -> impl Strategy<Value = Mark> {
    any::<(u32, u32)>().prop_map(|(value, mask)| Mark { value, mask })
}

fn transport() -> impl Strategy<Value = Protocol> {
    prop::sample::select(&[Protocol::TCP, Protocol::UDP, Protocol::SCTP, Protocol::DCCP, Protocol::UDPLITE][..])
}

fn range() -> impl Strategy<Value = (IpAddr, IpAddr)> {
    prop_oneof![
        any::<([u8; 4], [u8; 4])>().prop_map(|(one, other)| (one.into(), other.into())),
        any::<([u16; 8], [u16; 8])>().prop_map(|(one, other)| (one.into(), other.into())),
    ]
}

fn name() -> impl Strategy<Value = &'static BStr> {
    prop::sample::select(&["KUBE-SVC-X", "eth0", "#h", "a:b", "q\"q", "back\\s", "\u{e9}"][..]).prop_map(BStr::new)
}

fn comment() -> impl Strategy<Value = Test<'static>> {
    let texts = &["", "a", "a b", "it's", "\"", "end\\", "-dash", "--", "!", "/* x */", "-j DROP", "#", "\u{e9}\t"][..];
    prop::sample::select(texts).prop_map(|text| Test::Comment { raw: text.into(), quoted: false })
}

fn simple() -> Tests {
    prop_oneof![
        (side(), net()).prop_map(|(side, net)| Test::Address { side, net }),
        (side(), name()).prop_map(|(side, name)| Test::Interface { side, name }),
        Just(Test::Host { side: Side::Source, name: "node-1".into() }),
        (1..=255_u8).prop_map(|number| Test::Protocol(Protocol(number))),
        Just(Test::ProtocolName("gre".into())),
        Just(Test::Fragment),
        comment(),
        (transport(), side(), ports()).prop_map(|(module, side, ports)| Test::Port { module, side, ports }),
        (
            prop::sample::select(&[Side::Source, Side::Destination, Side::Either][..]),
            prop::collection::vec(ports(), 1..15)
        )
            .prop_map(|(side, ports)| Test::Multiport { side, ports: ports.into() }),
        (0..64_u8, 0..64_u8).prop_map(|(mask, set)| Test::TcpFlags { mask, set }),
        (any::<u8>(), any::<Option<u8>>())
            .prop_map(|(kind, code)| Test::Icmp { module: Protocol::ICMP, kind: IcmpType::Number { kind, code } }),
        Just(Test::Icmp { module: Protocol::ICMPV6, kind: IcmpType::Number { kind: 128, code: None } }),
        Just(Test::Icmp { module: Protocol::ICMP, kind: IcmpType::Any }),
    ]
    .boxed()
}

fn modules() -> Tests {
    prop_oneof![
        (side(), 1..4096_u16, prop::sample::select(&[None, Some(IfaceLimit::In), Some(IfaceLimit::Out)][..]))
            .prop_map(|(side, types, limit)| Test::AddressType { side, types: AddressTypes(types), limit }),
        mark().prop_map(Test::Mark),
        mark().prop_map(Test::Connmark),
        (1..128_u8, any::<bool>()).prop_map(|(states, old)| Test::State {
            module: if old { StateModule::State } else { StateModule::Conntrack },
            states: ConntrackStates(states)
        }),
        conntrack().prop_map(|option| Test::Conntrack(Box::new(option))),
        (0..=1_u32 << 31).prop_map(|threshold| Test::Random(Threshold(threshold))),
        (1..=u32::MAX, any::<u32>()).prop_map(|(every, packet)| Test::Nth { every, packet }),
        recent().prop_map(|recent| Test::Recent(Box::new(recent))),
        (side(), range()).prop_map(|(side, range)| Test::AddressRange { side, range: Box::new(range) }),
        Just(Test::Set("KUBE-X dst,src".into())),
        (0..5_usize, name()).prop_map(|(which, name)| {
            let test =
                [PhysdevTest::In, PhysdevTest::Out, PhysdevTest::IsIn, PhysdevTest::IsOut, PhysdevTest::IsBridged]
                    [which];
            Test::Physdev { test, name: if which < 2 { name } else { "".into() } }
        }),
        Just(Test::Limit("--limit 5/min --limit-burst 3".into())),
        Just(Test::Nfacct("pkts".into())),
        Just(Test::Other("-m bpf --bytecode \"4,48 0 0 9\"".into())),
    ]
    .boxed()
}

fn conntrack() -> impl Strategy<Value = ConntrackOption> {
    prop_oneof![
        (side(), net()).prop_map(|(side, net)| ConntrackOption::OriginalAddress { side, net }),
        (side(), net()).prop_map(|(side, net)| ConntrackOption::ReplyAddress { side, net }),
        (side(), ports()).prop_map(|(side, ports)| ConntrackOption::OriginalPort { side, ports }),
        any::<u8>().prop_map(|number| ConntrackOption::Protocol(Protocol(number))),
        any::<bool>().prop_map(ConntrackOption::IsOriginal),
    ]
}

fn recent() -> impl Strategy<Value = Recent<'static>> {
    let action = &[RecentAction::Set, RecentAction::Check, RecentAction::Update, RecentAction::Remove][..];
    let numbers = any::<(Option<u32>, Option<u32>, bool, bool, bool)>();
    (prop::sample::select(action), numbers, name(), side()).prop_map(
        |(action, (seconds, hitcount, reap, rttl, masked), name, side)| Recent {
            action,
            seconds,
            hitcount,
            reap,
            rttl,
            name,
            mask: masked.then_some("255.255.255.255".into()),
            side,
        },
    )
}

fn target() -> BoxedStrategy<Option<Target<'static>>> {
    let masks = || any::<(u32, u32)>();
    prop_oneof![
        Just(None),
        name().prop_map(|name| Some(Target::Jump(name))),
        name().prop_map(|name| Some(Target::Goto(name))),
        prop::sample::select(
            &[
                Target::Accept,
                Target::Drop,
                Target::Return,
                Target::Notrack { old_form: true },
                Target::Notrack { old_form: false }
            ][..]
        )
        .prop_map(Some),
        Just(Some(Target::Queue("NFQUEUE --queue-num 1".into()))),
        Just(Some(Target::Reject("tcp-reset".into()))),
        translation(true).prop_map(|to| Some(Target::Dnat(to.into()))),
        translation(true).prop_map(|to| Some(Target::Snat(Translation { base_port: None, ..to }.into()))),
        translation(false)
            .prop_map(|to| Some(Target::Masquerade(Translation { addresses: None, base_port: None, ..to }.into()))),
        translation(false)
            .prop_map(|to| Some(Target::Redirect(Translation { addresses: None, base_port: None, ..to }.into()))),
        net().prop_map(|net| Some(Target::Netmap(net))),
        mark().prop_map(|mark| Some(Target::Mark(mark))),
        mark().prop_map(|mark| Some(Target::Connmark(ConnmarkAction::Set(mark)))),
        masks().prop_map(|(nfmask, ctmask)| Some(Target::Connmark(ConnmarkAction::Save { nfmask, ctmask }))),
        masks().prop_map(|(nfmask, ctmask)| Some(Target::Connmark(ConnmarkAction::Restore { nfmask, ctmask }))),
        Just(Some(Target::Ct("--zone 1".into()))),
        Just(Some(Target::Log("--log-prefix \"a -j b\"".into()))),
        Just(Some(Target::Tproxy("--on-port 1 --on-ip 10.0.0.1".into()))),
        Just(Some(Target::Other("TCPMSS --clamp-mss-to-pmtu".into()))),
    ]
    .boxed()
}

fn translation(_with_place: bool) -> impl Strategy<Value = Translation> {
    let place = (prop::option::of(range()), prop::option::of(ports()), any::<Option<u16>>());
    (place, any::<[bool; 3]>()).prop_map(|((addresses, ports, base), [random, random_fully, persistent])| Translation {
        addresses,
        ports,
        base_port: base.filter(|_| ports.is_some()),
        random,
        random_fully,
        persistent,
    })
}

/// Some tests take no `!`, and a port wants its protocol to be named before it.
fn matches() -> impl Strategy<Value = Vec<Match<'static>>> {
    let each = (any::<bool>(), prop_oneof![simple(), modules()]).prop_map(|(inverted, test)| {
        let takes_bang = !matches!(test, Test::Comment { .. } | Test::Limit(_) | Test::Nfacct(_) | Test::Other(_));
        Match::new(inverted && takes_bang, test)
    });
    prop::collection::vec(each, 0..6)
}

fn table(rules: Vec<(Vec<Match<'static>>, Option<Target<'static>>)>) -> Table<'static> {
    let count = u32::try_from(rules.len()).unwrap();
    let chain = Chain {
        name: "A".into(),
        kind: ChainKind::UserDefined { references: None },
        is_declared: true,
        span: Span::default(),
        rules: 0..count,
    };
    let mut table = Table {
        name: TableName::Nat,
        is_named: true,
        form: Form::Save,
        span: Span::default(),
        is_complete: true,
        chains: vec![chain],
        rules: Vec::new(),
        counters: Vec::new(),
        matches: Vec::new(),
    };
    for (matches, target) in rules {
        let start = u32::try_from(table.matches.len()).unwrap();
        table.matches.extend(matches);
        let end = u32::try_from(table.matches.len()).unwrap();
        table.rules.push(Rule::new(ChainId(0), Span::default(), start..end, target));
    }
    table
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn rules_of_any_parts_print_and_read_back(rules in prop::collection::vec((matches(), target()), 1..4)) {
        prints_and_reads_back(&table(rules));
    }
}
