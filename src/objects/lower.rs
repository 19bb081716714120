//! One object as the API types have it → what kube-proxy looks at.
//!
//! Addresses that are none are left out, as kube-proxy leaves them out; a port that is none is an error, since the
//! API server would not have let it pass.

use super::model::{
    Endpoint, Kind, LoadBalancerIp, Node, ObjectRef, Objects, Place, Pod, Service, ServiceKind, ServicePort, Skip,
    Slice, SlicePort, TrafficPolicy, family_of,
};
use crate::ruleset::{Family, Net, Protocol};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Seconds a client stays with its endpoint if the service does not say (API default).
const DEFAULT_AFFINITY: u32 = 10_800;
const HEADLESS: &str = "service.kubernetes.io/headless";
const OTHER_PROXY: &str = "service.kubernetes.io/service-proxy-name";
const SERVICE_NAME: &str = "kubernetes.io/service-name";
const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";
const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// Reads an object of that kind and adds it; `false` if the kind is none of ours.
pub(super) fn add<'de, D: Deserializer<'de>>(
    kind: &str,
    is_beta: bool,
    place: Place,
    from: D,
    objects: &mut Objects,
) -> Result<bool, D::Error> {
    match kind {
        "Service" => {
            let object = core::Service::deserialize(from)?;
            objects.services.push(service(object, place).map_err(D::Error::custom)?);
        }
        "EndpointSlice" => {
            let object = if is_beta { beta_slice(from)? } else { discovery::EndpointSlice::deserialize(from)? };
            objects.slices.push(slice(object, place).map_err(D::Error::custom)?);
        }
        "Endpoints" => {
            let subsets = subsets(core::Endpoints::deserialize(from)?, place).map_err(D::Error::custom)?;
            objects.slices.extend(subsets);
        }
        "Node" => objects.nodes.push(node(core::Node::deserialize(from)?, place)),
        "Pod" => objects.pods.push(pod(core::Pod::deserialize(from)?, place)),
        _ => {
            IgnoredAny::deserialize(from)?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// A `v1beta1` slice (1.17 to 1.24): its `topology` became `deprecatedTopology`, the rest is the same.
fn beta_slice<'de, D: Deserializer<'de>>(from: D) -> Result<discovery::EndpointSlice, D::Error> {
    let mut value = Value::deserialize(from)?;
    for endpoint in value.get_mut("endpoints").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(fields) = endpoint.as_object_mut()
            && let Some(topology) = fields.remove("topology")
        {
            fields.insert("deprecatedTopology".to_owned(), topology);
        }
    }
    discovery::EndpointSlice::deserialize(value).map_err(D::Error::custom)
}

fn service(object: core::Service, place: Place) -> Result<Service, String> {
    let spec = object.spec.unwrap_or_default();
    let kind = service_kind(spec.type_.as_deref());
    let cluster_ips = addresses(spec.cluster_ip.iter().chain(spec.cluster_ips.iter().flatten()));
    let annotation = |name: &str| object.metadata.annotations.as_ref()?.get(name).cloned();
    let ingress = object.status.and_then(|status| status.load_balancer?.ingress);
    Ok(Service {
        kind,
        skip: service_skip(&object.metadata, kind, &cluster_ips),
        cluster_ips,
        ports: service_ports(spec.ports.unwrap_or_default())?,
        external_ips: addresses(spec.external_ips.iter().flatten()),
        load_balancer_ips: ingress.iter().flatten().filter_map(load_balancer_ip).collect(),
        source_ranges: nets(spec.load_balancer_source_ranges.iter().flatten()),
        internal_policy: policy(spec.internal_traffic_policy.as_deref()),
        external_policy: policy(spec.external_traffic_policy.as_deref()),
        affinity_timeout: (spec.session_affinity.as_deref() == Some("ClientIP")).then(|| {
            let seconds = spec.session_affinity_config.and_then(|config| config.client_ip?.timeout_seconds);
            seconds.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(DEFAULT_AFFINITY)
        }),
        health_check_node_port: optional_port(spec.health_check_node_port, "spec.healthCheckNodePort")?,
        topology_hints: annotation("service.kubernetes.io/topology-aware-hints"),
        topology_mode: annotation("service.kubernetes.io/topology-mode"),
        selector: spec.selector.unwrap_or_default(),
        object: object_ref(Kind::Service, object.metadata, place),
    })
}

fn service_kind(kind: Option<&str>) -> ServiceKind {
    match kind {
        Some("NodePort") => ServiceKind::NodePort,
        Some("LoadBalancer") => ServiceKind::LoadBalancer,
        Some("ExternalName") => ServiceKind::ExternalName,
        _ => ServiceKind::ClusterIp,
    }
}

fn service_skip(meta: &ObjectMeta, kind: ServiceKind, cluster_ips: &[IpAddr]) -> Option<Skip> {
    label_skip(meta).or(match kind {
        ServiceKind::ExternalName => Some(Skip::ExternalName),
        _ => cluster_ips.is_empty().then_some(Skip::Headless),
    })
}

/// kube-proxy asks the API for objects without these labels only.
fn label_skip(meta: &ObjectMeta) -> Option<Skip> {
    let has = |label| meta.labels.as_ref().is_some_and(|labels| labels.contains_key(label));
    if has(OTHER_PROXY) { Some(Skip::OtherProxy) } else { has(HEADLESS).then_some(Skip::Headless) }
}

fn service_ports(ports: Vec<core::ServicePort>) -> Result<Vec<ServicePort>, String> {
    let mut known = Vec::with_capacity(ports.len());
    for (at, entry) in ports.into_iter().enumerate() {
        known.push(ServicePort {
            port: port(entry.port, || format!("spec.ports[{at}].port"))?,
            node_port: optional_port(entry.node_port, &format!("spec.ports[{at}].nodePort"))?,
            protocol: protocol(entry.protocol.as_deref(), || format!("spec.ports[{at}].protocol"))?,
            name: entry.name.unwrap_or_default(),
        });
    }
    Ok(known)
}

fn load_balancer_ip(ingress: &core::LoadBalancerIngress) -> Option<LoadBalancerIp> {
    let address = address(ingress.ip.as_deref()?)?;
    Some(LoadBalancerIp { address, is_proxied: ingress.ip_mode.as_deref() == Some("Proxy") })
}

fn policy(value: Option<&str>) -> TrafficPolicy {
    if value == Some("Local") { TrafficPolicy::Local } else { TrafficPolicy::Cluster }
}

fn slice(object: discovery::EndpointSlice, place: Place) -> Result<Slice, String> {
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

fn subsets(object: core::Endpoints, place: Place) -> Result<Vec<Slice>, String> {
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

fn node(object: core::Node, place: Place) -> Node {
    let spec = object.spec.unwrap_or_default();
    let status = object.status.unwrap_or_default();
    let version = status.node_info.map(|info| match info.kube_proxy_version.as_str() {
        "" => info.kubelet_version,
        _ => info.kube_proxy_version,
    });
    Node {
        addresses: addresses(status.addresses.iter().flatten().map(|entry| &entry.address)),
        pod_cidrs: nets(spec.pod_cidr.iter().chain(spec.pod_cidrs.iter().flatten())),
        zone: label(object.metadata.labels.as_ref(), ZONE).filter(|zone| !zone.is_empty()),
        kubelet_version: version.filter(|version| !version.is_empty()),
        object: object_ref(Kind::Node, object.metadata, place),
    }
}

fn label(labels: Option<&BTreeMap<String, String>>, name: &str) -> Option<String> {
    labels?.get(name).cloned()
}

fn pod(object: core::Pod, place: Place) -> Pod {
    let spec = object.spec.unwrap_or_default();
    let status = object.status.unwrap_or_default();
    Pod {
        addresses: addresses(status.pod_ip.iter().chain(status.pod_ips.iter().flatten().map(|ip| &ip.ip))),
        node: spec.node_name,
        has_ended: matches!(status.phase.as_deref(), Some("Succeeded" | "Failed")),
        is_host_network: spec.host_network.unwrap_or(false),
        object: object_ref(Kind::Pod, object.metadata, place),
    }
}

fn object_ref(kind: Kind, meta: ObjectMeta, place: Place) -> ObjectRef {
    let trigger = label(meta.annotations.as_ref(), TRIGGER_TIME).and_then(|time| time.parse::<Timestamp>().ok());
    let managed = meta.managed_fields.into_iter().flatten().filter_map(|entry| entry.time);
    let times = managed.chain(meta.creation_timestamp).chain(meta.deletion_timestamp).map(|time| time.0);
    ObjectRef {
        kind,
        namespace: meta.namespace.unwrap_or_default(),
        name: meta.name.unwrap_or_default(),
        place,
        changed: times.chain(trigger).max().map(Timestamp::as_second),
    }
}

fn port(number: i32, path: impl Fn() -> String) -> Result<u16, String> {
    let known = u16::try_from(number).ok().filter(|&number| number > 0);
    known.ok_or_else(|| format!("{}: {number} is no port (1 to 65535)", path()))
}

/// 0 stands for "none", as in the API.
fn optional_port(number: Option<i32>, path: &str) -> Result<Option<u16>, String> {
    number.filter(|&number| number != 0).map(|number| port(number, || path.to_owned())).transpose()
}

fn protocol(name: Option<&str>, path: impl Fn() -> String) -> Result<Protocol, String> {
    match name {
        None | Some("" | "TCP") => Ok(Protocol::TCP),
        Some("UDP") => Ok(Protocol::UDP),
        Some("SCTP") => Ok(Protocol::SCTP),
        Some(other) => Err(format!("{}: {other:?} is none of TCP, UDP and SCTP", path())),
    }
}

/// Each once, in the order written; what is no address (`None`, host names) is left out.
fn addresses<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<IpAddr> {
    let mut known = Vec::new();
    for address in texts.filter_map(|text| address(text)) {
        if !known.contains(&address) {
            known.push(address);
        }
    }
    known
}

/// Go's old parser, and so the API of old clusters, takes leading zeros in IPv4 addresses as decimal.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let sloppy = || {
        let parts = text.split('.').map(|part| if part.len() <= 8 { part.parse().ok() } else { None });
        let parts: [u8; 4] = parts.collect::<Option<Vec<u8>>>()?.try_into().ok()?;
        Some(IpAddr::from(parts))
    };
    text.parse().ok().or_else(sloppy)
}

/// Each once, in the order written, the bits behind the prefix cleared as the kernel clears them.
fn nets<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<Net> {
    let mut known = Vec::new();
    for net in texts.filter_map(|text| net(text)) {
        if !known.contains(&net) {
            known.push(net);
        }
    }
    known
}

fn net(text: &str) -> Option<Net> {
    let (start, prefix) = text.trim().split_once('/')?;
    let prefix: u32 = prefix.parse().ok()?;
    let net = Net::new(address(start)?, prefix)?;
    let start = match &net {
        Net::V4 { addr, mask } => IpAddr::from((u32::from(*addr) & u32::from(*mask)).to_be_bytes()),
        Net::V6(net) => IpAddr::from((u128::from(net.0) & u128::from(net.1)).to_be_bytes()),
    };
    Net::new(start, prefix)
}
