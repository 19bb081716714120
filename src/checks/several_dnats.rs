//! More than one DNAT rule in the chain of one pod.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::hooks::is_unconditional;
use super::needs::Needs;
use crate::kube::{Dnat, EndpointChain};
use crate::ruleset::RuleId;

pub(super) static CHECK: Check = Check {
    name: "several-dnats",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "the chain of one pod has more than one DNAT rule, or rules behind one that always matches",
    page: include_str!("several_dnats.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (_, chain) in cx.endpoints().filter(|(_, chain)| cx.proxy.is_named_so(chain) && chain.service().is_some()) {
        let Some(first) = chain.dnat() else { continue };
        if let Some(&second) = chain.more_dnats().first() {
            found.push(finding(cx, chain, first, second.rule, &several(first, second)));
        } else if let Some(rule) = behind(cx, chain, first) {
            found.push(finding(cx, chain, first, rule, "has a rule behind a DNAT rule that always matches"));
        }
    }
}

fn several(first: Dnat, second: Dnat) -> String {
    match (first.target(), second.target()) {
        (Some(first), Some(second)) => format!("has two DNAT rules, to {first} and to {second}"),
        _ => "has two DNAT rules".into(),
    }
}

/// A rule of another kind that no packet comes to.
fn behind(cx: &Context<'_, '_>, chain: &EndpointChain<'_>, dnat: Dnat) -> Option<RuleId> {
    let (table, _) = cx.nat()?;
    let last = chain.others().iter().copied().find(|&rule| rule > dnat.rule)?;
    is_unconditional(table, dnat.rule).then_some(last)
}

fn finding(cx: &Context<'_, '_>, chain: &EndpointChain<'_>, first: Dnat, rule: RuleId, what: &str) -> Finding {
    let subject = chain.service().map_or_else(|| cx.proxy.name_of(chain).to_string(), |service| cx.name_at(service));
    let target = first.target().map(|target| target.to_string()).unwrap_or_default();
    Finding::new(subject, format!("`{}` {what}", cx.proxy.name_of(chain)), cx.line(rule))
        .label("one too many")
        .line(cx.line(first.rule), "this one comes first")
        .effect(format!("Whatever the first rule matches goes to `{target}`; the other one gets only what is left, as a rule nothing."))
        .services(chain.service())
        .several("their pods' chains have more than one DNAT rule")
}
