//! A pod's chain that translates nothing.

use super::balance::percent;
use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::EndpointChain;
use crate::ruleset::{RuleId, TableName, Target};

pub(super) static CHECK: Check = Check {
    name: "endpoint-without-dnat",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a pod's chain has no DNAT rule",
    page: include_str!("endpoint_without_dnat.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (_, chain) in cx.endpoints().filter(|(_, chain)| chain.service().is_some() && chain.dnat().is_none()) {
        if cx.proxy.is_named_so(chain) && !translates_otherwise(cx, chain) {
            found.push(finding(cx, chain));
        }
    }
}

/// Whether another rule translates: then connections go somewhere, and that is `foreign-rule`'s.
fn translates_otherwise(cx: &Context<'_, '_>, chain: &EndpointChain<'_>) -> bool {
    let target = |rule: &RuleId| cx.nat().and_then(|(table, _)| table.rule(*rule).target.as_ref());
    let is_other = |rule| matches!(target(rule), Some(Target::Redirect(_) | Target::Netmap(_)));
    chain.others().iter().any(is_other)
}

fn finding(cx: &Context<'_, '_>, chain: &EndpointChain<'_>) -> Finding {
    let what = match (chain.hairpin(), chain.others()) {
        (None, []) => "is empty",
        _ => "has no DNAT rule",
    };
    let subject = chain.service().map_or_else(|| cx.proxy.name_of(chain).to_string(), |service| cx.name_at(service));
    let mut finding =
        Finding::new(subject, format!("`{}` {what}", cx.proxy.name_of(chain)), cx.declaration(chain.chain))
            .label("translates nothing");
    if let Some(rule) = first_reference(cx, chain) {
        finding = finding.line(cx.line(rule), "sends connections there");
    }
    finding
        .effect(effect(chain.service().and_then(|service| cx.leak_of(service))))
        .services(chain.service())
        .several("their pods' chains have no DNAT rule")
}

fn effect(leak: Option<f64>) -> String {
    let falls = "Connections that draw this pod fall through its chain and meet the next balancing rule";
    match leak {
        Some(leak) if leak > 0.0 => format!(
            "{falls}; {} of all new connections to the service find none and leave untranslated for its own address, \
             where nobody answers.",
            percent(leak)
        ),
        Some(_) => format!("{falls}: the pods that follow get them."),
        None => format!("{falls}: the pods that follow get them, and where none follows they leave untranslated."),
    }
}

fn first_reference(cx: &Context<'_, '_>, chain: &EndpointChain<'_>) -> Option<RuleId> {
    cx.nat()?.1.references(chain.chain).first().copied()
}
