//! Small objects for tests: `shop/web` with one port `http`, slices of it, and nodes.

use super::{DumpEvidence, Era, Expected, NodeIdentity, Objects, Version, expected, identify, read};
use crate::ruleset::Family;
use serde_json::{Value, json};

/// What is read from a list of these.
#[track_caller]
pub(super) fn objects(items: &[Value]) -> Objects {
    read("test.json", json!({"kind": "List", "items": items}).to_string().as_bytes()).unwrap()
}

/// `shop/web` at 10.96.0.1:80, its spec changed by `spec`.
pub(super) fn service(spec: &Value) -> Value {
    let ports = json!([{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}]);
    let mut all = json!({"type": "ClusterIP", "clusterIP": "10.96.0.1", "ports": ports});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "web"}, "spec": all})
}

/// A slice of `shop/web` whose port `http` is 8080.
pub(super) fn slice(name: &str, endpoints: &Value) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "addressType": "IPv4",
        "metadata": {"namespace": "shop", "name": name, "labels": {"kubernetes.io/service-name": "web"}},
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": endpoints,
    })
}

/// A node, in a zone if it is not empty.
pub(super) fn node(name: &str, zone: &str) -> Value {
    let labels = if zone.is_empty() { json!({}) } else { json!({"topology.kubernetes.io/zone": zone}) };
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
}

/// The node of that name, as the user gives it; none for an empty name.
pub(super) fn given(objects: &Objects, name: &str) -> NodeIdentity {
    let name = Some(name).filter(|name| !name.is_empty());
    identify(objects, name, &DumpEvidence::default())
}

/// What kube-proxy 1.minor writes on node `n1`, IPv4.
pub(super) fn expected_by(objects: &Objects, minor: u16) -> Expected<'_> {
    expected(objects, &given(objects, "n1"), Family::Ipv4, Era::only(Version::minor(minor)))
}
