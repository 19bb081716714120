//! Session affinity whose three parts do not fit: remembering a client, asking for it, and drawing pods.

use super::check::{Check, Level, Proof, Question};
use super::context::Context;
use super::finding::{Finding, Findings};
use super::needs::Needs;
use crate::kube::{Dialect, EndpointId, Release, ServiceChain};
use crate::ruleset::{Match, Recent, RuleId, Table, TableName, Test};
use bstr::BStr;

pub(super) static CHECK: Check = Check {
    name: "incomplete-affinity",
    level: Level::Error,
    proof: Proof::Dump,
    summary: "the rules of a service's session affinity do not fit each other",
    page: include_str!("incomplete_affinity.md"),
    needs: Needs::IPTABLES_MODE.complete(&[TableName::Nat]),
    question: Question::Services(check),
};

fn check(cx: &Context<'_, '_>, found: &mut Findings) {
    let Some((table, _)) = cx.nat() else { return };
    for (_, chain) in cx.chains().filter(|(_, chain)| chain.balances() && !chain.services.is_empty()) {
        if let Some(fault) = fault(cx, table, chain) {
            found.push(finding(cx, chain, &fault));
        }
    }
}

/// What does not fit: the rule to look at, what to see there, and what it does.
struct Fault {
    rule: RuleId,
    label: String,
    effect: &'static str,
}

const FORGETS: &str = "Clients of that pod are not kept: their next connection is drawn anew, and a session they have there is lost to them.";

const NEVER_ASKED: &str = "A rule before it ends the walk, so nobody is ever sent back to the pod he came from.";

const STRAYS: &str = "Clients are sent to a pod they were never drawn to.";

fn fault(cx: &Context<'_, '_>, table: &Table<'_>, chain: &ServiceChain<'_>) -> Option<Fault> {
    if chain.rechecks.is_empty() {
        return never_asked(cx, chain);
    }
    late(chain)
        .or_else(|| of_another_list(cx, table, chain))
        .or_else(|| unlike(cx, chain))
        .or_else(|| forgetful(cx, chain))
        .or_else(|| of_another_timeout(chain))
}

/// Pods remember their clients, but nobody asks.
fn never_asked(cx: &Context<'_, '_>, chain: &ServiceChain<'_>) -> Option<Fault> {
    let mut ends = chain.balancing.iter().filter_map(|rule| rule.endpoint);
    let rule = ends.find_map(|end| cx.proxy.endpoint(end).remembers())?;
    Some(Fault { rule, label: "remembers its client, but the service chain never asks".into(), effect: FORGETS })
}

fn late(chain: &ServiceChain<'_>) -> Option<Fault> {
    let drawn = chain.balancing.first()?.rule;
    let late = chain.rechecks.iter().find(|recheck| recheck.rule > drawn)?;
    Some(Fault { rule: late.rule, label: "asks after the first pod was drawn".into(), effect: NEVER_ASKED })
}

/// A re-check or a `--set` that uses a list of another name than that of the pod's chain.
fn of_another_list(cx: &Context<'_, '_>, table: &Table<'_>, chain: &ServiceChain<'_>) -> Option<Fault> {
    let asks = chain.rechecks.iter().map(|recheck| (recheck.rule, recheck.endpoint));
    let sets = chain.balancing.iter().filter_map(|rule| {
        let end = rule.endpoint?;
        Some((cx.proxy.endpoint(end).remembers()?, Some(end)))
    });
    asks.chain(sets).find_map(|(rule, end)| {
        let (list, own) = (recent(table, rule)?.name, cx.proxy.name_of(cx.proxy.endpoint(end?)));
        (list != own).then(|| Fault {
            rule,
            label: format!("uses the list of `{list}`, not that of `{own}`"),
            effect: STRAYS,
        })
    })
}

fn recent<'a, 'src>(table: &'a Table<'src>, rule: RuleId) -> Option<&'a Recent<'src>> {
    let find = |each: &'a Match<'src>| if let Test::Recent(recent) = each.test() { Some(&**recent) } else { None };
    table.matches(table.rule(rule)).iter().find_map(find)
}

/// Re-checks and balancing rules that do not name the same pods.
fn unlike(cx: &Context<'_, '_>, chain: &ServiceChain<'_>) -> Option<Fault> {
    let asked = chain.rechecks.iter().map(|recheck| recheck.endpoint);
    let drawn = chain.balancing.iter().map(|rule| rule.endpoint);
    if asked.clone().eq(drawn.clone()) || drawn.clone().chain(asked.clone()).any(|end| end.is_none()) {
        // A jump to a chain that is not there is another check's.
        return None;
    }
    let (asked, drawn): (Vec<EndpointId>, Vec<EndpointId>) = (sorted(asked.flatten()), sorted(drawn.flatten()));
    let is_in = |list: &[EndpointId], end: Option<EndpointId>| end.is_some_and(|end| list.binary_search(&end).is_ok());
    if let Some(rule) = chain.balancing.iter().find(|rule| !is_in(&asked, rule.endpoint)) {
        return Some(Fault { rule: rule.rule, label: "no rule asks for clients of this pod".into(), effect: FORGETS });
    }
    if lists_all(cx.proxy.dialect) {
        return None;
    }
    let stray = chain.rechecks.iter().find(|recheck| !is_in(&drawn, recheck.endpoint))?;
    Some(Fault { rule: stray.rule, label: "asks for a pod that is never drawn".into(), effect: STRAYS })
}

fn sorted(ends: impl Iterator<Item = EndpointId>) -> Vec<EndpointId> {
    let mut ends: Vec<_> = ends.collect();
    ends.sort_unstable();
    ends
}

/// 1.22 asks for all endpoints of a service and draws only those that are ready.
fn lists_all(dialect: Dialect) -> bool {
    let release = Release(22);
    dialect.from.is_none_or(|from| from <= release) && dialect.to.is_none_or(|to| to >= release)
}

fn forgetful(cx: &Context<'_, '_>, chain: &ServiceChain<'_>) -> Option<Fault> {
    let mut rules = chain.balancing.iter().filter_map(|rule| Some(cx.proxy.endpoint(rule.endpoint?)));
    let dnat = rules.find(|end| end.dnat().is_some() && end.remembers().is_none())?.dnat()?;
    Some(Fault {
        rule: dnat.rule,
        label: "does not remember its client (no `-m recent --set`)".into(),
        effect: FORGETS,
    })
}

fn of_another_timeout(chain: &ServiceChain<'_>) -> Option<Fault> {
    let (first, rest) = chain.rechecks.split_first()?;
    let odd = rest.iter().find(|recheck| recheck.seconds != first.seconds)?;
    let label = match (odd.seconds, first.seconds) {
        (Some(own), Some(other)) => format!("forgets a client after {own} s, the first one after {other} s"),
        _ => "does not say after which time a client is forgotten".into(),
    };
    Some(Fault { rule: odd.rule, label, effect: "Clients of one pod are forgotten sooner than those of the others." })
}

fn finding(cx: &Context<'_, '_>, chain: &ServiceChain<'_>, fault: &Fault) -> Finding {
    let name: &BStr = chain.name;
    let message = format!("the affinity rules of `{name}` do not fit each other");
    Finding::new(cx.subject(&chain.services, chain.chain), message, cx.line(fault.rule))
        .label(fault.label.clone())
        .effect(fault.effect)
        .services(chain.services.iter().copied())
        .several("the rules of their session affinity do not fit each other")
}
