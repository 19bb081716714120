//! A service port as the node's rules describe it.

use super::{Affinity, EndpointId, Identity, MadeFor, Prefix, ServiceChainId, ServicePortName};
use crate::ruleset::{Net, Protocol, RuleId};
use bstr::BStr;
use std::net::IpAddr;
use thin_vec::ThinVec;

/// One port of a service in one family: who comes to it, where it goes. Its endpoints are the balancing rules of its
/// chains: [`Proxy::cluster_endpoints`](super::Proxy::cluster_endpoints) and
/// [`Proxy::local_endpoints`](super::Proxy::local_endpoints).
#[derive(Clone, Debug)]
pub struct ServicePort<'src> {
    /// Its name by comments, or by hash where there is none; `None`: its chain's name stands for it.
    pub name: Option<ServicePortName<'src>>,
    /// Whether `name` was found by hash alone, no comment telling it.
    pub is_named_by_hash: bool,
    /// Its protocol, of the captures, else of the DNAT rules; `None` if neither tells.
    pub protocol: Option<Protocol>,
    /// How it is reached, in the order of the rules: nat first, then what only the filter table knows.
    pub captures: Vec<Capture<'src>>,
    /// Its chains, each once: those that captures lead to, then those behind them.
    pub chains: Vec<OwnChain<'src>>,
    /// `internalTrafficPolicy`, where the form tells (1.24 and later).
    pub internal_policy: Option<TrafficPolicy>,
    /// `externalTrafficPolicy`, where something external is captured and the form tells.
    pub external_policy: Option<TrafficPolicy>,
    /// Session affinity.
    pub affinity: Affinity,
    /// `loadBalancerSourceRanges`, without the load balancer's own address. Empty: none (or, before 1.24, everybody).
    pub source_ranges: ThinVec<Net>,
    /// Rules of filter KUBE-PROXY-FIREWALL that drop what KUBE-FW did not take (1.25 and later).
    pub firewall: ThinVec<RuleId>,
    /// Where a load balancer asks whether this node has endpoints (Local policy; filter KUBE-NODEPORTS, 1.21 and later).
    pub health_check_port: Option<u16>,
    /// Endpoint chains that name this service and that no balancing rule leads to; in partial dumps only.
    pub loose_endpoints: ThinVec<EndpointId>,
    /// Contradicted if one of its chains is, verified if one is and none contradicts; `Unknown` before
    /// [`Proxy::verify`](super::Proxy::verify).
    pub identity: Identity,
}

/// A service chain as one of a service.
#[derive(Clone, Debug)]
pub struct OwnChain<'src> {
    /// Which one.
    pub id: ServiceChainId,
    /// Which of the five kinds.
    pub prefix: Prefix,
    /// Whether its name is the checksum of this service's name and protocol.
    pub identity: Identity,
    /// Rare, and four times as large as the rest.
    pub(super) made_for: Option<Box<MadeFor<'src>>>,
}

/// Where the rules of kube-proxy let a service port's connections be `Cluster` wide or `Local` to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficPolicy {
    /// To every endpoint.
    Cluster,
    /// To endpoints of this node.
    Local,
}

/// What kind of address is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaptureKind {
    /// The service's own address in the cluster.
    ClusterIp,
    /// One of `spec.externalIPs` (and what only the filter table knows and cannot tell apart).
    ExternalIp,
    /// One of `status.loadBalancer.ingress`.
    LoadBalancerIp,
    /// A port of the node.
    NodePort,
}

/// An address and port that leads to a service.
#[derive(Clone, Debug)]
pub struct Capture<'src> {
    /// What kind of address it is.
    pub kind: CaptureKind,
    /// The address. `None` for a node port that rules do not restrict, and where a listing shows a host name.
    pub address: Option<IpAddr>,
    /// The name that a listing without `-n` shows instead.
    pub host: Option<&'src BStr>,
    /// The port; `None` only if the rule does not ask for one.
    pub port: Option<u16>,
    /// The nat rules that lead to a service chain: one, or the two or three of older releases.
    pub jumps: ThinVec<RuleId>,
    /// The nat rules beside them that set the masquerade mark (up to 1.21).
    pub masquerade: ThinVec<RuleId>,
    /// The service chain the first of `jumps` leads to; `None` without one, and if the table does not have it.
    pub target: Option<ServiceChainId>,
    /// The name of that chain.
    pub target_name: Option<&'src BStr>,
    /// The filter rules that refuse what nat did not translate.
    pub blocks: ThinVec<Block>,
    /// What a new connection from outside gets here, as the templates mean it (a walk says what it really gets).
    pub state: CaptureState,
}

/// What kube-proxy means to happen to a connection from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureState {
    /// Sent to an endpoint.
    Routed,
    /// Answered with an error.
    Rejected,
    /// Dropped in silence.
    Dropped,
}

/// A rule of the filter table that refuses a captured address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The rule, of the filter table.
    pub rule: RuleId,
    /// Whether it drops; else it rejects.
    pub drops: bool,
    /// Why, by its comment.
    pub reason: BlockReason,
}

/// Why the filter table refuses an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockReason {
    /// `has no endpoints`.
    NoEndpoints,
    /// `has no local endpoints`.
    NoLocalEndpoints,
    /// There is no comment.
    NotSaid,
}

impl<'src> OwnChain<'src> {
    /// What a contradicted chain was made for, once [`Proxy::solve`](super::Proxy::solve) found it.
    #[must_use]
    pub fn made_for(&self) -> Option<MadeFor<'src>> {
        self.made_for.as_deref().copied()
    }
}

impl<'src> ServicePort<'src> {
    /// The first of its chains of that kind.
    #[must_use]
    pub fn chain(&self, prefix: Prefix) -> Option<&OwnChain<'src>> {
        self.chains.iter().find(|chain| chain.prefix == prefix)
    }

    /// Whether it is reached from outside the cluster: node port, external or load balancer address.
    #[must_use]
    pub fn is_external(&self) -> bool {
        self.captures.iter().any(|capture| capture.kind != CaptureKind::ClusterIp)
    }
}
