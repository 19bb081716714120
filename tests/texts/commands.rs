//! What iptables-restore reads beyond what iptables-save prints: hand-made files do what it would do.

use super::shown::reads;

#[test]
fn an_insert_goes_before_the_rule_at_its_number() {
    reads(
        "*filter\n:A - [0:0]\n-A A -j ACCEPT\n-I A -j DROP\n-I A 2 -p tcp\n-I A -p udp\nCOMMIT\n",
        &["IPv4 unknown", "*filter", ":A", "-A A -p udp", "-A A -j DROP", "-A A -p tcp", "-A A -j ACCEPT"],
    );
}

#[test]
fn a_rule_is_replaced_at_its_number() {
    reads(
        "*filter\n:A - [0:0]\n-A A -p tcp\n-A A -p udp\n-R A 1 -j DROP\nCOMMIT\n",
        &["IPv4 unknown", "*filter", ":A", "-A A -j DROP", "-A A -p udp"],
    );
}

#[test]
fn a_rule_is_deleted_by_its_number_or_by_its_text() {
    reads(
        "*filter\n:A - [0:0]\n-A A -p tcp\n-A A -p udp\n-A A -s 10.0.0.1 -j DROP\n-D A 1\n-D A -s 10.0.0.1/32 -j DROP\nCOMMIT\n",
        &["IPv4 unknown", "*filter", ":A", "-A A -p udp"],
    );
}

#[test]
fn of_equal_rules_the_first_is_deleted() {
    reads(
        "*filter\n:A - [0:0]\n-A A -p tcp\n-A A -j DROP\n-A A -p tcp\n-D A -p tcp\nCOMMIT\n",
        &["IPv4 unknown", "*filter", ":A", "-A A -j DROP", "-A A -p tcp"],
    );
}

#[test]
fn a_deletion_that_finds_nothing_is_a_fault() {
    reads(
        "*filter\n:A - [0:0]\n-A A -j DROP\n-D A 2\n-D A -j ACCEPT\n-R A 9 -j ACCEPT\nCOMMIT\n",
        &[
            "IPv4 unknown",
            "*filter",
            ":A",
            "-A A -j DROP",
            "4:1 wanted the number of a rule that the chain has",
            "5:1 wanted a rule that the chain has",
            "6:1 wanted the number of a rule that the chain has",
        ],
    );
}

#[test]
fn flushing_empties_one_chain_or_all() {
    reads(
        "*nat\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -p tcp\n-F A\n-A A -p udp\nCOMMIT\n",
        &["IPv4 unknown", "*nat", ":A", "-A A -p udp", ":B", "-A B -p tcp"],
    );
    reads(
        "*nat\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -p tcp\n-F\n-A B -p udp\nCOMMIT\n",
        &["IPv4 unknown", "*nat", ":A", ":B", "-A B -p udp"],
    );
}

#[test]
fn chains_are_made_and_deleted() {
    reads(
        "*filter\n-P INPUT DROP\n-N A\n-N B\n-A A -p tcp\n-F A\n-X A\n-A B -j DROP\nCOMMIT\n",
        &["IPv4 unknown", "*filter", ":INPUT DROP", ":B", "-A B -j DROP"],
    );
    reads("*filter\n-N A\n-N B\n-X\n-N C\nCOMMIT\n", &["IPv4 unknown", "*filter", ":C"]);
}

#[test]
fn counters_are_zeroed_for_one_chain_or_all() {
    let text = "*filter\n:A - [0:0]\n:B - [0:0]\n[1:60] -A A -p tcp\n[2:120] -A B -p tcp\n";
    reads(
        format!("{text}-Z A\n[3:180] -A A -p udp\nCOMMIT\n"),
        &["IPv4 unknown", "*filter", ":A", "[0:0] -A A -p tcp", "[3:180] -A A -p udp", ":B", "[2:120] -A B -p tcp"],
    );
    reads(
        format!("{text}-Z\nCOMMIT\n"),
        &["IPv4 unknown", "*filter", ":A", "[0:0] -A A -p tcp", ":B", "[0:0] -A B -p tcp"],
    );
}

#[test]
fn several_sections_of_one_table_are_one_table() {
    reads(
        "*nat\n:A - [0:0]\n-A A -p tcp\nCOMMIT\n*filter\n:F - [0:0]\nCOMMIT\n*nat\n:B - [0:0]\n-A A -j B\nCOMMIT\n",
        &["IPv4 unknown", "*nat", ":A", "-A A -p tcp", "-A A -j B", ":B", "*filter", ":F"],
    );
}

#[test]
fn a_chain_declared_twice_starts_anew() {
    reads(
        "*nat\n:A - [0:0]\n:B - [0:0]\n-A A -p tcp\n-A B -p tcp\n:A - [0:0]\n-A A -p udp\nCOMMIT\n",
        &[
            "IPv4 unknown",
            "*nat",
            ":A",
            "-A A -p udp",
            ":B",
            "-A B -p tcp",
            "note: a chain is declared again within a table and lost the rules before that, as in iptables-restore",
        ],
    );
}

#[test]
fn long_options_tabs_blanks_and_any_order_are_read() {
    reads(
        "*nat\n:A -\n\n# why\n  -A A\t--jump RETURN --protocol tcp --destination 10.0.0.1 --match tcp --destination-port 80\n--append A --source 10.0.0.0/8\nCOMMIT\n",
        &["IPv4 unknown", "*nat", ":A", "-A A -p tcp -d 10.0.0.1/32 -m tcp --dport 80 -j RETURN", "-A A -s 10.0.0.0/8"],
    );
}

#[test]
fn rules_of_chains_interleave_and_keep_the_order_within_each() {
    reads(
        "*nat\n:A - [0:0]\n:B - [0:0]\n-A B -p tcp\n-A A -p tcp\n-A B -p udp\nCOMMIT\n",
        &["IPv4 unknown", "*nat", ":A", "-A A -p tcp", ":B", "-A B -p tcp", "-A B -p udp"],
    );
}

#[test]
fn a_rule_may_stand_in_a_chain_nobody_declares() {
    reads("*nat\n-A LOST -j GONE\nCOMMIT\n", &["IPv4 unknown", "*nat", ":LOST?", "-A LOST -j GONE"]);
}

#[test]
fn what_commands_made_is_printed_as_iptables_save_would() {
    let text = "*filter\n:INPUT DROP [1:60]\n-N A\n[1:60] -A INPUT -j A  \n-I A -p tcp\n-I A -p udp -m comment --comment \"x -A y\"\nCOMMIT\n";
    let input = super::text::input(text.as_bytes());
    let parsed = kubenat::syntax::parse(&input.sources);
    let printed = kubenat::ruleset::saved_table(&parsed.rulesets[0].tables[0], &input.sources);
    assert_eq!(
        printed,
        "*filter\n:INPUT DROP [1:60]\n:A - [0:0]\n[1:60] -A INPUT -j A  \n-A A -p udp -m comment --comment \"x -A y\"\n-A A -p tcp\nCOMMIT\n"
    );
}
