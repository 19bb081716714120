//! The short ways to shares and captures against the long one, on every dump there is and on changed ones: what nothing
//! but chance decides is what a walk through all branches comes to, and an address said to be routed is.
#![expect(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may fail, on small numbers")]

#[path = "mutate/mod.rs"]
mod mutate;
mod text;

use kubenat::facts::Facts;
use kubenat::kube::{CaptureState, Proxy, ServiceChain, ServicePort};
use kubenat::ruleset::{Resolved, TableName};
use kubenat::shares::{captures, chain_share, is_plain};
use kubenat::syntax::parse;
use kubenat::trace::{ChainShares, Flag, Machine, Origin, Packet, Verdict};
use mutate::{Dice, mutated};
use std::collections::BTreeSet;

/// What was compared.
#[derive(Debug, Default)]
struct Tally {
    plain: usize,
    walked: usize,
    routed: usize,
    closed: usize,
    wrong: Vec<String>,
}

/// Holds every chain and every captured address of a text against a full walk.
fn judge(name: &str, text: &[u8], tally: &mut Tally) {
    let input = text::input(text);
    let parsed = parse(&input.sources);
    for ruleset in &parsed.rulesets {
        let resolved = Resolved::new(ruleset);
        let (proxy, machine) = (Proxy::new(&resolved), Machine::new(&resolved));
        for service in &proxy.services {
            for own in &service.chains {
                judge_chain(name, &machine, &proxy, service, proxy.chain(own.id), tally);
            }
            judge_captures(name, &machine, &proxy, service, tally);
        }
    }
}

fn judge_chain<'src>(
    name: &str,
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    chain: &ServiceChain<'src>,
    tally: &mut Tally,
) {
    let Some(protocol) = service.protocol.filter(|_| is_plain(machine, proxy, chain, service.protocol)) else {
        tally.walked += 1;
        return;
    };
    tally.plain += 1;
    let facts = Facts::default();
    let told = chain_share(machine, proxy, service, chain, &facts);
    let capture = service.captures.iter().find(|capture| capture.address.is_some()).or(service.captures.first());
    let address = capture.and_then(|capture| capture.address).unwrap_or_else(|| "192.0.2.1".parse().unwrap());
    let packet = Packet::new(Origin::External, protocol, address, capture.and_then(|capture| capture.port));
    let walked = machine.chain_shares(TableName::Nat, chain.chain, &packet, &facts).unwrap();
    let is_same = walked.branches.iter().all(|branch| {
        let left = branch.returned + branch.accepted + branch.refused;
        let is_near = |one: f64, other: f64| (one - other).abs() < 1e-12;
        // Rules that lead to one pod add up there.
        let ends: BTreeSet<_> = chain.balancing.iter().filter_map(|rule| rule.endpoint).collect();
        let ends_agree = ends.iter().all(|&end| {
            let rules = chain.balancing.iter().zip(&told.endpoints).filter(|(rule, _)| rule.endpoint == Some(end));
            let told: Option<f64> = rules.map(|(_, own)| own.share).sum();
            let dnat = proxy.endpoint(end).dnat().unwrap().rule;
            let came: f64 =
                branch.shares.iter().filter(|share| share.rule == dnat).map(|share| share.probability).sum();
            is_near(told.unwrap(), came)
        });
        branch.unknown == 0.0 && is_near(told.unrouted.unwrap(), left) && ends_agree
    });
    if !is_same || flags(&walked) != told.flags {
        tally.wrong.push(format!("{name}: {}: told {told:?}, walked {walked:?}", chain.name));
    }
}

fn flags(walked: &ChainShares) -> Vec<Flag> {
    let shares = walked.branches.iter().flat_map(|branch| &branch.shares);
    let flags: BTreeSet<Flag> = shares.flat_map(|share| share.flags.iter().copied()).collect();
    flags.into_iter().collect()
}

fn judge_captures<'src>(
    name: &str,
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    tally: &mut Tally,
) {
    let facts = Facts::default();
    let states = captures(machine, proxy, service, &facts);
    for (capture, &state) in service.captures.iter().zip(&states) {
        let (Some(address), Some(protocol)) = (capture.address, service.protocol) else { continue };
        let outcomes = machine.outcomes(&Packet::new(Origin::External, protocol, address, capture.port), &facts);
        let is_whole = proxy.nat().is_some_and(|(nat, _)| nat.is_complete) && !proxy.is_partial;
        let is_routed = outcomes.iter().any(|one| one.verdict == Verdict::Translated && one.probability > 0.0);
        let is_given_up = outcomes.iter().any(|one| one.flags.contains(&Flag::GivenUp));
        if state == CaptureState::Routed {
            tally.routed += 1;
        } else {
            tally.closed += 1;
        }
        let expected = if is_routed { CaptureState::Routed } else { capture.state };
        let may_differ = !is_whole || is_given_up || (!is_routed && state != CaptureState::Routed);
        if state != expected && !may_differ {
            tally.wrong.push(format!("{name}: {address}: told {state:?}, walked {outcomes:?}"));
        }
    }
}

/// The rules of the chains that kube-proxy makes for services and pods, and of those that mark.
fn own_rules(save: &str) -> Vec<&str> {
    let chains = ["-A KUBE-SVC-", "-A KUBE-SVL-", "-A KUBE-XLB-", "-A KUBE-SEP-", "-A KUBE-MARK-MASQ ", "-A FORWARD "];
    save.lines().filter(|line| chains.iter().any(|chain| line.starts_with(chain))).collect()
}

/// A text of `testdata/dumps` as it is parsed.
fn save(path: &std::path::Path) -> String {
    let input = text::file(path);
    input.sources.files().iter().map(|file| file.text().to_string()).collect()
}

#[test]
fn nothing_else_comes_of_a_walk_through_any_dump() {
    let mut tally = Tally::default();
    for path in text::dumps() {
        judge(&path.display().to_string(), save(&path).as_bytes(), &mut tally);
    }
    assert_eq!(tally.wrong, Vec::<String>::new());
    assert!(tally.plain > 500 && tally.plain > tally.walked / 3 && tally.routed > 500, "{tally:?}");
}

#[test]
fn nothing_else_comes_of_a_walk_through_changed_dumps() {
    let rounds = std::env::var("KUBENAT_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(3);
    let mut tally = Tally::default();
    let small = text::dumps().into_iter().map(|path| (path.display().to_string(), save(&path)));
    for (seed, (name, save)) in small.filter(|(_, save)| save.len() < 80_000).enumerate() {
        let own = own_rules(&save);
        for round in 0..rounds {
            let mut dice = Dice((seed * 1_000 + round) as u64);
            let text = (0..4).fold(save.clone(), |save, _| mutated(&save, &own, &mut dice));
            judge(&format!("{name}, {seed}/{round}"), text.as_bytes(), &mut tally);
        }
    }
    assert_eq!(tally.wrong, Vec::<String>::new());
    assert!(tally.plain > 100 && tally.closed > 10, "{tally:?}");
}
