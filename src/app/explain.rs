//! `explain` and `who`.

use super::load::{Wanted, with_node};
use super::lookup::{Found, is_pod, lookup};
use super::{Exit, complain, show};
use crate::checks::{self, Check, Selection};
use crate::cli::{AddressPort, Cli, ExplainArgs, Output, Subject, WhoArgs};
use crate::doc::{Doc, code, plain};
use crate::render::json::{self, Entry};
use crate::ruleset::{ChainId, TableName};
use crate::shares::{Path, Reach, paths, reaches};
use crate::view::{self, Item, Node};
use anyhow::{Result, anyhow};
use std::net::IpAddr;

const WANTED: Wanted<'_> = Wanted { checks: Some(Selection { only: &[], skip: &[] }), facts: None };

/// One thing on one screen.
pub(super) fn explain(cli: &Cli, args: &ExplainArgs) -> Result<Exit> {
    if let Subject::Check(name) = args.subject {
        let check = checks::check_named(name).ok_or_else(|| anyhow!("the check {name} is not part of this build"))?;
        return page(cli, check);
    }
    let subject = spoken(&args.subject);
    with_node(cli, WANTED, |node| match lookup(node, &args.subject) {
        Found::Services(items) => services(cli, node, &subject, items, None),
        Found::Pod(address, port) => pod(cli, node, &subject, address, port),
        Found::Chain { source, table, chain, services: items } => {
            services(cli, node, &subject, items, Some((source, table, chain)))
        }
        Found::Nothing(near) => Ok(nothing(cli, &subject, &near)),
    })
}

fn page(cli: &Cli, check: &Check) -> Result<Exit> {
    match cli.common.output {
        Output::Json => show::raw(|out| json::write("CheckPage", json::check_page(check), out)),
        Output::Name => show::names([check.name.to_owned()]),
        _ => show::doc(cli, &view::page(check)),
    }
}

/// The reverse question.
pub(super) fn who(cli: &Cli, args: &WhoArgs) -> Result<Exit> {
    let AddressPort { address, port, .. } = args.address;
    let subject = port.map_or_else(|| address.to_string(), |port| std::net::SocketAddr::new(address, port).to_string());
    with_node(cli, WANTED, |node| {
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
        Ok(nothing(cli, &subject, &[]))
    })
}

/// Services, or a chain with the services it belongs to.
fn services<'n, 'src>(
    cli: &Cli,
    node: &'n Node<'n, 'src>,
    subject: &'n str,
    items: Vec<Item<'n, 'src>>,
    chain: Option<(usize, TableName<'_>, ChainId)>,
) -> Result<Exit> {
    let ways: Vec<Vec<Path>> = items.iter().map(|item| ways(node, item)).collect();
    match cli.common.output {
        Output::Name => show::names(items.iter().map(Item::name)),
        Output::Json => {
            let numbered = ways.iter().enumerate();
            let entries = numbered
                .flat_map(|(service, paths)| paths.iter().map(move |path| Entry { service, path, share: None }));
            let entries: Vec<Entry<'_>> = entries.collect();
            show::raw(|out| json::write("Explanation", json::explanation(node, subject, items, chain, &entries), out))
        }
        _ => show::doc(cli, &told(cli, node, &items, &ways, chain)),
    }
}

fn ways(node: &Node<'_, '_>, item: &Item<'_, '_>) -> Vec<Path> {
    let machine = node.machines.get(item.source);
    machine.map_or_else(Vec::new, |machine| paths(machine, item.proxy, item.service, &node.facts))
}

fn told(
    cli: &Cli,
    node: &Node<'_, '_>,
    items: &[Item<'_, '_>],
    ways: &[Vec<Path>],
    chain: Option<(usize, TableName<'_>, ChainId)>,
) -> Doc {
    let mut doc = Doc::new();
    if let Some((source, table, chain)) = chain {
        doc.append(view::chain(node, source, table, chain, items));
    }
    for (item, paths) in items.iter().zip(ways) {
        if !doc.blocks.is_empty() {
            doc.blank();
        }
        doc.append(view::explain_service(node, item, paths, show::detail(cli)));
    }
    doc
}

fn pod<'n, 'src>(
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

fn reached<'n, 'src>(node: &'n Node<'n, 'src>, address: IpAddr, port: Option<u16>) -> Vec<(Item<'n, 'src>, Reach)> {
    let items: Vec<Item<'n, 'src>> = node.items().collect();
    let rulesets = node.machines.iter().zip(node.proxies).enumerate();
    let found = rulesets.flat_map(|(source, (machine, proxy))| {
        let reaches = reaches(machine, proxy, address, port, &node.facts);
        reaches.into_iter().map(move |reach| (source, reach))
    });
    let item = |source, index| items.iter().find(|item| (item.source, item.index) == (source, index)).copied();
    found.filter_map(|(source, reach)| Some((item(source, reach.service)?, reach))).collect()
}

/// The services each once, and the ways with the places of theirs among them.
fn entries<'f, 'n, 'src>(found: &'f [(Item<'n, 'src>, Reach)]) -> (Vec<Item<'n, 'src>>, Vec<Entry<'f>>) {
    let mut items: Vec<Item<'n, 'src>> = Vec::new();
    let mut entries = Vec::new();
    for (item, reach) in found {
        let known = items.iter().position(|known| (known.source, known.index) == (item.source, item.index));
        let service = known.unwrap_or(items.len());
        if known.is_none() {
            items.push(*item);
        }
        entries.push(Entry { service, path: &reach.path, share: Some(reach.share) });
    }
    (items, entries)
}

/// There is no such thing; what may have been meant.
fn nothing(cli: &Cli, subject: &str, near: &[String]) -> Exit {
    let mut doc = Doc::new();
    doc.paragraph(plain(format!("kubenat: there is no {subject} in this dump")));
    if !near.is_empty() {
        doc.paragraph(plain(format!("  did you mean {}?", near.join(", "))));
    }
    doc.paragraph(plain("  all services: ").and(code("kubenat services -o name")));
    complain::tell(cli, &doc);
    Exit::Found
}

/// The subject as it was typed.
fn spoken(subject: &Subject) -> String {
    let with_protocol = |text: String, protocol: &Option<crate::ruleset::Protocol>| match protocol {
        Some(protocol) => format!("{text}/{protocol}"),
        None => text,
    };
    match subject {
        Subject::Service(name) => name.to_string(),
        Subject::Address(AddressPort { address, port: Some(port), protocol }) => {
            with_protocol(std::net::SocketAddr::new(*address, *port).to_string(), protocol)
        }
        Subject::Address(AddressPort { address, .. }) => address.to_string(),
        Subject::Port { port, protocol } => with_protocol(format!(":{port}"), protocol),
        Subject::Check(name) => (*name).to_owned(),
        Subject::Chain(name) => name.clone(),
    }
}
