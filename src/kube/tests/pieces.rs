//! Pieces of dumps, dumps without comments, leftovers and hand edits.

use super::*;

/// What `grep ns1/svc1` leaves of a dump since 1.24, KUBE-SERVICES aside.
const CHAINS: &str = r#"-A KUBE-SEP-SXIVWICOYRO3J4NJ -s 10.180.0.1/32 -m comment --comment "ns1/svc1:p80" -j KUBE-MARK-MASQ
-A KUBE-SEP-SXIVWICOYRO3J4NJ -p tcp -m comment --comment "ns1/svc1:p80" -m tcp -j DNAT --to-destination 10.180.0.1:80
-A KUBE-SVC-XPGD46QRK7WJZT7O ! -s 10.0.0.0/8 -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80 -> 10.180.0.1:80" -j KUBE-SEP-SXIVWICOYRO3J4NJ
"#;

#[test]
fn chains_alone_make_a_service_where_captures_are_missing() {
    meant(CHAINS, |proxy| {
        let svc1 = service(proxy, "ns1/svc1:p80");
        assert!(svc1.captures.is_empty() && proxy.leftovers.is_empty());
        assert_eq!(targets(proxy, proxy.cluster_endpoints(svc1)), ["10.180.0.1:80"]);
        assert_eq!((svc1.identity, proxy.endpoints[0].identity), (Identity::Verified, Identity::Verified));
        assert_eq!((svc1.internal_policy, proxy.is_partial), (Some(TrafficPolicy::Cluster), true));
    });
}

#[test]
fn endpoint_chains_alone_make_a_service_without_balancing_rules() {
    let seps: String = CHAINS.split_inclusive('\n').take(2).collect();
    meant(&seps, |proxy| {
        let svc1 = service(proxy, "ns1/svc1:p80");
        assert_eq!(svc1.loose_endpoints.len(), 1);
        assert_eq!(svc1.protocol, Some(crate::ruleset::Protocol::TCP));
        assert_eq!(proxy.endpoint(svc1.loose_endpoints[0]).identity, Identity::Verified);
        assert!(proxy.leftovers.is_empty());
    });
}

#[test]
fn a_missing_endpoint_chain_is_still_counted() {
    let lone = "-A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment \"ns1/svc1:p80\" -j KUBE-SEP-SXIVWICOYRO3J4NJ\n";
    meant(lone, |proxy| {
        let [only] = proxy.cluster_endpoints(&proxy.services[0]) else { panic!("one rule") };
        assert_eq!((only.endpoint, proxy.chain_name(only).to_string().as_str()), (None, "KUBE-SEP-SXIVWICOYRO3J4NJ"));
    });
}

/// A complete dump without a single comment.
const BARE: &str = r":KUBE-EXT-XPGD46QRK7WJZT7O - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-SXIVWICOYRO3J4NJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]
-A KUBE-EXT-XPGD46QRK7WJZT7O -j KUBE-MARK-MASQ
-A KUBE-EXT-XPGD46QRK7WJZT7O -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-EXT-XPGD46QRK7WJZT7O
-A KUBE-SEP-SXIVWICOYRO3J4NJ -s 10.180.0.1/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-SXIVWICOYRO3J4NJ -p tcp -m tcp -j DNAT --to-destination 10.180.0.1:80
-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SERVICES -d 192.0.2.1/32 -p tcp -m tcp --dport 80 -j KUBE-EXT-XPGD46QRK7WJZT7O
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-XPGD46QRK7WJZT7O -j KUBE-SEP-SXIVWICOYRO3J4NJ
";

#[test]
fn without_comments_the_chain_names_hold_a_service_together() {
    meant(&nat(BARE), |proxy| {
        let [only] = proxy.services.as_slice() else { panic!("one service") };
        assert_eq!((only.name, only.identity), (None, Identity::Unknown));
        assert_eq!(
            captures(only),
            ["ClusterIp 172.30.0.41 80 Routed", "ExternalIp 192.0.2.1 80 Routed", "NodePort * 30080 Routed"]
        );
        assert_eq!(only.external_policy, Some(TrafficPolicy::Cluster));
        assert_eq!((proxy.verification.verified, proxy.verification.unknown), (0, 3));
    });
}

#[test]
fn what_nothing_captures_is_left_over_in_a_complete_dump() {
    let lines = ":KUBE-NODEPORTS - [0:0]\n:KUBE-SEP-SXIVWICOYRO3J4NJ - [0:0]\n:KUBE-SERVICES - [0:0]\n\
                 :KUBE-XLB-XPGD46QRK7WJZT7O - [0:0]\n\
                 -A KUBE-SERVICES -m comment --comment \"kubernetes service nodeports; NOTE: this must be the last \
                 rule in this chain\" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS\n";
    meant(&nat(lines), |proxy| {
        let (table, _) = proxy.nat().unwrap();
        let names: Vec<_> = proxy.leftovers.iter().map(|&id| table.chain(id).name.to_string()).collect();
        assert_eq!(names, ["KUBE-SEP-SXIVWICOYRO3J4NJ", "KUBE-XLB-XPGD46QRK7WJZT7O"]);
        assert!(proxy.services.is_empty());
        // A chain out of use says nothing of the era.
        assert_eq!(era(proxy), (None, None));
    });
}

#[test]
fn a_capture_that_leads_to_the_chain_of_another_service_is_contradicted() {
    let lines = format!(
        ":KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment \"shop/web:http cluster \
         IP\" -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O\n-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment \
         --comment \"ns1/svc1:p80 cluster IP\" -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O\n{CHAINS}"
    );
    meant(&nat(&lines), |proxy| {
        assert_eq!(service(proxy, "shop/web:http").identity, Identity::Contradicted);
        assert_eq!(service(proxy, "ns1/svc1:p80").identity, Identity::Verified);
        assert_eq!(proxy.chains[0].services, [0, 1]);
    });
}

#[test]
fn two_services_at_one_address_stay_two() {
    let capture = |name: &str| {
        format!(
            "-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment \"{name} cluster IP\" -m tcp --dport 80 -j \
             KUBE-SVC-XPGD46QRK7WJZT7O\n"
        )
    };
    let lines = [":KUBE-SERVICES - [0:0]\n", &capture("a/b"), &capture("c/d")].concat();
    meant(&nat(&lines), |proxy| assert_eq!(proxy.services.len(), 2));
}

#[test]
fn chains_that_lead_in_a_circle_are_survived() {
    let lines = r":KUBE-SERVICES - [0:0]
:KUBE-SVC-A - [0:0]
:KUBE-EXT-A - [0:0]
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j KUBE-EXT-A
-A KUBE-EXT-A -j KUBE-SVC-A
-A KUBE-SVC-A -j KUBE-EXT-A
-A KUBE-SVC-A -j KUBE-SVC-A
";
    meant(&nat(lines), |proxy| {
        assert_eq!(proxy.services[0].chains.len(), 2);
        assert_eq!(captures(&proxy.services[0]), ["ExternalIp 10.96.0.9 80 Routed"]);
    });
}

#[test]
fn rules_that_kube_proxy_does_not_write_are_kept_apart() {
    let lines = r#":KUBE-SERVICES - [0:0]
:KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]
:MINE - [0:0]
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 53 -m comment --comment "debug: bypass coredns" -j DNAT --to-destination 192.168.56.1:53
-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SVC-XPGD46QRK7WJZT7O -m statistic --mode random --probability 0.01000000000 -j RETURN
-A KUBE-SVC-XPGD46QRK7WJZT7O -j MINE
-A MINE -p tcp -m tcp -j DNAT --to-destination 10.0.0.1:80
"#;
    meant(&nat(lines), |proxy| {
        assert_eq!((proxy.foreign.len(), proxy.chains[0].others.len()), (1, 1));
        // A chain of another name that translates addresses serves as an endpoint.
        let svc1 = service(proxy, "ns1/svc1:p80");
        assert_eq!(targets(proxy, proxy.cluster_endpoints(svc1)), ["10.0.0.1:80"]);
        assert!(!proxy.is_named_so(&proxy.endpoints[0]));
    });
}

#[test]
fn addresses_that_a_listing_shows_by_name_are_told_apart() {
    let listing = r"Chain KUBE-SERVICES (2 references)
target     prot opt source               destination
KUBE-SVC-XPGD46QRK7WJZT7O  tcp  --  anywhere  one.example  /* ns1/svc1:p80 cluster IP */ tcp dpt:http
KUBE-EXT-XPGD46QRK7WJZT7O  tcp  --  anywhere  two.example  /* ns1/svc1:p80 external IP */ tcp dpt:http
";
    meant(listing, |proxy| {
        let hosts: Vec<_> =
            service(proxy, "ns1/svc1:p80").captures.iter().map(|each| (each.address, each.host)).collect();
        assert_eq!(hosts, [(None, Some("one.example".into())), (None, Some("two.example".into()))]);
    });
}
