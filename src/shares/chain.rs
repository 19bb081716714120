//! What the balancing chains of a service give to each endpoint.

use super::capture::states;
use crate::facts::Facts;
use crate::kube::{Balancing, CaptureState, Prefix, Proxy, ServiceChain, ServicePort};
use crate::ruleset::{Family, Protocol, TableName, Threshold};
use crate::trace::{ChainBranch, ChainShares, Flag, Machine, Origin, Packet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The shares of one service port.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceShares {
    /// Of the chain with the endpoints of the cluster policy (KUBE-SVC), if there is one.
    pub cluster: Option<ChainShare>,
    /// Of the chain with those of the local policy (KUBE-SVL, up to 1.23 KUBE-XLB), if there is one.
    pub local: Option<ChainShare>,
    /// What a new connection from outside gets at each of the captures, by their index.
    pub captures: Vec<CaptureState>,
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
    let of = |prefix| {
        let own = service.chain(prefix)?;
        Some(chain_share(machine, proxy, service, proxy.chain(own.id), facts))
    };
    ServiceShares {
        cluster: of(Prefix::Svc),
        local: of(Prefix::Svl).or_else(|| of(Prefix::Xlb)),
        captures: states(machine, proxy, service, facts),
    }
}

fn chain_share<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    service: &ServicePort<'src>,
    chain: &ServiceChain<'src>,
    facts: &Facts,
) -> ChainShare {
    let intended = intended(&chain.balancing);
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

/// For each balancing rule its own probability times what the rules before it leave.
fn intended(balancing: &[Balancing<'_>]) -> Vec<f64> {
    let mut left = 1.0;
    let of_rule = |rule: &Balancing<'_>| {
        let share = left * rule.threshold.map_or(1.0, Threshold::probability);
        left -= share;
        share
    };
    balancing.iter().map(of_rule).collect()
}

/// What arrives at the endpoint of each balancing rule. Rules that lead to the same chain have its part in proportion
/// to what they were meant to give.
fn arrived(
    proxy: &Proxy<'_, '_>,
    balancing: &[Balancing<'_>],
    intended: &[f64],
    walked: &ChainShares,
) -> Vec<Option<f64>> {
    let mut is_known = true;
    let of_rule = |(rule, &own): (&Balancing<'_>, &f64)| {
        is_known &= rule.endpoint.is_some() || walked.branches.iter().all(|branch| branch.unknown == 0.0);
        let id = rule.endpoint?;
        let same = |other: &Balancing<'_>| other.endpoint == Some(id);
        let together: f64 = balancing.iter().zip(intended).filter(|(other, _)| same(other)).map(|(_, part)| part).sum();
        let rivals = balancing.iter().filter(|other| same(other)).count();
        let part = if rivals < 2 || together == 0.0 { 1.0 } else { own / together };
        let endpoint = proxy.endpoint(id);
        let is_its =
            |dnat: crate::ruleset::RuleId| endpoint.dnat.iter().chain(&endpoint.more_dnats).any(|own| own.rule == dnat);
        let share = agreed(walked, |branch| {
            branch.shares.iter().filter(|share| is_its(share.rule)).map(|share| share.probability).sum()
        });
        share.filter(|_| is_known).map(|share| share * part)
    };
    balancing.iter().zip(intended).map(of_rule).collect()
}

/// What leaves the chain without an endpoint.
fn unrouted(walked: &ChainShares) -> Option<f64> {
    let is_known = walked.branches.iter().all(|branch| branch.unknown == 0.0);
    agreed(walked, |branch| branch.returned + branch.accepted + branch.refused).filter(|_| is_known)
}

/// A number of the branches, if it is the same under all conditions.
fn agreed(walked: &ChainShares, number: impl Fn(&ChainBranch) -> f64) -> Option<f64> {
    let (first, rest) = walked.branches.split_first()?;
    let value = number(first);
    rest.iter().all(|branch| (number(branch) - value).abs() < 1e-9).then_some(value)
}

fn flags(walked: &ChainShares) -> Vec<Flag> {
    let all = walked.branches.iter().flat_map(|branch| &branch.shares).flat_map(|share| &share.flags);
    let mut flags: Vec<Flag> = all.copied().collect();
    flags.sort_unstable();
    flags.dedup();
    flags
}
