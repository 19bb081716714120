//! What could not be read is told like a good compiler does: the place, and what was wanted there.

use super::shown::shown;

/// Asserts the one fault that a rule of chain A makes; the column counts from `-A`.
#[track_caller]
fn wants(rule: &str, column: usize, wanted: &str) {
    let lines = shown(format!("*nat\n:A - [0:0]\n-A A {rule}\nCOMMIT\n").as_bytes());
    assert_eq!(lines.last(), Some(&format!("3:{} wanted {wanted}", column + 5)), "{rule}: {lines:?}");
    let faults = lines.iter().filter(|line| line.contains(" wanted "));
    assert_eq!(faults.count(), 1);
}

#[test]
fn values_that_make_no_sense_are_pointed_at() {
    wants("-s 10.0.0.0/64", 4, "an address, or a net with a prefix or mask of its family");
    wants("-d 300.1.2.3", 4, "an address, or a net with a prefix or mask of its family");
    wants("-p 256", 4, "a protocol, by name or by a number up to 255");
    wants("-p tcp -m tcp --dport 99999 -j X", 23, "a port, or two with a colon between");
    wants("-p tcp -m multiport --dports 1,70000", 30, "ports with commas between");
    wants("-m statistic --mode random --probability 1.5", 42, "a probability from 0 to 1");
    wants("-m mark --mark 0x1ffffffff", 16, "a mark, or a mark and a mask");
    wants("-j DNAT --to-destination 10.0.0.2:99999", 26, "an address, a port behind a colon, or both");
    wants("--dport 80", 9, "a protocol that has ports, before this option");
}

#[test]
fn words_that_are_missing_or_too_many_are_pointed_at() {
    wants("-s", 3, "an address");
    wants("-j", 3, "the name of a target or a chain");
    wants("-m", 3, "the name of a module");
    wants("-m mark --mark 0x1 stray -j DROP", 20, "an option");
}

#[test]
fn declarations_that_are_cut_are_faults() {
    let wanted = |line: &str| shown(format!("*nat\n{line}\nCOMMIT\n").as_bytes()).pop().unwrap();
    assert_eq!(wanted(":A"), "2:3 wanted a policy (ACCEPT, DROP or -) and counters");
    assert_eq!(wanted(":A - [0:0] x"), "2:12 wanted the end of the line");
    assert_eq!(wanted("[1:18446744073709551616] -A A -j X"), "2:1 wanted counters as [PACKETS:BYTES]");
    assert_eq!(wanted("-A"), "2:3 wanted the name of a chain");
    assert_eq!(wanted("-P A MAYBE"), "2:6 wanted a policy, ACCEPT or DROP");
}

#[test]
fn a_rule_that_could_not_be_read_stays_in_its_chain_and_is_unknown() {
    let lines = shown(b"*nat\n:A - [0:0]\n-A A -p tcp -j B\n-A A -s 10.0.0.0/64 -j DROP\n-A A -j C\nCOMMIT\n");
    assert_eq!((lines[3].as_str(), lines[5].as_str()), ("-A A -p tcp -j B", "-A A -j C"));
    assert_eq!(lines[6], "4:9 wanted an address, or a net with a prefix or mask of its family");
}

#[test]
fn columns_count_in_the_text_as_it_came() {
    let lines = shown(b"Nov 14 11:06:11 host x[1]: *nat\nNov 14 11:06:11 host x[1]: :A - [0:0]\nNov 14 11:06:11 host x[1]: -A A -s 10.0.0.0/64 -j B\nNov 14 11:06:11 host x[1]: COMMIT\n");
    assert_eq!(lines.last().unwrap(), "3:36 wanted an address, or a net with a prefix or mask of its family");
}

#[test]
fn half_a_rule_of_a_listing_is_a_fault() {
    let lines = shown(b"Chain A (1 references)\ntarget     prot opt source               destination         \nDROP       tcp  --  0.0.0.0/0            10.0.0.0/99\n");
    assert!(lines.last().unwrap().starts_with("3:"), "{lines:?}");
}

#[test]
fn a_fault_behind_a_stripped_escape_sequence_points_into_its_line() {
    let input = super::text::input(b"*nat\n:X\x1b[\r\n:A - [0:0]\n\x1b[1m-A A\x1b[0m -j B\n");
    let parsed = kubenat::syntax::parse(&input.sources);
    let place = input.sources.place(parsed.faults[0].span).unwrap();
    assert_eq!(place.line, 2);
    assert!(place.column as usize <= place.whole_line.len() + 1, "{place:?}");
}
