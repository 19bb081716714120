//! A listing without `-n`: names stand where addresses and ports should.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::ruleset::{Form, Table, Test};

pub(super) static CHECK: Check = Check {
    name: "resolved-names",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "a listing without -n: names stand for addresses and ports",
    page: include_str!("resolved_names.md"),
    needs: Needs::NOTHING,
    question: Question::Ruleset(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let tables = &cx.proxy.resolved.ruleset.tables;
    let Some(table) = tables.iter().find(|table| matches!(table.form, Form::List { numeric: false, .. })) else {
        return;
    };
    let hosts = table.matches.iter().filter(|each| matches!(*each.test(), Test::Host { .. })).count();
    let span = host_line(table).unwrap_or_else(|| table.rules.first().map_or(table.span, |rule| rule.span));
    let finding = Finding::new("the dump", "names stand for addresses and ports", span)
        .label(if hosts > 0 { "a host or network by name" } else { "words for numbers" })
        .effect(format!(
            "{} Names of ports were read by their usual numbers. Which address a host name means is not known, so rules \
             with one can be told apart only by that name.",
            if hosts > 0 { format!("{hosts} addresses are shown by name.") } else { "No address is shown by name.".into() },
        ))
        .remedy("List with -n (iptables -t nat -nvL), or better take iptables-save -c.");
    found.push(finding);
}

fn host_line(table: &Table<'_>) -> Option<crate::source::Span> {
    let has_host = |rule: &&crate::ruleset::Rule<'_>| {
        table.matches(rule).iter().any(|each| matches!(*each.test(), Test::Host { .. }))
    };
    table.rules.iter().find(has_host).map(|rule| rule.span)
}
