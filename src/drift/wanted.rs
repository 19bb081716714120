//! What should capture a service port, and what a new connection there should get, as the objects say it.

use crate::kube::{CaptureKind, CaptureState};
use crate::objects::{Era, ExpectedPort, Members, TrafficPolicy, Version, View};
use std::net::IpAddr;

/// A capture that should be there.
pub(super) struct Wanted {
    pub(super) kind: CaptureKind,
    /// `None` for a node port.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
    /// What a new connection may get; empty where that is not known.
    pub(super) states: Vec<CaptureState>,
}

impl Wanted {
    /// Whether the nat table must show it.
    pub(super) fn is_routed(&self) -> bool {
        self.states == [CaptureState::Routed]
    }
}

/// All captures of a service port in one view.
pub(super) fn wanted(port: &ExpectedPort<'_>, view: &View, era: Era) -> Vec<Wanted> {
    let number = port.port.port;
    let of = |kind, address: Option<IpAddr>, port, states: &[CaptureState]| Wanted {
        kind,
        address,
        port,
        states: states.to_vec(),
    };
    let internal = states(view, view.internal_policy, era);
    let external = states(view, view.external_policy, era);
    let by_external_ip = external_ip_states(view, era, &external);
    let mut all = vec![of(CaptureKind::ClusterIp, Some(port.cluster_ip), number, &internal)];
    let ips = port.external_ips.iter();
    all.extend(ips.map(|&ip| of(CaptureKind::ExternalIp, Some(ip), number, &by_external_ip)));
    let ips = view.load_balancer_ips.iter();
    all.extend(ips.map(|&ip| of(CaptureKind::LoadBalancerIp, Some(ip), number, &external)));
    all.extend(port.port.node_port.map(|number| of(CaptureKind::NodePort, None, number, &external)));
    all
}

/// External IPs went to the service chain whatever the policy until 1.18.
fn external_ip_states(view: &View, era: Era, external: &[CaptureState]) -> Vec<CaptureState> {
    let old = Version::minor(18);
    let cluster = states(view, TrafficPolicy::Cluster, era);
    if era.to < old {
        cluster
    } else if era.from < old && cluster != external {
        Vec::new()
    } else {
        external.to_vec()
    }
}

/// What a new connection may get under that policy; empty where it depends on a node that is not known. A local policy
/// without a chain of its own (1.22, 1.23) is carried out in the service chain.
fn states(view: &View, policy: TrafficPolicy, era: Era) -> Vec<CaptureState> {
    let is_local = policy == TrafficPolicy::Local && view.local != Members::NotUsed;
    let members = if is_local { &view.local } else { &view.cluster };
    let newer = Version::minor(25);
    match (members, view.has_endpoints) {
        (Members::Unknown, _) | (_, None) => Vec::new(),
        (members, _) if !members.addresses().is_empty() => vec![CaptureState::Routed],
        (_, Some(true)) if is_local || era.from >= newer => vec![CaptureState::Dropped],
        (_, Some(true)) if era.to >= newer => vec![CaptureState::Dropped, CaptureState::Rejected],
        _ => vec![CaptureState::Rejected],
    }
}
