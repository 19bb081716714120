//! Services whose pods see the node's address instead of that of a client outside.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::fold::together;
use super::needs::Needs;
use super::sources::is_for_everybody;
use crate::kube::{CaptureKind, Prefix, ServicePort, TrafficPolicy};
use crate::ruleset::{RuleId, Table};

pub(super) static CHECK: Check = Check {
    name: "client-address-hidden",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "clients outside the cluster are masqueraded: the pods do not see their addresses",
    page: include_str!("client_address_hidden.md"),
    needs: Needs::IPTABLES_MODE.interfaces(),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, _)) = cx.nat() else { return };
    let is_asked = |at| cx.scope.as_ref().is_none_or(|scope| scope.asks(at));
    let findings = cx.services().filter(|(at, _)| is_asked(*at)).filter_map(|(at, service)| {
        let rule = masquerade(cx, table, service)?;
        Some(finding(cx, service, rule).services([at]))
    });
    if let Some(finding) = together(findings) {
        found.push(finding);
    }
}

/// The rule that masquerades all that comes from outside.
fn masquerade(cx: &Context<'_, '_>, table: &Table<'_>, service: &ServicePort<'_>) -> Option<RuleId> {
    if service.external_policy != Some(TrafficPolicy::Cluster) {
        return None;
    }
    let external = service.captures.iter().filter(|capture| capture.kind != CaptureKind::ClusterIp);
    let beside = external.flat_map(|capture| capture.masquerade.iter());
    let inside = [Prefix::Ext, Prefix::Fw].into_iter().filter_map(|prefix| service.chain(prefix));
    let inside = inside.flat_map(|own| &cx.proxy.chain(own.id).masquerade);
    inside.chain(beside).copied().find(|&rule| is_for_everybody(table, rule))
}

fn finding(cx: &Context<'_, '_>, service: &ServicePort<'_>, rule: RuleId) -> Finding {
    Finding::new(cx.service_name(service), "its pods do not see the addresses of clients outside", cx.line(rule))
        .label("marks whatever comes from outside")
        .effect("The pods see the node's address instead: logs, rate limits and network policies by source do not work.")
        .remedy("Nothing, if that does not matter. Else set externalTrafficPolicy: Local; then only nodes with a pod of the service answer.")
}
