//! Listings by the real iptables of the dumps that faults are planted in: what such a form hides is said once, nothing
//! is made of what is hidden, and faults are found in it all the same.

use crate::dump::Dump;
use crate::{Fired, packed, report, sound};

/// A dump, and what its listings are called.
const CASES: [(&str, &str, &str); 5] = [
    ("eks-edge-114-legacy", "eks-edge-114-legacy", ""),
    ("eks-edge-123-nft", "eks-edge-123-nft", ""),
    ("eks-edge-130-nft", "eks-edge-130-nft", ""),
    ("kind-dualstack-128-nft", "kind-dualstack-128-nft", ""),
    ("kind-dualstack-128-legacy-v6", "kind-dualstack-128-legacy", "-v6"),
];

/// The forms, and the checks that say what each hides.
const FORMS: [(&str, &[&str]); 3] =
    [("L", &["hidden-interfaces", "resolved-names"]), ("L-n", &["hidden-interfaces"]), ("L-n-v-line", &[])];

/// Each listing: what to call it, its lines, what its save says, what its form hides.
fn each(mut ask: impl FnMut(&str, Dump, &Fired, &[&'static str])) {
    for (case, listing, ending) in CASES {
        let before = report(&sound(case)).loud;
        for (form, hides) in FORMS {
            let text = packed(&format!("texts/{listing}.nat-{form}{ending}.txt"));
            ask(&format!("{case} {form}"), Dump::of(&text), &before, hides);
        }
    }
}

/// Errors and warnings of checks that found nothing in the save.
fn new(dump: &Dump, before: &Fired) -> Fired {
    let is_old = |check: &str| before.iter().any(|(own, ..)| *own == check);
    report(&dump.text()).loud.into_iter().filter(|(check, ..)| !is_old(check)).collect()
}

/// What the form hides is said at the first rule; names at the first one with a name, if there is one.
fn said_of_form(dump: &Dump, hides: &[&'static str]) -> Fired {
    let is_name = |word: &str| word.ends_with(".internal") || ["kind-control-plane", "!localhost"].contains(&word);
    let named = dump.0.iter().position(|line| line.split(" /* ").take(1).flat_map(str::split_whitespace).any(is_name));
    let at = |check: &str| if check == "resolved-names" { named.unwrap_or(2) } else { 2 };
    hides.iter().map(|check| (*check, at(check) + 1, dump.0[at(check)].clone())).collect()
}

/// The rule lines of the first service chain of three pods.
fn ladder(dump: &Dump) -> [usize; 3] {
    let second =
        |at: &usize| dump.0[*at].contains("probability 0.5000") && dump.0[*at - 1].contains("probability 0.3333");
    let second = (1..dump.0.len()).find(second).expect("there are three pods");
    [second - 1, second, second + 1]
}

/// The line that begins a chain.
fn chain(dump: &Dump, name: &str) -> usize {
    dump.find(&[&format!("Chain {name} ")]).expect("the chain is there")
}

#[test]
fn what_a_form_hides_is_said_at_its_first_rule_and_nothing_else() {
    each(|name, dump, before, hides| {
        assert_eq!(new(&dump, before), said_of_form(&dump, hides), "{name}");
    });
}

#[test]
fn rounded_counters_are_told_where_the_first_of_them_stands() {
    each(|name, mut dump, before, hides| {
        if !name.ends_with("-line") {
            return;
        }
        // What the sound dump rounds already is made exact.
        for line in dump.0.iter_mut().filter(|line| line.starts_with(|first: char| first.is_ascii_digit())) {
            let round =
                |word: &str| word.len() > 1 && word.ends_with('K') && word[..word.len() - 1].parse::<u32>().is_ok();
            let words: Vec<&str> = line.split(' ').map(|word| if round(word) { "9000" } else { word }).collect();
            *line = words.join(" ");
        }
        let is_rounded =
            |dump: &Dump| report(&dump.text()).all.into_iter().find(|(check, ..)| *check == "rounded-counters");
        assert_eq!(is_rounded(&dump), None, "{name}");
        let at = chain(&dump, "POSTROUTING") + 2;
        dump.0[at] = format!("1     127K 7620K {}", &dump.0[at][dump.0[at].find("KUBE-").expect("a jump")..]);
        assert_eq!(is_rounded(&dump), Some(("rounded-counters", at + 1, dump.0[at].clone())), "{name}");
        assert_eq!(new(&dump, before), said_of_form(&dump, hides), "{name}");
    });
}

/// Plants a fault in each listing: it is found at its line, and nothing else is.
#[track_caller]
fn is_found(check: &'static str, plant: impl Fn(&mut Dump) -> usize) {
    each(|name, mut dump, before, hides| {
        let at = plant(&mut dump);
        let mut expected = said_of_form(&dump, hides);
        expected.insert((check, at + 1, dump.0[at].clone()));
        assert_eq!(new(&dump, before), expected, "{check} {name}");
    });
}

#[test]
fn a_missing_hook_is_found_in_a_listing() {
    is_found("services-not-hooked", |dump| {
        let at = chain(dump, "OUTPUT");
        dump.0.remove(at + 2);
        let services = chain(dump, "KUBE-SERVICES");
        dump.0[services] = dump.0[services].replace("(2 references)", "(1 references)");
        at
    });
}

#[test]
fn a_wrong_target_is_found_in_a_listing() {
    is_found("dnat-target-mismatch", |dump| {
        let rule = &dump.0[ladder(dump)[1]];
        let pod = rule.split_whitespace().find(|word| word.starts_with("KUBE-SEP-")).expect("a jump").to_owned();
        let from = chain(dump, &pod);
        let at = (from..dump.0.len()).find(|&at| dump.0[at].contains(" to:")).expect("it translates");
        let (rule, to) = dump.0[at].split_once(" to:").expect("it translates");
        let other = if to.starts_with('[') { "[2001:db8::77]:99" } else { "203.0.113.77:99" };
        dump.0[at] = format!("{rule} to:{other}");
        at
    });
}

#[test]
fn uneven_shares_are_found_in_a_listing() {
    is_found("uneven-shares", |dump| {
        let at = ladder(dump)[1];
        dump.0[at] = dump.0[at].replace("0.50000000000", "0.90000000000");
        at
    });
}
