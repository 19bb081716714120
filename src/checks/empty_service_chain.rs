//! A service chain in use that leads to no pod.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{BlockReason, Prefix, Release, ServiceChain};
use crate::ruleset::TableName;

pub(super) static CHECK: Check = Check {
    name: "empty-service-chain",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "addresses lead to a service chain that has no rule for any pod",
    page: include_str!("empty_service_chain.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (_, chain) in cx.chains().filter(|(_, chain)| is_empty(chain) && !is_meant(cx, chain)) {
        let mut finding = Finding::new(
            cx.subject(&chain.services, chain.chain),
            format!("`{}` has no rule that leads to a pod", chain.name),
            cx.declaration(chain.chain),
        )
        .label("no balancing rule in this chain")
        .effect("New connections to its addresses are not translated: they leave for the service's own address, where nobody answers.")
        .services(chain.services.iter().copied())
        .several("their chains have no rule that leads to a pod");
        if let Some(&rule) = cx.nat().and_then(|(_, graph)| graph.references(chain.chain).first()) {
            finding = finding.line(cx.line(rule), "this rule leads to it");
        }
        found.push(finding);
    }
}

/// Captured, and no way on from there.
fn is_empty(chain: &ServiceChain<'_>) -> bool {
    matches!(chain.prefix, Prefix::Svc | Prefix::Svl)
        && !chain.services.is_empty()
        && chain.balancing.is_empty()
        && chain.jumps.is_empty()
        && chain.drops.is_empty()
}

/// Up to 1.9 the chain of a service without endpoints stays, and the filter table rejects what comes through it.
/// 1.24 left the chain of a service whose endpoints are all terminating empty.
fn is_meant(cx: &Context<'_, '_>, chain: &ServiceChain<'_>) -> bool {
    let dialect = cx.proxy.dialect;
    if (dialect.from, dialect.to) == (Some(Release(24)), Some(Release(24))) {
        return true;
    }
    dialect.from < Some(Release(10)) && (cx.filter().is_none() || is_rejected(cx, chain))
}

fn is_rejected(cx: &Context<'_, '_>, chain: &ServiceChain<'_>) -> bool {
    let services = chain.services.iter().map(|&at| &cx.proxy.services[at as usize]);
    let mut blocks = services.flat_map(|service| &service.captures).flat_map(|capture| &capture.blocks);
    blocks.any(|block| block.reason == BlockReason::NoEndpoints)
}
