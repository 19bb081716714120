//! Which endpoints are used, rule by rule and era by era; the expected sets are worked out by hand.

use super::fixture::{expected_by, given, node, objects, service, slice};
use super::{Era, Members, Version, View, expected};
use crate::ruleset::Family;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};

/// An endpoint 10.0.0.`last` on `node` in the state its letters tell: `r`eady, `s`erving, `t`erminating.
fn endpoint(last: u8, node: &str, state: &str) -> Value {
    json!({
        "addresses": [format!("10.0.0.{last}")],
        "nodeName": node,
        "conditions": {
            "ready": state.contains('r'), "serving": state.contains('s'), "terminating": state.contains('t'),
        },
    })
}

fn hinted(last: u8, zones: &[&str]) -> Value {
    let mut endpoint = endpoint(last, "n2", "rs");
    endpoint["hints"] = json!({"forZones": zones.iter().map(|zone| json!({"name": zone})).collect::<Vec<_>>()});
    endpoint
}

fn with_annotation(name: &str, value: &str) -> Value {
    let mut service = service(&json!({}));
    service["metadata"]["annotations"] = json!({ name: value });
    service
}

/// The last bytes of the addresses in KUBE-SVC and in the local chain, `None` where the chain is not used.
type Sets = (Option<Vec<u8>>, Option<Vec<u8>>);

fn sets(view: &View) -> Sets {
    let last = |members: &Members| match members {
        Members::Exactly(addresses) => Some(addresses.iter().map(last_byte).collect()),
        Members::NotUsed => None,
        Members::Unknown => Some(vec![255]),
    };
    (last(&view.cluster), last(&view.local))
}

fn last_byte(address: &SocketAddr) -> u8 {
    match address.ip() {
        IpAddr::V4(ip) => ip.octets()[3],
        IpAddr::V6(ip) => ip.octets()[15],
    }
}

#[track_caller]
fn selects(service: &Value, endpoints: &Value, minor: u16, cluster: Option<&[u8]>, local: Option<&[u8]>) {
    let objects = objects(&[service.clone(), slice("a", endpoints), node("n1", "z1"), node("n2", "z2")]);
    let expected = expected_by(&objects, minor);
    let wanted: Sets = (cluster.map(<[u8]>::to_vec), local.map(<[u8]>::to_vec));
    assert_eq!(sets(&expected.ports[0].views[0]), wanted, "1.{minor}");
}

#[test]
fn ready_endpoints_are_used_and_absent_conditions_mean_ready() {
    let endpoints = json!([
        {"addresses": ["10.0.0.1"]},
        {"addresses": ["10.0.0.2"], "conditions": {"ready": null}},
        endpoint(3, "n1", "rs"),
        endpoint(4, "n1", "s"),
        endpoint(5, "n1", "st"),
    ]);
    for minor in [14, 19, 22, 24, 28, 34] {
        selects(&service(&json!({})), &endpoints, minor, Some(&[1, 2, 3]), None);
    }
}

#[test]
fn without_ready_endpoints_serving_ones_that_terminate_are_used_from_1_26() {
    let endpoints = json!([endpoint(1, "n1", "st"), endpoint(2, "n2", "t"), endpoint(3, "n2", "s")]);
    selects(&service(&json!({})), &endpoints, 25, Some(&[]), None);
    selects(&service(&json!({})), &endpoints, 26, Some(&[1]), None);
    let absent = json!([{"addresses": ["10.0.0.1"], "conditions": {"ready": false, "terminating": true}}]);
    selects(&service(&json!({})), &absent, 28, Some(&[1]), None);
}

#[test]
fn local_endpoints_fall_back_by_themselves() {
    let service = service(&json!({"type": "NodePort", "externalTrafficPolicy": "Local"}));
    let mut service = service;
    service["spec"]["ports"][0]["nodePort"] = json!(30080);
    let endpoints = json!([endpoint(1, "n1", "st"), endpoint(2, "n2", "rs"), endpoint(3, "n1", "")]);
    selects(&service, &endpoints, 25, Some(&[2]), Some(&[]));
    selects(&service, &endpoints, 28, Some(&[2]), Some(&[1]));
    selects(&service, &endpoints, 19, Some(&[2]), Some(&[]));
}

#[test]
fn an_external_policy_means_nothing_where_nothing_outside_reaches_the_port() {
    let endpoints = json!([endpoint(1, "n1", "rs"), endpoint(2, "n2", "rs")]);
    let pending = service(&json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"}));
    selects(&pending, &endpoints, 28, Some(&[1, 2]), None);
    let by_external_ip = service(&json!({"externalIPs": ["192.0.2.1"], "externalTrafficPolicy": "Local"}));
    selects(&by_external_ip, &endpoints, 28, Some(&[1, 2]), Some(&[1]));
    selects(&by_external_ip, &endpoints, 24, Some(&[1, 2]), None);
}

#[test]
fn the_internal_policy_counts_from_1_22_and_has_its_own_chain_from_1_24() {
    let service = service(&json!({"internalTrafficPolicy": "Local"}));
    let endpoints = json!([endpoint(1, "n1", "rs"), endpoint(2, "n2", "rs")]);
    selects(&service, &endpoints, 21, Some(&[1, 2]), None);
    selects(&service, &endpoints, 22, Some(&[1]), None);
    selects(&service, &endpoints, 23, Some(&[1]), None);
    selects(&service, &endpoints, 24, None, Some(&[1]));
}

#[test]
fn both_policies_local_before_1_24_leave_the_service_chain_whole() {
    let mut service =
        service(&json!({"type": "NodePort", "internalTrafficPolicy": "Local", "externalTrafficPolicy": "Local"}));
    service["spec"]["ports"][0]["nodePort"] = json!(30080);
    let endpoints = json!([endpoint(1, "n1", "rs"), endpoint(2, "n2", "rs")]);
    selects(&service, &endpoints, 23, Some(&[1, 2]), Some(&[1]));
    selects(&service, &endpoints, 28, Some(&[1, 2]), Some(&[1]));
}

#[test]
fn hints_for_the_zone_count_where_the_annotation_asks_in_the_words_of_its_time() {
    let endpoints = json!([hinted(1, &["z1"]), hinted(2, &["z2"]), hinted(3, &["z2", "z1"])]);
    let (here, all): (&[u8], &[u8]) = (&[1, 3], &[1, 2, 3]);
    let old = |value| with_annotation("service.kubernetes.io/topology-aware-hints", value);
    let new = |value| with_annotation("service.kubernetes.io/topology-mode", value);
    for (service, minor, set) in [
        (old("Auto"), 23, all),
        (old("Auto"), 24, here),
        (old("auto"), 26, here),
        (old("PreferZone"), 26, all),
        (new("Auto"), 26, all),
        (new("Auto"), 27, here),
        (new("PreferZone"), 27, here),
        (new("Disabled"), 30, all),
        (service(&json!({})), 30, all),
        (service(&json!({})), 31, here),
    ] {
        selects(&service, &endpoints, minor, Some(set), None);
    }
}

#[test]
fn hints_are_off_where_a_ready_endpoint_has_none_or_none_is_for_this_zone() {
    let service = service(&json!({}));
    selects(&service, &json!([hinted(1, &["z1"]), hinted(2, &[])]), 31, Some(&[1, 2]), None);
    selects(&service, &json!([hinted(1, &["z2"]), hinted(2, &["z3"])]), 31, Some(&[1, 2]), None);
    let unready = json!([hinted(1, &["z1"]), hinted(2, &["z2"]), endpoint(3, "n1", "s")]);
    selects(&service, &unready, 31, Some(&[1]), None);
}

#[test]
fn hints_are_off_on_a_node_without_a_zone() {
    let endpoints = json!([hinted(1, &["z1"]), hinted(2, &["z2"])]);
    let objects = objects(&[service(&json!({})), slice("a", &endpoints), node("n1", "")]);
    assert_eq!(sets(&expected_by(&objects, 31).ports[0].views[0]), (Some(vec![1, 2]), None));
}

#[test]
fn node_hints_go_before_zone_hints_from_1_34() {
    let for_node = |last, node: &str| {
        let mut endpoint = hinted(last, &["z1"]);
        endpoint["hints"]["forNodes"] = json!([{ "name": node }]);
        endpoint
    };
    let endpoints = json!([for_node(1, "n1"), for_node(2, "n2")]);
    selects(&service(&json!({})), &endpoints, 32, Some(&[1, 2]), None);
    selects(&service(&json!({})), &endpoints, 34, Some(&[1]), None);
    let elsewhere = json!([for_node(1, "n2"), for_node(2, "n3")]);
    selects(&service(&json!({})), &elsewhere, 34, Some(&[1, 2]), None);
}

#[test]
fn load_balancer_addresses_in_proxy_mode_are_captured_before_1_30_only() {
    let mut service = service(&json!({"type": "LoadBalancer"}));
    service["status"] = json!({"loadBalancer": {"ingress": [
        {"ip": "192.0.2.1", "ipMode": "VIP"}, {"ip": "192.0.2.2", "ipMode": "Proxy"}, {"ip": "192.0.2.3"},
        {"hostname": "lb.example"}, {"ip": "fd00::9"},
    ]}});
    let objects = objects(&[service, node("n1", "")]);
    let last = |minor| -> Vec<Vec<String>> {
        let expected = expected_by(&objects, minor);
        let ips = |view: &View| view.load_balancer_ips.iter().map(ToString::to_string).collect();
        expected.ports[0].views.iter().map(ips).collect()
    };
    assert_eq!(last(28), [["192.0.2.1", "192.0.2.2", "192.0.2.3"]]);
    assert_eq!(last(29), [vec!["192.0.2.1", "192.0.2.2", "192.0.2.3"], vec!["192.0.2.1", "192.0.2.3"]]);
    assert_eq!(last(30), [["192.0.2.1", "192.0.2.3"]]);
}

#[test]
fn an_era_of_several_ways_gives_all_of_them_the_newest_first() {
    let endpoints = json!([endpoint(1, "n1", "st")]);
    let objects = objects(&[service(&json!({})), slice("a", &endpoints), node("n1", "z1")]);
    let era = Era { from: Version::minor(24), to: Version::minor(28) };
    let expected = expected(&objects, &given(&objects, "n1"), Family::Ipv4, era);
    let views: Vec<Sets> = expected.ports[0].views.iter().map(sets).collect();
    assert_eq!(views, [(Some(vec![1]), None), (Some(vec![]), None)]);
    let has: Vec<_> = expected.ports[0].views.iter().map(|view| view.has_endpoints).collect();
    assert_eq!(has, [Some(true), Some(false)]);
}

#[test]
fn on_an_unknown_node_nothing_is_said_that_depends_on_it() {
    let mut service = service(&json!({"type": "NodePort", "externalTrafficPolicy": "Local"}));
    service["spec"]["ports"][0]["nodePort"] = json!(30080);
    let endpoints = json!([endpoint(1, "n1", "rs"), endpoint(2, "n2", "rs")]);
    let objects = objects(&[service, slice("a", &endpoints)]);
    let view = |minor| {
        let era = Era::only(Version::minor(minor));
        expected(&objects, &given(&objects, ""), Family::Ipv4, era).ports[0].views[0].clone()
    };
    assert_eq!((sets(&view(28)).0, view(28).local), (Some(vec![1, 2]), Members::Unknown));
    assert_eq!(view(28).has_endpoints, Some(true));
}
