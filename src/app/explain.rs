//! `explain`.

use super::load::{Wanted, with_node};
use super::lookup::{Found, lookup};
use super::who::{leading_to, pod};
use super::{Exit, complain, show};
use crate::checks::{self, Check, Selection};
use crate::cli::{AddressPort, Cli, ExplainArgs, Output, Subject};
use crate::doc::{Doc, code, plain};
use crate::render::json::{self, Entry};
use crate::ruleset::{ChainId, TableName};
use crate::shares::{Path, paths};
use crate::view::{self, Item, Node};
use anyhow::{Result, anyhow};

/// All checks: what they find is told with its subject.
pub(super) const WANTED: Wanted<'_> =
    Wanted { checks: Some(Selection { only: &[], skip: &[] }), about: None, facts: None };

/// One thing on one screen.
pub(super) fn explain(cli: &Cli, args: &ExplainArgs) -> Result<Exit> {
    if let Subject::Check(name) = args.subject {
        let check = checks::check_named(name).ok_or_else(|| anyhow!("the check {name} is not part of this build"))?;
        return page(cli, check);
    }
    let subject = spoken(&args.subject);
    let about = |node: &Node<'_, '_>| about(node, &args.subject);
    with_node(cli, Wanted { about: Some(&about), ..WANTED }, |node| match lookup(node, &args.subject) {
        Found::Services(items) => services(cli, node, &subject, items, None),
        Found::Pod(address, port) => pod(cli, node, &subject, address, port),
        Found::Chain { source, table, chain, services: items } => {
            services(cli, node, &subject, items, Some((source, table, chain)))
        }
        Found::Nothing(near) => Ok(nothing(cli, node, &subject, &near)),
    })
}

/// The services that the answer is about.
fn about(node: &Node<'_, '_>, subject: &Subject) -> Vec<(usize, usize)> {
    match lookup(node, subject) {
        Found::Services(items) | Found::Chain { services: items, .. } => {
            items.iter().map(|item| (item.source, item.index)).collect()
        }
        Found::Pod(address, port) => leading_to(node, address, port),
        Found::Nothing(_) => Vec::new(),
    }
}

fn page(cli: &Cli, check: &Check) -> Result<Exit> {
    match cli.common.output {
        Output::Json => show::raw(|out| json::write("CheckPage", json::check_page(check), out)),
        Output::Name => show::names([check.name.to_owned()]),
        _ => show::doc(cli, &view::page(check)),
    }
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

/// There is no such thing; what may have been meant.
pub(super) fn nothing(cli: &Cli, node: &Node<'_, '_>, subject: &str, near: &[String]) -> Exit {
    let mut doc = view::limits(node);
    doc.paragraph(plain(format!("kubenat: there is no {subject} in this dump")));
    if !near.is_empty() {
        doc.paragraph(plain(format!("  did you mean {}?", near.join(", "))));
    }
    if node.items().next().is_some() {
        doc.paragraph(plain("  all services: ").and(code("kubenat services -o name")));
    }
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
