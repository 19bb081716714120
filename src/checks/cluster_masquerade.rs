//! The rules that masquerade connections to cluster IPs.

use super::context::Context;
use crate::kube::{CaptureKind, Portal, Role, ServicePort};
use crate::ruleset::{Match, RuleId, Side, Table, Test};
use bstr::BStr;

/// The rule that marks connections to the service's cluster IP: in KUBE-SVC or KUBE-SVL, or beside the capture (1.21
/// and before).
pub(super) fn of_cluster_ip(cx: &Context<'_, '_>, table: &Table<'_>, service: &ServicePort<'_>) -> Option<RuleId> {
    let captures = || service.captures.iter().filter(|capture| capture.kind == CaptureKind::ClusterIp);
    let beside = captures().find_map(|capture| capture.masquerade.first().copied());
    let inside = service.chains.iter().flat_map(|own| cx.proxy.chain(own.id).masquerade.iter().copied());
    beside.or_else(|| inside.into_iter().find(|&rule| asks_cluster_ip(table, rule, service)))
}

fn asks_cluster_ip(table: &Table<'_>, rule: RuleId, service: &ServicePort<'_>) -> bool {
    table.matches(table.rule(rule)).iter().any(|each| says_cluster_ip(each) || goes_to(each, service))
}

fn says_cluster_ip(each: &Match<'_>) -> bool {
    let says = |text: &BStr| matches!(Role::of(text), Role::Portal(_, Portal::ClusterIp));
    each.comment().is_some_and(|text| says(&text))
}

fn goes_to(each: &Match<'_>, service: &ServicePort<'_>) -> bool {
    let Test::Address { side: Side::Destination, net } = each.test() else { return false };
    let cluster = |kind, address| kind == CaptureKind::ClusterIp && net.as_host() == address;
    !each.inverted() && service.captures.iter().any(|own| own.address.is_some() && cluster(own.kind, own.address))
}
