//! Nodes whose kube-proxy does not work by iptables, or is not there.

use super::*;

#[track_caller]
fn mode_of(text: &str, mode: ProxyMode) {
    meant(text, |proxy| {
        assert_eq!(proxy.dialect, Dialect { mode, from: None, to: None });
        assert!(proxy.services.is_empty() && proxy.foreign.is_empty());
    });
}

#[test]
fn ipvs_mode_asks_ipsets() {
    let lines = r#":KUBE-LOAD-BALANCER - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
"#;
    mode_of(&nat(lines), ProxyMode::Ipvs);
}

#[test]
fn userspace_mode_leads_to_the_proxy_itself() {
    let lines = r#":KUBE-PORTALS-CONTAINER - [0:0]
:KUBE-PORTALS-HOST - [0:0]
-A KUBE-PORTALS-CONTAINER -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https" -m tcp --dport 443 -j REDIRECT --to-ports 41000
"#;
    mode_of(&nat(lines), ProxyMode::Userspace);
}

#[test]
fn empty_chains_of_another_mode_are_leftovers() {
    let lines = ":KUBE-PORTALS-CONTAINER - [0:0]\n:KUBE-LOAD-BALANCER - [0:0]\n:KUBE-SERVICES - [0:0]\n";
    mode_of(&nat(lines), ProxyMode::Iptables);
}

#[test]
fn the_chains_of_kubelet_are_not_those_of_kube_proxy() {
    let lines = ":KUBE-KUBELET-CANARY - [0:0]\n:KUBE-MARK-DROP - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n\
                 -A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000\n";
    mode_of(&nat(lines), ProxyMode::None);
    mode_of("*filter\n:INPUT ACCEPT [0:0]\n:DOCKER - [0:0]\nCOMMIT\n", ProxyMode::None);
}
