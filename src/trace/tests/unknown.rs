//! What neither dump nor facts decide: both ways, with their conditions.

use super::*;

/// The conditions of the outcomes, each list once.
fn conditions(outcomes: &[Outcome]) -> Vec<Vec<String>> {
    let mut lists: Vec<_> = outcomes.iter().map(|outcome| outcome.conditions.clone()).collect();
    lists.sort();
    lists.dedup();
    lists
}

/// Two conditions, each with outcomes that add up to 1.
#[track_caller]
fn parts(text: &str, facts: &Facts, packet: &Packet, word: &str) {
    machine(text, |machine| {
        let outcomes = machine.outcomes(packet, facts);
        let lists = conditions(&outcomes);
        assert_eq!(lists.len(), 2, "{outcomes:#?}");
        for list in lists {
            assert!(list.len() == 1 && list[0].contains(word), "{list:?}");
            let of_list = outcomes.iter().filter(|outcome| outcome.conditions == list);
            let sum: f64 = of_list.map(|outcome| outcome.probability).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{list:?}: {sum}");
        }
    });
}

const DNAT: &str = "-j DNAT --to-destination 10.244.1.10:8080";

#[test]
fn an_unknown_that_matters_is_taken_both_ways() {
    for (test, word) in [
        ("-m set --match-set clients src", "ipset clients"),
        ("-m u32 --u32 \"6&0xFF=1\"", "u32"),
        ("-m physdev --physdev-in tap0", "bridge port tap0"),
        ("-i veth0", "veth0"),
        ("-m limit --limit 5/sec", "limit"),
    ] {
        let facts = if test == "-i veth0" { Facts::default() } else { node() };
        let mut facts = facts;
        if test == "-i veth0" {
            facts.add_node_ip("192.168.10.11".parse().unwrap());
        }
        parts(&nat(&format!("-A PREROUTING {test} -p tcp {DNAT}")), &facts, &from_pod(), word);
    }
}

#[test]
fn whether_a_destination_is_the_nodes_own_is_unknown_without_addresses() {
    let text = nat(&format!("-A PREROUTING -p tcp -m addrtype --dst-type LOCAL {DNAT}"));
    let to_node = Packet { destination: "198.51.100.9".parse().unwrap(), ..from_pod() };
    machine(&text, |machine| {
        let lists = conditions(&machine.outcomes(&to_node, &Facts::default()));
        assert!(lists.iter().all(|list| list[0].starts_with("if 198.51.100.9 is")), "{lists:?}");
        assert!(lists.contains(&vec!["if 198.51.100.9 is not an address of this node".to_owned()]), "{lists:?}");
        let mut facts = Facts::default();
        facts.add_node_ip("198.51.100.9".parse().unwrap());
        assert_eq!(told(&machine.outcomes(&to_node, &facts)), ["100 10.244.1.10:8080"]);
    });
}

#[test]
fn an_unknown_that_changes_nothing_vanishes() {
    let text =
        nat(&format!("-A PREROUTING -m set --match-set clients src -j a\n-A PREROUTING -p tcp {DNAT}\n-A a -j RETURN"));
    machine(&text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(told(&outcomes), ["100 10.244.1.10:8080"]);
        assert_eq!(outcomes[0].conditions, [""; 0]);
    });
}

#[test]
fn one_question_met_twice_has_one_answer() {
    let text = nat(&format!(
        "-A PREROUTING -m set --match-set clients src -j a\n-A a -m set ! --match-set clients src -j DROP\n-A a -p tcp {DNAT}"
    ));
    parts(&text, &node(), &from_pod(), "ipset clients");
    machine(&text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert!(outcomes.iter().all(|outcome| outcome.verdict != Verdict::Dropped), "{outcomes:#?}");
    });
}

/// A table cut before its end.
fn cut(rules: &str) -> String {
    nat(rules).replace("COMMIT\n", "")
}

#[test]
fn a_mark_chain_that_is_not_shown_sets_its_mark_and_returns() {
    for jump in ["-j", "-g"] {
        let text = cut(&format!(
            "-A PREROUTING -j a\n-A PREROUTING -p tcp {DNAT}\n-A a {jump} KUBE-MARK-MASQ\n-A a -p tcp -j ACCEPT\n\
             -A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE"
        ));
        let expected = if jump == "-j" { "100 untouched masqueraded" } else { "100 10.244.1.10:8080 masqueraded" };
        machine(&text, |machine| assert_eq!(told(&machine.outcomes(&from_pod(), &node())), [expected], "{text}"));
    }
}

#[test]
fn a_chain_that_is_not_shown_may_do_anything() {
    let text = cut(&format!("-A PREROUTING -j NOT-SHOWN\n-A PREROUTING -p tcp {DNAT}"));
    parts(&text, &node(), &from_pod(), "NOT-SHOWN");
}

#[test]
fn a_declared_chain_without_rules_is_empty_if_rules_of_later_chains_are_shown() {
    let rules = format!("-A PREROUTING -j empty\n-A PREROUTING -j full\n-A full -p tcp {DNAT}");
    machine(&cut(&rules), |machine| {
        assert_eq!(told(&machine.outcomes(&from_pod(), &node())), ["100 10.244.1.10:8080"]);
    });
    let rules = format!("-A PREROUTING -j full\n-A PREROUTING -j empty\n-A full -p udp {DNAT}");
    parts(&cut(&rules), &node(), &from_pod(), "empty");
}

#[test]
fn a_listing_without_v_may_hide_interfaces() {
    let text = "Chain FORWARD (policy ACCEPT)
target     prot opt source               destination         
DROP       all  --  0.0.0.0/0            0.0.0.0/0           
";
    machine(text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(conditions(&outcomes).len(), 2, "{outcomes:#?}");
    });
}

#[test]
fn a_socket_may_take_what_tproxy_offers() {
    let mangle = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j TPROXY --on-port 1 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1\nCOMMIT\n";
    let text = format!("{mangle}{}", nat(""));
    parts(&text, &node(), &from_pod(), "TPROXY");
}
