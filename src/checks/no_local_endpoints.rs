//! A service with Local policy and no pod on this node: its connections are dropped.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::emptied::{dropped, marked};
use super::finding::{Finding, Findings};
use super::needs::Needs;
use super::place::place;
use crate::kube::ServicePort;
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "no-local-endpoints",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "a service with Local policy has no pod on this node: its connections are dropped",
    page: include_str!("no_local_endpoints.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (at, service) in cx.services() {
        if let Some(finding) = finding(cx, service, &drops(cx, service)) {
            found.push(finding.services([at]));
        }
    }
}

/// The rules that drop, each with what it drops.
fn drops(cx: &Context<'_, '_>, service: &ServicePort<'_>) -> Vec<(Span, String)> {
    let mut drops = Vec::new();
    if let Some((filter, _)) = cx.filter() {
        let blocks = service.captures.iter().filter_map(|capture| Some((capture, dropped(capture)?)));
        drops.extend(blocks.map(|(capture, block)| (filter.rule(block.rule).span, place(capture))));
    }
    if let Some(rule) = cx.nat().and_then(|(table, _)| marked(cx, table, service)) {
        drops.push((cx.line(rule), "marks what comes from outside for dropping".into()));
    }
    drops
}

fn finding(cx: &Context<'_, '_>, service: &ServicePort<'_>, drops: &[(Span, String)]) -> Option<Finding> {
    let ((span, label), rest) = drops.split_first()?;
    let mut finding = Finding::new(
        cx.service_name(service),
        "it has no pod on this node, and its policy is Local: connections are dropped",
        *span,
    )
    .label(label.clone());
    for (span, label) in rest {
        finding = finding.line(*span, label.clone());
    }
    Some(
        finding
            .effect("New connections to it that arrive at this node time out. Clients on other nodes that have a pod notice nothing.")
            .remedy("Let the load balancer ask the health check port, so that it sends nothing here; or run a pod on this node (a DaemonSet); or set the policy to Cluster."),
    )
}
