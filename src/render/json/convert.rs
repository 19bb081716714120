//! How values of the model are written.

use crate::kube::{CaptureKind, CaptureState, Identity, ProxyMode, TrafficPolicy};
use crate::ruleset::{Backend, Family};
use bstr::BStr;
use serde::{Serialize, Serializer};

/// A piece of the dump as a string; bytes that are not UTF-8 become U+FFFD. The [`Layout`](super::layout::Layout) knows
/// bytes for text, so that nothing is copied and most is looked at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'n>(pub(super) &'n BStr);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
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
