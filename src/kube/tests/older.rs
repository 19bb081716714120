//! Up to 1.23: KUBE-XLB, masquerade rules in KUBE-SERVICES, lost comments, the very first form.

use super::*;
use CaptureState::{Dropped, Routed};
use TrafficPolicy::{Cluster, Local};

/// The node port, external address and load balancer of 1.22 and 1.23, external policy Local.
const XLB: &str = r#":KUBE-FW-GNZBNJ2PO5MGZ6GT - [0:0]
:KUBE-MARK-DROP - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-RS4RBKLTHTF2IUXJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-GNZBNJ2PO5MGZ6GT - [0:0]
:KUBE-XLB-GNZBNJ2PO5MGZ6GT - [0:0]
-A KUBE-FW-GNZBNJ2PO5MGZ6GT -s 192.0.2.0/24 -m comment --comment "ns2/svc2:p80 loadbalancer IP" -j KUBE-XLB-GNZBNJ2PO5MGZ6GT
-A KUBE-FW-GNZBNJ2PO5MGZ6GT -m comment --comment "ns2/svc2:p80 loadbalancer IP" -j KUBE-MARK-DROP
-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODEPORTS -s 127.0.0.0/8 -p tcp -m comment --comment "ns2/svc2:p80" -m tcp --dport 3001 -j KUBE-MARK-MASQ
-A KUBE-NODEPORTS -p tcp -m comment --comment "ns2/svc2:p80" -m tcp --dport 3001 -j KUBE-XLB-GNZBNJ2PO5MGZ6GT
-A KUBE-SEP-RS4RBKLTHTF2IUXJ -s 10.180.0.2/32 -m comment --comment "ns2/svc2:p80" -j KUBE-MARK-MASQ
-A KUBE-SEP-RS4RBKLTHTF2IUXJ -p tcp -m comment --comment "ns2/svc2:p80" -m tcp -j DNAT --to-destination 10.180.0.2:80
-A KUBE-SERVICES -d 172.30.0.42/32 -p tcp -m comment --comment "ns2/svc2:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-GNZBNJ2PO5MGZ6GT
-A KUBE-SERVICES -d 192.168.99.22/32 -p tcp -m comment --comment "ns2/svc2:p80 external IP" -m tcp --dport 80 -j KUBE-XLB-GNZBNJ2PO5MGZ6GT
-A KUBE-SERVICES -d 1.2.3.4/32 -p tcp -m comment --comment "ns2/svc2:p80 loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-GNZBNJ2PO5MGZ6GT
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-GNZBNJ2PO5MGZ6GT ! -s 10.0.0.0/8 -d 172.30.0.42/32 -p tcp -m comment --comment "ns2/svc2:p80 cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-GNZBNJ2PO5MGZ6GT -m comment --comment "ns2/svc2:p80" -j KUBE-SEP-RS4RBKLTHTF2IUXJ
-A KUBE-XLB-GNZBNJ2PO5MGZ6GT -s 10.0.0.0/8 -m comment --comment "Redirect pods trying to reach external loadbalancer VIP to clusterIP" -j KUBE-SVC-GNZBNJ2PO5MGZ6GT
-A KUBE-XLB-GNZBNJ2PO5MGZ6GT -m comment --comment "masquerade LOCAL traffic for ns2/svc2:p80 LB IP" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
-A KUBE-XLB-GNZBNJ2PO5MGZ6GT -m comment --comment "route LOCAL traffic for ns2/svc2:p80 LB IP to service chain" -m addrtype --src-type LOCAL -j KUBE-SVC-GNZBNJ2PO5MGZ6GT
-A KUBE-XLB-GNZBNJ2PO5MGZ6GT -m comment --comment "ns2/svc2:p80" -j KUBE-SEP-RS4RBKLTHTF2IUXJ
"#;

#[test]
fn an_xlb_chain_holds_the_local_endpoints() {
    meant(&nat(XLB), |proxy| {
        let svc2 = service(proxy, "ns2/svc2:p80");
        assert_eq!(
            captures(svc2),
            [
                "ClusterIp 172.30.0.42 80 Routed",
                "ExternalIp 192.168.99.22 80 Routed",
                "LoadBalancerIp 1.2.3.4 80 Routed",
                "NodePort * 3001 Routed"
            ]
        );
        assert_eq!((svc2.internal_policy, svc2.external_policy), (None, Some(Local)));
        assert_eq!(targets(proxy, proxy.local_endpoints(svc2)), ["10.180.0.2:80"]);
        assert_eq!(svc2.source_ranges.len(), 1);
        assert_eq!(svc2.captures[3].masquerade.len(), 1);
        assert_eq!(era(proxy), (Some(22), Some(23)));
        assert_eq!((proxy.verification.verified, proxy.verification.contradicted), (4, 0));
        assert_eq!(proxy.marks.drop.map(|mark| mark.value), Some(0x8000));
    });
}

#[test]
fn an_xlb_chain_without_local_endpoints_drops() {
    let none = nat(XLB).replace(
        "-A KUBE-XLB-GNZBNJ2PO5MGZ6GT -m comment --comment \"ns2/svc2:p80\" -j KUBE-SEP-RS4RBKLTHTF2IUXJ",
        "-A KUBE-XLB-GNZBNJ2PO5MGZ6GT -m comment --comment \"ns2/svc2:p80 has no local endpoints\" -j KUBE-MARK-DROP",
    );
    meant(&none, |proxy| {
        let svc2 = service(proxy, "ns2/svc2:p80");
        let states: Vec<_> = svc2.captures.iter().map(|capture| capture.state).collect();
        assert_eq!(states, [Routed, Dropped, Dropped, Dropped]);
        assert!(proxy.local_endpoints(svc2).is_empty());
    });
}

#[test]
fn before_1_22_masquerade_rules_stand_before_their_captures() {
    let lines = r#":KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-SXIVWICOYRO3J4NJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]
-A KUBE-NODEPORTS -p tcp -m comment --comment "ns1/svc1:p80" -m tcp --dport 3001 -j KUBE-MARK-MASQ
-A KUBE-NODEPORTS -p tcp -m comment --comment "ns1/svc1:p80" -m tcp --dport 3001 -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SEP-SXIVWICOYRO3J4NJ -s 10.180.0.1/32 -m comment --comment "ns1/svc1:p80" -j KUBE-MARK-MASQ
-A KUBE-SEP-SXIVWICOYRO3J4NJ -p tcp -m comment --comment "ns1/svc1:p80" -m tcp -j DNAT --to-destination 10.180.0.1:80
-A KUBE-SERVICES ! -s 10.0.0.0/8 -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SERVICES -d 192.0.2.1/32 -p tcp -m comment --comment "ns1/svc1:p80 external IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 192.0.2.1/32 -p tcp -m comment --comment "ns1/svc1:p80 external IP" -m tcp --dport 80 -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SERVICES -d 192.0.2.1/32 -p tcp -m comment --comment "ns1/svc1:p80 external IP" -m tcp --dport 80 -m addrtype --dst-type LOCAL -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80" -j KUBE-SEP-SXIVWICOYRO3J4NJ
"#;
    meant(&nat(lines), |proxy| {
        let svc1 = service(proxy, "ns1/svc1:p80");
        assert_eq!(
            captures(svc1),
            ["ClusterIp 172.30.0.41 80 Routed", "ExternalIp 192.0.2.1 80 Routed", "NodePort * 3001 Routed"]
        );
        let rules: Vec<_> = svc1.captures.iter().map(|each| (each.jumps.len(), each.masquerade.len())).collect();
        assert_eq!(rules, [(1, 1), (2, 1), (1, 1)]);
        assert_eq!((svc1.internal_policy, svc1.external_policy), (None, Some(Cluster)));
        assert_eq!((era(proxy).1, proxy.foreign.len()), (Some(20), 0));
        assert_eq!(proxy.detectors.len(), 1);
    });
}

#[test]
fn from_1_12_to_1_17_only_captures_name_the_service() {
    let lines = r#":KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-SXIVWICOYRO3J4NJ - [0:0]
:KUBE-SEP-ZX7GRIZKSNUQ3LAJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]
:KUBE-SVC-4N57TFCL4MD7ZTDA - [0:0]
-A KUBE-SEP-SXIVWICOYRO3J4NJ -s 10.180.0.1/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-SXIVWICOYRO3J4NJ -p tcp -m tcp -j DNAT --to-destination 10.180.0.1:80
-A KUBE-SEP-ZX7GRIZKSNUQ3LAJ -s 10.180.2.1/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-ZX7GRIZKSNUQ3LAJ -p tcp -m tcp -j DNAT --to-destination 10.180.2.1:80
-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SERVICES -d 172.30.0.49/32 -p tcp -m comment --comment "default/nginx: cluster IP" -m tcp --dport 80 -j KUBE-SVC-4N57TFCL4MD7ZTDA
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-XPGD46QRK7WJZT7O -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-SXIVWICOYRO3J4NJ
-A KUBE-SVC-XPGD46QRK7WJZT7O -j KUBE-SEP-ZX7GRIZKSNUQ3LAJ
"#;
    let external = ":KUBE-EXTERNAL-SERVICES - [0:0]\n";
    meant(&(filter(external) + &nat(lines)), |proxy| {
        let svc1 = service(proxy, "ns1/svc1:p80");
        assert_eq!(targets(proxy, proxy.cluster_endpoints(svc1)), ["10.180.0.1:80", "10.180.2.1:80"]);
        let nginx = service(proxy, "default/nginx:");
        assert_eq!((nginx.identity, nginx.affinity), (Identity::Verified, Affinity::Unknown));
        assert_eq!((proxy.verification.verified, proxy.verification.unknown), (4, 0));
        assert_eq!(era(proxy), (Some(12), Some(17)));
    });
}

#[test]
fn up_to_1_9_an_empty_chain_stays_captured_and_the_filter_table_rejects() {
    let lines = ":KUBE-NODEPORTS - [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]\n\
                 -A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment \"ns1/svc1:p80 cluster IP\" \
                 -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O\n";
    let reject = ":KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment \
                  \"ns1/svc1:p80 has no endpoints\" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\n";
    meant(&(filter(reject) + &nat(lines)), |proxy| {
        let svc1 = service(proxy, "ns1/svc1:p80");
        assert_eq!(captures(svc1), ["ClusterIp 172.30.0.41 80 Rejected"]);
        assert_eq!((svc1.chains.len(), svc1.identity), (1, Identity::Verified));
    });
}

#[test]
fn the_first_release_marked_without_a_chain() {
    let lines = r#":KUBE-NODEPORTS - [0:0]
:KUBE-SEP-SXIVWICOYRO3J4NJ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]
-A KUBE-SEP-SXIVWICOYRO3J4NJ -s 10.180.0.1/32 -m comment --comment "ns1/svc1:p80" -j MARK --set-xmark 0x4d415351/0xffffffff
-A KUBE-SEP-SXIVWICOYRO3J4NJ -p tcp -m comment --comment "ns1/svc1:p80" -m tcp -j DNAT --to-destination 10.180.0.1:80
-A KUBE-SERVICES -d 172.30.0.41/32 -p tcp -m comment --comment "ns1/svc1:p80 cluster IP" -m tcp --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "ns1/svc1:p80" -j KUBE-SEP-SXIVWICOYRO3J4NJ
"#;
    meant(&nat(lines), |proxy| {
        let endpoint = &proxy.endpoints[0];
        assert_eq!(endpoint.hairpin().and_then(|hairpin| hairpin.source), "10.180.0.1".parse().ok());
        assert!(endpoint.others().is_empty());
    });
}
