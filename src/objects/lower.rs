//! One object as the API types have it → what kube-proxy looks at.
//!
//! Addresses that are none are left out, as kube-proxy leaves them out; a port that is none is an error, since the
//! API server would not have let it pass.

use super::lower_slices::{beta_slice, slice, subsets};
use super::model::{
    Kind, LoadBalancerIp, Node, ObjectRef, Objects, Place, Pod, Service, ServiceKind, ServicePort, Skip, TrafficPolicy,
};
use super::values::{address, addresses, nets, optional_port, port, protocol};
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::discovery::v1 as discovery;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Seconds a client stays with its endpoint if the service does not say (API default).
const DEFAULT_AFFINITY: u32 = 10_800;
const HEADLESS: &str = "service.kubernetes.io/headless";
const OTHER_PROXY: &str = "service.kubernetes.io/service-proxy-name";
const ZONE: &str = "topology.kubernetes.io/zone";
const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// Reads an object of that kind and adds it; `false` if the kind is none of ours (other APIs have Services, too).
pub(super) fn add<'de, D: Deserializer<'de>>(
    kind: &str,
    api_version: &str,
    place: Place,
    from: D,
    objects: &mut Objects,
) -> Result<bool, D::Error> {
    let is_core = matches!(api_version, "" | "v1");
    let is_discovery = api_version.is_empty() || api_version.starts_with("discovery.k8s.io/");
    match kind {
        "Service" if is_core => {
            let object = core::Service::deserialize(from)?;
            objects.services.push(service(object, place).map_err(D::Error::custom)?);
        }
        "EndpointSlice" if is_discovery => {
            let object = if api_version.ends_with("v1beta1") {
                beta_slice(from)?
            } else {
                discovery::EndpointSlice::deserialize(from)?
            };
            objects.slices.push(slice(object, place).map_err(D::Error::custom)?);
        }
        "Endpoints" if is_core => {
            let subsets = subsets(core::Endpoints::deserialize(from)?, place).map_err(D::Error::custom)?;
            objects.slices.extend(subsets);
        }
        "Node" if is_core => objects.nodes.push(node(core::Node::deserialize(from)?, place)),
        "Pod" if is_core => objects.pods.push(pod(core::Pod::deserialize(from)?, place)),
        _ => {
            IgnoredAny::deserialize(from)?;
            return Ok(false);
        }
    }
    Ok(true)
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
pub(super) fn label_skip(meta: &ObjectMeta) -> Option<Skip> {
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

pub(super) fn label(labels: Option<&BTreeMap<String, String>>, name: &str) -> Option<String> {
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
        labels: object.metadata.labels.clone().unwrap_or_default(),
        object: object_ref(Kind::Pod, object.metadata, place),
    }
}

pub(super) fn object_ref(kind: Kind, meta: ObjectMeta, place: Place) -> ObjectRef {
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
