//! What the chains INPUT, FORWARD and OUTPUT of the filter table do before they come to a jump.

use super::hooks::is_unconditional;
use crate::ruleset::{ChainGraph, ChainId, ChainKind, Policy, RuleId, Table, Target};

/// Other software nests its chains a few levels deep; loops end here too.
const DEPTH: u32 = 8;

/// The policy is DROP.
pub(super) fn drops_by_default(table: &Table<'_>, hook: ChainId) -> bool {
    matches!(table.chain(hook).kind, ChainKind::BuiltIn { policy: Some(Policy::Drop), .. })
}

/// The first rule before `until` that takes every packet out of the table.
pub(super) fn end_before(table: &Table<'_>, graph: &ChainGraph, hook: ChainId, until: RuleId) -> Option<RuleId> {
    table.rules_of(hook).map(|(id, _)| id).take_while(|&id| id < until).find(|&id| ends(table, graph, id, DEPTH))
}

fn ends(table: &Table<'_>, graph: &ChainGraph, rule: RuleId, depth: u32) -> bool {
    if !is_unconditional(table, rule) {
        return false;
    }
    match table.rule(rule).target {
        Some(Target::Accept | Target::Drop | Target::Reject(_)) => true,
        Some(Target::Return) => table.chain(table.rule(rule).chain).is_built_in(),
        Some(Target::Jump(_)) if depth > 0 => {
            graph.leads_to(table, rule).is_some_and(|chain| all_end(table, graph, chain, depth - 1))
        }
        _ => false,
    }
}

/// Whether no packet comes back out of a chain, as far as that is certain.
fn all_end(table: &Table<'_>, graph: &ChainGraph, chain: ChainId, depth: u32) -> bool {
    let returns = |rule: RuleId| matches!(table.rule(rule).target, Some(Target::Return | Target::Goto(_)));
    let mut rules = table.rules_of(chain).map(|(id, _)| id);
    rules.find_map(|id| if returns(id) { Some(false) } else { ends(table, graph, id, depth).then_some(true) })
        == Some(true)
}
