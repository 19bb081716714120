//! The reverse question: everything that can send to a pod.

use super::capture::short;
use super::paths::source_words;
use super::words::{listed, percent};
use super::{Item, Node, address};
use crate::doc::{Column, Doc, Table, code, dim, plain, strong, warn};
use crate::shares::{Reach, Way};
use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

/// What leads to `address`: each way with the service it belongs to.
#[must_use]
pub fn who(node: &Node<'_, '_>, address: IpAddr, port: Option<u16>, ways: &[(Item<'_, '_>, Reach)]) -> Doc {
    let mut doc = Doc::new();
    if ways.is_empty() {
        return unreached(node, address, port);
    }
    doc.heading(strong(address::endpoint(Some(address), port)).and(plain(format!(" is a pod of {}", services(ways)))));
    let mut table = Table::new([
        Column::left("from"),
        Column::left("through").rank(2),
        Column::left("service").rank(2),
        Column::right("share"),
        Column::left("the pod sees"),
    ]);
    for (item, reach) in ways {
        let captures = reach.path.captures.iter().filter_map(|at| item.service.captures.get(*at));
        let captures: Vec<String> = captures.map(short).collect();
        let seen: BTreeSet<String> = reach.path.outcomes.iter().map(|outcome| source_words(outcome.source)).collect();
        let seen: Vec<String> = seen.into_iter().collect();
        table.row((from(reach.path.way), captures.join(", "), item.name(), percent(reach.share), listed(&seen)));
    }
    doc.table(table);
    doc
}

/// A pod that rules lead to, but no connection: says so, and which services mean to.
fn unreached(node: &Node<'_, '_>, address: IpAddr, port: Option<u16>) -> Doc {
    let leads = |item: &Item<'_, '_>| {
        let rules = [false, true].into_iter().flat_map(|local| item.balancing(local));
        let mut dnats = rules.filter_map(|rule| item.proxy.endpoint(rule.endpoint?).dnat());
        dnats.any(|dnat| dnat.address == Some(address) && (port.is_none() || dnat.port == port))
    };
    let names: Vec<String> = node.items().filter(leads).map(|item| item.name()).collect();
    let mut doc = Doc::new();
    let place = address::endpoint(Some(address), port);
    doc.heading(strong(place).and(plain(format!(" is meant to be a pod of {}", listed(&names)))));
    doc.paragraph(warn("! No way in these tables leads a connection to it."));
    if let Some(name) = names.first() {
        doc.paragraph(dim("why: ").and(code(format!("kubenat explain {name}"))));
    }
    doc
}

fn from(way: Way) -> &'static str {
    match way {
        Way::Pod | Way::OwnPod => "a pod of this node",
        Way::Node => "the node itself",
        Way::External => "outside",
    }
}

/// `edge/web:http (port 8443) and shop/api`.
fn services(ways: &[(Item<'_, '_>, Reach)]) -> String {
    let mut known = HashSet::new();
    let name = |(item, reach): &(Item<'_, '_>, Reach)| {
        let port = reach.path.outcomes.first().and_then(|outcome| outcome.destination.port);
        let port = port.map_or_else(String::new, |port| format!(" (port {port})"));
        format!("{}{port}", item.name())
    };
    let names: Vec<String> = ways.iter().map(name).filter(|name| known.insert(name.clone())).collect();
    listed(&names)
}
