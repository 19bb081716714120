//! The table of services: where each is reached, how many pods it has, which share each of them gets.

use super::capture::{short, state_word};
use super::words::{counted, duration};
use super::{Item, Node, Spread};
use crate::checks::Level;
use crate::doc::{Cell, Column, Doc, Table, Text, bad, dim, plain, warn};
use crate::kube::{Affinity, Capture, CaptureState, Identity};
use crate::ruleset::Protocol;

/// How much a table tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What people ask for.
    Normal,
    /// Chain names, and every entry of what is folded otherwise.
    Wide,
}

/// The table of `items`, in that order.
#[must_use]
pub fn services<'n, 'src: 'n>(
    node: &Node<'_, 'src>,
    items: impl IntoIterator<Item = Item<'n, 'src>>,
    detail: Detail,
) -> Doc {
    let mut table = empty(node, detail);
    let mut last = None;
    for item in items {
        if last != Some(item.source) && node.proxies.len() > 1 {
            table.across(dim(source_line(node, item.source)));
        }
        last = Some(item.source);
        rows(&mut table, node, &item, detail);
    }
    let mut doc = Doc::new();
    if table.rows.is_empty() {
        doc.paragraph("no service to show");
    } else {
        doc.table(table);
    }
    doc
}

fn empty(node: &Node<'_, '_>, detail: Detail) -> Table {
    let mut columns = vec![
        Column::left("service"),
        Column::left(""),
        Column::left("address").rank(3),
        Column::left("pods"),
        Column::left("share of new connections"),
    ];
    if node.cluster.is_some() {
        columns.push(Column::left("ready/expected"));
    }
    if detail == Detail::Wide {
        columns.push(Column::left("chain"));
    }
    Table::new(columns)
}

/// `IPv6 (nft)`: which of several rulesets the rows below are of.
fn source_line(node: &Node<'_, '_>, source: usize) -> String {
    let Some(ruleset) = node.parsed.rulesets.get(source) else { return String::new() };
    let backend = match ruleset.backend {
        crate::ruleset::Backend::Legacy => ", legacy",
        crate::ruleset::Backend::Nft => ", nft",
        crate::ruleset::Backend::Unknown => "",
    };
    format!("{}{backend}", ruleset.family)
}

/// One row a captured address; the service's name stands in the first.
fn rows(table: &mut Table, node: &Node<'_, '_>, item: &Item<'_, '_>, detail: Detail) {
    let protocol = item.service.protocol.filter(|protocol| *protocol != Protocol::TCP);
    let mut name = sign(node, item).and(plain(item.name()));
    let mut protocol = protocol.map(|protocol| protocol.to_string()).unwrap_or_default();
    for (at, capture) in item.service.captures.iter().enumerate() {
        let (pods, share) = pods_and_share(item, at, capture);
        let mut cells: Vec<Cell> = vec![
            std::mem::take(&mut name).into(),
            dim(std::mem::take(&mut protocol)).into(),
            short(capture).into(),
            pods.into(),
            share.into(),
        ];
        if node.cluster.is_some() {
            let ready = if at == 0 { ready(node, item) } else { String::new() };
            cells.push(ready.into());
        }
        if detail == Detail::Wide {
            cells.push(dim(capture.target_name.map_or_else(String::new, ToString::to_string)).into());
        }
        table.row(cells);
    }
    if item.service.captures.is_empty() {
        let (pods, share) = uncaptured(item);
        table.row((name, dim(protocol), dim("not in this text"), pods, share));
    }
}

/// `3/3`: ready pods by the API, and how many this node should send to.
fn ready(node: &Node<'_, '_>, item: &Item<'_, '_>) -> String {
    node.facts_of(item).map_or_else(
        || "not in the API".to_owned(),
        |facts| {
            let expected = facts.expected.map_or_else(|| "?".to_owned(), |expected| expected.to_string());
            format!("{}/{expected}", facts.ready)
        },
    )
}

/// What stands before the name of a service one should look at.
fn sign(node: &Node<'_, '_>, item: &Item<'_, '_>) -> Text {
    match trouble(node, item) {
        Some(Level::Error) => bad("✗ ").into(),
        Some(Level::Warning) => warn("! ").into(),
        Some(Level::Info) | None => Text::default(),
    }
}

/// The worst that is to be said of a service.
pub(super) fn trouble(node: &Node<'_, '_>, item: &Item<'_, '_>) -> Option<Level> {
    if is_broken(node, item) {
        return Some(Level::Error);
    }
    let is_odd = [false, true].into_iter().any(|local| Spread::of(item.share(local).as_deref()).is_odd());
    let has_closed = || (0..item.service.captures.len()).any(|at| item.state(at) != CaptureState::Routed);
    let seen = (is_odd || has_closed()).then_some(Level::Warning);
    let found = node.findings_of(item).map(|finding| finding.level).min();
    [found, seen].into_iter().flatten().min()
}

/// Whether there is an error to be told of a service.
fn is_broken(node: &Node<'_, '_>, item: &Item<'_, '_>) -> bool {
    let is_severe = |local| Spread::of(item.share(local).as_deref()).is_severe();
    item.service.identity == Identity::Contradicted
        || node.findings_of(item).any(|finding| finding.level == Level::Error)
        || [false, true].into_iter().any(is_severe)
}

/// Whether there are services and nothing is to be said against any.
pub(super) fn is_well(node: &Node<'_, '_>) -> bool {
    let mut items = node.items().peekable();
    items.peek().is_some() && items.all(|item| !is_broken(node, &item))
}

/// The last two cells of a captured address.
fn pods_and_share(item: &Item<'_, '_>, at: usize, capture: &Capture<'_>) -> (Text, Text) {
    let local = item.is_local(capture);
    let balancing = item.balancing(local);
    let here = if local { " on this node" } else { "" };
    let pods = match balancing.len() {
        0 => plain(format!("none{here}")),
        count => plain(format!("{count}{here}")),
    };
    let state = item.state(at);
    if state != CaptureState::Routed {
        return (pods.into(), warn(format!("! {}", state_word(state))).into());
    }
    (pods.into(), Spread::of(item.share(local).as_deref()).text().and(sticky(item)))
}

fn uncaptured(item: &Item<'_, '_>) -> (Text, Text) {
    let balancing = item.balancing(false);
    let loose = item.service.loose_endpoints.len();
    let pods =
        if balancing.is_empty() && loose > 0 { counted(loose, "chain", "chains") } else { balancing.len().to_string() };
    (pods.into(), Spread::of(item.share(false).as_deref()).text().and(sticky(item)))
}

/// `, sticky for 3 h`.
fn sticky(item: &Item<'_, '_>) -> Text {
    match item.service.affinity {
        Affinity::ClientIp { seconds: Some(seconds) } => format!(", sticky for {}", duration(seconds)).into(),
        Affinity::ClientIp { seconds: None } => ", sticky".into(),
        Affinity::None | Affinity::Unknown => Text::default(),
    }
}
