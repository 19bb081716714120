//! What the rules of a node should say, service port by service port.

use super::candidates::{Candidate, SliceIndex};
use super::era::{Behaviour, Era};
use super::model::{Objects, PortName, Service, ServiceKind, ServicePort, TrafficPolicy, family_of};
use super::node::NodeIdentity;
use super::select::{Question, ThisNode, View, Zone, view};
use crate::ruleset::{Family, Net};
use std::net::IpAddr;

/// How many endpoints are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ready.
    pub ready: usize,
    /// Not ready, but serving and terminating.
    pub terminating: usize,
    /// Neither.
    pub unready: usize,
}

/// A service port as the API describes it, in one family.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedPort<'a> {
    /// `ns/name:port` and protocol.
    pub name: PortName,
    /// The service it belongs to.
    pub service: &'a Service,
    /// Its entry in the service.
    pub port: &'a ServicePort,
    /// The place of that entry in `spec.ports`.
    pub index: usize,
    /// The service's cluster IP of the family.
    pub cluster_ip: IpAddr,
    /// The external IPs of the family.
    pub external_ips: Vec<IpAddr>,
    /// The load balancer source ranges of the family.
    pub source_ranges: Vec<Net>,
    /// The port of the health check, where kube-proxy opens one (load balancers with external policy Local).
    pub health_check_node_port: Option<u16>,
    /// All endpoints known, in order of address, whatever their state.
    pub candidates: Vec<Candidate<'a>>,
    /// How many of them are in which state.
    pub counts: Counts,
    /// What the versions of the era make of it, each outcome once; never empty. The first one is what the newest
    /// version does by default; any of them is right.
    pub views: Vec<View>,
}

/// All service ports kube-proxy should have rules for.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected<'a> {
    /// In the order of the objects.
    pub ports: Vec<ExpectedPort<'a>>,
    /// Services of which kube-proxy writes nothing in this family: see [`Service::skip`], or no cluster IP of it.
    pub skipped: Vec<&'a Service>,
}

/// The rules of `family` that kube-proxy of that era should have written on that node.
#[must_use]
pub fn expected<'a>(objects: &'a Objects, node: &NodeIdentity, family: Family, era: Era) -> Expected<'a> {
    let asked = Asked {
        slices: SliceIndex::new(objects),
        node: this_node(objects, node),
        family,
        behaviours: era.behaviours(),
    };
    let mut expected = Expected { ports: Vec::new(), skipped: Vec::new() };
    for service in &objects.services {
        let cluster_ip = service.cluster_ips.iter().find(|&&address| family_of(address) == family);
        match (service.skip, cluster_ip) {
            (None, Some(&cluster_ip)) => expected.ports.extend(asked.ports(service, cluster_ip)),
            _ => expected.skipped.push(service),
        }
    }
    expected
}

fn this_node<'a>(objects: &'a Objects, node: &'a NodeIdentity) -> ThisNode<'a> {
    let name = node.name.as_deref();
    let zone = match name.and_then(|name| objects.node(name)) {
        None => Zone::Unknown,
        Some(node) => node.zone.as_deref().map_or(Zone::None, Zone::Named),
    };
    ThisNode { name, zone }
}

/// What stays the same from port to port.
struct Asked<'a, 'n> {
    slices: SliceIndex<'a>,
    node: ThisNode<'n>,
    family: Family,
    behaviours: Vec<Behaviour>,
}

impl<'a> Asked<'a, '_> {
    fn ports(&self, service: &'a Service, cluster_ip: IpAddr) -> impl Iterator<Item = ExpectedPort<'a>> {
        service.ports.iter().enumerate().map(move |(index, port)| self.port(service, port, index, cluster_ip))
    }

    fn port(&self, service: &'a Service, port: &'a ServicePort, index: usize, cluster_ip: IpAddr) -> ExpectedPort<'a> {
        let name = PortName {
            namespace: service.object.namespace.clone(),
            name: service.object.name.clone(),
            port: port.name.clone(),
            protocol: port.protocol,
        };
        let is_ours = |address: IpAddr| family_of(address) == self.family;
        let external_ips: Vec<IpAddr> = service.external_ips.iter().copied().filter(|&ip| is_ours(ip)).collect();
        let reads_slices = self.behaviours.first().is_none_or(|newest| newest.reads_slices);
        let candidates = self.slices.candidates(&name, self.family, reads_slices);
        ExpectedPort {
            views: self.views(service, port, &name, &external_ips, &candidates),
            source_ranges: service.source_ranges.iter().filter(|net| is_ours(net.addr())).cloned().collect(),
            health_check_node_port: health_check(service),
            counts: counts(&candidates),
            name,
            service,
            port,
            index,
            cluster_ip,
            external_ips,
            candidates,
        }
    }

    fn views(
        &self,
        service: &Service,
        port: &ServicePort,
        name: &PortName,
        external_ips: &[IpAddr],
        candidates: &[Candidate<'_>],
    ) -> Vec<View> {
        let mut views = Vec::with_capacity(1);
        for &behaviour in &self.behaviours {
            // Only where Endpoints objects stand beside the slices do old versions see other candidates.
            let other =
                self.slices.has_both().then(|| self.slices.candidates(name, self.family, behaviour.reads_slices));
            let candidates = other.as_deref().unwrap_or(candidates);
            let question = Question { service, port, external_ips, candidates, node: self.node, behaviour };
            let view = view(&question, self.family);
            if !views.contains(&view) {
                views.push(view);
            }
        }
        views
    }
}

fn health_check(service: &Service) -> Option<u16> {
    let needs_one = service.kind == ServiceKind::LoadBalancer && service.external_policy == TrafficPolicy::Local;
    service.health_check_node_port.filter(|_| needs_one)
}

fn counts(candidates: &[Candidate<'_>]) -> Counts {
    let mut counts = Counts::default();
    for Candidate { endpoint, .. } in candidates {
        match endpoint {
            endpoint if endpoint.is_ready => counts.ready += 1,
            endpoint if endpoint.is_serving && endpoint.is_terminating => counts.terminating += 1,
            _ => counts.unready += 1,
        }
    }
    counts
}
