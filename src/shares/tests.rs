//! Shares worked out by hand, on the smallest tables that show each case.

use super::*;
use crate::facts::Facts;
use crate::kube::{CaptureState, Proxy};
use crate::ruleset::Resolved;
use crate::source::Sources;
use crate::syntax::parse;
use crate::trace::{Machine, SourceSeen, Verdict};

/// A service `shop/web:http` at 10.96.0.1:80 with three endpoints; `choice` is its KUBE-SVC chain, `second` the
/// second endpoint's.
fn table(choice: &str, second: &str) -> String {
    format!(
        "*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SEP-B - [0:0]
:KUBE-SEP-C - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-W - [0:0]
-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
-A KUBE-SEP-A -s 10.244.1.1/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.1:8080
{second}-A KUBE-SEP-C -s 10.244.1.3/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-C -p tcp -m tcp -j DNAT --to-destination 10.244.1.3:8080
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment \"shop/web:http cluster IP\" -m tcp --dport 80 -j KUBE-SVC-W
{choice}COMMIT
"
    )
}

const SECOND: &str = "-A KUBE-SEP-B -s 10.244.1.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination 10.244.1.2:8080
";

const HEALTHY: &str = "-A KUBE-SVC-W ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-W -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-A
-A KUBE-SVC-W -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-B
-A KUBE-SVC-W -j KUBE-SEP-C
";

/// Asks something of the one service of a dump.
fn of_service<T>(text: &str, ask: impl FnOnce(&Machine<'_, '_>, &Proxy<'_, '_>) -> T) -> T {
    let mut sources = Sources::default();
    sources.add("dump".into(), text.as_bytes().to_vec(), None).unwrap();
    let parsed = parse(&sources);
    let resolved = Resolved::new(&parsed.rulesets[0]);
    let proxy = Proxy::new(&resolved);
    ask(&Machine::new(&resolved), &proxy)
}

/// The share of each endpoint and what is left over, in percent with two decimals.
fn percent(text: &str) -> (Vec<Option<f64>>, Option<f64>) {
    let round = |share: f64| (share * 10_000.0).round() / 100.0;
    of_service(text, |machine, proxy| {
        let shares = shares(machine, proxy, &proxy.services[0], &Facts::default());
        let chain = shares.main().unwrap();
        (chain.endpoints.iter().map(|each| each.share.map(round)).collect(), chain.unrouted.map(round))
    })
}

#[test]
fn a_healthy_chain_gives_each_endpoint_the_same() {
    assert_eq!(percent(&table(HEALTHY, SECOND)), (vec![Some(33.33), Some(33.33), Some(33.33)], Some(0.0)));
}

#[test]
fn a_chain_without_its_dnat_hands_on_to_the_next_rule() {
    // The second endpoint's third goes to the third one: its chain returns.
    assert_eq!(percent(&table(HEALTHY, "")), (vec![Some(33.33), Some(0.0), Some(66.67)], Some(0.0)));
}

#[test]
fn a_dnat_for_another_protocol_takes_nothing() {
    let udp = SECOND.replace("-p tcp -m tcp", "-p udp -m udp");
    assert_eq!(percent(&table(HEALTHY, &udp)), (vec![Some(33.33), Some(0.0), Some(66.67)], Some(0.0)));
}

#[test]
fn a_condition_on_the_last_rule_leaks() {
    let choice =
        HEALTHY.replace("-j KUBE-SEP-C", "-m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-C");
    assert_eq!(percent(&table(&choice, SECOND)), (vec![Some(33.33), Some(33.33), Some(16.67)], Some(16.67)));
}

#[test]
fn a_return_before_the_choice_takes_its_part_from_all() {
    let choice = format!("-A KUBE-SVC-W -m statistic --mode random --probability 0.10000000009 -j RETURN\n{HEALTHY}");
    assert_eq!(percent(&table(&choice, SECOND)), (vec![Some(30.0), Some(30.0), Some(30.0)], Some(10.0)));
}

#[test]
fn two_rules_to_one_chain_part_its_share_as_they_were_meant_to() {
    let choice = HEALTHY.replace("-j KUBE-SEP-B", "-j KUBE-SEP-A");
    assert_eq!(percent(&table(&choice, SECOND)), (vec![Some(33.33), Some(33.33), Some(33.33)], Some(0.0)));
}

#[test]
fn what_is_meant_is_told_beside_what_arrives() {
    of_service(&table(HEALTHY, ""), |machine, proxy| {
        let shares = shares(machine, proxy, &proxy.services[0], &Facts::default());
        let intended: Vec<_> = shares.main().unwrap().endpoints.iter().map(|each| each.intended).collect();
        // 715827883 / 2^31, half of what it leaves, and the rest.
        let first = 715_827_883.0 / 2_147_483_648.0;
        assert_eq!(intended, [first, (1.0 - first) / 2.0, (1.0 - first) / 2.0]);
        let captures = captures(machine, proxy, &proxy.services[0], &Facts::default());
        assert_eq!(captures, [CaptureState::Routed]);
    });
}

#[test]
fn a_pod_keeps_its_address_and_a_client_from_outside_does_not() {
    of_service(&table(HEALTHY, SECOND), |machine, proxy| {
        let paths = paths(machine, proxy, &proxy.services[0], &Facts::default());
        let seen = |way: Way| {
            let path = paths.iter().find(|path| path.way == way).unwrap();
            let mut seen: Vec<_> = path.outcomes.iter().map(|outcome| outcome.source).collect();
            seen.dedup();
            seen
        };
        assert_eq!(seen(Way::Pod), [SourceSeen::Kept]);
        assert!(matches!(seen(Way::Node).as_slice(), [SourceSeen::Masqueraded { .. }]), "{:?}", seen(Way::Node));
        let own = paths.iter().find(|path| path.way == Way::OwnPod).unwrap();
        let hairpin: Vec<_> = own.outcomes.iter().filter(|outcome| outcome.masqueraded == Some(true)).collect();
        assert_eq!(hairpin.len(), 1, "only the pod that meets itself");
        assert_eq!(hairpin[0].destination.address, own.source);
    });
}

#[test]
fn everything_that_leads_to_a_pod_is_found_from_its_address() {
    of_service(&table(HEALTHY, ""), |machine, proxy| {
        let reach = |address: &str| reaches(machine, proxy, address.parse().unwrap(), None, &Facts::default());
        let third = reach("10.244.1.3");
        assert_eq!(third.len(), 2, "from pods and from the node");
        assert!(third.iter().all(|reach| (reach.share - 2.0 / 3.0).abs() < 1e-6), "{third:?}");
        assert!(third.iter().all(|reach| reach.path.outcomes[0].verdict == Verdict::Translated));
        assert_eq!(reach("10.244.1.2"), []);
    });
}
