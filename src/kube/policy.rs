//! What the shape of its chains says of a service: policies, affinity, source ranges, the state of its captures.

use super::build::Chains;
use super::reading::Lead;
use super::stray::protocol_behind;
use super::{
    Affinity, BlockReason, Capture, CaptureKind, CaptureState, ChainName, Dialect, Prefix, Release, Role,
    ServiceChainId, ServicePort, TrafficPolicy,
};
use crate::ruleset::{Net, RuleId};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Fills in what the chains of `service` say. `delivered` remembers answers about chains between services.
pub(super) fn settle(
    chains: &Chains<'_, '_>,
    dialect: Dialect,
    service: &mut ServicePort<'_>,
    delivered: &mut Delivered,
) {
    let first = service.chains.first().map(|own| own.id.0 as usize);
    service.protocol = service.protocol.or_else(|| protocol_behind(chains, first?)).or_else(|| {
        let loose = service.loose_endpoints.first()?;
        chains.endpoints[loose.0 as usize].dnat()?.protocol
    });
    service.internal_policy = internal_policy(chains, dialect, service);
    service.external_policy = external_policy(chains, service);
    service.affinity = affinity(chains, service);
    service.source_ranges = source_ranges(chains, service).into();
    let drops = |prefix| service.chain(prefix).is_some_and(|own| !chains.services[own.id.0 as usize].drops.is_empty());
    let marks_drop = drops(Prefix::Xlb) || drops(Prefix::Svl);
    for capture in &mut service.captures {
        capture.state = state(chains, capture, marks_drop, delivered);
    }
}

fn prefix_of(capture: &Capture<'_>) -> Option<Prefix> {
    match ChainName::of(capture.target_name?) {
        ChainName::Hashed(prefix, _) => Some(prefix),
        ChainName::Static(_) | ChainName::Foreign => None,
    }
}

fn is_local_block(capture: &Capture<'_>) -> bool {
    capture.blocks.iter().any(|block| block.reason == BlockReason::NoLocalEndpoints)
}

/// Since 1.24 the cluster IP leads to KUBE-SVL if the policy is Local; before, no form tells.
fn internal_policy(chains: &Chains<'_, '_>, dialect: Dialect, service: &ServicePort<'_>) -> Option<TrafficPolicy> {
    let tells = dialect.from >= Some(Release(24));
    let mut own = service.captures.iter().filter(|capture| capture.kind == CaptureKind::ClusterIp);
    let captured = own.clone().find_map(prefix_of).or_else(|| {
        // Without its capture, the chain with the masquerade rule of the cluster IP is the one it leads to.
        let masquerades = |prefix| {
            let own = service.chain(prefix)?;
            (!chains.services[own.id.0 as usize].masquerade.is_empty()).then_some(prefix)
        };
        masquerades(Prefix::Svl).or_else(|| masquerades(Prefix::Svc))
    });
    match captured {
        Some(Prefix::Svl) => Some(TrafficPolicy::Local),
        Some(Prefix::Svc) if tells => Some(TrafficPolicy::Cluster),
        None if own.any(is_local_block) => Some(TrafficPolicy::Local),
        _ => None,
    }
}

fn external_policy(chains: &Chains<'_, '_>, service: &ServicePort<'_>) -> Option<TrafficPolicy> {
    let external = || service.captures.iter().filter(|capture| capture.kind != CaptureKind::ClusterIp);
    if external().any(is_local_block) {
        return Some(TrafficPolicy::Local);
    }
    if let Some(own) = service.chain(Prefix::Ext) {
        return policy_of_external_chain(chains, own.id);
    }
    let leads_to = |prefix| external().any(|capture| prefix_of(capture) == Some(prefix));
    if service.chain(Prefix::Xlb).is_some() || leads_to(Prefix::Xlb) {
        return Some(TrafficPolicy::Local);
    }
    let firewall = || Some(&chains.services[service.chain(Prefix::Fw)?.id.0 as usize]);
    let to_svc = |&(_, to): &(RuleId, ServiceChainId)| chains.services[to.0 as usize].prefix == Prefix::Svc;
    let is_cluster = leads_to(Prefix::Svc) || firewall().is_some_and(|chain| chain.jumps.iter().any(to_svc));
    is_cluster.then_some(TrafficPolicy::Cluster)
}

/// Local: it asks where a packet comes from, or leads to KUBE-SVL. Cluster: everything goes to KUBE-SVC.
fn policy_of_external_chain(chains: &Chains<'_, '_>, id: ServiceChainId) -> Option<TrafficPolicy> {
    let nat = &chains.nat;
    let mut cluster = None;
    for (id, rule) in nat.table.rules_of(chains.services[id.0 as usize].chain) {
        let facts = nat.facts(rule);
        let role = facts.comment.map(|text| Role::of(text));
        let is_local = facts.from_node
            || matches!(role, Some(Role::PodTraffic(_) | Role::MasqueradeLocalTraffic(_) | Role::RouteLocalTraffic(_)));
        match nat.lead(id, rule) {
            _ if is_local => return Some(TrafficPolicy::Local),
            Lead::Service(to) if chains.services[to.0 as usize].prefix == Prefix::Svl => {
                return Some(TrafficPolicy::Local);
            }
            Lead::Missing(_, Some(Prefix::Svl)) => return Some(TrafficPolicy::Local),
            Lead::Service(_) | Lead::Missing(_, Some(Prefix::Svc)) => cluster = Some(TrafficPolicy::Cluster),
            _ => {}
        }
    }
    cluster
}

fn affinity(chains: &Chains<'_, '_>, service: &ServicePort<'_>) -> Affinity {
    let balancing = || {
        let all = service.chains.iter().map(|own| &chains.services[own.id.0 as usize]);
        all.filter(|chain| chain.balances())
    };
    match balancing().find_map(|chain| chain.rechecks.first()) {
        Some(recheck) => Affinity::ClientIp { seconds: recheck.seconds },
        None if balancing().any(|chain| !chain.balancing.is_empty()) => Affinity::None,
        None => Affinity::Unknown,
    }
}

/// The sources KUBE-FW lets pass, without the address of the load balancer itself, which kube-proxy adds.
fn source_ranges(chains: &Chains<'_, '_>, service: &ServicePort<'_>) -> Vec<Net> {
    let Some(own) = service.chain(Prefix::Fw) else { return Vec::new() };
    let balancers: BTreeSet<Option<IpAddr>> = service
        .captures
        .iter()
        .filter(|capture| capture.kind == CaptureKind::LoadBalancerIp)
        .map(|capture| capture.address)
        .collect();
    let nat = &chains.nat;
    let mut seen = BTreeSet::new();
    let mut ranges = Vec::new();
    for (id, rule) in nat.table.rules_of(chains.services[own.id.0 as usize].chain) {
        let to = match nat.lead(id, rule) {
            Lead::Service(to) => chains.services[to.0 as usize].prefix,
            Lead::Missing(_, Some(prefix)) if prefix.is_service() => prefix,
            _ => continue,
        };
        let facts = nat.facts(rule);
        let range = match facts.source {
            Some((_, true)) => None,
            Some((net, false)) => Some(net.clone()),
            // The chain has no rule without a source since 1.24, unless that is /0, which is not printed.
            None => (to == Prefix::Ext).then(|| everybody(service)),
        };
        let is_own = |range: &Net| range.as_host().is_some_and(|host| balancers.contains(&Some(host)));
        if let Some(range) = range.filter(|range| !is_own(range) && seen.insert(range.clone())) {
            ranges.push(range);
        }
    }
    ranges
}

/// `/0` of the service's family.
fn everybody(service: &ServicePort<'_>) -> Net {
    let is_v6 = service.captures.iter().find_map(|capture| capture.address).is_some_and(|address| address.is_ipv6());
    if is_v6 {
        Net::V6(Box::new((Ipv6Addr::UNSPECIFIED, Ipv6Addr::UNSPECIFIED)))
    } else {
        Net::V4 { addr: Ipv4Addr::UNSPECIFIED, mask: Ipv4Addr::UNSPECIFIED }
    }
}

fn state(chains: &Chains<'_, '_>, capture: &Capture<'_>, marks_drop: bool, delivered: &mut Delivered) -> CaptureState {
    if capture.target.is_some_and(|target| delivered.reaches_outsiders(chains, target, 0)) {
        return CaptureState::Routed;
    }
    match capture.blocks.first() {
        Some(block) if block.drops => CaptureState::Dropped,
        Some(_) => CaptureState::Rejected,
        None if marks_drop && capture.kind != CaptureKind::ClusterIp => CaptureState::Dropped,
        None => CaptureState::Routed,
    }
}

/// By service chain: whether somebody from outside comes to a balancing rule through it, as far as asked.
pub(super) struct Delivered(Vec<Option<bool>>);

impl Delivered {
    pub(super) fn new(chains: &Chains<'_, '_>) -> Self {
        Self(vec![None; chains.services.len()])
    }

    /// The templates go three chains deep; what lies deeper is not kube-proxy's.
    fn reaches_outsiders(&mut self, chains: &Chains<'_, '_>, id: ServiceChainId, depth: u32) -> bool {
        let at = id.0 as usize;
        if let Some(known) = self.0[at] {
            return known;
        }
        // Also the answer for a loop.
        self.0[at] = Some(false);
        let chain = &chains.services[at];
        let for_outsiders = |rule: RuleId| {
            let facts = chains.nat.facts(chains.nat.table.rule(rule));
            let role = facts.comment.map(|text| Role::of(text));
            // A listing without `-v` hides interfaces; the comment still says whom the rule is for.
            let for_pods = matches!(role, Some(Role::PodTraffic(_) | Role::RouteLocalTraffic(_) | Role::RedirectPods));
            let asks_source = facts.from_node || facts.source.is_some() || facts.interface.is_some();
            chain.prefix == Prefix::Fw || !(for_pods || asks_source)
        };
        let answer = !chain.balancing.is_empty()
            || depth < 8
                && chain
                    .jumps
                    .iter()
                    .any(|&(rule, to)| for_outsiders(rule) && self.reaches_outsiders(chains, to, depth + 1));
        self.0[at] = Some(answer);
        answer
    }
}
