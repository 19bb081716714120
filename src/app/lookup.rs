//! What a subject means in a dump: services, endpoints, a chain; and what it may have meant if there is no such thing.

use crate::cli::{AddressPort, ServiceName, Subject};
use crate::kube::ServicePortName;
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

/// The ports of the service of that name, else of the only service whose name begins or ends so.
pub(super) fn services_named<'n, 'src>(node: &'n Node<'n, 'src>, name: &ServiceName) -> Vec<Item<'n, 'src>> {
    let port_fits = |item: &Item<'_, '_>| {
        let port = item.service.name.map(ServicePortName::port);
        name.port.as_ref().is_none_or(|wanted| port.is_some_and(|own| own == wanted.as_str()))
    };
    let of = |is: &dyn Fn(&str, &str) -> bool| {
        let items = node.items().filter(|item| {
            item.service.name.is_some_and(|own| is(&own.namespace().to_string(), &own.name().to_string()))
        });
        items.filter(port_fits).collect::<Vec<_>>()
    };
    let exact = of(&|namespace, service| namespace == name.namespace && service == name.name);
    if !exact.is_empty() {
        return exact;
    }
    only(of(&|namespace, service| namespace == name.namespace && is_part(service, &name.name)))
}

/// Those items, if they are ports of one service.
fn only<'n, 'src>(items: Vec<Item<'n, 'src>>) -> Vec<Item<'n, 'src>> {
    let names: BTreeSet<_> =
        items.iter().filter_map(|item| item.service.name).map(|name| (name.namespace(), name.name())).collect();
    if names.len() == 1 { items } else { Vec::new() }
}

fn is_part(whole: &str, part: &str) -> bool {
    whole.starts_with(part) || whole.ends_with(part)
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
    let mut dnats = chains.flat_map(|chain| chain.dnat.iter().chain(&chain.more_dnats));
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
    let exact: Vec<_> = node.items().filter(named).collect();
    let part = |item: &Item<'_, '_>| item.service.name.is_some_and(|own| is_part(&own.name().to_string(), name));
    let items = if exact.is_empty() { only(node.items().filter(part).collect()) } else { only(exact) };
    found(node, items, name)
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
    let end = || proxy.endpoints.iter().find(|end| end.chain == chain).and_then(|end| end.service);
    let services = own.unwrap_or_else(|| end().into_iter().collect());
    let is_own =
        |item: &Item<'_, '_>| item.source == source && services.iter().any(|service| *service as usize == item.index);
    if services.is_empty() { Vec::new() } else { node.items().filter(is_own).collect() }
}

/// The names nearest to what was typed, the nearest first.
fn near(node: &Node<'_, '_>, text: &str) -> Vec<String> {
    const MOST: usize = 3;
    let names: BTreeSet<String> = node.items().map(|item| item.name()).collect();
    let wanted = text.to_lowercase();
    let mut rated: Vec<(usize, String)> = names
        .into_iter()
        .map(|name| (distance_to_name(&wanted, &name), name))
        .filter(|(far, _)| *far <= wanted.len() / 2)
        .collect();
    rated.sort();
    rated.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// Captured addresses with the same beginning.
fn near_address(node: &Node<'_, '_>, address: IpAddr) -> Vec<String> {
    near_texts(
        &address.to_string(),
        node.items().flat_map(|item| {
            item.service
                .captures
                .iter()
                .filter_map(|capture| capture.address)
                .map(|own| own.to_string())
                .collect::<Vec<_>>()
        }),
    )
}

fn near_texts(wanted: &str, texts: impl Iterator<Item = String>) -> Vec<String> {
    let unique: BTreeSet<String> = texts.collect();
    let mut rated: Vec<(usize, String)> = unique.into_iter().map(|text| (distance(wanted, &text), text)).collect();
    rated.retain(|(far, _)| *far <= 2);
    rated.sort();
    rated.into_iter().take(3).map(|(_, text)| text).collect()
}

/// The distance to a name with or without its port.
fn distance_to_name(wanted: &str, name: &str) -> usize {
    let without_port = name.split_once(':').map_or(name, |(service, _)| service);
    distance(wanted, name).min(distance(wanted, without_port))
}

/// How many letters must change, come or go (Levenshtein); a word left out at either end costs one.
fn distance(one: &str, other: &str) -> usize {
    if other.contains(one) {
        return 1;
    }
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, target) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *target);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters_that_differ() {
        for (one, other, far) in
            [("shop/wbe", "shop/web", 2), ("web", "shop/web:http", 1), ("abc", "abc", 1), ("", "ab", 1)]
        {
            assert_eq!(distance(one, other), far, "{one} {other}");
        }
    }
}
