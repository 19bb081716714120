//! Which kube-proxy wrote this: its mode, and the releases its forms belong to.
//!
//! Each form is a bound: the oldest or the newest release that writes it. Only chains in use count, since those of
//! older releases linger; where two forms exclude each other the newer one counts.

use super::build::Chains;
use super::markers::{self, Bounds};
use super::reading::fixed_chain;
use super::{ChainName, Prefix, ServicePort, StaticChain};
use crate::ruleset::{Resolved, Table, TableName, Test};
use std::fmt;

/// A minor release of Kubernetes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u8);

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// How kube-proxy directs traffic on this node, as far as these tables show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyMode {
    /// By the rules read here.
    Iptables,
    /// By IPVS: the rules only guide packets there.
    Ipvs,
    /// By a process of its own (up to 1.25).
    Userspace,
    /// By nft tables of its own, which iptables does not show: never told from iptables rules, where it is `None`.
    Nftables,
    /// Nothing of kube-proxy is here; kubelet's chains may be.
    None,
}

/// The mode, and between which releases the forms in the tables were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The mode whose chains a packet meets.
    pub mode: ProxyMode,
    /// The oldest release that writes so; `None` if nothing tells.
    pub from: Option<Release>,
    /// The newest release that writes so; `None`: today's do.
    pub to: Option<Release>,
}

impl Dialect {
    pub(super) fn of(resolved: &Resolved<'_, '_>, chains: &Chains<'_, '_>, services: &[ServicePort<'_>]) -> Self {
        let mode = mode(resolved, services);
        if mode != ProxyMode::Iptables {
            return Self { mode, from: None, to: None };
        }
        let mut bounds = Bounds::default();
        if let Some(filter) = resolved.table(TableName::Filter) {
            markers::of_filter(filter.0, filter.1, &mut bounds);
        }
        markers::of_nat(chains, services, &mut bounds);
        let (from, to) = bounds.release();
        Self { mode, from, to }
    }
}

/// Captures decide; without any, chains that only one mode has.
fn mode(resolved: &Resolved<'_, '_>, services: &[ServicePort<'_>]) -> ProxyMode {
    let tables = || resolved.ruleset.tables.iter();
    if services.iter().any(|service| !service.chains.is_empty()) {
        return ProxyMode::Iptables;
    }
    if tables().any(speaks_ipvs) {
        return ProxyMode::Ipvs;
    }
    if tables()
        .any(|table| has_rules(table, StaticChain::PortalsContainer) || has_rules(table, StaticChain::PortalsHost))
    {
        return ProxyMode::Userspace;
    }
    if tables().any(has_chains_of_iptables_mode) { ProxyMode::Iptables } else { ProxyMode::None }
}

/// Rules that ask kube-proxy's ipsets, or the chains that only IPVS mode has, in use.
fn speaks_ipvs(table: &Table<'_>) -> bool {
    let asks = |test: &Test<'_>| matches!(test, Test::Set(set) if set.starts_with(b"KUBE-"));
    [StaticChain::IpvsLoadBalancer, StaticChain::IpvsNodePort].iter().any(|&chain| has_rules(table, chain))
        || table.matches.iter().any(|each| asks(each.test()))
}

fn has_rules(table: &Table<'_>, chain: StaticChain) -> bool {
    fixed_chain(table, chain).is_some_and(|id| !table.chain(id).rules.is_empty())
}

fn has_chains_of_iptables_mode(table: &Table<'_>) -> bool {
    let fixed = [
        StaticChain::Services,
        StaticChain::NodePorts,
        StaticChain::ExternalServices,
        StaticChain::Forward,
        StaticChain::ProxyFirewall,
        StaticChain::ProxyCanary,
    ];
    table.chains.iter().any(|chain| match ChainName::of(chain.name) {
        ChainName::Static(chain) => fixed.contains(&chain),
        ChainName::Hashed(prefix, _) => prefix.is_service() || prefix == Prefix::Sep,
        ChainName::Foreign => false,
    })
}
