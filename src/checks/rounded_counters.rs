//! Counters of a listing without `-x`.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::ruleset::Table;
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "rounded-counters",
    level: Level::Info,
    proof: Proof::Counters,
    summary: "the listing rounds its counters",
    page: include_str!("rounded_counters.md"),
    needs: Needs::NOTHING,
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((count, span)) = cx.proxy.resolved.ruleset.tables.iter().find_map(rounded) else { return };
    let finding = Finding::new("the dump", format!("the counters of {count} rules are rounded"), span)
        .label("rounded to thousands or millions")
        .effect("Shares worked out from them are off by up to one per cent.")
        .remedy("Take iptables-save -c, or list with -x (iptables -t nat -nvxL).");
    found.push(finding);
}

/// How many rules have rounded counters, and the first of them.
fn rounded(table: &Table<'_>) -> Option<(usize, Span)> {
    let mut rules = table.rules.iter().zip(&table.counters).filter(|(_, counters)| counters.rounded);
    let (first, _) = rules.next()?;
    Some((rules.count() + 1, first.span))
}
