//! Somebody flushed the nat table, and kube-proxy has put back only part of it.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::{built_in, fixed, jumps};
use super::needs::Needs;
use crate::kube::{ServiceChain, StaticChain};
use crate::ruleset::{ChainGraph, ChainId, Table, TableName};

pub(super) static CHECK: Check = Check {
    name: "flushed-nat-table",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "the nat table was flushed behind kube-proxy's back: services lead to empty chains",
    page: include_str!("flushed_nat_table.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    let Some(services) = fixed(table, StaticChain::Services) else { return };
    if is_hooked(table, graph, services) {
        return;
    }
    let (empty, all) = targets(cx, table);
    // kube-proxy fills the chains of services that change, so some may be whole again.
    if let Some(first) = empty.first().filter(|_| empty.len() * 2 > all) {
        let finding = Finding::new(
            "nat",
            format!("{} of {all} service chains are empty, and nothing leads to `KUBE-SERVICES`", empty.len()),
            table.chain(services).span,
        )
        .label("filled again, but no built-in chain jumps here")
        .line(cx.declaration(first.chain), "declared and empty")
        .effect(
            "No new connection to any service of this node is translated. kube-proxy since 1.27 writes only what \
             changes, so it does not repair this by itself.",
        )
        .services(empty.iter().flat_map(|chain| chain.services.iter().copied()));
        found.push(finding);
    }
}

fn is_hooked(table: &Table<'_>, graph: &ChainGraph, services: ChainId) -> bool {
    let hooks = ["PREROUTING", "OUTPUT"].into_iter().filter_map(|hook| built_in(table, hook));
    hooks.into_iter().any(|hook| jumps(table, graph, hook, services).next().is_some())
}

/// The chains that captures lead to: those without a rule, and how many there are in all.
fn targets<'a, 'src>(cx: &Context<'a, 'src>, table: &Table<'_>) -> (Vec<&'a ServiceChain<'src>>, usize) {
    let captures = cx.proxy.services.iter().flat_map(|service| &service.captures);
    let mut ids: Vec<_> = captures.filter_map(|capture| capture.target).collect();
    ids.sort_unstable();
    ids.dedup();
    let proxy = cx.proxy;
    let chains = ids.iter().map(|&id| proxy.chain(id));
    (chains.filter(|chain| table.chain(chain.chain).rules.is_empty()).collect(), ids.len())
}
