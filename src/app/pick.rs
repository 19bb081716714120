//! Which services an answer is about: `--namespace` and `--match`.

use crate::cli::Cli;
use crate::view::{Item, Node};

/// The services the user asked for, in the order of the dump.
pub(super) fn picked<'n, 'src>(cli: &Cli, node: &'n Node<'n, 'src>) -> impl Iterator<Item = Item<'n, 'src>> {
    let is_all = cli.common.namespace.is_none() && cli.common.pattern.is_none();
    node.items().filter(move |item| is_all || is_meant(cli, item))
}

fn is_meant(cli: &Cli, item: &Item<'_, '_>) -> bool {
    let namespace = item.service.name.map(|name| name.namespace());
    let of_namespace = cli.common.namespace.as_ref().is_none_or(|wanted| namespace.is_some_and(|own| own == wanted.as_str()));
    of_namespace && cli.common.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&item.name()))
}
