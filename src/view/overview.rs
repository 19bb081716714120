//! The answer to no question in particular: what was read, the services, what is wrong, what to ask next.

use super::findings::{brief, count_line, left_out, not_checked};
use super::header::header;
use super::services::{is_well, services, trouble};
use super::words::counted;
use super::{Detail, Item, Node};
use crate::doc::{Doc, Text, code, dim, plain};
use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// So many services are shown in full; of more, those that are well are only counted from there on.
const SHOWN: usize = 30;

/// The overview of those services that `items` gives.
#[must_use]
pub fn overview<'n, 'src>(node: &'n Node<'n, 'src>, items: &[Item<'n, 'src>], detail: Detail) -> Doc {
    let mut doc = header(node);
    if items.is_empty() {
        return findings_of(node, doc);
    }
    doc.paragraph(counts(items)).blank();
    let (shown, left) = chosen(node, items, detail);
    doc.append(services(node, shown, detail));
    if left > 0 {
        let text = format!("… and {}: ", counted(left, "more service, all well", "more services, all well"));
        doc.paragraph(dim(text).and(code("kubenat services")));
    }
    findings_of(node, doc)
}

fn findings_of(node: &Node<'_, '_>, mut doc: Doc) -> Doc {
    doc.blank()
        .append(count_line(&node.report, || is_well(node)))
        .append(brief(&node.report))
        .append(left_out(node.left_out))
        .append(not_checked(&node.report));
    let next = next(node);
    if !next.is_empty() {
        doc.paragraph(next);
    }
    doc
}

/// `41 services · 58 addresses · 74 pods`.
fn counts(items: &[Item<'_, '_>]) -> String {
    let addresses = items.iter().map(|item| item.service.captures.len()).sum();
    let parts = [
        counted(items.len(), "service", "services"),
        counted(addresses, "address", "addresses"),
        counted(pods(items), "pod", "pods"),
    ];
    parts.join(" · ")
}

/// How many different pods there are. Each family has a set of its own: most addresses take four bytes, not seventeen.
fn pods(items: &[Item<'_, '_>]) -> usize {
    let mut short: HashSet<Ipv4Addr, RandomState> = HashSet::default();
    let mut long: HashSet<Ipv6Addr, RandomState> = HashSet::default();
    for pod in items.iter().flat_map(pods_of) {
        match pod {
            IpAddr::V4(address) => _ = short.insert(address),
            IpAddr::V6(address) => _ = long.insert(address),
        }
    }
    short.len() + long.len()
}

fn pods_of<'i>(item: &'i Item<'_, '_>) -> impl Iterator<Item = IpAddr> + 'i {
    let rules = [false, true].into_iter().flat_map(|local| item.balancing(local));
    rules.filter_map(|rule| item.proxy.endpoint(rule.endpoint?).dnat()?.address)
}

/// Those to show, and how many are left out. Of a long list those in trouble come first.
fn chosen<'n, 'src>(node: &Node<'_, 'src>, items: &[Item<'n, 'src>], detail: Detail) -> (Vec<Item<'n, 'src>>, usize) {
    if items.len() <= SHOWN || detail == Detail::Wide {
        return (items.to_vec(), 0);
    }
    let (mut shown, well): (Vec<Item<'n, 'src>>, Vec<_>) = items.iter().partition(|item| trouble(node, item).is_some());
    shown.sort_by_key(|item| (item.source, trouble(node, item)));
    let room = SHOWN.saturating_sub(shown.len()).max(5).min(well.len());
    let left = well.len() - room;
    shown.extend(well.into_iter().take(room));
    (shown, left)
}

/// What to type next.
fn next(node: &Node<'_, '_>) -> Text {
    let worst = node.report.findings.first();
    let mut commands = Vec::new();
    if let Some(finding) = worst {
        if !finding.services.is_empty() {
            commands.push(format!("kubenat explain {}", finding.subject));
        }
        commands.push("kubenat check".into());
        commands.push(format!("kubenat explain {}", finding.check));
    } else if let Some(item) = node.items().next() {
        commands.push(format!("kubenat explain {}", item.name()));
        commands.push("kubenat checks".into());
    }
    if commands.is_empty() {
        return Text::default();
    }
    let mut text: Text = dim("next: ").into();
    for (at, command) in commands.into_iter().enumerate() {
        text = text.and(plain(if at == 0 { "" } else { " · " })).and(code(command));
    }
    text
}
