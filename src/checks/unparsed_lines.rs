//! Lines and options that were not understood.

use super::check::{Check, Level, Proof, Question};
use super::context::Input;
use super::finding::{Evidence, Finding, Findings};
use super::needs::Needs;
use crate::ruleset::{Table, Target, Test};
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "unparsed-lines",
    level: Level::Warning,
    proof: Proof::Dump,
    summary: "lines or options of the dump were not understood",
    page: include_str!("unparsed_lines.md"),
    needs: Needs::NOTHING,
    question: Question::Input(check),
};

/// How many lines are shown; the message says how many there are.
const SHOWN: usize = 20;

const EFFECT: &str =
    "What they ask or do is not known. They count as \"may match\" wherever a packet can come to them.";

fn check(input: &Input<'_, '_>, found: &mut Findings) {
    lines(input, found);
    options(input, found);
}

fn lines(input: &Input<'_, '_>, found: &mut Findings) {
    let faults = &input.parsed.faults;
    let Some(first) = faults.first() else { return };
    let message = match faults.len() {
        1 => "a line was not understood".into(),
        count => format!("{count} lines were not understood"),
    };
    let mut finding = Finding::new("the dump", message, first.span)
        .effect(EFFECT)
        .remedy("Look at these lines. Where they were cut, wrapped or edited, take a new dump with iptables-save.");
    let evidence = |fault: &crate::syntax::Fault| Evidence { span: fault.span, label: fault.to_string().into() };
    finding.evidence = faults.iter().take(SHOWN).map(evidence).collect();
    found.push(finding);
}

/// Options without a meaning to us are no fault of the dump: worth knowing, no more.
fn options(input: &Input<'_, '_>, found: &mut Findings) {
    let tables = || input.parsed.rulesets.iter().flat_map(|ruleset| &ruleset.tables);
    let count: usize = tables().map(|table| unknown(table).count()).sum();
    if count == 0 {
        return;
    }
    let shown = tables().flat_map(unknown).take(SHOWN);
    let evidence = |span| Evidence { span, label: "has an option of unknown meaning".into() };
    let message = match count {
        1 => "a rule has options of unknown meaning".into(),
        count => format!("{count} rules have options of unknown meaning"),
    };
    let mut finding = Finding::new("the dump", message, Span::default())
        .effect(EFFECT)
        .remedy("Nothing, if they are of software you know. They are shown as they stand.");
    finding.evidence = shown.map(evidence).collect();
    found.push_at(Level::Info, finding);
}

fn unknown<'a>(table: &'a Table<'_>) -> impl Iterator<Item = Span> + 'a {
    let rules = table.rules.iter().filter(|rule| {
        matches!(rule.target, Some(Target::Other(_)))
            || table.matches(rule).iter().any(|each| matches!(*each.test(), Test::Other(_) | Test::Listed(_)))
    });
    rules.map(|rule| rule.span)
}
