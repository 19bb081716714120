//! What really arrives at the pods of service chains, for those chains that are not as kube-proxy writes them.
//!
//! A chain that holds the ladder of `1/n`, `1/(n-1)` … over sound endpoint chains needs no walk: each pod gets `1/n`.
//! All others are walked.

use crate::facts::Facts;
use crate::kube::{Dnat, EndpointChain, EndpointId, Prefix, Proxy, ServiceChain, ServiceChainId, ServicePort, rung};
use crate::ruleset::{Match, Protocol, RecentAction, Table, TableName, Test};
use crate::trace::{ChainBranch, Machine, Origin, Packet};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

/// The walk through one service chain.
pub(super) struct Walked {
    pub(super) chain: ServiceChainId,
    /// Its service, by index.
    pub(super) service: u32,
    /// By balancing rule: its part of new connections. Rules that lead to one endpoint chain share its part.
    pub(super) shares: Vec<f64>,
    /// What leaves without translation.
    pub(super) leaked: f64,
}

/// Walks all chains that are not plain, and of which the dump tells enough.
pub(super) fn walked(proxy: &Proxy<'_, '_>) -> Vec<Walked> {
    let Some((table, _)) = proxy.nat() else { return Vec::new() };
    let machine = Machine::new(proxy.resolved);
    let ids = (0..).map(ServiceChainId).zip(&proxy.chains);
    ids.filter_map(|(id, chain)| {
        let &service = chain.services.first().filter(|_| chain.balances() && !chain.balancing.is_empty())?;
        let port = &proxy.services[service as usize];
        if is_plain(table, proxy, port, chain) { None } else { walk(&machine, proxy, (id, chain), (service, port)) }
    })
    .collect()
}

/// As kube-proxy writes it, with every pod's chain sound.
fn is_plain(table: &Table<'_>, proxy: &Proxy<'_, '_>, service: &ServicePort<'_>, chain: &ServiceChain<'_>) -> bool {
    is_ladder(chain) && draws_only(table, proxy, service, chain)
}

/// Whether nothing but chance decides in the chain, and every pod's chain is sound: each rule then gets just what its
/// probability says of what is left.
pub(super) fn draws_only(
    table: &Table<'_>,
    proxy: &Proxy<'_, '_>,
    service: &ServicePort<'_>,
    chain: &ServiceChain<'_>,
) -> bool {
    let is_bare = chain.others.is_empty() && chain.drops.is_empty() && chain.jumps.is_empty();
    let asks_only_chance = |rule| {
        let known = |each: &Match<'_>| matches!(each.test, Test::Comment { .. } | Test::Random(_)) && !each.inverted;
        table.matches(table.rule(rule)).iter().all(known)
    };
    let sound = |end| is_sound(table, proxy.endpoint(end), service.protocol);
    is_bare && chain.balancing.iter().all(|rule| rule.endpoint.is_some_and(sound) && asks_only_chance(rule.rule))
}

/// Whether everything of the service's protocol that enters the chain of a pod is translated to it.
pub(super) fn is_sound(table: &Table<'_>, endpoint: &EndpointChain<'_>, protocol: Option<Protocol>) -> bool {
    let known = |each: &Match<'_>| {
        let is_known = match &each.test {
            Test::Comment { .. } | Test::Module(_) => true,
            Test::Protocol(own) => Some(*own) == protocol,
            Test::Recent(recent) => recent.action == RecentAction::Set,
            _ => false,
        };
        is_known && !each.inverted
    };
    let takes_all = |dnat: Dnat| table.matches(table.rule(dnat.rule)).iter().all(known);
    endpoint.others.is_empty() && endpoint.more_dnats.is_empty() && endpoint.dnat.is_some_and(takes_all)
}

/// Whether the rules ask for one of `n`, one of `n-1` …, and the last takes all that is left.
fn is_ladder(chain: &ServiceChain<'_>) -> bool {
    let count = chain.balancing.len();
    chain.balancing.iter().enumerate().all(|(at, rule)| match rule.threshold {
        Some(threshold) => rung(threshold).is_some_and(|rung| rung.choices as usize == count - at),
        None => at + 1 == count,
    })
}

fn walk<'src>(
    machine: &Machine<'_, 'src>,
    proxy: &Proxy<'_, 'src>,
    (id, chain): (ServiceChainId, &ServiceChain<'src>),
    (service, port): (u32, &ServicePort<'src>),
) -> Option<Walked> {
    let packet = packet(port, chain)?;
    let walked = machine.chain_shares(TableName::Nat, chain.chain, &packet, &Facts::default())?;
    let (first, rest) = walked.branches.split_first()?;
    let of = |branch: &ChainBranch| (shares(proxy, chain, branch), branch.returned + branch.accepted + branch.refused);
    let (shares, leaked) = of(first);
    let is_same = |branch: &ChainBranch| {
        let (other, other_leaked) = of(branch);
        let pairs = shares.iter().zip(&other);
        pairs.chain([(&leaked, &other_leaked)]).all(|(one, other)| (one - other).abs() < 1e-9)
    };
    let is_known = walked.branches.iter().all(|branch| branch.unknown == 0.0);
    (is_known && rest.iter().all(is_same)).then_some(Walked { chain: id, service, shares, leaked })
}

/// A connection from outside to the first captured address. A local chain of old releases answers pods otherwise.
fn packet(service: &ServicePort<'_>, chain: &ServiceChain<'_>) -> Option<Packet> {
    let outer = |prefix| matches!(prefix, Prefix::Xlb | Prefix::Svl);
    let captures = || service.captures.iter();
    let wanted = captures().find(|capture| capture.address.is_some()).or_else(|| captures().next());
    let address = wanted.and_then(|capture| capture.address);
    let address = address.or_else(|| outer(chain.prefix).then_some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))))?;
    Some(Packet::new(Origin::External, service.protocol?, address, wanted.and_then(|capture| capture.port)))
}

/// By balancing rule: the part of its endpoint's DNAT rules, divided among the rules that lead there.
fn shares(proxy: &Proxy<'_, '_>, chain: &ServiceChain<'_>, branch: &ChainBranch) -> Vec<f64> {
    let mut left = 1.0;
    let meant: Vec<f64> = chain
        .balancing
        .iter()
        .map(|rule| {
            let share = left * rule.threshold.map_or(1.0, crate::ruleset::Threshold::probability);
            left -= share;
            share
        })
        .collect();
    let mut by_rule: Vec<(crate::ruleset::RuleId, f64)> =
        branch.shares.iter().map(|share| (share.rule, share.probability)).collect();
    by_rule.sort_unstable_by_key(|(rule, _)| *rule);
    let arrived = |endpoint: &EndpointChain<'_>| -> f64 {
        let rules = endpoint.dnat.iter().chain(&endpoint.more_dnats).map(|dnat| dnat.rule);
        let part = |rule| {
            let start = by_rule.partition_point(|(known, _)| *known < rule);
            by_rule[start..].iter().take_while(|(known, _)| *known == rule).map(|(_, part)| part).sum::<f64>()
        };
        rules.map(part).sum()
    };
    let mut together: HashMap<EndpointId, f64> = HashMap::with_capacity(chain.balancing.len());
    for (rule, meant) in chain.balancing.iter().zip(&meant) {
        if let Some(end) = rule.endpoint {
            *together.entry(end).or_default() += meant;
        }
    }
    let share = |(rule, meant): (&crate::kube::Balancing<'_>, &f64)| {
        let Some(end) = rule.endpoint else { return 0.0 };
        let all = together.get(&end).copied().unwrap_or_default();
        let part = if all > 0.0 { meant / all } else { 0.0 };
        arrived(proxy.endpoint(end)) * part
    };
    chain.balancing.iter().zip(&meant).map(share).collect()
}

/// A share as people read it: `33.33 %`.
pub(super) fn percent(share: f64) -> String {
    let text = format!("{:.2}", share.max(0.0) * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "0" && share > 0.0 { "less than 0.01 %".into() } else { format!("{text} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_in_per_cent() {
        let read = [0.25, 1.0 / 3.0, 1.0, 0.0, 0.000_01].map(percent);
        assert_eq!(read, ["25 %", "33.33 %", "100 %", "0 %", "less than 0.01 %"]);
    }
}
