//! Connections that leave a service chain untranslated.

use super::balance::{Walked, percent};
use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::ServiceChain;
use crate::ruleset::TableName;
use crate::source::Span;

pub(super) static CHECK: Check = Check {
    name: "leaking-service",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "part of the new connections to a service leaves untranslated and reaches no pod",
    page: include_str!("leaking_service.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Services(check),
};

/// Less than this is no leak but arithmetic.
const LEAST: f64 = 1e-9;

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for walked in cx.walked().iter().filter(|walked| walked.leaked > LEAST) {
        found.push(finding(cx, walked));
    }
}

fn finding(cx: &Context<'_, '_>, walked: &Walked) -> Finding {
    let chain = cx.proxy.chain(walked.chain);
    let leaked = percent(walked.leaked);
    let (span, label) = hole(cx, chain);
    Finding::new(cx.name_at(walked.service), format!("{leaked} of new connections leave `{}` untranslated", chain.name), span)
        .label(label)
        .effect(format!("{leaked} of new connections reach no pod: they leave for the service's own address by the ordinary route, where nobody answers."))
        .services([walked.service])
        .several("part of new connections leaves their chains untranslated")
}

/// Where they get out: a rule that ends the walk, else the last rule, which should have no condition.
fn hole(cx: &Context<'_, '_>, chain: &ServiceChain<'_>) -> (Span, &'static str) {
    if let Some(&rule) = chain.others.first().or(chain.drops.first()) {
        return (cx.line(rule), "takes them out of the chain");
    }
    match chain.balancing.last() {
        Some(last) if last.threshold.is_some() => (cx.line(last.rule), "the last rule, and it has a probability"),
        _ => (cx.declaration(chain.chain), "a pod behind this chain does not take all that it gets"),
    }
}
