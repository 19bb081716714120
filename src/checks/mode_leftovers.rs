//! Chains of two modes of kube-proxy side by side.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{ChainName, Prefix, StaticChain};
use crate::ruleset::{ChainGraph, ChainId, Table, TableName, Test};
use crate::source::Span;
use crate::syntax::RemarkKind;

pub(super) static CHECK: Check = Check {
    name: "mode-leftovers",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "chains of two modes of kube-proxy stand side by side",
    page: include_str!("mode_leftovers.md"),
    needs: Needs::NOTHING,
    question: Question::Ruleset(check),
};

/// What one mode has here: the line that shows it, and whether packets come to it.
struct Traces {
    mode: &'static str,
    span: Span,
    is_reachable: bool,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some(iptables) = of_iptables(cx) else { return };
    for other in [of_ipvs(cx), of_userspace(cx), of_nftables(cx)].into_iter().flatten() {
        let level = if iptables.is_reachable && other.is_reachable { Level::Error } else { Level::Warning };
        found.push_at(level, finding(&iptables, &other));
    }
}

fn of_iptables(cx: &Context<'_, '_>) -> Option<Traces> {
    let (table, graph) = cx.nat()?;
    let ours = cx.proxy.chains.iter().filter(|chain| matches!(chain.prefix, Prefix::Svc | Prefix::Svl));
    traces(table, graph, "iptables", ours.map(|chain| chain.chain))
}

fn of_ipvs(cx: &Context<'_, '_>) -> Option<Traces> {
    let chains = [
        StaticChain::IpvsLoadBalancer,
        StaticChain::IpvsNodePort,
        StaticChain::IpvsSourceRanges,
        StaticChain::IpvsFilter,
        StaticChain::IpvsOutFilter,
    ];
    match of_chains(cx, "IPVS", &chains) {
        Some(traces) if traces.is_reachable => Some(traces),
        traces => of_sets(cx).or(traces),
    }
}

/// Rules of nat KUBE-SERVICES that ask kube-proxy's ipsets.
fn of_sets(cx: &Context<'_, '_>) -> Option<Traces> {
    let (table, graph) = cx.nat()?;
    let asks = |test: &Test<'_>| matches!(test, Test::Set(set) if set.starts_with(b"KUBE-"));
    let rule = table.rules.iter().find(|rule| table.matches(rule).iter().any(|each| asks(each.test())))?;
    Some(Traces { mode: "IPVS", span: rule.span, is_reachable: graph.is_reachable(table, rule.chain) })
}

fn of_userspace(cx: &Context<'_, '_>) -> Option<Traces> {
    let chains = [
        StaticChain::PortalsContainer,
        StaticChain::PortalsHost,
        StaticChain::NodePortContainer,
        StaticChain::NodePortHost,
        StaticChain::NodePortNonLocal,
    ];
    of_chains(cx, "userspace", &chains)
}

/// The listing of nft beside this dump shows the tables of nftables mode, which the kernel asks by themselves.
fn of_nftables(cx: &Context<'_, '_>) -> Option<Traces> {
    let remarks = &cx.input.parsed.remarks;
    let remark = remarks.iter().find(|remark| remark.kind == RemarkKind::NftListing { of_kube_proxy: true })?;
    Some(Traces { mode: "nftables", span: remark.span, is_reachable: true })
}

fn of_chains(cx: &Context<'_, '_>, mode: &'static str, chains: &[StaticChain]) -> Option<Traces> {
    let is_theirs = |name: &[u8]| matches!(ChainName::of(name), ChainName::Static(own) if chains.contains(&own));
    let tables = [TableName::Nat, TableName::Filter];
    let mut all = tables.into_iter().filter_map(|name| {
        let (table, graph) = cx.proxy.resolved.table(name)?;
        let others = cx.other_chains(table).into_iter();
        traces(table, graph, mode, others.filter(|&id| is_theirs(table.chain(id).name)))
    });
    let first = all.next()?;
    if first.is_reachable { Some(first) } else { all.find(|traces| traces.is_reachable).or(Some(first)) }
}

/// The first of those chains that packets come to, else the first of all.
fn traces(
    table: &Table<'_>,
    graph: &ChainGraph,
    mode: &'static str,
    mut chains: impl Iterator<Item = ChainId>,
) -> Option<Traces> {
    let first = chains.next()?;
    let is_live = |id| graph.is_reachable(table, id) && !table.chain(id).rules.is_empty();
    let live = std::iter::once(first).chain(chains).find(|&id| is_live(id));
    let span = table.chain(live.unwrap_or(first)).span;
    Some(Traces { mode, span, is_reachable: live.is_some() })
}

fn finding(iptables: &Traces, other: &Traces) -> Finding {
    let mode = other.mode;
    let message = format!("chains of {mode} mode stand beside those of iptables mode");
    let effect = match (iptables.is_reachable, other.is_reachable) {
        (true, true) => format!(
            "A packet meets both. The {mode} ones are of a kube-proxy that ran here with another configuration, or these are: \
             the older ones are not updated any more and still act."
        ),
        (true, false) => {
            format!("A packet meets the iptables ones; those of {mode} mode are leftovers, nothing leads to them.")
        }
        (false, true) => {
            format!("A packet meets those of {mode} mode; the iptables ones are leftovers, nothing leads to them.")
        }
        (false, false) => "No packet meets either of them, as far as this dump shows.".into(),
    };
    let state = |traces: &Traces| if traces.is_reachable { "packets come here" } else { "nothing leads here" };
    Finding::new("kube-proxy", message, other.span)
        .label(format!("of {mode} mode: {}", state(other)))
        .line(iptables.span, format!("of iptables mode: {}", state(iptables)))
        .effect(effect)
        .remedy(
            "Drain the node and reboot it, or stop kube-proxy, run kube-proxy --cleanup once and start it again: in the new \
             mode it never removes what the old one left.",
        )
}
