//! A small dump against itself in another order, and against one change of each kind.

use super::*;
use crate::facts::Facts;
use crate::ruleset::Resolved;
use crate::shares::shares;
use crate::source::Sources;
use crate::syntax::parse;
use crate::trace::Machine;

const DUMP: &str = "\
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SVC-BBBBBBBBBBBBBBBB - [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAA1 - [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAA2 - [0:0]
:KUBE-SEP-BBBBBBBBBBBBBBB1 - [0:0]
[3:180] -A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
[0:0] -A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES
[5:300] -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment \"shop/web:http cluster IP\" -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA
[2:120] -A KUBE-SERVICES -d 10.96.0.2/32 -p tcp -m comment --comment \"shop/api:http cluster IP\" -m tcp --dport 80 -j KUBE-SVC-BBBBBBBBBBBBBBBB
[2:120] -A KUBE-SVC-AAAAAAAAAAAAAAAA -m comment --comment \"shop/web:http -> 10.244.1.1:8080\" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-AAAAAAAAAAAAAAA1
[3:180] -A KUBE-SVC-AAAAAAAAAAAAAAAA -m comment --comment \"shop/web:http -> 10.244.1.2:8080\" -j KUBE-SEP-AAAAAAAAAAAAAAA2
[2:120] -A KUBE-SVC-BBBBBBBBBBBBBBBB -m comment --comment \"shop/api:http -> 10.244.1.3:8080\" -j KUBE-SEP-BBBBBBBBBBBBBBB1
[2:120] -A KUBE-SEP-AAAAAAAAAAAAAAA1 -p tcp -m comment --comment \"shop/web:http\" -m tcp -j DNAT --to-destination 10.244.1.1:8080
[3:180] -A KUBE-SEP-AAAAAAAAAAAAAAA2 -p tcp -m comment --comment \"shop/web:http\" -m tcp -j DNAT --to-destination 10.244.1.2:8080
[2:120] -A KUBE-SEP-BBBBBBBBBBBBBBB1 -p tcp -m comment --comment \"shop/api:http\" -m tcp -j DNAT --to-destination 10.244.1.3:8080
COMMIT
";

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add("dump".into(), text.as_bytes().to_vec(), None).unwrap();
    sources
}

fn compared(old: &str, new: &str) -> Diff {
    let (old, new) = (sources(old), sources(new));
    let (old, new) = (parse(&old), parse(&new));
    let resolve = |rulesets: &'_ [crate::ruleset::Ruleset<'_>]| rulesets.len();
    assert_eq!((resolve(&old.rulesets), resolve(&new.rulesets)), (1, 1));
    let (old, new) = (Resolved::new(&old.rulesets[0]), Resolved::new(&new.rulesets[0]));
    let (before, after) = ([Proxy::new(&old)], [Proxy::new(&new)]);
    let (walker, other) = (Machine::new(&old), Machine::new(&new));
    let facts = Facts::default();
    let old_shares = [before[0].services.iter().map(|each| shares(&walker, &before[0], each, &facts)).collect()];
    let new_shares = [after[0].services.iter().map(|each| shares(&other, &after[0], each, &facts)).collect()];
    diff(Side { proxies: &before, shares: &old_shares }, Side { proxies: &after, shares: &new_shares })
}

/// `added endpoint shop/web:http - 10.244.1.9:8080`
fn lines(diff: &Diff) -> Vec<String> {
    let text = |value: &Option<Value>| match value {
        None => "-".to_owned(),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Number(number)) => format!("{number:.2}"),
        Some(Value::List(items)) => format!("{items:?}"),
    };
    let line = |change: &Change| {
        let subject = change.subject.as_ref().or(change.chain.as_ref()).unwrap();
        let (kind, what) = (format!("{:?}", change.kind), format!("{:?}", change.what));
        format!("{kind} {what} {subject} {} {}", text(&change.old), text(&change.new)).to_lowercase()
    };
    diff.changes.iter().map(line).collect()
}

#[track_caller]
fn differs(change: impl Fn(&str) -> String, expected: &[&str]) {
    let new = change(DUMP);
    assert_ne!(new, DUMP, "the change changes nothing");
    assert_eq!(lines(&compared(DUMP, &new)), expected);
}

/// The dump with the lines that hold `word` moved to the end of the table.
fn last(text: &str, word: &str) -> String {
    let body = text.strip_suffix("COMMIT\n").unwrap();
    let (moved, kept): (Vec<&str>, Vec<&str>) =
        body.lines().partition(|line| line.contains("-A KUBE") && line.contains(word));
    let all: Vec<&str> = kept.into_iter().chain(moved).chain(["COMMIT"]).collect();
    all.join("\n") + "\n"
}

fn without(text: &str, words: &[&str]) -> String {
    let kept = text.lines().filter(|line| !words.iter().any(|word| line.contains(word)));
    kept.map(|line| line.to_owned() + "\n").collect::<Vec<_>>().concat()
}

#[test]
fn a_dump_is_the_same_as_itself_with_its_services_in_another_order() {
    let shuffled = last(DUMP, "shop/web");
    assert_ne!(shuffled, DUMP);
    let diff = compared(DUMP, &shuffled);
    assert!(diff.is_same(), "{:?}", lines(&diff));
    assert_eq!(diff.counters, Counted::default());
}

#[test]
fn a_service_that_went_is_one_change() {
    differs(|dump| without(dump, &["BBBB"]), &["removed service shop/api:http [\"10.96.0.2:80\"] -"]);
    let less = without(DUMP, &["BBBB"]);
    assert_eq!(lines(&compared(&less, DUMP)), ["added service shop/api:http - [\"10.96.0.2:80\"]"]);
}

#[test]
fn another_address_of_a_service_is_one_that_came_and_one_that_went() {
    let expected = ["removed capture shop/web:http 10.96.0.1:80 -", "added capture shop/web:http - 10.96.0.9:80"];
    differs(|dump| dump.replace("10.96.0.1/", "10.96.0.9/"), &expected);
}

#[test]
fn another_pod_is_no_change_of_shares() {
    let expected =
        ["removed endpoint shop/web:http 10.244.1.1:8080 -", "added endpoint shop/web:http - 10.244.1.9:8080"];
    differs(|dump| dump.replace("10.244.1.1:", "10.244.1.9:"), &expected);
}

#[test]
fn another_probability_is_a_change_of_shares() {
    let expected = ["changed share shop/web:http 0.50 0.25", "changed share shop/web:http 0.50 0.75"];
    differs(|dump| dump.replace("0.50000000000", "0.25000000000"), &expected);
}

#[test]
fn a_rule_before_kube_services_is_a_change_of_order() {
    let jump = "[3:180] -A PREROUTING";
    let expected = ["changed order prerouting [] [\"-a prerouting -j accept\"]"];
    differs(|dump| dump.replace(jump, &format!("[0:0] -A PREROUTING -j ACCEPT\n{jump}")), &expected);
}

#[test]
fn counters_alone_are_no_difference() {
    let diff = compared(DUMP, &DUMP.replace("[5:300]", "[9:540]"));
    assert!(diff.is_same());
    assert_eq!(diff.counters.moved, [Moved { subject: "shop/web:http".into(), old: 5, new: 9 }]);
    assert!(!diff.counters.rewritten);
    assert!(compared(DUMP, &DUMP.replace("[5:300]", "[0:0]")).counters.rewritten);
}

#[test]
fn affinity_and_its_time_are_compared() {
    let recheck = |seconds: u32| {
        let rule = "[2:120] -A KUBE-SVC-BBBBBBBBBBBBBBBB";
        let check = format!("-m recent --rcheck --seconds {seconds} --reap --name KUBE-SEP-BBBBBBBBBBBBBBB1 --rsource");
        DUMP.replace(rule, &format!("[0:0] -A KUBE-SVC-BBBBBBBBBBBBBBBB {check} -j KUBE-SEP-BBBBBBBBBBBBBBB1\n{rule}"))
    };
    assert_eq!(lines(&compared(DUMP, &recheck(60))), ["changed affinity shop/api:http none clientip"]);
    assert_eq!(lines(&compared(&recheck(60), &recheck(90))), ["changed affinity shop/api:http 60.00 90.00"]);
}
