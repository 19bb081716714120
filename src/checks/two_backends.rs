//! kube-proxy's rules in both of the kernel's implementations at once.

use super::check::{Check, Level, Proof, Question};
use super::context::Input;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{ChainName, Proxy, ServicePort};
use crate::ruleset::{Backend, TableName};
use crate::source::Span;
use crate::syntax::RemarkKind;
use std::collections::BTreeSet;

pub(super) static CHECK: Check = Check {
    name: "two-backends",
    level: Level::Error,
    proof: Proof::Dumps,
    summary: "kube-proxy's rules stand in both backends, legacy and nft: both act",
    page: include_str!("two_backends.md"),
    needs: Needs::NOTHING,
    question: Question::Input(check),
};

fn check(input: &Input<'_, '_>, found: &mut Findings) {
    let of = |backend| {
        input
            .proxies
            .iter()
            .filter(move |proxy| proxy.resolved.ruleset.backend == backend && first_chain(proxy).is_some())
    };
    for nft in of(Backend::Nft) {
        let same = |legacy: &&Proxy<'_, '_>| legacy.resolved.ruleset.family == nft.resolved.ruleset.family;
        for legacy in of(Backend::Legacy).filter(same) {
            found.push(both(legacy, nft));
        }
    }
    let has_legacy = input.parsed.rulesets.iter().any(|ruleset| ruleset.backend == Backend::Legacy);
    let remark = input.parsed.remarks.iter().find(|remark| remark.kind == RemarkKind::LegacyTablesPresent);
    if let Some(remark) = remark.filter(|_| !has_legacy) {
        found.push_at(Level::Warning, half(remark.span));
    }
}

/// Where the first service chain of its nat table stands.
fn first_chain(proxy: &Proxy<'_, '_>) -> Option<Span> {
    let (table, _) = proxy.nat()?;
    let is_service = |name| matches!(ChainName::of(name), ChainName::Hashed(prefix, _) if prefix.is_service());
    table.chains.iter().find(|chain| is_service(chain.name)).map(|chain| chain.span)
}

fn both(legacy: &Proxy<'_, '_>, nft: &Proxy<'_, '_>) -> Finding {
    let spans = (first_chain(legacy).unwrap_or_default(), first_chain(nft).unwrap_or_default());
    let family = nft.resolved.ruleset.family;
    let message = format!("service chains of {family} stand in legacy and in nft tables at once");
    Finding::new("both backends", message, spans.0)
        .label("the first service chain in legacy")
        .line(spans.1, "the first service chain in nft")
        .effect(format!(
            "The kernel asks both, and the one that is asked first translates. kube-proxy writes only one of them; the other \
             keeps sending connections to pods of the past. {} {}",
            differences(legacy, nft),
            stale(legacy, nft)
        ))
        .remedy(
            "Find out which one kube-proxy of this node writes (its log, or which one changes when a service does). Make all \
             software of the node use that one, drain the node and reboot it: that leaves the stale rules behind.",
        )
}

/// Which of the two looks stale, as far as the dumps tell.
fn stale(legacy: &Proxy<'_, '_>, nft: &Proxy<'_, '_>) -> &'static str {
    let is_older = |one: &Proxy<'_, '_>, other: &Proxy<'_, '_>| {
        one.dialect.to.zip(other.dialect.from).is_some_and(|(to, from)| to < from)
    };
    let is_less = |one: &Proxy<'_, '_>, other: &Proxy<'_, '_>| {
        let (one, other) = (names(one), names(other));
        one.len() < other.len() && one.is_subset(&other)
    };
    match (is_hooked(legacy), is_hooked(nft)) {
        (true, false) => return "The nft rules look stale: no built-in chain leads to them.",
        (false, true) => return "The legacy rules look stale: no built-in chain leads to them.",
        (true, true) | (false, false) => {}
    }
    if is_older(legacy, nft) {
        "The legacy rules look stale: an older release wrote them."
    } else if is_older(nft, legacy) {
        "The nft rules look stale: an older release wrote them."
    } else if is_less(legacy, nft) {
        "The legacy rules look stale: nft has all of their services and more."
    } else if is_less(nft, legacy) {
        "The nft rules look stale: legacy has all of their services and more."
    } else {
        "These dumps do not tell which one is stale."
    }
}

fn is_hooked(proxy: &Proxy<'_, '_>) -> bool {
    let Some((table, graph)) = proxy.resolved.table(TableName::Nat) else { return false };
    let services = super::hooks::fixed(table, crate::kube::StaticChain::Services);
    services.is_some_and(|chain| graph.is_reachable(table, chain))
}

/// What the two say differently.
fn differences(legacy: &Proxy<'_, '_>, nft: &Proxy<'_, '_>) -> String {
    let (old, new) = (names(legacy), names(nft));
    let (only_old, only_new) = (old.difference(&new).count(), new.difference(&old).count());
    format!(
        "Of {} service ports in legacy and {} in nft, {only_old} are only in legacy and {only_new} only in nft.",
        old.len(),
        new.len()
    )
}

fn names(proxy: &Proxy<'_, '_>) -> BTreeSet<String> {
    proxy.services.iter().filter_map(key).collect()
}

fn key(service: &ServicePort<'_>) -> Option<String> {
    let name = service.name.map(|name| name.modern().to_string())?;
    service.protocol.map(|protocol| format!("{name}/{protocol}"))
}

fn half(span: Span) -> Finding {
    Finding::new("both backends", "the node has legacy tables, too, and this dump does not show them", span)
        .label("iptables-nft says so")
        .effect(
            "Packets pass the rules of both. If kube-proxy's rules of an earlier time are among those not shown, they still \
             send connections to pods of the past.",
        )
        .remedy("Take iptables-legacy-save -c as well, and give both files to the same run.")
}
