//! Services, with their captures and endpoints.

use super::cluster::{NodeText, ServiceApi, node_text, service_api};
use super::convert::{Text, capture_kind, capture_state, family, identity, policy};
use super::endpoint::{Endpoint, endpoints, loose, unsigned};
use super::evidence::{Evidence, of_rules};
use super::source::{Source, sources};
use crate::kube::{Affinity, Capture, MadeFor};
use crate::ruleset::TableName;
use crate::view::{Item, Node};
use serde::{Serialize, Serializer};
use std::net::IpAddr;

/// `ServiceList`: what `kubenat services` answers.
#[derive(Serialize)]
pub struct ServiceList<'n, 'src> {
    /// What was read.
    sources: Vec<Source<'n>>,
    /// The node the dump is taken to come from; only where objects were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<NodeText<'n>>,
    /// The service ports.
    items: Items<'n, 'src>,
}

/// Service ports, worked out one by one as they are written.
pub(super) struct Items<'n, 'src> {
    node: &'n Node<'n, 'src>,
    items: Vec<Item<'n, 'src>>,
}

/// One port of a service in one family.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Service<'n> {
    /// The index of its ruleset among the sources.
    source: usize,
    /// Its namespace; null if nothing names it.
    namespace: Option<Text<'n>>,
    /// Its name; null if nothing names it, then its first chain stands for it.
    name: Option<Text<'n>>,
    /// The name of the port, empty for the port without a name; null if nothing names it.
    port: Option<Text<'n>>,
    /// `tcp`, `udp`, `sctp`; null if no rule tells.
    protocol: Option<String>,
    /// `ipv4` or `ipv6`.
    family: &'static str,
    /// Whether its chains' names are the checksums of name and protocol.
    identity: &'static str,
    /// What a contradicted name was made for, where that was found.
    made_for: Option<MadeForText>,
    /// `Cluster` or `Local`; null where the form does not tell.
    internal_traffic_policy: Option<&'static str>,
    /// `Cluster` or `Local`; null where nothing external is captured or the form does not tell.
    external_traffic_policy: Option<&'static str>,
    /// `None` or `ClientIP`; null where no balancing chain is in the dump.
    session_affinity: Option<&'static str>,
    /// For how many seconds a client stays with its pod.
    affinity_timeout_seconds: Option<u32>,
    /// `loadBalancerSourceRanges`.
    load_balancer_source_ranges: Vec<String>,
    /// Where a load balancer asks for the health of the node.
    health_check_port: Option<u16>,
    /// Its chains.
    chains: Vec<OwnChain<'n>>,
    /// How it is reached.
    captures: Vec<CaptureText<'n>>,
    /// The endpoints of the cluster policy.
    endpoints: Vec<Endpoint<'n>>,
    /// The endpoints of the local policy.
    local_endpoints: Vec<Endpoint<'n>>,
    /// The part of new connections that leaves the chain of the cluster policy (else of the local one) untranslated.
    unrouted_share: Option<f64>,
    /// The names of the checks that found something about it.
    findings: Vec<&'static str>,
    /// What the API says of it; only where objects were given and have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<ServiceApi<'n>>,
}

/// What a chain's name is the checksum of.
#[derive(Debug, Serialize)]
pub(super) struct MadeForText {
    /// `namespace/name:port`.
    service: String,
    /// Its protocol.
    protocol: String,
    /// `address:port` for endpoint chains, else null.
    endpoint: Option<String>,
}

/// A chain made for the service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OwnChain<'n> {
    /// Its name.
    name: Text<'n>,
    /// Whether that is the checksum of the service.
    identity: &'static str,
    /// What it was made for otherwise.
    made_for: Option<MadeForText>,
}

/// An address that leads to the service.
#[derive(Debug, Serialize)]
pub(super) struct CaptureText<'n> {
    /// `clusterIP`, `externalIP`, `loadBalancerIP` or `nodePort`.
    kind: &'static str,
    /// The address; null for a node port on any address.
    address: Option<IpAddr>,
    /// The port.
    port: Option<u16>,
    /// What a new connection from outside gets: `routed`, `rejected` or `dropped`.
    state: &'static str,
    /// The chain it leads to; null without one.
    chain: Option<Text<'n>>,
    /// The rules that capture it or refuse it.
    evidence: Vec<Evidence<'n>>,
}

/// The answer of `services`.
#[must_use]
pub fn service_list<'n, 'src>(node: &'n Node<'n, 'src>, items: Vec<Item<'n, 'src>>) -> ServiceList<'n, 'src> {
    ServiceList { sources: sources(node), node: node_text(node), items: Items::new(node, items) }
}

impl<'n, 'src> Items<'n, 'src> {
    pub(super) fn new(node: &'n Node<'n, 'src>, items: Vec<Item<'n, 'src>>) -> Self {
        Self { node, items }
    }
}

impl Serialize for Items<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.items.iter().map(|item| service(self.node, item)))
    }
}

pub(super) fn service<'n>(node: &'n Node<'n, '_>, item: &Item<'n, '_>) -> Service<'n> {
    let own = item.service;
    let name = own.name.map(crate::kube::ServicePortName::modern);
    let (session_affinity, affinity_timeout_seconds) = affinity(own.affinity);
    Service {
        source: item.source,
        namespace: name.map(|name| Text(name.namespace())),
        name: name.map(|name| Text(name.name())),
        port: name.map(|name| Text(name.port())),
        protocol: own.protocol.map(|protocol| protocol.to_string()),
        family: family(item.proxy.resolved.ruleset.family),
        identity: identity(own.identity),
        made_for: own.chains.iter().find_map(crate::kube::OwnChain::made_for).map(made_for),
        internal_traffic_policy: own.internal_policy.map(policy),
        external_traffic_policy: own.external_policy.map(policy),
        session_affinity,
        affinity_timeout_seconds,
        load_balancer_source_ranges: own.source_ranges.iter().map(ToString::to_string).collect(),
        health_check_port: own.health_check_port,
        chains: chains(item),
        captures: own.captures.iter().enumerate().map(|(at, each)| capture(node, item, at, each)).collect(),
        endpoints: endpoints(node, item, false).into_iter().chain(loose(node, item)).collect(),
        local_endpoints: endpoints(node, item, true),
        unrouted_share: item.shares().main().and_then(|share| share.unrouted).map(unsigned),
        findings: findings(node, item),
        api: node.facts_of(item).map(service_api),
    }
}

fn findings(node: &Node<'_, '_>, item: &Item<'_, '_>) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = node.findings_of(item).map(|finding| finding.check).collect();
    names.dedup();
    names
}

fn affinity(affinity: Affinity) -> (Option<&'static str>, Option<u32>) {
    match affinity {
        Affinity::Unknown => (None, None),
        Affinity::None => (Some("None"), None),
        Affinity::ClientIp { seconds } => (Some("ClientIP"), seconds),
    }
}

pub(super) fn made_for(made: MadeFor<'_>) -> MadeForText {
    MadeForText {
        service: made.service.modern().to_string(),
        protocol: made.protocol.to_string(),
        endpoint: made.endpoint.map(|endpoint| endpoint.to_string()),
    }
}

fn chains<'n>(item: &Item<'n, '_>) -> Vec<OwnChain<'n>> {
    let own = item.service.chains.iter().map(|own| OwnChain {
        name: Text(item.proxy.chain(own.id).name),
        identity: identity(own.identity),
        made_for: own.made_for().map(made_for),
    });
    own.collect()
}

fn capture<'n>(node: &'n Node<'n, '_>, item: &Item<'n, '_>, at: usize, capture: &'n Capture<'_>) -> CaptureText<'n> {
    let nat = capture.jumps.iter().chain(&capture.masquerade).copied();
    let mut evidence = of_rules(node, item.source, TableName::Nat, nat);
    evidence.extend(of_rules(node, item.source, TableName::Filter, capture.blocks.iter().map(|block| block.rule)));
    CaptureText {
        kind: capture_kind(capture.kind),
        address: capture.address,
        port: capture.port,
        state: capture_state(item.state(at)),
        chain: capture.target_name.map(Text),
        evidence,
    }
}
