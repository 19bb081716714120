//! What is said of one service is what all checks together say of it: on every dump there is, and on dumps in which
//! rules were changed at random.

use super::pages::{example_texts, told_of};
use super::run::narrowed;
use super::{CATALOGUE, Input, Report, Selection, run_about};
use crate::input::{self, Given};
use crate::kube::Proxy;
use crate::ruleset::Resolved;
use crate::source::Sources;
use crate::syntax::parse;
use mutate::{Dice, mutated};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[expect(clippy::cast_possible_truncation, reason = "small numbers of a test bench")]
#[path = "../../tests/mutate/mod.rs"]
mod mutate;

/// Services of one dump that are asked about one by one.
const MOST: usize = 30;

/// Asks about each service alone, and about several at once, in both ways; the checks that found something.
pub(super) fn hold_equal(name: &str, input: &Input<'_, '_>) -> BTreeSet<&'static str> {
    let counts: Vec<usize> = input.proxies.iter().map(|proxy| proxy.services.len()).collect();
    let of = |source: usize, services: Vec<u32>| {
        let mut about = vec![Vec::new(); counts.len()];
        about[source] = services;
        about
    };
    let mut fired = BTreeSet::new();
    let mut hold = |about: &[Vec<u32>]| {
        let (mut focused, mut whole) = (run_about(input, about, Selection::default()), narrowed(input, about));
        if is_ambiguous(input, about) {
            // What a check folded by itself can be told apart only by name.
            for report in [&mut focused, &mut whole] {
                report.findings.retain(|finding| finding.check != "client-address-hidden");
            }
        }
        same(&format!("{name}, about {about:?}"), &focused, &whole);
        fired.extend(focused.findings.iter().map(|finding| finding.check));
    };
    for (source, &count) in counts.iter().enumerate() {
        let all: Vec<u32> = (0..u32::try_from(count).unwrap()).collect();
        let step = count.div_ceil(MOST).max(1);
        all.iter().step_by(step).for_each(|&service| hold(&of(source, vec![service])));
        all.chunks(7).take(3).for_each(|several| hold(&of(source, several.to_vec())));
        hold(&of(source, all));
    }
    hold(&vec![Vec::new(); counts.len()]);
    fired
}

/// Of a service, its chains and the endpoint chains behind them.
fn identities(proxy: &Proxy<'_, '_>, service: u32) -> Vec<String> {
    let service = &proxy.services[service as usize];
    let chains = service.chains.iter().map(|own| format!("{:?} {:?}", own.identity, own.made_for()));
    let rules = service.chains.iter().flat_map(|own| &proxy.chain(own.id).balancing);
    let ends = rules.filter_map(|rule| rule.endpoint).map(|end| proxy.endpoint(end));
    let ends = ends.map(|end| format!("{:?} {:?}", end.identity, end.made_for()));
    chains.chain(ends).chain([format!("{:?}", service.identity)]).collect()
}

/// Whether another service has the name of one asked about, with another protocol as a rule.
fn is_ambiguous(input: &Input<'_, '_>, about: &[Vec<u32>]) -> bool {
    input.proxies.iter().zip(about).any(|(proxy, asked)| {
        let name = |at: u32| proxy.services[at as usize].name.map(|name| name.modern().text());
        let named: Vec<_> = asked.iter().filter_map(|&at| name(at)).collect();
        let others = (0..u32::try_from(proxy.services.len()).unwrap()).filter(|at| !asked.contains(at));
        others.filter_map(name).any(|name| named.contains(&name))
    })
}

#[track_caller]
fn same(what: &str, focused: &Report, whole: &Report) {
    for (own, other) in focused.findings.iter().zip(&whole.findings) {
        assert_eq!(own, other, "{what}");
    }
    let checks = |report: &Report| report.findings.iter().map(|finding| finding.check).collect::<Vec<_>>();
    assert_eq!(checks(focused), checks(whole), "{what}");
    assert_eq!(focused.not_evaluated, whole.not_evaluated, "{what}");
}

fn hold_text(name: &str, text: &str) -> BTreeSet<&'static str> {
    let mut sources = Sources::default();
    sources.add(name.into(), text.as_bytes().to_vec(), None).unwrap();
    hold_sources(name, &sources)
}

fn hold_sources(name: &str, sources: &Sources) -> BTreeSet<&'static str> {
    let parsed = parse(sources);
    let resolved: Vec<_> = parsed.rulesets.iter().map(Resolved::new).collect();
    let proxies: Vec<_> = resolved.iter().map(proxy).collect();
    let input = Input { sources, parsed: &parsed, proxies: &proxies, api: None };
    (0..proxies.len()).for_each(|source| hold_unproven(name, &input, source));
    hold_equal(name, &input)
}

/// Nor does it matter whether the names of other services' chains were recomputed, where the own ones are enough.
fn hold_unproven(name: &str, input: &Input<'_, '_>, source: usize) {
    let whole = &input.proxies[source];
    if whole.services.iter().any(|service| service.name.is_none() || service.is_named_by_hash) {
        return;
    }
    for at in (0..u32::try_from(whole.services.len()).unwrap()).step_by(whole.services.len().div_ceil(8).max(1)) {
        let mut lone: Vec<_> = input.proxies.iter().map(|proxy| Proxy::new(proxy.resolved)).collect();
        if !lone[source].verify_only(&[at]) {
            continue;
        }
        let mut about = vec![Vec::new(); lone.len()];
        about[source].push(at);
        let told = |input: &Input<'_, '_>| run_about(input, &about, Selection::default()).findings;
        assert_eq!(told(&Input { proxies: &lone, ..*input }), told(input), "{name}, service {at}");
        assert_eq!(identities(&lone[source], at), identities(whole, at), "{name}, service {at}");
    }
}

fn proxy<'a, 'src>(resolved: &'a Resolved<'a, 'src>) -> Proxy<'a, 'src> {
    let mut proxy = Proxy::new(resolved);
    proxy.verify();
    proxy.solve();
    proxy
}

/// The files of folders of the test data that may be dumps.
fn files(folders: &[&str]) -> Vec<PathBuf> {
    let folder = |name: &&str| Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    let entries = folders.iter().map(folder).flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        !file.to_string_lossy().contains(".objects.") && file.extension().is_some_and(|end| end != "tsv")
    });
    files.sort();
    files
}

fn read(file: &Path) -> input::Input {
    input::read(&[Given::File(file.to_owned())]).unwrap()
}

#[test]
fn of_every_service_of_every_dump_the_same_is_said() {
    for file in files(&["dumps", "lists", "modes", "texts"]) {
        hold_sources(&file.to_string_lossy(), &read(&file).sources);
    }
}

#[test]
fn of_every_service_of_dumps_changed_at_random_the_same_is_said_and_no_check_is_left_untried() {
    let mut fired = BTreeSet::new();
    for (name, text, objects) in example_texts() {
        fired.extend(told_of(&text, objects.as_deref(), |input| hold_equal(name, input)));
    }
    let mut dice = Dice(1);
    for file in files(&["dumps"]) {
        let given = read(&file);
        for source in given.sources.files() {
            let text = String::from_utf8_lossy(source.text()).into_owned();
            for _ in 0..3 {
                let hit: Vec<&str> =
                    text.lines().filter(|line| line.contains("KUBE-S") && dice.roll(40) == 0).collect();
                let changed = (0..4).fold(text.clone(), |text, _| mutated(&text, &hit, &mut dice));
                fired.extend(hold_text(&file.to_string_lossy(), &changed));
            }
        }
    }
    let speak = CATALOGUE.iter().filter(|check| matches!(check.question, super::check::Question::Services(_)));
    let silent: Vec<_> = speak.map(|check| check.name).filter(|name| !fired.contains(name)).collect();
    assert_eq!(silent, ["missing-service"], "never found about a service");
}
