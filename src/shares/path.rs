//! Every way into a service, and where each leads.

use super::capture::to_capture;
use crate::facts::Facts;
use crate::kube::{Capture, CaptureKind, Proxy, ServicePort};
use crate::trace::{Machine, Origin, Outcome};
use std::net::IpAddr;

/// Who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// A pod of this node.
    Pod,
    /// A process of the node itself.
    Node,
    /// A client outside of the node and its pods.
    External,
    /// A pod that is an endpoint of the service.
    OwnPod,
}

/// One way into a service: who connects to which of its addresses, and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Who connects.
    pub way: Way,
    /// The pod's address for [`Way::OwnPod`].
    pub source: Option<IpAddr>,
    /// To which captures, by their index: all those for which the outcomes are the same.
    pub captures: Vec<usize>,
    /// What becomes of it.
    pub outcomes: Vec<Outcome>,
    /// What was taken for granted because the dump shows it, a sentence each.
    pub inferred: Vec<String>,
}

/// All ways into `service`, in the order in which people ask: inside first. The walk begins at the built-in chains, so
/// a dump without them gives none.
#[must_use]
pub fn paths<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    facts: &Facts,
) -> Vec<Path> {
    let mut paths = Vec::new();
    let inner = |capture: &Capture<'_>| capture.kind == CaptureKind::ClusterIp;
    let outer = |capture: &Capture<'_>| capture.kind != CaptureKind::ClusterIp;
    let mut add = |way, wanted: &dyn Fn(&Capture<'src>) -> bool| {
        paths.extend(of_way(machine, proxy, service, facts, way, None, wanted));
    };
    add(Way::Pod, &inner);
    add(Way::Node, &inner);
    add(Way::External, &outer);
    add(Way::Pod, &outer);
    add(Way::Node, &outer);
    if let Some(pod) = own_pod(proxy, service) {
        paths.extend(of_way(machine, proxy, service, facts, Way::OwnPod, Some(pod), &inner));
    }
    paths
}

/// The first endpoint of this node, where the chains tell, else the first of all.
fn own_pod(proxy: &Proxy<'_, '_>, service: &ServicePort<'_>) -> Option<IpAddr> {
    let mut all = proxy.local_endpoints(service).iter().chain(proxy.cluster_endpoints(service));
    all.find_map(|rule| proxy.endpoint(rule.endpoint?).dnat()?.address)
}

/// One path for each set of captures that give the same.
fn of_way<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    facts: &Facts,
    way: Way,
    source: Option<IpAddr>,
    wanted: &dyn Fn(&Capture<'src>) -> bool,
) -> Vec<Path> {
    let mut paths: Vec<Path> = Vec::new();
    for (at, capture) in service.captures.iter().enumerate().filter(|(_, capture)| wanted(capture)) {
        let Some(path) = one(machine, proxy, service, facts, way, source, (at, capture)) else { continue };
        match paths.iter_mut().find(|known| is_same(known, &path)) {
            Some(known) => known.captures.push(at),
            None => paths.push(path),
        }
    }
    paths
}

fn one<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    facts: &Facts,
    way: Way,
    source: Option<IpAddr>,
    (at, capture): (usize, &Capture<'src>),
) -> Option<Path> {
    let origin = match way {
        Way::Pod | Way::OwnPod => Origin::Pod,
        Way::Node => Origin::Node,
        Way::External => Origin::External,
    };
    let (mut packet, facts) = to_capture(origin, capture, service.protocol?, proxy, facts)?;
    packet.source = source;
    let (outcomes, inferred) = machine.outcomes_and_inferred(&packet, &facts);
    Some(Path { way, source, captures: vec![at], outcomes, inferred })
}

/// Whether two paths lead to the same, whichever rules made it so and wherever what was not translated goes.
fn is_same(one: &Path, other: &Path) -> bool {
    use crate::trace::Verdict;
    one.outcomes.len() == other.outcomes.len()
        && one.outcomes.iter().zip(&other.outcomes).all(|(one, other)| {
            let goes_same = one.destination == other.destination || one.verdict != Verdict::Translated;
            (one.probability - other.probability).abs() < 1e-9
                && goes_same
                && (one.verdict, one.source, one.masqueraded) == (other.verdict, other.source, other.masqueraded)
                && (&one.reject_with, &one.conditions) == (&other.reject_with, &other.conditions)
        })
}
