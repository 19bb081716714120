//! A DNAT target that is itself the address of a service.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{CaptureKind, Dnat, EndpointChain};
use crate::ruleset::Protocol;
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

pub(super) static CHECK: Check = Check {
    name: "dnat-to-service-address",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a pod's chain translates to the cluster IP of a service, which nobody translates again",
    page: include_str!("dnat_to_service_address.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

/// Cluster IPs and ports, and the service at each. Other addresses may be those of nodes, where pods listen, too.
type Addresses = HashMap<(SocketAddr, Option<Protocol>), u32, RandomState>;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let addresses = addresses(cx);
    if addresses.is_empty() {
        return;
    }
    for (_, chain) in cx.endpoints().filter(|(_, chain)| chain.service().is_some()) {
        let Some(dnat) = chain.dnat() else { continue };
        let Some(target) = dnat.target() else { continue };
        if let Some(&service) = addresses.get(&(target, dnat.protocol)) {
            found.push(finding(cx, chain, dnat, (target, service)));
        }
    }
}

fn addresses(cx: &Context<'_, '_>) -> Addresses {
    let mut addresses = Addresses::default();
    let wanted = wanted(cx);
    if wanted.is_none() {
        addresses.reserve(cx.proxy.services.len());
    }
    for (at, service) in (0..).zip(&cx.proxy.services) {
        for capture in service.captures.iter().filter(|capture| capture.kind == CaptureKind::ClusterIp) {
            let (Some(address), Some(port)) = (capture.address, capture.port) else { continue };
            let place = SocketAddr::new(address, port);
            if wanted.as_ref().is_none_or(|wanted| wanted.contains(&place)) {
                addresses.insert((place, service.protocol), at);
            }
        }
    }
    addresses
}

/// Where the endpoints of a few services lead; `None` where all are asked about.
fn wanted(cx: &Context<'_, '_>) -> Option<HashSet<SocketAddr, RandomState>> {
    cx.scope.as_ref()?;
    Some(cx.endpoints().filter_map(|(_, chain)| chain.dnat()?.target()).collect())
}

fn finding(
    cx: &Context<'_, '_>,
    chain: &EndpointChain<'_>,
    dnat: Dnat,
    (target, service): (SocketAddr, u32),
) -> Finding {
    let other = cx.name_at(service);
    let subject = chain.service().map_or_else(|| cx.proxy.name_of(chain).to_string(), |service| cx.name_at(service));
    let mut finding = Finding::new(
        subject,
        format!("`{}` sends to `{target}`, the cluster IP of `{other}`", cx.proxy.name_of(chain)),
        cx.line(dnat.rule),
    )
    .label("translates to a service, not to a pod");
    if let Some(&rule) = cx.proxy.services[service as usize].captures.iter().flat_map(|capture| &capture.jumps).next() {
        finding = finding.line(cx.line(rule), format!("the address of {other}"));
    }
    finding
        .effect("A connection is translated once. What draws this rule goes out for the cluster IP as it is, where nobody answers.")
        .remedy(
            "If this service's Endpoints or EndpointSlices are written by hand, put the addresses of pods in, not that of \
             a service. Otherwise restart kube-proxy on this node and check again.",
        )
        .services(chain.service())
        .several("their pods' chains translate to addresses of services")
}
