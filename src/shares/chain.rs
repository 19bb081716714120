//! What the balancing chains of a service give to each endpoint.

use super::plain::{self, intended, is_plain};
use crate::facts::Facts;
use crate::kube::{Balancing, EndpointId, Prefix, Proxy, ServiceChain, ServicePort};
use crate::ruleset::{Family, Protocol, RuleId, TableName};
use crate::trace::{ChainBranch, ChainShares, Flag, Machine, Origin, Packet};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The shares of one service port.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceShares {
    /// Of the chain with the endpoints of the cluster policy (KUBE-SVC), if there is one.
    pub cluster: Option<ChainShare>,
    /// Of the chain with those of the local policy (KUBE-SVL, up to 1.23 KUBE-XLB), if there is one.
    pub local: Option<ChainShare>,
}

/// Where one chain leads new connections from outside that enter it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainShare {
    /// By the index of the chain's balancing rules.
    pub endpoints: Vec<EndpointShare>,
    /// The part that leaves the chain without an endpoint; `None` where the dump cannot tell.
    pub unrouted: Option<f64>,
    /// What a reader of the numbers must know: affinity, counting.
    pub flags: Vec<Flag>,
}

/// The part of one balancing rule's endpoint, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EndpointShare {
    /// What the balancing rules alone would give: the rule's own probability of what the rules before it left.
    pub intended: f64,
    /// What really arrives; `None` where the dump cannot tell.
    pub share: Option<f64>,
}

impl ServiceShares {
    /// The chain whose numbers stand for the service: that of the cluster policy, else of the local one.
    #[must_use]
    pub fn main(&self) -> Option<&ChainShare> {
        self.cluster.as_ref().or(self.local.as_ref())
    }
}

/// Walks the chains of `service` for a connection from outside, of the service's protocol, to its first captured
/// address.
#[must_use]
pub fn shares<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    facts: &Facts,
) -> ServiceShares {
    let share = |chain| chain_share(machine, proxy, service, chain, facts);
    let [cluster, local] = balancing_chains(proxy, service).map(|chain| chain.map(share));
    ServiceShares { cluster, local }
}

/// Whether the shares of `service` must be walked; otherwise [`by_chance`] tells them at any time and nobody need keep
/// them.
#[must_use]
pub fn needs_walk<'src>(machine: &Machine<'_, 'src>, proxy: &Proxy<'_, 'src>, service: &ServicePort<'src>) -> bool {
    let mut chains = balancing_chains(proxy, service).into_iter().flatten();
    chains.any(|chain| !is_plain(machine, proxy, chain, service.protocol))
}

/// What the probabilities alone give: the [`shares`] of a service unless it [`needs_walk`].
#[must_use]
pub fn by_chance<'src>(proxy: &Proxy<'_, 'src>, service: &ServicePort<'src>) -> ServiceShares {
    let [cluster, local] = balancing_chains(proxy, service).map(|chain| chain.map(plain::by_chance));
    ServiceShares { cluster, local }
}

/// The same of the chain of one policy.
#[must_use]
pub fn chain_by_chance<'src>(proxy: &Proxy<'_, 'src>, service: &ServicePort<'src>, local: bool) -> Option<ChainShare> {
    balancing_chains(proxy, service)[usize::from(local)].map(plain::by_chance)
}

/// The chains of the cluster policy and of the local one.
fn balancing_chains<'p, 'src>(
    proxy: &'p Proxy<'_, 'src>,
    service: &ServicePort<'src>,
) -> [Option<&'p ServiceChain<'src>>; 2] {
    let of = |prefix| service.chain(prefix).map(|own| proxy.chain(own.id));
    [of(Prefix::Svc), of(Prefix::Svl).or_else(|| of(Prefix::Xlb))]
}

/// Where one chain of `service` leads a connection from outside, of the service's protocol, to its first captured
/// address.
#[must_use]
pub fn chain_share<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    chain: &ServiceChain<'src>,
    facts: &Facts,
) -> ChainShare {
    if is_plain(machine, proxy, chain, service.protocol) {
        return plain::by_chance(chain);
    }
    walked_share(machine, proxy, service, chain, facts)
}

/// The same by a walk, whatever the chain looks like.
pub(super) fn walked_share<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    chain: &ServiceChain<'src>,
    facts: &Facts,
) -> ChainShare {
    let (intended, _) = intended(&chain.balancing);
    let walked = service.protocol.and_then(|protocol| {
        let packet = packet(Origin::External, service, protocol, proxy.resolved.ruleset.family);
        machine.chain_shares(TableName::Nat, chain.chain, &packet, facts)
    });
    let Some(walked) = walked else {
        let endpoints = intended.into_iter().map(|intended| EndpointShare { intended, share: None }).collect();
        return ChainShare { endpoints, unrouted: None, flags: Vec::new() };
    };
    let arrived = arrived(proxy, &chain.balancing, &intended, &walked);
    let endpoints = intended.iter().zip(arrived).map(|(&intended, share)| EndpointShare { intended, share });
    ChainShare { endpoints: endpoints.collect(), unrouted: unrouted(&walked), flags: flags(&walked) }
}

/// A packet to the first captured address of `service`; to an address of documentation where only a node port is
/// known, since no rule of a service's own chains asks for the address of the node.
pub(super) fn packet(origin: Origin, service: &ServicePort<'_>, protocol: Protocol, family: Family) -> Packet {
    let capture = service.captures.iter().find(|capture| capture.address.is_some()).or(service.captures.first());
    let address = capture.and_then(|capture| capture.address).unwrap_or_else(|| stand_in(family));
    Packet::new(origin, protocol, address, capture.and_then(|capture| capture.port))
}

/// An address that stands for one of the node's own (RFC 5737, RFC 3849: never in use).
pub(super) fn stand_in(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    }
}

/// What arrives at the endpoint of each balancing rule. Rules that lead to the same chain have its part in proportion
/// to what they were meant to give.
fn arrived(proxy: &Proxy<'_, '_>, balancing: &[Balancing], intended: &[f64], walked: &ChainShares) -> Vec<Option<f64>> {
    let by_rule: Vec<HashMap<RuleId, f64>> = walked.branches.iter().map(by_rule).collect();
    let together = together(balancing, intended);
    let is_all_known = walked.branches.iter().all(|branch| branch.unknown == 0.0);
    let mut is_known = true;
    let of_rule = |(rule, &own): (&Balancing, &f64)| {
        is_known &= rule.endpoint.is_some() || is_all_known;
        let id = rule.endpoint?;
        let endpoint = proxy.endpoint(id);
        let dnats = || endpoint.dnats();
        let parts = by_rule.iter().map(|parts| dnats().filter_map(|dnat| parts.get(&dnat.rule)).sum());
        let part = match together.get(&id) {
            Some(&(all, rules)) if rules > 1 && all != 0.0 => own / all,
            _ => 1.0,
        };
        agreed(parts).filter(|_| is_known).map(|share| share * part)
    };
    balancing.iter().zip(intended).map(of_rule).collect()
}

/// By DNAT rule: its part.
fn by_rule(branch: &ChainBranch) -> HashMap<RuleId, f64> {
    let mut parts = HashMap::with_capacity(branch.shares.len());
    for share in &branch.shares {
        *parts.entry(share.rule).or_default() += share.probability;
    }
    parts
}

/// By endpoint: what the rules that lead to it were meant to give in all, and how many they are.
fn together(balancing: &[Balancing], intended: &[f64]) -> HashMap<EndpointId, (f64, u32)> {
    let mut together: HashMap<EndpointId, (f64, u32)> = HashMap::with_capacity(balancing.len());
    for (rule, part) in balancing.iter().zip(intended) {
        if let Some(id) = rule.endpoint {
            let known = together.entry(id).or_default();
            *known = (known.0 + part, known.1 + 1);
        }
    }
    together
}

/// What leaves the chain without an endpoint.
fn unrouted(walked: &ChainShares) -> Option<f64> {
    let is_known = walked.branches.iter().all(|branch| branch.unknown == 0.0);
    agreed(walked.branches.iter().map(|branch| branch.returned + branch.accepted + branch.refused)).filter(|_| is_known)
}

/// A number of the branches, if it is the same under all conditions.
fn agreed(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut numbers = numbers.into_iter();
    let value = numbers.next()?;
    numbers.all(|other| (other - value).abs() < 1e-9).then_some(value)
}

fn flags(walked: &ChainShares) -> Vec<Flag> {
    let all = walked.branches.iter().flat_map(|branch| &branch.shares).flat_map(|share| &share.flags);
    let mut flags: Vec<Flag> = all.copied().collect();
    flags.sort_unstable();
    flags.dedup();
    flags
}
