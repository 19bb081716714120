//! Which services an answer is about: `--namespace` and `--match`.

use crate::checks::Finding;
use crate::cli::Cli;
use crate::kube::ServicePortName;
use crate::view::{Item, Node};
use std::collections::HashSet;

/// The services the user asked for, in the order of the dump.
pub(super) fn picked<'n, 'src>(cli: &Cli, node: &'n Node<'n, 'src>) -> impl Iterator<Item = Item<'n, 'src>> {
    node.items().filter(|item| is_all(cli) || is_meant(cli, item))
}

fn is_all(cli: &Cli) -> bool {
    cli.common.namespace.is_none() && cli.common.pattern.is_none()
}

/// The findings about those services alone; `None` where all are asked for.
pub(super) fn narrowed(cli: &Cli, node: &Node<'_, '_>) -> Option<Vec<Finding>> {
    if is_all(cli) {
        return None;
    }
    let items: Vec<Item<'_, '_>> = picked(cli, node).collect();
    let names: HashSet<String> = items.iter().map(Item::name).collect();
    let places: HashSet<(usize, usize)> = items.iter().map(|item| (item.source, item.index)).collect();
    let concerns = |finding: &Finding| {
        let mut own = finding.services.iter().map(|service| *service as usize);
        finding.also.is_empty() && finding.source.is_some_and(|source| own.any(|at| places.contains(&(source, at))))
    };
    let about = |finding: &Finding| finding.clone().about(|subject| names.contains(subject));
    let kept = |finding: &Finding| if concerns(finding) { Some(finding.clone()) } else { about(finding) };
    Some(node.report.findings.iter().filter_map(kept).collect())
}

fn is_meant(cli: &Cli, item: &Item<'_, '_>) -> bool {
    let namespace = item.service.name.map(ServicePortName::namespace);
    let of_namespace =
        cli.common.namespace.as_ref().is_none_or(|wanted| namespace.is_some_and(|own| own == wanted.as_str()));
    of_namespace && cli.common.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&item.name()))
}
