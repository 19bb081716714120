//! What is printed as iptables-save is taken by the real iptables-restore: `--test`, both backends, in a network
//! namespace of its own. Needs root and the programs; without them it says so and passes.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and says what it skips")]

mod text;

use kubenat::input::Input;
use kubenat::ruleset::{Family, Table, saved_table};
use kubenat::syntax::parse;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Whether programs can be run in a network namespace of their own; says so if not.
fn can_run() -> bool {
    let status = Command::new("unshare").args(["-n", "true"]).stderr(Stdio::null()).status();
    let can = status.is_ok_and(|status| status.success());
    if !can {
        eprintln!("SKIPPED: a network namespace cannot be made here (it takes root)");
    }
    can
}

/// The programs of that family that are there.
fn programs(family: Family) -> Vec<&'static str> {
    let names = match family {
        Family::Ipv4 => ["iptables-legacy-restore", "iptables-nft-restore"],
        Family::Ipv6 => ["ip6tables-legacy-restore", "ip6tables-nft-restore"],
    };
    let there = |name: &&str| {
        let is_there = Path::new("/usr/sbin").join(name).exists();
        if !is_there {
            eprintln!("SKIPPED: {name} is not here");
        }
        is_there
    };
    names.into_iter().filter(there).collect()
}

/// What the program says of the text; nothing if it takes it.
fn refused(program: &str, text: &[u8]) -> Option<String> {
    let mut child = Command::new("unshare")
        .args(["-n", program, "--test"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    let output = child.wait_with_output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Asserts that every ruleset in the text, printed, is taken by both programs of its family.
#[track_caller]
fn loads(name: &str, input: &Input, from_parts: bool) {
    let parsed = parse(&input.sources);
    assert!(!parsed.rulesets.is_empty(), "{name}");
    for ruleset in &parsed.rulesets {
        let printed = |table: &Table<'_>| {
            if from_parts { text::from_parts(table) } else { saved_table(table, &input.sources).into() }
        };
        let text: Vec<u8> = ruleset.tables.iter().flat_map(printed).collect();
        for program in programs(ruleset.family) {
            if let Some(told) = refused(program, &text) {
                panic!("{name}: {program}: {told}");
            }
        }
    }
}

#[test]
fn numeric_listings_of_whole_tables_load() {
    if !can_run() {
        return;
    }
    let texts = text::files(&text::testdata("texts"));
    for path in texts.iter().filter(|path| path.to_string_lossy().contains(".nat-L-n")) {
        loads(&path.display().to_string(), &text::file(path), false);
    }
}

#[test]
fn the_output_of_iptables_s_loads() {
    if !can_run() {
        return;
    }
    let texts = text::files(&text::testdata("texts"));
    for path in texts.iter().filter(|path| path.to_string_lossy().contains(".nat-S")) {
        loads(&path.display().to_string(), &text::file(path), false);
    }
}

#[test]
fn real_dumps_printed_from_their_parts_load() {
    if !can_run() {
        return;
    }
    for name in
        ["kind-dualstack-128-nft", "kind-dualstack-128-nft-v6", "eks-edge-128-legacy", "realnode-awsvpc-125-legacy"]
    {
        loads(name, &text::file(text::testdata(&format!("dumps/{name}.save.gz"))), true);
    }
    let counted = text::testdata("input/suite-v4-nft.counters.save.gz");
    loads("the suite", &text::file(counted), true);
}
