//! Lines of the dump are missing.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::{Needs, is_complete};
use crate::ruleset::{ChainGraph, ChainId, ChainKind, Form, Table};
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "truncated-dump",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "lines of the dump are missing: it proves no absence",
    page: include_str!("truncated_dump.md"),
    needs: Needs::NOTHING,
    question: Question::Ruleset(check),
};

/// A table that is not whole, and what shows it.
struct Gap<'a, 'src> {
    table: &'a Table<'src>,
    span: Span,
    what: String,
}

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let resolved = cx.proxy.resolved;
    let tables = resolved.ruleset.tables.iter().zip(&resolved.graphs);
    let gaps: Vec<_> = tables.filter_map(|(table, graph)| gap(table, graph)).collect();
    let Some((first, rest)) = gaps.split_first() else { return };
    let names: Vec<_> = gaps.iter().map(|gap| gap.table.name.name().to_string()).collect();
    let tables = if rest.is_empty() { "table" } else { "tables" };
    let message = format!("lines of the {} {tables} are missing", names.join(" and "));
    let mut finding = Finding::new("the dump", message, first.span).label(first.what.clone());
    for gap in rest {
        finding = finding.line(gap.span, gap.what.clone());
    }
    found.push(
        finding
            .effect(
                "What is not in the dump may still be on the node: a chain without rules here is unknown, not empty. Checks \
                 that argue from what is missing were not asked.",
            )
            .remedy("Take a whole dump, as root: iptables-save -c > node.save. Do not grep it."),
    );
}

fn gap<'a, 'src>(table: &'a Table<'src>, graph: &ChainGraph) -> Option<Gap<'a, 'src>> {
    if let Some((chain, counted, said)) = too_few_jumps(table, graph) {
        let what = format!("{said} rules jump here, the listing shows {counted} of them");
        return Some(Gap { table, span: table.chain(chain).span, what });
    }
    if is_complete(table) {
        return None;
    }
    let dangling = graph.dangling(table).count();
    let jumps =
        if dangling > 0 { format!("; {dangling} jumps lead to chains that it does not show") } else { String::new() };
    let (span, what) = match table.form {
        Form::Save if table.is_named && !table.is_complete => (last_line(table), "the last line: no COMMIT follows"),
        Form::Save if table.is_named => (first_line(table), "rules of kube-proxy's own chains were left out"),
        Form::Save | Form::Commands => (first_line(table), "these are single lines of a table, not all of it"),
        Form::List { .. } => (first_line(table), "the listing does not show the whole table"),
    };
    Some(Gap { table, span, what: format!("{what}{jumps}") })
}

/// The first chain that a listing counts more references to than there are jumps: chain, jumps, references.
fn too_few_jumps(table: &Table<'_>, graph: &ChainGraph) -> Option<(ChainId, usize, u32)> {
    table.chain_ids().find_map(|(id, chain)| {
        let ChainKind::UserDefined { references: Some(said) } = chain.kind else { return None };
        let counted = graph.references(id).len();
        (said as usize > counted).then_some((id, counted, said))
    })
}

fn first_line(table: &Table<'_>) -> Span {
    let chains = table.chains.iter().map(|chain| chain.span);
    let rules = table.rules.iter().map(|rule| rule.span);
    chains.chain(rules).min_by_key(|span| span.start).unwrap_or(table.span)
}

fn last_line(table: &Table<'_>) -> Span {
    let chains = table.chains.iter().map(|chain| chain.span);
    let rules = table.rules.iter().map(|rule| rule.span);
    chains.chain(rules).max_by_key(|span| span.start).unwrap_or(table.span)
}
