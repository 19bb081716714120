//! One chain: who leads to it, whose it is, its rules.

use super::words::listed;
use super::{Item, Node};
use crate::doc::{Column, Doc, Table, code, dim, plain, strong};
use crate::ruleset::{ChainId, RuleId, TableName};

/// The chain, for people.
#[must_use]
pub fn chain(node: &Node<'_, '_>, source: usize, table: TableName<'_>, id: ChainId, owners: &[Item<'_, '_>]) -> Doc {
    let mut doc = Doc::new();
    let Some((table, graph)) = node.proxies.get(source).and_then(|proxy| proxy.resolved.table(table)) else {
        return doc;
    };
    let chain = table.chain(id);
    let kind = if chain.is_built_in() { "built-in chain" } else { "chain" };
    doc.heading_with(
        strong(chain.name).and(plain(format!("   {kind} of {}", table.name.name()))),
        dim(node.place(chain.span)),
    );
    if !owners.is_empty() {
        let names: Vec<String> = owners.iter().map(Item::name).collect();
        doc.paragraph(format!("made for {}", listed(&names)));
    }
    let references = graph.references(id);
    if references.is_empty() && !chain.is_built_in() {
        doc.paragraph("no rule leads to it");
    } else if !references.is_empty() {
        doc.blank().heading("rules that lead to it");
        doc.table(rules(node, table, references.iter().copied()));
    }
    doc.blank().heading("its rules");
    if table.rules_of(id).len() == 0 {
        doc.paragraph("none");
    } else {
        doc.table(rules(node, table, table.rules_of(id).map(|(rule, _)| rule)));
    }
    doc
}

fn rules(node: &Node<'_, '_>, table: &crate::ruleset::Table<'_>, rules: impl Iterator<Item = RuleId>) -> Table {
    let mut shown = Table::new([Column::right(""), Column::left("")]);
    for rule in rules {
        let span = table.rule(rule).span;
        shown.row((dim(node.place(span)), code(node.sources.text(span))));
    }
    shown
}
