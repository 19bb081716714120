//! A listing without `-v`: interfaces are not shown.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::ruleset::Form;

pub(super) static CHECK: Check = Check {
    name: "hidden-interfaces",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "a listing without -v: a rule may look unconditional and not be",
    page: include_str!("hidden_interfaces.md"),
    needs: Needs::NOTHING,
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let tables = &cx.proxy.resolved.ruleset.tables;
    let hides = |form| matches!(form, Form::List { verbose: false, .. });
    let Some(table) = tables.iter().find(|table| hides(table.form) && !table.rules.is_empty()) else { return };
    let span = table.rules.first().map_or(table.span, |rule| rule.span);
    let finding = Finding::new("the dump", "the listing does not show interfaces", span)
        .label("may ask for an interface, too")
        .effect(
            "A rule that looks as if it took every packet may take only those of one interface. Nothing was concluded from \
             rules that look unconditional.",
        )
        .remedy("List with -v (iptables -t nat -nvL), or better take iptables-save -c.");
    found.push(finding);
}
