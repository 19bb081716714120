//! Tables that the dump does not have, and what could not be asked without them.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::ruleset::{Form, Ruleset, TableName};

pub(super) static CHECK: Check = Check {
    name: "missing-table",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "the dump lacks a table that decides about packets, too",
    page: include_str!("missing_table.md"),
    needs: Needs::NOTHING,
    question: Question::Ruleset(check),
};

/// Tables, and what is decided there.
const TABLES: [(TableName<'static>, &str); 4] = [
    (TableName::Nat, "nat: where services lead"),
    (TableName::Filter, "filter: which addresses are rejected or dropped, and what may be forwarded"),
    (TableName::Raw, "raw: which addresses are not tracked, and so never translated"),
    (TableName::Mangle, "mangle: marks set before nat, and kube-proxy's canary"),
];

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let ruleset = cx.proxy.resolved.ruleset;
    let is_missing = |name| ruleset.table(name).is_none() && !(is_whole(ruleset) && is_optional(name));
    let missing: Vec<_> = TABLES.iter().filter(|(name, _)| is_missing(*name)).collect();
    let Some(table) = ruleset.tables.first().filter(|_| !missing.is_empty()) else { return };
    let names: Vec<_> = missing.iter().map(|(name, _)| name.name().to_string()).collect();
    let parts: Vec<_> = missing.iter().map(|(_, what)| *what).collect();
    let span = table.chains.first().map_or(table.span, |chain| chain.span);
    let finding = Finding::new("the dump", format!("no {} table", names.join(", no ")), span)
        .label(format!("of the {} table; there is no other line of these", table.name.name()))
        .effect(format!("What is decided there was not looked at: {}.", parts.join("; ")))
        .remedy("Take iptables-save -c as root without -t: it prints all tables.");
    found.push(finding);
}

/// Whether it is the output of `iptables-save` without `-t`: then a table it lacks has no rules on the node.
fn is_whole(ruleset: &Ruleset<'_>) -> bool {
    ruleset.tables.len() > 1
        && ruleset.tables.iter().all(|table| table.form == Form::Save && table.is_named && table.is_complete)
}

/// Tables that many nodes do not have.
fn is_optional(name: TableName<'_>) -> bool {
    matches!(name, TableName::Raw | TableName::Mangle)
}
