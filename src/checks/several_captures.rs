//! More than one capture in the input.

use super::check::{Check, Level, Proof, Question};
use super::context::Input;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::ruleset::{Backend, Ruleset};
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "several-captures",
    level: Level::Info,
    proof: Proof::Dump,
    summary: "the input holds several captures: each is analysed by itself",
    page: include_str!("several_captures.md"),
    needs: Needs::NOTHING,
    question: Question::Input(check),
};

fn check(input: &Input<'_, '_>, found: &mut Findings) {
    let [first, rest @ ..] = input.parsed.rulesets.as_slice() else { return };
    if rest.is_empty() {
        return;
    }
    let message = format!("it holds {} captures, each is analysed by itself", rest.len() + 1);
    let mut finding = Finding::new("the input", message, place(first)).label(what(first));
    for ruleset in rest {
        finding = finding.line(place(ruleset), what(ruleset));
    }
    found.push(
        finding
            .effect("Nothing of one capture is used for another. Findings and services say which one they are of.")
            .remedy("Nothing, if that is what you meant. Give the captures of different nodes or moments one by one."),
    );
}

fn place(ruleset: &Ruleset<'_>) -> Span {
    let table = ruleset.tables.first();
    table.map(|table| table.chains.first().map_or(table.span, |chain| chain.span)).unwrap_or_default()
}

fn what(ruleset: &Ruleset<'_>) -> String {
    let backend = match ruleset.backend {
        Backend::Legacy => ", legacy",
        Backend::Nft => ", nft",
        Backend::Unknown => "",
    };
    let time = ruleset.tool.and_then(|tool| tool.time).map(|time| format!(", of {time}")).unwrap_or_default();
    format!("{}{backend}{time}", ruleset.family)
}
