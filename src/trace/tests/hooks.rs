//! Tables at hooks, policies, routing, the source address.

use super::*;

const DNAT: &str = "-A PREROUTING -p tcp -j DNAT --to-destination 10.244.1.10:8080
-A OUTPUT -p tcp -j DNAT --to-destination 10.244.1.10:8080";

/// The outcome under that nat table and a filter table of these lines.
#[track_caller]
fn filtered(filter: &str, packet: &Packet, expected: &[&str]) {
    let text = format!("*filter\n{filter}\nCOMMIT\n{}", nat(DNAT));
    machine(&text, |machine| assert_eq!(told(&machine.outcomes(packet, &node())), expected, "{text}"));
}

const OPEN: &str = ":INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]";

#[test]
fn filter_rules_see_the_translated_destination() {
    filtered(&format!("{OPEN}\n-A FORWARD -d 10.244.1.10/32 -j DROP"), &from_pod(), &["100 dropped"]);
    filtered(&format!("{OPEN}\n-A FORWARD -d 10.96.0.1/32 -j DROP"), &from_pod(), &["100 10.244.1.10:8080"]);
    filtered(&format!("{OPEN}\n-A OUTPUT -d 10.244.1.10/32 -j DROP"), &from_node(), &["100 dropped"]);
}

#[test]
fn filter_output_sees_the_device_before_translation() {
    filtered(&format!("{OPEN}\n-A OUTPUT -o cni0 -j DROP"), &from_node(), &["100 10.244.1.10:8080"]);
    filtered(&format!("{OPEN}\n-A OUTPUT -o eth0 -j DROP"), &from_node(), &["100 dropped"]);
}

#[test]
fn the_policy_of_forward_drops_what_no_rule_accepts() {
    let closed = ":INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]";
    filtered(closed, &from_pod(), &["100 dropped"]);
    filtered(
        &format!("{closed}\n-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT"),
        &from_pod(),
        &["100 10.244.1.10:8080"],
    );
}

#[test]
fn a_reject_names_its_answer() {
    let text = format!("*filter\n{OPEN}\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\nCOMMIT\n{}", nat(DNAT));
    machine(&text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(told(&outcomes), ["100 rejected"]);
        assert_eq!(outcomes[0].reject_with.as_deref(), Some("tcp-reset"));
    });
}

#[test]
fn a_nat_policy_of_drop_spares_what_was_translated() {
    let text = nat("-A PREROUTING -d 10.96.0.1/32 -p tcp -j DNAT --to-destination 10.244.1.10:8080")
        .replace(":PREROUTING ACCEPT", ":PREROUTING DROP");
    machine(&text, |machine| {
        assert_eq!(told(&machine.outcomes(&from_pod(), &node())), ["100 10.244.1.10:8080"]);
        let other = Packet { destination: "10.96.0.2".parse().unwrap(), ..from_pod() };
        assert_eq!(told(&machine.outcomes(&other, &node())), ["100 dropped"]);
    });
}

#[test]
fn what_is_not_tracked_goes_past_nat() {
    let raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp -j CT --notrack\nCOMMIT\n";
    let text = format!("{raw}{}", nat(DNAT));
    machine(&text, |machine| {
        assert_eq!(told(&machine.outcomes(&from_pod(), &node())), ["100 untouched"]);
        assert_eq!(told(&machine.outcomes(&from_node(), &node())), ["100 10.244.1.10:8080"], "OUTPUT tracks");
    });
}

#[test]
fn redirect_leads_to_the_incoming_interfaces_address_or_to_loopback() {
    let rules = "-A PREROUTING -p tcp -j REDIRECT --to-ports 8000\n-A OUTPUT -p tcp -j REDIRECT --to-ports 8000";
    becomes(rules, &from_pod(), &["100 10.244.1.1:8000"]);
    becomes(rules, &from_node(), &["100 127.0.0.1:8000"]);
}

#[test]
fn masquerade_takes_an_address_of_the_interface_the_packet_leaves_over() {
    let text = nat(&format!("{DNAT}\n-A POSTROUTING -j MASQUERADE"));
    machine(&text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(outcomes[0].source, SourceSeen::Masqueraded { address: Some("10.244.1.1".parse().unwrap()) });
    });
}

#[test]
fn only_the_pod_that_meets_itself_is_masqueraded() {
    let text = nat("-A PREROUTING -m statistic --mode random --probability 0.50000000000 -j a
-A PREROUTING -j b
-A a -s 10.244.1.99/32 -j MARK --set-xmark 0x4000/0x4000
-A a -p tcp -j DNAT --to-destination 10.244.1.99:8080
-A b -s 10.244.1.98/32 -j MARK --set-xmark 0x4000/0x4000
-A b -p tcp -j DNAT --to-destination 10.244.1.98:8080
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE");
    machine(&text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(told(&outcomes), ["50 10.244.1.98:8080", "50 10.244.1.99:8080 masqueraded"]);
    });
}

#[test]
fn without_a_route_the_node_cannot_send_and_a_pod_is_still_translated() {
    let mut facts = node();
    facts.routes.retain(|route| route.gateway.is_none());
    machine(&nat(DNAT), |machine| {
        assert_eq!(told(&machine.outcomes(&from_node(), &facts)), ["100 unroutable"]);
        assert_eq!(told(&machine.outcomes(&from_pod(), &facts)), ["100 10.244.1.10:8080"]);
    });
}

#[test]
fn a_ping_to_a_cluster_ip_meets_no_rule_for_tcp() {
    let ping = Packet { protocol: Protocol::ICMP, destination_port: None, source_port: None, ..from_pod() };
    becomes(DNAT, &ping, &["100 untouched"]);
}

#[test]
fn loopback_to_a_pod_needs_route_localnet() {
    let mut local = from_node();
    local.destination = "127.0.0.1".parse().unwrap();
    let mut facts = node();
    machine(&nat(DNAT), |machine| {
        assert_eq!(told(&machine.outcomes(&local, &facts)), ["100 10.244.1.10:8080"]);
        facts.route_localnet = Some(false);
        assert_eq!(told(&machine.outcomes(&local, &facts)), ["100 dropped"]);
    });
}
