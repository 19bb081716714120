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

#[cfg(test)]
mod tests {
    use super::super::fixture::{objects, service, slice};
    use super::*;
    use crate::ruleset::Protocol;
    use serde_json::{Value, json};

    fn port(name: &str) -> PortName {
        PortName { namespace: "shop".into(), name: "web".into(), port: name.into(), protocol: Protocol::TCP }
    }

    #[track_caller]
    fn joins(items: &[Value], port: &PortName, family: Family, expected: &[&str]) {
        let objects = objects(items);
        let found = SliceIndex::new(&objects).candidates(port, family, true);
        let found: Vec<String> = found.iter().map(|candidate| candidate.address.to_string()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn slices_of_a_service_are_joined_without_repeats() {
        let first = slice("a", &json!([{"addresses": ["10.0.0.9"]}, {"addresses": ["10.0.0.2"]}]));
        let second = slice("b", &json!([{"addresses": ["10.0.0.2"]}, {"addresses": ["10.0.0.10", "10.0.0.11"]}]));
        joins(&[first, second], &port("http"), Family::Ipv4, &["10.0.0.2:8080", "10.0.0.9:8080", "10.0.0.10:8080"]);
    }

    #[test]
    fn the_better_state_of_an_endpoint_in_two_slices_counts() {
        let first = slice("a", &json!([{"addresses": ["10.0.0.2"], "conditions": {"ready": false}}]));
        let second = slice("b", &json!([{"addresses": ["10.0.0.2"], "conditions": {"ready": true}}]));
        let objects = objects(&[first, second]);
        let found = SliceIndex::new(&objects).candidates(&port("http"), Family::Ipv4, true);
        assert_eq!(found.iter().map(|found| found.endpoint.is_ready).collect::<Vec<_>>(), [true]);
    }

    #[test]
    fn ports_are_joined_by_name_and_protocol_and_never_by_number() {
        let mut two = slice("a", &json!([{"addresses": ["10.0.0.2"]}]));
        two["ports"] = json!([
            {"name": "http", "port": 8080, "protocol": "UDP"},
            {"name": "http", "port": 8081, "protocol": "TCP"},
            {"name": "admin", "port": 8080, "protocol": "TCP"},
        ]);
        joins(&[two.clone()], &port("http"), Family::Ipv4, &["10.0.0.2:8081"]);
        joins(&[two], &port("8080"), Family::Ipv4, &[]);
    }

    #[test]
    fn an_unnamed_port_joins_an_unnamed_or_empty_name() {
        let mut unnamed = slice("a", &json!([{"addresses": ["10.0.0.2"]}]));
        unnamed["ports"] = json!([{"port": 8080}]);
        joins(&[unnamed.clone()], &port(""), Family::Ipv4, &["10.0.0.2:8080"]);
        unnamed["ports"] = json!([{"name": "", "port": 9090, "protocol": "TCP"}]);
        joins(&[unnamed], &port(""), Family::Ipv4, &["10.0.0.2:9090"]);
    }

    #[test]
    fn only_slices_of_the_family_and_service_and_without_skipping_labels_count() {
        let endpoints = json!([{"addresses": ["10.0.0.2"]}]);
        let mut other_family = slice("a", &json!([{"addresses": ["fd00::2"]}]));
        other_family["addressType"] = json!("IPv6");
        let mut names = slice("b", &json!([{"addresses": ["a.example"]}]));
        names["addressType"] = json!("FQDN");
        let mut headless = slice("c", &endpoints);
        headless["metadata"]["labels"]["service.kubernetes.io/headless"] = json!("");
        let mut other_service = slice("d", &endpoints);
        other_service["metadata"]["labels"]["kubernetes.io/service-name"] = json!("webb");
        let mut other_namespace = slice("e", &endpoints);
        other_namespace["metadata"]["namespace"] = json!("shop2");
        let all = [other_family, names, headless, other_service, other_namespace];
        joins(&all, &port("http"), Family::Ipv4, &[]);
        joins(&all, &port("http"), Family::Ipv6, &["[fd00::2]:8080"]);
    }

    #[test]
    fn endpoints_objects_serve_where_there_are_no_slices() {
        let legacy = json!({
            "apiVersion": "v1", "kind": "Endpoints", "metadata": {"namespace": "shop", "name": "web"},
            "subsets": [
                {"addresses": [{"ip": "10.0.0.2", "nodeName": "n1"}], "notReadyAddresses": [{"ip": "10.0.0.3"}],
                 "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]},
                {"addresses": [{"ip": "10.0.0.4"}], "ports": [{"name": "http", "port": 8081}]},
            ],
        });
        let all = ["10.0.0.2:8080", "10.0.0.3:8080", "10.0.0.4:8081"];
        joins(&[service(&json!({})), legacy.clone()], &port("http"), Family::Ipv4, &all);
        let newer = slice("a", &json!([{"addresses": ["10.0.0.7"]}]));
        let both = objects(&[legacy, newer]);
        let index = SliceIndex::new(&both);
        let read = |reads_slices| index.candidates(&port("http"), Family::Ipv4, reads_slices).len();
        assert_eq!((index.has_both(), read(true), read(false)), (true, 1, 3));
        assert_eq!(both.slices[0].path(&both.slices[0].endpoints[1]), "items[0].subsets[0].notReadyAddresses[0]");
        assert_eq!(both.slices[2].path(&both.slices[2].endpoints[0]), "items[1].endpoints[0]");
    }

    #[test]
    fn a_beta_slice_tells_the_node_by_its_topology() {
        let mut beta = slice("a", &json!([{"addresses": ["10.0.0.2"], "topology": {"kubernetes.io/hostname": "n1"}}]));
        beta["apiVersion"] = json!("discovery.k8s.io/v1beta1");
        let objects = objects(&[beta]);
        assert_eq!(objects.slices[0].endpoints[0].node.as_deref(), Some("n1"));
    }
}
