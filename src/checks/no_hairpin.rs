//! A pod's chain that does not mark what the pod sends to itself.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{Dnat, EndpointChain};
use crate::ruleset::TableName;

pub(super) static CHECK: Check = Check {
    name: "no-hairpin",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a pod cannot reach itself through its service: the masquerade rule is missing",
    page: include_str!("no_hairpin.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    for (_, chain) in cx.endpoints().filter(|(_, chain)| cx.proxy.is_named_so(chain) && chain.service().is_some()) {
        if let Some(dnat) = chain.dnat().filter(|&dnat| !has_hairpin(chain, dnat)) {
            found.push(finding(cx, chain, dnat));
        }
    }
}

/// A rule before the DNAT; one for another source is `dnat-target-mismatch`.
fn has_hairpin(chain: &EndpointChain<'_>, dnat: Dnat) -> bool {
    chain.hairpins().any(|hairpin| hairpin.rule < dnat.rule)
}

fn finding(cx: &Context<'_, '_>, chain: &EndpointChain<'_>, dnat: Dnat) -> Finding {
    let pod = dnat.address.map_or_else(|| "the pod".into(), |address| format!("`{address}`"));
    let message = match chain.hairpin() {
        Some(_) => {
            format!(
                "`{}` marks what {pod} sends to itself only after the DNAT rule, which is too late",
                cx.proxy.name_of(chain)
            )
        }
        None => format!("`{}` does not mark what {pod} sends to itself", cx.proxy.name_of(chain)),
    };
    let subject = chain.service().map_or_else(|| cx.proxy.name_of(chain).to_string(), |service| cx.name_at(service));
    let finding =
        Finding::new(subject, message, cx.line(dnat.rule)).label("no rule with the pod's own source before this one");
    let finding = match chain.hairpin() {
        Some(hairpin) => finding.line(cx.line(hairpin.rule), "never reached"),
        None => finding,
    };
    finding
        .effect(format!("When {pod} connects to the service and draws itself, the packet comes back to it with its own address as the source, and it drops it: now and then such a connection hangs. Other clients notice nothing."))
        .services(chain.service())
        .several("the rules that mark what a pod sends to itself are missing")
}
