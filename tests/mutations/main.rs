//! The mutation proof: faults planted in sound dumps of several eras, both backends and both families are found at
//! their line, and nothing else is reported beside them.

mod around;
mod chains;
mod counters;
mod dump;
mod endings;
mod listings;
mod neighbours;
mod parts;
mod services;
mod states;

use dump::Dump;
use flate2::read::GzDecoder;
use kubenat::checks::{Finding, Input, Level, Selection, run};
use kubenat::kube::Proxy;
use kubenat::ruleset::Resolved;
use kubenat::source::Sources;
use kubenat::syntax::parse;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Plants one fault and says at which line it must be found; `None` where the dump has no place for it.
type Plant = fn(&mut Dump) -> Option<usize>;

/// A check, how its fault is planted, and what else comes of that, with the reason.
type Fault = (&'static str, Plant, &'static [(&'static str, &'static str)]);

/// Dumps of the eras, backends and families that faults are planted in.
const SOUND: [(&str, &str); 10] = [
    ("1.14", "eks-edge-114-legacy"),
    ("1.19", "eks-edge-119-legacy"),
    ("1.23n", "eks-edge-123-nft"),
    ("1.25", "realnode-awsvpc-125-legacy"),
    ("1.28n", "kubeadm-clusterip-128-nft"),
    ("1.28", "k3s-bridge-128-legacy"),
    ("1.28b", "kind-dualstack-128-legacy"),
    ("1.28v6", "kind-dualstack-128-legacy-v6"),
    ("1.28nv6", "kind-dualstack-128-nft-v6"),
    ("1.30n", "eks-edge-130-nft"),
];

/// What fired: the check, and the number and text of the line.
type Fired = BTreeSet<(&'static str, usize, String)>;

/// Everything that fired, and what of it is an error or a warning.
struct Report {
    all: Fired,
    loud: Fired,
}

fn report(text: &str) -> Report {
    let mut sources = Sources::default();
    sources.add("dump".into(), text.as_bytes().to_vec(), None).expect("it is small");
    let parsed = parse(&sources);
    let resolved: Vec<_> = parsed.rulesets.iter().map(Resolved::new).collect();
    let proxies: Vec<_> = resolved.iter().map(proxy).collect();
    let report = run(&Input { sources: &sources, parsed: &parsed, proxies: &proxies, api: None }, Selection::default());
    let mut out = Report { all: Fired::new(), loud: Fired::new() };
    for finding in &report.findings {
        let fired = lines(&sources, finding);
        if finding.level != Level::Info {
            out.loud.extend(fired.iter().cloned());
        }
        out.all.extend(fired);
    }
    out
}

/// The line of the first evidence of a finding, and of those folded into it.
fn lines(sources: &Sources, finding: &Finding) -> Fired {
    let all = [&finding.evidence].into_iter().chain(finding.also.iter().map(|also| &also.evidence));
    let firsts = all.filter_map(|evidence| evidence.first());
    let places = firsts.filter_map(|first| sources.place(first.span));
    places.map(|place| (finding.check, place.line as usize, place.whole_line.to_string())).collect()
}

fn proxy<'a, 'src>(resolved: &'a Resolved<'a, 'src>) -> Proxy<'a, 'src> {
    let mut proxy = Proxy::new(resolved);
    proxy.verify();
    let _ = proxy.solve();
    proxy
}

fn sound(case: &str) -> String {
    packed(&format!("dumps/{case}.save"))
}

/// The text of a packed file of the test data.
fn packed(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{name}.gz"));
    let mut text = String::new();
    let file = File::open(path).expect("the dump can be read");
    GzDecoder::new(file).read_to_string(&mut text).expect("the dump is text");
    text
}

/// Plants a fault in one dump: whether it had a place there, and what is wrong with what was found.
///
/// What the sound dump says of the same lines already is nothing new.
fn planted(
    (check, plant, also): &Fault,
    text: &str,
    before: &Report,
    seen: &mut Fired,
    wrong: &mut Vec<String>,
) -> bool {
    let mut dump = Dump::of(text);
    let Some(at) = plant(&mut dump) else { return false };
    let report = report(&dump.text());
    let line = &dump.0[at];
    seen.extend(report.loud.iter().cloned());
    if before.all.iter().any(|(own, _, text)| own == check && text == line) {
        wrong.push(format!("{check}: found at that line before the fault was planted: {line}"));
    }
    if !report.all.contains(&(*check, at + 1, line.clone())) {
        let own: Vec<_> = report.all.iter().filter(|(own, ..)| own == check).collect();
        wrong.push(format!("{check}: not found at {}: {line}, but at {own:#?}", at + 1));
    }
    let is_expected = |own: &str| also.iter().any(|(name, _)| *name == own);
    let is_it = |fired: &(&str, usize, String)| fired.0 == *check && fired.1 == at + 1;
    let is_old = |own: &str, line: &str| before.loud.iter().any(|(check, _, text)| *check == own && text == line);
    let other: Vec<_> = report
        .loud
        .iter()
        .filter(|fired| !is_it(fired))
        .filter(|(own, _, line)| !is_expected(own) && !is_old(own, line))
        .collect();
    if !other.is_empty() {
        wrong.push(format!("{check}: also {other:#?}"));
    }
    true
}

/// One line of the table: the check, and where its fault was found.
fn row(table: &mut String, name: &str, cells: &[&str]) {
    let _ = write!(table, "{name:<28}");
    for cell in cells {
        let _ = write!(table, "{cell:<8}");
    }
    table.push('\n');
}

#[test]
fn every_planted_fault_is_found_at_its_line_and_nothing_else() {
    let texts: Vec<String> = SOUND.iter().map(|(_, case)| sound(case)).collect();
    let before: Vec<Report> = texts.iter().map(|text| report(text)).collect();
    let mut table = String::new();
    row(&mut table, "check", &SOUND.map(|(era, _)| era));
    let mut wrong = Vec::new();
    for fault in chains::FAULTS.iter().chain(around::FAULTS).chain(endings::FAULTS).chain(states::FAULTS) {
        let mut cells = Vec::new();
        let mut seen = Fired::new();
        for ((text, before), (era, _)) in texts.iter().zip(&before).zip(SOUND) {
            let mut own = Vec::new();
            let has_place = planted(fault, text, before, &mut seen, &mut own);
            cells.push(if !own.is_empty() {
                "WRONG"
            } else if has_place {
                "found"
            } else {
                "-"
            });
            wrong.extend(own.iter().map(|each| format!("{era}: {each}")));
        }
        if cells.iter().filter(|cell| **cell != "-").count() < 2 {
            wrong.push(format!("{}: planted less than twice", fault.0));
        }
        let never = fault.2.iter().filter(|(also, _)| !seen.iter().any(|(own, ..)| own == also));
        wrong.extend(never.map(|(also, _)| format!("{}: {also} is expected beside it, and never comes", fault.0)));
        row(&mut table, fault.0, &cells);
    }
    eprintln!("{table}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_sound_dumps_have_no_error_and_no_warning_they_have_not_earned_before_a_fault_is_planted() {
    for (era, case) in SOUND {
        let mut loud = report(&sound(case)).loud;
        // Some services of these nodes have Local policy and no pod there.
        loud.retain(|(check, ..)| *check != "no-local-endpoints");
        assert!(loud.is_empty(), "{era}: {loud:#?}");
    }
}
