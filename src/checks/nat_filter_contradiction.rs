//! An address that nat sends to pods and the filter table refuses.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use super::place::place;
use crate::kube::{Block, BlockReason, Capture, CaptureState, ServicePort};
use crate::ruleset::{RuleId, TableName};

pub(super) static CHECK: Check = Check {
    name: "nat-filter-contradiction",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "an address is both sent to pods and refused",
    page: include_str!("nat_filter_contradiction.md"),
    // Up to 1.9 nat kept the rules of a service without pods.
    needs: Needs::IPTABLES_MODE.tables(&[TableName::Nat, TableName::Filter]).since(10),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (at, service) in cx.services() {
        let both: Vec<_> = service.captures.iter().filter_map(|capture| both(cx, capture)).collect();
        if let Some(finding) = finding(cx, service, &both) {
            found.push(finding.services([at]));
        }
    }
}

/// The two rules, if pods are behind the address and it is refused all the same.
fn both<'a, 'src>(cx: &Context<'_, '_>, capture: &'a Capture<'src>) -> Option<(&'a Capture<'src>, RuleId, Block)> {
    let leads_on = capture.target.is_some_and(|target| {
        let chain = cx.proxy.chain(target);
        !chain.balancing.is_empty() || !chain.jumps.is_empty()
    });
    let block = capture.blocks.first().filter(|_| leads_on && capture.state == CaptureState::Routed)?;
    Some((capture, *capture.jumps.first()?, *block))
}

fn finding(cx: &Context<'_, '_>, service: &ServicePort<'_>, both: &[(&Capture<'_>, RuleId, Block)]) -> Option<Finding> {
    let (filter, _) = cx.filter()?;
    let (capture, jump, block) = both.first()?;
    let why = match block.reason {
        BlockReason::NoEndpoints => "having no endpoints",
        BlockReason::NoLocalEndpoints => "having no pod on this node",
        BlockReason::NotSaid => "if it had no endpoints",
    };
    let message = format!("its address is sent to pods in nat, and refused in filter as {why}");
    let mut finding = Finding::new(cx.service_name(service), message, filter.rule(block.rule).span)
        .label(format!("refuses {}", place(capture)))
        .line(cx.line(*jump), "sends it to pods");
    for (capture, jump, block) in &both[1..] {
        finding = finding
            .line(filter.rule(block.rule).span, format!("refuses {}", place(capture)))
            .line(cx.line(*jump), "sends it to pods");
    }
    Some(finding.effect(
        "nat comes first: new connections go to the pods that its rules name, which kube-proxy says are not there, and \
         the filter rule never sees them.",
    ))
}
