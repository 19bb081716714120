//! `who`: everything that can send to a pod.

use super::explain::{WANTED, nothing};
use super::load::{Wanted, with_node};
use super::lookup::{Found, is_pod, lookup};
use super::{Exit, complain, show};
use crate::cli::{AddressPort, Cli, Output, Subject, WhoArgs};
use crate::doc::{Doc, code, plain};
use crate::kube::Dnat;
use crate::render::json::{self, Entry};
use crate::shares::{Reach, reaches};
use crate::view::{self, Item, Node};
use anyhow::Result;
use std::net::IpAddr;

/// The reverse question.
pub(super) fn who(cli: &Cli, args: &WhoArgs) -> Result<Exit> {
    let AddressPort { address, port, .. } = args.address;
    let subject = port.map_or_else(|| address.to_string(), |port| std::net::SocketAddr::new(address, port).to_string());
    // Of findings only the JSON tells, by their names.
    let about = |node: &Node<'_, '_>| leading_to(node, address, port);
    let is_json = cli.common.output == Output::Json;
    let wanted = if is_json { Wanted { about: Some(&about), ..WANTED } } else { Wanted::default() };
    with_node(cli, wanted, |node| {
        if is_pod(node, address, port) {
            return pod(cli, node, &subject, address, port);
        }
        if let Found::Services(items) = lookup(node, &Subject::Address(args.address.clone())) {
            let names: Vec<String> = items.iter().map(Item::name).collect();
            let text = plain(format!("{subject} is no pod but an address of {}: ", view::words::listed(&names)));
            let mut doc = Doc::new();
            doc.paragraph(text.and(code(format!("kubenat explain {subject}"))));
            complain::tell(cli, &doc);
            return Ok(Exit::Found);
        }
        Ok(nothing(cli, node, &subject, &[]))
    })
}

/// Everything that leads to a pod.
pub(super) fn pod<'n, 'src>(
    cli: &Cli,
    node: &'n Node<'n, 'src>,
    subject: &'n str,
    address: IpAddr,
    port: Option<u16>,
) -> Result<Exit> {
    let found: Vec<(Item<'n, 'src>, Reach)> = reached(node, address, port);
    match cli.common.output {
        Output::Name => {
            let mut names: Vec<String> = found.iter().map(|(item, _)| item.name()).collect();
            names.dedup();
            show::names(names)
        }
        Output::Json => {
            let (items, entries) = entries(&found);
            show::raw(|out| json::write("Explanation", json::explanation(node, subject, items, None, &entries), out))
        }
        _ => show::doc(cli, &view::who(node, address, port, &found)),
    }
}

/// The services whose rules lead to a pod, whether connections come there or not.
pub(super) fn leading_to(node: &Node<'_, '_>, address: IpAddr, port: Option<u16>) -> Vec<(usize, usize)> {
    let leads = |item: &Item<'_, '_>| {
        let rules = item.proxy.cluster_endpoints(item.service).iter().chain(item.proxy.local_endpoints(item.service));
        let mut ends = rules.filter_map(|rule| rule.endpoint).map(|end| item.proxy.endpoint(end));
        ends.any(|end| end.dnats().any(|dnat| is_at(&dnat, address, port)))
    };
    node.items().filter(leads).map(|item| (item.source, item.index)).collect()
}

fn is_at(dnat: &Dnat, address: IpAddr, port: Option<u16>) -> bool {
    dnat.address == Some(address) && (port.is_none() || dnat.port.is_none() || dnat.port == port)
}

fn reached<'n, 'src>(node: &'n Node<'n, 'src>, address: IpAddr, port: Option<u16>) -> Vec<(Item<'n, 'src>, Reach)> {
    let items: Vec<Item<'n, 'src>> = node.items().collect();
    let rulesets = node.machines.iter().zip(node.proxies).enumerate();
    let found = rulesets.flat_map(|(source, (machine, proxy))| {
        let reaches = reaches(machine, proxy, address, port, &node.facts);
        reaches.into_iter().map(move |reach| (source, reach))
    });
    let item = |source, index| {
        let at = items.binary_search_by_key(&(source, index), |item| (item.source, item.index));
        at.ok().map(|at| items[at])
    };
    found.filter_map(|(source, reach)| Some((item(source, reach.service)?, reach))).collect()
}

/// The services each once, and the ways with the places of theirs among them.
fn entries<'f, 'n, 'src>(found: &'f [(Item<'n, 'src>, Reach)]) -> (Vec<Item<'n, 'src>>, Vec<Entry<'f>>) {
    let mut items: Vec<Item<'n, 'src>> = Vec::new();
    let mut entries = Vec::new();
    for (item, reach) in found {
        // The ways of one service stand together.
        let place = |item: &Item<'_, '_>| (item.source, item.index);
        if items.last().map(place) != Some(place(item)) {
            items.push(*item);
        }
        entries.push(Entry { service: items.len() - 1, path: &reach.path, share: Some(reach.share) });
    }
    (items, entries)
}
