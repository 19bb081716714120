//! Balancing rules that are not in the order kube-proxy writes them.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::EndpointText;
use crate::kube::{Balancing, Release, ServiceChain};

pub(super) static CHECK: Check = Check {
    name: "reordered-endpoints",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "the rules of a service's pods are not in kube-proxy's order: somebody moved or added one",
    page: include_str!("reordered_endpoints.md"),
    needs: Needs::IPTABLES_MODE.since(20),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    // 1.19 sorted only where EndpointSlices were used.
    if cx.proxy.dialect.from < Some(Release(19)) {
        return;
    }
    for (_, chain) in cx.chains().filter(|(_, chain)| !chain.services.is_empty()) {
        if let Some((before, after)) = disorder(cx, chain) {
            found.push(finding(cx, chain, before, after));
        }
    }
}

/// The first two neighbours in the wrong order.
fn disorder<'a>(cx: &Context<'_, '_>, chain: &'a ServiceChain<'_>) -> Option<(&'a Balancing, &'a Balancing)> {
    let target = |rule: &Balancing| cx.proxy.endpoint(rule.endpoint?).dnat()?.target();
    let mut last: Option<(&Balancing, EndpointText)> = None;
    for rule in &chain.balancing {
        let Some(text) = target(rule).map(EndpointText::of) else { continue };
        match last {
            Some((before, known)) if known.bytes() > text.bytes() => return Some((before, rule)),
            _ => last = Some((rule, text)),
        }
    }
    None
}

fn finding(cx: &Context<'_, '_>, chain: &ServiceChain<'_>, before: &Balancing, after: &Balancing) -> Finding {
    Finding::new(
        cx.subject(&chain.services, chain.chain),
        format!("the pods of `{}` are not in order", chain.name),
        cx.line(after.rule),
    )
    .label("should come before the other")
    .line(cx.line(before.rule), "stands before it")
    .effect("kube-proxy sorts them by address and port, as text. The order alone costs nothing, but somebody moved or added a rule, and then its probability is likely to be wrong.")
    .services(chain.services.iter().copied())
    .several("the pods of these services are not in order")
}
