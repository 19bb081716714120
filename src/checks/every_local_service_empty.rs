//! All services with Local policy are without a pod on this node.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::emptied::{dropped, marked};
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{ServicePort, TrafficPolicy};
use crate::ruleset::TableName;
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "every-local-service-empty",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "all services with Local policy are without a pod on this node",
    page: include_str!("every_local_service_empty.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat, TableName::Filter]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let is_local = |service: &ServicePort<'_>| {
        [service.internal_policy, service.external_policy].contains(&Some(TrafficPolicy::Local))
    };
    if !cx.services().any(|(_, service)| is_local(service)) {
        return;
    }
    let locals = || (0_u32..).zip(&cx.proxy.services).filter(|(_, service)| is_local(service) && !is_refused(service));
    let empty: Option<Vec<(u32, Span)>> = locals().map(|(at, service)| Some((at, drop_of(cx, service)?))).collect();
    let Some(mut empty) = empty.filter(|empty| empty.len() > 1) else { return };
    empty.sort_by_key(|(_, span)| span.start);
    let message = format!("all {} service ports with Local policy are without a pod on this node", empty.len());
    let mut finding = Finding::new("Local policy", message, empty[0].1).label(cx.name_at(empty[0].0));
    for &(service, span) in empty.iter().skip(1).take(MOST_LINES) {
        finding = finding.line(span, cx.name_at(service));
    }
    found.push(
        finding
            .effect("New connections to them that arrive at this node time out.")
            .remedy("Look whether kube-proxy knows this node's name: `kubectl get node` must list what it was started with (--hostname-override), and the pods must have it as their node. If none of these pods runs here, nothing is wrong.")
            .services(empty.iter().map(|&(service, _)| service)),
    );
}

/// Services shown with their lines.
const MOST_LINES: usize = 15;

/// Without a pod anywhere; that is another check's.
fn is_refused(service: &ServicePort<'_>) -> bool {
    !service.captures.is_empty()
        && service.captures.iter().all(|capture| capture.blocks.iter().any(|block| !block.drops))
}

fn drop_of(cx: &Context<'_, '_>, service: &ServicePort<'_>) -> Option<Span> {
    let (filter, _) = cx.filter()?;
    let (nat, _) = cx.nat()?;
    let block = service.captures.iter().find_map(dropped);
    block.map(|block| filter.rule(block.rule).span).or_else(|| Some(nat.rule(marked(cx, nat, service)?).span))
}
