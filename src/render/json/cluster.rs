//! What the API says, where it was given.

use crate::drift::{ObjectPlace, ServiceFacts};
use crate::view::Node;
use serde::Serialize;
use std::collections::BTreeMap;

/// The node the dump is taken to come from.
#[derive(Debug, Serialize)]
pub(super) struct NodeText<'n> {
    /// Its name; null where several fit.
    name: Option<&'n str>,
    /// Whether it was found by evidence; otherwise it was given.
    inferred: bool,
    /// Why it is this one, or why it is none.
    why: &'n str,
}

/// The node, if objects were given.
pub(super) fn node_text<'n>(node: &'n Node<'_, '_>) -> Option<NodeText<'n>> {
    let identity = &node.cluster.as_ref()?.located.identity;
    Some(NodeText { name: identity.name.as_deref(), inferred: identity.is_inferred, why: &identity.why })
}

/// A place in the objects that proves a finding.
#[derive(Debug, Serialize)]
pub(super) struct ObjectEvidence<'n> {
    /// The file.
    file: &'n str,
    /// The kind of the object.
    kind: String,
    /// Its namespace; null for nodes.
    namespace: Option<&'n str>,
    /// Its name.
    name: &'n str,
    /// The JSON path in the file.
    path: &'n str,
    /// What is to be seen there.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'n str>,
}

/// The places.
pub(super) fn object_evidence(places: &[ObjectPlace]) -> Vec<ObjectEvidence<'_>> {
    places.iter().map(object).collect()
}

fn object(place: &ObjectPlace) -> ObjectEvidence<'_> {
    ObjectEvidence {
        file: &place.file,
        kind: place.kind.to_string(),
        namespace: Some(place.namespace.as_str()).filter(|text| !text.is_empty()),
        name: &place.name,
        path: &place.path,
        label: Some(place.label.as_str()).filter(|text| !text.is_empty()),
    }
}

/// What the API says of a service port.
#[derive(Debug, Serialize)]
pub(super) struct ServiceApi<'n> {
    /// How many endpoints are ready.
    ready: usize,
    /// How many the API knows.
    known: usize,
    /// How many this node's rules should list; null where that depends on a node that is not known.
    expected: Option<usize>,
    /// The Service's selector.
    selector: &'n BTreeMap<String, String>,
    /// Its endpoints.
    endpoints: Vec<EndpointApi<'n>>,
}

/// What the API says of an endpoint.
#[derive(Debug, Serialize)]
pub(super) struct EndpointApi<'n> {
    /// Its address.
    address: String,
    /// Its port.
    port: u16,
    /// `namespace/name` of its pod.
    pod: Option<&'n str>,
    /// The node it runs on.
    node: Option<&'n str>,
    /// Whether it takes new connections.
    ready: bool,
    /// Whether it is about to end.
    terminating: bool,
}

pub(super) fn service_api(facts: &ServiceFacts) -> ServiceApi<'_> {
    let endpoints = facts.endpoints.iter().map(|endpoint| EndpointApi {
        address: endpoint.address.ip().to_string(),
        port: endpoint.address.port(),
        pod: endpoint.pod.as_deref(),
        node: endpoint.node.as_deref(),
        ready: endpoint.is_ready,
        terminating: endpoint.is_terminating,
    });
    ServiceApi {
        ready: facts.ready,
        known: facts.known,
        expected: facts.expected,
        selector: &facts.selector,
        endpoints: endpoints.collect(),
    }
}
