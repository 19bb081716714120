//! Jumps, returns, chances, marks.

use super::*;

const TO_A: &str = "-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j svc";

#[test]
fn a_chain_without_dnat_returns_and_the_next_rule_is_tried() {
    becomes(
        &format!(
            "{TO_A}\n-A svc -m statistic --mode random --probability 0.50000000000 -j a\n-A svc -j b\n-A a -j RETURN\n\
             -A b -p tcp -j DNAT --to-destination 10.244.1.11:8080"
        ),
        &from_pod(),
        &["100 10.244.1.11:8080"],
    );
}

#[test]
fn what_falls_through_a_service_meets_the_next_rule_for_its_address() {
    becomes(
        &format!(
            "{TO_A}\n-A PREROUTING -d 10.96.0.1/32 -j b\n-A svc -p udp -j DNAT --to-destination 10.244.1.10:1\n-A b -p tcp -j DNAT --to-destination 10.244.1.11:8080"
        ),
        &from_pod(),
        &["100 10.244.1.11:8080"],
    );
}

#[test]
fn marks_survive_a_chain_that_returns() {
    becomes(
        &format!(
            "{TO_A}\n-A svc -j MARK --set-xmark 0x4000/0x4000\n-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE"
        ),
        &from_pod(),
        &["100 untouched masqueraded"],
    );
}

#[test]
fn the_first_dnat_wins_even_to_the_same_address() {
    becomes(
        &format!(
            "-A PREROUTING -p tcp -j DNAT --to-destination 10.96.0.1:80\n{TO_A}\n-A svc -p tcp -j DNAT --to-destination 10.244.1.10:8080"
        ),
        &from_pod(),
        &["100 untouched"],
    );
}

#[test]
fn a_goto_does_not_come_back_to_the_chain_it_left() {
    becomes(
        &format!("{TO_A}\n-A svc -g a\n-A svc -p tcp -j DNAT --to-destination 10.244.1.10:8080\n-A a -p udp -j ACCEPT"),
        &from_pod(),
        &["100 untouched"],
    );
}

#[test]
fn a_goto_from_a_called_chain_returns_to_its_caller() {
    becomes(
        &format!(
            "{TO_A}\n-A PREROUTING -p tcp -j DNAT --to-destination 10.244.1.12:8080\n-A svc -g a\n\
             -A svc -p tcp -j DNAT --to-destination 10.244.1.10:8080\n-A a -j RETURN"
        ),
        &from_pod(),
        &["100 10.244.1.12:8080"],
    );
}

#[test]
fn return_in_a_built_in_chain_means_its_policy() {
    becomes(
        "-A PREROUTING -j RETURN\n-A PREROUTING -p tcp -j DNAT --to-destination 10.244.1.12:8080",
        &from_pod(),
        &["100 untouched"],
    );
}

#[test]
fn two_chances_in_one_rule_multiply() {
    let half = "-m statistic --mode random --probability 0.50000000000";
    becomes(
        &format!("-A PREROUTING -p tcp {half} {half} -j DNAT --to-destination 10.244.1.12:8080"),
        &from_pod(),
        &["25 10.244.1.12:8080", "75 untouched"],
    );
}

#[test]
fn a_probability_under_half_a_threshold_never_happens_and_one_close_to_one_always() {
    let rule = |chance: &str| {
        format!(
            "-A PREROUTING -p tcp -m statistic --mode random --probability {chance} -j DNAT --to-destination 10.244.1.12:8080"
        )
    };
    becomes(&rule("0.0000000001"), &from_pod(), &["100 untouched"]);
    becomes(&rule("0.9999999999"), &from_pod(), &["100 10.244.1.12:8080"]);
}

#[test]
fn nth_is_counted_and_said_so() {
    let text = nat(
        "-A PREROUTING -p tcp -m statistic --mode nth --every 4 --packet 0 -j DNAT --to-destination 10.244.1.12:8080",
    );
    machine(&text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(told(&outcomes), ["25 10.244.1.12:8080", "75 untouched"]);
        assert!(outcomes.iter().any(|outcome| outcome.flags == [Flag::Counted]), "{outcomes:?}");
    });
}

#[test]
fn a_small_range_is_spread_over_its_addresses_and_a_large_one_is_left_open() {
    let of = |range: &str| nat(&format!("-A PREROUTING -p tcp -j DNAT --to-destination {range}"));
    machine(&of("10.244.1.10-10.244.1.13"), |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(outcomes.len(), 4);
        assert!(
            outcomes.iter().all(|outcome| outcome.flags == [Flag::Hashed] && (outcome.probability - 0.25).abs() < 1e-9)
        );
    });
    machine(&of("10.244.0.0-10.244.255.255"), |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert!(outcomes.iter().all(|outcome| outcome.destination.address.is_none()), "{outcomes:?}");
        assert!(outcomes.iter().all(|outcome| outcome.flags == [Flag::Hashed]), "{outcomes:?}");
    });
}

#[test]
fn a_port_range_without_random_takes_its_first_port() {
    becomes(
        "-A PREROUTING -p tcp -j DNAT --to-destination 10.244.1.10:8000-8010",
        &from_pod(),
        &["100 10.244.1.10:8000"],
    );
}

#[test]
fn chains_in_a_circle_end_the_walk_and_are_named() {
    let text = nat("-A PREROUTING -j a\n-A a -j b\n-A b -j a");
    machine(&text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(told(&outcomes), ["100 unknown"]);
        assert_eq!(outcomes[0].flags, [Flag::Loop]);
    });
}

#[test]
fn a_new_client_is_in_no_list_and_the_affinity_is_told() {
    let text = nat(
        "-A PREROUTING -p tcp -m recent --rcheck --seconds 10800 --reap --name A --mask 255.255.255.255 --rsource -j DNAT --to-destination 10.244.1.10:8080\n\
         -A PREROUTING -p tcp -m recent --set --name A --mask 255.255.255.255 --rsource -j DNAT --to-destination 10.244.1.11:8080",
    );
    machine(&text, |machine| {
        let outcomes = machine.outcomes(&from_pod(), &node());
        assert_eq!(told(&outcomes), ["100 10.244.1.11:8080"]);
        assert_eq!(outcomes[0].flags, [Flag::Affinity]);
    });
}
