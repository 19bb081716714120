//! The jumps of built-in chains that several checks look at.

use crate::kube::StaticChain;
use crate::ruleset::{ChainGraph, ChainId, Match, RuleId, Table, Test};

/// The chain of a fixed name.
pub(super) fn fixed(table: &Table<'_>, which: StaticChain) -> Option<ChainId> {
    table.chain_ids().find(|(_, chain)| which.is_named(chain.name)).map(|(id, _)| id)
}

/// The built-in chain of that name.
pub(super) fn built_in(table: &Table<'_>, name: &str) -> Option<ChainId> {
    table.chain_ids().find(|(_, chain)| chain.is_built_in() && chain.name == name).map(|(id, _)| id)
}

/// Whether a test is always true.
pub(super) fn is_always_true(each: &Match<'_>) -> bool {
    matches!(*each.test(), Test::Comment { .. } | Test::Nfacct(_)) && !each.inverted()
}

/// Whether every packet takes this rule.
pub(super) fn is_unconditional(table: &Table<'_>, rule: RuleId) -> bool {
    table.matches(table.rule(rule)).iter().all(is_always_true)
}

/// The jumps from one chain to another, in order.
pub(super) fn jumps(table: &Table<'_>, graph: &ChainGraph, from: ChainId, to: ChainId) -> impl Iterator<Item = RuleId> {
    graph.references(to).iter().copied().filter(move |&rule| table.rule(rule).chain == from)
}
