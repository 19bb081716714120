//! A pod that gets no new connection, since a rule before its own takes all.

use super::balance::Walked;
use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::Balancing;
use crate::ruleset::{Table, Threshold};
use crate::shares::is_sound;

pub(super) static CHECK: Check = Check {
    name: "starved-endpoint",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a pod gets no new connection, since a rule before its own takes all that is left",
    page: include_str!("starved_endpoint.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for walked in cx.walked() {
        let Some((table, _)) = cx.nat() else { return };
        let starved = starved(cx, table, walked);
        if let Some(finding) = finding(cx, walked, &starved) {
            found.push(finding);
        }
    }
}

/// The rules whose pods get nothing though their chains would translate.
fn starved<'a>(cx: &Context<'a, '_>, table: &Table<'_>, walked: &Walked) -> Vec<&'a Balancing> {
    let proxy = cx.proxy;
    let protocol = proxy.services[walked.service as usize].protocol;
    let rules = proxy.chain(walked.chain).balancing.iter().zip(&walked.shares);
    let sound = |rule: &Balancing| rule.endpoint.is_some_and(|end| is_sound(table, proxy.endpoint(end), protocol));
    rules.filter(|&(rule, &share)| share <= 0.0 && sound(rule)).map(|(rule, _)| rule).collect()
}

fn finding(cx: &Context<'_, '_>, walked: &Walked, starved: &[&Balancing]) -> Option<Finding> {
    let first = starved.first()?;
    let chain = cx.proxy.chain(walked.chain);
    let what = match starved.len() {
        1 => "one pod gets".to_owned(),
        count => format!("{count} of {} pods get", chain.balancing.len()),
    };
    let mut finding =
        Finding::new(cx.name_at(walked.service), format!("{what} no new connection"), cx.line(first.rule))
            .label(if first.threshold == Some(Threshold(0)) { "its probability is 0" } else { "never reached" });
    for rule in &starved[1..] {
        finding = finding.line(cx.line(rule.rule), "never reached");
    }
    let takes_all = |rule: &&Balancing| rule.threshold.is_none_or(|threshold| threshold >= Threshold::ALWAYS);
    if let Some(all) = chain.balancing.iter().find(takes_all).filter(|all| all.rule < first.rule) {
        finding = finding.line(cx.line(all.rule), "takes all that is left");
    }
    Some(
        finding
            .effect("The pod is idle, and the others carry its part. Clients notice nothing but the load.")
            .services([walked.service])
            .several("some of their pods get no new connection"),
    )
}
