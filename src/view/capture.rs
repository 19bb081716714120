//! The addresses of a service in words.

use super::address::endpoint;
use crate::kube::{Capture, CaptureKind, CaptureState};

/// What kind of address it is, as Kubernetes calls it.
#[must_use]
pub fn kind_word(kind: CaptureKind) -> &'static str {
    match kind {
        CaptureKind::ClusterIp => "cluster IP",
        CaptureKind::ExternalIp => "external IP",
        CaptureKind::LoadBalancerIp => "load balancer",
        CaptureKind::NodePort => "node port",
    }
}

/// What a new connection gets there.
#[must_use]
pub fn state_word(state: CaptureState) -> &'static str {
    match state {
        CaptureState::Routed => "routed",
        CaptureState::Rejected => "rejected",
        CaptureState::Dropped => "dropped",
    }
}

/// As a table names it, short: `10.96.0.1:443`, `52.48.10.15:443 LB`, `node port 32711`.
pub(super) fn short(capture: &Capture<'_>) -> String {
    let place = endpoint(capture.address, capture.port);
    match (capture.kind, capture.address) {
        (CaptureKind::ClusterIp, _) => place,
        (CaptureKind::ExternalIp, _) => format!("{place} external"),
        (CaptureKind::LoadBalancerIp, _) => format!("{place} LB"),
        (CaptureKind::NodePort, None) => format!("node {place}"),
        (CaptureKind::NodePort, Some(_)) => format!("{place} node port"),
    }
}

/// As a sentence names it: `cluster IP 10.96.0.1:443`, `node port 32711`.
pub(super) fn long(capture: &Capture<'_>) -> String {
    match (capture.kind, capture.address, capture.port) {
        (CaptureKind::NodePort, None, Some(port)) => format!("node port {port}"),
        (kind, address, port) => format!("{} {}", kind_word(kind), endpoint(address, port)),
    }
}
