//! `iptables -L` in every mix of options and of every version.

use super::shown::{reads, shown};

const HEAD: &str = "Chain A (1 references)\ntarget     prot opt source               destination         \n";
const VERBOSE: &str = "Chain A (1 references)\n pkts bytes target     prot opt in     out     source               destination         \n";

/// Asserts that one rule of a plain listing is read as that.
#[track_caller]
fn rule(line: &str, read: &str) {
    let expected = format!("-A A {read}");
    let lines = shown(format!("{HEAD}{line}\n").as_bytes());
    assert_eq!(lines[3], expected.trim_end(), "{line}");
}

#[test]
fn a_listing_has_policies_references_and_blank_lines_between() {
    reads(
        "Chain PREROUTING (policy ACCEPT)\ntarget     prot opt source               destination         \nA          all  --  anywhere             anywhere            \n\nChain POSTROUTING (policy DROP 3 packets, 535K bytes)\ntarget     prot opt source               destination         \n\nChain A (1 references)\ntarget     prot opt source               destination         \n",
        &["IPv4 unknown", "*nat?", ":PREROUTING ACCEPT", "-A PREROUTING -j A", ":POSTROUTING DROP", ":A"],
    );
}

#[test]
fn counters_of_a_verbose_listing_are_rounded_beyond_five_digits() {
    reads(
        format!(
            "{VERBOSE}99999 1235K DROP       tcp  --  eth0   *       0.0.0.0/0            10.0.0.1             tcp dpt:80\n"
        ),
        &[
            "IPv4 unknown",
            "*filter? …",
            ":A",
            "[~99999:1235000] -A A -d 10.0.0.1/32 -i eth0 -p tcp -m tcp --dport 80 -j DROP",
        ],
    );
}

#[test]
fn exact_counters_are_exact() {
    reads(
        "Chain A (1 references)\n    pkts      bytes target     prot opt in     out     source               destination         \n 1234567 98765432101 RETURN     all  --  *      *       0.0.0.0/0            0.0.0.0/0           \n",
        &["IPv4 unknown", "*filter? …", ":A", "[1234567:98765432101] -A A -j RETURN"],
    );
}

#[test]
fn a_long_target_shifts_the_rest() {
    rule(
        "KUBE-SVC-XXXXXXXXXXXXXXXX  tcp  --  0.0.0.0/0            10.0.0.1",
        "-d 10.0.0.1/32 -p tcp -j KUBE-SVC-XXXXXXXXXXXXXXXX",
    );
}

#[test]
fn a_rule_without_target_begins_with_its_protocol() {
    rule("           tcp  --  0.0.0.0/0            0.0.0.0/0", "-p tcp");
}

#[test]
fn a_bang_is_glued_to_what_follows() {
    rule("T         !6    -- !10.0.0.0/8          !10.1.2.3", "! -s 10.0.0.0/8 ! -d 10.1.2.3/32 ! -p tcp -j T");
}

#[test]
fn protocols_are_names_or_numbers() {
    for protocol in ["6", "tcp"] {
        rule(&format!("DROP       {protocol}    --  0.0.0.0/0            0.0.0.0/0"), "-p tcp -j DROP");
    }
    for all in ["0", "all"] {
        rule(&format!("DROP       {all}    --  0.0.0.0/0            0.0.0.0/0"), "-j DROP");
    }
}

#[test]
fn old_listings_of_ipv6_have_no_opt_column() {
    reads(
        format!("{HEAD}DROP       tcp      ::/0                 fd00::1              tcp dpt:80\n"),
        &["IPv6 unknown", "*filter? …", ":A", "-A A -d fd00::1/128 -p tcp -m tcp --dport 80 -j DROP"],
    );
}

#[test]
fn goto_is_told_behind_the_addresses() {
    rule(
        "B          all  --  0.0.0.0/0            0.0.0.0/0           [goto]  /* c1 */",
        "-m comment --comment c1 -g B",
    );
}

#[test]
fn texts_of_extensions_become_options_again() {
    for (text, options) in [
        (
            "/* a */ statistic mode random probability 0.33333333349",
            "-m comment --comment a -m statistic --mode random --probability 0.33333333349",
        ),
        ("ADDRTYPE match dst-type LOCAL", "-m addrtype --dst-type LOCAL"),
        ("mark match ! 0x4000/0x4000", "-m mark ! --mark 0x4000/0x4000"),
        ("ctstate NEW", "-m conntrack --ctstate NEW"),
        ("PHYSDEV match ! --physdev-is-in", "-m physdev ! --physdev-is-in"),
        ("match-set foo dst,src", "-m set --match-set foo dst,src"),
        (
            "recent: CHECK seconds: 10800 reap name: N side: source mask: 255.255.255.255",
            "-m recent --rcheck --seconds 10800 --reap --name N --mask 255.255.255.255 --rsource",
        ),
    ] {
        rule(
            &format!("RETURN     all  --  0.0.0.0/0            0.0.0.0/0            {text}"),
            &format!("{options} -j RETURN"),
        );
    }
    for (target, text, options) in [
        ("DNAT", "to:10.0.0.2:53", "DNAT --to-destination 10.0.0.2:53"),
        ("DNAT", "to::80", "DNAT --to-destination :80"),
        ("MARK", "MARK or 0x4000", "MARK --set-xmark 0x4000/0x4000"),
        ("MARK", "MARK xor 0x4000", "MARK --set-xmark 0x4000/0x0"),
        ("MASQUERADE", "random-fully", "MASQUERADE --random-fully"),
        ("REDIRECT", "redir ports 8080", "REDIRECT --to-ports 8080"),
        ("REJECT", "reject-with icmp-port-unreachable", "REJECT --reject-with icmp-port-unreachable"),
    ] {
        rule(
            &format!("{target}       all  --  0.0.0.0/0            0.0.0.0/0            {text}"),
            &format!("-j {options}"),
        );
    }
}

#[test]
fn names_of_a_listing_stay_names() {
    let lines = shown(
        format!("{HEAD}DROP       tcp  --  node-1               ip-10-0-1-2.ec2.internal  tcp dpt:http\n").as_bytes(),
    );
    assert_eq!(
        lines,
        [
            "IPv4 unknown",
            "*filter? …",
            ":A",
            "-A A -s node-1 -d ip-10-0-1-2.ec2.internal -p tcp -m tcp --dport 80 -j DROP",
            "note: names of services were taken for their usual port numbers (iptables -n prints numbers)",
        ]
    );
}

#[test]
fn line_numbers_are_passed_over() {
    reads(
        "Chain A (1 references)\nnum  target     prot opt source               destination         \n1    DROP       all  --  0.0.0.0/0            10.0.0.1            \n2    RETURN     all  --  0.0.0.0/0            0.0.0.0/0           \n",
        &["IPv4 unknown", "*filter? …", ":A", "-A A -d 10.0.0.1/32 -j DROP", "-A A -j RETURN"],
    );
}

#[test]
fn collapsed_blanks_and_a_missing_header_change_nothing() {
    reads(
        "Chain KUBE-SVC-X (1 references)\nKUBE-SEP-Y all -- 0.0.0.0/0 0.0.0.0/0 /* a/b */\n",
        &["IPv4 unknown", "*nat? …", ":KUBE-SVC-X", "-A KUBE-SVC-X -m comment --comment \"a/b\" -j KUBE-SEP-Y"],
    );
}

#[test]
fn a_comment_may_look_like_anything() {
    rule(
        "DROP       all  --  0.0.0.0/0            0.0.0.0/0            /* tcp dpt:80 */ x */ mark match 0x1",
        "-m comment --comment \"tcp dpt:80 */ x\" -m mark --mark 0x1 -j DROP",
    );
}

#[test]
fn listings_of_several_tables_in_a_row_are_told_apart() {
    let chain = |name: &str| {
        format!("Chain {name} (policy ACCEPT)\ntarget     prot opt source               destination         \n\n")
    };
    let names = ["PREROUTING", "OUTPUT", "INPUT", "FORWARD", "OUTPUT", "PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"];
    reads(
        names.map(chain).concat(),
        &[
            "IPv4 unknown",
            "*raw?",
            ":PREROUTING ACCEPT",
            ":OUTPUT ACCEPT",
            "*filter?",
            ":INPUT ACCEPT",
            ":FORWARD ACCEPT",
            ":OUTPUT ACCEPT",
            "*nat?",
            ":PREROUTING ACCEPT",
            ":INPUT ACCEPT",
            ":OUTPUT ACCEPT",
            ":POSTROUTING ACCEPT",
        ],
    );
}
