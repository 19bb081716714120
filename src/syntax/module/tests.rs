//! Each module's options, read.

use super::super::rule::tests::{faults, reads};
use super::*;
use crate::ruleset::{Mark, Match, PortRange, Recent, RecentAction};

fn one(line: &str, inverted: bool, test: Test<'_>) {
    reads(line, &[Match::new(inverted, test)]);
}

#[test]
fn the_modules_of_kube_proxy_have_types() {
    let local = AddressTypes::LOCAL;
    one(
        "-m addrtype --dst-type LOCAL",
        false,
        Test::AddressType { side: Side::Destination, types: local, limit: None },
    );
    one(
        "-m addrtype ! --src-type LOCAL --limit-iface-in",
        true,
        Test::AddressType { side: Side::Source, types: local, limit: Some(IfaceLimit::In) },
    );
    one("-m mark ! --mark 0x4000/0x4000", true, Test::Mark(Mark { value: 0x4000, mask: 0x4000 }));
    one("-m statistic --mode random --probability 0.33333333349", false, Test::Random(Threshold(715_827_883)));
    one("-m statistic --mode nth --every 3 --packet 1", false, Test::Nth { every: 3, packet: 1 });
    one(
        "-m conntrack --ctstate NEW,DNAT",
        false,
        Test::State { module: StateModule::Conntrack, states: ConntrackStates::NEW.with(ConntrackStates::DNAT) },
    );
    one("-m comment --comment \"a \\\"b\\\"\"", false, Test::Comment { raw: "\"a \\\"b\\\"\"".into(), quoted: true });
    one("-m comment --comment -dash", false, Test::Comment { raw: "-dash".into(), quoted: true });
    one("-m physdev ! --physdev-is-in", true, Test::Physdev { test: PhysdevTest::IsIn, name: "".into() });
    one("-m set --match-set KUBE-CLUSTER-IP dst,dst", false, Test::Set("KUBE-CLUSTER-IP dst,dst".into()));
    one("-m nfacct --nfacct-name  pkts", false, Test::Nfacct("pkts".into()));
}

#[test]
fn recent_is_one_match_of_many_options() {
    let recent = Recent {
        action: RecentAction::Check,
        seconds: Some(10800),
        hitcount: None,
        reap: true,
        rttl: false,
        name: "KUBE-SEP-X".into(),
        mask: Some("255.255.255.255".into()),
        side: Side::Source,
    };
    let line = "-m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-X --mask 255.255.255.255 --rsource";
    one(line, false, Test::Recent(Box::new(recent)));
}

#[test]
fn the_usual_neighbours_have_types() {
    let ports = [PortRange::single(80), PortRange { first: 8000, last: 8010 }].into();
    one("-m multiport --dports 80,8000:8010", false, Test::Multiport { side: Side::Destination, ports });
    let range = Box::new(("10.0.0.1".parse().unwrap(), "10.0.0.9".parse().unwrap()));
    one("-m iprange --src-range 10.0.0.1-10.0.0.9", false, Test::AddressRange { side: Side::Source, range });
    one("-m limit --limit 5/min --limit-burst 3", false, Test::Limit("--limit 5/min --limit-burst 3".into()));
    reads(
        "-p icmp -m icmp --icmp-type 3/1",
        &[
            Match::of(Test::Protocol(Protocol::ICMP)),
            Match::of(Test::Icmp { module: Protocol::ICMP, kind: IcmpType::Number { kind: 3, code: Some(1) } }),
        ],
    );
    reads(
        "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN",
        &[Match::of(Test::Protocol(Protocol::TCP)), Match::of(Test::TcpFlags { mask: 0x17, set: 0x02 })],
    );
    one(
        "-m conntrack ! --ctorigdst 10.0.0.1/32",
        true,
        Test::Conntrack(Box::new(ConntrackOption::OriginalAddress {
            side: Side::Destination,
            net: word::net(b"10.0.0.1").unwrap(),
        })),
    );
}

#[test]
fn a_module_without_a_type_stays_word_for_word() {
    reads(
        "-m bpf --bytecode \"4,48 0 0 9\" -m mark --mark 0x1 -j DROP",
        &[
            Match::of(Test::Other("-m bpf --bytecode \"4,48 0 0 9\"".into())),
            Match::of(Test::Mark(Mark { value: 1, mask: u32::MAX })),
        ],
    );
    reads(
        "-m conntrack --ctstate NEW ! --ctstatus NONE -j DROP",
        &[
            Match::of(Test::State { module: StateModule::Conntrack, states: ConntrackStates::NEW }),
            Match::of(Test::Other("! --ctstatus NONE".into())),
        ],
    );
    reads(
        "-m string --string -j --algo bm -j DROP",
        &[Match::of(Test::Other("-m string --string -j --algo bm".into()))],
    );
}

#[test]
fn a_word_that_is_no_option_is_a_fault() {
    faults("-m mark --mark 0x1 stray", "an option", 20);
    faults("-m multiport --dports 1,70000", "ports with commas between", 23);
}
