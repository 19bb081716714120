//! Somebody else's chain jumps to one that kube-proxy will want to delete.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{ChainName, Prefix, Release};
use crate::ruleset::{ChainGraph, ChainId, Rule, RuleId, Table};

pub(super) static CHECK: Check = Check {
    name: "blocking-reference",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "a rule of somebody else jumps to a chain that kube-proxy deletes one day",
    page: include_str!("blocking_reference.md"),
    needs: Needs::IPTABLES_MODE,
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, graph)) = cx.nat() else { return };
    let has_no_xlb = cx.proxy.dialect.from >= Some(Release(24));
    let is_foreign = |id: &ChainId| is_foreign(table.chain(*id).name, has_no_xlb);
    for id in candidates(cx, table, graph).into_iter().filter(is_foreign) {
        let blocking = |&(rule, _): &(RuleId, &Rule<'_>)| {
            graph.leads_to(table, rule).is_some_and(|to| is_deleted_one_day(table.chain(to).name))
        };
        let mut by_service: Vec<(Option<u32>, Vec<RuleId>)> = Vec::new();
        for (rule, _) in table.rules_of(id).filter(blocking) {
            let service = services(cx, rule).first().copied();
            match by_service.iter_mut().find(|(own, _)| *own == service) {
                Some((_, rules)) => rules.push(rule),
                None => by_service.push((service, vec![rule])),
            }
        }
        for (_, rules) in &by_service {
            found.push(finding(cx, table, rules));
        }
    }
}

/// The chains that may be foreign and lead to those of the services asked about, in order.
fn candidates(cx: &Context<'_, '_>, table: &Table<'_>, graph: &ChainGraph) -> Vec<ChainId> {
    if cx.scope.is_some() {
        return cx.chains_that_lead_here(table, graph);
    }
    let old = cx.proxy.chains.iter().filter(|chain| chain.prefix == Prefix::Xlb);
    let mut all = cx.other_chains(table);
    all.extend(old.map(|chain| chain.chain));
    all.sort_unstable();
    all
}

/// The services of the chain that a rule leads to.
fn services<'c>(cx: &'c Context<'_, '_>, rule: RuleId) -> &'c [u32] {
    let target = cx.nat().and_then(|(table, graph)| graph.leads_to(table, rule));
    target.map_or(&[], |chain| cx.services_of_chain(chain))
}

/// A chain kube-proxy neither writes nor deletes: somebody else's, or one of an older release.
fn is_foreign(name: &[u8], has_no_xlb: bool) -> bool {
    match ChainName::of(name) {
        ChainName::Foreign | ChainName::Hashed(Prefix::HostPort, _) => true,
        ChainName::Hashed(Prefix::Xlb, _) => has_no_xlb,
        ChainName::Hashed(..) | ChainName::Static(_) => false,
    }
}

/// The chains kube-proxy deletes when their service or pod is gone.
fn is_deleted_one_day(name: &[u8]) -> bool {
    let ChainName::Hashed(prefix, _) = ChainName::of(name) else { return false };
    matches!(prefix, Prefix::Svc | Prefix::Svl | Prefix::Sep | Prefix::Fw | Prefix::Ext)
}

/// One chain that leads to the chains of one service.
fn finding(cx: &Context<'_, '_>, table: &Table<'_>, rules: &[RuleId]) -> Finding {
    let rule = rules[0];
    let from = table.chain(table.rule(rule).chain).name;
    let to = table.rule(rule).target.as_ref().and_then(crate::ruleset::Target::chain_name).unwrap_or_default();
    let services = services(cx, rule);
    let subject = services.first().map_or_else(|| to.to_string(), |&service| cx.name_at(service));
    let is_old = from.starts_with(b"KUBE-XLB-");
    let whose = if is_old { "of a kube-proxy before 1.24" } else { "which is not kube-proxy's" };
    let remedy = if is_old {
        "Restart kube-proxy on this node. If the chain of the older release is still there afterwards, reboot the node: \
         nothing of today's kube-proxy removes it."
    } else {
        "Find out what writes this rule and make it stop. Then remove the rule, and restart kube-proxy on this node."
    };
    let mut finding = Finding::new(subject, format!("`{from}`, {whose}, jumps to `{to}`"), cx.line(rule))
        .label("keeps the chain from being deleted");
    for &more in rules[1..].iter().take(MOST_LINES) {
        finding = finding.line(cx.line(more), "and so does this one");
    }
    finding
        .effect(
            "As long as this rule stands the kernel refuses to delete the chain. When the service or the pod goes away, \
             kube-proxy's restore can fail as a whole, and then no service of this node is updated any more.",
        )
        .remedy(remedy)
        .services(services.iter().copied())
        .several("rules that are not kube-proxy's jump to chains it deletes one day")
}

/// Further rules shown.
const MOST_LINES: usize = 7;
