//! What is said of one thing: services with the ways into them, or a chain.

use super::convert::Text;
use super::evidence::{Evidence, at};
use super::outcome::{OutcomeText, outcomes};
use super::service::{Items, Service, service};
use super::source::{Source, sources};
use crate::ruleset::{ChainId, TableName};
use crate::shares::{Path, Way};
use crate::view::{Item, Node};
use serde::Serialize;
use std::net::IpAddr;

/// `Explanation`: what `kubenat explain` and `kubenat who` answer.
#[derive(Serialize)]
pub struct Explanation<'n, 'src> {
    /// The subject as the user named it.
    subject: &'n str,
    /// What was read.
    sources: Vec<Source<'n>>,
    /// The service, if the subject is just one service port; else null.
    service: Option<Service<'n>>,
    /// All service ports that the subject means or belongs to.
    services: Items<'n, 'src>,
    /// The chain, if the subject is one; else null.
    chain: Option<ChainText<'n>>,
    /// The ways in.
    paths: Vec<PathText<'n>>,
}

/// A chain and its rules.
#[derive(Debug, Serialize)]
pub(super) struct ChainText<'n> {
    /// The index of its ruleset among the sources.
    source: usize,
    /// The table it stands in.
    table: Text<'n>,
    /// Its name.
    name: Text<'n>,
    /// Its rules.
    rules: Vec<Evidence<'n>>,
    /// The rules that lead to it.
    references: Vec<Evidence<'n>>,
}

/// One way into a service.
#[derive(Debug, Serialize)]
pub(super) struct PathText<'n> {
    /// The service, by index of `services`.
    service: usize,
    /// `pod`, `node`, `external` or `ownPod`.
    from: &'static str,
    /// The pod's address for `ownPod`.
    source: Option<IpAddr>,
    /// The captures it goes to, by index of the service's.
    captures: &'n [usize],
    /// Who connects to what, in words.
    condition: String,
    /// `client`, `node`, `other`, `unknown`, or `mixed`: whose address the pod sees; null if no pod is reached.
    #[serde(rename = "sourceSeen")]
    source_seen: Option<&'static str>,
    /// The part of the connections that ends at the subject, for `who`; else null.
    share: Option<f64>,
    /// What becomes of it.
    outcomes: Vec<OutcomeText<'n>>,
}

/// A way in, and of which of the services.
pub struct Entry<'n> {
    /// The service, by index of the list.
    pub service: usize,
    /// The way.
    pub path: &'n Path,
    /// The part that ends at the subject, where only that is asked for.
    pub share: Option<f64>,
}

/// The answer about `subject`.
#[must_use]
pub fn explanation<'n, 'src>(
    node: &'n Node<'n, 'src>,
    subject: &'n str,
    items: Vec<Item<'n, 'src>>,
    chain: Option<(usize, TableName<'_>, ChainId)>,
    entries: &[Entry<'n>],
) -> Explanation<'n, 'src> {
    let paths = entries.iter().filter_map(|entry| Some(path(node, items.get(entry.service)?, entry))).collect();
    let only = if let [only] = items.as_slice() { Some(service(node, only)) } else { None };
    Explanation {
        subject,
        sources: sources(node),
        service: only,
        chain: chain.and_then(|(source, table, id)| chain_text(node, source, table, id)),
        services: Items::new(node, items),
        paths,
    }
}

fn chain_text<'n>(node: &'n Node<'n, '_>, source: usize, table: TableName<'_>, id: ChainId) -> Option<ChainText<'n>> {
    let (table, graph) = node.proxies.get(source)?.resolved.table(table)?;
    let span = |rule: crate::ruleset::RuleId| table.rules.get(rule.0 as usize).map(|rule| rule.span);
    Some(ChainText {
        source,
        table: Text(table.name.name()),
        name: Text(table.chain(id).name),
        rules: table.rules_of(id).filter_map(|(_, rule)| at(node, rule.span)).collect(),
        references: graph.references(id).iter().filter_map(|rule| at(node, span(*rule)?)).collect(),
    })
}

fn path<'n>(node: &'n Node<'n, '_>, item: &Item<'n, '_>, entry: &Entry<'n>) -> PathText<'n> {
    let path = entry.path;
    let outcomes = outcomes(node, item.source, &path.outcomes);
    PathText {
        service: entry.service,
        from: match path.way {
            Way::Pod => "pod",
            Way::Node => "node",
            Way::External => "external",
            Way::OwnPod => "ownPod",
        },
        source: path.source,
        captures: &path.captures,
        condition: crate::view::condition(item, path),
        source_seen: seen(&outcomes),
        share: entry.share,
        outcomes,
    }
}

/// What all pods that are reached see.
fn seen(outcomes: &[OutcomeText<'_>]) -> Option<&'static str> {
    let mut all = outcomes.iter().filter(|outcome| outcome.is_translated()).map(OutcomeText::source_seen);
    let first = all.next()?;
    Some(if all.all(|other| other == first) { first } else { "mixed" })
}
