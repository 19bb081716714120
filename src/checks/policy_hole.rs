//! Local policy without pods on this node, and without the rule that says so.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use super::place::place;
use super::sources::is_for_everybody;
use crate::kube::{Capture, CaptureKind, OwnChain, Prefix, ServicePort, TrafficPolicy};
use crate::ruleset::TableName;

pub(super) static CHECK: Check = Check {
    name: "policy-hole",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "connections from outside to a service with Local policy get lost: nothing takes or refuses them",
    page: include_str!("policy_hole.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat, TableName::Filter]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let local = |service: &ServicePort<'_>| service.external_policy == Some(TrafficPolicy::Local);
    for (at, service) in cx.services().filter(|(_, service)| local(service)) {
        let Some(own) = service.chain(Prefix::Ext).filter(|own| leads_nowhere(cx, own)) else { continue };
        let holes: Vec<_> = service.captures.iter().filter(|capture| is_hole(cx, capture)).collect();
        if let Some(finding) = finding(cx, service, own, &holes) {
            found.push(finding.services([at]));
        }
    }
}

/// Whether a client outside finds no pod behind the chain. A jump to a chain that is not there is another check's.
fn leads_nowhere(cx: &Context<'_, '_>, own: &OwnChain<'_>) -> bool {
    let Some((table, _)) = cx.nat() else { return false };
    let chain = cx.proxy.chain(own.id);
    let leads = |to| cx.proxy.chain(to).prefix == Prefix::Svl;
    let is_bare = chain.others.is_empty() && chain.drops.is_empty() && chain.balancing.is_empty();
    is_bare && !chain.jumps.iter().any(|&(rule, to)| leads(to) || is_for_everybody(table, rule))
}

/// Whether nothing refuses an address that only such chains take.
fn is_hole(cx: &Context<'_, '_>, capture: &Capture<'_>) -> bool {
    let target = capture.target.map(|target| cx.proxy.chain(target).prefix);
    capture.kind != CaptureKind::ClusterIp
        && capture.blocks.is_empty()
        && matches!(target, Some(Prefix::Ext | Prefix::Fw))
}

fn finding(
    cx: &Context<'_, '_>,
    service: &ServicePort<'_>,
    own: &OwnChain<'_>,
    holes: &[&Capture<'_>],
) -> Option<Finding> {
    holes.first()?;
    let chain = cx.proxy.chain(own.id);
    let message =
        format!("`{}` takes no client outside to a pod, and the filter table does not refuse them", chain.name);
    let mut finding = Finding::new(cx.service_name(service), message, cx.declaration(chain.chain))
        .label("no jump to pods of this node");
    for capture in holes {
        if let Some(&rule) = capture.jumps.first() {
            finding = finding.line(cx.line(rule), format!("{} leads there", place(capture)));
        }
    }
    Some(finding.effect(
        "New connections from outside leave the nat table untranslated, and nothing answers: they time out, or on a \
         node port whatever process of the node listens there gets them.",
    ))
}
