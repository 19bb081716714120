//! Lines grepped out of sound dumps: a part of a dump proves no fault.

use crate::dump::Dump;
use crate::{SOUND, report, sound};

/// The services that comments name.
fn services(dump: &Dump) -> Vec<String> {
    let named = |line: &String| line.split('"').nth(1)?.split(' ').next().map(str::to_owned);
    let mut all: Vec<String> = dump.0.iter().filter_map(named).filter(|name| name.contains('/')).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Asserts that the lines with that word give no error and no warning but that lines are missing.
#[track_caller]
fn proves_nothing(era: &str, dump: &Dump, word: &str) {
    let lines: Vec<String> = dump.0.iter().filter(|line| line.contains(word)).cloned().collect();
    let mut loud = report(&Dump(lines).text()).loud;
    // What kube-proxy itself says in a rule is shown in part, too.
    loud.retain(|(check, ..)| !["truncated-dump", "no-local-endpoints"].contains(check));
    assert!(loud.is_empty(), "{era} {word}: {loud:#?}");
}

#[test]
fn lines_grepped_for_one_service_prove_no_fault() {
    for (era, case) in SOUND {
        let dump = Dump::of(&sound(case));
        for service in services(&dump) {
            proves_nothing(era, &dump, &service);
        }
    }
}

#[test]
fn lines_grepped_for_rules_or_for_kube_proxy_prove_no_fault() {
    for (era, case) in SOUND {
        let dump = Dump::of(&sound(case));
        for word in ["-A ", "KUBE", "-A KUBE-SVC", "-A KUBE-SEP", "-j KUBE-SEP", "KUBE-SERVICES", "10.", ":KUBE"] {
            proves_nothing(era, &dump, word);
        }
    }
}
