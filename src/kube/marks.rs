//! The marks, and the tests for pods of this node, taken from the rules that use them.

use super::build::{Chains, FastMap};
use super::proxy::{Detector, LocalTest, Marks};
use super::reading::Nat;
use super::{Prefix, ServicePort, StaticChain};
use crate::ruleset::{Mark, RuleId, Target};

/// What KUBE-MARK-MASQ and KUBE-MARK-DROP set.
pub(super) fn marks(nat: &Nat<'_, '_>) -> Marks {
    Marks { masquerade: mark_of(nat, StaticChain::MarkMasq), drop: mark_of(nat, StaticChain::MarkDrop) }
}

fn mark_of(nat: &Nat<'_, '_>, chain: StaticChain) -> Option<Mark> {
    nat.table.rules_of(nat.fixed(chain)?).find_map(|(_, rule)| match rule.target {
        Some(Target::Mark(mark)) => Some(mark),
        _ => None,
    })
}

/// Every test for "comes from a pod of this node": inverted in masquerade rules, plain where Local policy lets pods
/// go to all endpoints.
pub(super) fn detectors<'src>(chains: &Chains<'_, 'src>, services: &[ServicePort<'src>]) -> Vec<Detector<'src>> {
    let mut found: FastMap<LocalTest<'src>, Detector<'src>> = FastMap::default();
    let mut note = |rule: RuleId, inverted: bool| {
        let Some(test) = local_test(chains, rule, inverted) else { return };
        found.entry(test.clone()).or_insert(Detector { test, rule, rules: 0 }).rules += 1;
    };
    for service in services {
        for &rule in service.captures.iter().flat_map(|capture| &capture.masquerade) {
            note(rule, true);
        }
    }
    for chain in &chains.services {
        for &rule in &chain.masquerade {
            note(rule, true);
        }
        if matches!(chain.prefix, Prefix::Ext | Prefix::Xlb) {
            for &(rule, _) in &chain.jumps {
                note(rule, false);
            }
        }
    }
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by_key(|detector| (std::cmp::Reverse(detector.rules), detector.rule));
    found
}

fn local_test<'src>(chains: &Chains<'_, 'src>, rule: RuleId, inverted: bool) -> Option<LocalTest<'src>> {
    let facts = chains.nat.facts(chains.nat.table.rule(rule));
    let source = facts.source.filter(|&(_, is)| is == inverted).map(|(net, _)| LocalTest::Source(net.clone()));
    let interface = facts.interface.filter(|&(_, is)| is == inverted).map(|(name, _)| LocalTest::Interface(name));
    source.or(interface)
}
