//! What a service says besides its endpoints, found and wanted: policies, affinity, source ranges, health check.

use super::captures::list;
use crate::kube::{Affinity, CaptureKind, CaptureState, Prefix, ServicePort, TrafficPolicy};
use crate::objects::{self, Era, ExpectedPort, Version, View};
use crate::ruleset::{Net, RuleId};
use std::collections::BTreeSet;

/// A field that the rules and the objects say differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name, as the API has it.
    pub(super) name: &'static str,
    /// Its path in the Service.
    pub(super) path: String,
    pub(super) expected: String,
    pub(super) found: String,
    /// Rules that show it.
    pub(super) rules: Vec<RuleId>,
}

impl Field {
    fn new(name: &'static str, path: &str, expected: String, found: String) -> Self {
        Self { name, path: path.to_owned(), expected, found, rules: Vec::new() }
    }

    /// Whether it is one of the policies, which explain what else differs.
    pub(super) fn is_policy(&self) -> bool {
        matches!(self.name, "internalTrafficPolicy" | "externalTrafficPolicy")
    }
}

fn word(policy: objects::TrafficPolicy) -> &'static str {
    match policy {
        objects::TrafficPolicy::Cluster => "Cluster",
        objects::TrafficPolicy::Local => "Local",
    }
}

fn found_word(policy: TrafficPolicy) -> &'static str {
    match policy {
        TrafficPolicy::Cluster => "Cluster",
        TrafficPolicy::Local => "Local",
    }
}

/// The policies that differ, where the rules tell them.
pub(super) fn policies(service: &ServicePort<'_>, view: &View) -> impl Iterator<Item = Field> {
    let differing = |name, path, found: Option<TrafficPolicy>, wanted| {
        let found = found_word(found?);
        (found != word(wanted)).then(|| Field::new(name, path, word(wanted).into(), found.into()))
    };
    let internal = ("internalTrafficPolicy", "spec.internalTrafficPolicy");
    let external = ("externalTrafficPolicy", "spec.externalTrafficPolicy");
    let is_external = view.external_policy == objects::TrafficPolicy::Local || service.is_external();
    let internal = differing(internal.0, internal.1, service.internal_policy, view.internal_policy);
    let external =
        differing(external.0, external.1, service.external_policy.filter(|_| is_external), view.external_policy);
    internal.into_iter().chain(external)
}

/// The internal policy that 1.22 and 1.23 carry out in KUBE-SVC without showing it.
pub(super) fn hidden_policy(view: &View) -> Field {
    let found = match view.internal_policy {
        objects::TrafficPolicy::Cluster => "Local",
        objects::TrafficPolicy::Local => "Cluster",
    };
    Field::new("internalTrafficPolicy", "spec.internalTrafficPolicy", word(view.internal_policy).into(), found.into())
}

/// Affinity, its timeout, source ranges.
pub(super) fn others(service: &ServicePort<'_>, port: &ExpectedPort<'_>, view: &View, era: Era) -> Vec<Field> {
    let mut fields = Vec::new();
    fields.extend(affinity(service.affinity, port.service.affinity_timeout));
    fields.extend(source_ranges(service, port, view, era));
    fields
}

fn affinity(found: Affinity, wanted: Option<u32>) -> Option<Field> {
    let kind = |expected: &str, found: &str| {
        Some(Field::new("sessionAffinity", "spec.sessionAffinity", expected.into(), found.into()))
    };
    match (found, wanted) {
        (Affinity::None, Some(_)) => kind("ClientIP", "None"),
        (Affinity::ClientIp { .. }, None) => kind("None", "ClientIP"),
        (Affinity::ClientIp { seconds: Some(seconds) }, Some(wanted)) if seconds != wanted => {
            let path = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
            Some(Field::new("timeoutSeconds", path, wanted.to_string(), seconds.to_string()))
        }
        _ => None,
    }
}

fn source_ranges(service: &ServicePort<'_>, port: &ExpectedPort<'_>, view: &View, era: Era) -> Option<Field> {
    let routed = |capture: &crate::kube::Capture<'_>| {
        capture.kind == CaptureKind::LoadBalancerIp && capture.state == CaptureState::Routed
    };
    let has_firewall = service.chain(Prefix::Fw).is_some() || service.captures.iter().any(routed);
    if !has_firewall || view.load_balancer_ips.is_empty() {
        return None;
    }
    let is_own = |net: &&Net| net.as_host().is_some_and(|host| view.load_balancer_ips.contains(&host));
    let wanted: BTreeSet<Net> = port.source_ranges.iter().filter(|net| !is_own(net)).cloned().collect();
    let found: BTreeSet<Net> = service.source_ranges.iter().cloned().collect();
    // Before 1.24 a range of everybody looks like no range.
    let is_everybody =
        found.is_empty() && era.from < Version::minor(24) && wanted.iter().any(|net| net.prefix() == Some(0));
    (found != wanted && !is_everybody)
        .then(|| Field::new("loadBalancerSourceRanges", "spec.loadBalancerSourceRanges", list(&wanted), list(&found)))
}

/// The health check's port, which the filter table shows from 1.21 on.
pub(super) fn health_check(service: &ServicePort<'_>, port: &ExpectedPort<'_>, era: Era) -> Option<Field> {
    let (found, wanted) = (service.health_check_port, port.health_check_node_port);
    let may_hide = found.is_none() && era.from < Version::minor(21);
    (found != wanted && !may_hide)
        .then(|| Field::new("healthCheckNodePort", "spec.healthCheckNodePort", list(&wanted), list(&found)))
}
