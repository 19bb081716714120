//! Source ranges of a load balancer that nothing enforces.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use super::place::place;
use crate::kube::{Capture, Prefix, ServiceChain, ServicePort};
use crate::ruleset::{Match, RuleId, Side, Table, TableName, Test};

pub(super) static CHECK: Check = Check {
    name: "source-ranges-unenforced",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "clients outside a load balancer's source ranges are not dropped",
    page: include_str!("source_ranges_unenforced.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat, TableName::Filter]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((filter, _)) = cx.filter() else { return };
    for (at, service) in cx.services() {
        let Some(own) = service.chain(Prefix::Fw) else { continue };
        let chain = cx.proxy.chain(own.id);
        if !relies_on_filter(cx, chain) {
            continue;
        }
        let open = service.captures.iter().filter(|capture| {
            capture.target == Some(own.id) && !service.firewall.iter().any(|&rule| covers(filter, rule, capture))
        });
        let open: Vec<_> = open.collect();
        if !open.is_empty() {
            found.push(finding(cx, service, chain, &open).services([at]));
        }
    }
}

/// The form of 1.25 and later: KUBE-EXT for the ranges, and no rule that marks the others for dropping.
fn relies_on_filter(cx: &Context<'_, '_>, chain: &ServiceChain<'_>) -> bool {
    let leads_on = |&(_, to): &(RuleId, _)| cx.proxy.chain(to).prefix == Prefix::Ext;
    chain.drops.is_empty() && chain.jumps.iter().any(leads_on)
}

/// Whether a rule of KUBE-PROXY-FIREWALL drops what comes to this address.
fn covers(filter: &Table<'_>, rule: RuleId, capture: &Capture<'_>) -> bool {
    let is_other = |each: &Match<'_>| match each.test() {
        Test::Address { side: Side::Destination, net } => {
            capture.address.is_some_and(|address| net.contains(address) == each.inverted())
        }
        _ => false,
    };
    !filter.matches(filter.rule(rule)).iter().any(is_other)
}

fn finding(
    cx: &Context<'_, '_>,
    service: &ServicePort<'_>,
    chain: &ServiceChain<'_>,
    open: &[&Capture<'_>],
) -> Finding {
    let message =
        format!("`{}` lets some sources pass, but `KUBE-PROXY-FIREWALL` does not drop the others", chain.name);
    let mut finding = Finding::new(cx.service_name(service), message, cx.declaration(chain.chain))
        .label("its ranges are not enforced");
    for capture in open {
        if let Some(&rule) = capture.jumps.first() {
            finding = finding.line(cx.line(rule), format!("nothing drops the others that come to {}", place(capture)));
        }
    }
    finding.effect(
        "What comes from outside the ranges is not sent to a pod here, but it is not dropped either: it leaves for the \
         load balancer's address by the ordinary route, or reaches a process of this node if the address is its own. \
         Node ports never honour source ranges.",
    )
}
