//! How values of the model are written.

use crate::kube::{CaptureKind, CaptureState, Identity, ProxyMode, TrafficPolicy};
use crate::ruleset::{Backend, Family};
use bstr::{BStr, ByteSlice};
use std::borrow::Cow;

/// Bytes as text.
pub(super) fn lossy(text: &BStr) -> Cow<'_, str> {
    text.to_str_lossy()
}

pub(super) fn family(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "ipv4",
        Family::Ipv6 => "ipv6",
    }
}

pub(super) fn backend(backend: Backend) -> &'static str {
    match backend {
        Backend::Legacy => "legacy",
        Backend::Nft => "nft",
        Backend::Unknown => "unknown",
    }
}

pub(super) fn mode(mode: ProxyMode) -> &'static str {
    match mode {
        ProxyMode::Iptables => "iptables",
        ProxyMode::Ipvs => "ipvs",
        ProxyMode::Userspace => "userspace",
        ProxyMode::Nftables => "nftables",
        ProxyMode::None => "none",
    }
}

pub(super) fn identity(identity: Identity) -> &'static str {
    match identity {
        Identity::Verified => "verified",
        Identity::Contradicted => "contradicted",
        Identity::Unknown => "unknown",
    }
}

pub(super) fn policy(policy: TrafficPolicy) -> &'static str {
    match policy {
        TrafficPolicy::Cluster => "Cluster",
        TrafficPolicy::Local => "Local",
    }
}

pub(super) fn capture_kind(kind: CaptureKind) -> &'static str {
    match kind {
        CaptureKind::ClusterIp => "clusterIP",
        CaptureKind::ExternalIp => "externalIP",
        CaptureKind::LoadBalancerIp => "loadBalancerIP",
        CaptureKind::NodePort => "nodePort",
    }
}

pub(super) fn capture_state(state: CaptureState) -> &'static str {
    match state {
        CaptureState::Routed => "routed",
        CaptureState::Rejected => "rejected",
        CaptureState::Dropped => "dropped",
    }
}
