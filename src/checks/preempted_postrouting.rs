//! A rule before the jump to KUBE-POSTROUTING that takes everything.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed, is_unconditional, jumps};
use super::marking::{holds, marked, used_marker};
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::{ChainGraph, ChainId, RuleId, Table, TableName, Target};

pub(super) static CHECK: Check = Check {
    name: "preempted-postrouting",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "a rule before the jump to KUBE-POSTROUTING takes all marked packets",
    page: include_str!("preempted_postrouting.md"),
    needs: Needs::IPTABLES_MODE.tables(&[TableName::Nat]).interfaces(),
    question: Question::Ruleset(check),
};

/// Other software nests its chains a few levels deep; loops end here too.
const DEPTH: u32 = 8;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let (Some((table, graph)), Some(marker)) = (cx.nat(), used_marker(cx)) else { return };
    let mark = marked(table, marker, 0).filter(|&mark| mark != 0);
    let (Some(hook), Some(chain), Some(mark)) =
        (built_in(table, "POSTROUTING"), fixed(table, StaticChain::Postrouting), mark)
    else {
        return;
    };
    let Some(jump) = jumps(table, graph, hook, chain).find(|&rule| is_unconditional(table, rule)) else { return };
    let mut before = table.rules_of(hook).take_while(|(id, _)| *id < jump);
    let Some((_, (first, end))) = before.find_map(|(id, _)| Some((id, (id, end(table, graph, id, mark, DEPTH)?))))
    else {
        return;
    };
    found.push(finding(table, first, end, jump));
}

/// The rule that ends the walk for every packet of that mark which comes to `rule`.
///
/// A rule that masquerades marked packets only does what KUBE-POSTROUTING would do.
fn end(table: &Table<'_>, graph: &ChainGraph, rule: RuleId, mark: u32, depth: u32) -> Option<RuleId> {
    let own = table.rule(rule);
    let takes_marked = || holds(table.matches(own), mark) == Some(true);
    match own.target {
        Some(Target::Accept) if takes_marked() => Some(rule),
        Some(Target::Return) if takes_marked() && table.chain(own.chain).is_built_in() => Some(rule),
        Some(Target::Masquerade(_) | Target::Snat(_)) if is_unconditional(table, rule) => Some(rule),
        Some(Target::Jump(_)) if depth > 0 && takes_marked() => {
            end_in(table, graph, graph.leads_to(table, rule)?, mark, depth - 1)
        }
        _ => None,
    }
}

fn end_in(table: &Table<'_>, graph: &ChainGraph, chain: ChainId, mark: u32, depth: u32) -> Option<RuleId> {
    for (id, rule) in table.rules_of(chain) {
        if matches!(rule.target, Some(Target::Return | Target::Goto(_))) {
            // Some packets get out here, or all.
            return None;
        }
        if let Some(end) = end(table, graph, id, mark, depth) {
            return Some(end);
        }
    }
    None
}

fn finding(table: &Table<'_>, first: RuleId, end: RuleId, jump: RuleId) -> Finding {
    let span = |rule| table.rule(rule).span;
    let rewrites = matches!(table.rule(end).target, Some(Target::Masquerade(_) | Target::Snat(_)));
    let (message, effect) = if rewrites {
        (
            "a rule of `POSTROUTING` gives every connection another source before `KUBE-POSTROUTING` is asked",
            "Every connection through this node is masqueraded, marked or not: no pod sees its clients' addresses.",
        )
    } else {
        (
            "a rule of `POSTROUTING` lets marked packets go before `KUBE-POSTROUTING` masquerades them",
            "Packets that need masquerade keep their source: connections to node ports and external addresses whose \
             pod is on another node, and of pods to themselves, get no answer.",
        )
    };
    let finding = Finding::new("POSTROUTING", message, span(first)).label("everything comes by here first");
    let finding = if end == first { finding } else { finding.line(span(end), "ends the walk") };
    finding
        .line(span(jump), "too late")
        .effect(effect)
        .remedy("Find out which program wrote the rule, and make it leave marked packets alone or come later.")
}
