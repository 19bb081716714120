//! What an older release of kube-proxy left, and what is left where another program now does its work.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed};
use super::needs::Needs;
use crate::kube::{Prefix, Release, StaticChain};
use crate::ruleset::{ChainGraph, ChainId, Table, TableName, Target};

pub(super) static CHECK: Check = Check {
    name: "old-proxy-leftovers",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "chains that an older kube-proxy left behind",
    page: include_str!("old_proxy_leftovers.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Ruleset(check),
};

const HARMLESS: &str =
    "They cost no traffic, since nothing leads to them. Nothing of today's kube-proxy removes them either.";

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    old_chains(cx, table, graph, found);
    if let Some(finding) = drop_mark(cx, table, graph) {
        found.push(finding);
    }
    if let Some(finding) = replaced(cx, table, graph) {
        found.push(finding);
    }
}

/// KUBE-XLB chains beside those that took their place in 1.24. Where they lead to chains in use,
/// `blocking-reference` says so.
fn old_chains(cx: &Context<'_, '_>, table: &Table<'_>, graph: &ChainGraph, found: &mut Findings) {
    if cx.proxy.dialect.from < Some(Release(24)) {
        return;
    }
    let is_loose = |id: ChainId| {
        graph.references(id).is_empty() && table.rules_of(id).all(|(rule, _)| graph.leads_to(table, rule).is_none())
    };
    for chain in cx.proxy.chains.iter().filter(|chain| chain.prefix == Prefix::Xlb && is_loose(chain.chain)) {
        let finding = Finding::new(
            chain.name.to_string(),
            format!("`{}` is of a release before 1.24", chain.name),
            table.chain(chain.chain).span,
        )
        .label("nothing leads here")
        .effect(HARMLESS)
        .remedy("Reboot the node when it is convenient.")
        .several("chains are of a release before 1.24");
        found.push(finding);
    }
}

/// KUBE-MARK-DROP, which nobody jumps to and whose mark nobody drops, beside the chain that took its place in 1.25.
fn drop_mark(cx: &Context<'_, '_>, table: &Table<'_>, graph: &ChainGraph) -> Option<Finding> {
    let chain = fixed(table, StaticChain::MarkDrop).filter(|&chain| graph.references(chain).is_empty())?;
    let mark = cx.proxy.marks.drop?;
    let (filter, _) = cx.filter().filter(|(filter, _)| super::needs::is_complete(filter))?;
    let firewall = fixed(filter, StaticChain::ProxyFirewall)?;
    // Where a rule drops the mark a kubelet before 1.28 keeps both: that is how it should be.
    if super::hollow_drop_mark::drops(filter, mark).is_some() {
        return None;
    }
    Some(
        Finding::new("KUBE-MARK-DROP", "`KUBE-MARK-DROP` is of a kubelet before 1.28", table.chain(chain).span)
            .label("nothing leads here, and nothing drops its mark")
            .line(filter.chain(firewall).span, "took its place in 1.25")
            .effect("It costs no traffic, since nothing leads to it. Nothing of today's Kubernetes removes it either.")
            .remedy("Reboot the node when it is convenient."),
    )
}

/// Service chains where Cilium has taken over: its rules come first and nothing leads to KUBE-SERVICES any more.
fn replaced(cx: &Context<'_, '_>, table: &Table<'_>, graph: &ChainGraph) -> Option<Finding> {
    let services = fixed(table, StaticChain::Services).filter(|&chain| !graph.is_reachable(table, chain))?;
    let prerouting = built_in(table, "PREROUTING")?;
    let is_cilium = |target: &Target<'_>| target.chain_name().is_some_and(|name| name.starts_with(b"CILIUM_"));
    let (_, rule) = table.rules_of(prerouting).find(|(_, rule)| rule.target.as_ref().is_some_and(is_cilium))?;
    let first = cx.proxy.chains.first()?;
    Some(
        Finding::new(
            "kube-proxy",
            "its service chains are left over: Cilium handles services here",
            cx.declaration(first.chain),
        )
        .label("nothing leads here any more")
        .line(table.chain(services).span, "no built-in chain jumps here")
        .line(rule.span, "Cilium's hook")
        .effect(HARMLESS)
        .remedy("If kube-proxy is not to run here, drain the node and reboot it, or run kube-proxy --cleanup once."),
    )
}
