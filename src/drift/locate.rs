//! Whose rules these are: the node named or found, and whether the rules contradict it.

use super::node::{era, evidence, targets};
use super::pairing::Pairing;
use crate::kube::{Proxy, TrafficPolicy};
use crate::objects::{DumpEvidence, ExpectedPort, NodeIdentity, Objects, expected, fits, identify};
use std::collections::BTreeSet;

/// The node the rules are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The node as it was given or found; its name is `None` where several fit.
    pub identity: NodeIdentity,
    /// The rules are those of another node.
    pub wrong: Option<WrongNode>,
    /// The node whose rules these are, so far as that is known: what local endpoints are compared with.
    pub effective: NodeIdentity,
}

/// The rules are those of another node than the one they should be of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongNode {
    /// The node that was given, or that the addresses of the rules are of.
    pub node: String,
    /// Whether the user gave it; otherwise kube-proxy itself is mistaken about its node.
    pub is_given: bool,
    /// What contradicts it, as lowercase fragments.
    pub reasons: Vec<String>,
    /// The services whose local endpoints contradict it: ruleset and index.
    pub services: Vec<(usize, u32)>,
    /// The node that fits, if one does.
    pub fitting: Option<String>,
}

/// Finds the node, by name if given.
#[must_use]
pub fn locate(proxies: &[Proxy<'_, '_>], objects: &Objects, given: Option<&str>) -> Located {
    let evidence = evidence(proxies);
    let identity = identify(objects, given, &evidence);
    let by_place = DumpEvidence { local_sets: Vec::new(), pod_cidrs: Vec::new(), ..evidence.clone() };
    let believed = identity.name.clone().or_else(|| {
        let found = identify(objects, None, &by_place);
        found.name.filter(|_| !evidence.node_addresses.is_empty())
    });
    let Some(node) = believed.filter(|_| !objects.nodes.is_empty()) else {
        return Located { effective: identity.clone(), identity, wrong: None };
    };
    let (mut reasons, services) = contradictions(proxies, objects, &node);
    if given.is_some() {
        reasons.extend(other_places(objects, &evidence, &node));
    }
    if reasons.is_empty() {
        return Located { effective: identity.clone(), identity, wrong: None };
    }
    let rest =
        if given.is_some() { evidence } else { DumpEvidence { local_sets: evidence.local_sets, ..Default::default() } };
    let mut effective = identify(objects, None, &rest);
    effective.name = effective.name.filter(|name| !name.eq_ignore_ascii_case(&node));
    let fitting = effective.name.clone();
    let wrong = WrongNode { node, is_given: given.is_some(), reasons, services, fitting };
    Located { identity, wrong: Some(wrong), effective }
}

/// Addresses and nets of the rules that another node has and this one has not.
fn other_places(objects: &Objects, evidence: &DumpEvidence, node: &str) -> Vec<String> {
    let fits = fits(objects, evidence);
    let (own, others): (Vec<_>, Vec<_>) = fits.iter().partition(|fit| fit.node.object.name.eq_ignore_ascii_case(node));
    let mut reasons = Vec::new();
    if own.is_empty() {
        reasons.push(format!("the objects hold no node `{node}`"));
        return reasons;
    }
    if own.iter().all(|fit| fit.addresses == 0)
        && let Some(other) = others.iter().find(|fit| fit.addresses > 0)
    {
        reasons.push(format!("the node address in the rules is one of `{}`", other.node.object.name));
    }
    if own.iter().all(|fit| fit.pod_cidrs == 0)
        && let Some(other) = others.iter().find(|fit| fit.pod_cidrs > 0)
    {
        reasons.push(format!("the rules' pod net is the pod CIDR of `{}`", other.node.object.name));
    }
    reasons
}

/// Votes of the services with a local policy.
#[derive(Default)]
struct Votes {
    agreeing: usize,
    foreign: Vec<(usize, u32)>,
    empty: Vec<(usize, u32)>,
    empty_services: BTreeSet<(String, String)>,
}

/// What the local endpoints say against the node; nothing unless at least two sets do and hardly any agrees.
fn contradictions(proxies: &[Proxy<'_, '_>], objects: &Objects, node: &str) -> (Vec<String>, Vec<(usize, u32)>) {
    let mut votes = Votes::default();
    let identity = NodeIdentity { name: Some(node.to_owned()), is_inferred: false, why: String::new() };
    for (source, proxy) in proxies.iter().enumerate() {
        let has_local = |service: &crate::kube::ServicePort<'_>| {
            [service.internal_policy, service.external_policy].contains(&Some(TrafficPolicy::Local))
        };
        if proxy.services.iter().any(has_local) {
            let expected = expected(objects, &identity, proxy.resolved.ruleset.family, era(proxy));
            let pairing = Pairing::new(proxy, &expected);
            for (port, found) in expected.ports.iter().zip(&pairing.found) {
                let Some(at) = found.filter(|&at| has_local(&proxy.services[at as usize])) else { continue };
                vote(&mut votes, proxy, (source, at), port, node);
            }
        }
    }
    let is_few = |against: usize| against >= 2 && votes.agreeing * 4 <= against;
    let mut reasons = Vec::new();
    if is_few(votes.foreign.len()) {
        reasons.push(format!("the local endpoints of {} service ports run on other nodes", votes.foreign.len()));
    }
    if is_few(votes.empty_services.len()) {
        let count = votes.empty_services.len();
        reasons.push(format!("{count} services have endpoints on `{node}` that the local-policy chains do not list"));
    }
    let services = if reasons.is_empty() { Vec::new() } else { votes.foreign.into_iter().chain(votes.empty).collect() };
    (reasons, services)
}

fn vote(votes: &mut Votes, proxy: &Proxy<'_, '_>, place: (usize, u32), port: &ExpectedPort<'_>, node: &str) {
    let found = targets(proxy, proxy.local_endpoints(&proxy.services[place.1 as usize])).known;
    let candidate = |address| port.candidates.iter().find(|candidate| candidate.address == address);
    let known: Vec<_> = found.iter().filter_map(|&(address, _)| candidate(address)).collect();
    let has_node = known.iter().any(|candidate| candidate.endpoint.node.is_some());
    if known.iter().any(|candidate| candidate.is_on(node)) {
        votes.agreeing += 1;
    } else if has_node {
        votes.foreign.push(place);
    } else if found.is_empty() && port.views.iter().all(|view| !view.local.addresses().is_empty()) {
        votes.empty.push(place);
        votes.empty_services.insert((port.name.namespace.clone(), port.name.name.clone()));
    }
}
