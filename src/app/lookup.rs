//! What a subject means in a dump: services, endpoints, a chain; and what it may have meant if there is no such thing.

use super::near::{near, near_address};
use crate::cli::{AddressPort, ServiceName, Subject};
use crate::kube::{EndpointChain, ServicePortName};
use crate::ruleset::{ChainId, Protocol, TableName};
use crate::view::{Item, Node};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What was found.
pub(super) enum Found<'n, 'src> {
    /// Service ports.
    Services(Vec<Item<'n, 'src>>),
    /// A pod.
    Pod(IpAddr, Option<u16>),
    /// A chain of a ruleset, with its owners.
    Chain { source: usize, table: TableName<'n>, chain: ChainId, services: Vec<Item<'n, 'src>> },
    /// Nothing; these names are near.
    Nothing(Vec<String>),
}

/// Looks for `subject`.
pub(super) fn lookup<'n, 'src>(node: &'n Node<'n, 'src>, subject: &Subject) -> Found<'n, 'src> {
    match subject {
        Subject::Service(name) => found(node, services_named(node, name), &name.to_string()),
        Subject::Address(place) => at_address(node, place),
        Subject::Port { port, protocol } => {
            found(node, captured(node, None, Some(*port), *protocol), &format!(":{port}"))
        }
        Subject::Chain(name) => chain(node, name),
        Subject::Check(name) => Found::Nothing(vec![(*name).to_owned()]),
    }
}

fn found<'n, 'src>(node: &Node<'_, '_>, items: Vec<Item<'n, 'src>>, subject: &str) -> Found<'n, 'src> {
    if items.is_empty() { Found::Nothing(near(node, subject)) } else { Found::Services(items) }
}

/// The ports of the service of that name. A name that only resembles it is offered, never taken: in an incident the
/// answer about another service is worse than none.
pub(super) fn services_named<'n, 'src>(node: &'n Node<'n, 'src>, name: &ServiceName) -> Vec<Item<'n, 'src>> {
    let port_fits = |item: &Item<'_, '_>| {
        let port = item.service.name.map(ServicePortName::port);
        name.port.as_ref().is_none_or(|wanted| port.is_some_and(|own| own == wanted.as_str()))
    };
    let is_named = |item: &Item<'_, '_>| {
        let own = item.service.name;
        own.is_some_and(|own| own.namespace() == name.namespace.as_str() && own.name() == name.name.as_str())
    };
    node.items().filter(|item| is_named(item) && port_fits(item)).collect()
}

/// Those items, if they are ports of one service.
fn only<'n, 'src>(items: Vec<Item<'n, 'src>>) -> Vec<Item<'n, 'src>> {
    let names: BTreeSet<_> =
        items.iter().filter_map(|item| item.service.name).map(|name| (name.namespace(), name.name())).collect();
    if names.len() == 1 { items } else { Vec::new() }
}

fn captured<'n, 'src>(
    node: &'n Node<'n, 'src>,
    address: Option<IpAddr>,
    port: Option<u16>,
    protocol: Option<Protocol>,
) -> Vec<Item<'n, 'src>> {
    let fits = |item: &Item<'_, '_>| {
        let protocol_fits = protocol.is_none() || item.service.protocol.is_none() || item.service.protocol == protocol;
        protocol_fits
            && item.service.captures.iter().any(|capture| {
                (address.is_none() || capture.address == address) && (port.is_none() || capture.port == port)
            })
    };
    node.items().filter(fits).collect()
}

/// A captured address, else a pod's.
fn at_address<'n, 'src>(node: &'n Node<'n, 'src>, place: &AddressPort) -> Found<'n, 'src> {
    let services = captured(node, Some(place.address), place.port, place.protocol);
    if !services.is_empty() {
        return Found::Services(services);
    }
    if is_pod(node, place.address, place.port) {
        return Found::Pod(place.address, place.port);
    }
    Found::Nothing(near_address(node, place.address))
}

/// Whether an endpoint chain leads there.
pub(super) fn is_pod(node: &Node<'_, '_>, address: IpAddr, port: Option<u16>) -> bool {
    let chains = node.proxies.iter().flat_map(|proxy| &proxy.endpoints);
    let mut dnats = chains.flat_map(EndpointChain::dnats);
    dnats.any(|dnat| dnat.address == Some(address) && (port.is_none() || dnat.port == port))
}

/// The chain of that name, else the services called so.
fn chain<'n, 'src>(node: &'n Node<'n, 'src>, name: &str) -> Found<'n, 'src> {
    for (source, ruleset) in node.parsed.rulesets.iter().enumerate() {
        let (nat, others): (Vec<_>, Vec<_>) = ruleset.tables.iter().partition(|table| table.name == TableName::Nat);
        for table in nat.into_iter().chain(others) {
            if let Some((chain, _)) = table.chain_ids().find(|(_, chain)| chain.name == name) {
                let services = owners(node, source, table.name, chain);
                return Found::Chain { source, table: table.name, chain, services };
            }
        }
    }
    let named = |item: &Item<'_, '_>| item.service.name.is_some_and(|own| own.name() == name);
    found(node, only(node.items().filter(named).collect()), name)
}

/// The services that a chain of the nat table was made for.
fn owners<'n, 'src>(
    node: &'n Node<'n, 'src>,
    source: usize,
    table: TableName<'_>,
    chain: ChainId,
) -> Vec<Item<'n, 'src>> {
    let Some(proxy) = node.proxies.get(source).filter(|_| table == TableName::Nat) else { return Vec::new() };
    let own = proxy.chains.iter().find(|own| own.chain == chain).map(|own| own.services.clone());
    let end = || proxy.endpoints.iter().find(|end| end.chain == chain).and_then(EndpointChain::service);
    let services = own.unwrap_or_else(|| end().into_iter().collect());
    let is_own =
        |item: &Item<'_, '_>| item.source == source && services.iter().any(|service| *service as usize == item.index);
    if services.is_empty() { Vec::new() } else { node.items().filter(is_own).collect() }
}
