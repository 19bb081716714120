//! One pod twice in the same service chain.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::ServiceChain;
use crate::ruleset::RuleId;
use std::net::SocketAddr;

pub(super) static CHECK: Check = Check {
    name: "duplicate-endpoint",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "two balancing rules of one chain lead to the same pod",
    page: include_str!("duplicate_endpoint.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let mut targets = Vec::new();
    for (_, chain) in cx.chains().filter(|(_, chain)| !chain.services.is_empty() && chain.balancing.len() > 1) {
        let target = |end| cx.proxy.endpoint(end).dnat()?.target();
        targets.clear();
        targets.extend(chain.balancing.iter().filter_map(|rule| Some((target(rule.endpoint?)?, rule.rule))));
        targets.sort_unstable();
        for pair in targets.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            found.push(finding(cx, chain, pair[0], pair[1].1));
        }
    }
}

fn finding(
    cx: &Context<'_, '_>,
    chain: &ServiceChain<'_>,
    (target, first): (SocketAddr, RuleId),
    second: RuleId,
) -> Finding {
    Finding::new(
        cx.subject(&chain.services, chain.chain),
        format!("two rules of `{}` lead to `{target}`", chain.name),
        cx.line(second),
    )
    .label("the same pod again")
    .line(cx.line(first), "first here")
    .effect("This pod gets the parts of two.")
    .services(chain.services.iter().copied())
    .several("pods stand twice in their chains")
}
