//! 1.24 and later: KUBE-EXT and KUBE-SVL.

use super::*;
use crate::ruleset::Threshold;
use TrafficPolicy::{Cluster, Local};

/// Internal policy Cluster, external Local, affinity, three endpoints of which one is on this node.
const LOCAL: &str = r#":KUBE-EXT-XRY76EGRC3BSCIIJ - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-HEYAT6BZNHOVKI2P - [0:0]
:KUBE-SEP-UIODFAJFTN25OFRG - [0:0]
:KUBE-SEP-XNTRCSXDOMKTK7NP - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-XRY76EGRC3BSCIIJ - [0:0]
:KUBE-SVL-XRY76EGRC3BSCIIJ - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-EXT-XRY76EGRC3BSCIIJ -s 10.244.0.0/16 -m comment --comment "pod traffic for demo/web:http external destinations" -j KUBE-SVC-XRY76EGRC3BSCIIJ
-A KUBE-EXT-XRY76EGRC3BSCIIJ -m comment --comment "masquerade LOCAL traffic for demo/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-EXT-XRY76EGRC3BSCIIJ -m comment --comment "route LOCAL traffic for demo/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-XRY76EGRC3BSCIIJ
-A KUBE-EXT-XRY76EGRC3BSCIIJ -j KUBE-SVL-XRY76EGRC3BSCIIJ
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODEPORTS -p tcp -m comment --comment "demo/web:http" -m tcp --dport 31080 -j KUBE-EXT-XRY76EGRC3BSCIIJ
-A KUBE-SEP-HEYAT6BZNHOVKI2P -s 10.244.2.9/32 -m comment --comment "demo/web:http" -j KUBE-MARK-MASQ
-A KUBE-SEP-HEYAT6BZNHOVKI2P -p tcp -m comment --comment "demo/web:http" -m recent --set --name KUBE-SEP-HEYAT6BZNHOVKI2P --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.2.9:8080
-A KUBE-SEP-UIODFAJFTN25OFRG -s 10.244.1.7/32 -m comment --comment "demo/web:http" -j KUBE-MARK-MASQ
-A KUBE-SEP-UIODFAJFTN25OFRG -p tcp -m comment --comment "demo/web:http" -m recent --set --name KUBE-SEP-UIODFAJFTN25OFRG --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.1.7:8080
-A KUBE-SEP-XNTRCSXDOMKTK7NP -s 10.244.3.4/32 -m comment --comment "demo/web:http" -j KUBE-MARK-MASQ
-A KUBE-SEP-XNTRCSXDOMKTK7NP -p tcp -m comment --comment "demo/web:http" -m recent --set --name KUBE-SEP-XNTRCSXDOMKTK7NP --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.3.4:8080
-A KUBE-SERVICES -d 10.96.12.34/32 -p tcp -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-XRY76EGRC3BSCIIJ
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-XRY76EGRC3BSCIIJ ! -s 10.244.0.0/16 -d 10.96.12.34/32 -p tcp -m comment --comment "demo/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.1.7:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-UIODFAJFTN25OFRG --mask 255.255.255.255 --rsource -j KUBE-SEP-UIODFAJFTN25OFRG
-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.2.9:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-HEYAT6BZNHOVKI2P --mask 255.255.255.255 --rsource -j KUBE-SEP-HEYAT6BZNHOVKI2P
-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.3.4:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-XNTRCSXDOMKTK7NP --mask 255.255.255.255 --rsource -j KUBE-SEP-XNTRCSXDOMKTK7NP
-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.1.7:8080" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-UIODFAJFTN25OFRG
-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.2.9:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-HEYAT6BZNHOVKI2P
-A KUBE-SVC-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.3.4:8080" -j KUBE-SEP-XNTRCSXDOMKTK7NP
-A KUBE-SVL-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.1.7:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-UIODFAJFTN25OFRG --mask 255.255.255.255 --rsource -j KUBE-SEP-UIODFAJFTN25OFRG
-A KUBE-SVL-XRY76EGRC3BSCIIJ -m comment --comment "demo/web:http -> 10.244.1.7:8080" -j KUBE-SEP-UIODFAJFTN25OFRG
"#;

#[test]
fn a_service_is_read_with_both_policies_and_affinity() {
    meant(&nat(LOCAL), |proxy| {
        let web = service(proxy, "demo/web:http");
        assert_eq!(proxy.services.len(), 1);
        assert_eq!(captures(web), ["ClusterIp 10.96.12.34 80 Routed", "NodePort * 31080 Routed"]);
        assert_eq!((web.internal_policy, web.external_policy), (Some(Cluster), Some(Local)));
        assert_eq!(web.affinity, Affinity::ClientIp { seconds: Some(10_800) });
        assert_eq!(
            targets(proxy, proxy.cluster_endpoints(web)),
            ["10.244.1.7:8080", "10.244.2.9:8080", "10.244.3.4:8080"]
        );
        assert_eq!(targets(proxy, proxy.local_endpoints(web)), ["10.244.1.7:8080"]);
        assert_eq!((era(proxy), proxy.leftovers.len()), ((Some(24), None), 0));
    });
}

#[test]
fn each_endpoint_has_its_rule_its_hairpin_and_its_proof() {
    meant(&nat(LOCAL), |proxy| {
        let web = service(proxy, "demo/web:http");
        let [first, second, last] = proxy.cluster_endpoints(web) else { panic!("three endpoints") };
        assert_eq!(first.threshold, Some(Threshold(715_827_883)));
        assert_eq!((second.threshold, last.threshold), (Some(Threshold(1 << 30)), None));
        assert_eq!(proxy.claimed_by(first), "10.244.1.7:8080".parse().ok());
        let endpoint = proxy.endpoint(first.endpoint.unwrap());
        assert_eq!(endpoint.hairpin().unwrap().source, "10.244.1.7".parse().ok());
        assert_eq!((endpoint.identity, endpoint.service()), (Identity::Verified, Some(0)));
        assert_eq!(endpoint.remembers(), endpoint.dnat().map(|dnat| dnat.rule));
        assert_eq!(web.identity, Identity::Verified);
        assert_eq!((proxy.verification.verified, proxy.verification.contradicted), (6, 0));
    });
}

#[test]
fn the_mark_and_the_test_for_pods_are_taken_from_the_rules() {
    meant(&nat(LOCAL), |proxy| {
        assert_eq!(proxy.marks.masquerade.map(|mark| mark.value), Some(0x4000));
        let [detector] = proxy.detectors.as_slice() else { panic!("one detector") };
        assert!(matches!(&detector.test, LocalTest::Source(net) if net.to_string() == "10.244.0.0/16"));
        assert_eq!(detector.rules, 2);
    });
}

/// A load balancer with source ranges, as 1.27 and later write it.
const FIREWALL: &str = r#":KUBE-EXT-NUKIZ6OKUXPJNT4C - [0:0]
:KUBE-FW-NUKIZ6OKUXPJNT4C - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-I77PXRDZVX7PMWMN - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-NUKIZ6OKUXPJNT4C - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-EXT-NUKIZ6OKUXPJNT4C -m comment --comment "masquerade traffic for ns5/svc5:p80 external destinations" -j KUBE-MARK-MASQ
-A KUBE-EXT-NUKIZ6OKUXPJNT4C -j KUBE-SVC-NUKIZ6OKUXPJNT4C
-A KUBE-FW-NUKIZ6OKUXPJNT4C -s 203.0.113.0/25 -m comment --comment "ns5/svc5:p80 loadbalancer IP" -j KUBE-EXT-NUKIZ6OKUXPJNT4C
-A KUBE-FW-NUKIZ6OKUXPJNT4C -s 1.2.3.4/32 -m comment --comment "ns5/svc5:p80 loadbalancer IP" -j KUBE-EXT-NUKIZ6OKUXPJNT4C
-A KUBE-FW-NUKIZ6OKUXPJNT4C -m comment --comment "other traffic to ns5/svc5:p80 will be dropped by KUBE-PROXY-FIREWALL"
-A KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m comment --comment "ns5/svc5:p80" -m tcp --dport 3002 -m nfacct --nfacct-name  localhost_nps_accepted_pkts -j KUBE-EXT-NUKIZ6OKUXPJNT4C
-A KUBE-NODEPORTS -p tcp -m comment --comment "ns5/svc5:p80" -m tcp --dport 3002 -j KUBE-EXT-NUKIZ6OKUXPJNT4C
-A KUBE-SEP-I77PXRDZVX7PMWMN -s 10.180.0.3/32 -m comment --comment "ns5/svc5:p80" -j KUBE-MARK-MASQ
-A KUBE-SEP-I77PXRDZVX7PMWMN -p tcp -m comment --comment "ns5/svc5:p80" -m tcp -j DNAT --to-destination 10.180.0.3:80
-A KUBE-SERVICES -d 172.30.0.45/32 -p tcp -m comment --comment "ns5/svc5:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-NUKIZ6OKUXPJNT4C
-A KUBE-SERVICES -d 1.2.3.4/32 -p tcp -m comment --comment "ns5/svc5:p80 loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-NUKIZ6OKUXPJNT4C
-A KUBE-SERVICES -d 192.168.0.2/32 -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -j KUBE-NODEPORTS
-A KUBE-SVC-NUKIZ6OKUXPJNT4C -m comment --comment "ns5/svc5:p80 -> 10.180.0.3:80" -j KUBE-SEP-I77PXRDZVX7PMWMN
"#;

#[test]
fn source_ranges_are_those_of_the_user_alone() {
    let drop = ":KUBE-PROXY-FIREWALL - [0:0]\n-A KUBE-PROXY-FIREWALL -d 1.2.3.4/32 -p tcp -m comment --comment \
                \"ns5/svc5:p80 traffic not accepted by KUBE-FW-NUKIZ6OKUXPJNT4C\" -m tcp --dport 80 -j DROP\n";
    meant(&(filter(drop) + &nat(FIREWALL)), |proxy| {
        let svc5 = service(proxy, "ns5/svc5:p80");
        let ranges: Vec<_> = svc5.source_ranges.iter().map(ToString::to_string).collect();
        assert_eq!((ranges, svc5.firewall.len()), (vec!["203.0.113.0/25".to_owned()], 1));
        assert_eq!(svc5.external_policy, Some(Cluster));
        assert_eq!((era(proxy), svc5.affinity), ((Some(31), None), Affinity::None));
    });
}

#[test]
fn node_ports_have_the_address_that_the_jump_to_them_asks_for() {
    meant(&nat(FIREWALL), |proxy| {
        let svc5 = service(proxy, "ns5/svc5:p80");
        assert_eq!(
            captures(svc5),
            ["ClusterIp 172.30.0.45 80 Routed", "LoadBalancerIp 1.2.3.4 80 Routed", "NodePort 192.168.0.2 3002 Routed"]
        );
        // The rule for the loopback net and its twin.
        assert_eq!(svc5.captures[2].jumps.len(), 2);
        assert_eq!(svc5.chains.len(), 3);
    });
}

#[test]
fn a_range_of_everybody_is_saved_without_a_source() {
    let everybody = nat(FIREWALL).replace("-s 203.0.113.0/25 ", "");
    meant(&everybody, |proxy| {
        let ranges: Vec<_> = service(proxy, "ns5/svc5:p80").source_ranges.iter().map(ToString::to_string).collect();
        assert_eq!(ranges, ["0.0.0.0/0"]);
    });
}

#[test]
fn the_first_release_with_external_chains_dropped_by_a_mark() {
    let old = nat(FIREWALL).replace(
        "\"other traffic to ns5/svc5:p80 will be dropped by KUBE-PROXY-FIREWALL\"",
        "\"ns5/svc5:p80 loadbalancer IP\" -j KUBE-MARK-DROP",
    );
    let old = old.replace(":KUBE-NODEPORTS", ":KUBE-MARK-DROP - [0:0]\n:KUBE-NODEPORTS");
    let old = old.replace(" -m nfacct --nfacct-name  localhost_nps_accepted_pkts", "");
    meant(&old, |proxy| assert_eq!(era(proxy), (Some(24), Some(24))));
}

#[test]
fn local_policies_without_local_endpoints_are_dropped_by_the_filter_table() {
    // Internal and external Local, nothing on this node: no SVL, no cluster IP in nat.
    let nat_lines = r#":KUBE-EXT-GNZBNJ2PO5MGZ6GT - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-RS4RBKLTHTF2IUXJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-GNZBNJ2PO5MGZ6GT - [0:0]
-A KUBE-EXT-GNZBNJ2PO5MGZ6GT -s 10.0.0.0/8 -m comment --comment "pod traffic for ns2/svc2:p80 external destinations" -j KUBE-SVC-GNZBNJ2PO5MGZ6GT
-A KUBE-EXT-GNZBNJ2PO5MGZ6GT -m comment --comment "masquerade LOCAL traffic for ns2/svc2:p80 external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-EXT-GNZBNJ2PO5MGZ6GT -m comment --comment "route LOCAL traffic for ns2/svc2:p80 external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-GNZBNJ2PO5MGZ6GT
-A KUBE-NODEPORTS -p tcp -m comment --comment "ns2/svc2:p80" -m tcp --dport 3001 -j KUBE-EXT-GNZBNJ2PO5MGZ6GT
-A KUBE-SEP-RS4RBKLTHTF2IUXJ -s 10.180.0.2/32 -m comment --comment "ns2/svc2:p80" -j KUBE-MARK-MASQ
-A KUBE-SEP-RS4RBKLTHTF2IUXJ -p tcp -m comment --comment "ns2/svc2:p80" -m tcp -j DNAT --to-destination 10.180.0.2:80
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-GNZBNJ2PO5MGZ6GT -m comment --comment "ns2/svc2:p80 -> 10.180.0.2:80" -j KUBE-SEP-RS4RBKLTHTF2IUXJ
"#;
    let filter_lines = r#":KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SERVICES - [0:0]
-A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "ns2/svc2:p80 has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 3001 -j DROP
-A KUBE-NODEPORTS -p tcp -m comment --comment "ns2/svc2:p80 health check node port" -m tcp --dport 30000 -j ACCEPT
-A KUBE-SERVICES -d 172.30.0.42/32 -p tcp -m comment --comment "ns2/svc2:p80 has no local endpoints" -m tcp --dport 80 -j DROP
"#;
    meant(&(filter(filter_lines) + &nat(nat_lines)), |proxy| {
        let svc2 = service(proxy, "ns2/svc2:p80");
        assert_eq!(captures(svc2), ["NodePort * 3001 Dropped", "ClusterIp 172.30.0.42 80 Dropped"]);
        assert_eq!((svc2.internal_policy, svc2.external_policy), (Some(Local), Some(Local)));
        assert_eq!(svc2.health_check_port, Some(30000));
        assert_eq!(targets(proxy, proxy.cluster_endpoints(svc2)), ["10.180.0.2:80"]);
        assert!(proxy.local_endpoints(svc2).is_empty());
    });
}

#[test]
fn a_service_that_is_only_rejected_is_one_too() {
    let lines = r#":KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-SERVICES - [0:0]
-A KUBE-EXTERNAL-SERVICES -d 192.0.2.7/32 -p udp -m comment --comment "shop/old has no endpoints" -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
-A KUBE-EXTERNAL-SERVICES -p udp -m comment --comment "shop/old has no endpoints" -m addrtype --dst-type LOCAL -m udp --dport 31053 -j REJECT --reject-with icmp-port-unreachable
-A KUBE-SERVICES -d 10.96.0.53/32 -p udp -m comment --comment "shop/old has no endpoints" -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
"#;
    meant(&filter(lines), |proxy| {
        let old = service(proxy, "shop/old");
        assert_eq!(
            captures(old),
            ["ClusterIp 10.96.0.53 53 Rejected", "ExternalIp 192.0.2.7 53 Rejected", "NodePort * 31053 Rejected"]
        );
        assert_eq!((old.internal_policy, old.external_policy), (None, None));
        assert_eq!((old.affinity, old.identity), (Affinity::Unknown, Identity::Unknown));
        assert_eq!((proxy.dialect.mode, proxy.is_partial), (ProxyMode::Iptables, false));
    });
}
