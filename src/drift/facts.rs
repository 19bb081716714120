//! What the objects add to what the rules show of a service port: for `services` (ready of expected) and `explain`
//! (selector, pods, nodes).

use super::locate::Located;
use super::node::era;
use super::pairing::Pairing;
use crate::kube::Proxy;
use crate::objects::{Candidate, ExpectedPort, Members, Objects, expected};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// What the objects say of a service port that the rules have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFacts {
    /// How many endpoints are ready.
    pub ready: usize,
    /// How many endpoints the objects know, whatever their state.
    pub known: usize,
    /// How many endpoints this node's rules should list; `None` where that depends on a node that is not known.
    pub expected: Option<usize>,
    /// The Service's selector.
    pub selector: BTreeMap<String, String>,
    /// Its endpoints, in order of address.
    pub endpoints: Vec<EndpointFacts>,
}

/// What the objects say of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointFacts {
    /// Address and port.
    pub address: SocketAddr,
    /// `ns/name` of its pod.
    pub pod: Option<String>,
    /// The node it runs on.
    pub node: Option<String>,
    /// Whether it takes new connections.
    pub is_ready: bool,
    /// Whether it is about to end.
    pub is_terminating: bool,
}

/// By index of [`Proxy::services`]: what the objects say of it; `None` for services they do not have.
#[must_use]
pub fn service_facts(proxy: &Proxy<'_, '_>, objects: &Objects, located: &Located) -> Vec<Option<ServiceFacts>> {
    let expected = expected(objects, &located.effective, proxy.resolved.ruleset.family, era(proxy));
    let pairing = Pairing::new(proxy, &expected);
    let mut facts = vec![None; proxy.services.len()];
    for (port, found) in expected.ports.iter().zip(&pairing.found) {
        if let Some(slot) = found.and_then(|at| facts.get_mut(at as usize)) {
            *slot = Some(of_port(port));
        }
    }
    facts
}

fn of_port(port: &ExpectedPort<'_>) -> ServiceFacts {
    let members =
        port.views.first().map(|view| if view.cluster == Members::NotUsed { &view.local } else { &view.cluster });
    ServiceFacts {
        ready: port.counts.ready,
        known: port.candidates.len(),
        expected: members.and_then(|members| match members {
            Members::Unknown => None,
            members => Some(members.addresses().len()),
        }),
        selector: port.service.selector.clone(),
        endpoints: port.candidates.iter().map(endpoint).collect(),
    }
}

fn endpoint(candidate: &Candidate<'_>) -> EndpointFacts {
    let endpoint = candidate.endpoint;
    EndpointFacts {
        address: candidate.address,
        pod: endpoint.pod.clone(),
        node: endpoint.node.clone(),
        is_ready: endpoint.is_ready,
        is_terminating: endpoint.is_terminating,
    }
}
