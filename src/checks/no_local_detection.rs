//! Nothing tells the pods of this node from other clients.

use super::check::{Check, Level, Proof, Question};
use super::cluster_masquerade::of_cluster_ip;
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::CaptureKind;
use crate::ruleset::TableName;

pub(super) static CHECK: Check = Check {
    name: "no-local-detection",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "no rule tells pods from other clients",
    page: include_str!("no_local_detection.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]).interfaces(),
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, _)) = cx.nat() else { return };
    if !cx.proxy.detectors.is_empty() {
        return;
    }
    let services = || cx.proxy.services.iter();
    // With --masquerade-all that test is not needed there.
    if services().any(|service| of_cluster_ip(cx, table, service).is_some()) {
        return;
    }
    let captures = services().flat_map(|service| &service.captures);
    let mut clusters = captures.filter(|capture| capture.kind == CaptureKind::ClusterIp);
    let Some(&rule) = clusters.find_map(|capture| capture.jumps.first()) else { return };
    found.push(
        Finding::new("local pods", "no rule tells pods from other clients", cx.line(rule))
            .label("a cluster IP that nothing is masqueraded for")
            .effect("Who reaches a cluster IP from outside the cluster, by a route to it, is not masqueraded: if the pod is on another node its answer goes another way. Services with Local policy send local pods, too, to pods of this node only.")
            .remedy("Nothing, if nobody outside uses cluster IPs (some clouds run like that). Else give kube-proxy --cluster-cidr (clusterCIDR) or another way to detect local traffic (detectLocalMode)."),
    );
}
