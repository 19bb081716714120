//! `EndpointSlices` and Endpoints objects as the API types have them → what kube-proxy looks at.

use super::lower::{label_skip, object_ref};
use super::model::{Endpoint, Kind, Place, Slice, SlicePort, family_of};
use super::values::{address, optional_port, port, protocol};
use crate::ruleset::Family;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::Value;

const SERVICE_NAME: &str = "kubernetes.io/service-name";
const HOSTNAME: &str = "kubernetes.io/hostname";

/// A `v1beta1` slice (1.17 to 1.24): its `topology` became `deprecatedTopology`, the rest is the same.
pub(super) fn beta_slice<'de, D: Deserializer<'de>>(from: D) -> Result<discovery::EndpointSlice, D::Error> {
    let mut value = Value::deserialize(from)?;
    for endpoint in value.get_mut("endpoints").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(fields) = endpoint.as_object_mut()
            && let Some(topology) = fields.remove("topology")
        {
            fields.insert("deprecatedTopology".to_owned(), topology);
        }
    }
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".to_owned(), "discovery.k8s.io/v1".into());
    }
    discovery::EndpointSlice::deserialize(value).map_err(D::Error::custom)
}

pub(super) fn slice(object: discovery::EndpointSlice, place: Place) -> Result<Slice, String> {
    let family = match object.address_type.as_str() {
        "IPv4" => Some(Family::Ipv4),
        "IPv6" => Some(Family::Ipv6),
        _ => None,
    };
    let service = object.metadata.labels.as_ref().and_then(|labels| labels.get(SERVICE_NAME).cloned());
    let mut ports = Vec::new();
    for (at, entry) in object.ports.unwrap_or_default().into_iter().enumerate() {
        // A port without a number means all ports, which kube-proxy does not carry out.
        if let Some(number) = optional_port(entry.port, &format!("ports[{at}].port"))? {
            let protocol = protocol(entry.protocol.as_deref(), || format!("ports[{at}].protocol"))?;
            ports.push(SlicePort { name: entry.name.unwrap_or_default(), protocol, port: number });
        }
    }
    let endpoints = (0..).zip(object.endpoints.unwrap_or_default());
    Ok(Slice {
        service: service.unwrap_or_default(),
        subset: None,
        skip: label_skip(&object.metadata),
        ports,
        endpoints: endpoints
            .filter_map(|(index, entry)| endpoint(entry, index))
            .filter(|endpoint| Some(family_of(endpoint.address)) == family)
            .collect(),
        object: object_ref(Kind::EndpointSlice, object.metadata, place),
    })
}

fn endpoint(entry: discovery::Endpoint, index: u32) -> Option<Endpoint> {
    let conditions = entry.conditions.unwrap_or_default();
    let hints = entry.hints.unwrap_or_default();
    let hostname = || entry.deprecated_topology.as_ref()?.get(HOSTNAME).cloned();
    Some(Endpoint {
        address: address(entry.addresses.first()?)?,
        is_ready: conditions.ready.unwrap_or(true),
        is_serving: conditions.serving.unwrap_or(true),
        is_terminating: conditions.terminating.unwrap_or(false),
        node: entry.node_name.or_else(hostname),
        zone_hints: hints.for_zones.into_iter().flatten().map(|zone| zone.name).collect(),
        node_hints: hints.for_nodes.into_iter().flatten().map(|node| node.name).collect(),
        pod: entry.target_ref.and_then(pod_name),
        index,
    })
}

fn pod_name(target: core::ObjectReference) -> Option<String> {
    let is_pod = target.kind.as_deref() == Some("Pod");
    is_pod.then(|| Some(format!("{}/{}", target.namespace.unwrap_or_default(), target.name?)))?
}

pub(super) fn subsets(object: core::Endpoints, place: Place) -> Result<Vec<Slice>, String> {
    let skip = label_skip(&object.metadata);
    let reference = object_ref(Kind::Endpoints, object.metadata, place);
    let mut slices = Vec::new();
    for (subset, entry) in (0..).zip(object.subsets.unwrap_or_default()) {
        slices.push(Slice {
            service: reference.name.clone(),
            subset: Some(subset),
            skip,
            ports: subset_ports(entry.ports.unwrap_or_default(), subset)?,
            endpoints: subset_endpoints(entry.addresses, true)
                .chain(subset_endpoints(entry.not_ready_addresses, false))
                .collect(),
            object: reference.clone(),
        });
    }
    Ok(slices)
}

fn subset_ports(ports: Vec<core::EndpointPort>, subset: u32) -> Result<Vec<SlicePort>, String> {
    let mut known = Vec::with_capacity(ports.len());
    for (at, entry) in ports.into_iter().enumerate() {
        known.push(SlicePort {
            port: port(entry.port, || format!("subsets[{subset}].ports[{at}].port"))?,
            protocol: protocol(entry.protocol.as_deref(), || format!("subsets[{subset}].ports[{at}].protocol"))?,
            name: entry.name.unwrap_or_default(),
        });
    }
    Ok(known)
}

fn subset_endpoints(list: Option<Vec<core::EndpointAddress>>, is_ready: bool) -> impl Iterator<Item = Endpoint> {
    (0..).zip(list.unwrap_or_default()).filter_map(move |(index, entry)| {
        Some(Endpoint {
            address: address(&entry.ip)?,
            is_ready,
            is_serving: is_ready,
            is_terminating: false,
            node: entry.node_name,
            zone_hints: Vec::new(),
            node_hints: Vec::new(),
            pod: entry.target_ref.and_then(pod_name),
            index,
        })
    })
}
