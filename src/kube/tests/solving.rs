//! What contradicted chains were made for.

use super::*;
use crate::ruleset::Protocol;

/// The listing of a well-known tutorial, its names replaced by hand and its rules mixed up.
const TUTORIAL: &str = r#":KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-3UIFCWUMBYEVXRYP - [0:0]
:KUBE-SEP-PIHAV4BKXEANYKSM - [0:0]
:KUBE-SEP-QSKKIZFW3PNDWYKJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-QKJQYQZXY3DRLPVB - [0:0]
-A KUBE-SERVICES ! -s 100.96.0.0/17 -d 100.96.128.2/32 -p tcp -m comment --comment "kube-system/FOO:foo cluster IP" -m tcp --dport 9153 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 100.96.128.2/32 -p tcp -m comment --comment "kube-system/FOO:foo cluster IP" -m tcp --dport 9153 -j KUBE-SVC-QKJQYQZXY3DRLPVB
-A KUBE-SVC-QKJQYQZXY3DRLPVB -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-3UIFCWUMBYEVXRYP
-A KUBE-SVC-QKJQYQZXY3DRLPVB -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-QSKKIZFW3PNDWYKJ
-A KUBE-SVC-QKJQYQZXY3DRLPVB -j KUBE-SEP-PIHAV4BKXEANYKSM
-A KUBE-SEP-3UIFCWUMBYEVXRYP -s 100.96.0.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-3UIFCWUMBYEVXRYP -p udp -m udp -j DNAT --to-destination 100.96.0.2:9153
-A KUBE-SEP-QSKKIZFW3PNDWYKJ -s 100.96.32.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-QSKKIZFW3PNDWYKJ -p udp -m udp -j DNAT --to-destination 100.32.64.2:9153
-A KUBE-SEP-PIHAV4BKXEANYKSM -s 100.96.64.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-PIHAV4BKXEANYKSM -p udp -m udp -j DNAT --to-destination 100.96.64.2:9153
"#;

#[test]
fn the_chains_of_the_tutorial_are_solved_to_two_services() {
    solved(&nat(TUTORIAL), |proxy, solution| {
        let foo = service(proxy, "kube-system/FOO:foo");
        let made = foo.chains[0].made_for().unwrap();
        assert_eq!((made.service.to_string().as_str(), made.protocol), ("kube-system/coredns:metrics", Protocol::TCP));
        assert_eq!(made.endpoint, None);
        let ends = proxy.cluster_endpoints(foo).iter().map(|rule| proxy.endpoint(rule.endpoint.unwrap()).made_for());
        let ends: Vec<_> = ends.map(|made| made.unwrap()).collect();
        assert!(ends.iter().all(|made| made.service.text() == "kube-system/coredns:dns"));
        assert!(ends.iter().all(|made| made.protocol == Protocol::UDP));
        let places: Vec<_> = ends.iter().map(|made| made.endpoint.unwrap().to_string()).collect();
        assert_eq!(places, ["100.96.0.2:53", "100.96.32.2:53", "100.96.64.2:53"]);
        assert_eq!(solution, Solution { asked: 4, found: 4, gave_up: false });
        assert!(proxy.verification.is_trustworthy());
    });
}

#[test]
fn a_moved_dnat_is_solved_by_the_hairpin_rule() {
    let lines = r#":KUBE-SERVICES - [0:0]
-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -j KUBE-SEP-SXIVWICOYRO3J4NJ
-A KUBE-SEP-SXIVWICOYRO3J4NJ -s 10.180.0.1/32 -m comment --comment "ns1/svc1:p80" -j KUBE-MARK-MASQ
-A KUBE-SEP-SXIVWICOYRO3J4NJ -p tcp -m comment --comment "ns1/svc1:p80" -m tcp -j DNAT --to-destination 10.66.0.1:80
"#;
    solved(&nat(lines), |proxy, _| {
        assert_eq!(proxy.services[0].identity, Identity::Verified);
        assert_eq!(proxy.endpoints[0].identity, Identity::Contradicted);
        assert_eq!(proxy.endpoints[0].made_for().unwrap().endpoint, "10.180.0.1:80".parse().ok());
    });
}

#[test]
fn a_usual_service_without_a_comment_is_named_by_its_hash() {
    let lines = ":KUBE-SERVICES - [0:0]\n:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]\n\
                 -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y\n";
    solved(&nat(lines), |proxy, _| {
        let kubernetes = service(proxy, "default/kubernetes:https");
        assert!(kubernetes.is_named_by_hash);
        assert_eq!((kubernetes.identity, kubernetes.chains[0].made_for()), (Identity::Verified, None));
    });
}

#[test]
fn endpoints_of_a_service_named_by_hash_are_judged_with_it() {
    // base32(sha256("kube-system/kube-dns:dnsudp10.0.13.2:53")), from a real cluster.
    let lines = r":KUBE-SERVICES - [0:0]
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-2TCV4B7ZDSWKHTFF
-A KUBE-SVC-TCOU7JCQXEZGVUNU -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SEP-2TCV4B7ZDSWKHTFF -p udp -m udp -j DNAT --to-destination 10.0.13.2:53
-A KUBE-SEP-AAAAAAAAAAAAAAAA -p udp -m udp -j DNAT --to-destination 10.0.13.3:53
";
    solved(&nat(lines), |proxy, _| {
        let identities: Vec<_> = proxy.endpoints.iter().map(|endpoint| endpoint.identity).collect();
        assert_eq!(identities, [Identity::Verified, Identity::Contradicted]);
        let expected = Verification { verified: 2, contradicted: 1, unknown: 0, solved: 0 };
        assert_eq!(proxy.verification, expected);
    });
}

#[test]
fn an_unnamed_port_is_found_in_its_old_form_too() {
    // The chain was made by 1.18 for `default/nginx:`, the comment is in the form of today.
    let lines = ":KUBE-SERVICES - [0:0]\n:KUBE-SVC-4N57TFCL4MD7ZTDA - [0:0]\n\
                 -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment \"default/nginx cluster IP\" -m tcp \
                 --dport 80 -j KUBE-SVC-4N57TFCL4MD7ZTDA\n";
    solved(&nat(lines), |proxy, _| {
        let made = service(proxy, "default/nginx").chains[0].made_for().unwrap();
        assert_eq!(made.service.text(), "default/nginx");
    });
}

#[test]
fn names_that_are_the_checksum_of_nothing_known_stay_unsolved() {
    let renamed =
        TUTORIAL.replace("QKJQYQZXY3DRLPVB", "AAAAAAAAAAAAAAAA").replace("3UIFCWUMBYEVXRYP", "BBBBBBBBBBBBBBBB");
    let renamed =
        renamed.replace("QSKKIZFW3PNDWYKJ", "CCCCCCCCCCCCCCCC").replace("PIHAV4BKXEANYKSM", "DDDDDDDDDDDDDDDD");
    solved(&nat(&renamed), |proxy, solution| {
        assert_eq!(solution, Solution { asked: 4, found: 0, gave_up: false });
        assert!(!proxy.verification.is_trustworthy());
    });
}
