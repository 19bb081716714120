//! A service without any pod: its connections are rejected.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use super::place::place;
use crate::kube::{Block, BlockReason, Capture, CaptureKind, ServicePort};
use crate::ruleset::TableName;
use std::fmt::Write as _;

pub(super) static CHECK: Check = Check {
    name: "no-endpoints",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "a service has no endpoints: connections to it are rejected",
    page: include_str!("no_endpoints.md"),
    needs: Needs::IPTABLES_MODE.tables(&[TableName::Filter]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (at, service) in cx.services() {
        let rejected: Vec<_> =
            service.captures.iter().filter_map(|capture| Some((capture, rejection(capture)?))).collect();
        if let Some(finding) = finding(cx, service, &rejected) {
            found.push(finding.services([at]));
        }
    }
}

fn rejection<'a>(capture: &'a Capture<'_>) -> Option<&'a Block> {
    capture.blocks.iter().find(|block| !block.drops && block.reason != BlockReason::NoLocalEndpoints)
}

fn finding(cx: &Context<'_, '_>, service: &ServicePort<'_>, rejected: &[(&Capture<'_>, &Block)]) -> Option<Finding> {
    let (filter, _) = cx.filter()?;
    let (_, first) = rejected.first()?;
    let mut finding = Finding::new(
        cx.service_name(service),
        "it has no endpoints: its connections are rejected",
        filter.rule(first.rule).span,
    )
    .label(place(rejected[0].0));
    for (capture, block) in &rejected[1..] {
        finding = finding.line(filter.rule(block.rule).span, place(capture));
    }
    let mut effect = "New connections are refused at once (connection refused, or port unreachable).".to_owned();
    if rejected.iter().any(|(capture, _)| capture.kind == CaptureKind::NodePort) {
        let _ = write!(effect, " A process of the node itself that listens on the node port is cut off as well.");
    }
    Some(finding.effect(effect).remedy(
        "Look at the pods of the service: does its selector match any, and are they ready? If it is scaled to zero on \
         purpose, nothing is wrong.",
    ))
}
