//! What a dump tells of the node and the release it comes from, in the words of the objects.

use crate::kube::{Balancing, CaptureKind, LocalTest, Prefix, Proxy, ServicePort};
use crate::objects::{DumpEvidence, Era, LocalSet, PortName, Version};
use crate::ruleset::RuleId;
use bstr::ByteSlice;
use std::net::SocketAddr;

/// What all rulesets of one node together tell of it.
#[must_use]
pub fn evidence(proxies: &[Proxy<'_, '_>]) -> DumpEvidence {
    let mut evidence = DumpEvidence::default();
    for proxy in proxies {
        evidence.pod_cidrs.extend(proxy.detectors.iter().filter_map(|detector| match &detector.test {
            LocalTest::Source(net) => Some(net.clone()),
            LocalTest::Interface(_) => None,
        }));
        for service in &proxy.services {
            let node_ports = service.captures.iter().filter(|capture| capture.kind == CaptureKind::NodePort);
            let addresses = node_ports.filter_map(|capture| capture.address);
            evidence.node_addresses.extend(addresses.filter(|address| !address.is_loopback()));
            evidence.local_sets.extend(local_set(proxy, service));
        }
    }
    evidence.node_addresses.sort_unstable();
    evidence.node_addresses.dedup();
    evidence
}

fn local_set(proxy: &Proxy<'_, '_>, service: &ServicePort<'_>) -> Option<LocalSet> {
    service.chain(Prefix::Svl).or_else(|| service.chain(Prefix::Xlb))?;
    let endpoints = targets(proxy, proxy.local_endpoints(service)).known;
    Some(LocalSet { name: port_name(service)?, endpoints: endpoints.into_iter().map(|(address, _)| address).collect() })
}

/// The name of a service port as objects have it.
pub(super) fn port_name(service: &ServicePort<'_>) -> Option<PortName> {
    let name = service.name?;
    Some(PortName {
        namespace: name.namespace().to_str_lossy().into_owned(),
        name: name.name().to_str_lossy().into_owned(),
        port: name.port().to_str_lossy().into_owned(),
        protocol: service.protocol?,
    })
}

/// Where balancing rules lead.
#[derive(Default)]
pub(super) struct Targets {
    /// The addresses, each with its rule.
    pub(super) known: Vec<(SocketAddr, RuleId)>,
    /// Whether there are rules besides that lead to no one address.
    pub(super) has_unknown: bool,
}

pub(super) fn targets(proxy: &Proxy<'_, '_>, balancing: &[Balancing]) -> Targets {
    let target = |rule: &Balancing| proxy.endpoint(rule.endpoint?).dnat()?.target();
    let known: Vec<_> = balancing.iter().filter_map(|rule| Some((target(rule)?, rule.rule))).collect();
    Targets { has_unknown: known.len() < balancing.len(), known }
}

/// The releases that may have written these rules.
#[must_use]
pub fn era(proxy: &Proxy<'_, '_>) -> Era {
    let version = |release: crate::kube::Release| Version::minor(u16::from(release.0));
    Era::between(proxy.dialect.from.map(version), proxy.dialect.to.map(version))
}
