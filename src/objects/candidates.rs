//! All endpoints a service port has, whatever their state: slices joined by service label, port name and protocol.

use super::model::{Endpoint, Kind, Objects, PortName, Slice, family_of};
use crate::ruleset::Family;
use std::collections::HashMap;
use std::net::SocketAddr;

/// An endpoint of a service port; what is used of it depends on the era and the node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate<'a> {
    /// Address and port, as a rule's DNAT target has them.
    pub address: SocketAddr,
    /// Its state, node, hints and pod.
    pub endpoint: &'a Endpoint,
    /// The slice it stands in.
    pub slice: &'a Slice,
}

impl Candidate<'_> {
    /// Whether it runs on that node.
    #[must_use]
    pub fn is_on(&self, node: &str) -> bool {
        self.endpoint.node.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(node))
    }

    /// Whether it is ready, or else serving while it terminates: 2, 1; 0 for neither.
    fn fitness(&self) -> u8 {
        match self.endpoint {
            endpoint if endpoint.is_ready => 2,
            endpoint if endpoint.is_serving && endpoint.is_terminating => 1,
            _ => 0,
        }
    }
}

/// Slices by the service they belong to.
pub(super) struct SliceIndex<'a> {
    by_service: HashMap<(&'a str, &'a str), Vec<&'a Slice>>,
    has_slices: bool,
    has_endpoints: bool,
}

impl<'a> SliceIndex<'a> {
    pub(super) fn new(objects: &'a Objects) -> Self {
        let has = |kind| objects.slices.iter().any(|slice| slice.object.kind == kind);
        let mut by_service: HashMap<(&str, &str), Vec<&Slice>> = HashMap::new();
        for slice in objects.slices.iter().filter(|slice| slice.skip.is_none() && !slice.service.is_empty()) {
            by_service.entry((&slice.object.namespace, &slice.service)).or_default().push(slice);
        }
        Self { by_service, has_slices: has(Kind::EndpointSlice), has_endpoints: has(Kind::Endpoints) }
    }

    /// Whether both kinds are there, so that it matters which one kube-proxy reads.
    pub(super) fn has_both(&self) -> bool {
        self.has_slices && self.has_endpoints
    }

    /// The endpoints of a port, each `ip:port` once, in order of address. Where two slices disagree about one (it
    /// moves between them), the better state counts.
    pub(super) fn candidates(&self, port: &PortName, family: Family, reads_slices: bool) -> Vec<Candidate<'a>> {
        let kind = match (self.has_slices, self.has_endpoints) {
            (true, true) if reads_slices => Kind::EndpointSlice,
            (true, false) => Kind::EndpointSlice,
            _ => Kind::Endpoints,
        };
        let slices = self.by_service.get(&(port.namespace.as_str(), port.name.as_str()));
        let mut found = Vec::new();
        for slice in slices.into_iter().flatten().filter(|slice| slice.object.kind == kind) {
            found.extend(of_slice(slice, port, family));
        }
        found.sort_by_key(|candidate| (candidate.address, u8::MAX - candidate.fitness()));
        found.dedup_by_key(|candidate| candidate.address);
        found
    }
}

fn of_slice<'a>(slice: &'a Slice, port: &PortName, family: Family) -> impl Iterator<Item = Candidate<'a>> {
    let numbers = slice.ports.iter().filter(|known| known.name == port.port && known.protocol == port.protocol);
    numbers.flat_map(move |known| {
        let endpoints = slice.endpoints.iter().filter(move |endpoint| family_of(endpoint.address) == family);
        endpoints.map(|endpoint| Candidate { address: (endpoint.address, known.port).into(), endpoint, slice })
    })
}
