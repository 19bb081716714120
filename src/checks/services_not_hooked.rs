//! The kernel is not led to KUBE-SERVICES.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed, is_unconditional, jumps};
use super::needs::Needs;
use crate::kube::StaticChain;
use crate::ruleset::{ChainGraph, ChainId, RuleId, Table, TableName};
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "services-not-hooked",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "nat PREROUTING or OUTPUT does not lead to KUBE-SERVICES",
    page: include_str!("services_not_hooked.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Ruleset(check),
};

/// A hook, and whose connections come to it.
const HOOKS: [(&str, &str); 2] =
    [("PREROUTING", "pods and from outside"), ("OUTPUT", "the node itself and pods in its network")];

/// What is wrong at one hook.
struct Gap {
    hook: &'static str,
    whose: &'static str,
    /// A jump under a condition.
    partly: Option<RuleId>,
    span: Span,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    let Some(services) = fixed(table, StaticChain::Services).filter(|_| routes(cx)) else { return };
    let gaps: Vec<Gap> = HOOKS.iter().filter_map(|&(hook, whose)| gap(table, graph, services, hook, whose)).collect();
    if let Some(finding) = finding(cx, &gaps) {
        found.push(finding);
    }
}

fn routes(cx: &Context<'_, '_>) -> bool {
    cx.proxy.services.iter().any(|service| service.captures.iter().any(|capture| !capture.jumps.is_empty()))
}

fn gap(
    table: &Table<'_>,
    graph: &ChainGraph,
    services: ChainId,
    hook: &'static str,
    whose: &'static str,
) -> Option<Gap> {
    let id = built_in(table, hook)?;
    let jumps = || jumps(table, graph, id, services);
    if jumps().any(|rule| is_unconditional(table, rule)) {
        return None;
    }
    let partly = jumps().next();
    let span = partly.map_or(table.chain(id).span, |rule| table.rule(rule).span);
    Some(Gap { hook, whose, partly, span })
}

fn finding(cx: &Context<'_, '_>, gaps: &[Gap]) -> Option<Finding> {
    let first = gaps.first()?;
    let label = |gap: &Gap| match gap.partly {
        Some(_) => format!("only some packets of `{}` take this jump", gap.hook),
        None => format!("`{}` has no jump to `KUBE-SERVICES`", gap.hook),
    };
    let hooks = gaps.iter().map(|gap| format!("`{}`", gap.hook)).collect::<Vec<_>>().join(" and ");
    let verb = match (gaps.iter().all(|gap| gap.partly.is_some()), gaps.len()) {
        (true, 1) => "leads only some packets",
        (true, _) => "lead only some packets",
        (false, 1) => "does not lead",
        (false, _) => "do not lead",
    };
    let whose = gaps.iter().map(|gap| gap.whose).collect::<Vec<_>>().join(", and from ");
    let count = cx.proxy.services.len();
    let mut finding = Finding::new("KUBE-SERVICES", format!("{hooks} {verb} to `KUBE-SERVICES`"), first.span)
        .label(label(first))
        .effect(format!("New connections from {whose} to any of the {count} service ports are not translated: they leave for the service's own address, where nobody answers."));
    for gap in &gaps[1..] {
        finding = finding.line(gap.span, label(gap));
    }
    Some(finding)
}
